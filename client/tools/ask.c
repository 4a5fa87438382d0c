/* Asking, in any mode; see ask.h. */
#include "ask.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "catalog.h"
#include "words.h"

#define REPORT_US ((uint64_t)5000000) /* between two lines of progress in a log */

/* What one process asks. */
struct asking {
    const struct options *options;
    const struct subtensor_function *function;
    struct base_arena arena;
    struct questions questions;
    struct substrate_query **queries;
    struct substrate_outcome *outcomes;
    struct substrate_connection *connection;
    struct substrate_run_cost cost;
    /* Progress of a map. */
    bool terminal, reported;
    uint64_t report_at_us;
};

static void on_progress(void *context, uint64_t entries) {
    struct asking *asking = context;
    if (asking->terminal) {
        (void)fprintf(stderr, "\r%" PRIu64 " entries", entries);
        asking->reported = true;
    } else if (substrate_now_us() >= asking->report_at_us) {
        asking->report_at_us = substrate_now_us() + REPORT_US;
        (void)fprintf(stderr, "subtensor: %" PRIu64 " entries so far\n", entries);
    }
}

/* Says of an error which of many questions it is of. */
static void name_question(const struct asking *asking, size_t index,
                          struct substrate_error *error) {
    struct substrate_error whole = *error;
    struct substrate_text arguments = asking->questions.arguments[index];
    (void)base_fail(error, whole.status, "%.*s: %.400s",
                    arguments.size < 100 ? (int)arguments.size : 100, arguments.data,
                    whole.message);
}

/* ---- making the queries ---- */

static enum substrate_status make_queries(struct asking *asking, struct substrate_error *error) {
    size_t count = asking->questions.count;
    enum substrate_status status = SUBSTRATE_OK;
    asking->queries = base_calloc(count, sizeof(struct substrate_query *));
    asking->outcomes = base_calloc(count, sizeof(*asking->outcomes));
    if (asking->queries == NULL || asking->outcomes == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory for %zu questions", count);
    }
    for (size_t i = 0; i < count && status == SUBSTRATE_OK; i++) {
        status = catalog_query(asking->function, asking->questions.arguments[i],
                               &asking->options->pin, &asking->queries[i], error);
        if (status != SUBSTRATE_OK && asking->questions.many) {
            name_question(asking, i, error);
        }
    }
    if (status == SUBSTRATE_OK && count == 1) {
        substrate_query_set_progress(asking->queries[0], on_progress, asking);
    }
    return status;
}

/* ---- running them ---- */

static enum substrate_status run(struct asking *asking, struct substrate_error *error) {
    const struct options *options = asking->options;
    struct substrate_connection_options connect = SUBSTRATE_CONNECTION_OPTIONS_INIT;
    struct substrate_run_options how = SUBSTRATE_RUN_OPTIONS_INIT;
    enum substrate_status status = SUBSTRATE_OK;
    connect.url = options->network;
    if (options->timeout_ms != 0) {
        connect.request_timeout_ms = connect.connect_timeout_ms = options->timeout_ms;
    }
    if (options->mode != SUBSTRATE_MODE_THREADED) {
        status = substrate_connection_open(&connect, &asking->connection, error);
    }
    if (status == SUBSTRATE_OK) {
        how.mode = options->mode;
        how.connection = asking->connection;
        how.connect = &connect;
        how.threads_max = (uint32_t)options->jobs;
        how.cost = &asking->cost;
        status =
            substrate_run(&how, asking->queries, asking->questions.count, asking->outcomes, error);
    }
    if (asking->reported) {
        (void)fputs("\r\033[K", stderr);
    }
    return status;
}

/* ---- telling the answers ---- */

static void tell_stats(const struct asking *asking) {
    struct substrate_run_cost cost = asking->cost;
    if (asking->connection != NULL) {
        struct substrate_connection_counters counters;
        substrate_connection_get_counters(asking->connection, &counters);
        cost = (struct substrate_run_cost){1, counters.submitted, counters.in_flight_peak};
    }
    (void)fprintf(stderr, "requests %" PRIu64 ", sockets %" PRIu64 ", most in flight on one %u\n",
                  cost.requests, cost.connections, cost.in_flight_peak);
}

