/* The parser of metadata on the recorded ones of Subtensor: against what polkadot-api reads in
 * them, cut off, and damaged. */
#include "metadata_support.h"

#include <substrate/hash.h>

#define BLOB_V14 "0c8a8a73070fd960a1fff435ade1eabde9e9fd10ccb5195e9b15b6e865db6a2e"
#define BLOB_V15 "7dd8f43c41674d9cf8428268b8b09cc2f07fcd128e4d4813aeada9bdcbed5501"

/* A recorded blob, found beside this file's folder; to be freed. */
static struct substrate_bytes load(const char *name) {
    char path[512];
    const char *folder = strstr(__FILE__, "conformance/unit/");
    ck_assert_ptr_nonnull(folder);
    (void)snprintf(path, sizeof path, "%.*sfixtures/subtensor-293/blobs/%s",
                   (int)(folder - __FILE__), __FILE__, name);
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "cannot open %s", path);
    uint8_t *data = malloc(1 << 20);
    ck_assert_ptr_nonnull(data);
    size_t size = fread(data, 1, 1 << 20, file);
    ck_assert_int_eq(fclose(file), 0);
    return (struct substrate_bytes){data, size};
}

static void unload(struct substrate_bytes bytes) { free((void *)(uintptr_t)bytes.data); }

static struct substrate_metadata *parse_blob(const char *name) {
    struct substrate_bytes bytes = load(name);
    struct substrate_metadata *metadata = parse(bytes);
    unload(bytes); /* nothing may point into it */
    return metadata;
}

static const struct metadata_storage *storage_of(const struct substrate_metadata *metadata,
                                                 const char *pallet, const char *item) {
    const struct metadata_pallet *found = metadata_pallet(metadata, base_text(pallet));
    ck_assert_msg(found != NULL, "no pallet %s", pallet);
    const struct metadata_storage *storage = metadata_storage(found, base_text(item));
    ck_assert_msg(storage != NULL, "no storage %s.%s", pallet, item);
    return storage;
}

static const struct metadata_constant *constant_of(const struct substrate_metadata *metadata,
                                                   const char *pallet, const char *name) {
    const struct metadata_pallet *found = metadata_pallet(metadata, base_text(pallet));
    ck_assert_ptr_nonnull(found);
    const struct metadata_constant *constant = metadata_constant(found, base_text(name));
    ck_assert_ptr_nonnull(constant);
    return constant;
}

/* The recorded runtime, Subtensor of spec 293. */

static void check_listing(const char *blob, size_t size, const char *digest) {
    struct substrate_metadata *metadata = parse_blob(blob);
    struct base_buf listing = BASE_BUF_INIT;
    uint8_t found[32];
    list_metadata(&listing, metadata);
    ck_assert_uint_eq(listing.size, size);
    substrate_blake2_256(bytes_of(&listing), found);
    ck_hex_eq(found, 32, digest);
    base_buf_free(&listing);
    substrate_metadata_free(metadata);
}

/* Every type, field, storage item, constant, method and extension: sizes and BLAKE2b-256 digests of
 * the listing (metadata_text.h) that substrate-bindings 0.20.3 of polkadot-api gives. */
START_TEST(test_recorded_listing) {
    check_listing(BLOB_V14, 94663,
                  "7d530a44b1ca59d7558277a336fe26e3821dff1911225bd2d37b68f538a08c5a");
    check_listing(BLOB_V15, 116415,
                  "9ff4078a02746c75d93295cb04fa69fe77f93a4097d0980eaa36532ac64b548b");
}
END_TEST

