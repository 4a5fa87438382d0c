/* rpc_methods and account indices: what is about the node and not about one block of the chain. */
#include <stdlib.h>
#include <string.h>
#include <substrate/hash.h>
#include <substrate/ss58.h>
#include "base/hex.h"
#include "base/text.h"
#include "methods/answer.h"

/* ---- rpc_methods ---- */

static int compare_names(const void *left, const void *right) {
    return base_text_compare(*(const struct substrate_text *)left,
                             *(const struct substrate_text *)right);
}

/* The names of served rows and their aliases, then those of recorded methods outside the table;
 * with names NULL they are only counted. */
static size_t list_names(const struct method_node *node, struct substrate_text *names) {
    size_t count = 0, cursor = 0;
    const struct rpc_method *method;
    for (size_t row = 0; (method = method_row(row)) != NULL; row++) {
        const char *name = method_is_served(node, method) ? method->name : NULL;
        for (size_t a = 0; name != NULL; a++) {
            if (names != NULL) {
                names[count] = base_text(name);
            }
            count++;
            name = a < RPC_ALIASES_MAX ? method->aliases[a] : NULL;
        }
    }
    struct substrate_text other = view_next_method(node->view, &cursor);
    for (; other.data != NULL; other = view_next_method(node->view, &cursor)) {
        if (method_find(other) == NULL && view_lacks(node->view, other) == NULL) {
            if (names != NULL) {
                names[count] = other;
            }
            count++;
        }
    }
    return count;
}

static void rpc_methods(struct answer *answer) {
    size_t count = list_names(answer->node, NULL);
    struct substrate_text *names = base_arena_calloc(answer->arena, count + 1, sizeof *names);
    if (names == NULL) {
        answer_no_memory(answer);
        return;
    }
    list_names(answer->node, names);
    qsort(names, count, sizeof *names, compare_names);
    struct base_buf out = BASE_BUF_INIT;
    base_buf_str(&out, "{\"methods\":[");
    for (size_t i = 0; i < count; i++) {
        base_buf_str(&out, i > 0 ? "," : "");
        base_json_write_string(&out, names[i]);
    }
    base_buf_str(&out, "]}");
    answer_give_buf(answer, &out);
}

/* ---- system_accountNextIndex ---- */

/* The key of System.Account for an account, in hex without 0x. */
static void account_key(const struct substrate_hash *account, char out[160]) {
    uint8_t key[80];
    substrate_twox_128((struct substrate_bytes){(const uint8_t *)"System", 6}, key);
    substrate_twox_128((struct substrate_bytes){(const uint8_t *)"Account", 7}, key + 16);
    substrate_blake2_128((struct substrate_bytes){account->bytes, 32}, key + 32);
    memcpy(key + 48, account->bytes, 32);
    base_hex_write((struct substrate_bytes){key, sizeof key}, out);
}

/* The nonce is the first field of AccountInfo, a little-endian u32; with no transactions waiting it
 * is the next index. */
static void account_next_index(struct answer *answer) {
    struct substrate_text address = answer->request->params[0], value;
    struct substrate_hash account;
    uint16_t prefix;
    uint8_t nonce[4] = {0};
    char key[160];
    size_t size = 0;
    if (substrate_ss58_decode((struct substrate_text){address.data + 1, address.size - 2}, &account,
                              &prefix, NULL) != SUBSTRATE_OK) {
        answer_no_memory(answer); /* the table checked it */
        return;
    }
    account_key(&account, key);
    /* A recorded answer is of one head only, and second to what the storage says. */
    if (!answer_value(answer, view_head(answer->view), (struct substrate_text){key, sizeof key},
                      &value)) {
        (void)answer_recorded(answer, UNKNOWN_STATE);
        return;
    }
    if (value.data != NULL &&
        (value.size < 10 ||
         !base_hex_read((struct substrate_text){value.data, 10}, nonce, sizeof nonce, &size))) {
        answer_unmatched(answer, "the value of System.Account is too short to have a nonce");
        return;
    }
    struct base_buf out = BASE_BUF_INIT;
    base_buf_u64(&out, (uint64_t)nonce[0] | (uint64_t)nonce[1] << 8 | (uint64_t)nonce[2] << 16 |
                           (uint64_t)nonce[3] << 24);
    answer_give_buf(answer, &out);
}

static const struct method_entry ENTRIES[] = {
    FACTS_CALL("rpc_methods", NULL, rpc_methods, NO_PARAMS),
    RECORDED("system_name"),
    RECORDED("system_version"),
    RECORDED("system_chain"),
    RECORDED("system_chainType"),
    RECORDED("system_properties"),
    RECORDED("system_health"),
    RECORDED("system_localPeerId"),
    RECORDED("system_localListenAddresses"),
    RECORDED("system_peers"),
    RECORDED("system_unstable_networkState"),
    RECORDED("system_reservedPeers"),
    RECORDED("system_nodeRoles"),
    RECORDED("system_syncState"),
    CALL("system_accountNextIndex", "account_nextIndex", account_next_index,
         NEED("account", RPC_SS58)),
    RECORDED_READ("system_dryRun", "system_dryRunAt", NEED("extrinsic", RPC_BYTES), AT_LAST),
    RECORDED_READ("payment_queryInfo", NULL, NEED("encoded_xt", RPC_BYTES), AT_LAST),
    RECORDED_READ("payment_queryFeeDetails", NULL, NEED("encoded_xt", RPC_BYTES), AT_LAST),
};
const struct method_section METHODS_SYSTEM = METHOD_SECTION(ENTRIES);
