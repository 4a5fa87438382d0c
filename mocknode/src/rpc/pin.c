/* From canonical parameters to those that a node takes. */
#include "rpc/pin.h"

#include <substrate/hash.h>
#include "base/hex.h"
#include "base/json.h"

/* "0x01ff" as [1,255]. */
static void write_byte_list(struct substrate_text hex, struct base_buf *out) {
    base_buf_char(out, '[');
    for (size_t i = 3; i + 2 < hex.size; i += 2) {
        unsigned byte =
            (unsigned)base_hex_digit(hex.data[i]) << 4 | (unsigned)base_hex_digit(hex.data[i + 1]);
        base_buf_format(out, "%s%u", i > 3 ? "," : "", byte);
    }
    base_buf_char(out, ']');
}

void rpc_pin_params(const struct rpc_method *method, struct substrate_text params,
                    const struct substrate_hash *at, struct base_buf *out) {
    struct base_json_walk walk;
    struct substrate_text key;
    struct base_json value;
    size_t places = 0, given = 0;
    if (method == NULL) {
        base_buf_text(out, params);
        return;
    }
    while (places < RPC_PARAMS_MAX && method->params[places].type != RPC_END) {
        places++;
    }
    base_buf_char(out, '[');
    base_json_walk_init(&walk, (struct base_json){BASE_JSON_ARRAY, params});
    for (; base_json_walk_next(&walk, &key, &value); given++) {
        base_buf_str(out, given > 0 ? "," : "");
        if (given < places && method->params[given].type == RPC_BYTE_LIST &&
            value.kind == BASE_JSON_STRING) {
            write_byte_list(value.raw, out);
        } else {
            base_buf_text(out, value.raw);
        }
    }
    if (at != NULL && method->has_at) {
        char hash[67];
        /* The block goes to its own place, the last one; options that were left out before it are
         * null. */
        for (; given + 1 < places; given++) {
            base_buf_str(out, given > 0 ? ",null" : "null");
        }
        substrate_hash_format(at, hash);
        base_buf_format(out, "%s\"%s\"", places > 1 ? "," : "", hash);
    }
    base_buf_char(out, ']');
}
