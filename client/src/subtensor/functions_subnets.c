/* Functions about subnets. */
#include <substrate/storage.h>

#include "base/text.h"
#include "entries.h"
#include "rows.h"
#include "shapes.h"

#define PALLET "SubtensorModule"
#define API "SubnetInfoRuntimeApi"
#define NEEDS_STATE QUERY_NEEDS_STATE_RUNTIME
#define NEEDS_CALL QUERY_NEEDS_CALL_RUNTIME
#define TAO UINT64_C(1000000000)

/* ---- existence ---- */

static enum substrate_status make_networks(const struct function_value *values,
                                           const struct substrate_pin *pin,
                                           struct substrate_query **query) {
    const struct substrate_storage_entry entry = {PALLET, "NetworksAdded", {{NULL, 0}, {NULL, 0}}};
    (void)values;
    return substrate_query_storage_map(&entry, NULL, pin, query);
}

static enum query_progress networks(struct substrate_query *query, struct asking *asking,
                                    const struct substrate_reply *replies, size_t count) {
    (void)replies;
    (void)count;
    const struct subtensor_u16s *list = entries_true_keys(query);
    return list != NULL ? function_done(query, asking, list) : QUERY_FAILED;
}

static const struct read network[] = {
    {READ_STORAGE, 0, PALLET, "NetworksAdded", "0", &shape_bool, NULL}};
static const struct read total[] = {
    {READ_STORAGE, 0, PALLET, "TotalNetworks", "", &shape_u16, NULL}};

/* ---- tempo ---- */

/* The item has a default for subnets that there are not. */
static const struct read tempo_reads[] = {
    {READ_STORAGE, 0, PALLET, "Tempo", "0", &shape_u16, NULL},
    {READ_STORAGE, 0, PALLET, "NetworksAdded", "0", &shape_bool, NULL},
};

static enum query_progress tempo(struct substrate_query *query, struct asking *asking,
                                 const struct substrate_reply *replies, size_t count) {
    const bool *exists = asking->results[1];
    (void)replies;
    (void)count;
    if (!*exists) {
        asking->presence = SUBSTRATE_ABSENT;
    }
    return function_done(query, asking, *exists ? asking->results[0] : NULL);
}

/* ---- prices ---- */

static const struct read price_reads[] = {
    {READ_CALL, READ_NOT_ROOT, "SwapRuntimeApi", "current_alpha_price", "0", &shape_u64, NULL}};

/* TAO for TAO. */
static const uint64_t root_price = TAO;

static enum query_progress price(struct substrate_query *query, struct asking *asking,
                                 const struct substrate_reply *replies, size_t count) {
    (void)replies;
    (void)count;
    return function_done(query, asking,
                         asking->results[0] != NULL ? asking->results[0] : &root_price);
}

/* ---- pools ---- */

static struct subtensor_u128 multiply(uint64_t a, uint64_t b) {
    uint64_t a_low = a & UINT32_MAX, a_high = a >> 32, b_low = b & UINT32_MAX, b_high = b >> 32;
    uint64_t low = a_low * b_low, middle = a_high * b_low + (low >> 32);
    uint64_t other = a_low * b_high + (middle & UINT32_MAX);
    return (struct subtensor_u128){(other << 32) | (low & UINT32_MAX),
                                   a_high * b_high + (middle >> 32) + (other >> 32)};
}

/* What follows from the rest. */
static void complete(struct subtensor_dynamic_info *pool, uint64_t its_price) {
    pool->price = its_price;
    pool->k = multiply(pool->tao_in, pool->alpha_in);
    pool->is_dynamic = pool->netuid != 0;
}

static const struct read subnet_reads[] = {
    {READ_CALL, READ_OPTION, API, "get_dynamic_info", "0", &shape_dynamic_info, NULL},
    {READ_CALL, READ_NOT_ROOT, "SwapRuntimeApi", "current_alpha_price", "0", &shape_u64, NULL},
};

