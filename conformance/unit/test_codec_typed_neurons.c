/* NeuronInfoLite of a real runtime (Subtensor, spec 293) as C structs: a whole description and a
 * short one, against what polkadot-api's decoder gives for the same recorded bytes. */
#include "codec_fixture.h"

#include <substrate/ss58.h>
#include "codec/typed.h"

static const struct value_limits limits = VALUE_LIMITS;

static enum substrate_status compile(const struct substrate_metadata *metadata, uint32_t type,
                                     const struct typed_struct *description,
                                     struct base_arena *arena,
                                     const struct typed_program **program) {
    struct substrate_error error = {0};
    enum substrate_status status =
        typed_compile(metadata, type, description, arena, program, &error);
    ck_assert_msg(status == SUBSTRATE_OK, "%s", error.message);
    return status;
}

struct axon {
    uint64_t block;
    uint32_t version;
    struct typed_u128 ip;
    uint16_t port;
    uint8_t ip_type, protocol, placeholder1, placeholder2;
};
struct prometheus {
    uint64_t block;
    uint32_t version;
    struct typed_u128 ip;
    uint16_t port;
    uint8_t ip_type;
};
struct stake {
    struct substrate_hash coldkey;
    uint64_t amount;
};
struct neuron {
    struct substrate_hash hotkey, coldkey;
    uint16_t uid, netuid;
    bool active;
    struct axon axon_info;
    struct prometheus prometheus_info;
    struct typed_vector stake; /* struct stake */
    uint16_t rank;
    uint64_t emission;
    uint16_t incentive, consensus, trust, validator_trust, dividends;
    uint64_t last_update;
    bool validator_permit;
    uint16_t pruning_score;
};

static const struct typed_field AXON_FIELDS[] = {
    TYPED_FIELD(struct axon, block, TYPED_U64),
    TYPED_FIELD(struct axon, version, TYPED_U32),
    TYPED_FIELD(struct axon, ip, TYPED_U128),
    TYPED_FIELD(struct axon, port, TYPED_U16),
    TYPED_FIELD(struct axon, ip_type, TYPED_U8),
    TYPED_FIELD(struct axon, protocol, TYPED_U8),
    TYPED_FIELD(struct axon, placeholder1, TYPED_U8),
    TYPED_FIELD(struct axon, placeholder2, TYPED_U8),
};
static const struct typed_struct AXON = TYPED_STRUCT_OF("AxonInfo", struct axon, AXON_FIELDS);
static const struct typed_field PROMETHEUS_FIELDS[] = {
    TYPED_FIELD(struct prometheus, block, TYPED_U64),
    TYPED_FIELD(struct prometheus, version, TYPED_U32),
    TYPED_FIELD(struct prometheus, ip, TYPED_U128),
    TYPED_FIELD(struct prometheus, port, TYPED_U16),
    TYPED_FIELD(struct prometheus, ip_type, TYPED_U8),
};
static const struct typed_struct PROMETHEUS =
    TYPED_STRUCT_OF("PrometheusInfo", struct prometheus, PROMETHEUS_FIELDS);
static const struct typed_field STAKE_FIELDS[] = {
    TYPED_POSITION(struct stake, coldkey, TYPED_ACCOUNT),
    TYPED_POSITION(struct stake, amount, TYPED_U64),
};
static const struct typed_struct STAKE = TYPED_STRUCT_OF("Stake", struct stake, STAKE_FIELDS);
static const struct typed_field NEURON_FIELDS[] = {
    TYPED_FIELD(struct neuron, hotkey, TYPED_ACCOUNT),
    TYPED_FIELD(struct neuron, coldkey, TYPED_ACCOUNT),
    TYPED_FIELD(struct neuron, uid, TYPED_U16),
    TYPED_FIELD(struct neuron, netuid, TYPED_U16),
    TYPED_FIELD(struct neuron, active, TYPED_BOOL),
    TYPED_FIELD_STRUCT(struct neuron, axon_info, &AXON),
    TYPED_FIELD_STRUCT(struct neuron, prometheus_info, &PROMETHEUS),
    TYPED_FIELD_VECTOR(struct neuron, stake, TYPED_STRUCT, &STAKE),
    TYPED_FIELD(struct neuron, rank, TYPED_U16),
    TYPED_FIELD(struct neuron, emission, TYPED_U64),
    TYPED_FIELD(struct neuron, incentive, TYPED_U16),
    TYPED_FIELD(struct neuron, consensus, TYPED_U16),
    TYPED_FIELD(struct neuron, trust, TYPED_U16),
    TYPED_FIELD(struct neuron, validator_trust, TYPED_U16),
    TYPED_FIELD(struct neuron, dividends, TYPED_U16),
    TYPED_FIELD(struct neuron, last_update, TYPED_U64),
    TYPED_FIELD(struct neuron, validator_permit, TYPED_BOOL),
    TYPED_FIELD(struct neuron, pruning_score, TYPED_U16),
};
static const struct typed_struct NEURON =
    TYPED_STRUCT_OF("NeuronInfoLite", struct neuron, NEURON_FIELDS);
