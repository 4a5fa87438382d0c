/* The proxy's memory: turns exchanges into facts, completes them by questions of its own on a side
 * connection, and writes them to the log of the recording as they come. Runs on a thread of its
 * own. */
#ifndef RECORD_PROXY_RECORDING_H
#define RECORD_PROXY_RECORDING_H

#include <stdbool.h>
#include <substrate/base.h>
#include "record/proxy/exchange.h"
#include "record/proxy/proxy.h"

struct recording;

/* Opens the folder and the side connection, and records what every client needs: chain, genesis,
 * head, system facts. `recording` is given. */
enum substrate_status recording_open(const struct proxy_options *options,
                                     struct recording **recording, struct substrate_error *error);
/* Keeps what an exchange says. An error means that nothing more can be kept. */
enum substrate_status recording_take(struct recording *recording, const struct exchange *exchange,
                                     struct substrate_error *error);
/* Compacts the log into the files of a finished fixture, and says on standard error what it has. */
enum substrate_status recording_finish(struct recording *recording, struct substrate_error *error);
void recording_free(struct recording *recording);

#endif
