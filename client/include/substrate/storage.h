/* Generic questions about any Substrate chain, by the names that its metadata has: storage, runtime
 * calls, constants, blocks and events. Each is a query (substrate_query_…) and a function that asks
 * it now. Values are canonical JSON, in the shape of the metadata.
 *
 * Names are those of the metadata ("System", "Account"); one that the runtime does not have is
 * E_NOT_FOUND, and the message has the nearest that it has. Wrong arguments are E_ARGUMENT, and the
 * message says what is wanted. Both are found out when the query runs: they depend on the block.
 *
 * The makers of queries borrow their inputs for the call, give the query, and return OK, E_ARGUMENT
 * or E_MEMORY. The functions that ask now give the query that was answered, which holds the value
 * (substrate_query_outcome), and is to be freed; on an error they give NULL. They return what
 * substrate_query_ask does. */
#ifndef SUBSTRATE_STORAGE_H
#define SUBSTRATE_STORAGE_H

#include <stdbool.h>
#include <substrate/base.h>
#include <substrate/connection.h>
#include <substrate/query.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Arguments: the text of a JSON array ("[1, \"5G…\"]"), for a runtime call also of an object by
 * their names ("{\"netuid\": 1}"), or, when `json` is {NULL, 0}, the SCALE bytes of all of them,
 * one after the other. Neither: none. */
struct substrate_arguments {
    struct substrate_text json;
    struct substrate_bytes scale;
};

/* An entry of a storage item; of a map with fewer arguments than it has keys: all entries that
 * begin with them. */
struct substrate_storage_entry {
    const char *pallet, *item;
    struct substrate_arguments arguments;
};

/* One entry: `state_getStorage`. The outcome says whether the value was stored, is the default, or
 * is absent (null). Threads: any. */
enum substrate_status substrate_query_storage(const struct substrate_storage_entry *entry,
                                              const struct substrate_pin *pin,
                                              struct substrate_query **query);
/* The same, asked now. Threads: any, blocks. */
enum substrate_status substrate_storage(struct substrate_connection *connection,
                                        const struct substrate_storage_entry *entry,
                                        const struct substrate_pin *pin,
                                        struct substrate_query **answer,
                                        struct substrate_error *error);

/* Several entries of any items, read at once by one `state_queryStorageAt`: an array of
 * {"value":…,"presence":"present"|"default"|"absent"}, in their order; one may be there twice.
 * Threads: any. */
enum substrate_status substrate_query_storage_multi(const struct substrate_storage_entry *entries,
                                                    size_t count, const struct substrate_pin *pin,
                                                    struct substrate_query **query);
/* The same, asked now. Threads: any, blocks. */
enum substrate_status substrate_storage_multi(struct substrate_connection *connection,
                                              const struct substrate_storage_entry *entries,
                                              size_t count, const struct substrate_pin *pin,
                                              struct substrate_query **answer,
                                              struct substrate_error *error);

/* How a map is read. */
struct substrate_map_options {
    size_t size;
    uint32_t page; /* keys asked for at once, 1 to 1000 */
    bool or_entry; /* where the arguments name one entry: its value, as substrate_storage has it */
};
#define SUBSTRATE_MAP_OPTIONS_INIT \
    { sizeof(struct substrate_map_options), 1000, false }

/* All entries of a map, or those that begin with the arguments given, in the order of their keys:
 * an array of {"args":[…],"value":…}. `args` has all arguments of the entry, null for one whose
 * hasher loses it. Pages are read by `state_getKeysPaged` and `state_queryStorageAt`; the values of
 * a page travel together with the keys of the next. `options` NULL: the defaults. Threads: any. */
enum substrate_status substrate_query_storage_map(const struct substrate_storage_entry *prefix,
                                                  const struct substrate_map_options *options,
                                                  const struct substrate_pin *pin,
                                                  struct substrate_query **query);
/* The same, asked now. Threads: any, blocks. */
enum substrate_status substrate_storage_map(struct substrate_connection *connection,
                                            const struct substrate_storage_entry *prefix,
                                            const struct substrate_map_options *options,
                                            const struct substrate_pin *pin,
                                            struct substrate_query **answer,
                                            struct substrate_error *error);

