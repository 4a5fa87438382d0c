/* Functions about accounts: balances, and where hotkeys are registered. */
#include <string.h>

#include <substrate/storage.h>

#include "base/map.h"
#include "entries.h"
#include "rows.h"
#include "shapes.h"

#define PALLET "SubtensorModule"
#define NEEDS_STATE QUERY_NEEDS_STATE_RUNTIME

/* ---- balances ---- */

struct balances {
    uint64_t free;
};
static const struct shape_field balances_fields[] = {
    SHAPE_SAME(struct balances, free, shape_u64),
};
static const struct shape balances =
    SHAPE_OF_FIELDS(SHAPE_STRUCT, struct balances, balances_fields);
struct account_info {
    struct balances data;
};
static const struct shape_field account_fields[] = {
    SHAPE_SAME(struct account_info, data, balances),
};
static const struct shape account_info =
    SHAPE_OF_FIELDS(SHAPE_STRUCT, struct account_info, account_fields);

static const struct read account_of_first[] = {
    {READ_STORAGE, 0, "System", "Account", "0", &account_info, NULL}};
static const struct read account_found = {READ_STORAGE,  0,   "System", "Account", "k",
                                          &account_info, NULL};

static enum query_progress balance(struct substrate_query *query, struct asking *asking,
                                   const struct substrate_reply *replies, size_t count) {
    const struct account_info *account = asking->results[0];
    (void)replies;
    (void)count;
    return function_done(query, asking, &account->data.free);
}

/* Several accounts, each asked once: nodes leave repetitions out of their answer. */
struct accounts_asked {
    size_t *entry; /* for each account that is wanted, which of the answer's it is */
    size_t count;  /* of the answer */
};

static bool number_entries(struct substrate_query *query, const struct function_value *wanted,
                           struct accounts_asked *asked) {
    struct base_map seen;
    bool good = true;
    base_map_init(&seen, 0);
    for (size_t i = 0; i < wanted->count && good; i++) {
        const struct substrate_text key = {(const char *)wanted->accounts[i].bytes,
                                           sizeof(wanted->accounts[i].bytes)};
        size_t *entry = base_map_get(&seen, key);
        asked->entry[i] = entry != NULL ? *entry : asked->count;
        if (entry == NULL) {
            asked->count += 1;
            good = base_map_put(&seen, key, &asked->entry[i]);
        }
    }
    base_map_free(&seen);
    if (!good) {
        (void)function_no_memory(query);
    }
    return good;
}

static bool take_free(struct substrate_query *query, struct asking *asking,
                      const struct substrate_reply *reply, uint64_t *list) {
    struct query_changes changes;
    struct substrate_bytes key;
    struct base_json json;
    struct read_entry entry;
    if (!query_changes_begin(query, &changes, reply, &asking->keys)) {
        return false;
    }
    for (size_t i = 0; query_changes_next(&changes, &key, &json); i++) {
        if (!reads_take_entry(query, &account_found, json, &entry)) {
            return false;
        }
        const struct account_info *account = entry.value;
        list[i] = account != NULL ? account->data.free : 0;
    }
    return true;
}

static enum query_progress take_balances(struct substrate_query *query, struct asking *asking,
                                         const struct substrate_reply *replies, size_t count) {
    const struct function_value *wanted = &asking->values[0];
    const struct accounts_asked *asked = asking->own;
    struct subtensor_account_amounts *answer = function_alloc(query, 1, sizeof(*answer));
    struct subtensor_account_amount *list = function_alloc(query, wanted->count, sizeof(*list));
    uint64_t *free = function_alloc(query, asked->count, sizeof(*free));
    if (answer == NULL || list == NULL || free == NULL ||
        (count > 0 && !take_free(query, asking, replies, free))) {
        return QUERY_FAILED;
    }
    for (size_t i = 0; i < wanted->count; i++) {
        list[i] = (struct subtensor_account_amount){wanted->accounts[i], free[asked->entry[i]]};
    }
    *answer = (struct subtensor_account_amounts){list, wanted->count};
    return function_done(query, asking, answer);
}

static enum query_progress ask_balances(struct substrate_query *query, struct asking *asking,
                                        const struct substrate_reply *replies, size_t count) {
    const struct function_value *wanted = &asking->values[0];
    struct accounts_asked *asked = function_alloc(query, 1, sizeof(*asked));
    (void)replies;
    (void)count;
    if (asked == NULL ||
        (asked->entry = function_alloc(query, wanted->count, sizeof(*asked->entry))) == NULL ||
        !number_entries(query, wanted, asked)) {
        return QUERY_FAILED;
    }
    asking->own = asked;
    if (wanted->count == 0) {
        return take_balances(query, asking, NULL, 0);
    }
    query_keys_begin(query, &asking->keys);
    for (size_t i = 0, next = 0; i < wanted->count; i++) {
        if (asked->entry[i] == next) {
            next += 1;
            asking->found = wanted->accounts[i];
            if (!reads_add_key(query, asking, &account_found)) {
                return QUERY_FAILED;
            }
        }
    }
    query_keys_ask(query);
    asking->next = take_balances;
    return query_ask(query);
}

/* ---- owners ---- */

static bool is_zero(const struct substrate_hash *account) {
    static const struct substrate_hash zero = {{0}};
    return memcmp(account, &zero, sizeof(zero)) == 0;
}

static enum query_progress hotkey_exists(struct substrate_query *query, struct asking *asking,
                                         const struct substrate_reply *replies, size_t count) {
    bool *exists = function_alloc(query, 1, sizeof(*exists));
    (void)replies;
    (void)count;
    if (exists == NULL) {
        return QUERY_FAILED;
    }
    *exists = !is_zero(asking->results[0]);
    return function_done(query, asking, exists);
}

