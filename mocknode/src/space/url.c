/* Reading paths and queries: a name of a space that is misspelt must not become another space. */
#include "space/url.h"

#include <string.h>
#include "base/text.h"

static bool is_name(struct substrate_text text) {
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '.' && c != '_' && c != '-') {
            return false;
        }
    }
    return text.size > 0 && text.size <= SPACE_NAME_MAX;
}

static struct substrate_text rest(struct substrate_text text, size_t skip) {
    return (struct substrate_text){text.data + skip, text.size - skip};
}

static bool read_name(struct substrate_text value, struct substrate_text *name) {
    *name = value;
    return is_name(value);
}

/* One member of the query. false: its value is none. */
static bool read_member(struct substrate_text member, struct space_url *url) {
    if (base_text_starts(member, "seed=")) {
        url->has_seed = true;
        return base_text_u64(rest(member, 5), &url->seed);
    }
    if (base_text_starts(member, "as=")) {
        return read_name(rest(member, 3), &url->label);
    }
    if (base_text_starts(member, "fixture=")) {
        return read_name(rest(member, 8), &url->fixture);
    }
    if (url->unknown.size == 0) {
        const char *end = member.size > 0 ? memchr(member.data, '=', member.size) : NULL;
        url->unknown = member;
        url->unknown.size = end != NULL ? (size_t)(end - member.data) : member.size;
    }
    return true;
}

bool space_url_read(struct substrate_text path, struct substrate_text query, struct space_url *url,
                    const char **problem) {
    *url = (struct space_url){.name = {"", 0}, .label = {"", 0}, .fixture = {"", 0}};
    if (base_text_starts(path, "/s/")) {
        url->name = rest(path, 3);
    }
    if (!base_text_is(path, "/") && (url->name.size == 0 || !is_name(url->name))) {
        *problem = "no such path: use / or /s/NAME, NAME being 1 to 64 of A-Z a-z 0-9 . _ -\n";
        return false;
    }
    while (query.size > 0) {
        const char *end = memchr(query.data, '&', query.size);
        size_t size = end != NULL ? (size_t)(end - query.data) : query.size;
        if (!read_member((struct substrate_text){query.data, size}, url)) {
            *problem = "bad query: known are seed=NUMBER, and as=LABEL and fixture=NAME (1 to 64 "
                       "of A-Z a-z 0-9 . _ -)\n";
            return false;
        }
        query = rest(query, end != NULL ? size + 1 : size);
    }
    return true;
}
