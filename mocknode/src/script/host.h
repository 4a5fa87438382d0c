/* What a space does for its script: the effects of actions outside of the script, and the events
 * that the script makes. The space journals such an event under the given cause and tells it with
 * script_tell.
 *
 * Functions that carry out an action return NULL when it took effect, or else why it did not, in a
 * few words for the journal (static, or good until the next call). They may tell events, and so
 * come back into the script. A function that begins something lasting is called again with `on`
 * false when it ends; that call's result does not matter. */
#ifndef SCRIPT_HOST_H
#define SCRIPT_HOST_H

#include "script/event.h"
#include "wire/shape.h"

/* Which action is at work: what it causes has this cause. */
struct script_act {
    struct script_cause cause; /* for events that it makes */
    const struct script_event
        *event; /* on which it stands; NULL: `start`, or an effect that ends */
    uint64_t now;
};

/* A block is named as people write it: a height, 0x and 64 digits, `head`, `head-3`, `finalized`,
 * `@name`. Its spelling was checked when the script was read. {NULL, 0}: none. */

/* A change of state that a script names, as hex with 0x. */
struct script_edit {
    struct substrate_text key;
    struct substrate_text value; /* data NULL: the key is removed */
};

enum script_calls { SCRIPT_CALLS_NONE, SCRIPT_CALLS_CARRY, SCRIPT_CALLS_CARRY_STALE };

/* A block that a script makes on top of `parent` (none: the head), which the head moves to. */
struct script_made {
    struct substrate_text name; /* {NULL, 0}: none */
    struct substrate_text parent;
    const struct script_edit *edits;
    size_t edit_count;
    const struct substrate_text *extrinsics; /* hex with 0x */
    size_t extrinsic_count;
    enum script_calls calls;
};

/* Members that were not named are UINT64_MAX: those limits stay. */
struct script_limits {
    uint64_t connections, subscriptions, request, reply;
};

/* One action of a firing: did it take effect, and if not, why not. */
struct script_did {
    const char *action;
    const char *why; /* NULL: it took effect */
};

struct script_host {
    void *context;

    /* The queue. The item leaves now: the space tells answered or notified for it, gives its text
     * to the output, and carries out what the script says to it. `copy` is 0, then 1 and so on for
     * the copies of `repeat`. The item may be dropped meanwhile. */
    void (*emit)(void *context, struct script_item *item, unsigned copy, uint64_t now);
    /* What the item still owes, call by call (a batch has several): fills in the event that
     * `answered` or `notified` would be, but for its numbers. false: no more than `index`. */
    bool (*owed)(void *context, struct script_item *item, size_t index, struct script_event *event);

    /* Events that the script makes. The item's calls are held, or released, by the gate or rule of
     * that name. */
    void (*held)(void *context, const struct script_act *act, struct script_item *item,
                 struct substrate_text by);
    void (*released)(void *context, const struct script_act *act, struct script_item *item,
                     struct substrate_text by, enum script_end end);
    /* What an action of the rule `by` began, and what lasted until now, has ended: on that
     * connection (NULL: on none). To be told as `released`, which is about no call. */
    void (*ended)(void *context, const struct script_act *act, struct script_peer *peer,
                  const char *action, struct substrate_text by, enum script_end end);
    void (*fired)(void *context, const struct script_act *act, struct substrate_text rule,
                  const struct script_did *did, size_t count);
    /* The rule matched, and none of its actions took effect: it has not fired. */
    void (*missed)(void *context, const struct script_act *act, struct substrate_text rule,
                   const struct script_did *did, size_t count);
    void (*signal)(void *context, const struct script_act *act, struct substrate_text name);
    /* The event would have fired the rule, but its chain of causes is SCRIPT_CHAIN_MAX long, or
     * has branched into SCRIPT_CAUSED_MAX firings (told once of an origin): an error in the journal
     * and in the exit status. */
    void (*chain_too_long)(void *context, const struct script_event *event,
                           struct substrate_text rule, const char *why);
    /* Something of the script was given up because memory ran out. */
    void (*no_memory)(void *context);

