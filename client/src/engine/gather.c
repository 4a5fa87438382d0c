/* Many requests at once: one allocation for all, one lock to submit them, one wake-up, and one wait
 * until the last has ended. */
#include "engine_internal.h"

#include <substrate/gather.h>

#include "base/mem.h"
#include "base/text.h"

struct gathering {
    struct substrate_gathered outcome; /* first: what the caller sees */
    struct call_set set;
    struct engine_call *calls;
};

/* The bytes that follow a gathering: calls, replies, texts. SIZE_MAX if that is too much. */
static size_t gathering_size(const struct substrate_request *requests, size_t count) {
    size_t size = sizeof(struct gathering);
    for (size_t i = 0; i < count; i++) {
        size_t more = sizeof(struct engine_call) + sizeof(struct substrate_reply) +
                      session_text_size(&requests[i]);
        if (more > SIZE_MAX - size) {
            return SIZE_MAX;
        }
        size += more;
    }
    return size;
}

void substrate_gathered_free(struct substrate_gathered *gathered) {
    struct gathering *gathering = (struct gathering *)gathered;
    if (gathering == NULL) {
        return;
    }
    for (size_t i = 0; i < gathered->count; i++) {
        session_call_clear(&gathering->calls[i].call);
    }
    call_set_free(&gathering->set);
    base_free(gathering);
}

enum substrate_status substrate_gather(struct substrate_connection *connection,
                                       const struct substrate_request *requests, size_t count,
                                       struct substrate_gathered **gathered,
                                       struct substrate_error *error) {
    if (gathered == NULL) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT, "no place for the outcomes was given");
    }
    *gathered = NULL;
    enum substrate_status status = call_check(connection, requests, count, true, error);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    struct gathering *gathering = base_alloc(gathering_size(requests, count));
    if (gathering == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory for %zu requests", count);
    }
    call_set_init(&gathering->set, connection);
    gathering->calls = (struct engine_call *)(void *)(gathering + 1);
    struct substrate_reply *replies = (struct substrate_reply *)(void *)(gathering->calls + count);
    status = call_set_submit(&gathering->set, gathering->calls, count, requests,
                             (char *)(replies + count), error);
    if (status != SUBSTRATE_OK) {
        call_set_free(&gathering->set);
        base_free(gathering);
        return status;
    }
    call_set_wait(&gathering->set);
    for (size_t i = 0; i < count; i++) {
        replies[i] = gathering->calls[i].call.reply;
        status = replies[i].status == SUBSTRATE_OK ? status : SUBSTRATE_PARTIAL;
    }
    gathering->outcome = (struct substrate_gathered){count, replies};
    *gathered = &gathering->outcome;
    return status;
}
