/* What the readers of exchanges share: what an extraction holds, and how to read hex. */
#include "record/proxy/extract.h"

#include <substrate/hash.h>
#include "base/hex.h"
#include "base/mem.h"
#include "base/text.h"
#include "methods/method.h"

void extraction_init(struct extraction *extraction, struct facts *facts) {
    *extraction = (struct extraction){.facts = facts};
    base_arena_init(&extraction->arena, 0);
}

void extraction_reset(struct extraction *extraction) {
    base_arena_reset(&extraction->arena);
    extraction->kind = EXTRACT_NOTHING;
    extraction->touched_count = extraction->ask_count = 0;
    extraction->has_range = extraction->unkept = false;
}

void extraction_free(struct extraction *extraction) {
    base_arena_free(&extraction->arena);
    base_free(extraction->touched);
    base_free(extraction->asks);
    *extraction = (struct extraction){.facts = NULL};
}

enum substrate_status extract_touch(struct extraction *extraction,
                                    const struct substrate_hash *hash) {
    extraction->kind = EXTRACT_FACTS;
    if (!base_grow((void **)&extraction->touched, &extraction->touched_capacity,
                   extraction->touched_count + 1, sizeof *extraction->touched)) {
        return SUBSTRATE_E_MEMORY;
    }
    extraction->touched[extraction->touched_count++] = *hash;
    return SUBSTRATE_OK;
}

enum substrate_status extract_ask(struct extraction *extraction, const struct rpc_request *request,
                                  bool pages) {
    if (!base_grow((void **)&extraction->asks, &extraction->ask_capacity, extraction->ask_count + 1,
                   sizeof *extraction->asks)) {
        return SUBSTRATE_E_MEMORY;
    }
    extraction->asks[extraction->ask_count++] = (struct extract_ask){*request, pages};
    return SUBSTRATE_OK;
}

/* The same for a request that is written here. */
enum substrate_status extract_ask_text(struct extraction *extraction, const char *method,
                                       const struct base_buf *params, bool pages) {
    struct rpc_request request;
    struct base_json list;
    struct substrate_text data, text = {NULL, 0};
    if (!params->failed) {
        text = base_arena_text(&extraction->arena, base_buf_view(params));
    }
    if (text.data == NULL) {
        return SUBSTRATE_E_MEMORY;
    }
    if (base_json_parse(text, BASE_JSON_DEPTH_MAX, &list, NULL) != SUBSTRATE_OK) {
        return SUBSTRATE_OK; /* what a client wrote in it makes no sense */
    }
    enum substrate_status status =
        method_parse(base_text(method), list, &extraction->arena, &request, &data);
    return status == SUBSTRATE_OK           ? extract_ask(extraction, &request, pages)
           : status == SUBSTRATE_E_ARGUMENT ? SUBSTRATE_OK
                                            : status;
}

/* "0x…" with its quotes: the digits in between; false: it is something else. */
bool extract_digits(struct substrate_text raw, struct substrate_text *digits) {
    if (raw.size < 4 || raw.data[0] != '"' ||
        !base_hex_is_canonical((struct substrate_text){raw.data + 1, raw.size - 2})) {
        return false;
    }
    *digits = (struct substrate_text){raw.data + 3, raw.size - 4};
    return true;
}

bool extract_hash(struct base_json value, struct substrate_hash *hash) {
    return value.kind == BASE_JSON_STRING && value.raw.size == 68 &&
           substrate_hash_parse((struct substrate_text){value.raw.data + 1, 66}, hash) ==
               SUBSTRATE_OK;
}
