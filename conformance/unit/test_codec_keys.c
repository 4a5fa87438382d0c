/* Storage keys. Expected keys and arguments of a real runtime (Subtensor, spec 293) are keys that
 * it wrote itself, with the arguments that polkadot-api's decoder gives for them (which writes a
 * newtype as what is in it; canonical JSON as an array of one). The account of Alice is the example
 * of Substrate's own documentation. Digests of hashers that this runtime does not use were computed
 * with Python (hashlib, xxhash). */
#include "codec_fixture.h"

#include "client_support.h"
#include "codec/storage_key.h"

static const struct value_limits limits = VALUE_LIMITS;
static struct substrate_metadata *runtime; /* one per process */

#define ALICE_KEY                                                                                  \
    "26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9"                             \
    "de1e86a9a8c739864cf3cc5ec2bea59fd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56d" \
    "a27d"
#define ZERO_ACCOUNT "0000000000000000000000000000000000000000000000000000000000000000"
#define ZERO_ADDRESS "\"5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnhM\""

static const struct {
    const char *pallet, *item, *key, *arguments;
} entries[] = {
    {"System", "Number", "26aa394eea5630e07c48ae0c9558cef702a5c1b19ab7a04f536c519aca4983ac", "[]"},
    {"System", "Account", ALICE_KEY, "[\"5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY\"]"},
    {"System", "BlockHash",
     "26aa394eea5630e07c48ae0c9558cef7a44704b568d21667356a5a050c118746"
     "5153cb1f00942ff401000000",
     "[1]"},
    {"Grandpa", "SetIdSession",
     "5f9cc45b7a00c5899361e1c6099678dcd47cb8f5328af743ddfb361e7180e7fc"
     "bb1bdbcacd6ac9340000000000000000",
     "[0]"},
    {"SubtensorModule", "NetworksAdded",
     "658faa385070e074c85bf6b568cf05550e30450fc4d507a846032a7fa65d9a43"
     "0000",
     "[0]"},
    {"SubtensorModule", "LastTxBlockDelegateTake",
     "658faa385070e074c85bf6b568cf055576304b329847c9c9eba857cc16aad02c"
     "0238d717b61a390136022e6876aaba84941eab8701f3dd294c8e80c49de1ed4c",
     "[\"5C7cqZH5MGhvCwtxH3271gLgHqXSxT1RuTm4y7Za44XEU9FL\"]"},
    {"SubtensorModule", "OwnedHotkeys",
     "658faa385070e074c85bf6b568cf0555882f0d11afa27a40918e90f095800125"
     "de1e86a9a8c739864cf3cc5ec2bea59fd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da"
     "27d",
     "[\"5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY\"]"},
    {"SubtensorModule", "Keys",
     "658faa385070e074c85bf6b568cf05559f99a2ce711f3a31b2fc05604c93f179"
     "01000000",
     "[1,0]"},
    {"SubtensorModule", "Axons",
     "658faa385070e074c85bf6b568cf0555b4e0c7b1d5f74994fcd58c28ab601fec"
     "02005247d78809aedec1c896aef36a681ed244b175aa247d10b3d75c4b6dfa97fae9de4d678e1e57096e292ba9561"
     "1b4cc05",
     "[2,\"5Dcmq5qaoF4bUdnorrRh1wdYvDL1PgCsrJnKVPXMQnuXPFfH\"]"},
    {"SubtensorModule", "ChildKeys",
     "658faa385070e074c85bf6b568cf05554bf30057b0f64219556b6cc15bd2804a"
     "75d6184d965e23aa7559b15d1d6e1cc30238d717b61a390136022e6876aaba84941eab8701f3dd294c8e80c49de1e"
     "d4c0200",
     "[\"5C7cqZH5MGhvCwtxH3271gLgHqXSxT1RuTm4y7Za44XEU9FL\",2]"},
    {"SubtensorModule", "Alpha",
     "658faa385070e074c85bf6b568cf05557261f9a8fde18018cccf70368697902f"
     "ff0f22492f44bac4c4b30ae58d0e8daa0000000000000000000000000000000000000000000000000000000000000"
     "000ff0f22492f44bac4c4b30ae58d0e8daa0000000000000000000000000000000000000000000000000000000000"
     "0000000100",
     "[\"5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnhM\","
     "\"5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnhM\",1]"},
    {"Swap", "Ticks",
     "746cc6d1e9dbcf1d03868e492c1d836e89b920abebaa097abfcf7f26dc796072"
     "283537e217dff45902009e121407b000d17e0c3bf9ff",
     "[2,[-443636]]"},
    {"Swap", "TickIndexBitmapWords",
     "746cc6d1e9dbcf1d03868e492c1d836e21b80cbbfd8a56be6e2c6f742c9ffe1c"
     "283537e217dff459020030e7211b8127418a013909bec0ea9167f851000000",
     "[2,{\"type\":\"Middle\",\"value\":null},81]"},
    {"Swap", "Positions",
     "746cc6d1e9dbcf1d03868e492c1d836e9a4ea0593d7f97323d947a42bc6c2639"
     "283537e217dff459020062a26a7d1927c9366d6f646c74656e2f73776170000000000000000000000000000000000"
     "000000010bbc85904ff1c6c01000000000000000000000000000000",
     "[2,\"5EYCAe5jXJkWTv6niXygVnxL26GtURKkJCHJbswdhGzDESxH\",[1]]"},
    {"Multisig", "Multisigs",
     "7474449cca95dc5d0c00e71735a6d17d3cd15a3fd6e04e47bee3922dbfa92c8d"
     "67971cc1e62cb3a249daa32c7287890f38b7e1a8cd2961723d36d20baa0bf3b82e0c4bdda93b1c0abc1640dace348"
     "fbff64a82a3432f683c03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314",
     "[\"5DjYJStmdZ2rcqXbXGX7TW85JsrW6uG4y9MUcLq2BoPMpRA7\","
     "\"0x03170a2e7597b7b7e3d84c05391d139a62b157e78786d8c082f29dcf4c111314\"]"},

};

