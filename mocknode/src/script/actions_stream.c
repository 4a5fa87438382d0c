/* Actions on streams of notifications. */
#include "base/text.h"
#include "script/args.h"

static const char no_stream[] = "the event has no stream";

const char *script_do_skip(struct script_work *work, void *subject) {
    (void)work;
    ((struct script_notification *)subject)->skip = true;
    return NULL;
}

static void end_quiet(struct script_run *run, struct script_wait *wait, enum script_end end,
                      const struct script_act *act) {
    (void)end;
    (void)run->host->quiet(run->host->context, act, wait->subscription, false);
}

const char *script_do_quiet(struct script_work *work, void *subject) {
    const struct script_cork *args = work->args;
    const struct script_host *host = work->run->host;
    void *stream = work->event->subscription;
    if (stream == NULL) {
        return no_stream;
    }
    const char *why = host->quiet(host->context, &work->act, stream, true);
    return why != NULL ? why : script_last(work, &args->lasting, end_quiet, subject, stream);
}

const char *script_do_flood(struct script_work *work, void *subject) {
    (void)subject;
    const struct script_count *args = work->args;
    const struct script_host *host = work->run->host;
    void *stream = work->event->subscription;
    return stream != NULL ? host->flood(host->context, &work->act, stream, args->n) : no_stream;
}

const char *script_do_late(struct script_work *work, void *subject) {
    (void)subject;
    const struct script_count *args = work->args;
    const struct script_host *host = work->run->host;
    void *stream = work->event->subscription;
    return stream != NULL ? host->late(host->context, &work->act, stream, args->n) : no_stream;
}

const char *script_do_stream_id(struct script_work *work, void *subject) {
    (void)subject;
    const struct script_value *args = work->args;
    const struct script_host *host = work->run->host;
    void *stream = work->event->subscription;
    return stream != NULL ? host->stream_id(host->context, &work->act, stream, args->text)
                          : no_stream;
}

const char *script_do_stop(struct script_work *work, void *subject) {
    (void)subject;
    const struct script_host *host = work->run->host;
    void *stream = work->event->subscription;
    return stream != NULL ? host->stop(host->context, &work->act, stream) : no_stream;
}

const char *script_do_notify(struct script_work *work, void *subject) {
    const struct script_notify *args = work->args;
    const struct script_host *host = work->run->host;
    struct substrate_text stream = args->stream.data != NULL ? args->stream : work->event->stream;
    if (stream.data == NULL) {
        return no_stream;
    }
    struct base_buf filled = BASE_BUF_INIT;
    script_fill_in(&filled, args->value, work->event);
    const char *why = filled.failed ? "out of memory"
                                    : host->notify(host->context, &work->act, subject, stream,
                                                   base_buf_view(&filled));
    base_buf_free(&filled);
    return why;
}
