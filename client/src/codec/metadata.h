/* The metadata of one runtime, versions 14, 15 and 16 (crate frame-metadata), parsed into plain
 * structs in one arena, immutable and shared by reference count. What a version does not have is
 * empty. The public handle is struct substrate_metadata; the codec reads this struct. */
#ifndef CODEC_METADATA_H
#define CODEC_METADATA_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>
#include <substrate/metadata.h>
#include "base/arena.h"
#include "base/map.h"
#include "types.h"

#define METADATA_NO_TYPE UINT32_MAX

enum storage_hasher {
    HASHER_BLAKE2_128,
    HASHER_BLAKE2_256,
    HASHER_BLAKE2_128_CONCAT,
    HASHER_TWOX_128,
    HASHER_TWOX_256,
    HASHER_TWOX_64_CONCAT,
    HASHER_IDENTITY,
};

#define STORAGE_KEYS_MAX 16

struct metadata_storage {
    struct substrate_text name;
    bool has_default;  /* absent is `fallback`; else absent is nothing (an Option) */
    uint8_t key_count; /* 0: a plain item */
    enum storage_hasher hashers[STORAGE_KEYS_MAX];
    uint32_t keys[STORAGE_KEYS_MAX]; /* the type of each argument: a tuple is taken apart */
    uint32_t value;
    struct substrate_bytes fallback;
    uint8_t prefix[32]; /* twox128(pallet prefix) twox128(item) */
};

struct metadata_constant {
    struct substrate_text name;
    uint32_t type;
    struct substrate_bytes value;
};

struct metadata_pallet {
    struct substrate_text name;
    uint8_t index;
    struct substrate_text storage_prefix; /* {NULL, 0}: no storage */
    const struct metadata_storage *storage;
    uint32_t storage_count;
    const struct metadata_constant *constants;
    uint32_t constant_count;
    uint32_t calls, events, errors; /* types, or METADATA_NO_TYPE */
};

struct metadata_argument {
    struct substrate_text name;
    uint32_t type;
};

struct metadata_method {
    struct substrate_text name;
    const struct metadata_argument *arguments;
    uint32_t argument_count;
    uint32_t output;
};

/* A runtime API; V15 and later. A method is called by state_call "API_method". */
struct metadata_api {
    struct substrate_text name;
    const struct metadata_method *methods;
    uint32_t method_count;
};

struct metadata_extension {
    struct substrate_text identifier;
    uint32_t type;     /* what stands in the extrinsic */
    uint32_t implicit; /* what is signed besides */
};

struct metadata_kept;

struct substrate_metadata {
    atomic_uint references;
    struct base_arena arena;
    uint8_t version; /* 14, 15, 16 */
    struct types types;
    const struct metadata_pallet *pallets;
    uint32_t pallet_count;
    const struct metadata_api *apis;
    uint32_t api_count;
    /* Extrinsics: versions that the runtime takes (4, 5), its signed extensions in order (of V16:
     * those of version 0, which signed extrinsics have), and the types of address and signature
     * (of V14: the parameters of the extrinsic's type, METADATA_NO_TYPE where it has none). */
    uint8_t extrinsic_versions[8];
    uint8_t extrinsic_version_count;
    const struct metadata_extension *extensions;
    uint32_t extension_count;
    uint32_t address, signature;
    uint32_t outer_call, outer_event, outer_error; /* METADATA_NO_TYPE where not known */
    uint16_t ss58_prefix;                          /* System.SS58Prefix, else 42 */
    struct base_map pallets_by_name;               /* struct metadata_pallet */
    struct base_map storage_by_prefix;             /* 32 bytes to struct metadata_storage */
    _Atomic(struct metadata_kept *) *kept;         /* metadata_kept.c: all else never changes */
};

/* NULL when there is none. */
const struct metadata_pallet *metadata_pallet(const struct substrate_metadata *metadata,
                                              struct substrate_text name);
const struct metadata_pallet *metadata_pallet_by_index(const struct substrate_metadata *metadata,
                                                       uint8_t index);
const struct metadata_storage *metadata_storage(const struct metadata_pallet *pallet,
                                                struct substrate_text name);
const struct metadata_constant *metadata_constant(const struct metadata_pallet *pallet,
                                                  struct substrate_text name);
const struct metadata_api *metadata_api(const struct substrate_metadata *metadata,
                                        struct substrate_text name);
const struct metadata_method *metadata_method(const struct metadata_api *api,
                                              struct substrate_text name);

#endif
