/* Fees: from the runtime's SCALE to the JSON of the node's RPC. */
#include "record/plan/fees.h"

#include "base/arena.h"
#include "base/compact.h"
#include "base/text.h"
#include "record/runtime_parts.h"

#define PARTS 3

/* A little-endian integer of 8 or 16 bytes as decimal digits. */
static void write_decimal(struct base_buf *out, const uint8_t *bytes, size_t size) {
    uint8_t rest[16] = {0};
    char digits[40];
    size_t at = sizeof digits;
    bool more = true;
    for (size_t i = 0; i < size; i++) {
        rest[i] = bytes[i];
    }
    while (more) {
        unsigned carry = 0;
        more = false;
        for (size_t i = size; i-- > 0;) {
            unsigned value = carry * 256 + rest[i];
            rest[i] = (uint8_t)(value / 10);
            carry = value % 10;
            more = more || rest[i] != 0;
        }
        digits[--at] = (char)('0' + carry);
    }
    base_buf_append(out, digits + at, sizeof digits - at);
}

/* The same as minimal hex with 0x. */
static void write_hex_number(struct base_buf *out, const uint8_t *bytes, size_t size) {
    bool begun = false;
    base_buf_str(out, "0x");
    for (size_t i = size; i-- > 0;) {
        for (unsigned shift = 4;; shift -= 4) {
            unsigned digit = (unsigned)bytes[i] >> shift & 15;
            begun = begun || digit != 0;
            if (begun || (i == 0 && shift == 0)) {
                base_buf_format(out, "%x", digit);
            }
            if (shift == 0) {
                break;
            }
        }
    }
}

static enum substrate_status write_info(struct substrate_bytes scale, struct base_buf *out) {
    static const char *const CLASSES[] = {"normal", "operational", "mandatory"};
    uint64_t weight[2];
    size_t used;
    for (size_t i = 0; i < 2; i++) {
        if (base_compact_read(scale, &weight[i], &used) != SUBSTRATE_OK) {
            return SUBSTRATE_E_DECODE;
        }
        scale = (struct substrate_bytes){scale.data + used, scale.size - used};
    }
    if ((scale.size != 9 && scale.size != 17) || scale.data[0] > 2) {
        return SUBSTRATE_E_DECODE;
    }
    base_buf_format(out, "{\"weight\":{\"ref_time\":%llu,\"proof_size\":%llu},\"class\":\"%s\",",
                    (unsigned long long)weight[0], (unsigned long long)weight[1],
                    CLASSES[scale.data[0]]);
    base_buf_str(out, "\"partialFee\":\"");
    write_decimal(out, scale.data + 1, scale.size - 1);
    base_buf_str(out, "\"}");
    return SUBSTRATE_OK;
}

/* Option<(base fee, length fee, adjusted weight fee)>, then a tip that the RPC leaves out. */
static enum substrate_status write_details(struct substrate_bytes scale, struct base_buf *out) {
    static const char *const NAMES[PARTS] = {"baseFee", "lenFee", "adjustedWeightFee"};
    if ((scale.size == 9 || scale.size == 17) && scale.data[0] == 0) {
        base_buf_str(out, "{\"inclusionFee\":null}");
        return SUBSTRATE_OK;
    }
    size_t width = (scale.size - 1) / (PARTS + 1);
    if (scale.size < 1 || scale.data[0] != 1 || (width != 8 && width != 16) ||
        width * (PARTS + 1) + 1 != scale.size) {
        return SUBSTRATE_E_DECODE;
    }
    base_buf_str(out, "{\"inclusionFee\":{");
    for (size_t i = 0; i < PARTS; i++) {
        base_buf_format(out, "%s\"%s\":\"", i > 0 ? "," : "", NAMES[i]);
        write_hex_number(out, scale.data + 1 + i * width, width);
        base_buf_char(out, '"');
    }
    base_buf_str(out, "}}");
    return SUBSTRATE_OK;
}

enum substrate_status fees_write(enum fee_kind kind, struct substrate_bytes scale,
                                 struct base_buf *out) {
    enum substrate_status status =
        kind == FEE_INFO ? write_info(scale, out) : write_details(scale, out);
    return status == SUBSTRATE_OK && out->failed ? SUBSTRATE_E_MEMORY : status;
}

enum substrate_status fees_add(struct facts *facts, enum fee_kind kind,
                               struct substrate_text extrinsic, const struct fact_call *call) {
    struct base_buf result = BASE_BUF_INIT, params = BASE_BUF_INIT;
    struct base_arena arena;
    struct substrate_bytes scale;
    enum substrate_status status = SUBSTRATE_E_DECODE;
    base_arena_init(&arena, 0);
    if (bytes_of_result(call->result, &arena, &scale)) {
        status = fees_write(kind, scale, &result);
    }
    base_buf_str(&params, "[\"");
    base_buf_text(&params, extrinsic);
    base_buf_str(&params, "\"]");
    if (status == SUBSTRATE_OK) {
        struct fact_call fee = *call;
        fee.method = kind == FEE_INFO ? BASE_TEXT("payment_queryInfo")
                                      : BASE_TEXT("payment_queryFeeDetails");
        fee.params = base_buf_view(&params);
        fee.result = base_buf_view(&result);
        status = params.failed ? SUBSTRATE_E_MEMORY : facts_add_call(facts, &fee);
    }
    base_buf_free(&result);
    base_buf_free(&params);
    base_arena_free(&arena);
    return status;
}
