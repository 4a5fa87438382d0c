/* subnet_exists of the first COUNT netuids, typed, as one gather of one connection, pinned to the
 * head. A pass warms up, and finds out the runtime; then passes are counted for a while. Each
 * answer is compared with what it must be. */
#include <stdlib.h>
#include <subtensor/subtensor.h>
#include "bench.h"

#define PASSES_MAX 10000

struct job {
    struct substrate_connection *connection;
    struct substrate_hash head;
    struct substrate_query **queries;
    struct substrate_outcome *outcomes;
    uint64_t count, lost, wrong;
    const char *exist; /* the netuids that do, with a comma behind each */
};

static bool must_exist(const struct job *job, uint64_t netuid) {
    char number[24];
    (void)snprintf(number, sizeof number, ",%llu,", (unsigned long long)netuid);
    return strstr(job->exist, number) != NULL;
}

static void judge(struct job *job) {
    for (uint64_t i = 0; i < job->count; i++) {
        const bool *value =
            job->outcomes[i].status == SUBSTRATE_OK ? subtensor_value(job->queries[i]) : NULL;
        job->lost += value == NULL;
        job->wrong += value != NULL && *value != must_exist(job, i);
    }
}

/* Microseconds from the first query that is made to the last that has its answer. */
static uint64_t pass(struct job *job) {
    struct substrate_run_options options = SUBSTRATE_RUN_OPTIONS_INIT;
    const struct substrate_pin pin = {.hash = &job->head};
    struct substrate_error error = {0};
    uint64_t from = substrate_now_us(), made = 0;
    options.mode = SUBSTRATE_MODE_GATHERED;
    options.connection = job->connection;
    while (made < job->count && subtensor_query_subnet_exists(
                                    (uint16_t)made, &pin, &job->queries[made]) == SUBSTRATE_OK) {
        made++;
    }
    bool ran = made == job->count &&
               substrate_run(&options, job->queries, job->count, job->outcomes, &error) >= 0;
    uint64_t took = substrate_now_us() - from;
    if (ran) {
        judge(job);
    } else {
        fprintf(stderr, "exists: %s\n", error.message);
        job->lost += job->count;
    }
    for (uint64_t i = 0; i < made; i++) {
        substrate_query_free(job->queries[i]);
    }
    return took;
}

static int by_size(const void *left, const void *right) {
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

static bool measure(struct job *job, uint64_t ms) {
    uint64_t *each = base_calloc(PASSES_MAX, sizeof *each);
    if (each == NULL) {
        return false;
    }
    (void)pass(job);
    uint64_t from = substrate_now_us(), cpu = bench_cpu_us();
    size_t passes = 0;
    do {
        each[passes++] = pass(job);
    } while (passes < PASSES_MAX && substrate_now_us() < from + ms * 1000 && job->lost == 0);
    double used = (double)(bench_cpu_us() - cpu) / (double)passes;
    qsort(each, passes, sizeof *each, by_size);
    printf("{\"passes\":%zu,\"us\":%llu,\"cpu_us\":%.1f,\"lost\":%llu,\"wrong\":%llu}\n", passes,
           (unsigned long long)each[passes / 2], used, (unsigned long long)job->lost,
           (unsigned long long)job->wrong);
    base_free(each);
    return job->lost == 0 && job->wrong == 0;
}

int main(int argc, char **argv) {
    const char *url = NULL;
    uint64_t ms = 1000;
    struct job job = {.count = 10000, .exist = ","};
    const struct bench_option options[] = {{"--url", &url, NULL},
                                           {"--count", NULL, &job.count},
                                           {"--ms", NULL, &ms},
                                           {"--exist", &job.exist, NULL}};
    struct substrate_connection_options connect = SUBSTRATE_CONNECTION_OPTIONS_INIT;
    struct substrate_error error = {0};
    if (!bench_options(argc, argv, options, sizeof options / sizeof *options) ||
        job.count > UINT16_MAX) {
        return 2;
    }
    connect.url = url;
    job.queries = base_calloc(job.count, sizeof(*job.queries));
    job.outcomes = base_calloc(job.count, sizeof(*job.outcomes));
    bool good = job.queries != NULL && job.outcomes != NULL &&
                substrate_connection_open(&connect, &job.connection, &error) == SUBSTRATE_OK &&
                substrate_get_block_hash(job.connection, -1, &job.head, &error) == SUBSTRATE_OK;
    if (!good) {
        fprintf(stderr, "exists: %s\n", error.message);
    }
    good = good && measure(&job, ms);
    substrate_connection_close(job.connection);
    base_free(job.outcomes);
    base_free(job.queries);
    substrate_runtimes_forget();
    return good ? 0 : 1;
}
