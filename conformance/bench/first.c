/* From the start of a process to its first typed answer: `--rounds N` starts itself anew so many
 * times, and measures from before that to the line that the child writes when it has its answer,
 * connected, the metadata fetched and parsed. The child tells its own peak of memory. */
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <subtensor/subtensor.h>
#include "bench.h"

extern char **environ;

#define NETUID 1 /* which exists */

/* The most memory that this process has had at once, in kB; 0: not told. */
static uint64_t peak_kb(void) {
    char line[256];
    uint64_t kb = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "VmHWM:", 6) == 0) {
            const char *at = line + 6 + strspn(line + 6, " \t");
            (void)base_text_u64((struct substrate_text){at, strspn(at, "0123456789")}, &kb);
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return kb;
}

static int child(const char *url) {
    struct substrate_connection_options connect = SUBSTRATE_CONNECTION_OPTIONS_INIT;
    struct substrate_connection *connection = NULL;
    struct substrate_query *query = NULL;
    struct substrate_error error = {0};
    connect.url = url;
    bool good = substrate_connection_open(&connect, &connection, &error) == SUBSTRATE_OK &&
                subtensor_query_subnet_exists(NETUID, NULL, &query) == SUBSTRATE_OK &&
                substrate_query_ask(connection, query, &error) == SUBSTRATE_OK;
    const bool *value = good ? subtensor_value(query) : NULL;
    if (value == NULL || !*value) {
        fprintf(stderr, "first: %s\n", good ? "the answer is wrong" : error.message);
        good = false;
    } else {
        printf("%llu\n", (unsigned long long)peak_kb());
        good = fflush(stdout) == 0;
    }
    substrate_query_free(query);
    substrate_connection_close(connection);
    substrate_runtimes_forget();
    return good ? 0 : 1;
}

/* Starts the child with its standard output in `ends`[1]. */
static bool start(char *program, char *url, int ends[2], pid_t *pid) {
    char option[] = "--child";
    char *const arguments[] = {program, option, url, NULL};
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions) != 0) {
        return false;
    }
    bool good = posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO) == 0 &&
                posix_spawn_file_actions_addclose(&actions, ends[0]) == 0 &&
                posix_spawn_file_actions_addclose(&actions, ends[1]) == 0 &&
                posix_spawn(pid, program, &actions, NULL, arguments, environ) == 0;
    return posix_spawn_file_actions_destroy(&actions) == 0 && good;
}

static bool round_of(char *program, char *url) {
    int ends[2] = {-1, -1}, status = -1;
    char line[32];
    pid_t pid = 0;
    uint64_t kb = 0, from = substrate_now_us();
    if (pipe(ends) != 0 || !start(program, url, ends, &pid)) {
        fprintf(stderr, "first: cannot start %s\n", program);
        return false;
    }
    (void)close(ends[1]);
    ssize_t got = read(ends[0], line, sizeof line);
    uint64_t took = substrate_now_us() - from;
    (void)close(ends[0]);
    bool good = waitpid(pid, &status, 0) == pid && status == 0 && got > 1 &&
                base_text_u64((struct substrate_text){line, (size_t)got - 1}, &kb);
    if (good) {
        printf("{\"us\":%llu,\"kb\":%llu}\n", (unsigned long long)took, (unsigned long long)kb);
    }
    return good;
}

int main(int argc, char **argv) {
    static char url[256];
    const char *given = NULL;
    uint64_t rounds = 5;
    const struct bench_option options[] = {{"--url", &given, NULL}, {"--rounds", NULL, &rounds}};
    if (argc == 3 && strcmp(argv[1], "--child") == 0) {
        return child(argv[2]);
    }
    if (!bench_options(argc, argv, options, 2) || given == NULL || strlen(given) >= sizeof url) {
        return 2;
    }
    memcpy(url, given, strlen(given));
    bool good = true;
    for (uint64_t i = 0; good && i < rounds; i++) {
        good = round_of(argv[0], url);
    }
    return good ? 0 : 1;
}
