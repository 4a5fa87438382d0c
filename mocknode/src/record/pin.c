/* Puts a block into the place that a method has for it. */
#include "record/pin.h"

#include <substrate/hash.h>
#include "base/json.h"

void pin_params(const struct rpc_method *method, struct substrate_text params,
                const struct substrate_hash *at, struct base_buf *out) {
    struct base_json list = {BASE_JSON_ARRAY, params};
    char hash[67];
    size_t places = 0, given = base_json_length(list);
    if (at == NULL || method == NULL || !method->has_at) {
        base_buf_text(out, params);
        return;
    }
    /* The block goes to its own place, the last one; options that were left out before it are null.
     */
    while (places < RPC_PARAMS_MAX && method->params[places].type != RPC_END) {
        places++;
    }
    base_buf_text(out, (struct substrate_text){params.data, params.size - 1});
    for (size_t i = given; i + 1 < places; i++) {
        base_buf_str(out, i > 0 ? ",null" : "null");
    }
    substrate_hash_format(at, hash);
    base_buf_format(out, "%s\"%s\"]", places > 1 ? "," : "", hash);
}
