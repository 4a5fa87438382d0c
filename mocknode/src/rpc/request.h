/* Canonical requests: the typed parameters of a method (its row in the table of methods/) are the
 * one place for aliases, defaults, Invalid params and the resolution of the block. Two requests
 * that mean the same have the same canonical text, whatever their shape (alias, 0x or not, null or
 * omitted, by name or position).
 *
 * The canonical text is `METHOD PARAMS` for a method without a block and `METHOD PARAMS @HASH` for
 * one with: PARAMS is a compact JSON array of the typed parameters without the block, options that
 * were left out at the end dropped. A method outside the table is compared as exact compact JSON.
 */
#ifndef RPC_REQUEST_H
#define RPC_REQUEST_H

#include <stdbool.h>
#include <substrate/base.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"

enum rpc_param_type {
    RPC_END,
    RPC_HASH,      /* 0x + 64 digits; canonical lower case */
    RPC_BYTES,     /* hex with or without 0x, or a list of byte numbers; canonical 0x lower case */
    RPC_BYTE_LIST, /* a Vec<u8>: a list of byte numbers; canonical 0x lower case */
    RPC_U16,
    RPC_U32,
    RPC_U64,
    RPC_TEXT, /* any string */
    RPC_SS58,
    RPC_BYTES_LIST,
    RPC_U16_LIST,
    /* chain_getBlockHash: number, hex, or a list of them. Canonical is the number, but what is over
     * u32 and came as hex stays minimal hex: the node's error tells them apart. */
    RPC_NUMBER_OR_HEX,
    RPC_JSON, /* anything, compact */
};

struct rpc_param {
    const char *name; /* for params by name, in snake_case; camelCase is as good */
    enum rpc_param_type type;
    bool optional;      /* may be null, and left out when nothing follows */
    const char *preset; /* the canonical text that leaving it out stands for; NULL: none */
};

enum rpc_method_kind { RPC_METHOD_CALL, RPC_METHOD_SUBSCRIBE, RPC_METHOD_UNSUBSCRIBE };

#define RPC_PARAMS_MAX 6
#define RPC_ALIASES_MAX 5

struct rpc_method {
    const char *name;
    const char *aliases[RPC_ALIASES_MAX];
    enum rpc_method_kind kind;
    bool has_at; /* the last parameter is an optional block hash, null = best */
    struct rpc_param params[RPC_PARAMS_MAX];
};

/* A parsed request. `params` are canonical JSON texts by position ({NULL, 0} when left out). */
struct rpc_request {
    const struct rpc_method *method; /* NULL: a method outside the table */
    struct substrate_text name;      /* canonical name */
    struct substrate_text params[RPC_PARAMS_MAX];
    size_t param_count;
    struct substrate_text params_text; /* PARAMS of the canonical text */
    bool at_given;                     /* a hash was named by the caller */
    struct substrate_hash at;
};

/* Parses the params of a method; NULL: one outside the table, of this name. Returns OK; E_ARGUMENT
 * when the node would say -32602, *data is then the raw JSON string of the error's data ("\"No more
 * params\""); E_MEMORY. Everything is in the arena or a view of the input. */
enum substrate_status rpc_request_parse(const struct rpc_method *method, struct substrate_text name,
                                        struct base_json params, struct base_arena *arena,
                                        struct rpc_request *request, struct substrate_text *data);

/* A canonical text in its parts. */
struct rpc_canonical {
    struct substrate_text name, params; /* params without data: the name is all */
    const struct substrate_hash *at;    /* NULL: no block */
};
/* `at`: the resolved block, used only when the method has one. The parts are the request's. */
struct rpc_canonical rpc_request_parts(const struct rpc_request *request,
                                       const struct substrate_hash *at);
void rpc_canonical_write(const struct rpc_canonical *parts, struct base_buf *out);
/* Writes the canonical text. */
void rpc_request_write(const struct rpc_request *request, const struct substrate_hash *at,
                       struct base_buf *out);

#endif
