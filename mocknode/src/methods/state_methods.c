/* state_*: values, keys and changes, derived from what is known of the storage; childstate_*, where
 * the storage proves that there is no such child. */
#include <string.h>
#include <substrate/hash.h>
#include "base/hex.h"
#include "base/map.h"
#include "base/text.h"
#include "methods/answer.h"
#include "rpc/envelope.h"

#define ALL_KEYS \
    { "prefix", RPC_BYTES, true, "\"0x\"" }
#define CHILD NEED("child_storage_key", RPC_BYTES)

/* ---- values ---- */

static void get_storage(struct answer *answer) {
    const struct chain_block *block = answer_block(answer, UNKNOWN_STATE);
    struct substrate_text value;
    if (block == NULL ||
        !answer_value(answer, block, answer_digits(answer->request->params[0]), &value)) {
        return;
    }
    if (value.data == NULL) {
        answer_give(answer, BASE_TEXT("null"));
        return;
    }
    char *quoted = base_arena_alloc(answer->arena, value.size + 2);
    if (quoted == NULL) {
        answer_no_memory(answer);
        return;
    }
    quoted[0] = '"';
    memcpy(quoted + 1, value.data, value.size);
    quoted[value.size + 1] = '"';
    answer_give(answer, (struct substrate_text){quoted, value.size + 2});
}

static void get_storage_hash(struct answer *answer) {
    const struct chain_block *block = answer_block(answer, UNKNOWN_STATE);
    struct chain_value value = {.known = CHAIN_UNKNOWN};
    if (block == NULL ||
        !answer_digest(answer, block, answer_digits(answer->request->params[0]), &value)) {
        return;
    }
    if (value.known == CHAIN_ABSENT) {
        answer_give(answer, BASE_TEXT("null"));
        return;
    }
    if (value.known == CHAIN_VALUE) {
        size_t size = 0;
        uint8_t *bytes = base_arena_alloc(answer->arena, value.hex.size);
        if (bytes == NULL || !base_hex_read(value.hex, bytes, value.hex.size, &size)) {
            answer_no_memory(answer); /* the loader checked that it is hex */
            return;
        }
        substrate_blake2_256((struct substrate_bytes){bytes, size}, value.hash.bytes);
    }
    answer_give_hash(answer, &value.hash);
}

/* ---- keys ---- */

#define PAGE 256 /* keys looked up at a time, where all are wanted */

/* Gives every key of a prefix to `each`. False: the outcome says why not, or `each` did. */
typedef bool (*key_function)(struct answer *answer, const struct chain_block *block,
                             struct substrate_text key, void *context);

static bool page_of(struct answer *answer, const struct chain_block *block,
                    struct substrate_text prefix, struct substrate_text after, size_t limit,
                    struct substrate_text *keys, size_t *count) {
    struct substrate_text missing;
    if (!answer_kept(answer, block, UNKNOWN_STATE)) {
        return false;
    }
    if (view_keys(answer->view, block, prefix, after, limit, keys, count, &missing) ==
        SUBSTRATE_OK) {
        return true;
    }
    answer_unmatched(answer, "keys from 0x%.*s on are not recorded at block %s", (int)missing.size,
                     missing.data, answer_hash(answer->arena, &block->hash));
    return false;
}

static bool each_key(struct answer *answer, const struct chain_block *block,
                     struct substrate_text prefix, key_function each, void *context) {
    struct substrate_text keys[PAGE], after = {NULL, 0};
    size_t count;
    do {
        if (!page_of(answer, block, prefix, after, PAGE, keys, &count)) {
            return false;
        }
        for (size_t i = 0; i < count; i++) {
            if (!each(answer, block, keys[i], context)) {
                return false;
            }
            after = keys[i];
        }
    } while (count == PAGE);
    return true;
}

static void write_key(struct base_buf *out, struct substrate_text key) {
    base_buf_str(out, out->size > 1 ? ",\"0x" : "\"0x");
    base_buf_text(out, key);
    base_buf_char(out, '"');
}