static void setup(void) {
    if (runtime == NULL) {
        runtime = fixture_metadata(FIXTURE_V15);
    }
}

static const struct metadata_storage *item_of(const char *pallet, const char *item) {
    setup();
    const struct metadata_pallet *found = metadata_pallet(runtime, base_text(pallet));
    ck_assert_ptr_nonnull(found);
    const struct metadata_storage *storage = metadata_storage(found, base_text(item));
    ck_assert_ptr_nonnull(storage);
    return storage;
}

static struct base_json json_of(const char *text) {
    struct base_json json;
    ck_assert_int_eq(base_json_parse(base_text(text), BASE_JSON_DEPTH_MAX, &json, NULL),
                     SUBSTRATE_OK);
    return json;
}

START_TEST(items_are_found_by_prefix) {
    setup();
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        struct fixture_bytes key = fixture_hex(base_text(entries[i].key));
        const struct metadata_pallet *pallet = NULL;
        const struct metadata_storage *item = storage_key_item(runtime, fixture_view(key), &pallet);
        ck_assert_ptr_eq(item, item_of(entries[i].pallet, entries[i].item));
        ck_text_eq(pallet->name, entries[i].pallet);
        ck_assert_ptr_eq(storage_key_item(runtime, fixture_view(key), NULL), item);
        struct substrate_bytes cut = {key.data, 31};
        ck_assert_ptr_null(storage_key_item(runtime, cut, NULL));
        key.data[31] ^= 1;
        ck_assert_ptr_null(storage_key_item(runtime, fixture_view(key), &pallet));
        free(key.data);
    }
}
END_TEST

START_TEST(keys_from_json_and_back) {
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        const struct metadata_storage *item = item_of(entries[i].pallet, entries[i].item);
        struct base_buf key = BASE_BUF_INIT;
        struct base_buf json = BASE_BUF_INIT;
        base_buf_str(&key, "kept");
        base_buf_str(&json, "kept");
        ck_assert_int_eq(
            storage_key_write(runtime, item, json_of(entries[i].arguments), &limits, &key, NULL),
            SUBSTRATE_OK);
        ck_assert_mem_eq(key.data, "kept", 4);
        ck_hex_eq(key.data + 4, key.size - 4, entries[i].key);
        struct substrate_bytes bytes = {(const uint8_t *)key.data + 4, key.size - 4};
        ck_assert_int_eq(storage_key_read(runtime, item, bytes, &limits, &json, NULL),
                         SUBSTRATE_OK);
        char expected[512];
        snprintf(expected, sizeof expected, "kept%s", entries[i].arguments);
        ck_text_eq(base_buf_view(&json), expected);
        base_buf_free(&key);
        base_buf_free(&json);
    }
}
END_TEST

