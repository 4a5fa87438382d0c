/* Actions on a handshake. */
#include "base/text.h"
#include "script/args.h"

const char *script_do_refuse(struct script_work *work, void *subject) {
    struct script_handshake *how = subject;
    const struct script_refuse *args = work->args;
    how->kind = SCRIPT_HANDSHAKE_REFUSE;
    how->status = (unsigned)args->status;
    how->headers = args->headers.list;
    how->header_count = args->headers.count;
    how->body = args->body;
    return NULL;
}

const char *script_do_redirect(struct script_work *work, void *subject) {
    struct script_handshake *how = subject;
    const struct script_redirect *args = work->args;
    how->kind = SCRIPT_HANDSHAKE_REFUSE;
    how->status = (unsigned)args->status;
    how->location = (struct script_header){BASE_TEXT("Location"), args->to};
    how->headers = &how->location;
    how->header_count = 1;
    return NULL;
}

const char *script_do_stall(struct script_work *work, void *subject) {
    (void)work;
    ((struct script_handshake *)subject)->kind = SCRIPT_HANDSHAKE_STALL;
    return NULL;
}

const char *script_do_bad_handshake(struct script_work *work, void *subject) {
    struct script_handshake *how = subject;
    const struct script_bad_handshake *args = work->args;
    how->kind = SCRIPT_HANDSHAKE_BAD;
    how->status = (unsigned)args->status;
    how->accept = args->accept;
    how->no_upgrade = args->no_upgrade;
    return NULL;
}
