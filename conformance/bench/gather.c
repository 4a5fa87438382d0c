/* The client library at work: 10,000 small reads as a gather, one after the other, or by 8 threads
 * that share the connection; always one socket. A pass of them warms up, then passes are counted
 * for a while. Each result is compared with what it must be. */
#include <pthread.h>
#include <substrate/call.h>
#include <substrate/connection.h>
#include <substrate/gather.h>
#include "bench.h"

#define THREADS 8

struct job {
    struct substrate_connection *connection;
    const struct bench_workload *workload;
    struct substrate_request *requests;
    size_t count;
    uint64_t lost, wrong;
};

/* One thread's part of a pass: every THREADS-th request from `first` on. */
struct share {
    struct job *job;
    size_t first, step;
    uint64_t lost, wrong;
};

static void judge(const struct job *job, size_t index, const struct substrate_reply *reply,
                  uint64_t *lost, uint64_t *wrong) {
    struct substrate_text expected = job->workload->questions[index % job->workload->count].result;
    if (reply == NULL || reply->status != SUBSTRATE_OK) {
        (*lost)++;
    } else if (!base_text_equal(reply->result, expected)) {
        (*wrong)++;
    }
}

static void pass_gather(struct job *job) {
    struct substrate_gathered *gathered = NULL;
    struct substrate_error error = {0};
    if (substrate_gather(job->connection, job->requests, job->count, &gathered, &error) < 0) {
        fprintf(stderr, "gather: %s\n", error.message);
        job->lost += job->count;
        return;
    }
    for (size_t i = 0; i < gathered->count; i++) {
        judge(job, i, &gathered->replies[i], &job->lost, &job->wrong);
    }
    substrate_gathered_free(gathered);
}

static void *ask_share(void *argument) {
    struct share *share = argument;
    for (size_t i = share->first; i < share->job->count; i += share->step) {
        struct substrate_pending *pending = NULL;
        const struct substrate_reply *reply = NULL;
        enum substrate_status status = substrate_call(
            share->job->connection, &share->job->requests[i], &pending, &reply, NULL);
        judge(share->job, i, status == SUBSTRATE_OK ? reply : NULL, &share->lost, &share->wrong);
        substrate_pending_free(pending);
    }
    return NULL;
}

static void pass_serial(struct job *job) {
    struct share share = {job, 0, 1, 0, 0};
    (void)ask_share(&share);
    job->lost += share.lost;
    job->wrong += share.wrong;
}

static void pass_threads(struct job *job) {
    struct share shares[THREADS];
    pthread_t threads[THREADS];
    size_t started = 0;
    for (; started < THREADS; started++) {
        shares[started] = (struct share){job, started, THREADS, 0, 0};
        if (pthread_create(&threads[started], NULL, ask_share, &shares[started]) != 0) {
            fprintf(stderr, "gather: cannot start a thread\n");
            job->lost += job->count;
            break;
        }
    }
    for (size_t i = 0; i < started; i++) {
        if (pthread_join(threads[i], NULL) != 0) {
            job->lost += job->count;
        }
        job->lost += shares[i].lost;
        job->wrong += shares[i].wrong;
    }
}

static const struct mode {
    const char *name;
    void (*pass)(struct job *job);
} modes[] = {{"gather", pass_gather}, {"serial", pass_serial}, {"threads", pass_threads}};

static const struct mode *mode_find(const char *name) {
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(modes[i].name, name) == 0) {
            return &modes[i];
        }
    }
    fprintf(stderr, "gather: --mode is gather, serial or threads, not %s\n", name);
    return NULL;
}

static void measure(struct job *job, const struct mode *mode, uint64_t ms) {
    mode->pass(job);
    uint64_t from = substrate_now_us(), cpu = bench_cpu_us(), reads = 0, now = 0;
    do {
        mode->pass(job);
        reads += job->count;
        now = substrate_now_us();
    } while (now < from + ms * 1000 && job->lost == 0);
    double seconds = (double)(now - from) / 1e6;
    printf("{\"mode\":\"%s\",\"reads\":%llu,\"seconds\":%.6f,\"per_second\":%.1f,\"wrong\":%llu,"
           "\"lost\":%llu,\"cpu_seconds\":%.6f}\n",
           mode->name, (unsigned long long)reads, seconds, (double)reads / seconds,
           (unsigned long long)job->wrong, (unsigned long long)job->lost,
           (double)(bench_cpu_us() - cpu) / 1e6);
}

static bool job_fill(struct job *job) {
    job->requests = base_calloc(job->count, sizeof *job->requests);
    for (size_t i = 0; job->requests != NULL && i < job->count; i++) {
        job->requests[i].method = "state_getStorage";
        job->requests[i].params = job->workload->questions[i % job->workload->count].params;
    }
    return job->requests != NULL;
}

int main(int argc, char **argv) {
    const char *url = NULL, *name = "gather", *path = NULL;
    uint64_t count = 10000, ms = 1000;
    const struct bench_option options[] = {
        {"--url", &url, NULL},     {"--mode", &name, NULL}, {"--workload", &path, NULL},
        {"--count", NULL, &count}, {"--ms", NULL, &ms},
    };
    struct bench_workload workload;
    if (!bench_options(argc, argv, options, sizeof options / sizeof *options)) {
        return 2;
    }
    const struct mode *mode = mode_find(name);
    if (mode == NULL || !bench_workload_read(&workload, path)) {
        return 2;
    }
    struct job job = {.workload = &workload, .count = count};
    struct substrate_connection_options connect = SUBSTRATE_CONNECTION_OPTIONS_INIT;
    struct substrate_error error = {0};
    connect.url = url;
    bool good = job_fill(&job);
    if (good && substrate_connection_open(&connect, &job.connection, &error) != SUBSTRATE_OK) {
        fprintf(stderr, "gather: %s\n", error.message);
        good = false;
    }
    if (good) {
        measure(&job, mode, ms);
        good = job.lost == 0 && job.wrong == 0;
    }
    substrate_connection_close(job.connection);
    base_free(job.requests);
    bench_workload_free(&workload);
    return good ? 0 : 1;
}