/* One element of the answer to many: what was asked, and what came of it. */
static void write_one(struct base_buf *out, struct substrate_text arguments,
                      const struct substrate_outcome *outcome) {
    base_buf_str(out, "{\"args\":");
    base_buf_text(out, arguments);
    if (outcome->status == SUBSTRATE_OK) {
        base_buf_str(out, ",\"value\":");
        base_buf_text(out, outcome->value);
    } else {
        base_buf_str(out, ",\"error\":{\"status\":\"");
        write_status_word(out, outcome->status);
        base_buf_str(out, "\",\"message\":");
        base_json_write_string(out, base_text(outcome->error.message));
        base_buf_char(out, '}');
    }
    base_buf_char(out, '}');
}

static enum exit_code print_many(const struct asking *asking) {
    struct base_buf out = BASE_BUF_INIT;
    struct substrate_error error = {.status = SUBSTRATE_E_MEMORY};
    base_buf_char(&out, '[');
    for (size_t i = 0; i < asking->questions.count; i++) {
        base_buf_str(&out, i > 0 ? "," : "");
        write_one(&out, asking->questions.arguments[i], &asking->outcomes[i]);
    }
    base_buf_char(&out, ']');
    enum exit_code code =
        out.failed ? tell_error(&error) : print_value(asking->options, base_buf_view(&out));
    base_buf_free(&out);
    return code;
}

/* The first failure speaks for all; each is in the answer, unless nothing else is. */
static enum exit_code tell_failures(const struct asking *asking) {
    size_t count = asking->questions.count, first = count, failed = 0;
    for (size_t i = count; i-- > 0;) {
        failed += asking->outcomes[i].status != SUBSTRATE_OK;
        first = asking->outcomes[i].status != SUBSTRATE_OK ? i : first;
    }
    if (first == count) {
        return EXIT_ANSWERED;
    }
    struct substrate_error error = asking->outcomes[first].error;
    if (count == 1) {
        return tell_error(&error);
    }
    enum exit_code code = failed < count ? print_many(asking) : EXIT_ANSWERED;
    struct substrate_error one = error;
    name_question(asking, first, &one);
    (void)base_fail(&error, one.status, "%zu of %zu failed; the first: %.450s", failed, count,
                    one.message);
    return code == EXIT_ANSWERED ? tell_error(&error) : code;
}

static enum exit_code tell(const struct asking *asking, enum substrate_status status,
                           const struct substrate_error *error) {
    enum exit_code code = EXIT_ANSWERED;
    if (status < SUBSTRATE_OK) {
        return tell_error(error);
    }
    if (status == SUBSTRATE_PARTIAL) {
        code = tell_failures(asking);
    } else if (asking->questions.many) {
        code = print_many(asking);
    } else {
        code = print_value(asking->options, asking->outcomes[0].value);
    }
    if (asking->options->stats) {
        tell_stats(asking);
    }
    return code;
}

enum exit_code ask(const struct options *options) {
    struct substrate_error error = {0};
    struct asking asking = {.options = options, .terminal = isatty(STDERR_FILENO) == 1};
    asking.report_at_us = substrate_now_us() + REPORT_US;
    base_arena_init(&asking.arena, 0);
    enum substrate_status status = catalog_find(options->words[0], &asking.function, &error);
    if (status == SUBSTRATE_OK) {
        status = words_read(asking.function, options->words + 1, options->word_count - 1,
                            &asking.arena, &asking.questions, &error);
    }
    if (status == SUBSTRATE_OK) {
        status = make_queries(&asking, &error);
    }
    if (status == SUBSTRATE_OK) {
        status = run(&asking, &error);
    }
    error.status = status;
    enum exit_code code = tell(&asking, status, &error);
    for (size_t i = 0; asking.queries != NULL && i < asking.questions.count; i++) {
        substrate_query_free(asking.queries[i]);
    }
    substrate_connection_close(asking.connection);
    base_free(asking.queries);
    base_free(asking.outcomes);
    base_arena_free(&asking.arena);
    return code;
}
