/* Bittensor's own questions, asked now: a function for each, with values as structs of C. Names and
 * meanings are those of the Python SDK 10.5.0; where they differ, and why, stands in
 * conformance/adapters/deviations.json.
 *
 * What they have in common:
 *   pin      the block that is read, borrowed for the call; NULL: the head. A block that does not
 *            exist is E_NOT_FOUND.
 *   value    set only with OK. A pointer that it is set to is given: end it with subtensor_free;
 *            NULL says that there is no such thing. What is a struct of `present` and `value` says
 *            the same by not being present.
 *   returns  OK; E_NOT_FOUND also when the runtime of that block does not have what is read; E_RPC,
 *            E_DECODE; E_ARGUMENT, E_MEMORY, and as substrate_call
 *   threads  any, and they block
 *
 * To ask many things at once, make queries of functions by name (<subtensor/functions.h>), run them
 * in any mode (substrate_run), and read their values as JSON, or as the structs below:
 * subtensor_value. */
#ifndef SUBTENSOR_SUBTENSOR_H
#define SUBTENSOR_SUBTENSOR_H

#include <stdbool.h>
#include <substrate/base.h>
#include <substrate/connection.h>
#include <substrate/query.h>
#include <subtensor/block.h>
#include <subtensor/metagraph.h>
#include <subtensor/neuron.h>
#include <subtensor/stake.h>
#include <subtensor/subnet.h>
#include <subtensor/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The value of a query that has ended with OK and was made of a function that stands here (by
 * subtensor_query, or below): what the function's `value` would point to. Borrowed from the query;
 * NULL when there is no such thing, and for any other query. Threads: owner of the query. */
const void *subtensor_value(const struct substrate_query *query);

/* A query: does a subnet exist? Its value is `true` or `false`: an RPC error is an error, never
 * false. Returns OK, E_ARGUMENT, E_MEMORY. Threads: any. */
enum substrate_status subtensor_query_subnet_exists(uint16_t netuid,
                                                    const struct substrate_pin *pin,
                                                    struct substrate_query **query);

/* Which metagraph; {.netuid = 1} is the first mechanism's, without weights and bonds. */
struct subtensor_metagraph_key {
    uint16_t netuid;
    uint8_t mechid;
    bool whole; /* with weights and bonds */
};

/* ---- Blocks ---- */

/* The number of the block: of the head, without a pin. Threads: any, blocks. */
enum substrate_status subtensor_get_current_block(struct substrate_connection *connection,
                                                  const struct substrate_pin *pin, uint64_t *value,
                                                  struct substrate_error *error);

/* Its hash: of the head, without a pin. Threads: any, blocks. */
enum substrate_status subtensor_get_block_hash(struct substrate_connection *connection,
                                               const struct substrate_pin *pin,
                                               struct substrate_hash *value,
                                               struct substrate_error *error);

/* The block with its extrinsics. Threads: any, blocks. */
enum substrate_status subtensor_get_block_info(struct substrate_connection *connection,
                                               const struct substrate_pin *pin,
                                               const struct subtensor_block_info **value,
                                               struct substrate_error *error);

/* When the block was made, in milliseconds since 1970. Threads: any, blocks. */
enum substrate_status subtensor_get_timestamp(struct substrate_connection *connection,
                                              const struct substrate_pin *pin, uint64_t *value,
                                              struct substrate_error *error);

/* ---- Accounts ---- */

/* What an account must hold to be kept, in rao. Threads: any, blocks. */
enum substrate_status subtensor_get_existential_deposit(struct substrate_connection *connection,
                                                        const struct substrate_pin *pin,
                                                        uint64_t *value,
                                                        struct substrate_error *error);

/* What an account can spend or stake, in rao. Threads: any, blocks. */
enum substrate_status subtensor_get_balance(struct substrate_connection *connection,
                                            const struct substrate_hash *address,
                                            const struct substrate_pin *pin, uint64_t *value,
                                            struct substrate_error *error);

/* The same of several accounts, in their order, read at once. Threads: any, blocks. */
enum substrate_status subtensor_get_balances(struct substrate_connection *connection,
                                             const struct subtensor_accounts *addresses,
                                             const struct substrate_pin *pin,
                                             const struct subtensor_account_amounts **value,
                                             struct substrate_error *error);

/* Has a hotkey an owner? Threads: any, blocks. */
enum substrate_status subtensor_does_hotkey_exist(struct substrate_connection *connection,
                                                  const struct substrate_hash *hotkey,
                                                  const struct substrate_pin *pin, bool *value,
                                                  struct substrate_error *error);

