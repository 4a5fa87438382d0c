/* The adapter: one thread reads lines; each run has a thread of its own, so that lines are read
 * while calls are in flight. All runs but threaded ones share one connection, which is opened for
 * the first of them. */
#include "adapter.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"
#include "adapter_line.h"
#include "ask.h"
#include "catalog.h"

#define LINE_MAX_BYTES ((size_t)64 << 20)
#define READ_BYTES ((size_t)65536)

struct adapter {
    struct substrate_connection_options connect;
    pthread_mutex_t lock; /* of what follows; none other is taken outside of it but the library's */
    pthread_cond_t idle;
    struct base_map calls; /* struct call, by the raw text of its id */
    size_t runs;
    struct substrate_run_cost cost; /* of threaded runs that have ended */
    pthread_mutex_t connecting;     /* held while the connection is opened */
    struct substrate_connection *connection;
    pthread_mutex_t output;
    bool broken; /* under `output`: nobody reads any more */
    uint64_t line_number;
};

struct call {
    struct substrate_text id;
    struct substrate_query *query;
};

struct run {
    struct adapter *adapter;
    struct base_arena arena; /* of everything here, the line included */
    struct line line;
    struct call *calls; /* those that have a query */
    struct substrate_query **queries;
    struct substrate_outcome *outcomes;
    size_t count;
};

/* ---- events ---- */

static void emit(struct adapter *adapter, struct base_buf *event) {
    base_buf_char(event, '\n');
    (void)pthread_mutex_lock(&adapter->output);
    if (!adapter->broken && !event->failed) {
        adapter->broken = print_text(base_buf_view(event)) != EXIT_ANSWERED;
    }
    (void)pthread_mutex_unlock(&adapter->output);
    base_buf_free(event);
}

static const char *presence_word(enum substrate_presence presence) {
    switch (presence) {
    case SUBSTRATE_DEFAULT:
        return "default";
    case SUBSTRATE_ABSENT:
        return "absent";
    case SUBSTRATE_PRESENT:
        break;
    }
    return "present";
}

/* The one terminal event of a call. Without memory for the whole it is told without its value: a
 * call that never ends would be worse. */
static void emit_end(struct adapter *adapter, struct substrate_text id,
                     const struct substrate_outcome *outcome) {
    struct base_buf event = BASE_BUF_INIT;
    base_buf_str(&event, "{\"event\":\"end\",\"id\":");
    base_buf_text(&event, id);
    base_buf_str(&event, ",\"outcome\":\"");
    write_status_word(&event, outcome->status);
    base_buf_char(&event, '"');
    if (outcome->status == SUBSTRATE_OK) {
        base_buf_format(&event,
                        ",\"presence\":\"%s\",\"value\":", presence_word(outcome->presence));
        base_buf_text(&event, outcome->value);
    } else {
        if (outcome->status == SUBSTRATE_E_RPC) {
            base_buf_str(&event, ",\"code\":");
            base_buf_i64(&event, outcome->error.rpc_code);
        }
        base_buf_str(&event, ",\"message\":");
        base_json_write_string(&event, base_text(outcome->error.message));
    }
    base_buf_char(&event, '}');
    if (event.failed) {
        (void)pthread_mutex_lock(&adapter->output);
        (void)printf("{\"event\":\"end\",\"id\":%.*s,\"outcome\":\"memory\"}\n", (int)id.size,
                     id.data);
        (void)fflush(stdout);
        (void)pthread_mutex_unlock(&adapter->output);
        base_buf_free(&event);
        return;
    }
    emit(adapter, &event);
}

static void emit_refused(struct adapter *adapter, const struct substrate_error *error) {
    struct base_buf event = BASE_BUF_INIT;
    base_buf_str(&event, "{\"event\":\"refused\",\"line\":");
    base_buf_u64(&event, adapter->line_number);
    base_buf_str(&event, ",\"message\":");
    base_json_write_string(&event, base_text(error->message));
    base_buf_char(&event, '}');
    emit(adapter, &event);
}

