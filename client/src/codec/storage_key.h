/* Storage keys: the 32-byte prefix of an item, then each argument as its hasher leaves it
 * (polkadot-sdk, frame-support, storage hashers). Fewer arguments than the item has give a prefix
 * of the keys of a map. Hashers that keep what they hash (the concat ones and identity) let the
 * arguments be read back. */
#ifndef CODEC_STORAGE_KEY_H
#define CODEC_STORAGE_KEY_H

#include <substrate/base.h>
#include "base/buf.h"
#include "base/json.h"
#include "metadata.h"
#include "value.h"

#define STORAGE_PREFIX_SIZE 32

/* Appends the key of `item` with these arguments, each as its SCALE bytes, which are not checked.
 * Returns OK, E_ARGUMENT for more arguments than the item takes, E_MEMORY. */
enum substrate_status storage_key_encode(const struct metadata_storage *item,
                                         const struct substrate_bytes *arguments, size_t count,
                                         struct base_buf *key, struct substrate_error *error);
/* The same from a JSON array of arguments, each as value_write takes it; nothing at all
 * (BASE_JSON_NONE) is no argument. Returns OK, E_ARGUMENT (no array, or too many), and as
 * value_write. After an error `key` is as it was. */
enum substrate_status storage_key_write(const struct substrate_metadata *metadata,
                                        const struct metadata_storage *item,
                                        struct base_json arguments,
                                        const struct value_limits *limits, struct base_buf *key,
                                        struct substrate_error *error);

/* The item that a key belongs to, by its first 32 bytes; NULL when it is of none. `pallet` may be
 * NULL. */
const struct metadata_storage *storage_key_item(const struct substrate_metadata *metadata,
                                                struct substrate_bytes key,
                                                const struct metadata_pallet **pallet);

/* Appends the arguments of a whole key as a JSON array, null for one that its hasher loses. Every
 * hash that stands before an argument is made again and must match.
 * Returns OK, E_DECODE (also for a key of another item, one that ends early, or one with bytes left
 * over), E_LIMIT, E_MEMORY. After an error `json` is as it was. */
enum substrate_status storage_key_read(const struct substrate_metadata *metadata,
                                       const struct metadata_storage *item,
                                       struct substrate_bytes key,
                                       const struct value_limits *limits, struct base_buf *json,
                                       struct substrate_error *error);
/* The same as views of the SCALE bytes in the key, {NULL, 0} for a lost one. Sets the first
 * item->key_count of `arguments`. */
enum substrate_status storage_key_split(const struct substrate_metadata *metadata,
                                        const struct metadata_storage *item,
                                        struct substrate_bytes key,
                                        const struct value_limits *limits,
                                        struct substrate_bytes arguments[STORAGE_KEYS_MAX],
                                        struct substrate_error *error);

#endif
