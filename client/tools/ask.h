/* Asking: from a function's name and the words behind it to the printed answer. */
#ifndef TOOLS_ASK_H
#define TOOLS_ASK_H

#include "base/buf.h"
#include "options.h"

/* Returns what the process ends with; an error has been told on standard error. */
enum exit_code ask(const struct options *options);

/* `list` and `help FUNCTION`: what can be asked. */
enum exit_code show_list(const struct options *options);
enum exit_code show_function(const char *name);

/* Appends the word for a status: its name without the prefix, in lower case: "not_found". */
void write_status_word(struct base_buf *out, enum substrate_status status);
/* One line on standard error. Returns the exit code of its status. */
enum exit_code tell_error(const struct substrate_error *error);
/* Writes to standard output; a reader who has gone is no news. */
enum exit_code print_text(struct substrate_text text);
/* Canonical JSON as `options` want it. */
enum exit_code print_value(const struct options *options, struct substrate_text json);

#endif
