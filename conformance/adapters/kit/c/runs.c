/* Runs of the kit: calls in their modes. Each lane is a thread that asks its calls one after the
 * other; in a gathered run one thread submits them all, and each is waited for by its own. */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "kit_internal.h"

/* What a waiting thread needs is little, and there may be thousands of them. */
#define STACK_BYTES ((size_t)256 * 1024)

struct lane {
    struct run *run;
    size_t first;
    pthread_t thread;
    bool running;
};

/* One thread of a gathered run: it waits for one call, or for all `count` functions at once. */
struct wait {
    struct run *run;
    void *client;
    struct call *call;
    struct kit_call **functions;
    size_t count;
    pthread_t thread;
    bool running;
};

struct kit_end kit_wrong(const char *outcome, const char *message) {
    return (struct kit_end){.outcome = outcome,
                            .message = {message, message != NULL ? strlen(message) : 0}};
}

/* ---- one call ---- */

void kit_end(struct kit_call *ended, const struct kit_end *end) {
    struct call *call = (struct call *)ended;
    struct kit *kit = call->kit;
    (void)pthread_mutex_lock(&kit->lock);
    bool first = call->state != CALL_ENDED;
    call->state = CALL_ENDED;
    if (first) {
        (void)base_map_remove(&kit->calls, base_text(ended->id));
    }
    (void)pthread_mutex_unlock(&kit->lock);
    if (first) {
        kit_tell_end(kit, call, end);
    }
}

void kit_end_entries(struct kit_call *call, const struct kit_end *end) {
    const struct substrate_text text = {end->value.data, end->value.size};
    struct kit_end told = *end;
    struct base_buf pairs = BASE_BUF_INIT;
    struct base_json_walk walk;
    struct base_json entries;
    struct base_json entry;
    struct substrate_text key;
    base_buf_char(&pairs, '[');
    if (base_json_parse(text, BASE_JSON_DEPTH_MAX, &entries, NULL) == SUBSTRATE_OK) {
        base_json_walk_init(&walk, entries);
        while (base_json_walk_next(&walk, &key, &entry)) {
            base_buf_str(&pairs, pairs.size > 1 ? ",[" : "[");
            base_buf_text(&pairs, base_json_member(entry, "args").raw);
            base_buf_char(&pairs, ',');
            base_buf_text(&pairs, base_json_member(entry, "value").raw);
            base_buf_char(&pairs, ']');
        }
    }
    base_buf_char(&pairs, ']');
    told.value = (struct kit_text){pairs.data, pairs.size};
    kit_end(call, &told);
    base_buf_free(&pairs);
}

/* The end of a call that was not begun is told under the lock: its run may be over a moment later.
 */
void kit_cancel(struct kit *kit, struct substrate_text id) {
    struct kit_end end = kit_wrong("cancelled", "cancelled before it was asked");
    (void)pthread_mutex_lock(&kit->lock);
    struct call *call = base_map_get(&kit->calls, id);
    if (call != NULL && call->state == CALL_NEW) {
        call->state = CALL_ENDED;
        (void)base_map_remove(&kit->calls, id);
        kit_tell_end(kit, call, &end);
    } else if (call != NULL && call->state == CALL_BEGUN) {
        call->cancelled = true;
    } else if (call != NULL) {
        kit->client->cancel(&call->call);
    }
    (void)pthread_mutex_unlock(&kit->lock);
}

/* Submits a call. False: it has ended, now or before, and there is nothing to wait for. */
static bool submit(void *client, struct call *call) {
    struct kit *kit = call->kit;
    (void)pthread_mutex_lock(&kit->lock);
    bool begun = call->state == CALL_NEW;
    if (begun) {
        call->state = CALL_BEGUN;
    }
    (void)pthread_mutex_unlock(&kit->lock);
    if (!begun) {
        return false;
    }
    kit_tell_started(kit, call);
    kit->client->submit(client, &call->call);
    (void)pthread_mutex_lock(&kit->lock);
    bool under_way = call->state == CALL_BEGUN;
    if (under_way) {
        call->state = CALL_UNDER_WAY;
    }
    if (under_way && call->cancelled) {
        kit->client->cancel(&call->call);
    }
    (void)pthread_mutex_unlock(&kit->lock);
    if (!under_way) {
        kit->client->release(&call->call);
    }
    return under_way;
}

static void wait_for(void *client, struct call *call) {
    call->kit->client->wait(client, &call->call);
    call->kit->client->release(&call->call);
}

void kit_ask(void *client, struct call *call) {
    if (submit(client, call)) {
        wait_for(client, call);
    }
}

/* ---- threads ---- */

