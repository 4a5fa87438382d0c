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

/* The next member of the query. false: there are no more. */
static bool next_member(struct substrate_text *query, struct substrate_text *member) {
    if (query->size == 0) {
        return false;
    }
    const char *end = memchr(query->data, '&', query->size);
    member->data = query->data;
    member->size = end != NULL ? (size_t)(end - query->data) : query->size;
    *query = rest(*query, end != NULL ? member->size + 1 : member->size);
    return true;
}

static bool read_seed(struct substrate_text value, struct space_url *url) {
    url->has_seed = true;
    return base_text_u64(value, &url->seed);
}

static bool read_label(struct substrate_text value, struct space_url *url) {
    url->label = value;
    return is_name(value);
}

static bool read_fixture(struct substrate_text value, struct space_url *url) {
    url->fixture = value;
    return is_name(value);
}

static const struct {
    const char *name; /* with its `=` */
    bool (*read)(struct substrate_text value, struct space_url *url);
} MEMBERS[] = {{"seed=", read_seed}, {"as=", read_label}, {"fixture=", read_fixture}};
#define MEMBER_COUNT (sizeof(MEMBERS) / sizeof(MEMBERS[0]))

/* Which one it is; MEMBER_COUNT: none. */
static size_t which(struct substrate_text member) {
    size_t i = 0;
    while (i < MEMBER_COUNT && !base_text_starts(member, MEMBERS[i].name)) {
        i++;
    }
    return i;
}

static const char *read_query(struct substrate_text query, struct space_url *url) {
    struct substrate_text member;
    bool seen[MEMBER_COUNT] = {false};
    while (next_member(&query, &member)) {
        size_t i = which(member);
        if (i == MEMBER_COUNT) {
            continue;
        }
        if (seen[i]) {
            return "bad query: seed, as and fixture may stand once each\n";
        }
        seen[i] = true;
        if (!MEMBERS[i].read(rest(member, strlen(MEMBERS[i].name)), url)) {
            return "bad query: known are seed=NUMBER, and as=LABEL and fixture=NAME (1 to 64 of "
                   "A-Z a-z 0-9 . _ -)\n";
        }
    }
    return NULL;
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
    *problem = read_query(query, url);
    return *problem == NULL;
}

bool space_url_ignored(struct substrate_text *query, struct substrate_text *name) {
    while (next_member(query, name)) {
        if (name->size > 0 && which(*name) == MEMBER_COUNT) {
            const char *end = memchr(name->data, '=', name->size);
            name->size = end == NULL ? name->size : (size_t)(end - name->data);
            return true;
        }
    }
    return false;
}
