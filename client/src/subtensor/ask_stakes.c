/* Functions about stakes, asked now. */
#include "ask.h"

enum substrate_status subtensor_get_stake(struct substrate_connection *connection,
                                          const struct subtensor_stake_key *key,
                                          const struct substrate_pin *pin,
                                          struct subtensor_maybe_u64 *value,
                                          struct substrate_error *error) {
    const struct ask ask = {
        "get_stake", {ACCOUNT(&key->coldkey), ACCOUNT(&key->hotkey), NUMBER(key->netuid)}, pin};
    return ask_maybe(connection, &ask, value, offsetof(struct subtensor_maybe_u64, value), error);
}

enum substrate_status subtensor_get_stake_info_for_coldkey(
    struct substrate_connection *connection, const struct substrate_hash *coldkey,
    const struct substrate_pin *pin, const struct subtensor_stake_infos **value,
    struct substrate_error *error) {
    const struct ask ask = {"get_stake_info_for_coldkey", {ACCOUNT(coldkey)}, pin};
    return ask_struct(connection, &ask, value, error);
}

enum substrate_status subtensor_get_delegates(struct substrate_connection *connection,
                                              const struct substrate_pin *pin,
                                              const struct subtensor_delegates **value,
                                              struct substrate_error *error) {
    const struct ask ask = {"get_delegates", {NOTHING}, pin};
    return ask_struct(connection, &ask, value, error);
}

enum substrate_status subtensor_get_children(struct substrate_connection *connection,
                                             const struct substrate_hash *hotkey, uint16_t netuid,
                                             const struct substrate_pin *pin,
                                             const struct subtensor_children **value,
                                             struct substrate_error *error) {
    const struct ask ask = {"get_children", {ACCOUNT(hotkey), NUMBER(netuid)}, pin};
    return ask_struct(connection, &ask, value, error);
}
