/* Events of the kit: each is one line, written and flushed as a whole. Without memory for one its
 * end is told in few words: a call that never ends would be worse. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "kit_internal.h"

static void begin(struct base_buf *event, const char *name) {
    base_buf_format(event, "{\"event\":\"%s\"", name);
}

static void member(struct base_buf *event, const char *name, const char *text) {
    base_buf_format(event, ",\"%s\":", name);
    base_json_write_string(event, base_text(text));
}

static void raw_member(struct base_buf *event, const char *name, struct kit_text json) {
    if (json.data != NULL) {
        base_buf_format(event, ",\"%s\":", name);
        base_buf_append(event, json.data, json.size);
    }
}

static void tell(struct kit *kit, struct base_buf *event) {
    base_buf_str(event, "}\n");
    (void)pthread_mutex_lock(&kit->output);
    if (!event->failed) {
        (void)fwrite(event->data, 1, event->size, stdout);
        (void)fflush(stdout);
    }
    (void)pthread_mutex_unlock(&kit->output);
    base_buf_free(event);
}

/* ---- hello ---- */

static void list(struct base_buf *event, const char *name, const char *const *words) {
    base_buf_format(event, ",\"%s\":[", name);
    for (size_t i = 0; words != NULL && words[i] != NULL; i++) {
        base_buf_format(event, "%s\"%s\"", i > 0 ? "," : "", words[i]);
    }
    base_buf_char(event, ']');
}

void kit_tell_hello(struct kit *kit) {
    static const char *const modes[] = {"serial", "threaded", "gathered", "shared", NULL};
    static const char *const kinds[] = {"heads", "finalized", "raw", NULL};
    static const char *const can[] = {
#define KIT_CAN_WORD(name, word) [KIT_CAN_INDEX_##name] = (word),
        KIT_CAN_LIST(KIT_CAN_WORD)
#undef KIT_CAN_WORD
    };
    const struct kit_client *client = kit->client;
    struct base_buf event = BASE_BUF_INIT;
    begin(&event, "hello");
    base_buf_format(&event, ",\"protocols\":[%d]", KIT_PROTOCOL);
    member(&event, "name", client->name);
    member(&event, "version", client->version);
    member(&event, "language", client->language);
    base_buf_str(&event, ",\"can\":{\"stat\":true");
    for (unsigned i = 0; i < sizeof(can) / sizeof(can[0]); i++) {
        if ((client->can & 1u << i) != 0) {
            base_buf_format(&event, ",\"%s\":true", can[i]);
        }
    }
    if (client->cancel != NULL) {
        base_buf_str(&event, ",\"cancel\":true");
    }
    if (client->limit > 0) {
        base_buf_format(&event, ",\"limit\":%" PRIu32, client->limit);
    }
    list(&event, "modes", modes);
    list(&event, "functions", client->functions);
    list(&event, "subscribe", client->subscribe != NULL ? kinds : NULL);
    base_buf_char(&event, '}');
    tell(kit, &event);
}

/* ---- ends ---- */

static void write_end(struct base_buf *event, const struct kit_end *end) {
    member(event, "outcome", end->outcome);
    if (strcmp(end->outcome, "ok") == 0) {
        if (end->presence != NULL) {
            member(event, "presence", end->presence);
        }
        raw_member(event, "value", end->value);
        return;
    }
    if (end->has_code) {
        base_buf_format(event, ",\"code\":%" PRId64, end->code);
    }
    if (end->node_message.data != NULL) {
        raw_member(event, "message", end->node_message);
    } else if (end->message.data != NULL) {
        base_buf_str(event, ",\"message\":");
        base_json_write_string(event,
                               (struct substrate_text){end->message.data, end->message.size});
    }
    raw_member(event, "data", end->node_data);
}

void kit_tell_end(struct kit *kit, const struct call *call, const struct kit_end *end) {
    struct base_buf event = BASE_BUF_INIT;
    struct kit_end short_end = {.outcome = "other", .message = {"out of memory", 13}};
    for (const struct kit_end *told = end; told != NULL;
         told = event.failed && told == end ? &short_end : NULL) {
        base_buf_reset(&event);
        begin(&event, "end");
        member(&event, "id", call->call.id);
        base_buf_format(&event, ",\"lane\":%zu", call->lane);
        write_end(&event, told);
    }
    tell(kit, &event);
}

