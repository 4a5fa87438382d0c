/* What a block did: the events of System.Events, one after the other, by name. Which runtime reads
 * them is the caller's choice: the one in force when the block was executed. */
#ifndef CODEC_BLOCK_H
#define CODEC_BLOCK_H

#include <substrate/base.h>
#include "dispatch.h"
#include "metadata.h"
#include "value.h"

/* One event. Names and types are views of the metadata, bytes are views of the input. */
struct event {
    struct substrate_text phase; /* "ApplyExtrinsic", "Finalization", "Initialization" */
    bool has_extrinsic;          /* in the phase ApplyExtrinsic: */
    uint32_t extrinsic;          /* its index in the block */
    struct substrate_text pallet, name;
    const struct type_variant *variant; /* of the pallet's event type: the fields' types */
    struct substrate_bytes fields;      /* their SCALE bytes */
    struct substrate_bytes topics;      /* the SCALE bytes of a Vec of hashes */
};

struct events {
    const struct substrate_metadata *metadata;
    struct value_limits limits;
    struct scale_reader reader;
    uint32_t left;                 /* events to come */
    uint32_t phase, event, topics; /* types of an event's record */
};

/* Begins to read the value of System.Events. Returns OK, E_DECODE, E_NOT_FOUND (the runtime has no
 * System.Events). */
enum substrate_status events_begin(struct events *events, const struct substrate_metadata *metadata,
                                   struct substrate_bytes value, const struct value_limits *limits,
                                   struct substrate_error *error);
/* The next event. Returns OK; E_NOT_FOUND, without a message, behind the last one; E_DECODE (also
 * when bytes are left over behind the last one), E_LIMIT, E_MEMORY. */
enum substrate_status events_next(struct events *events, struct event *event,
                                  struct substrate_error *error);
/* Appends the fields: an object when they have names, an array when not, null when there are none.
 * Returns as value_read. */
enum substrate_status event_write_fields(const struct events *events, const struct event *event,
                                         struct base_buf *json, struct substrate_error *error);
/* Does the event report that a call failed (System.ExtrinsicFailed, Sudo.Sudid and whatever else
 * has a DispatchError or a Result with one)? Then *failed is set and `dispatch` says why. */
enum substrate_status event_dispatch_error(const struct events *events, const struct event *event,
                                           bool *failed, struct dispatch_error *dispatch,
                                           struct substrate_error *error);

/* Appends all events as JSON:
 *   [{"phase":"ApplyExtrinsic","extrinsic":1,"pallet":"System","name":"ExtrinsicFailed",
 *     "fields":{…},"topics":[],"error":{"kind":"Module","pallet":"Balances","name":"…"}}]
 * `extrinsic` is null in other phases; `error` is there when the event reports a failure.
 * Returns as events_begin and value_read. After an error `json` is as it was. */
enum substrate_status events_read(const struct substrate_metadata *metadata,
                                  struct substrate_bytes value, const struct value_limits *limits,
                                  struct base_buf *json, struct substrate_error *error);

#endif
