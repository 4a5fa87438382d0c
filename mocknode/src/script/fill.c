/* Texts with {occurrence}, {id} and {connection} in them. */
#include "base/text.h"
#include "script/run.h"

/* An id inside of a string stands without its own quotes. */
static void write_id(struct base_buf *out, struct substrate_text id, bool in_string) {
    if (id.data == NULL) {
        id = BASE_TEXT("null");
    }
    if (in_string && id.size >= 2 && id.data[0] == '"') {
        id = (struct substrate_text){id.data + 1, id.size - 2};
    }
    base_buf_text(out, id);
}

void script_fill_in(struct base_buf *out, struct substrate_text text,
                    const struct script_event *event) {
    static const char *const names[] = {"{occurrence}", "{id}", "{connection}"};
    bool in_string = false;
    for (size_t at = 0; at < text.size;) {
        struct substrate_text rest = {text.data + at, text.size - at};
        size_t which = 0;
        while (which < 3 && !base_text_starts(rest, names[which])) {
            which++;
        }
        if (which == 3) {
            bool escapes = in_string && rest.data[0] == '\\' && rest.size > 1;
            in_string = rest.data[0] == '"' ? !in_string : in_string;
            base_buf_append(out, rest.data, escapes ? 2 : 1);
            at += escapes ? 2 : 1;
            continue;
        }
        if (which == 0) {
            base_buf_u64(out, event->occurrence);
        } else if (which == 1) {
            write_id(out, event->id, in_string);
        } else {
            base_buf_u64(out, event->peer != NULL ? event->peer->ordinal : 0);
        }
        at += base_text(names[which]).size;
    }
}

bool script_has_places(struct substrate_text text) {
    return script_glob(BASE_TEXT("*{occurrence}*"), text) ||
           script_glob(BASE_TEXT("*{id}*"), text) || script_glob(BASE_TEXT("*{connection}*"), text);
}