static const struct typed_field NEURONS_FIELDS[] = {
    {NULL, TYPED_STRUCT, TYPED_VECTOR, 0, 0, sizeof(struct typed_vector), TYPED_ALWAYS, &NEURON}};
static const struct typed_struct NEURONS = {"Vec<NeuronInfoLite>", NEURONS_FIELDS, 1,
                                            sizeof(struct typed_vector)};

static struct substrate_metadata *runtime; /* one per process */

static uint32_t neurons_type(void) {
    if (runtime == NULL) {
        runtime = fixture_metadata(FIXTURE_V15);
    }
    const struct metadata_api *api = metadata_api(runtime, BASE_TEXT("NeuronInfoRuntimeApi"));
    ck_assert_ptr_nonnull(api);
    const struct metadata_method *method = metadata_method(api, BASE_TEXT("get_neurons_lite"));
    ck_assert_ptr_nonnull(method);
    return method->output;
}

/* Subnet 2 at the last block. */
static struct fixture_bytes recorded_neurons(void) {
    return fixture_fact("calls.jsonl",
                        "get_neurons_lite\",\"0x0200\"],\"at\":\"0xa31ce06b4f399cc0a874a8829e02f132"
                        "557510469749d0ce9d2a90a5c8594a97\"",
                        "result");
}

static void account_is(const struct substrate_hash *account, const char *address) {
    char written[SUBSTRATE_SS58_SIZE];
    ck_assert_int_eq(substrate_ss58_encode(account, 42, written), SUBSTRATE_OK);
    ck_assert_str_eq(written, address);
}

#define CHARLIE "5FLSigC9HGRKVhB9FiEo4Y3koPsNmBmLJbpXg2mp1hXcS59Y"
#define BOB "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty"
#define ALICE "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"

static const struct {
    const char *hotkey, *coldkey;
    uint64_t axon_block, stake, emission;
    uint32_t axon_version;
    uint16_t axon_port, rank, consensus, trust, validator_trust, dividends, pruning_score;
    uint8_t ip_type, protocol, placeholder1, placeholder2;
} neurons[] = {
    {"5ERf8QxsTWXb51QrTCMcu6Rj3ujLBLbsEp5GbKCy9Q4PAV71", ALICE, 0, 28456909396, 2810534365, 0, 0, 1,
     1, 1026, 65534, 40837, 65535, 0, 0, 0, 0},
    {"5Fero7KJfc1576wm8heUgHW4jqonH6cnE6C8RULPt3x7DW5o", BOB, 18, 2955778484, 980629889, 9000001,
     8091, 1679, 1821, 59151, 63713, 12570, 22866, 4, 4, 0, 0},
    {"5C7cqZH5MGhvCwtxH3271gLgHqXSxT1RuTm4y7Za44XEU9FL", CHARLIE, 18, 1586112601, 575564025,
     9000002, 8092, 3646, 3641, 61225, 61893, 4717, 13421, 4, 4, 0, 0},
    {"5Dcmq5qaoF4bUdnorrRh1wdYvDL1PgCsrJnKVPXMQnuXPFfH", BOB, 18, 1469813593, 432391573, 9000003,
     8093, 5589, 5461, 61858, 60073, 693, 10082, 4, 4, 0, 0},
    {"5EZTrUbjqK3qrFXN57T7YBs5jrTMTUU8zF8A4hMvABchHxyu", CHARLIE, 18, 1815339012, 825734781,
     9000004, 8094, 7071, 7281, 62430, 58253, 4926, 19254, 4, 4, 0, 0},
    {"5CtX9KjGhaRuqxVKYmne7MDgsd8PyhbCJEATgG4RgVaVdsdk", BOB, 18, 2032704387, 665900255, 1, 9000,
     9236, 9101, 62480, 56433, 439, 15527, 6, 4, 0, 0},
    {"5GWdLGS5dtee1uSXH9L9zYdXJSWBgLL1nTYQPjbqhaEU16Wm", CHARLIE, 18, 2381510070, 788145228, 1,
     9001, 11019, 10921, 62708, 54613, 433, 18378, 4, 0, 1, 2},
    {"5DD3a1D59C3sE87VThTHy92YoKmokTRDGUQF6wUupznzqBM3", BOB, 0, 2741230494, 910112299, 0, 0, 12777,
     12741, 62929, 52793, 446, 21222, 0, 0, 0, 0},
    {"5CJgJvCe7jFMWwar7X3Su86rJe2W1vwTfwFwdrLZE9FJ2gY4", CHARLIE, 0, 3104951109, 1031037918, 0, 0,
     14512, 14561, 63159, 50973, 469, 24041, 0, 0, 0, 0},
};