static enum query_progress subnet(struct substrate_query *query, struct asking *asking,
                                  const struct substrate_reply *replies, size_t count) {
    const struct subtensor_dynamic_info *read = asking->results[0];
    const uint64_t *its_price = asking->results[1];
    (void)replies;
    (void)count;
    if (read == NULL) {
        return function_done(query, asking, NULL);
    }
    struct subtensor_dynamic_info *pool = function_alloc(query, 1, sizeof(*pool));
    if (pool == NULL) {
        return QUERY_FAILED;
    }
    *pool = *read;
    complete(pool, its_price != NULL ? *its_price : root_price);
    return function_done(query, asking, pool);
}

/* Newer runtimes say all prices at once; of others each is asked, in a second round. */
struct price {
    uint16_t netuid;
    uint64_t price;
};
static const struct shape_field price_fields[] = {
    SHAPE_SAME(struct price, netuid, shape_u16),
    SHAPE_SAME(struct price, price, shape_u64),
};
static const struct shape price_shape = SHAPE_OF_FIELDS(SHAPE_STRUCT, struct price, price_fields);
struct prices {
    const struct price *list;
    size_t count;
};
static const struct shape prices_shape = SHAPE_OF_LIST(struct prices, price_shape);

static const struct read all_reads[] = {
    {READ_CALL, 0, API, "get_all_dynamic_info", "", &shape_maybe_dynamic_infos, NULL},
    {READ_CALL, READ_MAY_LACK, "SwapRuntimeApi", "current_alpha_price_all", "", &prices_shape,
     NULL},
};
static const struct read price_found = {
    READ_CALL, 0, "SwapRuntimeApi", "current_alpha_price", "", &shape_u64, NULL};

static struct subtensor_dynamic_info *those_that_exist(struct substrate_query *query,
                                                       const struct maybe_dynamic_infos *all,
                                                       size_t *count) {
    struct subtensor_dynamic_info *list = function_alloc(query, all->count, sizeof(*list));
    *count = 0;
    for (size_t i = 0; list != NULL && i < all->count; i++) {
        if (all->list[i].present) {
            list[(*count)++] = all->list[i].value;
        }
    }
    return list;
}

static enum query_progress take_prices(struct substrate_query *query, struct asking *asking,
                                       const struct substrate_reply *replies, size_t count) {
    size_t length;
    struct subtensor_dynamic_infos *answer = function_alloc(query, 1, sizeof(*answer));
    struct subtensor_dynamic_info *list = those_that_exist(query, asking->results[0], &length);
    if (answer == NULL || list == NULL) {
        return QUERY_FAILED;
    }
    for (size_t i = 0, reply = 0; i < length; i++) {
        const void *its_price = &root_price;
        if (list[i].netuid != 0 &&
            (reply == count ||
             !reads_take_call(query, &price_found, &replies[reply++], &its_price))) {
            return QUERY_FAILED;
        }
        complete(&list[i], *(const uint64_t *)its_price);
    }
    *answer = (struct subtensor_dynamic_infos){list, length};
    return function_done(query, asking, answer);
}

static enum query_progress ask_prices(struct substrate_query *query, struct asking *asking) {
    const struct maybe_dynamic_infos *all = asking->results[0];
    for (size_t i = 0; i < all->count; i++) {
        uint16_t netuid = all->list[i].value.netuid;
        const uint8_t scale[2] = {(uint8_t)(netuid & 0xff), (uint8_t)(netuid >> 8)};
        if (all->list[i].present && netuid != 0) {
            query_add_call(query, price_found.place, price_found.name,
                           (struct substrate_bytes){scale, sizeof(scale)});
        }
    }
    if (query->request_count == 0 && !query->round_failed) {
        return take_prices(query, asking, NULL, 0);
    }
    asking->next = take_prices;
    return query_ask(query);
}

static const uint64_t *price_of(const struct prices *prices, uint16_t netuid) {
    for (size_t i = 0; i < prices->count; i++) {
        if (prices->list[i].netuid == netuid) {
            return &prices->list[i].price;
        }
    }
    return netuid == 0 ? &root_price : NULL;
}

