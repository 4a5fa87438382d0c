/* Which of the subnets 1 to 7 exist? Seven threads on one connection, each asking for itself, all
 * at one block. */
#include <pthread.h>
#include <stdio.h>
#include <substrate/connection.h>
#include <subtensor/subtensor.h>

struct question {
    struct substrate_connection *connection; /* shared by all threads */
    const struct substrate_pin *at;
    uint16_t netuid;
    pthread_t thread;
    enum substrate_status status;
    struct substrate_error error;
    bool exists;
};

static void *ask(void *context) {
    struct question *q = context;
    q->status = subtensor_subnet_exists(q->connection, q->netuid, q->at, &q->exists, &q->error);
    return NULL;
}

int main(int argc, char **argv) {
    struct substrate_connection_options options = SUBSTRATE_CONNECTION_OPTIONS_INIT;
    struct substrate_connection *connection = NULL;
    struct substrate_error error = {0};
    struct substrate_hash head;
    const struct substrate_pin pin = {.hash = &head};
    struct question questions[7];
    int started = 0, failed = 0;
    options.url = argc > 1 ? argv[1] : "local";

    if (substrate_connection_open(&options, &connection, &error) != SUBSTRATE_OK ||
        substrate_get_block_hash(connection, -1, &head, &error) != SUBSTRATE_OK) {
        fprintf(stderr, "shared: %s\n", error.message);
        substrate_connection_close(connection);
        return 1;
    }
    for (; started < 7; started++) {
        struct question *q = &questions[started];
        *q = (struct question){
            .connection = connection, .at = &pin, .netuid = (uint16_t)(started + 1)};
        if (pthread_create(&q->thread, NULL, ask, q) != 0) {
            fprintf(stderr, "shared: no thread for subnet %d\n", q->netuid);
            failed = 1;
            break;
        }
    }
    for (int i = 0; i < started; i++) {
        struct question *q = &questions[i];
        pthread_join(q->thread, NULL);
        if (q->status == SUBSTRATE_OK) {
            printf("subnet %d: %s\n", q->netuid, q->exists ? "exists" : "absent");
        } else {
            fprintf(stderr, "shared: subnet %d: %s\n", q->netuid, q->error.message);
            failed = 1;
        }
    }
    substrate_connection_close(connection);
    return failed;
}
