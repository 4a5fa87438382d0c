/* A chain of a few blocks for tests of queries: it answers what a node would, counts what it is
 * asked, and goes wrong on demand. Block 5 upgrades the runtime from 100 to 101, and the upgrade
 * changes types, so that a value that is read with the wrong runtime shows:
 *
 *   block                 4     5     6
 *   version at it       100   101   101     how its calls are encoded
 *   version at parent   100   100   101     how its storage is encoded
 *
 * The storage keys are those of Python's xxhash and hashlib. */
#ifndef QUERY_CHAIN_H
#define QUERY_CHAIN_H

#include "metadata_text.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <substrate/call.h>
#include <substrate/hash.h>
#include "base/json.h"

/* Makes each allocation fail in turn, but for those that the chain makes to answer. Each block
 * begins with a mark that says whose it is. */
struct chain_failing {
    atomic_size_t alive, made;
    size_t fail_at;
};
static _Thread_local bool chain_is_answering;

static inline void *chain_failing_resize(void *context, void *memory, size_t size) {
    struct chain_failing *failing = context;
    bool *mark = memory == NULL ? NULL : (bool *)((char *)memory - alignof(max_align_t));
    bool exempt = mark == NULL ? chain_is_answering : *mark;
    if (size == 0) {
        (void)atomic_fetch_sub(&failing->alive, mark != NULL && !exempt);
        free(mark);
        return NULL;
    }
    if (!exempt && atomic_fetch_add(&failing->made, 1) + 1 == failing->fail_at) {
        return NULL;
    }
    bool *block = realloc(mark, size + alignof(max_align_t));
    ck_assert_ptr_nonnull(block);
    *block = exempt;
    (void)atomic_fetch_add(&failing->alive, mark == NULL && !exempt);
    return (char *)block + alignof(max_align_t);
}

/* Runs a scenario with its first, second, third, … allocation failing until none fails. It must end
 * each time and give back everything; with no failure it must succeed. */
static inline void chain_fail_each(bool (*scenario)(void)) {
    for (size_t n = 1;; n++) {
        struct chain_failing failing = {.fail_at = n};
        struct substrate_allocator allocator = {chain_failing_resize, &failing};
        substrate_allocator_set(&allocator);
        bool succeeded = scenario();
        substrate_allocator_set(NULL);
        ck_assert_msg(atomic_load(&failing.alive) == 0, "%zu blocks are left after failure %zu",
                      atomic_load(&failing.alive), n);
        if (atomic_load(&failing.made) < n) {
            ck_assert(succeeded);
            ck_assert_uint_gt(n, 1);
            return;
        }
        ck_assert_uint_lt(n, 5000);
    }
}

#define CHAIN_HEAD 9
#define CHAIN_UPGRADE 5

/* %s: the type of a tempo, its default, and the output of `double`. */
#define CHAIN_METADATA                                                       \
    "T0  <> #4\n"                                                            \
    "T1  <> #5\n"                                                            \
    "T2  <> #0\n"                                                            \
    "T3  <> (0,0,)\n"                                                        \
    "T4 sp.UncheckedExtrinsic. <Address:0,Call:5,Signature:0,Extra:0,> {}\n" \
    "T5 sample.RuntimeCall. <> []\n"                                         \
    "P0 System System - - -\n"                                               \
    "SNumber 1   1 00000000\n"                                               \
    "P7 SubtensorModule SubtensorModule - - -\n"                             \
    "SNetworksAdded 1 6 0, 2 00\n"                                           \
    "STempo 1 6 0, %s\n"                                                     \
    "SOwner 0 2 0, 1 00\n"                                                   \
    "SUids 0 62 0,0, 0 00\n"                                                 \
    "CInitialTempo 0 0019\n"                                                 \
    "P9 Balances - - - -\n"                                                  \
    "ASampleApi\n"                                                           \
    "Mdouble value:0, %s\n"                                                  \
    "Mpair first:0,second:2, 1\n"                                            \
    "XNone 0 0\n"                                                            \
    "E4, 0 0 5\n"                                                            \
    "O5 5 5\n"

