/* A space in small for tests of scripts: it does what script.h asks of a space, and writes down in
 * one line each what the script has it do. The time is what the test says. */
#ifndef SCRIPT_WORLD_H
#define SCRIPT_WORLD_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/buf.h"
#include "base/hex.h"
#include "base/mem.h"
#include "check_main.h"
#include "script/run.h"
#include "script/script.h"

#define WORLD_PEERS 8
#ifndef WORLD_CALLS
#define WORLD_CALLS 20000
#endif

/* A fuzz target is no test, and has its own way to fail. */
#ifndef world_must
#define world_must(condition) ck_assert(condition)
#endif

struct world_call {
    struct script_item item;
    char request[96], method[64], id[24], stream[64];
    uint64_t occurrence;
    bool notification, batch;
    struct script_item *reply;
    struct base_buf text;
};

struct world {
    struct script *script;
    struct script_run *run;
    struct script_host host;
    struct base_buf log;
    struct base_arena arena;
    uint64_t now, seq;
    struct script_peer peers[WORLD_PEERS];
    char labels[WORLD_PEERS][16];
    struct world_call *calls;
    size_t call_count;
    bool log_held, log_fired, log_missed, log_texts, post;
    const char *other_id;
    int stream; /* whose address stands for a subscription */
    bool advance_tells_head, advance_notifies;
    unsigned chains_too_long, out_of_memory;
    const char *refusal; /* what host functions answer */
};

