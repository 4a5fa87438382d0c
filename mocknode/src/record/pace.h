/* How fast an upstream may be asked: which of its errors pass, how long it is left alone after one,
 * and how many requests may be in flight until it has calmed down. Told the time; knows no socket.
 */
#ifndef RECORD_PACE_H
#define RECORD_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/json.h"

#define PACE_TRIES 8 /* of one request that is refused each time */

/* All zero: nothing was refused yet. */
struct pace {
    bool refused;        /* once, at least */
    unsigned refusals;   /* in a row, without an answer between them */
    size_t answers;      /* since the last refusal */
    uint64_t resting_us; /* until then it is left alone */
};

/* Whether a request may be answered another time, though this error came: rate limits of gateways
 * and troubles inside of a node pass; what a node says of the request itself, by its code or (of a
 * runtime call that failed) in its words, stays. */
bool pace_passes(struct base_json error);
/* Such an error came: the upstream is left alone for as long as the error's data say
 * ("retry_after", "retryAfter" or "backoff_seconds", in seconds, alone or in "rate"), at most a
 * minute; if they say nothing, for a quarter of a second, twice as long after each further one, at
 * most 16 s. */
void pace_refused(struct pace *pace, struct base_json error, uint64_t now_us);
/* An answer came. */
void pace_answered(struct pace *pace);
/* Whether one more may be sent while so many are in flight: any number until something is refused,
 * then one, and one more for every eight answers. */
bool pace_allows(const struct pace *pace, size_t in_flight, uint64_t now_us);

#endif
