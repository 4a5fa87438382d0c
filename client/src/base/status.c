/* Names and texts of the status codes, from their one list. */
#include <substrate/base.h>

const char *substrate_status_name(enum substrate_status status) {
    switch (status) {
#define STATUS_NAME(name, value, text) \
    case SUBSTRATE_##name:             \
        return #name;
        SUBSTRATE_STATUS_LIST(STATUS_NAME)
#undef STATUS_NAME
    default:
        return "?";
    }
}

const char *substrate_status_text(enum substrate_status status) {
    switch (status) {
#define STATUS_TEXT(name, value, text) \
    case SUBSTRATE_##name:             \
        return text;
        SUBSTRATE_STATUS_LIST(STATUS_TEXT)
#undef STATUS_TEXT
    default:
        return "unknown status";
    }
}