/* Every key that the runtime wrote comes back the same, by both ways. */
START_TEST(keys_of_a_chain) {
    setup();
    struct fixture_bytes file = fixture_file("state.jsonl");
    size_t after = 0;
    size_t known = 0;
    char *line;
    struct base_buf key = BASE_BUF_INIT;
    struct base_buf arguments = BASE_BUF_INIT;
    while (known < 600 && (line = fixture_line(file, "{\"key\":\"0x", &after)) != NULL) {
        struct base_json hex = base_json_member(json_of(line), "key");
        struct fixture_bytes bytes =
            fixture_hex((struct substrate_text){hex.raw.data + 1, hex.raw.size - 2});
        const struct metadata_storage *item = storage_key_item(runtime, fixture_view(bytes), NULL);
        if (item != NULL) {
            struct substrate_bytes views[STORAGE_KEYS_MAX];
            base_buf_reset(&key);
            ck_assert_int_eq(
                storage_key_split(runtime, item, fixture_view(bytes), &limits, views, NULL),
                SUBSTRATE_OK);
            ck_assert_int_eq(storage_key_encode(item, views, item->key_count, &key, NULL),
                             SUBSTRATE_OK);
            ck_assert_uint_eq(key.size, bytes.size);
            ck_assert_mem_eq(key.data, bytes.data, bytes.size);
            base_buf_reset(&key);
            base_buf_reset(&arguments);
            ck_assert_int_eq(
                storage_key_read(runtime, item, fixture_view(bytes), &limits, &arguments, NULL),
                SUBSTRATE_OK);
            base_buf_char(&arguments, '\0');
            ck_assert_int_eq(
                storage_key_write(runtime, item, json_of(arguments.data), &limits, &key, NULL),
                SUBSTRATE_OK);
            ck_assert_uint_eq(key.size, bytes.size);
            ck_assert_mem_eq(key.data, bytes.data, bytes.size);
            known++;
        }
        free(bytes.data);
        free(line);
    }
    ck_assert_uint_eq(known, 600);
    base_buf_free(&key);
    base_buf_free(&arguments);
    free(file.data);
}
END_TEST

/* Fewer arguments are the beginning of the key with all of them. */
START_TEST(fewer_arguments) {
    static const struct {
        const char *arguments;
        size_t size;
    } prefixes[] = {
        {"[]", 32}, {"[" ZERO_ADDRESS "]", 80}, {"[" ZERO_ADDRESS "," ZERO_ADDRESS "]", 128}};
    const struct metadata_storage *alpha = item_of("SubtensorModule", "Alpha");
    static const char whole[] = "[" ZERO_ADDRESS "," ZERO_ADDRESS ",1]";
    struct base_buf key = BASE_BUF_INIT;
    ck_assert_int_eq(storage_key_write(runtime, alpha, json_of(whole), &limits, &key, NULL),
                     SUBSTRATE_OK);
    ck_assert_uint_eq(key.size, 130);
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        struct base_buf prefix = BASE_BUF_INIT;
        struct base_json arguments = json_of(prefixes[i].arguments);
        ck_assert_int_eq(storage_key_write(runtime, alpha, arguments, &limits, &prefix, NULL),
                         SUBSTRATE_OK);
        ck_assert_uint_eq(prefix.size, prefixes[i].size);
        ck_assert_mem_eq(prefix.data, key.data, prefix.size);
        base_buf_free(&prefix);
    }
    struct base_buf none = BASE_BUF_INIT;
    struct base_json nothing = {BASE_JSON_NONE, {NULL, 0}};
    ck_assert_int_eq(storage_key_write(runtime, alpha, nothing, &limits, &none, NULL),
                     SUBSTRATE_OK);
    ck_assert_uint_eq(none.size, 32);
    base_buf_free(&none);
    base_buf_free(&key);
}
END_TEST

static uint32_t primitive_type(enum type_primitive primitive) {
    for (uint32_t i = 0; i < runtime->types.count; i++) {
        const struct type *type = types_get(&runtime->types, i);
        if (type->kind == TYPE_PRIMITIVE && type->primitive == primitive) {
            return i;
        }
    }
    ck_abort_msg("no such primitive");
    return 0;
}

