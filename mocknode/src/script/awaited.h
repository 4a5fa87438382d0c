/* Events that somebody outside waits for, told as an `until` is: {"event", "match", "count"}. */
#ifndef SCRIPT_AWAITED_H
#define SCRIPT_AWAITED_H

#include "script/script.h"

struct script_awaited;

/* Reads an object. `source` names it in errors; rules that its match names are those of `script`
 * (NULL: there are none). Gives *awaited. E_ARGUMENT, E_MEMORY. */
enum substrate_status script_awaited_read(struct substrate_text json, const char *source,
                                          const struct script *script,
                                          struct script_awaited **awaited,
                                          struct substrate_error *error);
void script_awaited_free(struct script_awaited *awaited); /* NULL is fine */
uint64_t script_awaited_count(const struct script_awaited *awaited);
/* Is the event one of those? */
bool script_awaited_meets(const struct script_run *run, const struct script_awaited *awaited,
                          const struct script_event *event);

#endif
