/* Loading of recordings. */
#include "control/recordings.h"

#include <stdio.h>
#include <string.h>
#include "base/hex.h"
#include "base/mem.h"
#include "base/text.h"

/* The last part of a path, trailing slashes aside. */
static struct substrate_text folder_name(const char *path) {
    struct substrate_text text = base_text(path);
    while (text.size > 1 && text.data[text.size - 1] == '/') {
        text.size--;
    }
    size_t begin = text.size;
    while (begin > 0 && text.data[begin - 1] != '/') {
        begin--;
    }
    return (struct substrate_text){text.data + begin, text.size - begin};
}

static bool complain(const char *folder, const char *problem) {
    (void)fprintf(stderr, "mocknode serve: %s: %s\n", folder, problem);
    return false;
}

static bool load(const char *folder, struct chain **chain, struct latencies **latencies) {
    struct substrate_error error = {SUBSTRATE_OK, 0, 0, ""};
    struct facts *facts = NULL;
    if (facts_load(folder, FACTS_LOAD_DIGESTS, &facts, &error) != SUBSTRATE_OK) {
        (void)fprintf(stderr, "mocknode serve: %s\n", error.message);
        return false;
    }
    if (latencies_load(folder, latencies, &error) != SUBSTRATE_OK) {
        facts_free(facts);
        (void)fprintf(stderr, "mocknode serve: %s\n", error.message);
        return false;
    }
    if (chain_build(facts, chain, &error) != SUBSTRATE_OK) {
        facts_free(facts);
        latencies_free(*latencies);
        return complain(folder, error.message);
    }
    return true;
}

static bool name_is_free(const struct recordings *recordings, struct substrate_text name) {
    for (size_t i = 0; i < recordings->count; i++) {
        if (base_text_equal(recordings->list[i].name, name)) {
            return false;
        }
    }
    return true;
}

static bool add(struct recordings *recordings, const char *folder) {
    struct substrate_text name = folder_name(folder);
    if (!name_is_free(recordings, name)) {
        return complain(folder, "another recording has this name, by which URLs choose");
    }
    struct chain **chain = &recordings->chains[recordings->count];
    struct latencies **latencies = &recordings->latencies[recordings->count];
    if (!load(folder, chain, latencies)) {
        return false;
    }
    recordings->list[recordings->count++] =
        (struct spaces_recording){name, *chain, NULL, *latencies};
    return true;
}

/* A recorded block by its number or hash. NULL: there is none, as the error says. */
static const struct chain_block *find_block(const struct chain *chain, struct substrate_text text,
                                            struct substrate_error *error) {
    uint64_t number = 0;
    struct substrate_hash hash;
    size_t size = 0;
    const struct chain_block *block = NULL;
    if (base_text_u64(text, &number)) {
        block = chain_at(chain, number);
    } else if (base_hex_read(text, hash.bytes, 32, &size) && size == 32) {
        block = chain_find(chain, &hash);
    } else {
        (void)base_fail(error, SUBSTRATE_E_ARGUMENT,
                        "\"%.*s\" is neither a block number nor a block hash (0x and 64 digits)",
                        (int)(text.size < 80 ? text.size : 80), text.data);
        return NULL;
    }
    if (block == NULL) {
        (void)base_fail(error, SUBSTRATE_E_NOT_FOUND,
                        "block %.*s is not recorded; the recording's head is block %llu",
                        (int)text.size, text.data, (unsigned long long)chain_head(chain)->number);
    }
    return block;
}

bool recordings_load(struct recordings *recordings, char **folders, size_t count,
                     const char *head) {
    *recordings = (struct recordings){base_calloc(count, sizeof(*recordings->list)),
                                      base_calloc(count, sizeof(*recordings->chains)),
                                      base_calloc(count, sizeof(*recordings->latencies)), 0};
    if (recordings->list == NULL || recordings->chains == NULL || recordings->latencies == NULL) {
        return complain(folders[0], "out of memory");
    }
    for (size_t i = 0; i < count; i++) {
        if (!add(recordings, folders[i])) {
            return false;
        }
    }
    struct substrate_error error = {SUBSTRATE_OK, 0, 0, ""};
    if (head != NULL) {
        struct spaces_recording *first = &recordings->list[0];
        first->head = find_block(first->chain, base_text(head), &error);
        return first->head != NULL || complain("--head", error.message);
    }
    return true;
}

void recordings_free(struct recordings *recordings) {
    for (size_t i = 0; i < recordings->count; i++) {
        chain_free(recordings->chains[i]);
        latencies_free(recordings->latencies[i]);
    }
    base_free(recordings->list);
    base_free(recordings->chains);
    base_free(recordings->latencies);
    *recordings = (struct recordings){NULL, NULL, NULL, 0};
}
