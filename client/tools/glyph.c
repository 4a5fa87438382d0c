/* Columns of characters; see glyph.h. The C library knows them, in the locale that main has set. */
#define _XOPEN_SOURCE 700 /* wcwidth */
#include "glyph.h"

#include <wchar.h>

struct glyph {
    struct substrate_text text; /* as it is shown */
    size_t width;
};

/* Marks that reorder what stands around them: on a terminal, other columns. */
static bool turns_around(wchar_t c) {
    return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e ||
           c == 0x200f || c == 0x061c;
}

/* Cuts the first character off; the text is not empty. */
static struct glyph take(struct substrate_text *text) {
    static const char hidden[] = "?";
    wchar_t c = 0;
    mbstate_t state = {0};
    size_t size = mbrtowc(&c, text->data, text->size, &state);
    int width = -1;
    if (size == 0 || size > text->size) { /* no character */
        size = 1;
    } else if (!turns_around(c)) {
        width = wcwidth(c);
    }
    struct glyph glyph = {{text->data, size}, (size_t)(width > 0 ? width : 0)};
    if (width < 0) {
        glyph = (struct glyph){{hidden, 1}, 1};
    }
    *text = (struct substrate_text){text->data + size, text->size - size};
    return glyph;
}

size_t glyph_width(struct substrate_text text) {
    size_t width = 0;
    while (text.size > 0) {
        width += take(&text).width;
    }
    return width;
}

void glyph_write(struct base_buf *out, struct substrate_text text) {
    while (text.size > 0) {
        base_buf_text(out, take(&text).text);
    }
}
