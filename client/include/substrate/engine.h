/* An engine owns one I/O thread and one network context, and serves any number of connections. A
 * connection that is opened without an engine gets one of its own. */
#ifndef SUBSTRATE_ENGINE_H
#define SUBSTRATE_ENGINE_H

#include <substrate/base.h>

#ifdef __cplusplus
extern "C" {
#endif

struct substrate_engine;

/* `size` is sizeof of this struct (set by the _INIT macro), so that fields can be added at the end.
 */
struct substrate_engine_options {
    size_t size;
    uint32_t connections_max; /* open at once; beyond it opening gives E_LIMIT */
};
#define SUBSTRATE_ENGINE_OPTIONS_INIT \
    { sizeof(struct substrate_engine_options), 16384 }

/* Starts an engine and its thread.
 *   options  borrowed; NULL for the defaults
 *   engine   gives the engine; end it with substrate_engine_close
 * Returns OK, E_ARGUMENT, E_MEMORY or E_IO. The process's signal dispositions are left as they
 * were. Threads: any, blocks. */
enum substrate_status substrate_engine_open(const struct substrate_engine_options *options,
                                            struct substrate_engine **engine,
                                            struct substrate_error *error);

/* Ends an engine: each pending request of its connections completes with E_CLOSED, the thread is
 * joined, the engine freed. The connections themselves must still be closed by their owner, before
 * or after. Takes `engine`; NULL is allowed. Threads: any, blocks. */
void substrate_engine_close(struct substrate_engine *engine);

#ifdef __cplusplus
}
#endif
#endif
