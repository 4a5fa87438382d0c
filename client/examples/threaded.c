/* Which of the subnets 1 to 7 exist? A thread and a connection of its own for each question. Each
 * reads the head that it finds. */
#include <stdio.h>
#include <substrate/connection.h>
#include <subtensor/subtensor.h>

int main(int argc, char **argv) {
    struct substrate_connection_options connect = SUBSTRATE_CONNECTION_OPTIONS_INIT;
    struct substrate_run_options options = SUBSTRATE_RUN_OPTIONS_INIT;
    struct substrate_query *queries[7] = {NULL};
    struct substrate_outcome outcomes[7];
    struct substrate_error error = {0};
    enum substrate_status status = SUBSTRATE_OK;
    connect.url = argc > 1 ? argv[1] : "local";
    options.mode = SUBSTRATE_MODE_THREADED;
    options.connect = &connect;

    for (uint16_t i = 0; i < 7 && status == SUBSTRATE_OK; i++) {
        status = subtensor_query_subnet_exists((uint16_t)(i + 1), NULL, &queries[i]);
    }
    if (status == SUBSTRATE_OK) {
        status = substrate_run(&options, queries, 7, outcomes, &error);
    }
    for (int i = 0; i < 7 && status >= SUBSTRATE_OK; i++) {
        if (outcomes[i].status != SUBSTRATE_OK) {
            fprintf(stderr, "threaded: subnet %d: %s\n", i + 1, outcomes[i].error.message);
        } else {
            printf("subnet %d: %s\n", i + 1,
                   outcomes[i].value.data[0] == 't' ? "exists" : "absent");
        }
    }
    if (status < SUBSTRATE_OK) {
        fprintf(stderr, "threaded: %s\n",
                error.message[0] != '\0' ? error.message : substrate_status_text(status));
    }
    for (int i = 0; i < 7; i++) {
        substrate_query_free(queries[i]);
    }
    return status != SUBSTRATE_OK;
}