void kit_tell_outcome(struct kit *kit, const char *name, const char *whose_member,
                      const char *whose, const struct kit_end *end) {
    struct base_buf event = BASE_BUF_INIT;
    begin(&event, name);
    member(&event, whose_member, whose);
    write_end(&event, end);
    tell(kit, &event);
}

/* ---- all others ---- */

void kit_tell_event(struct kit *kit, const char *name, const char *whose_member,
                    const char *whose) {
    struct base_buf event = BASE_BUF_INIT;
    begin(&event, name);
    member(&event, whose_member, whose);
    tell(kit, &event);
}

void kit_tell_refused(struct kit *kit, const char *message) {
    struct base_buf event = BASE_BUF_INIT;
    begin(&event, "refused");
    base_buf_format(&event, ",\"line\":%" PRIu64, kit->line);
    member(&event, "message", message);
    tell(kit, &event);
}

void kit_tell_started(struct kit *kit, const struct call *call) {
    struct base_buf event = BASE_BUF_INIT;
    begin(&event, "started");
    member(&event, "id", call->call.id);
    base_buf_format(&event, ",\"lane\":%zu", call->lane);
    tell(kit, &event);
}

/* Of a head the items are {"number","parent"}, from the node's header. */
static void write_head(struct base_buf *event, struct base_json header) {
    struct base_json number = base_json_member(header, "number");
    struct base_json parent = base_json_member(header, "parentHash");
    uint64_t value = 0;
    if (number.kind != BASE_JSON_STRING || number.raw.size < 5) { /* "0x0" with its quotes */
        base_buf_text(event, header.raw);
        return;
    }
    for (size_t i = 3; i + 1 < number.raw.size; i++) {
        char digit = number.raw.data[i];
        value = value * 16 + (uint64_t)(digit <= '9' ? digit - '0' : (digit | ' ') - 'a' + 10);
    }
    base_buf_format(event, "{\"number\":%" PRIu64, value);
    raw_member(event, "parent", (struct kit_text){parent.raw.data, parent.raw.size});
    base_buf_char(event, '}');
}

void kit_tell_item(struct kit *kit, const struct kit_subscription *from, uint64_t n,
                   struct kit_text item) {
    struct base_buf event = BASE_BUF_INIT;
    struct base_json value;
    struct substrate_text text = {item.data, item.size};
    begin(&event, "item");
    member(&event, "id", from->id);
    base_buf_format(&event, ",\"n\":%" PRIu64 ",\"value\":", n);
    if (from->kind != NULL &&
        base_json_parse(text, BASE_JSON_DEPTH_MAX, &value, NULL) == SUBSTRATE_OK) {
        write_head(&event, value);
    } else {
        base_buf_text(&event, text);
    }
    tell(kit, &event);
}

/* Resident bytes of the process, by the second figure of /proc/self/statm, in pages of 4096. */
static uint64_t resident(void) {
    char text[128] = {0};
    uint64_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file != NULL) {
        size_t size = fread(text, 1, sizeof(text) - 1, file);
        (void)fclose(file);
        const char *begin_at = memchr(text, ' ', size);
        const char *end_at = begin_at != NULL ? strchr(begin_at + 1, ' ') : NULL;
        if (end_at != NULL) {
            struct substrate_text figure = {begin_at + 1, (size_t)(end_at - begin_at - 1)};
            (void)base_text_u64(figure, &pages);
        }
    }
    return pages * 4096;
}

void kit_tell_stat(struct kit *kit, const char *id, bool has_pending, uint64_t pending) {
    struct base_buf event = BASE_BUF_INIT;
    begin(&event, "stat");
    member(&event, "id", id);
    if (has_pending) {
        base_buf_format(&event, ",\"pending\":%" PRIu64, pending);
    }
    base_buf_format(&event, ",\"memory\":%" PRIu64, resident());
    tell(kit, &event);
}
