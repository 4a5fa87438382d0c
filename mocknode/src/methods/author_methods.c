/* author_*: extrinsics that are taken and go nowhere. A watched one is a stream that says `ready`
 * and then what a script tells it; no block ever has it, unless a script makes one. */
#include <substrate/hash.h>
#include "base/hex.h"
#include "methods/answer.h"

static void submit(struct answer *answer) {
    struct substrate_text digits = answer_digits(answer->request->params[0]);
    uint8_t *bytes = base_arena_alloc(answer->arena, digits.size / 2);
    struct substrate_hash hash;
    size_t size = 0;
    if (bytes == NULL || !base_hex_read(digits, bytes, digits.size / 2, &size)) {
        answer_no_memory(answer); /* the table checked that it is hex */
        return;
    }
    substrate_blake2_256((struct substrate_bytes){bytes, size}, hash.bytes);
    answer_give_hash(answer, &hash);
}

#define WRITES(...) \
    { __VA_ARGS__, true, false }

static const struct method_entry ENTRIES[] = {
    RECORDED("author_pendingExtrinsics"),
    WRITES(
        {"author_submitExtrinsic", {NULL}, RPC_METHOD_CALL, false, {NEED("extrinsic", RPC_BYTES)}},
        submit, NULL),
    WRITES({"author_submitAndWatchExtrinsic",
            {NULL},
            RPC_METHOD_SUBSCRIBE,
            false,
            {NEED("extrinsic", RPC_BYTES)}},
           answer_open, &STREAM_EXTRINSIC),
    WRITES({"author_unwatchExtrinsic",
            {NULL},
            RPC_METHOD_UNSUBSCRIBE,
            false,
            {OPTION("subscription", RPC_JSON)}},
           answer_end, &STREAM_EXTRINSIC),
};
const struct method_section METHODS_AUTHOR = METHOD_SECTION(ENTRIES);