    /* Questions. The raw id of another unanswered call of the event's connection; {NULL, 0}: none.
     */
    struct substrate_text (*other_id)(void *context, const struct script_event *event);
    /* Is that block the one of this hash? */
    bool (*block_is)(void *context, struct substrate_text block, const struct substrate_hash *hash);
    /* The recorded latency of a method at `quantile` (0 to 1) of its distribution, in microseconds;
     * 0: none was recorded. */
    uint64_t (*recorded)(void *context, struct substrate_text method, double quantile);

    /* Sockets. */
    const char *(*send)(void *context, const struct script_act *act, struct script_peer *peer,
                        struct substrate_text text, bool binary);
    const char *(*cork)(void *context, const struct script_act *act, struct script_peer *peer,
                        bool on);
    const char *(*close)(void *context, const struct script_act *act, struct script_peer *peer,
                         uint16_t code, struct substrate_text reason);
    const char *(*end)(void *context, const struct script_act *act, struct script_peer *peer);
    const char *(*reset)(void *context, const struct script_act *act, struct script_peer *peer);
    /* Cuts the connection in its next text; on answered and notified the shape says it instead. */
    const char *(*sever)(void *context, const struct script_act *act, struct script_peer *peer,
                         struct wire_place at, enum wire_sever with);
    const char *(*deaf)(void *context, const struct script_act *act, struct script_peer *peer,
                        bool on);
    const char *(*stop_reading)(void *context, const struct script_act *act,
                                struct script_peer *peer, bool on);
    const char *(*no_pong)(void *context, const struct script_act *act, struct script_peer *peer,
                           bool on);
    /* The rule that the pong answers stands in act->cause. */
    const char *(*ping)(void *context, const struct script_act *act, struct script_peer *peer,
                        struct substrate_bytes payload);
    /* The pause of a shape is over. */
    void (*resume)(void *context, struct script_peer *peer);

    /* Streams. `event` has the subscription, when the event is about one. No notification of it is
     * made while it is quiet. */
    const char *(*quiet)(void *context, const struct script_act *act, void *subscription, bool on);
    /* n more notifications of that stream, each like the last one. */
    const char *(*flood)(void *context, const struct script_act *act, void *subscription,
                         uint64_t n);
    /* After the reply to the unsubscribe n more notifications are given out. */
    const char *(*late)(void *context, const struct script_act *act, void *subscription,
                        uint64_t n);
    /* Another id of the stream, as raw JSON, in its reply and its notifications. */
    const char *(*stream_id)(void *context, const struct script_act *act, void *subscription,
                             struct substrate_text id);
    /* The node ends the stream, as it does. */
    const char *(*stop)(void *context, const struct script_act *act, void *subscription);
    /* Notifies the streams of a kind ({NULL, 0}: of the event's own kind) of that peer (NULL: of
     * all); value is raw JSON. */
    const char *(*notify)(void *context, const struct script_act *act, struct script_peer *peer,
                          struct substrate_text stream, struct substrate_text value);

    /* The chain. */
    const char *(*advance)(void *context, const struct script_act *act, uint64_t n);
    const char *(*set_head)(void *context, const struct script_act *act,
                            struct substrate_text block);
    /* Makes or goes to the next block each so many microseconds. */
    const char *(*tick)(void *context, const struct script_act *act, uint64_t every_us, bool on);
    const char *(*block)(void *context, const struct script_act *act,
                         const struct script_made *made);
    const char *(*fork)(void *context, const struct script_act *act, uint64_t depth,
                        struct substrate_text name);
    const char *(*finalize)(void *context, const struct script_act *act,
                            struct substrate_text block);
    /* Finality stays where it is (lag UINT64_MAX), or so many blocks behind the head. */
    const char *(*hold_finality)(void *context, const struct script_act *act, uint64_t lag,
                                 bool on);
    const char *(*upgrade)(void *context, const struct script_act *act, uint64_t spec_version);
    /* State below that block, or all but that of the last `keep` blocks (none), is discarded.
     */
    const char *(*prune)(void *context, const struct script_act *act, struct substrate_text below,
                         uint64_t keep);
    /* All sockets are reset; then the head is that block (none: it stays). */
    const char *(*restart)(void *context, const struct script_act *act, struct substrate_text head);
    const char *(*limits)(void *context, const struct script_act *act,
                          const struct script_limits *limits);
};

#endif