START_TEST(neurons_of_a_subnet) {
    uint32_t type = neurons_type();
    struct fixture_bytes bytes = recorded_neurons();
    struct base_arena arena;
    base_arena_init(&arena, 0);
    const struct typed_program *program;
    struct typed_vector list;
    ck_assert_int_eq(compile(runtime, type, &NEURONS, &arena, &program), SUBSTRATE_OK);
    ck_assert_int_eq(typed_read(program, fixture_view(bytes), &limits, &arena, &list, NULL),
                     SUBSTRATE_OK);
    ck_assert_uint_eq(list.count, 9);
    for (size_t i = 0; i < 9; i++) {
        const struct neuron *neuron = (const struct neuron *)list.items + i;
        const struct stake *stake = neuron->stake.items;
        account_is(&neuron->hotkey, neurons[i].hotkey);
        account_is(&neuron->coldkey, neurons[i].coldkey);
        ck_assert_uint_eq(neuron->uid, i);
        ck_assert_uint_eq(neuron->netuid, 2);
        ck_assert(neuron->active);
        ck_assert_uint_eq(neuron->axon_info.block, neurons[i].axon_block);
        ck_assert_uint_eq(neuron->axon_info.version, neurons[i].axon_version);
        ck_assert_uint_eq(neuron->axon_info.port, neurons[i].axon_port);
        ck_assert_uint_eq(neuron->axon_info.ip_type, neurons[i].ip_type);
        ck_assert_uint_eq(neuron->axon_info.protocol, neurons[i].protocol);
        ck_assert_uint_eq(neuron->axon_info.placeholder1, neurons[i].placeholder1);
        ck_assert_uint_eq(neuron->axon_info.placeholder2, neurons[i].placeholder2);
        ck_assert_uint_eq(neuron->stake.count, 1);
        account_is(&stake->coldkey, neurons[i].coldkey);
        ck_assert_uint_eq(stake->amount, neurons[i].stake);
        ck_assert_uint_eq(neuron->rank, neurons[i].rank);
        ck_assert_uint_eq(neuron->emission, neurons[i].emission);
        ck_assert_uint_eq(neuron->incentive, neurons[i].rank);
        ck_assert_uint_eq(neuron->consensus, neurons[i].consensus);
        ck_assert_uint_eq(neuron->trust, neurons[i].trust);
        ck_assert_uint_eq(neuron->validator_trust, neurons[i].validator_trust);
        ck_assert_uint_eq(neuron->dividends, neurons[i].dividends);
        ck_assert_uint_eq(neuron->last_update, 33);
        ck_assert(neuron->validator_permit);
        ck_assert_uint_eq(neuron->pruning_score, neurons[i].pruning_score);
    }
    /* The one with an IPv6 address, 42540766411282592856903984951653826561, and a prometheus. */
    const struct neuron *fifth = (const struct neuron *)list.items + 5;
    ck_assert_uint_eq(fifth->axon_info.ip.high, 0x20010db800000000);
    ck_assert_uint_eq(fifth->axon_info.ip.low, 1);
    ck_assert_uint_eq(fifth->prometheus_info.block, 18);
    ck_assert_uint_eq(fifth->prometheus_info.version, 7);
    ck_assert_uint_eq(fifth->prometheus_info.ip.low, 16909056);
    ck_assert_uint_eq(fifth->prometheus_info.port, 9100);
    ck_assert_uint_eq(fifth->prometheus_info.ip_type, 4);
    base_arena_free(&arena);
    free(bytes.data);
}
END_TEST

/* The same bytes by a description of three fields, in another order: the rest is skipped. */
struct short_neuron {
    uint64_t pruning_score; /* u16 in the metadata */
    bool has_mood;
    uint16_t mood; /* not in the metadata */
    uint32_t uid;
    struct substrate_hash coldkey;
};
static const struct typed_field SHORT_FIELDS[] = {
    TYPED_FIELD(struct short_neuron, pruning_score, TYPED_U64),
    {"mood", TYPED_U16, TYPED_PLAIN, TYPED_MAYBE, TYPED_AT(struct short_neuron, mood),
     offsetof(struct short_neuron, has_mood), NULL},
    TYPED_FIELD(struct short_neuron, uid, TYPED_U32),
    TYPED_FIELD(struct short_neuron, coldkey, TYPED_ACCOUNT),
};
static const struct typed_struct SHORT =
    TYPED_STRUCT_OF("NeuronInfoLite", struct short_neuron, SHORT_FIELDS);