static void emit_hello(struct adapter *adapter, const char *version) {
    struct base_buf event = BASE_BUF_INIT;
    const struct subtensor_function *function = NULL;
    base_buf_format(
        &event,
        "{\"event\":\"hello\",\"protocol\":%d,\"name\":\"subtensor\",\"version\":\"%s\","
        "\"language\":\"C\",\"modes\":[",
        ADAPTER_PROTOCOL, version);
    for (int mode = 0; mode <= SUBSTRATE_MODE_SHARED; mode++) {
        base_buf_format(&event, "%s\"%s\"", mode > 0 ? "," : "",
                        mode_name((enum substrate_mode)mode));
    }
    base_buf_str(&event, "],\"functions\":[");
    for (size_t i = 0; (function = catalog_at(i)) != NULL; i++) {
        base_buf_format(&event, "%s\"%s\"", i > 0 ? "," : "", function->name);
    }
    base_buf_str(&event, "]}");
    emit(adapter, &event);
}

static void emit_stats(struct adapter *adapter, struct substrate_text id) {
    struct base_buf event = BASE_BUF_INIT;
    struct substrate_connection_counters counters = {0};
    (void)pthread_mutex_lock(&adapter->connecting);
    struct substrate_connection *connection = adapter->connection;
    (void)pthread_mutex_unlock(&adapter->connecting);
    if (connection != NULL) {
        substrate_connection_get_counters(connection, &counters);
    }
    (void)pthread_mutex_lock(&adapter->lock);
    struct substrate_run_cost cost = adapter->cost;
    size_t calls = adapter->calls.count;
    (void)pthread_mutex_unlock(&adapter->lock);
    uint32_t peak = counters.in_flight_peak > cost.in_flight_peak ? counters.in_flight_peak
                                                                  : cost.in_flight_peak;
    base_buf_str(&event, "{\"event\":\"stats\",\"id\":");
    base_buf_text(&event, id);
    base_buf_format(&event, ",\"calls\":%zu,\"sockets\":%llu,\"requests\":%llu", calls,
                    (unsigned long long)cost.connections + (connection != NULL),
                    (unsigned long long)cost.requests + counters.submitted);
    base_buf_format(&event, ",\"in_flight\":%u,\"in_flight_peak\":%u", counters.in_flight, peak);
    base_buf_format(&event, ",\"late\":%llu,\"unknown\":%llu,\"malformed\":%llu}",
                    (unsigned long long)counters.late, (unsigned long long)counters.unknown,
                    (unsigned long long)counters.malformed);
    emit(adapter, &event);
}

/* ---- runs ---- */

/* A call that has an outcome is known no more, and can be asked again under its id. */
static void end_call(struct adapter *adapter, const struct call *call,
                     const struct substrate_outcome *outcome) {
    (void)pthread_mutex_lock(&adapter->lock);
    (void)base_map_remove(&adapter->calls, call->id);
    (void)pthread_mutex_unlock(&adapter->lock);
    emit_end(adapter, call->id, outcome);
}

static void on_ended(void *context, size_t index, const struct substrate_outcome *outcome) {
    struct run *run = context;
    end_call(run->adapter, &run->calls[index], outcome);
}

/* The connection of all, opened when it is first needed. A failure is the caller's; the next one
 * tries again. */
static enum substrate_status connect_once(struct adapter *adapter,
                                          struct substrate_connection **connection,
                                          struct substrate_error *error) {
    enum substrate_status status = SUBSTRATE_OK;
    (void)pthread_mutex_lock(&adapter->connecting);
    if (adapter->connection == NULL) {
        status = substrate_connection_open(&adapter->connect, &adapter->connection, error);
    }
    *connection = adapter->connection;
    (void)pthread_mutex_unlock(&adapter->connecting);
    return status;
}

static void run_free(struct run *run) {
    struct base_arena arena = run->arena;
    for (size_t i = 0; run->queries != NULL && i < run->count; i++) {
        substrate_query_free(run->queries[i]);
    }
    base_arena_free(&arena);
}

