/* The parser of metadata on small ones written by hand: whole, wrong in one place, cut off, with
 * each byte changed, and beyond the limits. */
#include "metadata_sample.h"
#include "metadata_support.h"

/* The sample. */

static struct substrate_metadata *parse_text(const char *text, unsigned version) {
    struct base_buf bytes = encode_metadata(text, version);
    uint8_t *exact = malloc(bytes.size); /* so that reading on behind it is noticed */
    ck_assert_ptr_nonnull(exact);
    memcpy(exact, bytes.data, bytes.size);
    struct substrate_metadata *metadata = parse((struct substrate_bytes){exact, bytes.size});
    free(exact);
    base_buf_free(&bytes);
    return metadata;
}

/* `text` without the lines of runtime APIs, which version 14 does not have. */
static void without_apis(const char *text, struct base_buf *out) {
    for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
        if (*line != 'A' && *line != 'M') {
            base_buf_append(out, line, strcspn(line, "\n") + 1);
        }
    }
}

START_TEST(test_sample_listing) {
    for (unsigned version = 14; version <= 16; version++) {
        struct substrate_metadata *metadata = parse_text(METADATA_SAMPLE, version);
        struct base_buf listing = BASE_BUF_INIT;
        struct base_buf expected = BASE_BUF_INIT;
        list_metadata(&listing, metadata);
        base_buf_char(&listing, '\0');
        if (version == 14) {
            without_apis(METADATA_SAMPLE, &expected);
        } else {
            base_buf_str(&expected, METADATA_SAMPLE);
        }
        base_buf_char(&expected, '\0');
        ck_assert_uint_eq(metadata->version, version);
        ck_assert_str_eq(listing.data, expected.data);
        base_buf_free(&listing);
        base_buf_free(&expected);
        substrate_metadata_free(metadata);
    }
}
END_TEST

START_TEST(test_sample_roles) {
    static const struct {
        uint32_t id, size;
        enum type_role role;
    } TYPES[] = {
        {0, 1, ROLE_NONE},    {1, 32, ROLE_BYTES},        {2, 32, ROLE_ACCOUNT},
        {3, 0, ROLE_OPTION},  {4, 0, ROLE_NESTED_OPTION}, {5, 0, ROLE_OPTION},
        {6, 0, ROLE_NONE},    {7, 0, ROLE_NESTED_OPTION}, {8, 0, ROLE_BYTES},
        {9, 0, ROLE_NONE},    {10, 16, ROLE_NONE},        {11, 0, ROLE_NONE},
        {13, 16, ROLE_FIXED}, {14, 0, ROLE_NONE},         {22, 49, ROLE_NONE},
        {23, 0, ROLE_CALL},   {24, 0, ROLE_NONE},         {25, 0, ROLE_EVENT},
        {26, 1, ROLE_ERROR},  {29, 0, ROLE_NONE},         {30, 0, ROLE_NONE},
        {32, 1, ROLE_FIXED},  {34, 32, ROLE_BYTES},       {36, 147, ROLE_NONE},
        {37, 16, ROLE_NONE},
    };
    struct substrate_metadata *metadata = parse_text(METADATA_SAMPLE, 16);
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
        const struct type *type = type_of(metadata, TYPES[i].id);
        ck_assert_msg(type->role == TYPES[i].role && type->fixed_size == TYPES[i].size,
                      "type %u: role %d, size %u", TYPES[i].id, (int)type->role, type->fixed_size);
    }
    ck_assert_uint_eq(type_of(metadata, 5)->option, 4);
    ck_assert_uint_eq(type_of(metadata, 13)->fixed.fraction, 18); /* 0b10010 */
    ck_assert_uint_eq(type_of(metadata, 32)->fixed.fraction, 0);
    ck_assert_uint_eq(type_of(metadata, 32)->fixed.bits, 8);
    ck_assert(type_of(metadata, 32)->fixed.is_signed);
    ck_assert_uint_eq(type_of(metadata, 11)->bits.store_bits, 16);
    ck_assert(type_of(metadata, 11)->bits.most_significant_first);
    ck_assert_uint_eq(type_of(metadata, 35)->bits.store_bits, 8);
    ck_assert(!type_of(metadata, 35)->bits.most_significant_first);
    const struct type *call = type_of(metadata, 24);
    for (unsigned index = 0; index < 256; index++) {
        const struct type_variant *variant = call->variants.by_index[index];
        ck_assert_int_eq(variant != NULL, index == 0 || index == 7);
        ck_assert(variant == NULL || variant->index == index);
    }
    ck_assert_ptr_null(type_of(metadata, 25)->variants.by_index[0]);
    ck_assert_uint_eq(metadata->ss58_prefix, 330); /* 0x014a */
    ck_assert_ptr_null(metadata_pallet(metadata, BASE_TEXT("Balances"))->storage_prefix.data);
    /* The prefix of storage is its own, not the pallet's name. */
    ck_text_eq(metadata_pallet_by_index(metadata, 255)->storage_prefix, "Other");
    substrate_metadata_free(metadata);
}
END_TEST

