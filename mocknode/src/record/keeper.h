/* The proxy's memory: turns exchanges into facts, completes them by questions of its own on a side
 * connection, and writes them to the log of the recording as they come. Runs on a thread of its
 * own. */
#ifndef RECORD_KEEPER_H
#define RECORD_KEEPER_H

#include <stdbool.h>
#include <substrate/base.h>
#include "record/extract.h"

struct keeper;

/* Opens the folder and the side connection, and records what every client needs: chain, genesis,
 * head, system facts. `keeper` is given. */
enum substrate_status keeper_open(const char *upstream, const char *folder, bool merge,
                                  struct keeper **keeper, struct substrate_error *error);
/* Keeps what an exchange says. An error means that nothing more can be kept. */
enum substrate_status keeper_take(struct keeper *keeper, const struct exchange *exchange,
                                  struct substrate_error *error);
/* Compacts the log into the files of a finished fixture. */
enum substrate_status keeper_finish(struct keeper *keeper, struct substrate_error *error);
void keeper_free(struct keeper *keeper);

#endif
