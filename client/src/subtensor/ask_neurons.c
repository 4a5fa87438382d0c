/* Functions about neurons and metagraphs, asked now. */
#include "ask.h"

enum substrate_status subtensor_neurons(struct substrate_connection *connection, uint16_t netuid,
                                        const struct substrate_pin *pin,
                                        const struct subtensor_neuron_list **value,
                                        struct substrate_error *error) {
    const struct ask ask = {"neurons", {NUMBER(netuid)}, pin};
    return ask_struct(connection, &ask, value, error);
}

enum substrate_status subtensor_neurons_lite(struct substrate_connection *connection,
                                             uint16_t netuid, const struct substrate_pin *pin,
                                             const struct subtensor_neuron_list **value,
                                             struct substrate_error *error) {
    const struct ask ask = {"neurons_lite", {NUMBER(netuid)}, pin};
    return ask_struct(connection, &ask, value, error);
}

enum substrate_status subtensor_neuron_for_uid(struct substrate_connection *connection,
                                               uint16_t uid, uint16_t netuid,
                                               const struct substrate_pin *pin,
                                               const struct subtensor_neuron **value,
                                               struct substrate_error *error) {
    const struct ask ask = {"neuron_for_uid", {NUMBER(uid), NUMBER(netuid)}, pin};
    return ask_struct(connection, &ask, value, error);
}

enum substrate_status subtensor_blocks_since_last_update(struct substrate_connection *connection,
                                                         uint16_t netuid, uint16_t uid,
                                                         const struct substrate_pin *pin,
                                                         struct subtensor_maybe_u64 *value,
                                                         struct substrate_error *error) {
    const struct ask ask = {"blocks_since_last_update", {NUMBER(netuid), NUMBER(uid)}, pin};
    return ask_maybe(connection, &ask, value, offsetof(struct subtensor_maybe_u64, value), error);
}

enum substrate_status subtensor_weights(struct substrate_connection *connection, uint16_t netuid,
                                        uint8_t mechid, const struct substrate_pin *pin,
                                        const struct subtensor_uid_rows **value,
                                        struct substrate_error *error) {
    const struct ask ask = {"weights", {NUMBER(netuid), NUMBER(mechid)}, pin};
    return ask_struct(connection, &ask, value, error);
}

enum substrate_status subtensor_bonds(struct substrate_connection *connection, uint16_t netuid,
                                      uint8_t mechid, const struct substrate_pin *pin,
                                      const struct subtensor_uid_rows **value,
                                      struct substrate_error *error) {
    const struct ask ask = {"bonds", {NUMBER(netuid), NUMBER(mechid)}, pin};
    return ask_struct(connection, &ask, value, error);
}

enum substrate_status subtensor_get_commitment(struct substrate_connection *connection,
                                               uint16_t netuid, uint16_t uid,
                                               const struct substrate_pin *pin,
                                               const struct substrate_text **value,
                                               struct substrate_error *error) {
    const struct ask ask = {"get_commitment", {NUMBER(netuid), NUMBER(uid)}, pin};
    return ask_struct(connection, &ask, value, error);
}

enum substrate_status subtensor_get_metagraph_info(struct substrate_connection *connection,
                                                   uint16_t netuid, uint8_t mechid,
                                                   const struct substrate_pin *pin,
                                                   const struct subtensor_metagraph_info **value,
                                                   struct substrate_error *error) {
    const struct ask ask = {"get_metagraph_info", {NUMBER(netuid), NUMBER(mechid)}, pin};
    return ask_struct(connection, &ask, value, error);
}

enum substrate_status subtensor_metagraph(struct substrate_connection *connection,
                                          const struct subtensor_metagraph_key *key,
                                          const struct substrate_pin *pin,
                                          const struct subtensor_metagraph_data **value,
                                          struct substrate_error *error) {
    const struct ask ask = {
        "metagraph", {NUMBER(key->netuid), NUMBER(key->mechid), NUMBER(!key->whole)}, pin};
    return ask_struct(connection, &ask, value, error);
}