/* `from` in the sample becomes `to`; the parse ends as it should and says what is wrong. */
struct defect {
    const char *from, *to;
    enum substrate_status status;
    const char *says;
};

static char *replaced(const char *text, const char *from, const char *to) {
    const char *at = strstr(text, from);
    ck_assert_msg(at != NULL, "'%s' is not in the sample", from);
    size_t size = strlen(text) + strlen(to) + 1;
    char *out = malloc(size);
    ck_assert_ptr_nonnull(out);
    (void)snprintf(out, size, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return out;
}

static void check_defect(const struct defect *defect, unsigned version) {
    char *text = replaced(METADATA_SAMPLE, defect->from, defect->to);
    struct base_buf bytes = encode_metadata(text, version);
    struct substrate_metadata *metadata = NULL;
    struct substrate_error error = {0};
    enum substrate_status status = substrate_metadata_parse(bytes_of(&bytes), &metadata, &error);
    ck_assert_msg(status == defect->status && error.status == status, "'%s': %d %s", defect->to,
                  (int)status, error.message);
    ck_assert_msg(strstr(error.message, defect->says) != NULL, "'%s' is not in '%s'", defect->says,
                  error.message);
    ck_assert_ptr_null(metadata);
    ck_assert_uint_gt(error.position, 4);
    ck_assert_uint_le(error.position, bytes.size);
    ck_assert_int_eq(substrate_metadata_parse(bytes_of(&bytes), &metadata, NULL), status);
    base_buf_free(&bytes);
    free(text);
}

#define SYSTEM "pallet 'System': "
#define DECODE SUBSTRATE_E_DECODE

START_TEST(test_defects) {
    static const struct defect DEFECTS[] = {
        {"P9 Balances", "P9 System", DECODE, SYSTEM "two pallets have this name"},
        {"P9 Balances", "P0 Balances", DECODE, "'Balances': another pallet has its index, 0"},
        {"SMap 1", "SPlain 1", DECODE, SYSTEM "storage 'Plain': another item has the same keys"},
        {"7=other", "0=other", DECODE, "type 24: two variants have the index 0"},
        {"T3 Option", "T4 Option", DECODE, "type 3: its id is 4; ids count up from 0"},
        {"<> *0^32", "<> *42^32", DECODE, "type 1: there is no type 42; they are 42"},
        {"<T:0,>", "<T:42,>", DECODE, "type 3: there is no type 42"},
        {"{remark:8:", "{remark:99:", DECODE, "type 24: there is no type 99"},
        {"(6,)", "(42,)", DECODE, "type 41: there is no type 42"},
        {"~10", "~22222222", DECODE, "type 9: there is no type 22222222"},
        {"SMap 1 2 2, 3", "SMap 1 2 2, 300", DECODE, SYSTEM "storage 'Map': there is no type 300"},
        {"CName 29", "CName 70", DECODE, SYSTEM "constant 'Name': there is no type 70"},
        {"Mversion  10", "Mversion  77", DECODE,
         "API 'Core': method 'version': there is no type 77"},
        {"to:2,amount:9, 7", "to:55,amount:9, 7", DECODE, "method 'transfer': there is no type 55"},
        {"XCheckEra 0 1", "XCheckEra 0 63", DECODE, "extrinsic: there is no type 63"},
        {"E4, 2 1", "E4, 200 1", DECODE, "extrinsic: there is no type 200"},
        {"O23 25 26", "O23 25 42", DECODE, "there is no type 42"},
        {"T31  <> *30", "T31  <> (30,)", DECODE, "it contains itself"},
        {"T31  <> *30", "T31  <> *30^2", DECODE, "it contains itself"},
        {"T31  <> *30", "T31  <> ~31", DECODE, "type 31: it contains itself"},
        {"children:31:", "children:30:", DECODE, "type 30: it contains itself"},
        {"SDouble 1 65 0,0,", "SDouble 1 65 =22", DECODE,
         "storage 'Double': 2 hashers, but type 22 of its key is no tuple of 2"},
        {"SDouble 1 65 0,0,", "SDouble 1 65 =3", DECODE, "type 3 of its key is no tuple of 2"},
        {"STriple 1 015", "STriple 1 017", DECODE, "there is no hasher number 7"},
        {"STriple 1 015 0,10,1,", "STriple 1 01234560123456012 =22", SUBSTRATE_E_DECODE,
         "a map with 17 hashers; 1 to 16 are read"},
        {"SMap 1", "SMap 2", DECODE, "modifier 2 and kind 1; each is 0 or 1"},
        {"P0 System System 24", "P0 System System 10", DECODE,
         SYSTEM "the type of its calls, 10, is no enum"},
        {"25 26\nSPlain", "25 6\nSPlain", DECODE, "the type of its errors, 6, is no enum"},
        {"4a01", "4a0100", DECODE, "System.SS58Prefix is no number up to 16383"},
        {"4a01", "0040", DECODE, "System.SS58Prefix"},
        {"4a01", "", DECODE, "System.SS58Prefix"},
        {"sp_core.crypto.AccountId32. <> {-:1:-;}", "sp_core.crypto.AccountId32. <> {-:22:-;}",
         DECODE, "type 2: it is not the bytes that its name says"},
        {"H256. <> {-:1:-;}", "H512. <> {-:1:-;}", DECODE, "type 34: it is not the bytes"},
        {"{bits:10:u128;}", "{bits:28:u128;}", DECODE, "type 13: it is not the fixed-point number"},
        {"<Frac:14,> {bits", "<Frac:20,> {bits", DECODE, "type 13: it is not the fixed-point"},
        {"<Frac:14,> {bits", "<Frac:-,> {bits", DECODE, "type 13: it is not the fixed-point"},
        {"<Frac:19,> {bits", "<Frac:14,> {bits", DECODE, "type 32: it is not the fixed-point"},
        {"<U:19,B:21,>", "<U:14,B:21,>", DECODE, "type 13: it is not the fixed-point number"},
        {"store:28,order:12", "store:10,order:12", DECODE, "type 11: a bit sequence wants u8 to"},
        {"store:28,order:12", "store:28,order:20", DECODE, "type 11: a bit sequence wants u8 to"},
        {"{msb:15:U;lsb:20:B;}", "{msb:15:U;-:20:B;}", DECODE, "type 14: some of its fields have"},
        {"T29  <> #2", "T29  <> #15", DECODE, "type 29: there is no primitive number 15"},
        {"Some{-:3:-;}", "Some{-:4:-;}", SUBSTRATE_E_LIMIT, "type 4: more Options are inside"},
        {"T26 sample_runtime", "T26 sample\xffruntime", DECODE, "type 26: the 14 bytes before"},
        {"CName",
         "C\xed\xa0\x80"
         "name",
         DECODE, "the 7 bytes before this are not UTF-8"},
    };
    for (size_t i = 0; i < sizeof DEFECTS / sizeof *DEFECTS; i++) {
        check_defect(&DEFECTS[i], 15);
        check_defect(&DEFECTS[i], 16);
    }
    static const struct defect OF_16[] = {
        {"E4,", "E0,1,2,3,4,5,6,7,8,", SUBSTRATE_E_LIMIT, "9 versions of extrinsics"},
    };
    check_defect(&OF_16[0], 16);
}
END_TEST
#undef SYSTEM
#undef DECODE

/* `count` types, each by `line`, where @ is its id, ! that of the next one and ^ that of the one
 * before (of the first, the last one); then a last one. */
static struct base_buf many_types(unsigned count, const char *line) {
    struct base_buf text = BASE_BUF_INIT;
    for (unsigned id = 0; id < count; id++) {
        for (const char *at = line; *at != '\0'; at++) {
            if (*at == '@' || *at == '!') {
                base_buf_u64(&text, id + (*at == '!'));
            } else if (*at == '^') {
                base_buf_u64(&text, id == 0 ? count : id - 1);
            } else {
                base_buf_char(&text, *at);
            }
        }
    }
    base_buf_format(&text, "T%u  <> #3\nE4, 0 0 0\nO0 0 0\n", count);
    base_buf_char(&text, '\0');
    return text;
}

static enum substrate_status parse_many(unsigned count, const char *line, const char *says) {
    struct base_buf text = many_types(count, line);
    struct base_buf bytes = encode_metadata(text.data, 15);
    struct substrate_metadata *metadata = NULL;
    struct substrate_error error = {0};
    enum substrate_status status = substrate_metadata_parse(bytes_of(&bytes), &metadata, &error);
    ck_assert_msg(status == SUBSTRATE_OK || strstr(error.message, says) != NULL, "%s",
                  error.message);
    substrate_metadata_free(metadata);
    base_buf_free(&text);
    base_buf_free(&bytes);
    return status;
}

/* Composites inside each other, in either order; Options; enums, whose tables take 2 kB each. */
START_TEST(test_limits) {
    ck_assert_int_eq(parse_many(127, "T@  <> {-:!:-;}\n", ""), SUBSTRATE_OK);
    ck_assert_int_eq(parse_many(128, "T@  <> {-:!:-;}\n", "more types are inside each other"),
                     SUBSTRATE_E_LIMIT);
    ck_assert_int_eq(parse_many(127, "T@  <> {-:^:-;}\n", ""), SUBSTRATE_OK);
    ck_assert_int_eq(parse_many(128, "T@  <> {-:^:-;}\n", "more types are inside each other"),
                     SUBSTRATE_E_LIMIT);
    ck_assert_int_eq(parse_many(10000, "T@  <> (!,)\n", "more types are inside each other"),
                     SUBSTRATE_E_LIMIT);
    ck_assert_int_eq(parse_many(65535, "T@  <> *!\n", ""), SUBSTRATE_OK);
    ck_assert_int_eq(parse_many(65536, "T@  <> *!\n", "65537 types; at most 65536 are read"),
                     SUBSTRATE_E_LIMIT);
    ck_assert_int_eq(parse_many(100, "T@ Option. <> [0=None{}1=Some{-:!:-;}]\n", ""), SUBSTRATE_OK);
    ck_assert_int_eq(parse_many(200, "T@ Option. <> [0=None{}1=Some{-:!:-;}]\n",
                                "more Options are inside each other"),
                     SUBSTRATE_E_LIMIT);
    ck_assert_int_eq(parse_many(5000, "T@  <T:!,> []\n", "times its size in memory"),
                     SUBSTRATE_E_LIMIT);
}
END_TEST

START_TEST(test_beginning_and_end) {
    static const struct {
        const char *bytes;
        size_t size, position;
        const char *says;
    } BAD[] = {
        {"", 0, 0, "does not begin with \"meta\""},
        {"met", 3, 0, "does not begin with \"meta\""},
        {"atem\x0f\x00\x00", 7, 0, "does not begin with \"meta\""},
        {"meta", 4, 4, "cut off"},
        {"meta\x0d\x00\x00", 7, 5, "version 13; 14, 15 and 16 are read"},
        {"meta\x11\x00\x00", 7, 5, "version 17; 14, 15 and 16 are read"},
        {"meta\x0f\xfe\xff\xff\xff\x00", 10, 9, "1073741823 elements do not fit into the 1 byte"},
        {"meta\x0f\x04\x00\x00\x04\x04T\x02\x00\x00", 14, 12,
         "the tag of an Option is 2, not 0 or 1"},
    };
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        struct substrate_metadata *metadata = NULL;
        struct substrate_error error = {0};
        struct substrate_bytes bytes = {(const uint8_t *)BAD[i].bytes, BAD[i].size};
        ck_assert_int_eq(substrate_metadata_parse(bytes, &metadata, &error), SUBSTRATE_E_DECODE);
        ck_assert_msg(strstr(error.message, BAD[i].says) != NULL, "%s", error.message);
        ck_assert_uint_eq(error.position, BAD[i].position);
    }
    for (unsigned version = 14; version <= 16; version++) {
        struct base_buf bytes = encode_metadata(METADATA_SAMPLE, version);
        struct substrate_metadata *metadata = NULL;
        struct substrate_error error = {0};
        size_t end = bytes.size;
        base_buf_char(&bytes, '\0');
        ck_assert_int_eq(substrate_metadata_parse(bytes_of(&bytes), &metadata, &error),
                         SUBSTRATE_E_DECODE);
        ck_assert_uint_eq(error.position, end);
        base_buf_free(&bytes);
    }
}
END_TEST