static void check_sample_facts(const struct substrate_metadata *metadata) {
    const struct metadata_storage *account = storage_of(metadata, "System", "Account");
    ck_assert_uint_eq(account->key_count, 1);
    ck_assert_int_eq(account->hashers[0], HASHER_BLAKE2_128_CONCAT);
    ck_assert(account->has_default);
    ck_assert_uint_eq(account->fallback.size, 56);
    const struct metadata_storage *uids = storage_of(metadata, "SubtensorModule", "Uids");
    ck_assert_uint_eq(uids->key_count, 2);
    ck_assert_int_eq(uids->hashers[0], HASHER_IDENTITY);
    ck_assert_int_eq(uids->hashers[1], HASHER_BLAKE2_128_CONCAT);
    ck_assert_int_eq(types_get(&metadata->types, uids->keys[0])->primitive, PRIMITIVE_U16);
    ck_assert_int_eq(types_get(&metadata->types, uids->keys[1])->role, ROLE_ACCOUNT);
    ck_assert(!uids->has_default);
    const struct metadata_storage *tempo = storage_of(metadata, "SubtensorModule", "Tempo");
    ck_hex_eq(tempo->fallback.data, tempo->fallback.size, "0a00");
    const struct metadata_constant *deposit =
        constant_of(metadata, "Balances", "ExistentialDeposit");
    ck_hex_eq(deposit->value.data, deposit->value.size, "f401000000000000");
    ck_assert_uint_eq(metadata->ss58_prefix, 42);
    ck_assert_uint_eq(metadata->extrinsic_version_count, 1);
    ck_assert_uint_eq(metadata->extrinsic_versions[0], 4);
}

/* Facts by the same decoder, by name. */
START_TEST(test_recorded_facts) {
    struct substrate_metadata *v14 = parse_blob(BLOB_V14);
    struct substrate_metadata *v15 = parse_blob(BLOB_V15);
    ck_assert_uint_eq(v14->version, 14);
    ck_assert_uint_eq(v15->version, 15);
    ck_assert_uint_eq(v14->types.count, 514);
    ck_assert_uint_eq(v15->types.count, 633);
    ck_assert_uint_eq(v14->storage_by_prefix.count, 268);
    ck_assert_uint_eq(v15->storage_by_prefix.count, 268);
    ck_assert_uint_eq(v14->api_count, 0);
    ck_assert_uint_eq(v15->api_count, 20);
    check_sample_facts(v14);
    check_sample_facts(v15);
    const struct metadata_api *api = metadata_api(v15, BASE_TEXT("NeuronInfoRuntimeApi"));
    ck_assert_ptr_nonnull(api);
    const struct metadata_method *method = metadata_method(api, BASE_TEXT("get_neuron"));
    ck_assert_ptr_nonnull(method);
    ck_assert_uint_eq(method->argument_count, 2);
    ck_text_eq(method->arguments[1].name, "uid");
    ck_assert_int_eq(types_get(&v15->types, method->output)->role, ROLE_OPTION);
    ck_assert_ptr_null(metadata_method(api, BASE_TEXT("get_neuro")));
    ck_assert_ptr_null(metadata_api(v15, BASE_TEXT("NeuronInfo")));
    ck_assert_ptr_null(types_get(&v14->types, 514));
    substrate_metadata_free(v14);
    substrate_metadata_free(v15);
}
END_TEST

/* What both versions say, they say alike: pallets with all that is in them, and the types up to the
 * first that only the extrinsic's type names. */
START_TEST(test_versions_agree) {
    struct substrate_metadata *v14 = parse_blob(BLOB_V14);
    struct substrate_metadata *v15 = parse_blob(BLOB_V15);
    struct base_buf a = BASE_BUF_INIT;
    struct base_buf b = BASE_BUF_INIT;
    list_types(&a, &v14->types, 498);
    list_types(&b, &v15->types, 498);
    list_pallets(&a, v14);
    list_pallets(&b, v15);
    ck_assert_uint_eq(a.size, b.size);
    ck_assert_mem_eq(a.data, b.data, a.size);
    ck_assert_uint_eq(v14->address, v15->address);
    ck_assert_uint_eq(v14->signature, v15->signature);
    ck_assert_uint_eq(v14->outer_call, v15->outer_call);
    ck_assert_uint_eq(v14->outer_event, v15->outer_event);
    ck_assert_uint_eq(v14->extension_count, v15->extension_count);
    for (uint32_t i = 0; i < v14->extension_count; i++) {
        ck_assert(base_text_equal(v14->extensions[i].identifier, v15->extensions[i].identifier));
    }
    base_buf_free(&a);
    base_buf_free(&b);
    substrate_metadata_free(v14);
    substrate_metadata_free(v15);
}
END_TEST

