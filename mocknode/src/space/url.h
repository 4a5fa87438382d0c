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
};

/* Reads `/` or `/s/NAME`, and `seed=7&as=LABEL&fixture=B`; views into the input. What else stands
 * in the query is another program's, or nobody's, and is passed over: see space_url_ignored. false:
 * *problem says what is accepted. */
bool space_url_read(struct substrate_text path, struct substrate_text query, struct space_url *url,
                    const char **problem);

/* The name of the next member that space_url_read passes over: one of another name, or without an
 * equals sign. *query is the query, and then what is behind that member. false: there are no more.
 */
bool space_url_ignored(struct substrate_text *query, struct substrate_text *name);

#endif
