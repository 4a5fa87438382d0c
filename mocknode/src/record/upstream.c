/* A window of requests over one link: whose turn it is, how long a reply is waited for, what is
 * told meanwhile. */
#include "record/upstream.h"

#include <signal.h>
#include <stdio.h>
#include <substrate/connection.h>
#include <unistd.h>
#include "base/json.h"
#include "base/text.h"
#include "record/reply_times.h"
#include "record/link.h"

#define WINDOW 64
#define WAIT_DEFAULT_US 300000000 /* runtime calls queue up in slow nodes */
#define FIRST_REPLY_US 30000000   /* who has not answered once by then speaks something else */
#define TELL_US 2000000
#define TELL_TERMINAL_US 100000
#define TELL_WAIT_US 10000000 /* after so long it is said what is being waited for */

static volatile sig_atomic_t interrupted;

void upstream_interrupt(void) { interrupted = 1; }

enum substrate_status upstream_open(struct upstream *upstream, const char *url, uint64_t wait_us,
                                    struct substrate_error *error) {
    const char *named = substrate_network_url(url);
    struct substrate_error why = {.status = SUBSTRATE_OK};
    *upstream = (struct upstream){.url = url,
                                  .wait_us = wait_us > 0 ? wait_us : WAIT_DEFAULT_US,
                                  .terminal = isatty(STDERR_FILENO) == 1};
    reply_times_init(&upstream->reply_times);
    enum substrate_status status = link_open(named != NULL ? named : url, &upstream->link, &why);
    return status == SUBSTRATE_OK ? SUBSTRATE_OK
                                  : base_fail(error, status, "upstream %s: %s", url, why.message);
}

void upstream_close(struct upstream *upstream) {
    if (upstream->link != NULL) {
        link_close(upstream->link);
        reply_times_free(&upstream->reply_times);
    }
    upstream->link = NULL;
}

