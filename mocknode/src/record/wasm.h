/* The names of the functions that a runtime exports, read from the value of `:code`. */
#ifndef RECORD_WASM_H
#define RECORD_WASM_H

#include <substrate/base.h>
#include "base/arena.h"

struct wasm_exports {
    struct substrate_text *names; /* sorted, each once; in the arena */
    size_t count;
};

/* `code` is WebAssembly, or the same compressed as Substrate does it: an eight-byte prefix, then
 * zstd. Returns OK; E_DECODE, `error` says what is wrong and where; E_LIMIT (over 50 MiB unpacked,
 * as in the node); E_MEMORY. */
enum substrate_status wasm_read_exports(struct substrate_bytes code, struct base_arena *arena,
                                        struct wasm_exports *exports,
                                        struct substrate_error *error);

#endif