#define MODULE "658faa385070e074c85bf6b568cf0555"
#define KEY_NETWORKS MODULE "0e30450fc4d507a846032a7fa65d9a43"
#define KEY_TEMPO MODULE "7641384bb339f3758acddfd7053d3317"
#define KEY_OWNER MODULE "eca6b7a1fdc9f689184ecb4f359c0518"
#define KEY_UIDS MODULE "aab1b4e78e1ea8305462ee53b3686dc8"
#define BLAKE2_1 "ead9a09ae23f059006f2bea50e245ff4"
#define BLAKE2_2 "c32850a5b8381e5d972daa28282a1635"
#define BLAKE2_3 "3331e155f7f66b1bf9b33fb406d4127f"

/* In order. %T: the tempo's encoding at a block, 100 + block + the key's netuid. */
static const struct chain_entry {
    const char *key, *value;
} CHAIN_STATE[] = {
    {"0x" KEY_NETWORKS "0100", "01"},
    {"0x" KEY_NETWORKS "0200", "01"},
    {"0x" KEY_NETWORKS "0300", "01"},
    {"0x" KEY_NETWORKS "0400", "01"},
    {"0x" KEY_NETWORKS "0600", "01"},
    {"0x" KEY_NETWORKS "0800", "02"}, /* no bool */
    {"0x" KEY_TEMPO "0100", "%T"},
    {"0x" KEY_TEMPO "0200", "%T"},
    {"0x" KEY_TEMPO "0300", "%T"},
    {"0x" KEY_TEMPO "0400", "%T"},
    {"0x" KEY_TEMPO "0600", "%T"},
    {"0x" KEY_UIDS "0100" BLAKE2_2 "0200", "0700"},
    {"0x" KEY_UIDS "0100" BLAKE2_1 "0100", "0800"},
    {"0x" KEY_UIDS "0200" BLAKE2_3 "0300", "0900"},
    {"0x" KEY_OWNER BLAKE2_1 "0100", "2a000000"},
};
#define CHAIN_STATE_SIZE (sizeof(CHAIN_STATE) / sizeof(CHAIN_STATE[0]))

struct chain {
    /* How it goes wrong. */
    bool fail_head, null_headers, fail_version, bad_version, bad_metadata, fail_metadata;
    bool metadata_none, metadata_missing; /* no V15 */
    unsigned only_version;                /* of metadata; 0: 15 */
    int lie;                              /* of maps; see chain_keys and chain_changes */
    /* Ways to answer for several keys that are right. */
    bool reversed;        /* the last key first */
    bool folding;         /* a key that was asked for twice once, as nodes do */
    bool doubling;        /* each key twice */
    size_t refuse_netuid; /* reads of this key are errors */
    /* What it was asked. */
    size_t heads, hashes, headers, versions, metadata, older, reads, calls, pages, multis;
};

static inline void chain_hash(unsigned number, char out[67]) {
    struct substrate_hash hash;
    memset(hash.bytes, (int)(0x10 + number), sizeof(hash.bytes));
    substrate_hash_format(&hash, out);
}

static inline struct substrate_hash chain_block(unsigned number) {
    struct substrate_hash hash;
    memset(hash.bytes, (int)(0x10 + number), sizeof(hash.bytes));
    return hash;
}

/* Of text "0x…" in quotes: the block's number, or one past the head. */
static inline unsigned chain_number(struct base_json json) {
    unsigned number = 0;
    char hash[67];
    for (; number <= CHAIN_HEAD; number++) {
        chain_hash(number, hash);
        if (base_json_is(json, hash)) {
            break;
        }
    }
    return number;
}

/* The version at a block. */
static inline unsigned chain_spec(unsigned number) { return number < CHAIN_UPGRADE ? 100 : 101; }
/* The one that wrote its state. */
static inline unsigned chain_state_spec(unsigned number) {
    return chain_spec(number == 0 ? 0 : number - 1);
}

static inline struct base_buf chain_metadata(unsigned spec, unsigned version) {
    char text[2048];
    (void)snprintf(text, sizeof(text), CHAIN_METADATA, spec == 100 ? "0 0a00" : "1 0b000000",
                   spec == 100 ? "0" : "1");
    return encode_metadata(text, version);
}