/* 0x0201 by each hasher. */
static const struct {
    enum storage_hasher hasher;
    const char *argument;
    bool keeps;
} hashed[] = {
    {HASHER_BLAKE2_128, "c03627bf9a6354b6f040ae4f828e1fe6", false},
    {HASHER_BLAKE2_256, "50a2c0d145539c1fb32f60e0d8425b1c03f6120c40171971b8de9c0017a4bfb3", false},
    {HASHER_BLAKE2_128_CONCAT, "c03627bf9a6354b6f040ae4f828e1fe60201", true},
    {HASHER_TWOX_128, "4a6fdeede9332ffcfe08cb5427cd30cc", false},
    {HASHER_TWOX_256, "4a6fdeede9332ffcfe08cb5427cd30cce5caf23bfca38e6bd48e37a7197cc1ce", false},
    {HASHER_TWOX_64_CONCAT, "4a6fdeede9332ffc0201", true},
    {HASHER_IDENTITY, "0201", true},
};

/* An item of two arguments, the second of which shows that the first one's end is found. */
static struct metadata_storage made_item(enum storage_hasher first) {
    uint32_t u16 = primitive_type(PRIMITIVE_U16);
    return (struct metadata_storage){.name = BASE_TEXT("Made"),
                                     .key_count = 2,
                                     .hashers = {first, HASHER_IDENTITY},
                                     .keys = {u16, u16},
                                     .prefix = {1, 2, 3}};
}

START_TEST(every_hasher) {
    setup();
    for (size_t i = 0; i < sizeof hashed / sizeof *hashed; i++) {
        struct metadata_storage item = made_item(hashed[i].hasher);
        struct base_buf key = BASE_BUF_INIT;
        struct base_buf json = BASE_BUF_INIT;
        struct substrate_bytes views[STORAGE_KEYS_MAX];
        ck_assert_int_eq(
            storage_key_write(runtime, &item, json_of(" [ 258 , 65535 ] "), &limits, &key, NULL),
            SUBSTRATE_OK);
        char expected[256];
        snprintf(expected, sizeof expected, "010203%.58s%sffff", ZERO_ACCOUNT, hashed[i].argument);
        ck_hex_eq(key.data, key.size, expected);
        struct substrate_bytes bytes = {(const uint8_t *)key.data, key.size};
        ck_assert_int_eq(storage_key_read(runtime, &item, bytes, &limits, &json, NULL),
                         SUBSTRATE_OK);
        ck_text_eq(base_buf_view(&json), hashed[i].keeps ? "[258,65535]" : "[null,65535]");
        ck_assert_int_eq(storage_key_split(runtime, &item, bytes, &limits, views, NULL),
                         SUBSTRATE_OK);
        ck_assert_uint_eq(views[0].size, hashed[i].keeps ? 2 : 0);
        ck_assert(hashed[i].keeps == (views[0].data != NULL));
        ck_hex_eq(views[1].data, views[1].size, "ffff");
        base_buf_free(&key);
        base_buf_free(&json);
    }
}
END_TEST

/* Each cut, each changed bit and each byte more is refused; a changed bit of a lost argument's hash
 * is the key of another argument. */
START_TEST(wrong_keys) {
    setup();
    for (size_t i = 0; i < sizeof hashed / sizeof *hashed; i++) {
        struct metadata_storage item = made_item(hashed[i].hasher);
        struct base_buf json = BASE_BUF_INIT;
        base_buf_str(&json, "kept");
        char hex[256];
        snprintf(hex, sizeof hex, "010203%.58s%sffff00", ZERO_ACCOUNT, hashed[i].argument);
        struct fixture_bytes key = fixture_hex(base_text(hex));
        struct substrate_error error = {0};
        size_t whole = key.size - 1;
        for (size_t size = 0; size <= key.size; size++) {
            struct substrate_bytes bytes = {key.data, size};
            ck_assert_int_eq(storage_key_read(runtime, &item, bytes, &limits, &json, &error),
                             size == whole ? SUBSTRATE_OK : SUBSTRATE_E_DECODE);
            ck_assert(size == whole || base_text_is(base_buf_view(&json), "kept"));
            ck_assert(size == whole || error.position <= size);
            json.size = 4;
        }
        ck_assert_ptr_nonnull(strstr(error.message, "Made"));
        ck_assert_uint_eq(error.position, whole);
        struct substrate_bytes bytes = {key.data, whole};
        size_t argument = strlen(hashed[i].argument) / 2;
        for (size_t at = 0; at < 32 + argument; at++) {
            bool good = at >= 32 && (!hashed[i].keeps || hashed[i].hasher == HASHER_IDENTITY);
            key.data[at] ^= 0x10;
            ck_assert_int_eq(storage_key_read(runtime, &item, bytes, &limits, &json, &error),
                             good ? SUBSTRATE_OK : SUBSTRATE_E_DECODE);
            ck_assert(good || error.position == (at < 32 ? 0 : 32));
            key.data[at] ^= 0x10;
            json.size = 4;
        }
        free(key.data);
        base_buf_free(&json);
    }
}
END_TEST

