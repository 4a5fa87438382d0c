/* One typed parameter to its canonical JSON text, or to the text of the error that serde gives the
 * caller in its place. */
#ifndef RPC_PARAM_H
#define RPC_PARAM_H

#include <substrate/base.h>
#include "base/arena.h"
#include "base/json.h"
#include "rpc/request.h"

struct rpc_param_reader {
    struct base_arena *arena;
    /* What serde's lines and columns count from: the end of the separator before the parameter, or
     * the start of the parameters given by name. */
    const char *origin;
    struct substrate_text *data; /* the error's data */
};

/* Returns OK, E_ARGUMENT with the data set, E_MEMORY. */
enum substrate_status rpc_param_read(struct rpc_param_reader *reader, enum rpc_param_type type,
                                     struct base_json value, struct substrate_text *canonical);
/* Sets the data to `message at line … column …`, the place being `at`; NULL: no place. */
enum substrate_status rpc_param_refuse(struct rpc_param_reader *reader, const char *at,
                                       struct substrate_text message);

#endif