/* The coldkey that owns a hotkey; not present when nobody does. Threads: any, blocks. */
enum substrate_status subtensor_get_hotkey_owner(struct substrate_connection *connection,
                                                 const struct substrate_hash *hotkey,
                                                 const struct substrate_pin *pin,
                                                 struct subtensor_maybe_account *value,
                                                 struct substrate_error *error);

/* Is a hotkey registered in a subnet? Threads: any, blocks. */
enum substrate_status subtensor_is_hotkey_registered(struct substrate_connection *connection,
                                                     const struct substrate_hash *hotkey,
                                                     uint16_t netuid,
                                                     const struct substrate_pin *pin, bool *value,
                                                     struct substrate_error *error);

/* Is it in any subnet? Threads: any, blocks. */
enum substrate_status subtensor_is_hotkey_registered_any(struct substrate_connection *connection,
                                                         const struct substrate_hash *hotkey,
                                                         const struct substrate_pin *pin,
                                                         bool *value,
                                                         struct substrate_error *error);

/* The subnets that it is registered in, in the order of the chain's keys. Threads: any, blocks. */
enum substrate_status subtensor_get_netuids_for_hotkey(struct substrate_connection *connection,
                                                       const struct substrate_hash *hotkey,
                                                       const struct substrate_pin *pin,
                                                       const struct subtensor_u16s **value,
                                                       struct substrate_error *error);

/* Which neuron of a subnet it is. Threads: any, blocks. */
enum substrate_status subtensor_get_uid_for_hotkey_on_subnet(
    struct substrate_connection *connection, const struct substrate_hash *hotkey, uint16_t netuid,
    const struct substrate_pin *pin, struct subtensor_maybe_u16 *value,
    struct substrate_error *error);

/* ---- Subnets ---- */

/* Does a subnet exist? Threads: any, blocks. */
enum substrate_status subtensor_subnet_exists(struct substrate_connection *connection,
                                              uint16_t netuid, const struct substrate_pin *pin,
                                              bool *value, struct substrate_error *error);

/* How many there are, the root network included. Threads: any, blocks. */
enum substrate_status subtensor_get_total_subnets(struct substrate_connection *connection,
                                                  const struct substrate_pin *pin, uint16_t *value,
                                                  struct substrate_error *error);

/* Which there are, in the order of the chain's keys. Threads: any, blocks. */
enum substrate_status subtensor_get_all_subnets_netuid(struct substrate_connection *connection,
                                                       const struct substrate_pin *pin,
                                                       const struct subtensor_u16s **value,
                                                       struct substrate_error *error);

/* How many blocks an epoch has, less one; not present when there is no such subnet. Threads: any,
 * blocks. */
enum substrate_status subtensor_tempo(struct substrate_connection *connection, uint16_t netuid,
                                      const struct substrate_pin *pin,
                                      struct subtensor_maybe_u16 *value,
                                      struct substrate_error *error);

/* All of its hyperparameters; NULL when there is no such subnet, as below. Threads: any, blocks. */
enum substrate_status subtensor_get_subnet_hyperparameters(
    struct substrate_connection *connection, uint16_t netuid, const struct substrate_pin *pin,
    const struct subtensor_hyperparameters **value, struct substrate_error *error);

/* The price of its token, in rao of TAO. Threads: any, blocks. */
enum substrate_status subtensor_get_subnet_price(struct substrate_connection *connection,
                                                 uint16_t netuid, const struct substrate_pin *pin,
                                                 uint64_t *value, struct substrate_error *error);

/* The subnet, its pool and its price. Threads: any, blocks. */
enum substrate_status subtensor_subnet(struct substrate_connection *connection, uint16_t netuid,
                                       const struct substrate_pin *pin,
                                       const struct subtensor_dynamic_info **value,
                                       struct substrate_error *error);

/* The same of all subnets. Threads: any, blocks. */
enum substrate_status subtensor_all_subnets(struct substrate_connection *connection,
                                            const struct substrate_pin *pin,
                                            const struct subtensor_dynamic_infos **value,
                                            struct substrate_error *error);

/* Its limits and its owner. Threads: any, blocks. */
enum substrate_status subtensor_get_subnet_info(struct substrate_connection *connection,
                                                uint16_t netuid, const struct substrate_pin *pin,
                                                const struct subtensor_subnet_info **value,
                                                struct substrate_error *error);

/* ---- Neurons ---- */