static bool list_key(struct answer *answer, const struct chain_block *block,
                     struct substrate_text key, void *context) {
    (void)answer;
    (void)block;
    write_key(context, key);
    return true;
}

static bool list_pair(struct answer *answer, const struct chain_block *block,
                      struct substrate_text key, void *context) {
    struct base_buf *out = context;
    struct substrate_text value;
    if (!answer_value(answer, block, key, &value)) {
        return false;
    }
    base_buf_str(out, out->size > 1 ? ",[\"0x" : "[\"0x");
    base_buf_text(out, key);
    base_buf_str(out, "\",\"");
    base_buf_text(out, value);
    base_buf_str(out, "\"]");
    return true;
}

static void list_all(struct answer *answer, key_function each) {
    const struct chain_block *block = answer_block(answer, UNKNOWN_STATE);
    struct base_buf out = BASE_BUF_INIT;
    base_buf_char(&out, '[');
    if (block == NULL ||
        !each_key(answer, block, answer_digits(answer->request->params[0]), each, &out)) {
        base_buf_free(&out);
        return;
    }
    base_buf_char(&out, ']');
    answer_give_buf(answer, &out);
}

static void get_keys(struct answer *answer) { list_all(answer, list_key); }

static void get_pairs(struct answer *answer) { list_all(answer, list_pair); }

#define COUNT_MAX 1000

/* The count parameter at `index`. False: too great, as the outcome says. */
static bool read_count(struct answer *answer, size_t index, size_t *count) {
    uint64_t number = 0;
    base_text_u64(answer->request->params[index], &number);
    if (number > COUNT_MAX) {
        answer_error(answer, RPC_ERROR_COUNT, "count exceeds maximum value. value: %llu, max: %d",
                     (unsigned long long)number, COUNT_MAX);
        return false;
    }
    *count = (size_t)number;
    return true;
}

static void get_keys_paged(struct answer *answer) {
    const struct rpc_request *request = answer->request;
    struct substrate_text keys[COUNT_MAX], after = {NULL, 0};
    size_t limit, count;
    if (!read_count(answer, 1, &limit)) {
        return;
    }
    const struct chain_block *block = answer_block(answer, UNKNOWN_STATE);
    if (request->params[2].data != NULL) {
        after = answer_digits(request->params[2]);
    }
    if (block == NULL ||
        !page_of(answer, block, answer_digits(request->params[0]), after, limit, keys, &count)) {
        return;
    }
    struct base_buf out = BASE_BUF_INIT;
    base_buf_char(&out, '[');
    for (size_t i = 0; i < count; i++) {
        write_key(&out, keys[i]);
    }
    base_buf_char(&out, ']');
    answer_give_buf(answer, &out);
}

static uint64_t size_of(const struct chain_value *value) {
    return value->known == CHAIN_PRESENT ? value->size
           : value->known == CHAIN_VALUE ? (value->hex.size - 2) / 2
                                         : 0;
}

static bool add_size(struct answer *answer, const struct chain_block *block,
                     struct substrate_text key, void *context) {
    struct chain_value value = {.known = CHAIN_UNKNOWN};
    if (!answer_digest(answer, block, key, &value)) {
        return false;
    }
    *(uint64_t *)context += size_of(&value);
    return true;
}

/* The size of the value, or else of all values under the key as a prefix. */
static void get_storage_size(struct answer *answer) {
    const struct chain_block *block = answer_block(answer, UNKNOWN_STATE);
    struct substrate_text key = answer_digits(answer->request->params[0]);
    struct chain_value value = {.known = CHAIN_UNKNOWN};
    if (block == NULL || !answer_digest(answer, block, key, &value)) {
        return;
    }
    uint64_t size = size_of(&value);
    if (value.known == CHAIN_ABSENT && !each_key(answer, block, key, add_size, &size)) {
        return;
    }
    struct base_buf out = BASE_BUF_INIT;
    if (value.known == CHAIN_ABSENT && size == 0) {
        base_buf_str(&out, "null");
    } else {
        base_buf_u64(&out, size);
    }
    answer_give_buf(answer, &out);
}