void upstream_latencies(struct upstream *upstream, struct base_buf *out) {
    reply_times_write(&upstream->reply_times, out);
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

static enum substrate_status no_memory(struct substrate_error *error) {
    return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
}

static enum substrate_status lost(struct upstream *upstream, const struct link_request *request,
                                  struct substrate_error *error) {
    char reason[160];
    link_reason(upstream->link, reason, sizeof reason);
    return base_fail(error, upstream->answered ? SUBSTRATE_E_CLOSED : SUBSTRATE_E_CONNECT,
                     "upstream %s: lost while asking %s: %s", upstream->url, request->method,
                     reason[0] != '\0' ? reason : "out of memory");
}

/* Says now and then what is being waited for. */
static void tell_wait(struct upstream *upstream, const struct link_request *request,
                      uint64_t waited_us) {
    char reason[160];
    if (waited_us >= upstream->wait_told_us + TELL_WAIT_US) {
        upstream->wait_told_us = waited_us;
        link_reason(upstream->link, reason, sizeof reason);
        fprintf(stderr, "%swaiting for %s's answer to %s, for %llu s of at most %llu%s%s\n",
                upstream->terminal ? "\n" : "", upstream->url, request->method,
                (unsigned long long)(waited_us / 1000000),
                (unsigned long long)(upstream->wait_us / 1000000), reason[0] != '\0' ? ": " : "",
                reason);
    }
}

/* Waits for the answer. Half of the time that it may take is for asking once more: the reply may
 * have been lost on the way. */
static enum substrate_status settle(struct upstream *upstream, struct link_request *request,
                                    struct substrate_error *error) {
    uint64_t begun = substrate_now_us(), waited = 0;
    uint64_t limit = upstream->answered || upstream->wait_us < FIRST_REPLY_US ? upstream->wait_us
                                                                              : FIRST_REPLY_US;
    bool repeated = false;
    enum link_state state = link_wait(upstream->link, request);
    upstream->wait_told_us = 0;
    while (state == LINK_WAITING && interrupted == 0 && waited < limit) {
        waited = substrate_now_us() - begun;
        tell_wait(upstream, request, waited);
        if (!repeated && waited > limit / 2) {
            repeated = true;
            link_repeat(upstream->link, request);
        }
        state = link_wait(upstream->link, request);
    }
    switch (state) {
    case LINK_ANSWERED:
        upstream->answered = true;
        reply_times_keep(&upstream->reply_times, request->method,
                         substrate_now_us() - request->begun_us);
        return SUBSTRATE_OK;
    case LINK_LOST:
        return lost(upstream, request, error);
    case LINK_NONSENSE:
        return base_fail(error, SUBSTRATE_E_PROTOCOL,
                         "upstream %s: answered %s with something that is no JSON-RPC 2.0",
                         upstream->url, request->method);
    case LINK_WAITING:
        break;
    }
    return interrupted != 0
               ? base_fail(error, SUBSTRATE_E_CANCELLED, "interrupted")
               : base_fail(error, SUBSTRATE_E_TIMEOUT,
                           "upstream %s: no answer to %s within %llu s, asked twice", upstream->url,
                           request->method, (unsigned long long)(limit / 1000000));
}

/* The parts of an answered request's message, which was parsed when it came. */
static struct upstream_reply read_reply(const struct link_request *request) {
    struct upstream_reply reply = {.is_error = false};
    struct base_json message = {BASE_JSON_OBJECT, {request->reply, request->reply_size}};
    struct base_json error = base_json_member(message, "error");
    reply.result = base_json_member(message, "result").raw;
    if (error.kind == BASE_JSON_OBJECT) {
        reply.is_error = true;
        reply.result = error.raw;
        (void)base_json_i64(base_json_member(error, "code"), &reply.code);
        reply.message = base_json_member(error, "message").raw;
    }
    return reply;
}

enum substrate_status upstream_refused(struct upstream *upstream, const char *method,
                                       const struct upstream_reply *reply,
                                       struct substrate_error *error) {
    struct substrate_text message = reply->message;
    enum substrate_status status =
        base_fail(error, SUBSTRATE_E_RPC, "upstream %s: %s: error %lld %.*s", upstream->url, method,
                  (long long)reply->code, (int)(message.size < 120 ? message.size : 120),
                  message.data != NULL ? message.data : "");
    if (error != NULL) {
        error->rpc_code = reply->code;
    }
    return status;
}

enum substrate_status upstream_ask_either(struct upstream *upstream, const char *method,
                                          struct substrate_text params, struct base_arena *arena,
                                          struct upstream_reply *reply,
                                          struct substrate_error *error) {
    struct link_request *request = link_ask(upstream->link, method, params);
    if (request == NULL) {
        return no_memory(error);
    }
    enum substrate_status status = settle(upstream, request, error);
    if (status == SUBSTRATE_OK) {
        struct upstream_reply read = read_reply(request);
        *reply = read;
        reply->result = base_arena_text(arena, read.result);
        if (read.message.data != NULL && reply->result.data != NULL) { /* a part of the error */
            reply->message.data = reply->result.data + (read.message.data - read.result.data);
        }
        status = reply->result.data != NULL ? SUBSTRATE_OK : no_memory(error);
    }
    link_drop(upstream->link, request);
    return status;
}

enum substrate_status upstream_ask(struct upstream *upstream, const char *method,
                                   struct substrate_text params, struct base_arena *arena,
                                   struct substrate_text *result, struct substrate_error *error) {
    struct upstream_reply reply = {0};
    enum substrate_status status =
        upstream_ask_either(upstream, method, params, arena, &reply, error);
    if (status == SUBSTRATE_OK && reply.is_error) {
        status = upstream_refused(upstream, method, &reply, error);
    }
    if (status == SUBSTRATE_OK) {
        *result = reply.result;
    }
    return status;
}

/* ---- many ---- */

static enum substrate_status begin(struct upstream *upstream, const struct upstream_job *job,
                                   size_t index, struct link_request **request,
                                   struct substrate_error *error) {
    struct base_buf params = BASE_BUF_INIT;
    const char *method = job->make(job->context, index, &params);
    *request = method == NULL || params.failed
                   ? NULL
                   : link_ask(upstream->link, method, base_buf_view(&params));
    base_buf_free(&params);
    return *request != NULL ? SUBSTRATE_OK : no_memory(error);
}

enum substrate_status upstream_ask_many(struct upstream *upstream, const struct upstream_job *job,
                                        struct substrate_error *error) {
    struct link_request *window[WINDOW] = {NULL};
    size_t sent = 0, done = 0;
    enum substrate_status status = SUBSTRATE_OK;
    while (done < job->count && status == SUBSTRATE_OK) {
        while (sent < job->count && sent - done < WINDOW && status == SUBSTRATE_OK) {
            status = begin(upstream, job, sent, &window[sent % WINDOW], error);
            sent += status == SUBSTRATE_OK;
        }
        struct link_request *request = window[done % WINDOW];
        if (status != SUBSTRATE_OK || request == NULL) {
            break;
        }
        status = settle(upstream, request, error);
        if (status == SUBSTRATE_OK) {
            struct upstream_reply reply = read_reply(request);
            status = job->take(job->context, done, &reply, error);
        }
        link_drop(upstream->link, request);
        done++;
        if (status == SUBSTRATE_OK) {
            upstream_tell(upstream, job->phase, done, job->count);
        }
    }
    for (; done < sent; done++) {
        link_drop(upstream->link, window[done % WINDOW]);
    }
    return status;
}