static const struct typed_field SHORTS_FIELDS[] = {
    {NULL, TYPED_STRUCT, TYPED_VECTOR, 0, 0, sizeof(struct typed_vector), TYPED_ALWAYS, &SHORT}};
static const struct typed_struct SHORTS = {"Vec<NeuronInfoLite>", SHORTS_FIELDS, 1,
                                           sizeof(struct typed_vector)};

START_TEST(fields_that_are_skipped) {
    uint32_t type = neurons_type();
    struct fixture_bytes bytes = recorded_neurons();
    struct base_arena arena;
    base_arena_init(&arena, 0);
    const struct typed_program *program;
    struct typed_vector list;
    ck_assert_int_eq(compile(runtime, type, &SHORTS, &arena, &program), SUBSTRATE_OK);
    ck_assert_int_eq(typed_read(program, fixture_view(bytes), &limits, &arena, &list, NULL),
                     SUBSTRATE_OK);
    ck_assert_uint_eq(list.count, 9);
    for (size_t i = 0; i < 9; i++) {
        const struct short_neuron *neuron = (const struct short_neuron *)list.items + i;
        account_is(&neuron->coldkey, neurons[i].coldkey);
        ck_assert_uint_eq(neuron->uid, i);
        ck_assert_uint_eq(neuron->pruning_score, neurons[i].pruning_score);
        ck_assert(!neuron->has_mood);
        ck_assert_uint_eq(neuron->mood, 0);
    }
    base_arena_free(&arena);
    free(bytes.data);
}
END_TEST

/* Cut anywhere, or longer by a byte: refused by both descriptions; changed anywhere: no harm. */
START_TEST(wrong_neurons) {
    static const struct typed_struct *const descriptions[] = {&NEURONS, &SHORTS};
    uint32_t type = neurons_type();
    struct fixture_bytes bytes = recorded_neurons();
    for (size_t i = 0; i < 2; i++) {
        struct base_arena programs;
        struct base_arena arena;
        base_arena_init(&programs, 0);
        base_arena_init(&arena, 0);
        const struct typed_program *program;
        struct typed_vector list;
        struct substrate_error error = {0};
        ck_assert_int_eq(compile(runtime, type, descriptions[i], &programs, &program),
                         SUBSTRATE_OK);
        for (size_t size = 0; size < bytes.size; size++) {
            struct substrate_bytes cut = {bytes.data, size};
            ck_assert_int_eq(typed_read(program, cut, &limits, &arena, &list, &error),
                             SUBSTRATE_E_DECODE);
            ck_assert_uint_le(error.position, size);
            base_arena_reset(&arena);
        }
        bytes.data[bytes.size] = 0; /* fixture_hex leaves room */
        struct substrate_bytes more = {bytes.data, bytes.size + 1};
        ck_assert_int_eq(typed_read(program, more, &limits, &arena, &list, &error),
                         SUBSTRATE_E_DECODE);
        ck_assert_uint_eq(error.position, bytes.size);
        ck_assert_ptr_nonnull(strstr(error.message, "Vec<NeuronInfoLite>"));
        bytes.data[67] = 2; /* the first one's `active`, which the short description skips */
        ck_assert_int_eq(typed_read(program, fixture_view(bytes), &limits, &arena, &list, &error),
                         i == 0 ? SUBSTRATE_E_DECODE : SUBSTRATE_OK);
        ck_assert(i == 1 || strstr(error.message, "NeuronInfoLite.active at byte 67: ") != NULL);
        bytes.data[67] = 1;
        for (size_t at = 0; at < bytes.size; at++) {
            bytes.data[at] ^= 0xff;
            enum substrate_status status =
                typed_read(program, fixture_view(bytes), &limits, &arena, &list, &error);
            ck_assert(status == SUBSTRATE_OK || status == SUBSTRATE_E_DECODE);
            bytes.data[at] ^= 0xff;
            base_arena_reset(&arena);
        }
        base_arena_free(&programs);
        base_arena_free(&arena);
    }
    free(bytes.data);
}
END_TEST

CHECK_MAIN("codec_typed_neurons", neurons_of_a_subnet, fields_that_are_skipped, wrong_neurons)
