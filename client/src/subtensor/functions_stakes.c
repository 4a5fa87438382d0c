/* Functions about stakes and delegation. */
#include <subtensor/stake.h>

#include "rows.h"
#include "shapes.h"

#define STAKE_API "StakeInfoRuntimeApi"

/* ---- stakes ---- */

static const struct read stake_reads[] = {{READ_CALL, READ_OPTION, STAKE_API,
                                           "get_stake_info_for_hotkey_coldkey_netuid", "102",
                                           &shape_stake_info, NULL}};

static enum query_progress stake(struct substrate_query *query, struct asking *asking,
                                 const struct substrate_reply *replies, size_t count) {
    const struct subtensor_stake_info *info = asking->results[0];
    (void)replies;
    (void)count;
    return function_done(query, asking, info != NULL ? &info->stake : NULL);
}

static const struct read stakes_reads[] = {
    {READ_CALL, 0, STAKE_API, "get_stake_info_for_coldkey", "0", &shape_stake_infos, NULL}};

/* Without those of nothing. */
static enum query_progress stakes(struct substrate_query *query, struct asking *asking,
                                  const struct substrate_reply *replies, size_t count) {
    const struct subtensor_stake_infos *all = asking->results[0];
    struct subtensor_stake_infos *answer = function_alloc(query, 1, sizeof(*answer));
    struct subtensor_stake_info *list = function_alloc(query, all->count, sizeof(*list));
    (void)replies;
    (void)count;
    if (answer == NULL || list == NULL) {
        return QUERY_FAILED;
    }
    *answer = (struct subtensor_stake_infos){list, 0};
    for (size_t i = 0; i < all->count; i++) {
        if (all->list[i].stake > 0) {
            list[answer->count++] = all->list[i];
        }
    }
    return function_done(query, asking, answer);
}

/* ---- delegates ---- */

static const struct read delegates_reads[] = {
    {READ_CALL, 0, "DelegateInfoRuntimeApi", "get_delegates", "", &shape_delegates, NULL}};

/* Adds a stake to the total of its subnet, in the order in which subnets are first met. */
static bool add(struct subtensor_netuid_amount *totals, size_t *count,
                const struct subtensor_netuid_amount *amount) {
    size_t i = 0;
    while (i < *count && totals[i].netuid != amount->netuid) {
        i++;
    }
    if (i == *count) {
        totals[(*count)++] = *amount;
        return true;
    }
    totals[i].amount += amount->amount;
    return totals[i].amount >= amount->amount;
}

static bool sum_up(struct substrate_query *query, struct subtensor_delegate *delegate) {
    size_t most = 0;
    for (size_t i = 0; i < delegate->nominators.count; i++) {
        most += delegate->nominators.list[i].stakes.count;
    }
    struct subtensor_netuid_amount *totals = function_alloc(query, most, sizeof(*totals));
    if (totals == NULL) {
        return false;
    }
    delegate->total_stake = (struct subtensor_netuid_amounts){totals, 0};
    for (size_t i = 0; i < delegate->nominators.count; i++) {
        const struct subtensor_netuid_amounts *stakes = &delegate->nominators.list[i].stakes;
        for (size_t j = 0; j < stakes->count; j++) {
            if (!add(totals, &delegate->total_stake.count, &stakes->list[j])) {
                (void)query_fail_with(query, SUBSTRATE_E_DECODE, "stakes beyond 2^64 rao");
                return false;
            }
        }
    }
    return true;
}

static enum query_progress delegates(struct substrate_query *query, struct asking *asking,
                                     const struct substrate_reply *replies, size_t count) {
    const struct subtensor_delegates *all = asking->results[0];
    struct subtensor_delegates *answer = function_alloc(query, 1, sizeof(*answer));
    struct subtensor_delegate *list = function_alloc(query, all->count, sizeof(*list));
    (void)replies;
    (void)count;
    if (answer == NULL || list == NULL) {
        return QUERY_FAILED;
    }
    for (size_t i = 0; i < all->count; i++) {
        list[i] = all->list[i];
        if (!sum_up(query, &list[i])) {
            return QUERY_FAILED;
        }
    }
    *answer = (struct subtensor_delegates){list, all->count};
    return function_done(query, asking, answer);
}

/* ---- rows ---- */

static const struct read children_reads[] = {
    {READ_STORAGE, 0, "SubtensorModule", "ChildKeys", "01", &shape_children, NULL}};

static const struct subtensor_argument coldkey[] = {ARGUMENT_COLDKEY};
static const struct subtensor_argument hotkey_and_netuid[] = {ARGUMENT_HOTKEY, ARGUMENT_NETUID};
static const struct subtensor_argument stake_arguments[] = {ARGUMENT_COLDKEY, ARGUMENT_HOTKEY,
                                                            ARGUMENT_NETUID};

const struct function functions_stakes[] = {
    {.face = {"get_stake", "What a coldkey has staked on a hotkey in a subnet",
              ROW_ARGUMENTS(stake_arguments), "an integer: rao of the subnet's token; or null"},
     .needs = QUERY_NEEDS_CALL_RUNTIME,
     .shape = &shape_u64,
     ROW_READS(stake_reads),
     .finish = stake},
    {.face = {"get_stake_info_for_coldkey", "All stakes of a coldkey", ROW_ARGUMENTS(coldkey),
              "[{hotkey_ss58, coldkey_ss58, netuid, stake, …}, …]"},
     .needs = QUERY_NEEDS_CALL_RUNTIME,
     .shape = &shape_stake_infos,
     ROW_READS(stakes_reads),
     .finish = stakes},
    {.face = {"get_delegates", "All hotkeys that take stakes of others", NULL, 0,
              "[{hotkey_ss58, owner_ss58, take, total_stake, nominators, …}, …]"},
     .needs = QUERY_NEEDS_CALL_RUNTIME,
     .shape = &shape_delegates,
     ROW_READS(delegates_reads),
     .finish = delegates},
    {.face = {"get_children", "To whom a hotkey has given parts of its stake",
              ROW_ARGUMENTS(hotkey_and_netuid), "[[proportion of 2^64 - 1, account], …]"},
     .needs = QUERY_NEEDS_STATE_RUNTIME,
     .shape = &shape_children,
     ROW_READS(children_reads)},
    {.face = {NULL, NULL, NULL, 0, NULL}},
};
