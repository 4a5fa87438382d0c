/* `subtensor adapter`: conformance's adapter protocol 0, as conformance/adapters/PROTOCOL.md has
 * it: JSON Lines in, events out. */
#ifndef TOOLS_ADAPTER_H
#define TOOLS_ADAPTER_H

#include "options.h"

#define ADAPTER_PROTOCOL 0

/* Runs until the end of standard input, and until every call has ended. */
enum exit_code adapter_main(const struct options *options, const char *version);

#endif