START_TEST(wrong_arguments) {
    static const struct {
        const char *json;
        enum substrate_status status;
        const char *complaint;
    } wrong[] = {
        {"{}", SUBSTRATE_E_ARGUMENT, "Alpha are no JSON array"},
        {"null", SUBSTRATE_E_ARGUMENT, "no JSON array"},
        {"1", SUBSTRATE_E_ARGUMENT, "no JSON array"},
        {"[1,2,3,4]", SUBSTRATE_E_ARGUMENT, "takes 3 arguments at most, but there are 4"},
        {"[1]", SUBSTRATE_E_DECODE, "argument 1 of Alpha"},
        {"[" ZERO_ADDRESS ",true]", SUBSTRATE_E_DECODE, "argument 2 of Alpha"},
        {"[" ZERO_ADDRESS "," ZERO_ADDRESS ",65536]", SUBSTRATE_E_DECODE, "argument 3 of Alpha"},
    };
    const struct metadata_storage *alpha = item_of("SubtensorModule", "Alpha");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct substrate_error error = {0};
        struct base_buf key = BASE_BUF_INIT;
        base_buf_str(&key, "kept");
        ck_assert_int_eq(
            storage_key_write(runtime, alpha, json_of(wrong[i].json), &limits, &key, &error),
            wrong[i].status);
        ck_assert_int_eq(error.status, wrong[i].status);
        ck_assert_msg(strstr(error.message, wrong[i].complaint) != NULL, "%s", error.message);
        ck_text_eq(base_buf_view(&key), "kept");
        base_buf_free(&key);
    }
    struct substrate_bytes four[4] = {{NULL, 0}};
    struct base_buf key = BASE_BUF_INIT;
    ck_assert_int_eq(storage_key_encode(alpha, four, 4, &key, NULL), SUBSTRATE_E_ARGUMENT);
    ck_assert_uint_eq(key.size, 0);
    base_buf_free(&key);
}
END_TEST

static bool write_and_read(void) {
    const struct metadata_storage *alpha = item_of("SubtensorModule", "Alpha");
    static const char whole[] = "[" ZERO_ADDRESS "," ZERO_ADDRESS ",1]";
    struct substrate_bytes views[STORAGE_KEYS_MAX];
    struct base_buf key = BASE_BUF_INIT;
    struct base_buf again = BASE_BUF_INIT;
    struct base_buf json = BASE_BUF_INIT;
    base_buf_str(&again, "kept");
    bool good =
        storage_key_write(runtime, alpha, json_of(whole), &limits, &key, NULL) == SUBSTRATE_OK;
    struct substrate_bytes bytes = {(const uint8_t *)key.data, key.size};
    good = good && storage_key_read(runtime, alpha, bytes, &limits, &json, NULL) == SUBSTRATE_OK &&
           storage_key_split(runtime, alpha, bytes, &limits, views, NULL) == SUBSTRATE_OK &&
           storage_key_encode(alpha, views, 3, &again, NULL) == SUBSTRATE_OK;
    if (good) {
        ck_text_eq(base_buf_view(&json), whole);
        ck_assert_uint_eq(again.size, 4 + key.size);
    } else {
        ck_assert(again.size == 0 || base_text_is(base_buf_view(&again), "kept"));
    }
    base_buf_free(&key);
    base_buf_free(&again);
    base_buf_free(&json);
    return good;
}

START_TEST(out_of_memory) {
    setup();
    client_fail_each(write_and_read);
}
END_TEST

CHECK_MAIN("codec_keys", items_are_found_by_prefix, keys_from_json_and_back, keys_of_a_chain,
           fewer_arguments, every_hasher, wrong_keys, wrong_arguments, out_of_memory)
