/* Questions about subnets, as entries of storage items. */
#include <substrate/storage.h>
#include <subtensor/subtensor.h>

enum substrate_status subtensor_query_subnet_exists(uint16_t netuid,
                                                    const struct substrate_hash *at,
                                                    struct substrate_query **query) {
    const uint8_t scale[2] = {(uint8_t)(netuid & 0xff), (uint8_t)(netuid >> 8)};
    const struct substrate_storage_entry entry = {
        "SubtensorModule", "NetworksAdded", {{NULL, 0}, {scale, sizeof(scale)}}};
    const struct substrate_pin pin = {.hash = at};
    return substrate_query_storage(&entry, &pin, query);
}