/* Published prefixes: Substrate's documentation and every block explorer know the first four. */
START_TEST(test_prefixes) {
    static const char *const KNOWN[][3] = {
        {"System", "Account", "26aa394eea5630e07c48ae0c9558cef7b99d880ec681799c0cf30e8886371da9"},
        {"System", "Number", "26aa394eea5630e07c48ae0c9558cef702a5c1b19ab7a04f536c519aca4983ac"},
        {"System", "Events", "26aa394eea5630e07c48ae0c9558cef780d41e5e16056765bc8461851072c9d7"},
        {"Timestamp", "Now", "f0c365c3cf59d671eb72da0e7a4113c49f1f0515f462cdcf84e0f1d6045dfcbb"},
    };
    struct substrate_metadata *metadata = parse_blob(BLOB_V15);
    for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++) {
        const struct metadata_storage *storage = storage_of(metadata, KNOWN[i][0], KNOWN[i][1]);
        struct substrate_text key = {(const char *)storage->prefix, 32};
        ck_hex_eq(storage->prefix, 32, KNOWN[i][2]);
        ck_assert_ptr_eq(base_map_get(&metadata->storage_by_prefix, key), storage);
    }
    for (uint32_t i = 0; i < metadata->pallet_count; i++) {
        const struct metadata_pallet *pallet = &metadata->pallets[i];
        ck_assert_ptr_eq(metadata_pallet(metadata, pallet->name), pallet);
        ck_assert_ptr_eq(metadata_pallet_by_index(metadata, pallet->index), pallet);
    }
    ck_assert_ptr_null(metadata_pallet(metadata, BASE_TEXT("system")));
    ck_assert_ptr_null(metadata_pallet_by_index(metadata, 255));
    ck_assert_ptr_null(metadata_storage(&metadata->pallets[0], BASE_TEXT("Accoun")));
    ck_assert_ptr_null(metadata_constant(&metadata->pallets[0], BASE_TEXT("")));
    substrate_metadata_free(metadata);
}
END_TEST

/* "I96F32": the name that the source gave says the format. */
static unsigned check_fixed_name(const struct type *type, struct substrate_text name) {
    static const struct {
        const char *name;
        struct type_fixed fixed;
    } FORMATS[] = {
        {"I96F32", {128, 32, true}}, {"I64F64", {128, 64, true}}, {"I32F32", {64, 32, true}}};
    unsigned known = 0;
    for (size_t i = 0; i < sizeof FORMATS / sizeof *FORMATS; i++) {
        if (base_text_is(name, FORMATS[i].name)) {
            ck_assert_int_eq(type->role, ROLE_FIXED);
            ck_assert_uint_eq(type->fixed.fraction, FORMATS[i].fixed.fraction);
            ck_assert_uint_eq(type->fixed.bits, FORMATS[i].fixed.bits);
            ck_assert_int_eq(type->fixed.is_signed, FORMATS[i].fixed.is_signed);
            known = 1u << i;
        }
    }
    return known;
}

/* Version 15 names I96F32, I64F64 and I32F32 among its composites; U64F64 has no name there, but
 * is the FixedU128 with half of its bits behind the point (substrate-fixed, aliases). */
START_TEST(test_recorded_fixed) {
    struct substrate_metadata *metadata = parse_blob(BLOB_V15);
    unsigned found = 0;
    for (uint32_t id = 0; id < metadata->types.count; id++) {
        const struct type *type = type_of(metadata, id);
        for (uint32_t i = 0; type->kind == TYPE_COMPOSITE && i < type->fields.count; i++) {
            const struct type_field *field = &type->fields.fields[i];
            found |= check_fixed_name(type_of(metadata, field->type), field->type_name);
        }
    }
    ck_assert_uint_eq(found, 7); /* all three */
    const struct type_fixed u64f64 = type_of(metadata, 180)->fixed;
    ck_assert_uint_eq(u64f64.bits, 128);
    ck_assert_uint_eq(u64f64.fraction, 64);
    ck_assert(!u64f64.is_signed);
    substrate_metadata_free(metadata);
}
END_TEST

