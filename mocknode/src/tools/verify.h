/* Checking fixtures. */
#ifndef TOOLS_VERIFY_H
#define TOOLS_VERIFY_H

#include <stdio.h>
#include <substrate/base.h>
#include "fixture/facts.h"

/* Loads a folder with its digests checked, builds the chain model out of it and checks what the
 * model takes on trust. Returns OK, or the first problem. */
enum substrate_status verify_folder(const char *folder, struct substrate_error *error);
/* The same for facts that are not written yet; `source` is who said them. Takes nothing: the facts
 * are normalised, and stay the caller's. */
enum substrate_status verify_before(const struct facts *facts, const char *source,
                                    struct substrate_error *error);
/* Checks facts and prints each problem as a line into `report` (NULL: nowhere). Returns how many.
 */
size_t verify_facts(const struct facts *facts, const char *folder, FILE *report);
/* Takes out of unfinished facts what is about blocks that neither they nor `others` have (a
 * recording was killed before their headers came), and says so in a line into `report` (NULL:
 * nowhere). facts_normalise must follow. */
void verify_drop_strangers(struct facts *facts, const struct facts *others, const char *folder,
                           FILE *report);

#endif