static bool start(pthread_t *thread, void *(*work)(void *), void *context) {
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) {
        return false;
    }
    bool started = pthread_attr_setstacksize(&attributes, STACK_BYTES) == 0 &&
                   pthread_create(thread, &attributes, work, context) == 0;
    (void)pthread_attr_destroy(&attributes);
    return started;
}

static void fail_all(struct run *run, size_t first, size_t step, const struct kit_end *end) {
    for (size_t i = first; i < run->count; i += step) {
        kit_end(&run->calls[i].call, end);
    }
}

/* ---- lanes ---- */

static void ask_lane(struct lane *lane, void *client) {
    for (size_t i = lane->first; i < lane->run->count; i += lane->run->threads) {
        kit_ask(client, &lane->run->calls[i]);
    }
}

static void *lane_main(void *context) {
    struct lane *lane = context;
    struct run *run = lane->run;
    const struct kit_client *client = run->kit->client;
    struct kit_end end = {.outcome = "connect"};
    void *own = NULL;
    if (run->mode != RUN_THREADED) {
        ask_lane(lane, run->handle->client);
    } else if (client->open(&run->handle->options, &own, &end)) {
        ask_lane(lane, own);
        client->shut(own);
        client->close(own);
    } else {
        fail_all(run, lane->first, run->threads, &end);
    }
    return NULL;
}

static void run_lanes(struct run *run) {
    struct kit_end no_thread = kit_wrong("other", "no thread can be started");
    struct lane *lanes = base_arena_calloc(&run->arena, run->threads + 1, sizeof(*lanes));
    if (lanes == NULL) {
        fail_all(run, 0, 1, &no_thread);
        return;
    }
    for (size_t i = 0; i < run->threads; i++) {
        lanes[i] = (struct lane){.run = run, .first = i};
        lanes[i].running = start(&lanes[i].thread, lane_main, &lanes[i]);
        if (!lanes[i].running) {
            fail_all(run, i, run->threads, &no_thread);
        }
    }
    for (size_t i = 0; i < run->threads; i++) {
        if (lanes[i].running) {
            (void)pthread_join(lanes[i].thread, NULL);
        }
    }
}

/* ---- gathered ---- */

static void *wait_main(void *context) {
    struct wait *wait = context;
    if (wait->call != NULL) {
        wait_for(wait->client, wait->call);
        return NULL;
    }
    const struct kit_client *client = wait->run->kit->client;
    client->gather(wait->client, wait->functions, wait->count);
    for (size_t i = 0; i < wait->count; i++) {
        client->release(wait->functions[i]);
    }
    return NULL;
}

/* Waits for what was submitted: each by a thread, the last one by this. */
static void wait_all(struct wait *waits, size_t count) {
    for (size_t i = 0; i + 1 < count; i++) {
        waits[i].running = start(&waits[i].thread, wait_main, &waits[i]);
    }
    for (size_t i = 0; i < count; i++) {
        if (!waits[count - 1 - i].running) {
            (void)wait_main(&waits[count - 1 - i]);
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (waits[i].running) {
            (void)pthread_join(waits[i].thread, NULL);
        }
    }
}

static void run_gathered(struct run *run) {
    struct kit_end no_memory = kit_wrong("other", "out of memory");
    void *client = run->handle->client;
    size_t count = 0;
    struct wait all = {.run = run, .client = client};
    struct wait *waits = base_arena_calloc(&run->arena, run->count + 1, sizeof(*waits));
    all.functions = base_arena_calloc(&run->arena, run->count + 1, sizeof(struct kit_call *));
    if (waits == NULL || all.functions == NULL) {
        fail_all(run, 0, 1, &no_memory);
        return;
    }
    for (size_t i = 0; i < run->count; i++) {
        struct call *call = &run->calls[i];
        if (!submit(client, call)) {
            continue;
        }
        if (call->call.function != NULL && run->kit->client->gather != NULL) {
            all.functions[all.count++] = &call->call;
        } else {
            waits[count++] = (struct wait){.run = run, .client = client, .call = call};
        }
    }
    if (all.count > 0) {
        waits[count++] = all;
    }
    wait_all(waits, count);
}

void kit_run(void *context) {
    struct run *run = context;
    struct kit_end end = {.outcome = "other"};
    if (kit_handle_wait(run->handle, &end) == NULL) {
        fail_all(run, 0, 1, &end);
    } else if (run->mode == RUN_GATHERED) {
        run_gathered(run);
    } else {
        run_lanes(run);
    }
    kit_handle_leave(run->handle);
    struct base_arena arena = run->arena;
    base_arena_free(&arena);
}
