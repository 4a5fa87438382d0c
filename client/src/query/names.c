/* Names and what is nearest to them; see names.h. */
#include "names.h"

#include "base/text.h"
#include "reply.h"

/* "System has no storage item …": `owner` has no `thing` of that name. */
void query_fail_unknown(struct substrate_query *query, const struct base_nearest *names,
                        const char *owner, const char *thing) {
    int size = (int)names->wanted.size;
    if (names->name.data == NULL) {
        (void)query_fail_with(query, SUBSTRATE_E_NOT_FOUND, "%s has no %s \"%.*s\", nor any other",
                              owner, thing, size, names->wanted.data);
        return;
    }
    (void)query_fail_with(query, SUBSTRATE_E_NOT_FOUND,
                          "%s has no %s \"%.*s\"; the nearest is \"%.*s\"", owner, thing, size,
                          names->wanted.data, (int)names->name.size, names->name.data);
}

static const struct metadata_pallet *find_pallet(struct substrate_query *query, const char *name) {
    const struct substrate_metadata *metadata = query_metadata(query, QUERY_STATE_RUNTIME);
    const struct metadata_pallet *pallet = metadata_pallet(metadata, base_text(name));
    if (pallet == NULL) {
        struct base_nearest names = {.wanted = base_text(name)};
        for (uint32_t i = 0; i < metadata->pallet_count; i++) {
            base_nearest_offer(&names, metadata->pallets[i].name);
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
        struct base_nearest names = {.wanted = base_text(item)};
        for (uint32_t i = 0; i < pallet->storage_count; i++) {
            base_nearest_offer(&names, pallet->storage[i].name);
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
        struct base_nearest names = {.wanted = base_text(name)};
        for (uint32_t i = 0; i < pallet->constant_count; i++) {
            base_nearest_offer(&names, pallet->constants[i].name);
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
        struct base_nearest names = {.wanted = base_text(name)};
        for (uint32_t i = 0; i < metadata->api_count; i++) {
            base_nearest_offer(&names, metadata->apis[i].name);
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
        struct base_nearest names = {.wanted = base_text(name)};
        for (uint32_t i = 0; i < api->method_count; i++) {
            base_nearest_offer(&names, api->methods[i].name);
        }
        query_fail_unknown(query, &names, api_name, "method");
    }
    return method;
}
