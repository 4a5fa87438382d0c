/* Rate limits of an upstream: what passes, and when to ask again. */
#include "record/pace.h"

#include "base/text.h"

#define SECOND_US 1000000U
#define FIRST_US 250000U
#define DOUBLINGS_MAX 6U
#define SECONDS_MAX 60U
#define ANSWERS_PER_ONE 8

/* Codes that say something of the request, or of the method, and not of the moment. */
static const struct {
    int64_t from, to;
} LASTING[] = {
    {-32700, -32700}, /* no JSON */
    {-32602, -32600}, /* no such method, or not so */
    {-32055, -32055}, /* a mock node that was not told */
    {-32008, -32007}, /* too large */
    {1, 428},         /* the node's own, and the runtime's */
    {430, INT64_MAX},
};

bool pace_passes(struct base_json error) {
    struct substrate_text message = base_json_member(error, "message").raw;
    int64_t code;
    if (!base_json_i64(base_json_member(error, "code"), &code) ||
        base_text_contains(message, "Execution failed")) {
        return false;
    }
    for (size_t i = 0; i < sizeof LASTING / sizeof *LASTING; i++) {
        if (code >= LASTING[i].from && code <= LASTING[i].to) {
            return false;
        }
    }
    return true;
}

/* Seconds in one of the spellings of gateways; false: none is there. */
static bool read_seconds(struct base_json data, uint64_t *seconds) {
    static const char *const NAMES[] = {"retry_after", "retryAfter", "backoff_seconds"};
    for (size_t i = 0; data.kind == BASE_JSON_OBJECT && i < sizeof NAMES / sizeof *NAMES; i++) {
        if (base_json_u64(base_json_member(data, NAMES[i]), seconds)) {
            return true;
        }
    }
    return false;
}

void pace_refused(struct pace *pace, struct base_json error, uint64_t now_us) {
    struct base_json data = base_json_member(error, "data");
    bool together = now_us < pace->resting_us; /* with one that was in flight beside it */
    unsigned doublings = pace->refusals < DOUBLINGS_MAX ? pace->refusals : DOUBLINGS_MAX;
    uint64_t seconds = 0, pause = together ? 0 : (uint64_t)FIRST_US << doublings;
    if (data.kind == BASE_JSON_OBJECT &&
        (read_seconds(data, &seconds) || read_seconds(base_json_member(data, "rate"), &seconds))) {
        pause = (seconds < SECONDS_MAX ? seconds : SECONDS_MAX) * SECOND_US;
    }
    pace->refused = true;
    pace->answers = 0;
    pace->refusals += together ? 0 : 1;
    if (now_us + pause > pace->resting_us) {
        pace->resting_us = now_us + pause;
    }
}

void pace_answered(struct pace *pace) {
    pace->refusals = 0;
    pace->answers++;
}

bool pace_allows(const struct pace *pace, size_t in_flight, uint64_t now_us) {
    return now_us >= pace->resting_us &&
           (!pace->refused || in_flight < 1 + pace->answers / ANSWERS_PER_ONE);
}
