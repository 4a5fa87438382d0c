/* Runs of the kit: calls in their modes. Each lane is a thread that asks its calls one after the
 * other; in a gathered run one thread submits them all, and each is waited for by its own, up to a
 * limit. */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "kit_internal.h"

/* What a waiting thread needs is little, and there may be thousands of them. */
#define STACK_BYTES ((size_t)256 * 1024)
/* Of more calls than this, those of one thread are told in their order. */
#define WAITERS_MAX ((size_t)1024)

struct lane {
    struct run *run;
    size_t first;
    pthread_t thread;
    bool running;
};

/* The calls of a gathered run that were submitted: those that are waited for one by one, and
 * functions that are waited for at once. */
struct gathering {
    void *client;
    struct call **calls;
    size_t count, step; /* a waiter has each step-th of them */
    struct kit_call **functions;
    size_t function_count;
};
struct waiter {
    struct gathering *gathering;
    size_t first;
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
    struct waiter *waiter = context;
    struct gathering *gathering = waiter->gathering;
    for (size_t i = waiter->first; i < gathering->count; i += gathering->step) {
        wait_for(gathering->client, gathering->calls[i]);
    }
    return NULL;
}

static void wait_functions(const struct kit_client *client, struct gathering *gathering) {
    if (gathering->function_count > 0) {
        client->gather(gathering->client, gathering->functions, gathering->function_count);
    }
    for (size_t i = 0; i < gathering->function_count; i++) {
        client->release(gathering->functions[i]);
    }
}

/* Waits for what was submitted: this thread for functions, if they are waited for at once, and for
 * those calls for which no thread could be started. */
static void wait_all(struct run *run, struct gathering *gathering) {
    gathering->step = gathering->count < WAITERS_MAX ? gathering->count : WAITERS_MAX;
    struct waiter *waiters = base_arena_calloc(&run->arena, gathering->step + 1, sizeof(*waiters));
    struct waiter alone = {.gathering = gathering};
    if (waiters == NULL) {
        gathering->step = 1;
    }
    for (size_t i = 0; waiters != NULL && i < gathering->step; i++) {
        waiters[i] = (struct waiter){.gathering = gathering, .first = i};
        waiters[i].running = start(&waiters[i].thread, wait_main, &waiters[i]);
    }
    wait_functions(run->kit->client, gathering);
    if (waiters == NULL) {
        (void)wait_main(&alone);
        return;
    }
    for (size_t i = 0; i < gathering->step; i++) {
        if (waiters[i].running) {
            (void)pthread_join(waiters[i].thread, NULL);
        } else {
            (void)wait_main(&waiters[i]);
        }
    }
}

static void run_gathered(struct run *run) {
    struct kit_end no_memory = kit_wrong("other", "out of memory");
    struct gathering gathering = {.client = run->handle->client};
    gathering.calls = base_arena_calloc(&run->arena, run->count + 1, sizeof(struct call *));
    gathering.functions = base_arena_calloc(&run->arena, run->count + 1, sizeof(struct kit_call *));
    if (gathering.calls == NULL || gathering.functions == NULL) {
        fail_all(run, 0, 1, &no_memory);
        return;
    }
    for (size_t i = 0; i < run->count; i++) {
        struct call *call = &run->calls[i];
        if (!submit(gathering.client, call)) {
            continue;
        }
        if (call->call.function != NULL && run->kit->client->gather != NULL) {
            gathering.functions[gathering.function_count++] = &call->call;
        } else {
            gathering.calls[gathering.count++] = call;
        }
    }
    wait_all(run, &gathering);
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
