/* Control calls of a space and its script. */
#include "base/text.h"
#include "control/call.h"
#include "control/spaces.h"
#include "script/latency.h"
#include "script/script.h"
#include "wire/wire.h"

enum substrate_status control_stats(struct control *control) {
    space_write_stats(control->space, control->result);
    return SUBSTRATE_OK;
}

/* Of the node: what happened to connections before they were of any space. */
enum substrate_status control_sockets(struct control *control) {
    const struct wire *wire = wire_of(space_peer_connection(control->peer));
    const struct wire_counters *counters = wire_counters(wire);
    const struct wire_budget *budget = wire_budget(wire);
    base_buf_format(
        control->result,
        "{\"heads_expired\":%llu,\"heads_dropped\":%llu,\"no_descriptors\":%llu,"
        "\"hosts_refused\":%llu,\"unsent_over\":%llu,\"bodies_expired\":%llu,\"busy\":%llu,"
        "\"held\":%zu,\"held_peak\":%zu}",
        (unsigned long long)counters->heads_expired, (unsigned long long)counters->heads_dropped,
        (unsigned long long)counters->no_descriptors, (unsigned long long)counters->hosts_refused,
        (unsigned long long)counters->unsent_over, (unsigned long long)counters->bodies_expired,
        (unsigned long long)counters->busy, budget->used, budget->peak);
    return SUBSTRATE_OK;
}

enum substrate_status control_reset(struct control *control) {
    space_reset(control->space, control->now);
    return control_done(control);
}

/* ---- the script ---- */

enum substrate_status control_set_script(struct control *control) {
    struct base_json value = control_param(control, 0);
    struct script *script = NULL;
    if (value.kind != BASE_JSON_OBJECT && value.kind != BASE_JSON_NULL) {
        return control_wrong(control);
    }
    if (value.kind == BASE_JSON_OBJECT) {
        struct script_source source = {value.raw, "mock_setScript"};
        enum substrate_status status = script_read(&source, 1, &script, control->error);
        if (status != SUBSTRATE_OK) {
            return status;
        }
    }
    space_set_script(control->space, script, control->now);
    return control_done(control);
}

enum substrate_status control_set_latency(struct control *control) {
    struct substrate_text spec = {NULL, 0};
    if (!base_json_string(control_param(control, 0), control->arena, &spec)) {
        return control_wrong(control);
    }
    struct script_latency latency;
    enum substrate_status status = script_latency_read(spec, &latency, control->error);
    if (status != SUBSTRATE_OK) {
        return status;
    }
    script_run_set_latency(space_script_run(control->space), &latency);
    return control_done(control);
}

enum substrate_status control_signal(struct control *control) {
    struct substrate_text name = {NULL, 0};
    if (!base_json_string(control_param(control, 0), control->arena, &name) || name.size == 0) {
        return control_wrong(control);
    }
    space_signal(control->space, name, control->now);
    return control_done(control);
}

enum substrate_status control_fired(struct control *control) {
    space_write_fired(control->space, control->result);
    return SUBSTRATE_OK;
}

enum substrate_status control_wait(struct control *control) {
    static const char *const known[] = {"event", "match", "count", "from", NULL};
    struct base_json options = control_param(control, 0);
    struct base_json from = base_json_member(options, "from");
    struct base_buf what = BASE_BUF_INIT;
    uint64_t number = SPACE_FROM_NOW;
    if (control_members(control, options, known) != SUBSTRATE_OK ||
        (from.kind != BASE_JSON_NONE && !base_json_u64(from, &number))) {
        return control_wrong(control);
    }
    base_buf_char(&what, '{');
    for (size_t i = 0; i < 3; i++) { /* all but `from` are an `until` */
        struct base_json member = base_json_member(options, known[i]);
        if (member.kind != BASE_JSON_NONE) {
            base_buf_format(&what, "%s\"%s\":", what.size > 1 ? "," : "", known[i]);
            base_buf_text(&what, member.raw);
        }
    }
    base_buf_char(&what, '}');
    control->later = true;
    enum substrate_status status =
        what.failed ? base_fail(control->error, SUBSTRATE_E_MEMORY, "out of memory")
                    : space_wait_for(control->peer, control->id, base_buf_view(&what), number,
                                     control->error);
    base_buf_free(&what);
    return status;
}

/* ---- what happened ---- */

/* So many bytes are told at a time. */
#define PAGE_SIZE_MAX (8 * 1024 * 1024)

static bool read_number(struct base_json options, const char *name, uint64_t *number) {
    struct base_json value = base_json_member(options, name);
    return value.kind == BASE_JSON_NONE || base_json_u64(value, number);
}

/* The page that `from` and `limit` of the parameter ask for; `known`: all that it may have. */
static enum substrate_status read_page(struct control *control, const char *const *known,
                                       struct space_page *page) {
    struct base_json options = control_param(control, 0);
    *page = (struct space_page){0, UINT64_MAX, PAGE_SIZE_MAX};
    if (options.kind == BASE_JSON_NONE) {
        return SUBSTRATE_OK;
    }
    bool good = control_members(control, options, known) == SUBSTRATE_OK &&
                base_json_length(options) > 0 && read_number(options, "from", &page->from) &&
                read_number(options, "limit", &page->limit);
    return good ? SUBSTRATE_OK : control_wrong(control);
}

enum substrate_status control_journal(struct control *control) {
    static const char *const known[] = {"form", "from", "limit", NULL};
    struct base_json form = base_json_member(control_param(control, 0), "form");
    bool canonical = base_json_is(form, "canonical");
    struct space_page page;
    if (read_page(control, known, &page) != SUBSTRATE_OK ||
        (form.kind != BASE_JSON_NONE && !canonical && !base_json_is(form, "raw"))) {
        return control_wrong(control);
    }
    space_write_journal(control->space, canonical, &page, control->result);
    return SUBSTRATE_OK;
}

enum substrate_status control_events(struct control *control) {
    static const char *const known[] = {"from", "limit", NULL};
    struct space_page page;
    if (read_page(control, known, &page) != SUBSTRATE_OK) {
        return control_wrong(control);
    }
    space_write_events(control->space, &page, control->result);
    return SUBSTRATE_OK;
}

enum substrate_status control_unmatched(struct control *control) {
    space_write_unmatched(control->space, control->result);
    return SUBSTRATE_OK;
}

/* Without a name: the space of this connection, which is gone when its connections are. */
enum substrate_status control_drop_space(struct control *control) {
    struct base_json value = control_param(control, 0);
    struct substrate_text name = space_name(control->space);
    if (space_owner(control->space) == NULL ||
        (value.kind != BASE_JSON_NONE && !base_json_string(value, control->arena, &name))) {
        return control_wrong(control);
    }
    struct spaces *spaces = spaces_of(control->space);
    struct space *space = spaces_named(spaces, name);
    if (space == NULL) {
        return base_fail(control->error, SUBSTRATE_E_NOT_FOUND, "there is no space \"%.*s\"",
                         (int)name.size, name.data);
    }
    spaces_drop(spaces, space);
    return control_done(control);
}