/* ---- queries ---- */

/* The keys of a query, as canonical parameters in the order of the request. */
struct asked_keys {
    struct substrate_text *list;
    size_t count;
};

/* A node tells of a key only when its value is another than the last one that it told, so that a
 * key that is asked again is told once. False: out of memory, as the outcome says. */
static bool read_asked_keys(struct answer *answer, struct asked_keys *keys) {
    struct base_json list = {BASE_JSON_ARRAY, answer->request->params[0]}, key;
    struct base_json_walk walk;
    struct substrate_text name;
    struct base_map seen;
    bool good = true;
    *keys = (struct asked_keys){
        base_arena_calloc(answer->arena, base_json_length(list) + 1, sizeof *keys->list), 0};
    base_map_init(&seen, 0);
    base_json_walk_init(&walk, list);
    while (good && keys->list != NULL && base_json_walk_next(&walk, &name, &key)) {
        keys->list[seen.count] = key.raw; /* and the next one in its place, unless it is new */
        good = base_map_put(&seen, key.raw, keys);
    }
    keys->count = seen.count;
    base_map_free(&seen);
    if (!good || keys->list == NULL) {
        answer_no_memory(answer);
        return false;
    }
    return true;
}

/* Appends {"block","changes"} of the keys; with `before`, only of those that differ from it there,
 * and nothing at all when none does. */
static bool write_changes(struct answer *answer, const struct asked_keys *keys,
                          const struct chain_block *before, const struct chain_block *block,
                          struct base_buf *out) {
    struct substrate_text value, old;
    const char *separator = "";
    size_t start = out->size;
    base_buf_str(out, out->size > 1 ? ",{\"block\":" : "{\"block\":");
    base_json_write_hex(out, (struct substrate_bytes){block->hash.bytes, sizeof block->hash.bytes});
    base_buf_str(out, ",\"changes\":[");
    for (size_t i = 0; i < keys->count; i++) {
        struct substrate_text digits = answer_digits(keys->list[i]);
        if (!answer_value(answer, block, digits, &value) ||
            (before != NULL && !answer_value(answer, before, digits, &old))) {
            return false;
        }
        if (before != NULL && (value.data == NULL) == (old.data == NULL) &&
            base_text_equal(value, old)) {
            continue;
        }
        base_buf_str(out, separator);
        base_buf_char(out, '[');
        base_buf_text(out, keys->list[i]);
        if (value.data == NULL) {
            base_buf_str(out, ",null]");
        } else {
            base_buf_str(out, ",\"");
            base_buf_text(out, value);
            base_buf_str(out, "\"]");
        }
        separator = ",";
    }
    base_buf_str(out, "]}");
    if (separator[0] == '\0' && !out->failed) {
        out->size = start;
    }
    return true;
}

static void query_storage_at(struct answer *answer) {
    const struct chain_block *block = answer_block(answer, UNKNOWN_RANGE);
    struct asked_keys keys;
    struct base_buf out = BASE_BUF_INIT;
    base_buf_char(&out, '[');
    if (block == NULL || !read_asked_keys(answer, &keys) ||
        !write_changes(answer, &keys, NULL, block, &out)) {
        base_buf_free(&out);
        return;
    }
    base_buf_char(&out, ']');
    answer_give_buf(answer, &out);
}

