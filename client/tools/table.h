/* Canonical JSON as tables for people: an array of objects is a table with a column per member, an
 * object a table of names and values, an array a line per element, anything else itself. Objects
 * inside are taken apart ("value.free"); arrays inside stay JSON, but those of objects, which
 * follow as tables of their own. Numbers stay as they are: amounts are in rao. */
#ifndef TOOLS_TABLE_H
#define TOOLS_TABLE_H

#include <stdbool.h>
#include "base/json.h"

/* Appends the table of a validated value, with a line feed behind it. A table with lines longer
 * than `columns_max` becomes a block of names and values for each row. false: out of memory. */
bool table_write(struct base_buf *out, struct base_json value, size_t columns_max);

#endif
