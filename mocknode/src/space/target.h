/* What a URL says: which space, with which seed, and under which label. */
#ifndef SPACE_TARGET_H
#define SPACE_TARGET_H

#include <stdbool.h>
#include <stdint.h>
#include <substrate/base.h>

#define SPACE_NAME_MAX 64

struct space_target {
    struct substrate_text name; /* empty: the default space */
    struct substrate_text label;
    bool has_seed;
    uint64_t seed;
};

/* Reads `/` or `/s/NAME`, and `seed=7&as=LABEL`; views into the input. false: *problem says what is
 * accepted. */
bool space_target_read(struct substrate_text path, struct substrate_text query,
                       struct space_target *target, const char **problem);

#endif