/* Appends little-endian hex of an integer that is 16 bits wide under 100, and 32 under 101. */
static inline void chain_integer(struct base_buf *out, unsigned spec, unsigned value) {
    uint8_t bytes[4] = {(uint8_t)value, (uint8_t)(value >> 8), 0, 0};
    base_buf_hex(out, (struct substrate_bytes){bytes, spec == 100 ? 2 : 4});
}

static inline int chain_netuid(const char *key) { return key[strlen(key) - 3] - '0'; }

static inline void chain_value(struct base_buf *out, const struct chain_entry *entry,
                               unsigned block) {
    if (entry == NULL) {
        base_buf_str(out, "null");
        return;
    }
    base_buf_str(out, "\"0x");
    if (strcmp(entry->value, "%T") == 0) {
        chain_integer(out, chain_state_spec(block),
                      100 + block + (unsigned)chain_netuid(entry->key));
    } else {
        base_buf_str(out, entry->value);
    }
    base_buf_char(out, '"');
}

static inline const struct chain_entry *chain_find(struct base_json key) {
    for (size_t i = 0; i < CHAIN_STATE_SIZE; i++) {
        if (base_json_is(key, CHAIN_STATE[i].key)) {
            return &CHAIN_STATE[i];
        }
    }
    return NULL;
}

/* Element `index` of an array, kind NONE behind its end. */
static inline struct base_json chain_param(struct base_json params, size_t index) {
    struct base_json value = {BASE_JSON_NONE, {NULL, 0}};
    struct base_json_walk walk;
    struct substrate_text key;
    if (params.kind != BASE_JSON_ARRAY) {
        return value;
    }
    base_json_walk_init(&walk, params);
    for (size_t i = 0; base_json_walk_next(&walk, &key, &value); i++) {
        if (i == index) {
            return value;
        }
    }
    return (struct base_json){BASE_JSON_NONE, {NULL, 0}};
}

/* Lies: 1 the first page again and again, 2 a key of another item, 3 keys out of order, 4 more than
 * asked, 5 no array. */
static inline void chain_keys(struct chain *chain, struct base_json params, struct base_buf *out) {
    struct substrate_text prefix = chain_param(params, 0).raw;
    struct substrate_text start = chain_param(params, 2).raw;
    uint64_t count = 0;
    ck_assert(base_json_u64(chain_param(params, 1), &count));
    ck_assert_uint_lt(chain_number(chain_param(params, 3)), CHAIN_HEAD + 1);
    ck_assert_ptr_nonnull(prefix.data);
    ck_assert_ptr_nonnull(start.data);
    start = start.data[0] == '"' && chain->lie != 1 ? start : (struct substrate_text){"\"0", 2};
    count += chain->lie == 4;
    base_buf_char(out, '[');
    for (size_t i = 0; i < CHAIN_STATE_SIZE && count > 0; i++) {
        size_t index = chain->lie == 3 ? CHAIN_STATE_SIZE - 1 - i : i;
        struct substrate_text key = base_text(CHAIN_STATE[index].key);
        bool within =
            key.size >= prefix.size - 2 && memcmp(key.data, prefix.data + 1, prefix.size - 2) == 0;
        struct substrate_text after = {start.data + 1, start.size - 1 - (start.size > 2)};
        if ((within || chain->lie == 2) && base_text_compare(key, after) > 0) {
            base_buf_format(out, "%s\"%s\"", out->data[out->size - 1] == '[' ? "" : ",",
                            CHAIN_STATE[index].key);
            count -= 1;
        }
    }
    base_buf_char(out, ']');
    if (chain->lie == 5) {
        base_buf_reset(out);
        base_buf_str(out, "{}");
    }
}

/* Was the key that is asked for at `index` asked for before? */
static inline bool chain_is_again(struct base_json keys, size_t index) {
    for (size_t i = 0; i < index; i++) {
        if (base_text_equal(chain_param(keys, i).raw, chain_param(keys, index).raw)) {
            return true;
        }
    }
    return false;
}

/* Lies: 6 values of null, 7 a key too few, 8 no set, 9 another block, 10 a key too many, 11 two
 * values of a key, 12 two sets, 13 no pair, 14 no key. */
