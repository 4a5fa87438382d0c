/* Text of strangers on a terminal: how many columns it takes, and what of it may be shown there.
 * What could drive the terminal, or turn the line around it, is shown as "?". */
#ifndef TOOLS_GLYPH_H
#define TOOLS_GLYPH_H

#include "base/buf.h"

/* Columns that glyph_write fills: two for a wide character, none for an accent. */
size_t glyph_width(struct substrate_text text);
void glyph_write(struct base_buf *out, struct substrate_text text);

#endif
