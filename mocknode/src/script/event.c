/* Names of events, as a script writes them. */
#include "script/event.h"

const char *const script_event_names[SCRIPT_EVENT_KINDS] = {
    "connecting", "opened",     "arrived",      "answered", "notified", "written", "pinged",
    "ponged",     "subscribed", "unsubscribed", "held",     "released", "closed",  "head",
    "finalized",  "signal",     "refused",      "fired",    "missed",
};

const char *const script_end_names[SCRIPT_ENDS] = {"full", "until", "limit", "close", "script"};
