/* Actions on the envelope of a reply, and on the array of a batch. */
#include "base/text.h"
#include "script/args.h"

/* The digits of an id that is a number, or a text of digits. */
static bool is_numeric(struct substrate_text id, bool text) {
    uint64_t number;
    bool quoted = id.size > 2 && id.data[0] == '"';
    if (quoted != text) {
        return false;
    }
    return base_text_u64(text ? (struct substrate_text){id.data + 1, id.size - 2} : id, &number);
}

const char *script_do_id(struct script_work *work, void *subject) {
    struct script_envelope *envelope = subject;
    const struct script_word *args = work->args;
    struct substrate_text id = work->event->id;
    enum script_id kind = (enum script_id)args->choice;
    if (kind == SCRIPT_ID_FLOAT && !is_numeric(id, false)) {
        return "the id is no number";
    }
    if (kind == SCRIPT_ID_SWAPPED && !is_numeric(id, false) && !is_numeric(id, true)) {
        return "the id is no number, and no text of one";
    }
    if (kind == SCRIPT_ID_OF_ANOTHER) {
        envelope->other_id = work->run->host->other_id(work->run->host->context, work->event);
        if (envelope->other_id.data == NULL) {
            return "no other call is unanswered";
        }
    }
    envelope->id = kind;
    return NULL;
}

static const char *outcome(void *subject, enum script_outcome how) {
    ((struct script_envelope *)subject)->outcome = how;
    return NULL;
}

const char *script_do_both(struct script_work *work, void *subject) {
    (void)work;
    return outcome(subject, SCRIPT_OUTCOME_BOTH);
}

const char *script_do_neither(struct script_work *work, void *subject) {
    (void)work;
    return outcome(subject, SCRIPT_OUTCOME_NEITHER);
}

const char *script_do_error_null(struct script_work *work, void *subject) {
    (void)work;
    return outcome(subject, SCRIPT_OUTCOME_ERROR_NULL);
}

const char *script_do_result_null(struct script_work *work, void *subject) {
    (void)work;
    return outcome(subject, SCRIPT_OUTCOME_RESULT_NULL);
}

const char *script_do_members(struct script_work *work, void *subject) {
    const struct script_word *args = work->args;
    ((struct script_envelope *)subject)->members = args->choice;
    return NULL;
}

const char *script_do_blanks(struct script_work *work, void *subject) {
    (void)work;
    ((struct script_batch *)subject)->blanks = true;
    return NULL;
}

const char *script_do_array(struct script_work *work, void *subject) {
    if (work->event->batch) {
        return "the reply is an array already";
    }
    ((struct script_batch *)subject)->array = true;
    return NULL;
}

const char *script_do_batch(struct script_work *work, void *subject) {
    struct script_batch *batch = subject;
    const struct script_batch_args *args = work->args;
    if (!work->event->batch) {
        return "the call is not in a batch";
    }
    batch->permute = args->permute.order;
    batch->order = args->permute.list;
    batch->order_count = args->permute.count;
    batch->shuffle = script_draw(work->run, work->event, work->rule->name,
                                 script_ask(work->run, work->rule, work->event));
    batch->omit = (size_t)args->omit;
    batch->repeat = (size_t)args->repeat;
    batch->stranger = args->stranger;
    batch->object = args->object;
    if (args->refuse) {
        batch->object = BASE_TEXT(
            "{\"code\":-32005,\"message\":\"Batched requests are not supported by this server\"}");
    }
    return NULL;
}
