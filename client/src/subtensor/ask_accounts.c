/* Functions about blocks and accounts, asked now. */
#include "ask.h"

enum substrate_status subtensor_get_current_block(struct substrate_connection *connection,
                                                  const struct substrate_pin *pin, uint64_t *value,
                                                  struct substrate_error *error) {
    const struct ask ask = {"get_current_block", {NOTHING}, pin};
    return ask_plain(connection, &ask, value, error);
}

enum substrate_status subtensor_get_block_hash(struct substrate_connection *connection,
                                               const struct substrate_pin *pin,
                                               struct substrate_hash *value,
                                               struct substrate_error *error) {
    const struct ask ask = {"get_block_hash", {NOTHING}, pin};
    return ask_plain(connection, &ask, value, error);
}

enum substrate_status subtensor_get_block_info(struct substrate_connection *connection,
                                               const struct substrate_pin *pin,
                                               const struct subtensor_block_info **value,
                                               struct substrate_error *error) {
    const struct ask ask = {"get_block_info", {NOTHING}, pin};
    return ask_struct(connection, &ask, value, error);
}

enum substrate_status subtensor_get_timestamp(struct substrate_connection *connection,
                                              const struct substrate_pin *pin, uint64_t *value,
                                              struct substrate_error *error) {
    const struct ask ask = {"get_timestamp", {NOTHING}, pin};
    return ask_plain(connection, &ask, value, error);
}

enum substrate_status subtensor_get_existential_deposit(struct substrate_connection *connection,
                                                        const struct substrate_pin *pin,
                                                        uint64_t *value,
                                                        struct substrate_error *error) {
    const struct ask ask = {"get_existential_deposit", {NOTHING}, pin};
    return ask_plain(connection, &ask, value, error);
}

enum substrate_status subtensor_get_balance(struct substrate_connection *connection,
                                            const struct substrate_hash *address,
                                            const struct substrate_pin *pin, uint64_t *value,
                                            struct substrate_error *error) {
    const struct ask ask = {"get_balance", {ACCOUNT(address)}, pin};
    return ask_plain(connection, &ask, value, error);
}

enum substrate_status subtensor_get_balances(struct substrate_connection *connection,
                                             const struct subtensor_accounts *addresses,
                                             const struct substrate_pin *pin,
                                             const struct subtensor_account_amounts **value,
                                             struct substrate_error *error) {
    const struct ask ask = {"get_balances", {ACCOUNTS(addresses)}, pin};
    return ask_struct(connection, &ask, value, error);
}

enum substrate_status subtensor_does_hotkey_exist(struct substrate_connection *connection,
                                                  const struct substrate_hash *hotkey,
                                                  const struct substrate_pin *pin, bool *value,
                                                  struct substrate_error *error) {
    const struct ask ask = {"does_hotkey_exist", {ACCOUNT(hotkey)}, pin};
    return ask_plain(connection, &ask, value, error);
}

enum substrate_status subtensor_get_hotkey_owner(struct substrate_connection *connection,
                                                 const struct substrate_hash *hotkey,
                                                 const struct substrate_pin *pin,
                                                 struct subtensor_maybe_account *value,
                                                 struct substrate_error *error) {
    const struct ask ask = {"get_hotkey_owner", {ACCOUNT(hotkey)}, pin};
    return ask_maybe(connection, &ask, value, offsetof(struct subtensor_maybe_account, value),
                     error);
}

enum substrate_status subtensor_is_hotkey_registered(struct substrate_connection *connection,
                                                     const struct substrate_hash *hotkey,
                                                     uint16_t netuid,
                                                     const struct substrate_pin *pin, bool *value,
                                                     struct substrate_error *error) {
    const struct ask ask = {"is_hotkey_registered", {ACCOUNT(hotkey), NUMBER(netuid)}, pin};
    return ask_plain(connection, &ask, value, error);
}

enum substrate_status subtensor_is_hotkey_registered_any(struct substrate_connection *connection,
                                                         const struct substrate_hash *hotkey,
                                                         const struct substrate_pin *pin,
                                                         bool *value,
                                                         struct substrate_error *error) {
    const struct ask ask = {"is_hotkey_registered_any", {ACCOUNT(hotkey)}, pin};
    return ask_plain(connection, &ask, value, error);
}

enum substrate_status subtensor_get_netuids_for_hotkey(struct substrate_connection *connection,
                                                       const struct substrate_hash *hotkey,
                                                       const struct substrate_pin *pin,
                                                       const struct subtensor_u16s **value,
                                                       struct substrate_error *error) {
    const struct ask ask = {"get_netuids_for_hotkey", {ACCOUNT(hotkey)}, pin};
    return ask_struct(connection, &ask, value, error);
}

enum substrate_status subtensor_get_uid_for_hotkey_on_subnet(
    struct substrate_connection *connection, const struct substrate_hash *hotkey, uint16_t netuid,
    const struct substrate_pin *pin, struct subtensor_maybe_u16 *value,
    struct substrate_error *error) {
    const struct ask ask = {"get_uid_for_hotkey_on_subnet", {ACCOUNT(hotkey), NUMBER(netuid)}, pin};
    return ask_maybe(connection, &ask, value, offsetof(struct subtensor_maybe_u16, value), error);
}
