/* Which of the subnets 1 to 7 exist? One connection, one question at a time, all at one block. */
#include <stdio.h>
#include <substrate/connection.h>
#include <subtensor/subtensor.h>

static int ask_all(struct substrate_connection *connection, struct substrate_error *error) {
    struct substrate_hash head;
    const struct substrate_pin pin = {.hash = &head};
    if (substrate_get_block_hash(connection, -1, &head, error) != SUBSTRATE_OK) {
        return 1;
    }
    for (uint16_t netuid = 1; netuid <= 7; netuid++) {
        bool exists = false;
        if (subtensor_subnet_exists(connection, netuid, &pin, &exists, error) != SUBSTRATE_OK) {
            return 1;
        }
        printf("subnet %d: %s\n", netuid, exists ? "exists" : "absent");
    }
    return 0;
}

int main(int argc, char **argv) {
    struct substrate_connection_options options = SUBSTRATE_CONNECTION_OPTIONS_INIT;
    struct substrate_connection *connection = NULL;
    struct substrate_error error = {0};
    options.url = argc > 1 ? argv[1] : "local";

    int failed = substrate_connection_open(&options, &connection, &error) != SUBSTRATE_OK ||
                 ask_all(connection, &error) != 0;
    if (failed) {
        fprintf(stderr, "serial: %s\n", error.message);
    }
    substrate_connection_close(connection);
    return failed;
}
