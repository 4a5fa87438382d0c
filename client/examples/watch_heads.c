/* Blocks as they come, and when each was made, until the connection ends: watch_heads URL. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <substrate/connection.h>
#include <substrate/subscription.h>
#include <subtensor/subtensor.h>

/* The number in a header's JSON: "number":"0x49". false: there is none. */
static bool number_of(struct substrate_text header, uint64_t *number) {
    static const char member[] = "\"number\":\"0x", digits[] = "0123456789abcdef";
    size_t at = 0, size = sizeof(member) - 1;
    while (at + size < header.size && memcmp(header.data + at, member, size) != 0) {
        at++;
    }
    *number = 0;
    for (at += size; at < header.size && header.data[at] != '"'; at++) {
        const char *digit = memchr(digits, header.data[at], 16);
        *number = 16 * *number + (uint64_t)(digit != NULL ? digit - digits : 0);
    }
    return at < header.size;
}

int main(int argc, char **argv) {
    struct substrate_connection_options options = SUBSTRATE_CONNECTION_OPTIONS_INIT;
    struct substrate_subscription_options wanted = SUBSTRATE_SUBSCRIPTION_OPTIONS_INIT;
    struct substrate_connection *connection = NULL;
    struct substrate_subscription *heads = NULL;
    struct substrate_pin pin = {.by_number = true};
    struct substrate_error error = {0};
    struct substrate_text header;
    uint64_t timestamp = 0;
    options.url = argc > 1 ? argv[1] : "local";
    wanted.method = "chain_subscribeNewHeads";
    wanted.unsubscribe = "chain_unsubscribeNewHeads";

    enum substrate_status status = substrate_connection_open(&options, &connection, &error);
    if (status == SUBSTRATE_OK) {
        status = substrate_subscribe(connection, &wanted, &heads, &error);
    }
    while (status == SUBSTRATE_OK) {
        error.message[0] = '\0';
        status = substrate_subscription_next(heads, SUBSTRATE_NEVER, &header);
        if (status == SUBSTRATE_OK && !number_of(header, &pin.number)) {
            status = SUBSTRATE_E_DECODE;
        }
        if (status == SUBSTRATE_OK) { /* the block itself, whatever the head is meanwhile */
            status = subtensor_get_timestamp(connection, &pin, &timestamp, &error);
        }
        if (status == SUBSTRATE_OK) {
            printf("block %" PRIu64 ", made at %" PRIu64 " ms\n", pin.number, timestamp);
            fflush(stdout);
        }
    }
    fprintf(stderr, "watch_heads: %s\n",
            error.message[0] != '\0' ? error.message : substrate_status_text(status));
    substrate_subscription_close(heads);
    substrate_connection_close(connection);
    substrate_runtimes_forget();
    return 1;
}
