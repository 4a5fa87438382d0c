/* Finding a profile by its name. */
#include "script/profile.h"

#include <string.h>
#include "base/buf.h"
#include "base/nearest.h"
#include "base/text.h"

enum substrate_status script_profile_find(const char *name, struct script_source *profile,
                                          struct substrate_error *error) {
    char room[200];
    struct base_buf names = BASE_BUF_ON(room);
    struct base_nearest nearest = {.wanted = base_text(name)};
    for (size_t i = 0; script_profiles[i].name != NULL; i++) {
        if (strcmp(script_profiles[i].name, name) == 0) {
            *profile = script_profiles[i];
            return SUBSTRATE_OK;
        }
        base_buf_format(&names, "%s%s", i > 0 ? ", " : "", script_profiles[i].name);
        base_nearest_offer(&nearest, base_text(script_profiles[i].name));
    }
    base_buf_char(&names, '\0');
    bool near = nearest.name.data != NULL && nearest.distance <= 1 + strlen(name) / 3;
    enum substrate_status status =
        base_fail(error, SUBSTRATE_E_ARGUMENT, "there is no profile \"%.60s\"; known are %s%s%s%s",
                  name, names.failed ? "" : names.data, near ? "; nearest is \"" : "",
                  near ? nearest.name.data : "", near ? "\"" : "");
    base_buf_free(&names);
    return status;
}
