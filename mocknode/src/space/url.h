/* What a URL says: which space, of which recording, with which seed, and under which label. */
#ifndef SPACE_URL_H
#define SPACE_URL_H

#include <stdbool.h>
#include <stdint.h>
#include <substrate/base.h>

#define SPACE_NAME_MAX 64

struct space_url {
    struct substrate_text name; /* empty: the default space */
    struct substrate_text label;
    struct substrate_text fixture; /* empty: not named */
    bool has_seed;
    uint64_t seed;
    struct substrate_text unknown; /* the first member of the query that means nothing here */
};

/* Reads `/` or `/s/NAME`, and `seed=7&as=LABEL&fixture=B`; views into the input. Members with other
 * names are another program's, and are passed over. false: *problem says what is accepted. */
bool space_url_read(struct substrate_text path, struct substrate_text query, struct space_url *url,
                    const char **problem);

#endif
