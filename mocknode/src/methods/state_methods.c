/* state_*: values, keys and changes, derived from what is known of the storage; childstate_*, where
 * the storage proves that there is no such child. */
#include <string.h>
#include <substrate/hash.h>
#include "base/hex.h"
#include "base/map.h"
#include "base/text.h"
#include "methods/answer.h"
#include "rpc/envelope.h"

/* ---- values ---- */

void answer_get_storage(struct answer *answer) {
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

void answer_get_storage_hash(struct answer *answer) {
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
    size_t size = 0;
    uint8_t *bytes = base_arena_alloc(answer->arena, value.size);
    struct base_buf out = BASE_BUF_INIT;
    uint8_t digest[32];
    if (bytes == NULL || !base_hex_read(value, bytes, value.size, &size)) {
        answer_no_memory(answer); /* the loader checked that it is hex */
        return;
    }
    substrate_blake2_256((struct substrate_bytes){bytes, size}, digest);
    base_json_write_hex(&out, (struct substrate_bytes){digest, sizeof digest});
    answer_give_buf(answer, &out);
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
    if (chain_keys(answer->view->chain, block, prefix, after, limit, keys, count, &missing) ==
        SUBSTRATE_OK) {
        return true;
    }
    answer_unmatched(answer, "keys from 0x%.*s on are not recorded at block %s", (int)missing.size,
                     missing.data, answer_hash(answer, &block->hash));
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

void answer_get_keys(struct answer *answer) { list_all(answer, list_key); }

void answer_get_pairs(struct answer *answer) { list_all(answer, list_pair); }

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

void answer_get_keys_paged(struct answer *answer) {
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

static bool add_size(struct answer *answer, const struct chain_block *block,
                     struct substrate_text key, void *context) {
    struct substrate_text value;
    if (!answer_value(answer, block, key, &value)) {
        return false;
    }
    *(size_t *)context += (value.size - 2) / 2;
    return true;
}

/* The size of the value, or else of all values under the key as a prefix. */
void answer_get_storage_size(struct answer *answer) {
    const struct chain_block *block = answer_block(answer, UNKNOWN_STATE);
    struct substrate_text key = answer_digits(answer->request->params[0]), value;
    size_t size = 0;
    if (block == NULL || !answer_value(answer, block, key, &value)) {
        return;
    }
    if (value.data != NULL) {
        size = (value.size - 2) / 2;
    } else if (!each_key(answer, block, key, add_size, &size)) {
        return;
    }
    struct base_buf out = BASE_BUF_INIT;
    if (value.data == NULL && size == 0) {
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
        base_buf_str(out, value.data == NULL ? ",null]" : ",\"");
        base_buf_text(out, value);
        base_buf_str(out, value.data == NULL ? "" : "\"]");
        separator = ",";
    }
    base_buf_str(out, "]}");
    if (separator[0] == '\0' && !out->failed) {
        out->size = start;
    }
    return true;
}

void answer_query_storage_at(struct answer *answer) {
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
    *to = answer->view->head;
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

/* The ancestor of `block` at a height, by parents; NULL: a block between is not recorded. */
static const struct chain_block *ancestor(const struct chain_block *block, uint64_t number) {
    while (block != NULL && block->number > number) {
        block = block->parent;
    }
    return block;
}

static bool write_range(struct answer *answer, const struct asked_keys *keys,
                        const struct chain_block *from, const struct chain_block *to,
                        struct base_buf *out) {
    const struct chain_block *before = NULL;
    for (uint64_t number = from->number; number <= to->number; number++) {
        const struct chain_block *block =
            to->fork ? ancestor(to, number) : chain_at(answer->view->chain, number);
        if (block == NULL) {
            answer_unmatched(answer, "the block of number %llu is not recorded",
                             (unsigned long long)number);
            return false;
        }
        if (block->number == from->number && block != from) {
            answer_error(answer, RPC_ERROR_BLOCK_RANGE,
                         "Cannot resolve a block range [%llu (%s) ... %llu (%s)]. from and to are "
                         "on different forks",
                         (unsigned long long)from->number, answer_hash(answer, &from->hash),
                         (unsigned long long)to->number, answer_hash(answer, &to->hash));
            return false;
        }
        if (!write_changes(answer, keys, before, block, out)) {
            return false;
        }
        before = block;
    }
    return true;
}

void answer_query_storage(struct answer *answer) {
    const struct chain_block *from, *to;
    if (!read_range(answer, &from, &to)) {
        return;
    }
    if (from->number > to->number) {
        answer_error(answer, RPC_ERROR_BLOCK_RANGE,
                     "Cannot resolve a block range [%llu (%s) ... %llu (%s)]. from number > to "
                     "number",
                     (unsigned long long)from->number, answer_hash(answer, &from->hash),
                     (unsigned long long)to->number, answer_hash(answer, &to->hash));
        return;
    }
    struct asked_keys keys;
    struct base_buf out = BASE_BUF_INIT;
    base_buf_char(&out, '[');
    if (!read_asked_keys(answer, &keys) || !write_range(answer, &keys, from, to, &out)) {
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
    if (answer_recorded(answer)) {
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
                         (int)key.size, key.data, answer_hash(answer, &block->hash));
        return false;
    }
    return true;
}

void answer_child_list(struct answer *answer) {
    size_t count;
    const struct rpc_param *params = answer->request->method->params;
    if (params[2].type == RPC_U32 && !read_count(answer, 2, &count)) {
        return;
    }
    if (no_child(answer)) {
        answer_give(answer, BASE_TEXT("[]"));
    }
}

void answer_child_null(struct answer *answer) {
    if (no_child(answer)) {
        answer_give(answer, BASE_TEXT("null"));
    }
}

void answer_child_entries(struct answer *answer) {
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
