/* What the parts of the kit share: the process's state, calls as they are kept, lines as they are
 * read, events as they are told. */
#ifndef KIT_INTERNAL_H
#define KIT_INTERNAL_H

#include <pthread.h>

#include "base/arena.h"
#include "base/json.h"
#include "base/map.h"
#include "kit.h"

#define KIT_PROTOCOL 1

/* The order of locks: `lock`, then `output`. The client's `cancel` is called under `lock`. */
struct kit {
    const struct kit_client *client;
    pthread_mutex_t lock; /* of what follows, and of the states of calls, handles, subscriptions */
    pthread_cond_t changed;
    struct base_map handles, calls, subscriptions, handlers; /* by name or id */
    size_t threads;                                          /* that were spawned and run */
    size_t asking;                                           /* of them: runs and openings */
    struct base_arena kept;                                  /* handlers */
    bool greeted; /* of the reading thread: hello has come */
    pthread_mutex_t output;
    uint64_t line;
};

enum handle_state { HANDLE_OPENING, HANDLE_OPEN, HANDLE_FAILED, HANDLE_CLOSING };

struct handle {
    struct kit *kit;
    struct base_arena arena; /* of itself, too */
    struct substrate_text name;
    struct kit_options options;
    enum handle_state state;
    size_t users;                  /* runs and subscriptions */
    void *client;                  /* the adapter's handle while it is open */
    const char *outcome, *message; /* of one that failed */
};

enum call_state { CALL_NEW, CALL_BEGUN, CALL_UNDER_WAY, CALL_ENDED };

struct call {
    struct kit_call call; /* first: the adapter gives it back */
    struct kit *kit;
    enum call_state state;
    bool cancelled; /* asked for while CALL_BEGUN */
    size_t lane;
};

enum run_mode { RUN_SERIAL, RUN_THREADED, RUN_GATHERED, RUN_SHARED };

struct run {
    struct kit *kit;
    struct base_arena arena; /* of everything here, the line included */
    struct handle *handle;
    enum run_mode mode;
    size_t threads; /* callers: call i is of lane i % threads + 1 */
    struct call *calls;
    size_t count;
};

/* What the user's handler of a subscription does. */
struct handler {
    bool hold;
    struct base_json call; /* what it asks for each item; kind NONE: nothing */
};

struct subscription {
    struct kit_subscription subscription; /* first: the adapter gives it back */
    struct kit *kit;
    struct base_arena arena;
    struct handle *handle;
    bool unsubscribed; /* asked for */
    bool following;    /* items are waited for */
    bool handling;     /* an item is with the user's handler */
};

/* A line, read; what it points to stands in the arena. */
enum op {
    OP_HELLO,
    OP_OPEN,
    OP_RUN,
    OP_CANCEL,
    OP_SUBSCRIBE,
    OP_UNSUBSCRIBE,
    OP_HANDLER,
    OP_RELEASE,
    OP_CLOSE,
    OP_DROP,
    OP_STAT
};

/* Reads the op of a line and refuses members that it does not have. */
enum substrate_status kit_read_op(struct base_json line, enum op *op,
                                  struct substrate_error *error);
/* A member that is a text, terminated, in the arena. */
enum substrate_status kit_read_text(struct base_json object, const char *name,
                                    struct base_arena *arena, struct substrate_text *text,
                                    struct substrate_error *error);
/* An integer member from 1 to `max`; `*number` stays when there is none. */
enum substrate_status kit_read_number(struct base_json object, const char *name, uint64_t max,
                                      uint64_t *number, struct substrate_error *error);
enum substrate_status kit_read_open(struct base_json line, struct handle *handle,
                                    struct substrate_error *error);
/* Everything of a run but its handle. */
enum substrate_status kit_read_run(struct base_json line, struct run *run,
                                   struct substrate_error *error);
/* What a run says for all its calls; looked up once, for there may be very many. */
struct shared {
    struct base_json pin;
    uint64_t deadline_ms;
};
/* One call but for its id; its pin and deadline are the shared ones where it has none. */
enum substrate_status kit_read_call(struct base_json object, const struct shared *shared,
                                    struct base_arena *arena, struct kit_call *call,
                                    struct substrate_error *error);
enum substrate_status kit_read_subscription(struct base_json line, struct subscription *into,
                                            struct substrate_error *error);

/* ---- events ---- */

void kit_tell_hello(struct kit *kit);
void kit_tell_refused(struct kit *kit, const char *message);
void kit_tell_started(struct kit *kit, const struct call *call);
void kit_tell_end(struct kit *kit, const struct call *call, const struct kit_end *end);
/* "opened" and "ended" have an outcome. `member` names whose: "on" or "id". */
void kit_tell_outcome(struct kit *kit, const char *event, const char *member, const char *whose,
                      const struct kit_end *end);
/* "closed", "subscribed" and "lag" have nothing else. */
void kit_tell_event(struct kit *kit, const char *event, const char *member, const char *whose);
void kit_tell_item(struct kit *kit, const struct kit_subscription *from, uint64_t n,
                   struct kit_text item);
void kit_tell_stat(struct kit *kit, const char *id, bool has_pending, uint64_t pending);

/* ---- work ---- */

/* Starts a detached thread; false when there can be none. `asking`: the end of input waits for it
 * before it closes handles. */
bool kit_spawn(struct kit *kit, void (*work)(void *), void *context, bool asking);
/* Waits until a handle is no longer being opened. Gives the client's, or NULL and why. */
void *kit_handle_wait(struct handle *handle, struct kit_end *end);
/* One user less. */
void kit_handle_leave(struct handle *handle);
/* The work of opening a handle, of which it is a user. */
void kit_open_handle(void *handle);
/* Ends what is under way on a handle that no name leads to any more, waits for its users, closes.
 */
void kit_shut_handle(struct handle *handle);
/* The work of a close: shuts, tells, frees. */
void kit_close_handle(void *handle);
void kit_handle_free(struct handle *handle);

/* Ends a call that was not begun, or that cannot be asked. */
struct kit_end kit_wrong(const char *outcome, const char *message);
/* Submits, waits for and releases one call; one that was cancelled before is passed over. */
void kit_ask(void *client, struct call *call);
/* The work of a run; takes it. */
void kit_run(void *run);
/* The work of a subscription; takes it. */
void kit_follow(void *subscription);
void kit_cancel(struct kit *kit, struct substrate_text id);

#endif