/* Where all values are of one size, the recorded defaults and constants are of that size. */
START_TEST(test_recorded_sizes) {
    struct substrate_metadata *metadata = parse_blob(BLOB_V15);
    unsigned checked = 0;
    for (uint32_t p = 0; p < metadata->pallet_count; p++) {
        const struct metadata_pallet *pallet = &metadata->pallets[p];
        for (uint32_t i = 0; i < pallet->storage_count; i++) {
            const struct metadata_storage *storage = &pallet->storage[i];
            uint32_t size = type_of(metadata, storage->value)->fixed_size;
            if (size != 0 && storage->has_default) {
                ck_assert_uint_eq(storage->fallback.size, size);
                checked++;
            }
        }
        for (uint32_t i = 0; i < pallet->constant_count; i++) {
            uint32_t size = type_of(metadata, pallet->constants[i].type)->fixed_size;
            if (size != 0) {
                ck_assert_uint_eq(pallet->constants[i].value.size, size);
                checked++;
            }
        }
    }
    ck_assert_uint_gt(checked, 200);
    substrate_metadata_free(metadata);
}
END_TEST

static void check_path(const struct substrate_metadata *metadata, uint32_t id, enum type_role role,
                       const char *name) {
    const struct type *type = type_of(metadata, id);
    ck_assert_int_eq(type->role, role);
    ck_text_eq(type->path[type->path_count - 1], name);
}

START_TEST(test_recorded_roles) {
    struct substrate_metadata *metadata = parse_blob(BLOB_V15);
    unsigned roles[ROLE_ERROR + 1] = {0};
    for (uint32_t id = 0; id < metadata->types.count; id++) {
        const struct type *type = type_of(metadata, id);
        bool is_option = type->path_count == 1 && base_text_is(type->path[0], "Option");
        ck_assert_int_eq(type->role == ROLE_OPTION || type->role == ROLE_NESTED_OPTION, is_option);
        roles[type->role]++;
    }
    check_path(metadata, metadata->outer_call, ROLE_CALL, "RuntimeCall");
    check_path(metadata, metadata->outer_event, ROLE_EVENT, "RuntimeEvent");
    check_path(metadata, metadata->outer_error, ROLE_ERROR, "RuntimeError");
    check_path(metadata, 0, ROLE_ACCOUNT, "AccountId32");
    check_path(metadata, metadata->address, ROLE_NONE, "MultiAddress");
    check_path(metadata, metadata->signature, ROLE_NONE, "MultiSignature");
    ck_assert_uint_eq(roles[ROLE_ACCOUNT], 1);
    ck_assert_uint_eq(roles[ROLE_FIXED], 4);
    ck_assert_uint_eq(roles[ROLE_CALL], 1);
    ck_assert_uint_gt(roles[ROLE_BYTES], 10);
    substrate_metadata_free(metadata);
}
END_TEST

START_TEST(test_recorded_cut_or_changed) {
    static const char *const BLOBS[] = {BLOB_V14, BLOB_V15};
    for (size_t blob = 0; blob < 2; blob++) {
        struct substrate_bytes bytes = load(BLOBS[blob]);
        uint8_t *data = (uint8_t *)(uintptr_t)bytes.data;
        uint64_t state = 293 + blob;
        for (unsigned i = 0; i < 60; i++) {
            survive_cut(bytes.data, (size_t)(next_place(&state) % bytes.size));
            uint64_t place = next_place(&state);
            size_t at = (size_t)(place % bytes.size);
            uint8_t kept = data[at];
            data[at] = (uint8_t)(place >> 40);
            (void)survive(data, bytes.size);
            data[at] = kept;
        }
        ck_assert_int_eq(survive(data, bytes.size), SUBSTRATE_OK);
        unload(bytes);
    }
}
END_TEST

static struct substrate_bytes scenario_bytes;

static bool scenario(void) {
    struct substrate_metadata *metadata = NULL;
    struct substrate_error error = {0};
    enum substrate_status status = substrate_metadata_parse(scenario_bytes, &metadata, &error);
    ck_assert(status == SUBSTRATE_OK || status == SUBSTRATE_E_MEMORY);
    ck_assert_int_eq(error.status, status);
    ck_assert((metadata != NULL) == (status == SUBSTRATE_OK));
    substrate_metadata_free(metadata);
    return status == SUBSTRATE_OK;
}

START_TEST(test_each_allocation_fails) {
    scenario_bytes = load(BLOB_V15);
    client_fail_each(scenario);
    unload(scenario_bytes);
}
END_TEST

CHECK_MAIN("codec metadata", test_recorded_listing, test_recorded_facts, test_versions_agree,
           test_prefixes, test_recorded_fixed, test_recorded_sizes, test_recorded_roles,
           test_recorded_cut_or_changed, test_each_allocation_fails)