/* Hostile bytes. */

START_TEST(test_sample_cut_off_anywhere) {
    for (unsigned version = 14; version <= 16; version++) {
        struct base_buf bytes = encode_metadata(METADATA_SAMPLE, version);
        for (size_t size = 0; size < bytes.size; size++) {
            survive_cut((const uint8_t *)bytes.data, size);
        }
        base_buf_free(&bytes);
    }
}
END_TEST

/* By one bit that says how long a number is or how great; each third to anything. */
START_TEST(test_sample_each_byte_changed) {
    uint64_t state = 7;
    for (unsigned version = 14; version <= 16; version++) {
        struct base_buf bytes = encode_metadata(METADATA_SAMPLE, version);
        uint8_t *data = (uint8_t *)bytes.data;
        unsigned refused = 0;
        for (size_t at = 0; at < bytes.size; at++) {
            uint64_t place = next_place(&state);
            uint8_t kept = data[at];
            data[at] ^= (uint8_t)(1u << (place % 4));
            data[at] = place % 3 == 0 ? (uint8_t)(place >> 40) : data[at];
            refused += survive(data, bytes.size) != SUBSTRATE_OK;
            data[at] = kept;
        }
        ck_assert_uint_gt(refused, bytes.size / 8);
        base_buf_free(&bytes);
    }
}
END_TEST