static inline void world_say(struct world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static inline void world_say(struct world *world, const char *format, ...) {
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    base_buf_str(&world->log, line);
    base_buf_char(&world->log, '\n');
}

/* What was said since the last look. */
static inline const char *world_said(struct world *world) {
    static char said[65536];
    world_must(world->log.size < sizeof said);
    if (world->log.size > 0) {
        memcpy(said, world->log.data, world->log.size);
    }
    said[world->log.size] = '\0';
    base_buf_reset(&world->log);
    return said;
}

static inline struct script_event world_event(struct world *world, enum script_event_kind kind) {
    return (struct script_event){.kind = kind, .seq = ++world->seq};
}

static inline struct script_event world_call_event(struct world_call *call,
                                                   enum script_event_kind kind) {
    return (struct script_event){
        .kind = kind,
        .cause = call->item.cause,
        .peer = call->item.peer,
        .item = &call->item,
        .method = base_text(call->method),
        .sent = base_text(call->method),
        .request = base_text(call->request),
        .id = base_text(call->id),
        .occurrence = call->occurrence,
        .stream = call->notification ? base_text(call->stream) : (struct substrate_text){NULL, 0},
        .reply = call->reply,
        .batch = call->batch,
        .post = call->item.peer->post,
    };
}

/* ---- the host ---- */

static inline void world_write_shape(char *line, size_t size, const struct wire_shape *shape) {
    (void)snprintf(line, size,
                   "  shape binary=%d mask=%d utf8=%d no_start=%d rsv=%u opcode=%u fragments=%u "
                   "cuts=%zu[%llu] each=%d pings=%u long=%d after=%d/%u dribble=%u pause=%d/%llu "
                   "sever=%d/%llu/%d",
                   shape->binary, shape->mask, shape->utf8, shape->no_start, shape->rsv,
                   shape->opcode, shape->fragments, shape->cut_count,
                   (unsigned long long)(shape->cut_count > 0 ? shape->cuts[0] : 0),
                   shape->each_byte, shape->pings_between, shape->long_control, shape->after_close,
                   shape->close_code, shape->dribble, (int)shape->pause_at.kind,
                   (unsigned long long)shape->pause_at.at, (int)shape->sever_at.kind,
                   (unsigned long long)shape->sever_at.at, (int)shape->sever_with);
}

/* Says what is not as in a plain message. */
static inline void world_shape(struct world *world, const struct wire_shape *shape) {
    static const struct wire_shape plain;
    char line[400], none[400];
    world_write_shape(line, sizeof line, shape);
    world_write_shape(none, sizeof none, &plain);
    if (strcmp(line, none) != 0) {
        world_say(world, "%s", line);
    }
}

static inline void world_emit(void *context, struct script_item *item, unsigned copy,
                              uint64_t now) {
    struct world *world = context;
    struct world_call *call = (struct world_call *)(void *)item;
    struct script_event event =
        world_call_event(call, call->notification ? SCRIPT_NOTIFIED : SCRIPT_ANSWERED);
    struct script_verdict verdict = SCRIPT_VERDICT_INIT;
    script_match(world->run, &event, &verdict);
    if (!script_leaves(world->run, &verdict, item, now)) {
        return;
    }
    event.seq = ++world->seq;
    struct wire_shape shape = {0};
    struct script_notification notification = {0};
    script_frame(world->run, &verdict, &shape, now);
    script_notification(world->run, &verdict, &notification);
    const char *name = call->id[0] != '\0' ? call->id : call->stream;
    world_say(world, "%s %u:%s%s%s", notification.skip ? "skipped" : "out", item->peer->ordinal,
              name, copy > 0 ? " again" : "", item->alone ? " alone" : "");
    if (world->log_texts) {
        world_say(world, "  %.*s", (int)call->text.size, call->text.data);
    }
    world_shape(world, &shape);
    script_told(world->run, &event, now);
    script_rest(world->run, &verdict, now);
}

static inline bool world_owed(void *context, struct script_item *item, size_t index,
                              struct script_event *event) {
    (void)context;
    struct world_call *call = (struct world_call *)(void *)item;
    *event = world_call_event(call, call->notification ? SCRIPT_NOTIFIED : SCRIPT_ANSWERED);
    return index == 0;
}

static inline void world_tell(struct world *world, struct script_event *event,
                              const struct script_act *act) {
    event->cause = act->cause;
    script_tell(world->run, event, act->now);
}

static inline void world_held(void *context, const struct script_act *act, struct script_item *item,
                              struct substrate_text by) {
    struct world *world = context;
    struct world_call *call = (struct world_call *)(void *)item;
    if (world->log_held) {
        world_say(world, "held %s by %.*s", call->id, (int)by.size, by.data);
    }
    struct script_event event = world_call_event(call, SCRIPT_HELD);
    event.seq = ++world->seq;
    world_tell(world, &event, act);
}

static inline void world_released(void *context, const struct script_act *act,
                                  struct script_item *item, struct substrate_text by,
                                  enum script_end end) {
    struct world *world = context;
    struct world_call *call = (struct world_call *)(void *)item;
    if (world->log_held) {
        world_say(world, "released %s by %.*s: %s", call->id, (int)by.size, by.data,
                  script_end_names[end]);
    }
    struct script_event event = world_call_event(call, SCRIPT_RELEASED);
    event.seq = ++world->seq;
    world_tell(world, &event, act);
}

static inline void world_ended(void *context, const struct script_act *act,
                               struct script_peer *peer, const char *action,
                               struct substrate_text by, enum script_end end) {
    struct world *world = context;
    if (world->log_held) {
        world_say(world, "ended %s of %.*s on %u: %s", action, (int)by.size, by.data,
                  peer != NULL ? peer->ordinal : 0, script_end_names[end]);
    }
    struct script_event event = world_event(world, SCRIPT_RELEASED);
    event.peer = peer;
    world_tell(world, &event, act);
}

static inline void world_fired(void *context, const struct script_act *act,
                               struct substrate_text rule, const struct script_did *did,
                               size_t count) {
    struct world *world = context;
    if (world->log_fired) {
        world_say(world, "fired %.*s", (int)rule.size, rule.data);
        for (size_t i = 0; i < count; i++) {
            world_say(world, "  %s%s%s", did[i].action, did[i].why != NULL ? " not: " : "",
                      did[i].why != NULL ? did[i].why : "");
        }
    }
    struct script_event event = world_event(world, SCRIPT_FIRED);
    event.rule = rule;
    event.peer = act->event != NULL ? act->event->peer : NULL;
    world_tell(world, &event, act);
}

static inline void world_missed(void *context, const struct script_act *act,
                                struct substrate_text rule, const struct script_did *did,
                                size_t count) {
    struct world *world = context;
    for (size_t i = 0; world->log_missed && i < count; i++) {
        world_say(world, "missed %.*s: %s: %s", (int)rule.size, rule.data, did[i].action,
                  did[i].why);
    }
    struct script_event event = world_event(world, SCRIPT_MISSED);
    event.rule = rule;
    event.peer = act->event != NULL ? act->event->peer : NULL;
    world_tell(world, &event, act);
}

static inline void world_signal(void *context, const struct script_act *act,
                                struct substrate_text name) {
    struct world *world = context;
    world_say(world, "signal %.*s", (int)name.size, name.data);
    struct script_event event = world_event(world, SCRIPT_SIGNAL);
    event.name = name;
    world_tell(world, &event, act);
}

static inline void world_too_long(void *context, const struct script_event *event,
                                  struct substrate_text rule, const char *why) {
    (void)event;
    (void)rule;
    (void)why;
    ((struct world *)context)->chains_too_long++;
}

static inline void world_no_memory(void *context) { ((struct world *)context)->out_of_memory++; }

static inline struct substrate_text world_other_id(void *context,
                                                   const struct script_event *event) {
    (void)event;
    return base_text(((struct world *)context)->other_id);
}

static inline bool world_block_is(void *context, struct substrate_text block,
                                  const struct substrate_hash *hash) {
    (void)context;
    uint64_t number;
    return base_text_u64(block, &number) && number == hash->bytes[0];
}

static inline uint64_t world_recorded(void *context, struct substrate_text method,
                                      double quantile) {
    (void)context;
    return base_text_is(method, "state_call") ? (uint64_t)(1000 + 1000 * quantile) : 0;
}

#define WORLD_PEER_OP(name)                                                             \
    static inline const char *world_##name(void *context, const struct script_act *act, \
                                           struct script_peer *peer) {                  \
        (void)act;                                                                      \
        world_say(context, #name " %u", peer->ordinal);                                 \
        return ((struct world *)context)->refusal;                                      \
    }
#define WORLD_SWITCH(name)                                                              \
    static inline const char *world_##name(void *context, const struct script_act *act, \
                                           struct script_peer *peer, bool on) {         \
        (void)act;                                                                      \
        world_say(context, #name " %u %s", peer->ordinal, on ? "on" : "off");           \
        return ((struct world *)context)->refusal;                                      \
    }
WORLD_PEER_OP(end)
WORLD_PEER_OP(reset)
WORLD_SWITCH(cork)
WORLD_SWITCH(deaf)
WORLD_SWITCH(stop_reading)
WORLD_SWITCH(no_pong)

static inline const char *world_send(void *context, const struct script_act *act,
                                     struct script_peer *peer, struct substrate_text text,
                                     bool binary) {
    (void)act;
    world_say(context, "send %u %s'%.*s'", peer->ordinal, binary ? "binary " : "", (int)text.size,
              text.data);
    return NULL;
}

static inline const char *world_close(void *context, const struct script_act *act,
                                      struct script_peer *peer, uint16_t code,
                                      struct substrate_text reason) {
    (void)act;
    world_say(context, "close %u %u '%.*s'", peer->ordinal, code, (int)reason.size, reason.data);
    return NULL;
}

static inline const char *world_sever(void *context, const struct script_act *act,
                                      struct script_peer *peer, struct wire_place at,
                                      enum wire_sever with) {
    (void)act;
    world_say(context, "sever %u %d/%llu/%d", peer->ordinal, (int)at.kind,
              (unsigned long long)at.at, (int)with);
    return NULL;
}

static inline const char *world_ping(void *context, const struct script_act *act,
                                     struct script_peer *peer, struct substrate_bytes payload) {
    (void)act;
    world_say(context, "ping %u of %zu", peer->ordinal, payload.size);
    return NULL;
}

static inline void world_resume(void *context, struct script_peer *peer) {
    world_say(context, "resume %u", peer->ordinal);
}

static inline const char *world_quiet(void *context, const struct script_act *act,
                                      void *subscription, bool on) {
    (void)act;
    (void)subscription;
    world_say(context, "quiet %s", on ? "on" : "off");
    return NULL;
}

static inline const char *world_flood(void *context, const struct script_act *act,
                                      void *subscription, uint64_t n) {
    (void)act;
    (void)subscription;
    world_say(context, "flood %llu", (unsigned long long)n);
    return NULL;
}

static inline const char *world_late(void *context, const struct script_act *act,
                                     void *subscription, uint64_t n) {
    (void)act;
    (void)subscription;
    world_say(context, "late %llu", (unsigned long long)n);
    return NULL;
}

static inline const char *world_stream_id(void *context, const struct script_act *act,
                                          void *subscription, struct substrate_text id) {
    (void)act;
    (void)subscription;
    world_say(context, "stream_id %.*s", (int)id.size, id.data);
    return NULL;
}

static inline const char *world_stop(void *context, const struct script_act *act,
                                     void *subscription) {
    (void)act;
    (void)subscription;
    world_say(context, "stop");
    return NULL;
}

static inline const char *world_notify(void *context, const struct script_act *act,
                                       struct script_peer *peer, struct substrate_text stream,
                                       struct substrate_text value) {
    (void)act;
    world_say(context, "notify %u %.*s %.*s", peer != NULL ? peer->ordinal : 0, (int)stream.size,
              stream.data, (int)value.size, value.data);
    return NULL;
}

static inline struct world_call *
world_put_notification(struct world *world, struct script_peer *peer, const char *stream,
                       struct world_call *reply, const struct script_cause *cause);

static inline const char *world_advance(void *context, const struct script_act *act, uint64_t n) {
    struct world *world = context;
    world_say(world, "advance %llu", (unsigned long long)n);
    for (uint64_t i = 0; i < n; i++) {
        if (world->advance_tells_head) {
            struct script_event event = world_event(world, SCRIPT_HEAD);
            event.head.bytes[0] = (uint8_t)(i + 1);
            world_tell(world, &event, act);
        }
        if (world->advance_notifies) {
            world_put_notification(world, &world->peers[0], "heads", NULL, &act->cause);
        }
    }
    return world->refusal;
}

#define WORLD_BLOCK_OP(name)                                                                      \
    static inline const char *world_##name(void *context, const struct script_act *act,           \
                                           struct substrate_text block) {                         \
        (void)act;                                                                                \
        world_say(context, #name " %.*s", (int)block.size, block.data != NULL ? block.data : ""); \
        return NULL;                                                                              \
    }
WORLD_BLOCK_OP(set_head)
WORLD_BLOCK_OP(finalize)
WORLD_BLOCK_OP(restart)

static inline const char *world_tick(void *context, const struct script_act *act, uint64_t every_us,
                                     bool on) {
    (void)act;
    world_say(context, "tick %llu %s", (unsigned long long)every_us, on ? "on" : "off");
    return NULL;
}

static inline const char *world_block(void *context, const struct script_act *act,
                                      const struct script_made *made) {
    (void)act;
    world_say(context, "block %.*s on %.*s", (int)made->name.size, made->name.data,
              (int)made->parent.size, made->parent.data);
    for (size_t i = 0; i < made->edit_count; i++) {
        const struct script_edit *edit = &made->edits[i];
        world_say(context, "  %.*s=%.*s", (int)edit->key.size, edit->key.data,
                  edit->value.data != NULL ? (int)edit->value.size : 4,
                  edit->value.data != NULL ? edit->value.data : "none");
    }
    for (size_t i = 0; i < made->extrinsic_count; i++) {
        world_say(context, "  + %.*s", (int)made->extrinsics[i].size, made->extrinsics[i].data);
    }
    world_say(context, "  calls %d", (int)made->calls);
    return NULL;
}

static inline const char *world_fork(void *context, const struct script_act *act, uint64_t depth,
                                     struct substrate_text name) {
    (void)act;
    world_say(context, "fork %llu %.*s", (unsigned long long)depth, (int)name.size, name.data);
    return NULL;
}

static inline const char *world_hold_finality(void *context, const struct script_act *act,
                                              uint64_t lag, bool on) {
    (void)act;
    world_say(context, "hold_finality %lld %s", (long long)lag, on ? "on" : "off");
    return NULL;
}

static inline const char *world_upgrade(void *context, const struct script_act *act,
                                        uint64_t spec_version) {
    (void)act;
    world_say(context, "upgrade %llu", (unsigned long long)spec_version);
    return NULL;
}

static inline const char *world_prune(void *context, const struct script_act *act,
                                      struct substrate_text below, uint64_t keep) {
    (void)act;
    world_say(context, "prune %.*s %llu", (int)below.size, below.data != NULL ? below.data : "",
              (unsigned long long)keep);
    return NULL;
}

static inline const char *world_limits(void *context, const struct script_act *act,
                                       const struct script_limits *limits) {
    (void)act;
    world_say(context, "limits %lld %lld %lld %lld", (long long)limits->connections,
              (long long)limits->subscriptions, (long long)limits->request,
              (long long)limits->reply);
    return NULL;
}

/* ---- the world ---- */

static inline void world_set_host(struct world *world) {
    world->host = (struct script_host){.context = world,
                                       .emit = world_emit,
                                       .owed = world_owed,
                                       .held = world_held,
                                       .released = world_released,
                                       .ended = world_ended,
                                       .fired = world_fired,
                                       .missed = world_missed,
                                       .signal = world_signal,
                                       .chain_too_long = world_too_long,
                                       .no_memory = world_no_memory,
                                       .other_id = world_other_id,
                                       .block_is = world_block_is,
                                       .recorded = world_recorded,
                                       .send = world_send,
                                       .cork = world_cork,
                                       .close = world_close,
                                       .end = world_end,
                                       .reset = world_reset,
                                       .sever = world_sever,
                                       .deaf = world_deaf,
                                       .stop_reading = world_stop_reading,
                                       .no_pong = world_no_pong,
                                       .ping = world_ping,
                                       .resume = world_resume,
                                       .quiet = world_quiet,
                                       .flood = world_flood,
                                       .late = world_late,
                                       .stream_id = world_stream_id,
                                       .stop = world_stop,
                                       .notify = world_notify,
                                       .advance = world_advance,
                                       .set_head = world_set_head,
                                       .tick = world_tick,
                                       .block = world_block,
                                       .fork = world_fork,
                                       .finalize = world_finalize,
                                       .hold_finality = world_hold_finality,
                                       .upgrade = world_upgrade,
                                       .prune = world_prune,
                                       .restart = world_restart,
                                       .limits = world_limits};
}

static inline struct script *world_read(const char *json) {
    struct script_source source = {base_text(json), "test"};
    struct script *script = NULL;
    struct substrate_error error = {0};
    enum substrate_status status = script_read(&source, 1, &script, &error);
    if (status != SUBSTRATE_OK) {
        (void)fprintf(stderr, "%s\n", error.message);
    }
    world_must(status == SUBSTRATE_OK);
    return script;
}

/* The script is the world's from now on. */
static inline void world_begin_with(struct world *world, struct script *script) {
    memset(world, 0, sizeof *world);
    world->log = (struct base_buf)BASE_BUF_INIT;
    base_arena_init(&world->arena, 0);
    world->now = 1000;
    world_set_host(world);
    world->script = script;
    world->run = script_run_new(world->script, 7, &world->host);
    world_must(world->run != NULL);
    world->calls = calloc(WORLD_CALLS, sizeof *world->calls);
    for (size_t i = 0; i < WORLD_PEERS; i++) {
        (void)snprintf(world->labels[i], sizeof world->labels[i], "%c", (char)('a' + i));
    }
}

static inline void world_begin(struct world *world, const char *json) {
    world_begin_with(world, world_read(json));
}

/* A connection of that number, from 1, opens. */
static inline struct script_peer *world_open(struct world *world, unsigned ordinal) {
    struct script_peer *peer = &world->peers[ordinal - 1];
    *peer = (struct script_peer){.ordinal = ordinal,
                                 .post = world->post,
                                 .label_text = base_text(world->labels[ordinal - 1])};
    script_peer_begin(world->run, peer);
    script_peer_opened(world->run, peer);
    struct script_event event = world_event(world, SCRIPT_OPENED);
    event.peer = peer;
    script_tell(world->run, &event, world->now);
    script_run_due(world->run, world->now);
    return peer;
}

static inline void world_close_peer(struct world *world, struct script_peer *peer) {
    struct script_event event = world_event(world, SCRIPT_CLOSED);
    event.peer = peer;
    event.by = SCRIPT_BY_PEER;
    event.code = 1000;
    script_tell(world->run, &event, world->now);
    for (size_t i = 0; i < world->call_count; i++) {
        if (world->calls[i].item.peer == peer) {
            script_drop(world->run, &world->calls[i].item, world->now);
        }
    }
    script_peer_end(world->run, peer, world->now);
    script_run_due(world->run, world->now);
}

static inline struct world_call *world_new_call(struct world *world, struct script_peer *peer) {
    world_must(world->call_count < WORLD_CALLS);
    struct world_call *call = &world->calls[world->call_count++];
    script_item_begin(&call->item, peer);
    return call;
}

static inline struct world_call *
world_put_notification(struct world *world, struct script_peer *peer, const char *stream,
                       struct world_call *reply, const struct script_cause *cause) {
    struct world_call *call = world_new_call(world, peer);
    call->notification = true;
    call->reply = reply != NULL ? &reply->item : NULL;
    (void)snprintf(call->stream, sizeof call->stream, "%s", stream);
    if (cause != NULL) {
        call->item.cause = *cause;
    }
    script_put(world->run, &call->item, world->now, call->reply);
    return call;
}

/* The method is the request's first word; the result is "0x00112233", unless a rule says. */
static inline struct world_call *world_arrive(struct world *world, struct script_peer *peer,
                                              const char *request, const char *id) {
    struct world_call *call = world_new_call(world, peer);
    (void)snprintf(call->request, sizeof call->request, "%s", request);
    (void)snprintf(call->method, sizeof call->method, "%.*s", (int)strcspn(request, " "), request);
    (void)snprintf(call->id, sizeof call->id, "%s", id);
    call->occurrence = 1;
    for (size_t i = 0; i + 1 < world->call_count; i++) {
        call->occurrence +=
            world->calls[i].item.peer == peer && strcmp(world->calls[i].request, request) == 0;
    }
    struct script_event event = world_call_event(call, SCRIPT_ARRIVED);
    struct script_verdict verdict = SCRIPT_VERDICT_INIT;
    struct script_content content = {.arena = &world->arena};
    struct script_envelope envelope = {0};
    struct script_batch batch = {0};
    struct base_buf reply = BASE_BUF_INIT;
    event.seq = ++world->seq;
    event.address = BASE_TEXT("127.0.0.1");
    script_match(world->run, &event, &verdict);
    script_told(world->run, &event, world->now);
    script_content(world->run, &verdict, &content, world->now);
    if (content.kind == SCRIPT_CONTENT_NONE) {
        content.kind = SCRIPT_CONTENT_RESULT;
        content.text = strstr(request, "queryStorage") != NULL
                           ? BASE_TEXT("[{\"block\":\"0xb\",\"changes\":[[\"0x1\",\"0xa\"],"
                                       "[\"0x2\",null],[\"0x3\",\"0xc\"]]}]")
                       : strstr(request, "Keys") != NULL ? BASE_TEXT("[\"0x1\",\"0x2\",\"0x3\"]")
                                                         : BASE_TEXT("\"0x0a1b2c3d\"");
    }
    script_content_after(world->run, &verdict, &content, world->now);
    script_envelope(world->run, &verdict, &envelope);
    script_batch(world->run, &verdict, &batch);
    script_write_reply(&reply, &envelope, event.id, &content);
    struct substrate_text view = base_buf_view(&reply);
    base_buf_reset(&call->text);
    script_write_message(&call->text, &batch, false, &view, 1);
    base_buf_free(&reply);
    script_emission(world->run, &verdict, &call->item, world->now);
    script_put(world->run, &call->item, world->now, NULL);
    script_rest(world->run, &verdict, world->now);
    script_run_due(world->run, world->now);
    return call;
}

static inline void world_give(struct world *world, const char *name) {
    struct script_event event = world_event(world, SCRIPT_SIGNAL);
    event.name = base_text(name);
    script_tell(world->run, &event, world->now);
    script_run_due(world->run, world->now);
}

static inline void world_pass(struct world *world, uint64_t us) {
    world->now += us;
    script_run_due(world->run, world->now);
}

static inline void world_end_all(struct world *world) {
    for (size_t i = 0; i < world->call_count; i++) {
        script_drop(world->run, &world->calls[i].item, world->now);
        base_buf_free(&world->calls[i].text);
    }
    for (size_t i = 0; i < WORLD_PEERS; i++) {
        if (world->peers[i].ordinal != 0 && !world->peers[i].gone) {
            script_peer_end(world->run, &world->peers[i], world->now);
        }
    }
    script_run_free(world->run);
    script_free(world->script);
    base_arena_free(&world->arena);
    base_buf_free(&world->log);
    free(world->calls);
}

#endif
