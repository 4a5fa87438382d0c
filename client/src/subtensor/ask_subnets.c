/* Functions about subnets, asked now. */
#include "ask.h"

enum substrate_status subtensor_subnet_exists(struct substrate_connection *connection,
                                              uint16_t netuid, const struct substrate_pin *pin,
                                              bool *value, struct substrate_error *error) {
    const struct ask ask = {"subnet_exists", {NUMBER(netuid)}, pin};
    return ask_plain(connection, &ask, value, error);
}

enum substrate_status subtensor_get_total_subnets(struct substrate_connection *connection,
                                                  const struct substrate_pin *pin, uint16_t *value,
                                                  struct substrate_error *error) {
    const struct ask ask = {"get_total_subnets", {NOTHING}, pin};
    return ask_plain(connection, &ask, value, error);
}

enum substrate_status subtensor_get_all_subnets_netuid(struct substrate_connection *connection,
                                                       const struct substrate_pin *pin,
                                                       const struct subtensor_u16s **value,
                                                       struct substrate_error *error) {
    const struct ask ask = {"get_all_subnets_netuid", {NOTHING}, pin};
    return ask_struct(connection, &ask, value, error);
}

enum substrate_status subtensor_tempo(struct substrate_connection *connection, uint16_t netuid,
                                      const struct substrate_pin *pin,
                                      struct subtensor_maybe_u16 *value,
                                      struct substrate_error *error) {
    const struct ask ask = {"tempo", {NUMBER(netuid)}, pin};
    return ask_maybe(connection, &ask, value, offsetof(struct subtensor_maybe_u16, value), error);
}

enum substrate_status subtensor_get_subnet_hyperparameters(
    struct substrate_connection *connection, uint16_t netuid, const struct substrate_pin *pin,
    const struct subtensor_hyperparameters **value, struct substrate_error *error) {
    const struct ask ask = {"get_subnet_hyperparameters", {NUMBER(netuid)}, pin};
    return ask_struct(connection, &ask, value, error);
}

enum substrate_status subtensor_get_subnet_price(struct substrate_connection *connection,
                                                 uint16_t netuid, const struct substrate_pin *pin,
                                                 uint64_t *value, struct substrate_error *error) {
    const struct ask ask = {"get_subnet_price", {NUMBER(netuid)}, pin};
    return ask_plain(connection, &ask, value, error);
}

enum substrate_status subtensor_subnet(struct substrate_connection *connection, uint16_t netuid,
                                       const struct substrate_pin *pin,
                                       const struct subtensor_dynamic_info **value,
                                       struct substrate_error *error) {
    const struct ask ask = {"subnet", {NUMBER(netuid)}, pin};
    return ask_struct(connection, &ask, value, error);
}

enum substrate_status subtensor_all_subnets(struct substrate_connection *connection,
                                            const struct substrate_pin *pin,
                                            const struct subtensor_dynamic_infos **value,
                                            struct substrate_error *error) {
    const struct ask ask = {"all_subnets", {NOTHING}, pin};
    return ask_struct(connection, &ask, value, error);
}

enum substrate_status subtensor_get_subnet_info(struct substrate_connection *connection,
                                                uint16_t netuid, const struct substrate_pin *pin,
                                                const struct subtensor_subnet_info **value,
                                                struct substrate_error *error) {
    const struct ask ask = {"get_subnet_info", {NUMBER(netuid)}, pin};
    return ask_struct(connection, &ask, value, error);
}
