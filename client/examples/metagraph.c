/* The neurons of a subnet, all read at one block: metagraph URL NETUID. */
#include <inttypes.h>
#include <stdio.h>
#include <substrate/connection.h>
#include <substrate/ss58.h>
#include <subtensor/subtensor.h>

static void show(const struct subtensor_metagraph_data *metagraph) {
    char hotkey[SUBSTRATE_SS58_SIZE];
    printf("subnet %d at block %" PRIu64 ": %zu neurons\n", metagraph->netuid, metagraph->block,
           metagraph->neurons.count);
    for (size_t i = 0; i < metagraph->neurons.count; i++) {
        const struct subtensor_neuron *neuron = &metagraph->neurons.list[i];
        if (substrate_ss58_encode(&neuron->hotkey, 42, hotkey) == SUBSTRATE_OK) {
            printf("%5d  %s  stake %" PRIu64 " rao, incentive %.4f, dividends %.4f\n", neuron->uid,
                   hotkey, neuron->stake, neuron->incentive / 65535.0, neuron->dividends / 65535.0);
        }
    }
}

/* Digits, and a number that fits. */
static int read_netuid(const char *text, uint16_t *netuid) {
    unsigned value = 0;
    const char *at = text;
    while (*at >= '0' && *at <= '9' && value <= UINT16_MAX) {
        value = 10 * value + (unsigned)(*at++ - '0');
    }
    *netuid = (uint16_t)value;
    return at > text && *at == '\0' && value <= UINT16_MAX;
}

int main(int argc, char **argv) {
    struct substrate_connection_options options = SUBSTRATE_CONNECTION_OPTIONS_INIT;
    struct substrate_connection *connection = NULL;
    const struct subtensor_metagraph_data *metagraph = NULL;
    struct subtensor_metagraph_key key = {0};
    struct substrate_error error = {0};
    if (argc != 3 || !read_netuid(argv[2], &key.netuid)) {
        fprintf(stderr, "usage: metagraph URL NETUID\n");
        return 2;
    }
    options.url = argv[1];

    enum substrate_status status = substrate_connection_open(&options, &connection, &error);
    if (status == SUBSTRATE_OK) {
        status = subtensor_metagraph(connection, &key, NULL, &metagraph, &error);
    }
    if (status != SUBSTRATE_OK) {
        fprintf(stderr, "metagraph: %s\n", error.message);
    } else if (metagraph == NULL) {
        fprintf(stderr, "metagraph: there is no subnet %d\n", key.netuid);
    } else {
        show(metagraph);
    }
    int failed = metagraph == NULL;
    subtensor_free(metagraph);
    substrate_connection_close(connection);
    substrate_runtimes_forget();
    return failed;
}