/* Sharing, and the end of memory. */

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
    struct base_buf bytes = encode_metadata(METADATA_SAMPLE, 16);
    scenario_bytes = bytes_of(&bytes);
    client_fail_each(scenario);
    base_buf_free(&bytes);
}
END_TEST

START_TEST(test_shared) {
    struct counting counting = {0, 0};
    struct substrate_allocator allocator = {counting_resize, &counting};
    struct base_buf bytes = encode_metadata(METADATA_SAMPLE, 15);
    substrate_allocator_set(&allocator);
    struct substrate_metadata *metadata = parse(bytes_of(&bytes));
    ck_assert_ptr_eq(substrate_metadata_retain(metadata), metadata);
    substrate_metadata_free(metadata);
    ck_text_eq(metadata_pallet_by_index(metadata, 9)->name, "Balances");
    ck_assert_uint_gt(counting.alive, 0);
    substrate_metadata_free(metadata);
    substrate_metadata_free(NULL);
    ck_assert_uint_eq(counting.alive, 0);
    substrate_allocator_set(NULL);
    base_buf_free(&bytes);
}
END_TEST

CHECK_MAIN("codec metadata, made", test_sample_listing, test_sample_roles, test_defects,
           test_limits, test_beginning_and_end, test_sample_cut_off_anywhere,
           test_sample_each_byte_changed, test_each_allocation_fails, test_shared)
