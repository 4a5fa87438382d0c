/* How many bytes all peers together make the node hold: messages that are not whole, answers and
 * notifications that wait, streams, and what is unsent. Whoever holds some says so; what is over
 * the budget is refused where it comes in. Data, no socket: spaces have it, too. */
#ifndef WIRE_BUDGET_H
#define WIRE_BUDGET_H

#include <stdbool.h>
#include <stddef.h>

struct wire_budget {
    size_t max, used, peak;
};

/* The default of `max`. */
#define WIRE_HELD_MAX ((size_t)512 << 20)

/* `*held` is what one holder has said before, and becomes `now`. */
static inline void wire_budget_hold(struct wire_budget *budget, size_t *held, size_t now) {
    budget->used += now - *held; /* also when that is less: unsigned numbers go round */
    *held = now;
    if (budget->used > budget->peak) {
        budget->peak = budget->used;
    }
}

static inline bool wire_budget_is_over(const struct wire_budget *budget) {
    return budget->used > budget->max;
}

#endif