static void ask_run(struct run *run) {
    struct adapter *adapter = run->adapter;
    struct substrate_run_options options = SUBSTRATE_RUN_OPTIONS_INIT;
    struct substrate_run_cost cost = {0};
    struct substrate_outcome failed = {0};
    enum substrate_status status = SUBSTRATE_OK;
    options.mode = run->line.mode;
    options.threads_max = run->line.threads;
    options.connect = &adapter->connect;
    options.ended = on_ended;
    options.context = run;
    options.cost = &cost;
    if (options.mode != SUBSTRATE_MODE_THREADED) {
        status = connect_once(adapter, &options.connection, &failed.error);
    }
    if (status == SUBSTRATE_OK) {
        status = substrate_run(&options, run->queries, run->count, run->outcomes, &failed.error);
    }
    failed.status = status;
    for (size_t i = 0; i < run->count && status < SUBSTRATE_OK; i++) {
        end_call(adapter, &run->calls[i], &failed);
    }
    (void)pthread_mutex_lock(&adapter->lock);
    adapter->cost.connections += cost.connections;
    adapter->cost.requests += cost.requests;
    if (cost.in_flight_peak > adapter->cost.in_flight_peak) {
        adapter->cost.in_flight_peak = cost.in_flight_peak;
    }
    (void)pthread_mutex_unlock(&adapter->lock);
}

static void *work(void *context) {
    struct run *run = context;
    struct adapter *adapter = run->adapter;
    ask_run(run);
    run_free(run);
    (void)pthread_mutex_lock(&adapter->lock);
    adapter->runs -= 1;
    (void)pthread_cond_signal(&adapter->idle);
    (void)pthread_mutex_unlock(&adapter->lock);
    return NULL;
}

static bool start_thread(struct run *run) {
    pthread_attr_t attributes;
    pthread_t thread;
    if (pthread_attr_init(&attributes) != 0) {
        return false;
    }
    bool started = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0 &&
                   pthread_create(&thread, &attributes, work, run) == 0;
    (void)pthread_attr_destroy(&attributes);
    return started;
}

/* Makes known the calls that are about to be asked; none of them when an id is in use. */
static enum substrate_status register_calls(struct adapter *adapter, struct run *run,
                                            struct substrate_error *error) {
    enum substrate_status status = SUBSTRATE_OK;
    size_t count = 0;
    (void)pthread_mutex_lock(&adapter->lock);
    while (count < run->line.count && status == SUBSTRATE_OK) {
        struct call *call = &run->calls[count];
        call->id = run->line.calls[count].id;
        if (base_map_get(&adapter->calls, call->id) != NULL) {
            status = base_fail(error, SUBSTRATE_E_ARGUMENT, "the id %.*s is in use",
                               call->id.size < 100 ? (int)call->id.size : 100, call->id.data);
        } else if (!base_map_put(&adapter->calls, call->id, call)) {
            status = base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
        } else {
            count += 1;
        }
    }
    while (status != SUBSTRATE_OK && count > 0) {
        count -= 1;
        (void)base_map_remove(&adapter->calls, run->calls[count].id);
    }
    adapter->runs += status == SUBSTRATE_OK;
    (void)pthread_mutex_unlock(&adapter->lock);
    return status;
}

/* Makes the query of a call; one that cannot be made has ended. */
static void make_call(struct run *run, size_t index, uint64_t now_us) {
    struct line_call *line = &run->line.calls[index];
    const struct subtensor_function *function = NULL;
    struct substrate_query *query = NULL;
    struct substrate_error error = line->error;
    if (error.status == SUBSTRATE_OK) {
        error.status = catalog_find(line->function, &function, &error);
    }
    if (error.status == SUBSTRATE_OK) {
        error.status = catalog_query(function, line->args, &line->pin, &query, &error);
    }
    struct call call = {line->id, query};
    if (error.status != SUBSTRATE_OK) {
        struct substrate_outcome outcome = {.status = error.status, .error = error};
        end_call(run->adapter, &call, &outcome);
        return;
    }
    if (line->deadline_ms != 0) {
        substrate_query_set_deadline(query, now_us + line->deadline_ms * 1000);
    }
    /* The calls that are asked move together; the map must follow. */
    (void)pthread_mutex_lock(&run->adapter->lock);
    run->calls[run->count] = call;
    (void)base_map_put(&run->adapter->calls, call.id, &run->calls[run->count]);
    (void)pthread_mutex_unlock(&run->adapter->lock);
    run->queries[run->count] = query;
    run->count += 1;
}

