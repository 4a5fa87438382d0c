/* Waits of mock_wait: a control call that is answered when something has happened. */
#include "space/state.h"

#include <string.h>
#include "base/mem.h"
#include "base/text.h"
#include "script/awaited.h"

struct space_wait {
    struct space_wait *next;
    struct space_peer *peer;
    struct script_awaited *awaited;
    uint64_t left; /* so many events more */
    struct substrate_text id;
};

static void free_wait(struct space_wait *wait) {
    script_awaited_free(wait->awaited);
    base_free(wait);
}

/* Answers by the number of the event that was the last one. */
static void answer(const struct space_wait *wait, uint64_t seq) {
    struct space_peer *peer = wait->peer;
    char room[128];
    struct base_buf result = BASE_BUF_ON(room), text = BASE_BUF_INIT;
    base_buf_str(&result, "{\"seq\":");
    base_buf_u64(&result, seq);
    base_buf_char(&result, '}');
    rpc_write_result(&text, wait->id, base_buf_view(&result));
    if (text.failed) {
        base_buf_free(&text);
        space_write_internal_error(&text, wait->id);
    }
    (void)peer->space->config.port->send(peer->connection, 200, base_buf_view(&text), NULL);
    base_buf_free(&text);
    base_buf_free(&result);
}

/* Was this the last one that it waited for? */
static bool meets(struct space *space, struct space_wait *wait, const struct script_event *event) {
    return script_awaited_meets(space->run, wait->awaited, event) && --wait->left == 0;
}

void space_waits_told(struct space *space, const struct script_event *event) {
    struct space_wait **link = &space->waits;
    while (*link != NULL) {
        struct space_wait *wait = *link;
        if (meets(space, wait, event)) {
            *link = wait->next;
            answer(wait, event->seq);
            free_wait(wait);
        } else {
            link = &wait->next;
        }
    }
}

void space_waits_forget(struct space_peer *peer) {
    struct space_wait **link = &peer->space->waits;
    while (*link != NULL) {
        struct space_wait *wait = *link;
        if (wait->peer == peer) {
            *link = wait->next;
            free_wait(wait);
        } else {
            link = &wait->next;
        }
    }
}

/* ---- what has happened already ---- */

static enum script_by by_of(struct substrate_text name) {
    for (int by = SCRIPT_BY_PEER; by <= SCRIPT_BY_RESET; by++) {
        if (base_text_is(name, space_by_names[by])) {
            return (enum script_by)by;
        }
    }
    return SCRIPT_BY_NOBODY;
}

/* The event as the script hears it; what it borrows is `kept` and `peer`. */
static struct script_event event_of(const struct space_event *kept, struct script_peer *peer) {
    struct script_event event = {.kind = kept->kind,
                                 .seq = kept->seq,
                                 .id = kept->id,
                                 .code = kept->code,
                                 .post = kept->post,
                                 .batch = kept->batch};
    *peer = (struct script_peer){
        .ordinal = kept->ordinal, .post = kept->post, .label_text = kept->label};
    event.peer = kept->ordinal > 0 ? peer : NULL;
    event.by = kept->kind == SCRIPT_CLOSED ? by_of(kept->by) : SCRIPT_BY_NOBODY;
    if (kept->series != NULL) {
        struct substrate_text request = kept->series->request;
        const char *end = memchr(request.data, ' ', request.size);
        event.request = request;
        event.method = request;
        event.method.size = end != NULL ? (size_t)(end - request.data) : request.size;
        event.occurrence = kept->occurrence + 1;
    }
    if (kept->method != NULL) {
        event.sent = kept->method->name;
    }
    if (kept->head.size == sizeof(event.head.bytes)) {
        memcpy(event.head.bytes, kept->head.data, sizeof(event.head.bytes));
    }
    bool of_rule =
        kept->kind == SCRIPT_FIRED || kept->kind == SCRIPT_MISSED || kept->kind == SCRIPT_PONGED;
    *(of_rule                       ? &event.rule
      : kept->kind == SCRIPT_SIGNAL ? &event.name
                                    : &event.stream) = kept->name;
    return event;
}

/* 0, or the number of the event that was the last one. */
static uint64_t look_back(struct space *space, struct space_wait *wait, uint64_t from) {
    struct space_events_walk walk = {0};
    struct space_event kept;
    while (from <= space->events.last && space_events_next(&space->events, &walk, &kept)) {
        struct script_peer peer;
        struct script_event event = event_of(&kept, &peer);
        if (kept.seq >= from && meets(space, wait, &event)) {
            return kept.seq;
        }
    }
    return 0;
}

enum substrate_status space_wait_for(struct space_peer *peer, struct substrate_text id,
                                     struct substrate_text what, uint64_t from,
                                     struct substrate_error *error) {
    struct space *space = peer->space;
    struct space_wait *wait = base_calloc(1, sizeof(*wait) + id.size);
    if (wait == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    enum substrate_status status =
        script_awaited_read(what, "mock_wait", space_script(space), &wait->awaited, error);
    if (status != SUBSTRATE_OK) {
        base_free(wait);
        return status;
    }
    wait->peer = peer;
    wait->left = script_awaited_count(wait->awaited);
    memcpy(wait + 1, id.data, id.size);
    wait->id = (struct substrate_text){(const char *)(wait + 1), id.size};
    uint64_t seq = look_back(space, wait, from);
    if (seq > 0) {
        answer(wait, seq);
        free_wait(wait);
    } else {
        wait->next = space->waits;
        space->waits = wait;
    }
    return SUBSTRATE_OK;
}
