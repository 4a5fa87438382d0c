/* The table of actions. One row, one function, one test: nothing else knows an action. The strict
 * reader, the JSON Schema and the README's tables come from the rows. */
#ifndef SCRIPT_ACTIONS_H
#define SCRIPT_ACTIONS_H

#include "document/document.h"
#include "script/rule.h"

/* ---- members: of an action, and of everything else that a script holds ---- */

struct script_reader;
struct script_member;

/* A kind of value: how it is read into its place, and how JSON Schema says it. */
struct script_type {
    enum substrate_status (*read)(struct script_reader *reader, const struct script_member *member,
                                  const struct document_value *value, void *into);
    const char *schema; /* the text of a schema; choices are added to it */
    const char *words;  /* in a table of the README */
};

struct script_member {
    const char *name;
    const struct script_type *type;
    size_t at; /* offset in the struct that is filled */
    bool required;
    uint64_t least, most;       /* of numbers; most 0: none */
    uint64_t preset;            /* of numbers and times that are not said */
    const char *const *choices; /* of choices: ended by NULL; the first is 1 (or bit 0) */
    uint32_t events;            /* on which the member may stand; 0: on all */
    const char *with;           /* it bounds that member, which then is an event; NULL: none */
    const char *help;
};

/* "arrived, answered": the names of SCRIPT_BITs. */
const char *script_events_words(uint32_t events, char *words, size_t size);

/* ---- rows ---- */

enum script_stage {
    SCRIPT_STAGE_HANDSHAKE,     /* struct script_handshake */
    SCRIPT_STAGE_CONTENT,       /* struct script_content: gives it */
    SCRIPT_STAGE_CONTENT_AFTER, /* struct script_content: changes a result */
    SCRIPT_STAGE_ENVELOPE,      /* struct script_envelope */
    SCRIPT_STAGE_BATCH,         /* struct script_batch */
    SCRIPT_STAGE_EMISSION,      /* struct script_item */
    SCRIPT_STAGE_FRAME,         /* struct wire_shape */
    SCRIPT_STAGE_NOTIFICATION,  /* struct script_notification */
    /* The rest is carried out in the order written. */
    SCRIPT_STAGE_SOCKET, /* struct script_peer: of each target */
    SCRIPT_STAGE_STREAM, /* struct script_peer of the event; of notify, as SOCKET, or NULL: all */
    SCRIPT_STAGE_CHAIN,  /* NULL */
    SCRIPT_STAGE_SPACE,  /* NULL */
    SCRIPT_STAGES
};
extern const char *const script_stage_names[SCRIPT_STAGES];

/* An action at work. */
struct script_work {
    struct script_run *run;
    const struct script_rule *rule;
    const struct script_action *action;
    const void *args;                 /* of the action */
    struct script_act act;            /* as the host is told it */
    const struct script_event *event; /* never NULL; of `start` it says so */
    uint64_t firing;                  /* the how-manieth of the rule, from 1 */
};

/* Carries the action out on what its stage works on. NULL: it took effect; else why not. */
typedef const char *script_apply(struct script_work *work, void *subject);

#define SCRIPT_ANY ((UINT32_C(1) << (SCRIPT_EVENT_KINDS + 1)) - 1) /* `start` too */
#define SCRIPT_ON_TEXT (SCRIPT_BIT(SCRIPT_ANSWERED) | SCRIPT_BIT(SCRIPT_NOTIFIED))

/* Actions that share one of these exclude each other. */
enum script_group {
    SCRIPT_GROUP_CONTENT = 1,
    SCRIPT_GROUP_ID = 2,
    SCRIPT_GROUP_OUTCOME = 4,
    SCRIPT_GROUP_MEMBERS = 8,
    SCRIPT_GROUP_BATCH = 16,
    SCRIPT_GROUP_HOLD = 32,
    SCRIPT_GROUP_REPEAT = 64,
    SCRIPT_GROUP_FRAGMENTS = 128,
    SCRIPT_GROUP_DRIBBLE = 256,
    SCRIPT_GROUP_PAUSE = 512,
    SCRIPT_GROUP_BROKEN = 1024,
    SCRIPT_GROUP_END = 2048,
    SCRIPT_GROUP_HANDSHAKE = 4096,
    SCRIPT_GROUP_BLANKS = 8192,
    SCRIPT_GROUP_ARRAY = 16384,
};

struct script_action_row {
    const char *name;
    enum script_stage stage;
    uint32_t events; /* SCRIPT_BITs on which it may stand */
    uint32_t groups; /* SCRIPT_GROUPs */
    bool entry;      /* of a batch, the group is won entry by entry */
    bool connection; /* it needs one: on events without, a `target` must be said */
    bool targets;    /* it acts on each connection of the rule's `target` */
    bool websocket;  /* it does not stand on what came by POST */
    bool text_frame; /* on answered and notified it belongs to the frame stage */
    size_t args_size;
    const struct script_member *members; /* ended by a NULL name */
    const char *brief; /* the member that a value stands for that is no object; NULL: none. With
                          `whole` also an object is that member's value */
    bool whole;
    bool needs_parts; /* some member must be said, and which is a matter of `check` */
    enum substrate_status (*check)(const struct document_value *value, const void *args);
    script_apply *apply;
    const char *help;
};

/* The rows, ended by a NULL name. */
#define SCRIPT_ROWS_MAX 80
extern const struct script_action_row script_action_rows[];
/* NULL: there is no such action. */
const struct script_action_row *script_action_find(const char *name);

#endif
