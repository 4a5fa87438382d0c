/* Names and what is nearest to them; see names.h. */
#include "names.h"

#include "base/text.h"
#include "reply.h"

/* No name of a runtime is longer; what is behind does not count. */
#define NAME_MAX_COUNTED 63

static unsigned fold(char c) {
    return c >= 'A' && c <= 'Z' ? (unsigned)(c - 'A' + 'a') : (unsigned char)c;
}

static unsigned least(unsigned a, unsigned b, unsigned c) {
    unsigned ab = a < b ? a : b;
    return ab < c ? ab : c;
}

static size_t counted(struct substrate_text text) {
    return text.size < NAME_MAX_COUNTED ? text.size : NAME_MAX_COUNTED;
}

/* Levenshtein's distance, row by row: row[j] is that of the first i of `a` and the first j of `b`.
 */
static unsigned distance(struct substrate_text a, struct substrate_text b) {
    unsigned row[NAME_MAX_COUNTED + 1];
    size_t width = counted(b);
    for (size_t j = 0; j <= width; j++) {
        row[j] = (unsigned)j;
    }
    for (size_t i = 0; i < counted(a); i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i + 1;
        for (size_t j = 0; j < width; j++) {
            unsigned changed = diagonal + (fold(a.data[i]) != fold(b.data[j]));
            diagonal = row[j + 1];
            row[j + 1] = least(changed, diagonal + 1, row[j] + 1);
        }
    }
    return row[width];
}

void names_offer(struct names *names, struct substrate_text name) {
    unsigned far = distance(names->wanted, name);
    if (names->nearest.data == NULL || far < names->distance) {
        names->nearest = name;
        names->distance = far;
    }
}

/* "System has no storage item …": `owner` has no `thing` of that name. */
void query_fail_unknown(struct substrate_query *query, const struct names *names, const char *owner,
                        const char *thing) {
    int size = (int)names->wanted.size;
    if (names->nearest.data == NULL) {
        (void)query_fail_with(query, SUBSTRATE_E_NOT_FOUND, "%s has no %s \"%.*s\", nor any other",
                              owner, thing, size, names->wanted.data);
        return;
    }
    (void)query_fail_with(query, SUBSTRATE_E_NOT_FOUND,
                          "%s has no %s \"%.*s\"; the nearest is \"%.*s\"", owner, thing, size,
                          names->wanted.data, (int)names->nearest.size, names->nearest.data);
}

static const struct metadata_pallet *find_pallet(struct substrate_query *query, const char *name) {
    const struct substrate_metadata *metadata = query_metadata(query, QUERY_STATE_RUNTIME);
    const struct metadata_pallet *pallet = metadata_pallet(metadata, base_text(name));
    if (pallet == NULL) {
        struct names names = {.wanted = base_text(name)};
        for (uint32_t i = 0; i < metadata->pallet_count; i++) {
            names_offer(&names, metadata->pallets[i].name);
        }
        query_fail_unknown(query, &names, "the runtime", "pallet");
    }
    return pallet;
}

const struct metadata_storage *query_find_storage(struct substrate_query *query,
                                                  const char *pallet_name, const char *item) {
    const struct metadata_pallet *pallet = find_pallet(query, pallet_name);
    const struct metadata_storage *storage =
        pallet != NULL ? metadata_storage(pallet, base_text(item)) : NULL;
    if (pallet != NULL && storage == NULL) {
        struct names names = {.wanted = base_text(item)};
        for (uint32_t i = 0; i < pallet->storage_count; i++) {
            names_offer(&names, pallet->storage[i].name);
        }
        query_fail_unknown(query, &names, pallet_name, "storage item");
    }
    return storage;
}

const struct metadata_constant *query_find_constant(struct substrate_query *query,
                                                    const char *pallet_name, const char *name) {
    const struct metadata_pallet *pallet = find_pallet(query, pallet_name);
    const struct metadata_constant *constant =
        pallet != NULL ? metadata_constant(pallet, base_text(name)) : NULL;
    if (pallet != NULL && constant == NULL) {
        struct names names = {.wanted = base_text(name)};
        for (uint32_t i = 0; i < pallet->constant_count; i++) {
            names_offer(&names, pallet->constants[i].name);
        }
        query_fail_unknown(query, &names, pallet_name, "constant");
    }
    return constant;
}

static const struct metadata_api *find_api(struct substrate_query *query, const char *name) {
    const struct substrate_metadata *metadata = query_metadata(query, QUERY_CALL_RUNTIME);
    const struct metadata_api *api = metadata_api(metadata, base_text(name));
    if (api == NULL && metadata->version < 15) {
        (void)query_fail_with(
            query, SUBSTRATE_E_NOT_FOUND,
            "the runtime's metadata, V%u, describes no APIs; call %s by its bytes",
            metadata->version, name);
    } else if (api == NULL) {
        struct names names = {.wanted = base_text(name)};
        for (uint32_t i = 0; i < metadata->api_count; i++) {
            names_offer(&names, metadata->apis[i].name);
        }
        query_fail_unknown(query, &names, "the runtime", "API");
    }
    return api;
}

const struct metadata_method *query_find_method(struct substrate_query *query, const char *api_name,
                                                const char *name) {
    const struct metadata_api *api = find_api(query, api_name);
    const struct metadata_method *method =
        api != NULL ? metadata_method(api, base_text(name)) : NULL;
    if (api != NULL && method == NULL) {
        struct names names = {.wanted = base_text(name)};
        for (uint32_t i = 0; i < api->method_count; i++) {
            names_offer(&names, api->methods[i].name);
        }
        query_fail_unknown(query, &names, api_name, "method");
    }
    return method;
}
