/* What runs have found out and need not ask again: immutable facts of a chain. Whoever asks for an
 * unknown fact first finds it out; who comes second waits for the first. A fact that could not be
 * had leaves nothing behind but its error with those who waited on the same connection: what was
 * wrong with that one, or its node, says nothing of others, who then find it out themselves.
 *
 * There are two kinds of memos. One is the process's, for what is dear: runtimes by genesis and
 * version. It lives in facts.c, keeps RUNTIMES_MAX of them, and is emptied by
 * substrate_runtimes_forget. The other is each connection's, for what only its node can tell: the
 * genesis, and which version is in force for a block. It lives in the connection (`memory`), keeps
 * VERSIONS_MAX facts, and ends with it. Both drop what was not used for longest. */
#ifndef RUN_MEMO_H
#define RUN_MEMO_H

#include <pthread.h>
#include <stdbool.h>
#include <substrate/base.h>
#include "query/runtime.h"

enum fact_kind {
    FACT_STATE_VERSION = QUERY_STATE_RUNTIME, /* by block: query_version */
    FACT_CALL_VERSION = QUERY_CALL_RUNTIME,
    FACT_GENESIS, /* the hash of block 0 */
    FACT_RUNTIME, /* by genesis and version */
};

/* Which fact. */
struct fact {
    enum fact_kind kind;
    struct substrate_hash hash;   /* VERSION: the block; RUNTIME: the genesis */
    struct query_version version; /* RUNTIME; `at` is where to ask, and does not count */
};

/* What it is: the member that its kind says. A runtime is counted. */
struct fact_value {
    struct substrate_hash genesis;
    struct query_version version;
    struct query_runtime *runtime;
};

struct memo_entry;
struct memo {
    pthread_mutex_t lock;
    pthread_cond_t settled;
    struct memo_entry *first; /* most recently used first */
    size_t count, count_max;
};

/* One who asks for a fact, and may wait for it; alive until it is settled. */
struct memo_waiter {
    const void *connection; /* on which it asks */
    /* NULL: waits in memo_wait. Else called when the fact is settled, on the thread of whoever
     * settles it; afterwards nobody touches the waiter but its owner. */
    void (*on_settled)(struct memo_waiter *waiter);
    struct memo_waiter *next;
    bool settled;
    bool left; /* settled for others only: find it out, then memo_settle */
    struct fact_value value;
    struct substrate_error error; /* status OK: there is a value, which the owner must release */
};

enum memo_answer {
    MEMO_KNOWN,   /* waiter->value is set */
    MEMO_YOURS,   /* find it out, then memo_settle, whatever came of it */
    MEMO_AWAITED, /* somebody else does; the waiter is held until it is settled */
};

/* A memo that could not be made is NULL, and knows nothing. */
struct memo *memo_new(size_t count_max);
void memo_free(struct memo *memo);
enum memo_answer memo_ask(struct memo *memo, const struct fact *fact, struct memo_waiter *waiter);
void memo_wait(struct memo *memo, struct memo_waiter *waiter);
/* By whom it was left to, or who asked first: `finder` is what it asked with. Borrows the value;
 * error NULL means that there is one. */
void memo_settle(struct memo *memo, const struct fact *fact, const struct memo_waiter *finder,
                 const struct fact_value *value, const struct substrate_error *error);
/* Drops all that is known; what is being found out stays. */
void memo_forget(struct memo *memo);

#endif