/* Nobody is written as the account of zeros. */
static enum query_progress hotkey_owner(struct substrate_query *query, struct asking *asking,
                                        const struct substrate_reply *replies, size_t count) {
    (void)replies;
    (void)count;
    return function_done(query, asking, is_zero(asking->results[0]) ? NULL : asking->results[0]);
}

/* ---- registrations ---- */

static enum query_progress is_there(struct substrate_query *query, struct asking *asking,
                                    const struct substrate_reply *replies, size_t count) {
    bool *there = function_alloc(query, 1, sizeof(*there));
    (void)replies;
    (void)count;
    if (there == NULL) {
        return QUERY_FAILED;
    }
    *there = asking->results[0] != NULL;
    return function_done(query, asking, there);
}

static enum substrate_status make_memberships(const struct function_value *values,
                                              const struct substrate_pin *pin,
                                              struct substrate_query **query) {
    const struct substrate_storage_entry entry = {
        PALLET, "IsNetworkMember", {{NULL, 0}, {values[0].account.bytes, 32}}};
    return substrate_query_storage_map(&entry, NULL, pin, query);
}

static enum query_progress netuids(struct substrate_query *query, struct asking *asking,
                                   const struct substrate_reply *replies, size_t count) {
    (void)replies;
    (void)count;
    const struct subtensor_u16s *list = entries_true_keys(query);
    return list != NULL ? function_done(query, asking, list) : QUERY_FAILED;
}

static enum query_progress any_netuid(struct substrate_query *query, struct asking *asking,
                                      const struct substrate_reply *replies, size_t count) {
    bool *any = function_alloc(query, 1, sizeof(*any));
    (void)replies;
    (void)count;
    const struct subtensor_u16s *list = any != NULL ? entries_true_keys(query) : NULL;
    if (list == NULL) {
        return QUERY_FAILED;
    }
    *any = list->count > 0;
    return function_done(query, asking, any);
}

static const struct read uid_of[] = {{READ_STORAGE, 0, PALLET, "Uids", "10", &shape_u16, NULL}};

static const struct subtensor_argument hotkey_and_netuid[] = {ARGUMENT_HOTKEY, ARGUMENT_NETUID};
static const struct function registered_there = {
    .face = {"is_hotkey_registered", "", ROW_ARGUMENTS(hotkey_and_netuid), ""},
    .needs = NEEDS_STATE,
    .shape = &shape_bool,
    ROW_READS(uid_of),
    .finish = is_there};

/* With a netuid it is one entry, without one it is a map. */
static enum substrate_status make_registered(const struct function_value *values,
                                             const struct substrate_pin *pin,
                                             struct substrate_query **query) {
    return function_query(values[1].given ? &registered_there
                                          : function_row("is_hotkey_registered_any"),
                          values, pin, false, query);
}

/* ---- rows ---- */

static const struct subtensor_argument address[] = {
    {"address", SUBTENSOR_ACCOUNT, false, "the account"}};
static const struct subtensor_argument addresses[] = {
    {"addresses", SUBTENSOR_ACCOUNTS, false, "the accounts"}};
static const struct subtensor_argument hotkey[] = {ARGUMENT_HOTKEY};
static const struct subtensor_argument hotkey_and_maybe_netuid[] = {
    ARGUMENT_HOTKEY, {"netuid", SUBTENSOR_NETUID, true, "the subnet; any if left out"}};

static const struct read owner_of[] = {
    {READ_STORAGE, 0, PALLET, "Owner", "0", &shape_account, NULL}};

const struct function functions_accounts[] = {
    {.face = {"get_balance", "What an account can spend or stake", ROW_ARGUMENTS(address),
              "an integer: rao"},
     .needs = NEEDS_STATE,
     .shape = &shape_u64,
     ROW_READS(account_of_first),
     .finish = balance},
    {.face = {"get_balances", "What several accounts can spend or stake", ROW_ARGUMENTS(addresses),
              "[[account, rao], …], as asked"},
     .needs = NEEDS_STATE,
     .shape = &shape_account_amounts,
     .finish = ask_balances},
    {.face = {"does_hotkey_exist", "Has a hotkey an owner", ROW_ARGUMENTS(hotkey), "true or false"},
     .needs = NEEDS_STATE,
     .shape = &shape_bool,
     ROW_READS(owner_of),
     .finish = hotkey_exists},
    {.face = {"get_hotkey_owner", "The coldkey that owns a hotkey", ROW_ARGUMENTS(hotkey),
              "an account, or null"},
     .needs = NEEDS_STATE,
     .shape = &shape_account,
     ROW_READS(owner_of),
     .finish = hotkey_owner},
    {.face = {"get_netuids_for_hotkey", "The subnets that a hotkey is registered in",
              ROW_ARGUMENTS(hotkey), "[netuid, …], in the order of the chain's keys"},
     .shape = &shape_u16s,
     .make = make_memberships,
     .finish = netuids},
    {.face = {"get_uid_for_hotkey_on_subnet", "Which neuron of a subnet a hotkey is",
              ROW_ARGUMENTS(hotkey_and_netuid), "an integer, or null"},
     .needs = NEEDS_STATE,
     .shape = &shape_u16,
     ROW_READS(uid_of)},
    {.face = {"is_hotkey_registered", "Is a hotkey registered in a subnet, or in any",
              ROW_ARGUMENTS(hotkey_and_maybe_netuid), "true or false"},
     .make = make_registered},
    {.face = {"is_hotkey_registered_any", "Is a hotkey registered in any subnet",
              ROW_ARGUMENTS(hotkey), "true or false"},
     .shape = &shape_bool,
     .make = make_memberships,
     .finish = any_netuid},
    {.face = {NULL, NULL, NULL, 0, NULL}},
};
