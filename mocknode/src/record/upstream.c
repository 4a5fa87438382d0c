/* The recorder's side of the client library. */
#include "record/upstream.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#define WINDOW 64
#define REQUEST_TIMEOUT_MS 300000 /* runtime calls queue up in slow nodes */
#define FIRST_REPLY_US 30000000   /* who has not answered once by then speaks something else */
#define WAIT_US 200000            /* between two looks at the interruption */
#define TELL_US 2000000
#define TELL_TERMINAL_US 100000

static volatile sig_atomic_t interrupted;

void upstream_interrupt(void) { interrupted = 1; }

struct samples {
    uint64_t *values;
    size_t count, capacity;
};

enum substrate_status upstream_open(struct upstream *upstream, const char *url,
                                    struct substrate_error *error) {
    struct substrate_connection_options options = SUBSTRATE_CONNECTION_OPTIONS_INIT;
    struct substrate_error why = {.status = SUBSTRATE_OK};
    *upstream = (struct upstream){.url = url, .terminal = isatty(STDERR_FILENO) == 1};
    base_map_init(&upstream->latencies, 0);
    base_arena_init(&upstream->arena, 0);
    options.url = url;
    options.request_timeout_ms = REQUEST_TIMEOUT_MS;
    options.message_bytes_max = (size_t)256 << 20;
    enum substrate_status status = substrate_connection_open(&options, &upstream->connection, &why);
    if (status != SUBSTRATE_OK) {
        upstream->connection = NULL;
        return base_fail(error, status, "upstream %s: %s", url,
                         why.message[0] != '\0' ? why.message : substrate_status_text(status));
    }
    return SUBSTRATE_OK;
}

void upstream_close(struct upstream *upstream) {
    size_t cursor = 0;
    struct substrate_text key;
    void *samples;
    substrate_connection_close(upstream->connection);
    while (base_map_next(&upstream->latencies, &cursor, &key, &samples)) {
        base_free(((struct samples *)samples)->values);
    }
    base_map_free(&upstream->latencies);
    base_arena_free(&upstream->arena);
    *upstream = (struct upstream){.connection = NULL};
}

/* Latencies are no facts: one that finds no memory is left out. */
static void keep_latency(struct upstream *upstream, const char *method, uint64_t spent_us) {
    struct samples *samples = base_map_get(&upstream->latencies, base_text(method));
    if (samples == NULL) {
        struct substrate_text name = base_arena_text(&upstream->arena, base_text(method));
        samples = base_arena_calloc(&upstream->arena, 1, sizeof *samples);
        if (name.data == NULL || samples == NULL ||
            !base_map_put(&upstream->latencies, name, samples)) {
            return;
        }
    }
    if (base_grow((void **)&samples->values, &samples->capacity, samples->count + 1,
                  sizeof *samples->values)) {
        samples->values[samples->count++] = spent_us;
    }
}

static int compare_u64(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return a < b ? -1 : a > b;
}

static int compare_keys(const void *left, const void *right) {
    return base_text_compare(*(const struct substrate_text *)left,
                             *(const struct substrate_text *)right);
}

void upstream_latencies(struct upstream *upstream, struct base_buf *out) {
    struct substrate_text *names =
        base_arena_calloc(&upstream->arena, upstream->latencies.count + 1, sizeof *names);
    size_t count = 0, cursor = 0;
    void *value;
    if (names == NULL) {
        return;
    }
    while (base_map_next(&upstream->latencies, &cursor, &names[count], &value)) {
        count++;
    }
    qsort(names, count, sizeof *names, compare_keys);
    for (size_t i = 0; i < count; i++) {
        struct samples *samples = base_map_get(&upstream->latencies, names[i]);
        if (samples->count == 0) {
            continue;
        }
        qsort(samples->values, samples->count, sizeof *samples->values, compare_u64);
        base_buf_str(out, "{\"method\":");
        base_json_write_string(out, names[i]);
        base_buf_format(out, ",\"count\":%zu,\"min_us\":%llu,\"median_us\":%llu,\"max_us\":%llu}\n",
                        samples->count, (unsigned long long)samples->values[0],
                        (unsigned long long)samples->values[samples->count / 2],
                        (unsigned long long)samples->values[samples->count - 1]);
    }
}

void upstream_tell(struct upstream *upstream, const char *phase, size_t done, size_t count) {
    uint64_t now = substrate_now_us();
    uint64_t pause = upstream->terminal ? TELL_TERMINAL_US : TELL_US;
    if (phase == NULL || count == 0 || (done < count && now - upstream->told_us < pause)) {
        return;
    }
    upstream->told_us = now;
    if (upstream->terminal) {
        fprintf(stderr, "\r%s: %zu of %zu%s", phase, done, count, done == count ? "\n" : "");
    } else {
        fprintf(stderr, "%s: %zu of %zu\n", phase, done, count);
    }
}

/* ---- one ---- */

struct flight {
    struct substrate_pending *pending;
    const char *method;
    uint64_t begun_us;
};

