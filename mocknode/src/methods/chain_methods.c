/* chain_*: headers, blocks, hashes, the finalized head, and streams of heads. */
#include <string.h>
#include "base/text.h"
#include "methods/answer.h"
#include "rpc/envelope.h"

static void get_header(struct answer *answer) {
    const struct chain_block *block = answer_block(answer, UNKNOWN_NULL);
    if (block == NULL) {
        return;
    }
    if (block->header.data == NULL) {
        answer_unmatched(answer, "the header of block %s is not recorded",
                         answer_hash(answer->arena, &block->hash));
        return;
    }
    answer_give(answer, block->header);
}

static void get_block(struct answer *answer) {
    const struct chain_block *block = answer_block(answer, UNKNOWN_NULL);
    if (block == NULL) {
        return;
    }
    const char *missing = block->header.data == NULL           ? "header"
                          : block->extrinsics.data == NULL     ? "extrinsics"
                          : block->justifications.data == NULL ? "justifications"
                                                               : NULL;
    if (missing != NULL) {
        answer_unmatched(answer, "block %s is recorded without its %s",
                         answer_hash(answer->arena, &block->hash), missing);
        return;
    }
    struct base_buf out = BASE_BUF_INIT;
    base_buf_str(&out, "{\"block\":{\"header\":");
    base_buf_text(&out, block->header);
    base_buf_str(&out, ",\"extrinsics\":");
    base_buf_text(&out, block->extrinsics);
    base_buf_str(&out, "},\"justifications\":");
    base_buf_text(&out, block->justifications);
    base_buf_char(&out, '}');
    answer_give_buf(answer, &out);
}

static void write_hash(struct base_buf *out, const struct substrate_hash *hash) {
    base_json_write_hex(out, (struct substrate_bytes){hash->bytes, sizeof hash->bytes});
}

/* The decimal digits of a number of up to 256 bits in hex, for an error text. Returns where they
 * start in `out`. */
static const char *hex_to_decimal(struct substrate_text hex, char out[80]) {
    char *first = out + 79;
    *first = '\0';
    *--first = '0';
    for (size_t i = 0; i < hex.size; i++) {
        char c = hex.data[i];
        int carry = c <= '9' ? c - '0' : c - 'a' + 10;
        for (char *digit = out + 78; digit >= first; digit--) {
            carry += (*digit - '0') * 16;
            *digit = (char)('0' + carry % 10);
            carry /= 10;
        }
        while (carry > 0) {
            *--first = (char)('0' + carry % 10);
            carry /= 10;
        }
    }
    return first;
}

/* Writes the hash of a height, or null. False: the outcome says why not. */
static bool write_height(struct answer *answer, struct base_json height, struct base_buf *out) {
    uint64_t number = 0;
    if (height.kind == BASE_JSON_STRING) {
        char digits[80];
        struct substrate_text hex = {height.raw.data + 3, height.raw.size - 4};
        answer_error(answer, RPC_ERROR_CHAIN,
                     "`Hex(%s)` > u32::max_value(), the max block number is u32.",
                     hex_to_decimal(hex, digits));
        return false;
    }
    if (!base_json_u64(height, &number) || number > UINT32_MAX) {
        answer_error(answer, RPC_ERROR_CHAIN,
                     "`Number(%llu)` > u32::max_value(), the max block number is u32.",
                     (unsigned long long)number);
        return false;
    }
    const struct chain_block *block = view_at(answer->view, number);
    if (number > view_head(answer->view)->number) {
        base_buf_str(out, "null");
    } else if (block == NULL) {
        answer_unmatched(answer, "the block of number %llu is not recorded",
                         (unsigned long long)number);
        return false;
    } else {
        write_hash(out, &block->hash);
    }
    return true;
}

static void get_block_hash(struct answer *answer) {
    struct substrate_text param = answer->request->params[0];
    struct base_buf out = BASE_BUF_INIT;
    bool good = true;
    if (param.data == NULL) {
        write_hash(&out, &view_head(answer->view)->hash);
    } else if (param.data[0] != '[') {
        struct base_json height = {param.data[0] == '"' ? BASE_JSON_STRING : BASE_JSON_NUMBER,
                                   param};
        good = write_height(answer, height, &out);
    } else {
        struct base_json_walk walk;
        struct substrate_text key;
        struct base_json height;
        bool first = true;
        base_json_walk_init(&walk, (struct base_json){BASE_JSON_ARRAY, param});
        base_buf_char(&out, '[');
        while (good && base_json_walk_next(&walk, &key, &height)) {
            if (!first) {
                base_buf_char(&out, ',');
            }
            first = false;
            good = write_height(answer, height, &out);
        }
        base_buf_char(&out, ']');
    }
    if (good) {
        answer_give_buf(answer, &out);
    } else {
        base_buf_free(&out);
    }
}

static void get_finalized_head(struct answer *answer) {
    answer_give_hash(answer, &view_finalized(answer->view)->hash);
}

static const struct method_entry ENTRIES[] = {
    FACTS_READ("chain_getHeader", NULL, get_header, AT),
    FACTS_READ("chain_getBlock", NULL, get_block, AT),
    FACTS_CALL("chain_getBlockHash", "chain_getHead", get_block_hash,
               OPTION("hash", RPC_NUMBER_OR_HEX)),
    FACTS_CALL("chain_getFinalizedHead", "chain_getFinalisedHead", get_finalized_head, NO_PARAMS),
    SUBSCRIBE("chain_subscribeAllHeads", &STREAM_ALL_HEADS, NO_PARAMS, NULL),
    UNSUBSCRIBE("chain_unsubscribeAllHeads", &STREAM_ALL_HEADS, NULL),
    SUBSCRIBE("chain_subscribeNewHeads", &STREAM_NEW_HEADS, NO_PARAMS, "chain_subscribeNewHead",
              "subscribe_newHead"),
    UNSUBSCRIBE("chain_unsubscribeNewHeads", &STREAM_NEW_HEADS, "chain_unsubscribeNewHead",
                "unsubscribe_newHead"),
    SUBSCRIBE("chain_subscribeFinalizedHeads", &STREAM_FINALIZED_HEADS, NO_PARAMS,
              "chain_subscribeFinalisedHeads"),
    UNSUBSCRIBE("chain_unsubscribeFinalizedHeads", &STREAM_FINALIZED_HEADS,
                "chain_unsubscribeFinalisedHeads"),
};
const struct method_section METHODS_CHAIN = METHOD_SECTION(ENTRIES);