static enum query_progress all_subnets(struct substrate_query *query, struct asking *asking,
                                       const struct substrate_reply *replies, size_t count) {
    const struct prices *prices = asking->results[1];
    size_t length;
    (void)replies;
    (void)count;
    if (prices == NULL) {
        return ask_prices(query, asking);
    }
    struct subtensor_dynamic_infos *answer = function_alloc(query, 1, sizeof(*answer));
    struct subtensor_dynamic_info *list = those_that_exist(query, asking->results[0], &length);
    if (answer == NULL || list == NULL) {
        return QUERY_FAILED;
    }
    for (size_t i = 0; i < length; i++) {
        const uint64_t *its_price = price_of(prices, list[i].netuid);
        if (its_price == NULL) {
            return query_fail_with(query, SUBSTRATE_E_DECODE, "the runtime has no price of %u",
                                   (unsigned)list[i].netuid);
        }
        complete(&list[i], *its_price);
    }
    *answer = (struct subtensor_dynamic_infos){list, length};
    return function_done(query, asking, answer);
}

/* ---- rows ---- */

static const struct read hyperparameters_v1 = {
    READ_CALL, READ_OPTION, API, "get_subnet_hyperparams", "0", &shape_hyperparameters, NULL};
static const struct read hyperparameters[] = {{READ_CALL, READ_OPTION, API,
                                               "get_subnet_hyperparams_v2", "0",
                                               &shape_hyperparameters, &hyperparameters_v1}};
static const struct read info[] = {
    {READ_CALL, READ_OPTION, API, "get_subnet_info_v2", "0", &shape_subnet_info, NULL}};

static const struct subtensor_argument netuid[] = {ARGUMENT_NETUID};

const struct function functions_subnets[] = {
    {.face = {"subnet_exists", "Does a subnet exist", ROW_ARGUMENTS(netuid), "true or false"},
     .needs = NEEDS_STATE,
     .shape = &shape_bool,
     ROW_READS(network)},
    {.face = {"get_total_subnets", "How many subnets there are, the root network included", NULL, 0,
              "an integer"},
     .needs = NEEDS_STATE,
     .shape = &shape_u16,
     ROW_READS(total)},
    {.face = {"get_all_subnets_netuid", "The subnets that there are", NULL, 0,
              "[netuid, …], in the order of the chain's keys"},
     .shape = &shape_u16s,
     .make = make_networks,
     .finish = networks},
    {.face = {"tempo", "How many blocks an epoch of a subnet has, less one", ROW_ARGUMENTS(netuid),
              "an integer, or null"},
     .needs = NEEDS_STATE,
     .shape = &shape_u16,
     ROW_READS(tempo_reads),
     .finish = tempo},
    {.face = {"get_subnet_hyperparameters", "The hyperparameters of a subnet",
              ROW_ARGUMENTS(netuid), "{rho, kappa, …}, or null"},
     .needs = NEEDS_CALL,
     .shape = &shape_hyperparameters,
     ROW_READS(hyperparameters)},
    {.face = {"get_subnet_price", "The price of a subnet's token", ROW_ARGUMENTS(netuid),
              "an integer: rao of TAO for one token"},
     .needs = NEEDS_CALL,
     .shape = &shape_u64,
     ROW_READS(price_reads),
     .finish = price},
    {.face = {"subnet", "A subnet, its pool and its price", ROW_ARGUMENTS(netuid),
              "{netuid, owner_hotkey, …}, or null"},
     .needs = NEEDS_CALL,
     .shape = &shape_dynamic_info,
     ROW_READS(subnet_reads),
     .finish = subnet},
    {.face = {"all_subnets", "All subnets, their pools and their prices", NULL, 0,
              "[{netuid, owner_hotkey, …}, …]"},
     .needs = NEEDS_CALL,
     .shape = &shape_dynamic_infos,
     ROW_READS(all_reads),
     .finish = all_subnets},
    {.face = {"get_subnet_info", "A subnet, its limits and its owner", ROW_ARGUMENTS(netuid),
              "{netuid, rho, …}, or null"},
     .needs = NEEDS_CALL,
     .shape = &shape_subnet_info,
     ROW_READS(info)},
    {.face = {NULL, NULL, NULL, 0, NULL}},
};