static enum substrate_status submit(struct upstream *upstream, const char *method,
                                    struct substrate_text params, struct flight *flight,
                                    struct substrate_error *error) {
    struct substrate_error why = {.status = SUBSTRATE_OK};
    flight->method = method;
    flight->begun_us = substrate_now_us();
    struct substrate_request request = {method, params,
                                        upstream->answered ? 0 : flight->begun_us + FIRST_REPLY_US};
    enum substrate_status status =
        substrate_submit(upstream->connection, &request, &flight->pending, &why);
    if (status != SUBSTRATE_OK) {
        flight->pending = NULL;
        return base_fail(error, status, "upstream %s: %s: %s", upstream->url, method,
                         why.message[0] != '\0' ? why.message : substrate_status_text(status));
    }
    return SUBSTRATE_OK;
}

/* The client drops what is no JSON-RPC and waits on; a recorder has no use for such an upstream. */
static bool talks_nonsense(const struct upstream *upstream) {
    struct substrate_connection_counters counters;
    substrate_connection_get_counters(upstream->connection, &counters);
    return counters.malformed > 0;
}

static enum substrate_status settle(struct upstream *upstream, struct flight *flight,
                                    const struct substrate_reply **reply,
                                    struct substrate_error *error) {
    enum substrate_status status = SUBSTRATE_E_PENDING;
    while (status == SUBSTRATE_E_PENDING && interrupted == 0) {
        status = substrate_wait(flight->pending, substrate_now_us() + WAIT_US, reply);
        if (status == SUBSTRATE_E_PENDING && talks_nonsense(upstream)) {
            return base_fail(error, SUBSTRATE_E_PROTOCOL,
                             "upstream %s: answered %s with something that is no JSON-RPC 2.0",
                             upstream->url, flight->method);
        }
    }
    if (status == SUBSTRATE_E_PENDING) {
        return base_fail(error, SUBSTRATE_E_CANCELLED, "interrupted");
    }
    if (status == SUBSTRATE_OK || status == SUBSTRATE_E_RPC) {
        upstream->answered = true;
        keep_latency(upstream, flight->method, substrate_now_us() - flight->begun_us);
        return SUBSTRATE_OK;
    }
    return base_fail(error, status, "upstream %s: lost while asking %s: %s", upstream->url,
                     flight->method, substrate_status_text(status));
}

enum substrate_status upstream_refused(struct upstream *upstream, const char *method,
                                       const struct substrate_reply *reply,
                                       struct substrate_error *error) {
    struct substrate_text message = reply->rpc_message;
    enum substrate_status status = base_fail(
        error, SUBSTRATE_E_RPC, "upstream %s: %s: error %lld %.*s", upstream->url, method,
        (long long)reply->rpc_code, (int)(message.size < 120 ? message.size : 120), message.data);
    if (error != NULL) {
        error->rpc_code = reply->rpc_code;
    }
    return status;
}

enum substrate_status upstream_ask(struct upstream *upstream, const char *method,
                                   struct substrate_text params, struct base_arena *arena,
                                   struct substrate_text *result, struct substrate_error *error) {
    struct flight flight;
    const struct substrate_reply *reply = NULL;
    enum substrate_status status = submit(upstream, method, params, &flight, error);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    status = settle(upstream, &flight, &reply, error);
    if (status == SUBSTRATE_OK && reply->status == SUBSTRATE_E_RPC) {
        status = upstream_refused(upstream, method, reply, error);
    } else if (status == SUBSTRATE_OK) {
        *result = base_arena_text(arena, reply->result);
        if (result->data == NULL) {
            status = base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
        }
    }
    substrate_pending_free(flight.pending);
    return status;
}

/* ---- many ---- */

static enum substrate_status submit_next(struct upstream *upstream, const struct upstream_job *job,
                                         size_t index, struct flight *flight,
                                         struct substrate_error *error) {
    struct base_buf params = BASE_BUF_INIT;
    const char *method = job->make(job->context, index, &params);
    enum substrate_status status;
    if (method == NULL || params.failed) {
        status = base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    } else {
        status = submit(upstream, method, base_buf_view(&params), flight, error);
    }
    base_buf_free(&params);
    return status;
}

enum substrate_status upstream_ask_many(struct upstream *upstream, const struct upstream_job *job,
                                        struct substrate_error *error) {
    struct flight flights[WINDOW] = {{NULL, NULL, 0}};
    size_t sent = 0, done = 0;
    enum substrate_status status = SUBSTRATE_OK;
    while (done < job->count && status == SUBSTRATE_OK) {
        while (sent < job->count && sent - done < WINDOW && status == SUBSTRATE_OK) {
            status = submit_next(upstream, job, sent, &flights[sent % WINDOW], error);
            sent += status == SUBSTRATE_OK;
        }
        if (status != SUBSTRATE_OK) {
            break;
        }
        struct flight *flight = &flights[done % WINDOW];
        const struct substrate_reply *reply = NULL;
        status = settle(upstream, flight, &reply, error);
        if (status == SUBSTRATE_OK) {
            status = job->take(job->context, done, reply, error);
        }
        substrate_pending_free(flight->pending);
        flight->pending = NULL;
        done++;
        if (status == SUBSTRATE_OK) {
            upstream_tell(upstream, job->phase, done, job->count);
        }
    }
    for (; done < sent; done++) {
        substrate_pending_free(flights[done % WINDOW].pending);
    }
    return status;
}