/* Starts what a line asks. Takes `run`. */
static enum substrate_status start_run(struct run *run, struct substrate_error *error) {
    struct adapter *adapter = run->adapter;
    size_t count = run->line.count;
    uint64_t now_us = substrate_now_us();
    run->calls = base_arena_calloc(&run->arena, count + 1, sizeof(*run->calls));
    run->queries = base_arena_calloc(&run->arena, count + 1, sizeof(struct substrate_query *));
    run->outcomes = base_arena_calloc(&run->arena, count + 1, sizeof(*run->outcomes));
    if (run->calls == NULL || run->queries == NULL || run->outcomes == NULL) {
        run_free(run);
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    enum substrate_status status = register_calls(adapter, run, error);
    if (status != SUBSTRATE_OK) {
        run_free(run);
        return status;
    }
    for (size_t i = 0; i < count; i++) {
        make_call(run, i, now_us);
    }
    if (run->count == 0 || !start_thread(run)) {
        struct substrate_outcome outcome = {.status = SUBSTRATE_E_IO};
        (void)base_fail(&outcome.error, SUBSTRATE_E_IO, "no thread can be started");
        for (size_t i = 0; i < run->count; i++) {
            end_call(adapter, &run->calls[i], &outcome);
        }
        run_free(run);
        (void)pthread_mutex_lock(&adapter->lock);
        adapter->runs -= 1;
        (void)pthread_mutex_unlock(&adapter->lock);
    }
    return SUBSTRATE_OK;
}

/* A call that is not known has ended, or never was: its driver knows. */
static void cancel(struct adapter *adapter, struct substrate_text id) {
    (void)pthread_mutex_lock(&adapter->lock);
    struct call *call = base_map_get(&adapter->calls, id);
    if (call != NULL) {
        substrate_query_cancel(call->query);
    }
    (void)pthread_mutex_unlock(&adapter->lock);
}

/* ---- lines ---- */

/* The run's memory holds itself, and a copy of the line, which it views. */
static struct run *run_new(struct adapter *adapter, struct substrate_text *text) {
    struct base_arena arena;
    base_arena_init(&arena, 0);
    struct run *run = base_arena_calloc(&arena, 1, sizeof(*run));
    *text = base_arena_text(&arena, *text);
    if (run == NULL || text->data == NULL) {
        base_arena_free(&arena);
        return NULL;
    }
    run->adapter = adapter;
    run->arena = arena;
    return run;
}

static void take_line(struct adapter *adapter, struct substrate_text text) {
    struct substrate_error error = {0};
    enum substrate_status status = SUBSTRATE_OK;
    adapter->line_number += 1;
    if (base_text_trim(text).size == 0) {
        return;
    }
    struct run *run = run_new(adapter, &text);
    if (run == NULL) {
        (void)base_fail(&error, SUBSTRATE_E_MEMORY, "out of memory");
        emit_refused(adapter, &error);
        return;
    }
    status = line_read(text, &run->arena, &run->line, &error);
    if (status == SUBSTRATE_OK && run->line.op == LINE_RUN) {
        status = start_run(run, &error);
        run = NULL;
    } else if (status == SUBSTRATE_OK && run->line.op == LINE_CANCEL) {
        cancel(adapter, run->line.id);
    } else if (status == SUBSTRATE_OK) {
        emit_stats(adapter, run->line.id);
    }
    if (run != NULL) {
        run_free(run);
    }
    if (status != SUBSTRATE_OK) {
        emit_refused(adapter, &error);
    }
}

/* Takes the complete lines out of the buffer; a rest without line feed stays. */
static void take_lines(struct adapter *adapter, struct base_buf *input, bool *skipping) {
    size_t begin = 0;
    for (;;) {
        const char *end =
            input->size > begin ? memchr(input->data + begin, '\n', input->size - begin) : NULL;
        if (end == NULL) {
            break;
        }
        size_t next = (size_t)(end - input->data) + 1;
        if (!*skipping) {
            take_line(adapter, (struct substrate_text){input->data + begin, next - 1 - begin});
        }
        *skipping = false;
        begin = next;
    }
    if (begin > 0) {
        memmove(input->data, input->data + begin, input->size - begin);
        input->size -= begin;
    }
    if (input->size > LINE_MAX_BYTES || *skipping) {
        struct substrate_error error;
        if (!*skipping) {
            adapter->line_number += 1;
            (void)base_fail(&error, SUBSTRATE_E_LIMIT, "longer than %zu bytes", LINE_MAX_BYTES);
            emit_refused(adapter, &error);
        }
        *skipping = true;
        input->size = 0;
    }
}

static enum exit_code read_lines(struct adapter *adapter) {
    struct base_buf input = BASE_BUF_INIT;
    struct substrate_error error = {0};
    enum exit_code code = EXIT_ANSWERED;
    bool skipping = false;
    for (;;) {
        if (!base_buf_reserve(&input, READ_BYTES)) {
            (void)base_fail(&error, SUBSTRATE_E_MEMORY, "out of memory for a line");
            code = tell_error(&error);
            break;
        }
        ssize_t size = read(STDIN_FILENO, input.data + input.size, READ_BYTES);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0) {
            perror("subtensor: standard input");
            code = EXIT_INTERNAL;
        }
        if (size <= 0) {
            break;
        }
        input.size += (size_t)size;
        take_lines(adapter, &input, &skipping);
    }
    if (input.size > 0) {
        take_line(adapter, base_buf_view(&input));
    }
    base_buf_free(&input);
    return code;
}

