/* The recordings that `serve` was given, loaded, with a name for each: that of its folder. */
#ifndef CONTROL_RECORDINGS_H
#define CONTROL_RECORDINGS_H

#include <stdbool.h>
#include "control/spaces.h"

struct recordings {
    struct spaces_recording *list;
    struct chain **chains; /* the same ones, owned; and so the latencies */
    struct latencies **latencies;
    size_t count;
};

/* Loads the folders. `head`: NULL, or the block of the first one to begin at. false: one line has
 * been written to standard error. recordings_free frees what was loaded, in either case. */
bool recordings_load(struct recordings *recordings, char **folders, size_t count, const char *head);
void recordings_free(struct recordings *recordings);

#endif