/* The blocks that state_queryStorage is asked of. False: the outcome says why not. */
static bool read_range(struct answer *answer, const struct chain_block **from,
                       const struct chain_block **to) {
    struct substrate_hash hash;
    struct substrate_text param = answer->request->params[1];
    *to = view_head(answer->view);
    if (substrate_hash_parse((struct substrate_text){param.data + 1, param.size - 2}, &hash) !=
        SUBSTRATE_OK) {
        return false; /* the table checked it */
    }
    *from = answer_find(answer, &hash, UNKNOWN_RANGE);
    if (*from == NULL) {
        return false;
    }
    param = answer->request->params[2];
    if (param.data != NULL) {
        if (substrate_hash_parse((struct substrate_text){param.data + 1, param.size - 2}, &hash) !=
            SUBSTRATE_OK) {
            return false;
        }
        *to = answer_find(answer, &hash, UNKNOWN_RANGE);
    }
    return *to != NULL;
}

/* Blocks times keys: nothing else is answered meanwhile. */
#define READS_MAX UINT64_C(1000000)
#define READS_TEXT "more than 1000000 values are asked for"

static void refuse_range(struct answer *answer, const struct chain_block *from,
                         const struct chain_block *to, const char *why) {
    answer_error(answer, RPC_ERROR_BLOCK_RANGE,
                 "Cannot resolve a block range [%llu (%s) ... %llu (%s)]. %s",
                 (unsigned long long)from->number, answer_hash(answer->arena, &from->hash),
                 (unsigned long long)to->number, answer_hash(answer->arena, &to->hash), why);
}

/* False: the outcome says that it is too much. */
static bool is_bounded(struct answer *answer, const struct asked_keys *keys,
                       const struct chain_block *from, const struct chain_block *to) {
    bool good = keys->count <= READS_MAX / (to->number - from->number + 1);
    if (!good) {
        refuse_range(answer, from, to, READS_TEXT);
    }
    return good;
}

static bool write_range(struct answer *answer, const struct asked_keys *keys,
                        const struct chain_block *from, const struct chain_block *to,
                        struct base_buf *out) {
    const struct chain_block *before = NULL;
    for (uint64_t number = from->number; number <= to->number; number++) {
        const struct chain_block *block = view_ancestor(to, number);
        if (block == NULL) {
            answer_unmatched(answer, "the block of number %llu is not recorded",
                             (unsigned long long)number);
            return false;
        }
        if (block->number == from->number && block != from) {
            refuse_range(answer, from, to, "from and to are on different forks");
            return false;
        }
        if (!write_changes(answer, keys, before, block, out)) {
            return false;
        }
        before = block;
    }
    return true;
}

static void query_storage(struct answer *answer) {
    const struct chain_block *from, *to;
    if (!read_range(answer, &from, &to)) {
        return;
    }
    if (from->number > to->number) {
        refuse_range(answer, from, to, "from number > to number");
        return;
    }
    struct asked_keys keys;
    struct base_buf out = BASE_BUF_INIT;
    base_buf_char(&out, '[');
    if (!read_asked_keys(answer, &keys) || !is_bounded(answer, &keys, from, to) ||
        !write_range(answer, &keys, from, to, &out)) {
        base_buf_free(&out);
        return;
    }
    base_buf_char(&out, ']');
    answer_give_buf(answer, &out);
}

/* ---- children ---- */

/* Whether the storage proves that there is no such child: its root would stand under its own key.
 * False: the outcome says what is so instead. */
static bool no_child(struct answer *answer) {
    /* ":child_storage:default:" */
    static const char PREFIX[] = "3a6368696c645f73746f726167653a64656661756c743a";
    struct substrate_text key = answer_digits(answer->request->params[0]), value;
    if (answer_recorded(answer, UNKNOWN_STATE)) {
        return false;
    }
    const struct chain_block *block = answer_block(answer, UNKNOWN_STATE);
    if (block == NULL) {
        return false;
    }
    if (!base_text_starts(key, PREFIX)) {
        answer_error(answer, RPC_ERROR_STATE, "Client error: Invalid child storage key");
        return false;
    }
    if (!answer_value(answer, block, key, &value)) {
        return false;
    }
    if (value.data != NULL) {
        answer_unmatched(answer, "the child storage under 0x%.*s is not recorded at block %s",
                         (int)key.size, key.data, answer_hash(answer->arena, &block->hash));
        return false;
    }
    return true;
}

