/* Which of the subnets 1 to 7 exist? One connection, all questions in flight at once, at one block.
 */
#include <stdio.h>
#include <substrate/connection.h>
#include <subtensor/subtensor.h>

static enum substrate_status ask_all(struct substrate_connection *connection,
                                     struct substrate_error *error) {
    struct substrate_run_options options = SUBSTRATE_RUN_OPTIONS_INIT;
    struct substrate_query *queries[7] = {NULL};
    struct substrate_outcome outcomes[7];
    struct substrate_hash head;
    const struct substrate_pin pin = {.hash = &head};
    options.mode = SUBSTRATE_MODE_GATHERED;
    options.connection = connection;

    enum substrate_status status = substrate_get_block_hash(connection, -1, &head, error);
    for (uint16_t i = 0; i < 7 && status == SUBSTRATE_OK; i++) {
        status = subtensor_query_subnet_exists((uint16_t)(i + 1), &pin, &queries[i]);
    }
    if (status == SUBSTRATE_OK) {
        status = substrate_run(&options, queries, 7, outcomes, error);
    }
    for (int i = 0; i < 7 && status >= SUBSTRATE_OK; i++) {
        if (outcomes[i].status != SUBSTRATE_OK) {
            *error = outcomes[i].error;
        } else {
            printf("subnet %d: %s\n", i + 1,
                   outcomes[i].value.data[0] == 't' ? "exists" : "absent");
        }
    }
    for (int i = 0; i < 7; i++) {
        substrate_query_free(queries[i]);
    }
    return status;
}

int main(int argc, char **argv) {
    struct substrate_connection_options options = SUBSTRATE_CONNECTION_OPTIONS_INIT;
    struct substrate_connection *connection = NULL;
    struct substrate_error error = {0};
    options.url = argc > 1 ? argv[1] : "local";

    enum substrate_status status = substrate_connection_open(&options, &connection, &error);
    if (status == SUBSTRATE_OK) {
        status = ask_all(connection, &error);
    }
    if (status != SUBSTRATE_OK) {
        fprintf(stderr, "gathered: %s\n",
                error.message[0] != '\0' ? error.message : substrate_status_text(status));
    }
    substrate_connection_close(connection);
    return status != SUBSTRATE_OK;
}
