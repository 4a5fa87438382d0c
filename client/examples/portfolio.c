/* All stakes of a coldkey and what they are worth, asked at once and read at one block:
 * portfolio URL COLDKEY. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <substrate/connection.h>
#include <substrate/ss58.h>
#include <subtensor/functions.h>
#include <subtensor/subtensor.h>

#define RAO 1000000000 /* of a TAO, or of a token; 21 million of them are no exact double */

enum { BALANCE, STAKES, SUBNETS, COUNT };

/* Rao of TAO for a token; 0: there is no such subnet. */
static double price_of(const struct subtensor_dynamic_infos *subnets, uint16_t netuid) {
    for (size_t i = 0; i < subnets->count; i++) {
        if (subnets->list[i].netuid == netuid) {
            return (double)subnets->list[i].price;
        }
    }
    return 0;
}

static void show(const uint64_t *balance, const struct subtensor_stake_infos *stakes,
                 const struct subtensor_dynamic_infos *subnets) {
    char hotkey[SUBSTRATE_SS58_SIZE];
    printf("free: %" PRIu64 ".%09" PRIu64 " TAO\n", *balance / RAO, *balance % RAO);
    for (size_t i = 0; i < stakes->count; i++) {
        const struct subtensor_stake_info *stake = &stakes->list[i];
        double worth = (double)stake->stake * price_of(subnets, stake->netuid) / RAO / RAO;
        if (substrate_ss58_encode(&stake->hotkey_ss58, 42, hotkey) == SUBSTRATE_OK) {
            printf("subnet %d, %s: %" PRIu64 ".%09" PRIu64 " tokens, worth about %.3f TAO\n",
                   stake->netuid, hotkey, stake->stake / RAO, stake->stake % RAO, worth);
        }
    }
}

int main(int argc, char **argv) {
    static const char *const names[COUNT] = {"get_balance", "get_stake_info_for_coldkey",
                                             "all_subnets"};
    struct substrate_connection_options options = SUBSTRATE_CONNECTION_OPTIONS_INIT;
    struct substrate_run_options run = SUBSTRATE_RUN_OPTIONS_INIT;
    struct substrate_query *queries[COUNT] = {NULL};
    struct substrate_outcome outcomes[COUNT];
    struct substrate_error error = {0};
    char coldkey[128];
    if (argc != 3) {
        fprintf(stderr, "usage: portfolio URL COLDKEY\n");
        return 2;
    }
    (void)snprintf(coldkey, sizeof(coldkey), "[\"%.100s\"]", argv[2]);
    options.url = argv[1];
    run.mode = SUBSTRATE_MODE_GATHERED; /* which finds one head for all of its queries */

    enum substrate_status status = substrate_connection_open(&options, &run.connection, &error);
    for (int i = 0; i < COUNT && status == SUBSTRATE_OK; i++) {
        const char *json = i == SUBNETS ? "[]" : coldkey;
        struct substrate_text arguments = {json, strlen(json)};
        status = subtensor_query(subtensor_function_find(names[i]), arguments, NULL, &queries[i],
                                 &error);
    }
    if (status == SUBSTRATE_OK) {
        status = substrate_run(&run, queries, COUNT, outcomes, &error);
    }
    for (int i = 0; i < COUNT && status == SUBSTRATE_PARTIAL; i++) {
        error = outcomes[i].status != SUBSTRATE_OK ? outcomes[i].error : error;
    }
    if (status == SUBSTRATE_OK) {
        show(subtensor_value(queries[BALANCE]), subtensor_value(queries[STAKES]),
             subtensor_value(queries[SUBNETS]));
    } else {
        fprintf(stderr, "portfolio: %s\n", error.message);
    }
    for (int i = 0; i < COUNT; i++) {
        substrate_query_free(queries[i]);
    }
    substrate_connection_close(run.connection);
    substrate_runtimes_forget();
    return status != SUBSTRATE_OK;
}