/* ---- the adapter ---- */

static enum substrate_status configure(struct adapter *adapter, const struct options *options,
                                       struct substrate_error *error) {
    struct substrate_connection_options connect = SUBSTRATE_CONNECTION_OPTIONS_INIT;
    connect.url = options->word_count > 1 ? options->words[1] : options->network;
    if (options->word_count > 2 || substrate_network_url(connect.url) == NULL) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT,
                         "adapter takes one argument, the name or the URL of a network");
    }
    if (options->pin.hash != NULL || options->pin.by_number) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT,
                         "adapter: each call says its block itself, by its pin");
    }
    if (options->timeout_ms != 0) {
        connect.request_timeout_ms = connect.connect_timeout_ms = options->timeout_ms;
    }
    *adapter = (struct adapter){
        .connect = connect,
        .lock = PTHREAD_MUTEX_INITIALIZER,
        .idle = PTHREAD_COND_INITIALIZER,
        .connecting = PTHREAD_MUTEX_INITIALIZER,
        .output = PTHREAD_MUTEX_INITIALIZER,
    };
    base_map_init(&adapter->calls, 0);
    return SUBSTRATE_OK;
}

enum exit_code adapter_main(const struct options *options, const char *version) {
    struct adapter adapter;
    struct substrate_error error = {0};
    if (configure(&adapter, options, &error) != SUBSTRATE_OK) {
        return tell_error(&error);
    }
    emit_hello(&adapter, version);
    enum exit_code code = read_lines(&adapter);
    (void)pthread_mutex_lock(&adapter.lock);
    while (adapter.runs > 0) {
        (void)pthread_cond_wait(&adapter.idle, &adapter.lock);
    }
    (void)pthread_mutex_unlock(&adapter.lock);
    substrate_connection_close(adapter.connection);
    base_map_free(&adapter.calls);
    return code == EXIT_ANSWERED && adapter.broken ? EXIT_INTERNAL : code;
}
