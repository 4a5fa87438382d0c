/* Does an event have the subject that a rule, or an `until`, names? */
#include <string.h>
#include "base/hash.h"
#include "base/text.h"
#include "script/run.h"

/* `*` stands for any bytes. Of several, only the last one need ever be tried longer. */
bool script_glob(struct substrate_text pattern, struct substrate_text text) {
    size_t p = 0, t = 0, star = SIZE_MAX, from = 0;
    while (t < text.size) {
        if (p < pattern.size && pattern.data[p] == '*') {
            star = p++;
            from = t;
        } else if (p < pattern.size && pattern.data[p] == text.data[t]) {
            p++;
            t++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            t = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.size && pattern.data[p] == '*') {
        p++;
    }
    return p == pattern.size;
}

bool script_patterns_match(const struct script_patterns *patterns, struct substrate_text text) {
    for (size_t i = 0; i < patterns->count; i++) {
        if (script_glob(patterns->list[i], text)) {
            return true;
        }
    }
    return patterns->count == 0;
}

bool script_numbers_have(const struct script_numbers *numbers, uint64_t number) {
    for (size_t i = 0; i < numbers->count; i++) {
        if (number >= numbers->list[i].first && number <= numbers->list[i].last) {
            return true;
        }
    }
    return numbers->count == 0;
}

static bool peer_matches(const struct script_match *match, const struct script_peer *peer) {
    struct substrate_text label =
        peer != NULL ? peer->label_text : (struct substrate_text){NULL, 0};
    return (match->connection.count == 0 ||
            (peer != NULL && script_numbers_have(&match->connection, peer->ordinal))) &&
           (match->label.count == 0 ||
            (peer != NULL && script_patterns_match(&match->label, label)));
}

bool script_event_matches(const struct script_run *run, const struct script_match *match,
                          const struct script_event *event) {
    return peer_matches(match, event->peer) &&
           (match->methods.count == 0 || script_patterns_match(&match->methods, event->method) ||
            script_patterns_match(&match->methods, event->sent)) &&
           script_patterns_match(&match->request, event->request) &&
           script_numbers_have(&match->occurrence, event->occurrence) &&
           script_patterns_match(&match->stream, event->stream) &&
           script_patterns_match(&match->rule, event->rule) &&
           script_patterns_match(&match->name, event->name) &&
           script_numbers_have(&match->code, event->code) &&
           (match->by == 0 || match->by == event->by) &&
           (match->head.data == NULL ||
            run->host->block_is(run->host->context, match->head, &event->head));
}

/* ---- keyed draws ---- */

static uint64_t mix_text(struct substrate_text text, uint64_t bits) {
    return base_xxh64((struct substrate_bytes){(const uint8_t *)text.data, text.size}, bits);
}

uint64_t script_draw(const struct script_run *run, const struct script_event *event,
                     struct substrate_text rule, uint64_t asked) {
    uint64_t bits = mix_text(rule, run->seed);
    bits = mix_text(event->request, bits);
    if (event->peer != NULL) {
        bits = mix_text(event->peer->label_text, bits);
    }
    return script_mix(bits ^ script_mix(event->request.data != NULL ? event->occurrence : asked));
}
