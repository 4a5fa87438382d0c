/* Gathering the sources of the script. */
#include "control/script_files.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "fixture/files.h"
#include "script/profile.h"

#define FILE_SIZE_MAX (16 * 1024 * 1024)

/* The sources, the first first, and the texts of those that are no profiles. */
struct gathered {
    struct script_source *list;
    size_t count;
    struct base_buf latency, file;
};

static void add(struct gathered *gathered, const struct base_buf *text, const char *name) {
    gathered->list[gathered->count++] = (struct script_source){base_buf_view(text), name};
}

static enum substrate_status gather(struct gathered *gathered, const char *path,
                                    const char *latency, const char *const *profiles,
                                    size_t profile_count, struct substrate_error *error) {
    enum substrate_status status = SUBSTRATE_OK;
    if (latency != NULL) { /* the first source says it */
        base_buf_str(&gathered->latency, "{\"latency\":");
        base_json_write_string(&gathered->latency, base_text(latency));
        base_buf_char(&gathered->latency, '}');
        add(gathered, &gathered->latency, "--latency");
    }
    if (path != NULL) {
        status = file_read(path, FILE_SIZE_MAX, &gathered->file, error);
        add(gathered, &gathered->file, path);
    }
    for (size_t i = 0; i < profile_count && status == SUBSTRATE_OK; i++) {
        status = script_profile_find(profiles[i], &gathered->list[gathered->count++], error);
    }
    return status;
}

enum substrate_status script_files_read(const char *path, const char *latency,
                                        const char *const *profiles, size_t profile_count,
                                        struct script **script, struct substrate_error *error) {
    struct gathered gathered = {.list = base_calloc(profile_count + 2, sizeof(*gathered.list))};
    *script = NULL;
    if (gathered.list == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    enum substrate_status status = gather(&gathered, path, latency, profiles, profile_count, error);
    if (status == SUBSTRATE_OK && gathered.count > 0) {
        status = script_read(gathered.list, gathered.count, script, error);
    }
    base_free(gathered.list);
    base_buf_free(&gathered.latency);
    base_buf_free(&gathered.file);
    return status;
}
