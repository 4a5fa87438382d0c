/* The table of methods: names, aliases, typed parameters, and how each is answered. Names and types
 * are those of sc-rpc-api and of Subtensor's own RPC crates. */
#include <string.h>
#include "base/hash.h"
#include "base/text.h"
#include "rpc/request.h"

#define AT \
    { "hash", RPC_HASH, true, NULL }
#define AT_LAST \
    { "at", RPC_HASH, true, NULL }
#define NEED(name, type) \
    { name, type, false, NULL }
#define OPTION(name, type) \
    { name, type, true, NULL }
#define PREFIX \
    { "prefix", RPC_BYTES, true, "\"0x\"" }
#define CHILD NEED("child_storage_key", RPC_BYTES)

#define CALL(name, handler) \
    { name, {NULL}, RPC_METHOD_CALL, false, {{NULL, RPC_END, false, NULL}}, RPC_HANDLE_##handler }
#define CALL_ALIAS(name, alias, handler) \
    { name, {alias}, RPC_METHOD_CALL, false, {{NULL, RPC_END, false, NULL}}, RPC_HANDLE_##handler }
#define CALL_WITH(name, alias, handler, ...) \
    { name, {alias}, RPC_METHOD_CALL, false, {__VA_ARGS__}, RPC_HANDLE_##handler }
/* With a block, which is the last of the parameters. */
#define READ(name, alias, handler, ...) \
    { name, {alias}, RPC_METHOD_CALL, true, {__VA_ARGS__}, RPC_HANDLE_##handler }
#define SUBSCRIBE(name, handler, ...)                                                     \
    {                                                                                     \
        name, {__VA_ARGS__}, RPC_METHOD_SUBSCRIBE, false, {{NULL, RPC_END, false, NULL}}, \
            RPC_HANDLE_##handler                                                          \
    }
/* A bad id is no error there, but `false`; so it is optional and of any type. */
#define UNSUBSCRIBE(name, handler, ...)                                                         \
    {                                                                                           \
        name, {__VA_ARGS__}, RPC_METHOD_UNSUBSCRIBE, false, {OPTION("subscription", RPC_JSON)}, \
            RPC_HANDLE_##handler                                                                \
    }

static const struct rpc_method TABLE[] = {
    CALL("rpc_methods", RPC_METHODS),

    READ("chain_getHeader", NULL, CHAIN_GET_HEADER, AT),
    READ("chain_getBlock", NULL, CHAIN_GET_BLOCK, AT),
    CALL_WITH("chain_getBlockHash", "chain_getHead", CHAIN_GET_BLOCK_HASH,
              OPTION("hash", RPC_NUMBER_OR_HEX)),
    CALL_ALIAS("chain_getFinalizedHead", "chain_getFinalisedHead", CHAIN_GET_FINALIZED_HEAD),
    SUBSCRIBE("chain_subscribeAllHeads", ALL_HEADS, NULL),
    UNSUBSCRIBE("chain_unsubscribeAllHeads", ALL_HEADS, NULL),
    SUBSCRIBE("chain_subscribeNewHeads", NEW_HEADS, "chain_subscribeNewHead", "subscribe_newHead"),
    UNSUBSCRIBE("chain_unsubscribeNewHeads", NEW_HEADS, "chain_unsubscribeNewHead",
                "unsubscribe_newHead"),
    SUBSCRIBE("chain_subscribeFinalizedHeads", FINALIZED_HEADS, "chain_subscribeFinalisedHeads"),
    UNSUBSCRIBE("chain_unsubscribeFinalizedHeads", FINALIZED_HEADS,
                "chain_unsubscribeFinalisedHeads"),

    READ("state_call", "state_callAt", STATE_CALL, NEED("name", RPC_TEXT), NEED("bytes", RPC_BYTES),
         AT),
    READ("state_getKeys", NULL, STATE_GET_KEYS, NEED("prefix", RPC_BYTES), AT),
    READ("state_getPairs", NULL, STATE_GET_PAIRS, NEED("prefix", RPC_BYTES), AT),
    READ("state_getKeysPaged", "state_getKeysPagedAt", STATE_GET_KEYS_PAGED, PREFIX,
         NEED("count", RPC_U32), OPTION("start_key", RPC_BYTES), AT),
    READ("state_getStorage", "state_getStorageAt", STATE_GET_STORAGE, NEED("key", RPC_BYTES), AT),
    READ("state_getStorageHash", "state_getStorageHashAt", STATE_GET_STORAGE_HASH,
         NEED("key", RPC_BYTES), AT),
    READ("state_getStorageSize", "state_getStorageSizeAt", STATE_GET_STORAGE_SIZE,
         NEED("key", RPC_BYTES), AT),
    READ("state_getMetadata", NULL, STATE_GET_METADATA, AT),
    READ("state_getRuntimeVersion", "chain_getRuntimeVersion", STATE_GET_RUNTIME_VERSION, AT),
    CALL_WITH("state_queryStorage", NULL, STATE_QUERY_STORAGE, NEED("keys", RPC_BYTES_LIST),
              NEED("block", RPC_HASH), OPTION("hash", RPC_HASH)),
    READ("state_queryStorageAt", NULL, STATE_QUERY_STORAGE_AT, NEED("keys", RPC_BYTES_LIST),
         AT_LAST),
    READ("state_getReadProof", NULL, RECORDED, NEED("keys", RPC_BYTES_LIST), AT),
    READ("state_getChildReadProof", NULL, RECORDED, CHILD, NEED("keys", RPC_BYTES_LIST), AT),
    CALL_WITH("state_traceBlock", NULL, RECORDED, NEED("block", RPC_HASH),
              OPTION("targets", RPC_TEXT), OPTION("storage_keys", RPC_TEXT),
              OPTION("methods", RPC_TEXT)),
    SUBSCRIBE("state_subscribeRuntimeVersion", RUNTIME_VERSION, "chain_subscribeRuntimeVersion"),
    UNSUBSCRIBE("state_unsubscribeRuntimeVersion", RUNTIME_VERSION,
                "chain_unsubscribeRuntimeVersion"),
    {"state_subscribeStorage",
     {NULL},
     RPC_METHOD_SUBSCRIBE,
     false,
     {OPTION("keys", RPC_BYTES_LIST)},
     RPC_HANDLE_STORAGE},
    UNSUBSCRIBE("state_unsubscribeStorage", STORAGE, NULL),

    READ("childstate_getKeys", NULL, CHILD_LIST, CHILD, NEED("prefix", RPC_BYTES), AT),
    READ("childstate_getKeysPaged", "childstate_getKeysPagedAt", CHILD_LIST, CHILD, PREFIX,
         NEED("count", RPC_U32), OPTION("start_key", RPC_BYTES), AT),
    READ("childstate_getStorage", NULL, CHILD_NULL, CHILD, NEED("key", RPC_BYTES), AT),
    READ("childstate_getStorageEntries", NULL, CHILD_ENTRIES, CHILD, NEED("keys", RPC_BYTES_LIST),
         AT),
    READ("childstate_getStorageHash", NULL, CHILD_NULL, CHILD, NEED("key", RPC_BYTES), AT),
    READ("childstate_getStorageSize", NULL, CHILD_NULL, CHILD, NEED("key", RPC_BYTES), AT),

    CALL("system_name", RECORDED),
    CALL("system_version", RECORDED),
    CALL("system_chain", RECORDED),
    CALL("system_chainType", RECORDED),
    CALL("system_properties", RECORDED),
    CALL("system_health", RECORDED),
    CALL("system_localPeerId", RECORDED),
    CALL("system_localListenAddresses", RECORDED),
    CALL("system_peers", RECORDED),
    CALL("system_unstable_networkState", RECORDED),
    CALL("system_reservedPeers", RECORDED),
    CALL("system_nodeRoles", RECORDED),
    CALL("system_syncState", RECORDED),
    CALL_WITH("system_accountNextIndex", "account_nextIndex", ACCOUNT_NEXT_INDEX,
              NEED("account", RPC_SS58)),
    READ("system_dryRun", "system_dryRunAt", RECORDED, NEED("extrinsic", RPC_BYTES), AT_LAST),
    READ("payment_queryInfo", NULL, RECORDED, NEED("encoded_xt", RPC_BYTES), AT_LAST),
    READ("payment_queryFeeDetails", NULL, RECORDED, NEED("encoded_xt", RPC_BYTES), AT_LAST),

    READ("delegateInfo_getDelegates", NULL, RECORDED, AT_LAST),
    READ("delegateInfo_getDelegate", NULL, RECORDED, NEED("delegate_account_vec", RPC_BYTES),
         AT_LAST),
    READ("delegateInfo_getDelegated", NULL, RECORDED, NEED("delegatee_account_vec", RPC_BYTES),
         AT_LAST),
    READ("neuronInfo_getNeuronsLite", NULL, RECORDED, NEED("netuid", RPC_U16), AT_LAST),
    READ("neuronInfo_getNeuronLite", NULL, RECORDED, NEED("netuid", RPC_U16), NEED("uid", RPC_U16),
         AT_LAST),
    READ("neuronInfo_getNeurons", NULL, RECORDED, NEED("netuid", RPC_U16), AT_LAST),
    READ("neuronInfo_getNeuron", NULL, RECORDED, NEED("netuid", RPC_U16), NEED("uid", RPC_U16),
         AT_LAST),
    READ("subnetInfo_getSubnetInfo", NULL, RECORDED, NEED("netuid", RPC_U16), AT_LAST),
    READ("subnetInfo_getSubnetsInfo", NULL, RECORDED, AT_LAST),
    READ("subnetInfo_getSubnetInfo_v2", NULL, RECORDED, NEED("netuid", RPC_U16), AT_LAST),
    READ("subnetInfo_getSubnetsInfo_v2", NULL, RECORDED, AT_LAST),
    READ("subnetInfo_getSubnetHyperparams", NULL, RECORDED, NEED("netuid", RPC_U16), AT_LAST),
    READ("subnetInfo_getSubnetHyperparamsV2", NULL, RECORDED, NEED("netuid", RPC_U16), AT_LAST),
    READ("subnetInfo_getAllDynamicInfo", NULL, RECORDED, AT_LAST),
    READ("subnetInfo_getDynamicInfo", NULL, RECORDED, NEED("netuid", RPC_U16), AT_LAST),
    READ("subnetInfo_getAllMetagraphs", NULL, RECORDED, AT_LAST),
    READ("subnetInfo_getMetagraph", NULL, RECORDED, NEED("netuid", RPC_U16), AT_LAST),
    READ("subnetInfo_getAllMechagraphs", NULL, RECORDED, AT_LAST),
    READ("subnetInfo_getMechagraph", NULL, RECORDED, NEED("netuid", RPC_U16),
         NEED("mecid", RPC_U16), AT_LAST),
    READ("subnetInfo_getSubnetState", NULL, RECORDED, NEED("netuid", RPC_U16), AT_LAST),
    READ("subnetInfo_getLockCost", NULL, RECORDED, AT_LAST),
    READ("subnetInfo_getSelectiveMetagraph", NULL, RECORDED, NEED("netuid", RPC_U16),
         NEED("metagraph_index", RPC_U16_LIST), AT_LAST),
    READ("subnetInfo_getSelectiveMechagraph", NULL, RECORDED, NEED("netuid", RPC_U16),
         NEED("mecid", RPC_U16), NEED("metagraph_index", RPC_U16_LIST), AT_LAST),
    READ("subnetInfo_getColdkeyAutoStakeHotkey", NULL, RECORDED, NEED("coldkey", RPC_SS58),
         NEED("netuid", RPC_U16), AT_LAST),
    READ("subnetInfo_getSubnetToPrune", NULL, RECORDED, AT_LAST),
    READ("subnetInfo_getSubnetAccountId", NULL, RECORDED, NEED("netuid", RPC_U16), AT_LAST),
    READ("stakeInfo_getColdkeyLock", NULL, RECORDED, NEED("coldkey", RPC_SS58),
         NEED("netuid", RPC_U16), AT_LAST),
    READ("swap_currentAlphaPrice", NULL, RECORDED, NEED("netuid", RPC_U16), AT_LAST),
    READ("swap_currentAlphaPriceAll", NULL, RECORDED, AT_LAST),
    READ("swap_simSwapTaoForAlpha", NULL, RECORDED, NEED("netuid", RPC_U16), NEED("tao", RPC_U64),
         AT_LAST),
    READ("swap_simSwapAlphaForTao", NULL, RECORDED, NEED("netuid", RPC_U16), NEED("alpha", RPC_U64),
         AT_LAST),
};

#define ROWS (sizeof TABLE / sizeof *TABLE)
#define SLOTS 512 /* a power of two, well over the number of names and aliases */

/* Every name and alias to its row, by hash. Each thread fills its own before its first look-up, so
 * that nothing here needs a lock. */
static _Thread_local struct slot {
    struct substrate_text name;
    const struct rpc_method *method;
} SLOT[SLOTS];
static _Thread_local bool filled;

/* The slot of a name, or the free one where it would be. */
static struct slot *slot_of(struct substrate_text name) {
    size_t at =
        (size_t)base_xxh64((struct substrate_bytes){(const uint8_t *)name.data, name.size}, 0);
    while (SLOT[at % SLOTS].method != NULL && !base_text_equal(SLOT[at % SLOTS].name, name)) {
        at++;
    }
    return &SLOT[at % SLOTS];
}

static void fill(void) {
    for (size_t i = 0; i < ROWS; i++) {
        struct substrate_text name = base_text(TABLE[i].name);
        *slot_of(name) = (struct slot){name, &TABLE[i]};
        for (size_t a = 0; a < RPC_ALIASES_MAX && TABLE[i].aliases[a] != NULL; a++) {
            struct substrate_text alias = base_text(TABLE[i].aliases[a]);
            *slot_of(alias) = (struct slot){alias, &TABLE[i]};
        }
    }
}

const struct rpc_method *rpc_method_find(struct substrate_text name) {
    if (!filled) {
        fill();
        filled = true;
    }
    return slot_of(name)->method;
}

const struct rpc_method *rpc_method_row(size_t index) {
    return index < ROWS ? &TABLE[index] : NULL;
}
