/* What was meant by a name that is not there: people mistype. */
#ifndef BASE_NEAREST_H
#define BASE_NEAREST_H

#include <substrate/base.h>

/* The nearest of the names offered so far, by edit distance, upper and lower case being alike; of
 * equally near ones the first. Begin with {wanted}; `name` stays {NULL, 0} if none is offered.
 */
struct base_nearest {
    struct substrate_text wanted, name;
    unsigned distance;
};
void base_nearest_offer(struct base_nearest *nearest, struct substrate_text name);

#endif