/* All neurons of a subnet, with weights and bonds. Threads: any, blocks. */
enum substrate_status subtensor_neurons(struct substrate_connection *connection, uint16_t netuid,
                                        const struct substrate_pin *pin,
                                        const struct subtensor_neuron_list **value,
                                        struct substrate_error *error);

/* The same without weights and bonds. Threads: any, blocks. */
enum substrate_status subtensor_neurons_lite(struct substrate_connection *connection,
                                             uint16_t netuid, const struct substrate_pin *pin,
                                             const struct subtensor_neuron_list **value,
                                             struct substrate_error *error);

/* One neuron; NULL when there is none. Threads: any, blocks. */
enum substrate_status subtensor_neuron_for_uid(struct substrate_connection *connection,
                                               uint16_t uid, uint16_t netuid,
                                               const struct substrate_pin *pin,
                                               const struct subtensor_neuron **value,
                                               struct substrate_error *error);

/* How many blocks ago a neuron has set weights. Threads: any, blocks. */
enum substrate_status subtensor_blocks_since_last_update(struct substrate_connection *connection,
                                                         uint16_t netuid, uint16_t uid,
                                                         const struct substrate_pin *pin,
                                                         struct subtensor_maybe_u64 *value,
                                                         struct substrate_error *error);

/* What weights the neurons of a mechanism (0: the first) have set. Threads: any, blocks. */
enum substrate_status subtensor_weights(struct substrate_connection *connection, uint16_t netuid,
                                        uint8_t mechid, const struct substrate_pin *pin,
                                        const struct subtensor_uid_rows **value,
                                        struct substrate_error *error);

/* What bonds they have. Threads: any, blocks. */
enum substrate_status subtensor_bonds(struct substrate_connection *connection, uint16_t netuid,
                                      uint8_t mechid, const struct substrate_pin *pin,
                                      const struct subtensor_uid_rows **value,
                                      struct substrate_error *error);

/* What a neuron has committed to; NULL when there is nothing, or nothing in clear. It should be
 * UTF-8, but the chain takes any bytes. Threads: any, blocks. */
enum substrate_status subtensor_get_commitment(struct substrate_connection *connection,
                                               uint16_t netuid, uint16_t uid,
                                               const struct substrate_pin *pin,
                                               const struct substrate_text **value,
                                               struct substrate_error *error);

/* All fields of a mechanism; NULL when there is no such subnet. Threads: any, blocks. */
enum substrate_status subtensor_get_metagraph_info(struct substrate_connection *connection,
                                                   uint16_t netuid, uint8_t mechid,
                                                   const struct substrate_pin *pin,
                                                   const struct subtensor_metagraph_info **value,
                                                   struct substrate_error *error);

/* A subnet with its neurons, read at one block in one round; NULL when there is no such subnet.
 * Threads: any, blocks. */
enum substrate_status subtensor_metagraph(struct substrate_connection *connection,
                                          const struct subtensor_metagraph_key *key,
                                          const struct substrate_pin *pin,
                                          const struct subtensor_metagraph_data **value,
                                          struct substrate_error *error);

/* ---- Stakes ---- */

/* What a coldkey has staked on a hotkey in a subnet, in rao of the subnet's token. Threads: any,
 * blocks. */
enum substrate_status subtensor_get_stake(struct substrate_connection *connection,
                                          const struct subtensor_stake_key *key,
                                          const struct substrate_pin *pin,
                                          struct subtensor_maybe_u64 *value,
                                          struct substrate_error *error);

/* All stakes of a coldkey. Threads: any, blocks. */
enum substrate_status subtensor_get_stake_info_for_coldkey(
    struct substrate_connection *connection, const struct substrate_hash *coldkey,
    const struct substrate_pin *pin, const struct subtensor_stake_infos **value,
    struct substrate_error *error);

/* All hotkeys that take stakes of others. Threads: any, blocks. */
enum substrate_status subtensor_get_delegates(struct substrate_connection *connection,
                                              const struct substrate_pin *pin,
                                              const struct subtensor_delegates **value,
                                              struct substrate_error *error);

/* To whom a hotkey has given parts of its stake in a subnet. Threads: any, blocks. */
enum substrate_status subtensor_get_children(struct substrate_connection *connection,
                                             const struct substrate_hash *hotkey, uint16_t netuid,
                                             const struct substrate_pin *pin,
                                             const struct subtensor_children **value,
                                             struct substrate_error *error);

#ifdef __cplusplus
}
#endif
#endif
