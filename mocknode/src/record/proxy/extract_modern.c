/* The new JSON-RPC: the same is asked in the old one, whose answers are facts. */
#include "base/text.h"
#include "record/proxy/extract.h"

/* What chainHead_v1_storage and archive_v1_storage ask of one key. */
static enum substrate_status ask_item(struct extraction *extraction, struct base_json item,
                                      struct substrate_text at) {
    struct base_json key = base_json_member(item, "key"), type = base_json_member(item, "type");
    struct base_buf params = BASE_BUF_INIT;
    bool below = base_json_is(type, "descendantsValues") || base_json_is(type, "descendantsHashes");
    base_buf_char(&params, '[');
    base_buf_text(&params, key.raw);
    base_buf_str(&params, below ? ",1000,null," : ",");
    base_buf_text(&params, at);
    base_buf_char(&params, ']');
    enum substrate_status status =
        key.kind != BASE_JSON_STRING
            ? SUBSTRATE_OK
            : extract_ask_text(extraction, below ? "state_getKeysPaged" : "state_getStorage",
                               &params, below);
    base_buf_free(&params);
    return status;
}

static enum substrate_status ask_items(struct extraction *extraction, struct base_json items,
                                       struct substrate_text at) {
    struct base_json_walk walk;
    struct substrate_text name;
    struct base_json item;
    enum substrate_status status = SUBSTRATE_OK;
    base_json_walk_init(&walk, items);
    while (items.kind == BASE_JSON_ARRAY && status == SUBSTRATE_OK &&
           base_json_walk_next(&walk, &name, &item)) {
        status = ask_item(extraction, item, at);
    }
    return status;
}

static const struct {
    const char *name, *twin; /* NULL twin: items of storage */
    size_t at;               /* which parameter is the block; those behind it come before it */
} TWINS[] = {
    {"chainHead_v1_header", "chain_getHeader", 1}, {"chainHead_v1_body", "chain_getBlock", 1},
    {"chainHead_v1_call", "state_call", 1},        {"chainHead_v1_storage", NULL, 1},
    {"archive_v1_header", "chain_getHeader", 0},   {"archive_v1_body", "chain_getBlock", 0},
    {"archive_v1_call", "state_call", 0},          {"archive_v1_storage", NULL, 0},
};

/* Asks the twin of a request by position. False: it has none. */
bool extract_twin(struct extraction *extraction, const struct exchange *exchange,
                  struct base_json params, enum substrate_status *status) {
    struct base_json given[6] = {{BASE_JSON_NONE, {NULL, 0}}};
    struct base_json_walk walk;
    struct substrate_text name;
    struct base_buf twin = BASE_BUF_INIT;
    size_t i = 0, count = 0;
    while (i < sizeof TWINS / sizeof *TWINS && !base_text_is(exchange->method, TWINS[i].name)) {
        i++;
    }
    if (i == sizeof TWINS / sizeof *TWINS || params.kind != BASE_JSON_ARRAY) {
        return false;
    }
    base_json_walk_init(&walk, params);
    while (count < 6 && base_json_walk_next(&walk, &name, &given[count])) {
        count++;
    }
    size_t at = TWINS[i].at;
    if (given[at].kind != BASE_JSON_STRING) {
        return true;
    }
    if (TWINS[i].twin == NULL) {
        *status = ask_items(extraction, given[at + 1], given[at].raw);
        return true;
    }
    base_buf_char(&twin, '[');
    for (size_t j = at + 1; j < count; j++) {
        base_buf_text(&twin, given[j].raw);
        base_buf_char(&twin, ',');
    }
    base_buf_text(&twin, given[at].raw);
    base_buf_char(&twin, ']');
    *status = extract_ask_text(extraction, TWINS[i].twin, &twin, false);
    base_buf_free(&twin);
    return true;
}
