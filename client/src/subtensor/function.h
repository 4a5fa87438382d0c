/* Functions as the library has them: each is one row of a table. A row says what is read and what
 * comes of it; from that the query is made which runs in every mode, the struct of C and the JSON,
 * the help of the command line and the list of functions. */
#ifndef SUBTENSOR_FUNCTION_H
#define SUBTENSOR_FUNCTION_H

#include <subtensor/functions.h>
#include "query/changes.h"
#include "query/query.h"
#include "query/reply.h"
#include "shape.h"

#define FUNCTION_ARGUMENTS_MAX 3
#define FUNCTION_READS_MAX 6

/* An argument: the member that its kind says. One that is not given is zero. */
struct function_value {
    bool given;
    union {
        uint64_t number;               /* NETUID, UID, U8, U16, U64, BOOL */
        struct substrate_hash account; /* ACCOUNT */
        struct {
            union {
                const struct substrate_hash *accounts; /* ACCOUNTS */
                const uint16_t *u16s;                  /* U16S */
            };
            size_t count;
        };
        struct substrate_text text; /* TEXT, terminated; JSON; BYTES, as they are */
    };
};

/* One thing that is read at the query's block. */
enum read_kind {
    READ_STORAGE, /* an entry of a storage item */
    READ_CALL,    /* a method of a runtime API */
    READ_CONSTANT,
    READ_HEIGHT, /* the number of the block, a uint64_t */
};
#define READ_OPTION 1u   /* it is an Option: None is NULL */
#define READ_MAY_LACK 2u /* a runtime that does not have it gives NULL */
#define READ_NOT_ROOT 4u /* is not read, and NULL, if argument 0 is the root network */
struct read {
    enum read_kind kind;
    unsigned flags;
    const char *place, *name; /* pallet and item, or API and method */
    /* One letter for each of its arguments: 0 to 2 are those of the function, 'k' is
     * asking->found, 'a' is the list of all fields of a metagraph. */
    const char *arguments;
    const struct shape *shape;    /* NULL: a struct substrate_text of canonical JSON */
    const struct read *otherwise; /* CALL: for runtimes that do not have the method */
};

struct asking;
typedef enum query_progress function_step(struct substrate_query *query, struct asking *asking,
                                          const struct substrate_reply *replies, size_t count);

struct function {
    struct subtensor_function face; /* what users see: the first member */
    unsigned needs;                 /* QUERY_NEEDS_… */
    const struct shape *shape;      /* of the value; NULL: the query writes JSON itself */
    const struct read *reads;       /* what the first round asks */
    size_t read_count;
    /* After the first round: ends in function_done, another round, or a failure. NULL: the value is
     * what the first read gave. */
    function_step *finish;
    /* For what is a generic query, or nearly: makes it instead. `finish`, if there is one, is then
     * given its JSON, in query->value, when it is done. */
    enum substrate_status (*make)(const struct function_value *values,
                                  const struct substrate_pin *pin, struct substrate_query **query);
};

/* A function that is being asked: what a query of one has. */
struct asking {
    const struct function *function;
    struct function_value values[FUNCTION_ARGUMENTS_MAX];
    bool typed;        /* the value is wanted in C only, and no JSON is written */
    const void *value; /* in the query's arena, once it is done; NULL: null */
    /* what each read of the first round gave, or NULL */
    const void *results[FUNCTION_READS_MAX];
    const struct read *chosen[FUNCTION_READS_MAX]; /* after `otherwise`; NULL: lacking */
    enum substrate_presence presence;              /* of the first read */
    struct query_keys keys;                        /* of the round that is answered next */
    function_step *next;                           /* takes the round that is answered next */
    struct substrate_hash found;                   /* an account that a step came by */
    const void *own;                               /* of the step functions */
    const struct query_description *inner;         /* of the query that `make` made */
    struct query_description description;
};

/* Makes a query; `values` are copied. Returns OK, E_ARGUMENT (of the pin), E_MEMORY. */
enum substrate_status function_query(const struct function *function,
                                     const struct function_value *values,
                                     const struct substrate_pin *pin, bool typed,
                                     struct substrate_query **query);
/* What a query that function_query made asks; NULL for any other. */
const struct asking *function_asking(const struct substrate_query *query);

/* For step functions. Each way to end one: done with a value of the function's shape in the query's
 * arena, or NULL. */
enum query_progress function_done(struct substrate_query *query, struct asking *asking,
                                  const void *value);
enum query_progress function_no_memory(struct substrate_query *query);
/* Memory in the query's arena, zeroed; NULL: the query has failed. */
void *function_alloc(struct substrate_query *query, size_t count, size_t size);
/* Adds reads to the round, and takes what they gave. false: the query has failed. */
bool reads_ask(struct substrate_query *query, struct asking *asking, const struct read *reads,
               size_t count);
bool reads_take(struct substrate_query *query, struct asking *asking, size_t count,
                const struct substrate_reply *replies);
/* The pieces of it, for rounds whose length is found out. A key, for a round that is begun by
 * query_keys_begin and ended by query_keys_ask; what stands under it; and what a runtime call gave.
 */
bool reads_add_key(struct substrate_query *query, struct asking *asking, const struct read *read);
struct read_entry {
    enum substrate_presence presence;
    const void *value; /* NULL: absent */
};
bool reads_take_entry(struct substrate_query *query, const struct read *read, struct base_json json,
                      struct read_entry *entry);
bool reads_take_call(struct substrate_query *query, const struct read *read,
                     const struct substrate_reply *reply, const void **value);

/* The tables, each ending in a row without a name. */
extern const struct function functions_chain[], functions_accounts[], functions_subnets[];
extern const struct function functions_neurons[], functions_metagraphs[], functions_stakes[];
extern const struct function functions_generic[];

/* The index that the chain stores a mechanism under. false: there cannot be such a mechanism. */
#define MECHANISM_STRIDE 4096
bool mechanism_index(uint64_t netuid, uint64_t mechid, uint16_t *index);

/* The row of a name, which must be one. */
const struct function *function_row(const char *name);

#endif
