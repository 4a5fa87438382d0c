/* Reading paths and queries, strictly: a name that is misspelt must not become another space. */
#include "space/target.h"

#include <string.h>
#include "base/text.h"

static bool is_name(struct substrate_text text) {
    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && strchr("._-", c) == NULL) {
            return false;
        }
    }
    return text.size > 0 && text.size <= SPACE_NAME_MAX;
}

static struct substrate_text rest(struct substrate_text text, size_t skip) {
    return (struct substrate_text){text.data + skip, text.size - skip};
}

static bool read_option(struct substrate_text option, struct space_target *target) {
    if (option.size == 0) {
        return true;
    }
    if (base_text_starts(option, "seed=")) {
        target->has_seed = true;
        return base_text_u64(rest(option, 5), &target->seed);
    }
    target->label = base_text_starts(option, "as=") ? rest(option, 3) : target->label;
    return base_text_starts(option, "as=") && is_name(target->label);
}

bool space_target_read(struct substrate_text path, struct substrate_text query,
                       struct space_target *target, const char **problem) {
    *target = (struct space_target){{"", 0}, {"", 0}, false, 0};
    if (base_text_starts(path, "/s/")) {
        target->name = rest(path, 3);
    }
    if (!base_text_is(path, "/") && (target->name.size == 0 || !is_name(target->name))) {
        *problem = "no such path: use / or /s/NAME, NAME being 1 to 64 of A-Z a-z 0-9 . _ -\n";
        return false;
    }
    while (query.size > 0) {
        const char *end = memchr(query.data, '&', query.size);
        size_t size = end != NULL ? (size_t)(end - query.data) : query.size;
        if (!read_option((struct substrate_text){query.data, size}, target)) {
            *problem = "bad query: known are seed=NUMBER and as=LABEL (1 to 64 of A-Z a-z 0-9 . _ "
                       "-)\n";
            return false;
        }
        query = rest(query, end != NULL ? size + 1 : size);
    }
    return true;
}
