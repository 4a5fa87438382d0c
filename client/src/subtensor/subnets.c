/* Questions about subnets, as rows of storage items. */
#include <substrate/query.h>
#include <subtensor/subtensor.h>

#include "query/storage.h"

static const struct query_storage_item networks_added = {"SubtensorModule", "NetworksAdded",
                                                         HASHER_IDENTITY, VALUE_BOOL, "false"};

enum substrate_status subtensor_query_subnet_exists(uint16_t netuid,
                                                    const struct substrate_hash *at,
                                                    struct substrate_query **query) {
    const uint8_t key[2] = {(uint8_t)(netuid & 0xff), (uint8_t)(netuid >> 8)};
    return query_storage(&networks_added, (struct substrate_bytes){key, sizeof(key)}, at, query);
}