static void child_list(struct answer *answer) {
    size_t count;
    const struct rpc_param *params = answer->request->method->params;
    if (params[2].type == RPC_U32 && !read_count(answer, 2, &count)) {
        return;
    }
    if (no_child(answer)) {
        answer_give(answer, BASE_TEXT("[]"));
    }
}

static void child_null(struct answer *answer) {
    if (no_child(answer)) {
        answer_give(answer, BASE_TEXT("null"));
    }
}

static void child_entries(struct answer *answer) {
    if (!no_child(answer)) {
        return;
    }
    struct base_buf out = BASE_BUF_INIT;
    size_t count =
        base_json_length((struct base_json){BASE_JSON_ARRAY, answer->request->params[1]});
    base_buf_char(&out, '[');
    for (size_t i = 0; i < count; i++) {
        base_buf_str(&out, i > 0 ? ",null" : "null");
    }
    base_buf_char(&out, ']');
    answer_give_buf(answer, &out);
}

static const struct method_entry ENTRIES[] = {
    FACTS_READ("state_getKeys", NULL, get_keys, NEED("prefix", RPC_BYTES), AT),
    FACTS_READ("state_getPairs", NULL, get_pairs, NEED("prefix", RPC_BYTES), AT),
    FACTS_READ("state_getKeysPaged", "state_getKeysPagedAt", get_keys_paged, ALL_KEYS,
               NEED("count", RPC_U32), OPTION("start_key", RPC_BYTES), AT),
    FACTS_READ("state_getStorage", "state_getStorageAt", get_storage, NEED("key", RPC_BYTES), AT),
    FACTS_READ("state_getStorageHash", "state_getStorageHashAt", get_storage_hash,
               NEED("key", RPC_BYTES), AT),
    FACTS_READ("state_getStorageSize", "state_getStorageSizeAt", get_storage_size,
               NEED("key", RPC_BYTES), AT),
    FACTS_CALL("state_queryStorage", NULL, query_storage, NEED("keys", RPC_BYTES_LIST),
               NEED("block", RPC_HASH), OPTION("hash", RPC_HASH)),
    FACTS_READ("state_queryStorageAt", NULL, query_storage_at, NEED("keys", RPC_BYTES_LIST),
               AT_LAST),
    RECORDED_READ("state_getReadProof", NULL, NEED("keys", RPC_BYTES_LIST), AT),
    RECORDED_READ("state_getChildReadProof", NULL, CHILD, NEED("keys", RPC_BYTES_LIST), AT),
    CALL("state_traceBlock", NULL, answer_recorded_only, NEED("block", RPC_HASH),
         OPTION("targets", RPC_TEXT), OPTION("storage_keys", RPC_TEXT),
         OPTION("methods", RPC_TEXT)),
    SUBSCRIBE("state_subscribeStorage", &STREAM_STORAGE, OPTION("keys", RPC_BYTES_LIST), NULL),
    UNSUBSCRIBE("state_unsubscribeStorage", &STREAM_STORAGE, NULL),

    READ("childstate_getKeys", NULL, child_list, CHILD, NEED("prefix", RPC_BYTES), AT),
    READ("childstate_getKeysPaged", "childstate_getKeysPagedAt", child_list, CHILD, ALL_KEYS,
         NEED("count", RPC_U32), OPTION("start_key", RPC_BYTES), AT),
    READ("childstate_getStorage", NULL, child_null, CHILD, NEED("key", RPC_BYTES), AT),
    READ("childstate_getStorageEntries", NULL, child_entries, CHILD, NEED("keys", RPC_BYTES_LIST),
         AT),
    READ("childstate_getStorageHash", NULL, child_null, CHILD, NEED("key", RPC_BYTES), AT),
    READ("childstate_getStorageSize", NULL, child_null, CHILD, NEED("key", RPC_BYTES), AT),
};
const struct method_section METHODS_STATE = METHOD_SECTION(ENTRIES);