/* A call of a runtime API's method, as metadata from V15 on describes them: `state_call`. */
struct substrate_api_call {
    const char *api, *method; /* "AccountNonceApi", "account_nonce" */
    struct substrate_arguments arguments;
};

/* A query for what a method of a runtime API gives. Threads: any. */
enum substrate_status substrate_query_runtime_call(const struct substrate_api_call *call,
                                                   const struct substrate_pin *pin,
                                                   struct substrate_query **query);
/* The same, asked now. Threads: any, blocks. */
enum substrate_status substrate_runtime_call(struct substrate_connection *connection,
                                             const struct substrate_api_call *call,
                                             const struct substrate_pin *pin,
                                             struct substrate_query **answer,
                                             struct substrate_error *error);

/* The same without metadata: SCALE bytes in, and bytes out as "0x…". `function` is what the runtime
 * exports: "AccountNonceApi_account_nonce". Threads: any. */
enum substrate_status substrate_query_state_call(const char *function,
                                                 struct substrate_bytes arguments,
                                                 const struct substrate_pin *pin,
                                                 struct substrate_query **query);
/* The same, asked now. Threads: any, blocks. */
enum substrate_status substrate_state_call(struct substrate_connection *connection,
                                           const char *function, struct substrate_bytes arguments,
                                           const struct substrate_pin *pin,
                                           struct substrate_query **answer,
                                           struct substrate_error *error);

/* A constant of a pallet, from the metadata. Threads: any. */
enum substrate_status substrate_query_constant(const char *pallet, const char *name,
                                               const struct substrate_pin *pin,
                                               struct substrate_query **query);
/* The same, asked now. Threads: any, blocks. */
enum substrate_status substrate_constant(struct substrate_connection *connection,
                                         const char *pallet, const char *name,
                                         const struct substrate_pin *pin,
                                         struct substrate_query **answer,
                                         struct substrate_error *error);

/* What the runtime has, from its metadata; types by name ("Vec<u16>"). `name` NULL, all in numbers:
 * {"spec_version","metadata_version","pallets":[{"name","index","storage","constants","calls",
 * "events","errors"}],"apis":[{"name","methods"}]}. Of a pallet, {"pallet","index",
 * "storage":[{"name","keys":[TYPE],"value":TYPE,"optional"}],"constants":[{"name","type"}],
 * "calls", "events", "errors":[{"name","fields":[{"name","type"}]}]}. Of a runtime API,
 * {"api","methods":[{"name","arguments":[{"name","type"}],"output":TYPE}]}. Threads: any. */
enum substrate_status substrate_query_description(const char *name, const struct substrate_pin *pin,
                                                  struct substrate_query **query);
/* The same, asked now. Threads: any, blocks. */
enum substrate_status substrate_description(struct substrate_connection *connection,
                                            const char *name, const struct substrate_pin *pin,
                                            struct substrate_query **answer,
                                            struct substrate_error *error);

/* A block: {"hash","number","header","extrinsics"}: the header as the node has it, the extrinsics
 * decoded. Threads: any. */
enum substrate_status substrate_query_block(const struct substrate_pin *pin,
                                            struct substrate_query **query);
/* The same, asked now. Threads: any, blocks. */
enum substrate_status substrate_block(struct substrate_connection *connection,
                                      const struct substrate_pin *pin,
                                      struct substrate_query **answer,
                                      struct substrate_error *error);

/* The events of a block, from System.Events: an array of {"phase","extrinsic","pallet","name",
 * "fields","topics"}, and "error" in those that report a failure. Threads: any. */
enum substrate_status substrate_query_events(const struct substrate_pin *pin,
                                             struct substrate_query **query);
/* The same, asked now. Threads: any, blocks. */
enum substrate_status substrate_events(struct substrate_connection *connection,
                                       const struct substrate_pin *pin,
                                       struct substrate_query **answer,
                                       struct substrate_error *error);

#ifdef __cplusplus
}
#endif
#endif
