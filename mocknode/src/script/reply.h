/* A reply as a script makes it: its content, the envelope around it, and the array of a batch. Pure
 * text; the writers here are the only ones that know what the fields mean. */
#ifndef SCRIPT_REPLY_H
#define SCRIPT_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <substrate/base.h>
#include "base/arena.h"
#include "base/buf.h"

enum script_content_kind {
    SCRIPT_CONTENT_NONE, /* not decided: the methods decide */
    SCRIPT_CONTENT_RESULT,
    SCRIPT_CONTENT_ERROR,
};

/* What a call is answered with. Texts stay as long as their arena. */
struct script_content {
    struct base_arena *arena; /* of the message; set by the space */
    enum script_content_kind kind;
    struct substrate_text text; /* raw JSON: the result, or the object of the error */
    bool given;                 /* by a rule: the call counts as matched */
    bool unlimited;             /* not subject to the limit of a reply's size */
    size_t payload;             /* of `fill`: the size of the whole reply; 0: as it comes */
};

enum script_id {
    SCRIPT_ID_PLAIN,
    SCRIPT_ID_NULL,
    SCRIPT_ID_ABSENT,
    SCRIPT_ID_SWAPPED,    /* a number as text, a numeric text as number */
    SCRIPT_ID_FLOAT,      /* 7.0 for 7 */
    SCRIPT_ID_OF_ANOTHER, /* of another unanswered call */
    SCRIPT_ID_UNUSED,     /* that the peer never used */
};
enum script_members { /* bits */
                      SCRIPT_MEMBERS_EXTRA = 1,
                      SCRIPT_MEMBERS_REVERSED = 2,
                      SCRIPT_MEMBERS_ESCAPED = 4,
                      SCRIPT_MEMBERS_NO_JSONRPC = 8,
};
enum script_outcome { /* what stands beside, or in place of, result and error */
                      SCRIPT_OUTCOME_PLAIN,
                      SCRIPT_OUTCOME_BOTH,
                      SCRIPT_OUTCOME_NEITHER,
                      SCRIPT_OUTCOME_ERROR_NULL,  /* the result, and "error":null */
                      SCRIPT_OUTCOME_RESULT_NULL, /* the error, and "result":null */
};

/* All zero: the envelope of the node. Of one call, also in a batch. */
struct script_envelope {
    enum script_id id;
    struct substrate_text other_id; /* raw JSON, for OF_ANOTHER */
    enum script_outcome outcome;
    unsigned members;
};

/* All zero: the array as it is. Of a whole message; `blanks` and `array` also of a single reply. */
enum script_order {
    SCRIPT_ORDER_NONE,
    SCRIPT_ORDER_REVERSED,
    SCRIPT_ORDER_SHUFFLED,
    SCRIPT_ORDER_LIST
};
struct script_batch {
    bool blanks; /* white space around and between the tokens of the outermost value */
    bool array;  /* a single reply stands in an array of one */
    enum script_order permute;
    const size_t *order; /* of LIST: which entry comes first, second … */
    size_t order_count;
    uint64_t shuffle;    /* the draw of SHUFFLED */
    size_t omit, repeat; /* which entry, from 1; 0: none */
    bool stranger;       /* one more reply, to an id that nobody used */
    struct substrate_text
        object; /* raw error object: one error under id null in place of the array */
};

/* Appends a JSON string of so many bytes (at least 2): "0x000…". */
void script_write_digits(struct base_buf *out, size_t size);

/* Is there nothing to do? Then the space may write the node's own envelope in its own way. */
bool script_envelope_is_plain(const struct script_envelope *envelope);
bool script_batch_is_plain(const struct script_batch *batch);

/* Appends the reply to the call of that raw id. Failure sticks to `out`. */
void script_write_reply(struct base_buf *out, const struct script_envelope *envelope,
                        struct substrate_text id, const struct script_content *content);
/* Appends the message made of these replies; `is_array`: they are of a batch, else of one call. */
void script_write_message(struct base_buf *out, const struct script_batch *batch, bool is_array,
                          const struct substrate_text *replies, size_t count);

#endif