static inline void chain_changes(struct chain *chain, struct base_json params,
                                 struct base_buf *out) {
    struct base_json keys = chain_param(params, 0);
    unsigned block = chain_number(chain_param(params, 1));
    size_t count = base_json_length(keys) - (chain->lie == 7);
    char hash[67];
    ck_assert_uint_le(block, CHAIN_HEAD);
    chain_hash(block + (chain->lie == 9), hash);
    base_buf_format(out, "[{\"block\":\"%s\",\"%s\":[", hash, chain->lie == 8 ? "x" : "changes");
    for (size_t i = 0; i < count * (1 + chain->doubling); i++) {
        size_t index = chain->reversed ? count - 1 - i % count : i % count;
        struct base_json key = chain_param(keys, index);
        if (!chain->folding || !chain_is_again(keys, index)) {
            base_buf_format(out, "[%.*s,", (int)key.raw.size, key.raw.data);
            chain_value(out, chain->lie == 6 ? NULL : chain_find(key), block);
            base_buf_str(out, "],");
        }
    }
    if (chain->lie == 11) {
        struct base_json key = chain_param(keys, 0);
        base_buf_format(out, "[%.*s,\"0x0101\"],", (int)key.raw.size, key.raw.data);
    }
    base_buf_str(out, chain->lie == 10   ? "[\"0x00\",null],"
                      : chain->lie == 13 ? "7,"
                      : chain->lie == 14 ? "[7,null],"
                                         : "");
    out->size -= out->data[out->size - 1] == ',';
    base_buf_str(out, chain->lie == 12 ? "]},{\"changes\":[]}]" : "]}]");
}

static inline void chain_give_metadata(struct chain *chain, unsigned block, bool wrapped,
                                       struct base_buf *out) {
    unsigned version = chain->only_version != 0 ? chain->only_version : wrapped ? 15 : 14;
    struct base_buf bytes = chain_metadata(chain_spec(block), version);
    struct base_buf prefix = BASE_BUF_INIT;
    if (chain->bad_metadata) {
        ck_assert_ptr_nonnull(bytes.data);
        bytes.data[0] = 'M';
    }
    base_buf_char(&prefix, 1);
    base_compact_write(&prefix, bytes.size);
    base_buf_str(out, "\"0x");
    if (wrapped) {
        base_buf_hex(out, (struct substrate_bytes){(const uint8_t *)prefix.data, prefix.size});
    }
    base_buf_hex(out, (struct substrate_bytes){(const uint8_t *)bytes.data, bytes.size});
    base_buf_char(out, '"');
    base_buf_free(&prefix);
    base_buf_free(&bytes);
}

#define CHAIN_NO_BLOCK "Client error: UnknownBlock: Header was not found in the database"

/* Returns NULL, or the words of an error. */
static inline const char *chain_call(struct chain *chain, struct base_json params,
                                     struct base_buf *out) {
    struct base_json function = chain_param(params, 0);
    struct base_json arguments = chain_param(params, 1);
    unsigned block = chain_number(chain_param(params, 2));
    if (block > CHAIN_HEAD) {
        return CHAIN_NO_BLOCK;
    }
    if (base_json_is(function, "Metadata_metadata_at_version")) {
        chain->metadata += 1;
        ck_assert(base_json_is(arguments, "0x0f000000"));
        if (chain->metadata_missing || chain->fail_metadata) {
            return chain->fail_metadata ? "Client error: State already discarded"
                                        : "Client error: Execution failed: Other: Exported method "
                                          "Metadata_metadata_at_version is not found";
        }
        if (chain->metadata_none) {
            base_buf_str(out, "\"0x00\"");
            return NULL;
        }
        chain_give_metadata(chain, block, true, out);
        return NULL;
    }
    chain->calls += 1;
    ck_assert_ptr_nonnull(arguments.raw.data);
    ck_assert(base_json_is(function, "SampleApi_double") ||
              base_json_is(function, "SampleApi_pair"));
    base_buf_str(out, "\"0x");
    if (base_json_is(function, "SampleApi_double")) {
        chain_integer(out, chain_spec(block), 2 * (unsigned)base_hex_digit(arguments.raw.data[4]));
    } else {
        chain_integer(out, 101, 5);
    }
    base_buf_char(out, '"');
    return NULL;
}

