/* The counting of connections. A socket that has made control calls and nothing else does not
 * count, and that is known only afterwards: so comings and goings are kept, and the counters are
 * worked out when asked. Then the counters as JSON. */
#include "space/state.h"

#include <stdlib.h>
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

/* They are folded into three numbers now and then, when every open connection is known to count.
 */
#define FOLD_AT 4096

struct conns {
    int64_t opened, open, peak;
};

static struct conns count_conns(const struct space *space) {
    struct conns conns = {space->comings.opened_before, space->comings.open_before,
                          space->comings.peak_before};
    for (size_t i = 0; i < space->comings.event_count; i++) {
        int64_t event = space->comings.events[i];
        if (!space->comings.counted[(event > 0 ? event : -event) - 1]) {
            continue;
        }
        conns.opened += event > 0;
        conns.open += event > 0 ? 1 : -1;
        conns.peak = conns.open > conns.peak ? conns.open : conns.peak;
    }
    return conns;
}

static void fold(struct space *space) {
    for (const struct space_peer *peer = space->peers; peer != NULL; peer = peer->next) {
        if (peer->counted && !peer->made_request) {
            return;
        }
    }
    struct conns conns = count_conns(space);
    space->comings.opened_before = conns.opened;
    space->comings.open_before = conns.open;
    space->comings.peak_before = conns.peak;
    space->comings.event_count = 0;
    space->comings.next_place = 0;
    for (struct space_peer *peer = space->peers; peer != NULL; peer = peer->next) {
        if (peer->counted) {
            peer->place = space->comings.next_place++;
            space->comings.counted[peer->place] = true;
        }
    }
}

bool space_conns_add(struct space *space, size_t place, int sign) {
    if (!base_grow((void **)&space->comings.events, &space->comings.event_capacity,
                   space->comings.event_count + 1, sizeof(*space->comings.events)) ||
        !base_grow((void **)&space->comings.counted, &space->comings.counted_capacity, place + 1,
                   sizeof(*space->comings.counted))) {
        return false;
    }
    space->comings.events[space->comings.event_count++] = sign * ((int64_t)place + 1);
    return true;
}

size_t space_conns_place(struct space *space) {
    if (space->comings.event_count >= FOLD_AT) {
        fold(space);
    }
    return space->comings.next_place++;
}

void space_conns_reset(struct space *space) {
    struct space_comings *comings = &space->comings;
    comings->event_count = comings->next_place = 0;
    comings->opened_before = comings->open_before = comings->peak_before = 0;
    for (struct space_peer *peer = space->peers; peer != NULL; peer = peer->next) {
        if (peer->counted) {
            peer->place = comings->next_place++;
            comings->counted[peer->place] = peer->made_request || !peer->made_control;
            (void)space_conns_add(space, peer->place, 1);
        }
    }
}

static int by_name(const void *left, const void *right) {
    const struct space_method *const *a = left, *const *b = right;
    return base_text_compare((*a)->name, (*b)->name);
}

/* By name, so that equal counters are equal bytes. */
static void write_methods(struct space *space, struct base_buf *out) {
    const struct space_method **sorted =
        base_arena_calloc(&space->arena, space->methods.count, sizeof(*sorted));
    size_t cursor = 0, count = 0;
    struct substrate_text key;
    void *value;
    while (sorted != NULL && base_map_next(&space->methods, &cursor, &key, &value)) {
        sorted[count++] = value;
    }
    out->failed = out->failed || sorted == NULL;
    if (count > 0) {
        qsort(sorted, count, sizeof(*sorted), by_name);
    }
    for (size_t i = 0; i < count; i++) {
        base_buf_str(out, i > 0 ? "," : "");
        base_json_write_string(out, sorted[i]->name);
        base_buf_format(out, ":%llu", (unsigned long long)sorted[i]->count);
    }
}

void space_write_stats(struct space *space, struct base_buf *out) {
    struct conns conns = count_conns(space);
    base_buf_format(out,
                    "{\"conns\":{\"opened\":%lld,\"open\":%lld,\"peak\":%lld,\"rejected\":%llu},"
                    "\"requests\":{\"total\":%llu,\"by_method\":{",
                    (long long)conns.opened, (long long)conns.open, (long long)conns.peak,
                    (unsigned long long)space->counts.rejected,
                    (unsigned long long)space->counts.requests);
    write_methods(space, out);
    base_buf_format(out,
                    "}},\"inflight\":{\"max_per_conn\":%zu,\"max_total\":%zu},\"subscriptions\":{"
                    "\"opened\":%llu,\"open\":%llu},\"unmatched\":%llu,\"gate_timeouts\":%llu,"
                    "\"ids\":{\"dup_inflight\":%llu}",
                    space->counts.inflight_max_per_conn, space->counts.inflight_max,
                    (unsigned long long)space->counts.subscriptions_opened,
                    (unsigned long long)space->counts.subscriptions_open,
                    (unsigned long long)space->counts.unmatched,
                    (unsigned long long)space->counts.limits_reached,
                    (unsigned long long)space->counts.dup_inflight);
    struct view_counts blocks = view_counts(space->view);
    if (blocks.made > 0) { /* of a space that made none, the counters are those of a relay */
        base_buf_format(out, ",\"carried\":%llu,\"carried_stale\":%llu",
                        (unsigned long long)blocks.carried,
                        (unsigned long long)blocks.carried_stale);
    }
    base_buf_char(out, '}');
}