static inline const char *chain_block_hash(struct chain *chain, struct base_json params,
                                           struct base_buf *out) {
    char hash[67];
    uint64_t number = CHAIN_HEAD;
    bool by_number = base_json_u64(chain_param(params, 0), &number);
    *(by_number ? &chain->hashes : &chain->heads) += 1;
    if (!by_number && chain->fail_head) {
        return "Client error: no head";
    }
    if (number > CHAIN_HEAD) {
        base_buf_str(out, "null");
        return NULL;
    }
    chain_hash((unsigned)number, hash);
    base_buf_format(out, "\"%s\"", hash);
    return NULL;
}

static inline void chain_header(struct chain *chain, unsigned block, struct base_buf *out) {
    static const char ROOT[] = "0x0000000000000000000000000000000000000000000000000000000000000000";
    char parent[67];
    chain_hash(block - 1, parent);
    if (block > CHAIN_HEAD || chain->null_headers) {
        base_buf_str(out, "null");
        return;
    }
    base_buf_format(out,
                    "{\"parentHash\":\"%s\",\"number\":\"0x%x\",\"stateRoot\":\"%s\","
                    "\"extrinsicsRoot\":\"%s\",\"digest\":{\"logs\":[]}}",
                    block == 0 ? ROOT : parent, block, ROOT, ROOT);
}

static inline const char *chain_version(struct chain *chain, unsigned block, struct base_buf *out) {
    if (block > CHAIN_HEAD || chain->fail_version) {
        return CHAIN_NO_BLOCK;
    }
    if (chain->bad_version) {
        base_buf_str(out, "{\"specVersion\":\"100\",\"transactionVersion\":1}");
    } else {
        base_buf_format(out, "{\"specVersion\":%u,\"transactionVersion\":1}", chain_spec(block));
    }
    return NULL;
}

static inline const char *chain_dispatch(struct chain *chain, struct substrate_text method,
                                         struct substrate_text params_text, struct base_buf *out) {
    struct base_json params = {BASE_JSON_NONE, {NULL, 0}};
    if (params_text.size > 0) {
        ck_assert_int_eq(base_json_parse(params_text, 64, &params, NULL), SUBSTRATE_OK);
    }
    struct base_json first = chain_param(params, 0);
    if (base_text_is(method, "chain_getBlockHash")) {
        return chain_block_hash(chain, params, out);
    }
    if (base_text_is(method, "chain_getHeader")) {
        chain->headers += 1;
        chain_header(chain, chain_number(first), out);
        return NULL;
    }
    if (base_text_is(method, "state_getRuntimeVersion")) {
        chain->versions += 1;
        return chain_version(chain, chain_number(first), out);
    }
    if (base_text_is(method, "state_getMetadata")) {
        chain->older += 1;
        chain_give_metadata(chain, chain_number(first), false, out);
        return NULL;
    }
    if (base_text_is(method, "state_call")) {
        return chain_call(chain, params, out);
    }
    if (base_text_is(method, "state_getKeysPaged")) {
        chain->pages += 1;
        chain_keys(chain, params, out);
        return NULL;
    }
    if (base_text_is(method, "state_queryStorageAt")) {
        chain->multis += 1;
        chain_changes(chain, params, out);
        return NULL;
    }
    ck_assert_msg(base_text_is(method, "state_getStorage"), "%.*s is asked", (int)method.size,
                  method.data);
    chain->reads += 1;
    unsigned block = chain_number(chain_param(params, 1));
    ck_assert_uint_le(block, CHAIN_HEAD);
    ck_assert_ptr_nonnull(first.raw.data);
    if (chain->refuse_netuid != 0 &&
        (size_t)(first.raw.data[first.raw.size - 4] - '0') == chain->refuse_netuid) {
        return CHAIN_NO_BLOCK;
    }
    chain_value(out, chain_find(first), block);
    return NULL;
}

/* Appends the result. Returns NULL, or the words of an error. */
static inline const char *chain_answer(struct chain *chain, struct substrate_text method,
                                       struct substrate_text params, struct base_buf *out) {
    chain_is_answering = true;
    const char *error = chain_dispatch(chain, method, params, out);
    chain_is_answering = false;
    return error;
}

#endif
