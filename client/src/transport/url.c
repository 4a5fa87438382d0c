/* Reading of node addresses; see url.h. User names and fragments mean nothing on a WebSocket and
 * are refused rather than ignored. */
#include "url.h"

#include <string.h>

#include <substrate/connection.h>

#include "base/mem.h"
#include "base/text.h"

static const struct {
    const char *name, *url;
} networks[] = {
    {"finney", "wss://entrypoint-finney.opentensor.ai:443"},
    {"test", "wss://test.finney.opentensor.ai:443"},
    {"archive", "wss://archive.chain.opentensor.ai:443"},
    {"local", "ws://127.0.0.1:9944"},
};

static bool is_url(const char *name) {
    return base_text_starts(base_text(name), "ws://") ||
           base_text_starts(base_text(name), "wss://");
}

const char *substrate_network_url(const char *name) {
    if (name == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++) {
        if (strcmp(name, networks[i].name) == 0) {
            return networks[i].url;
        }
    }
    return is_url(name) ? name : NULL;
}

/* Cuts `authority` into host and port, in place. */
static bool read_authority(char *authority, struct transport_target *target) {
    char *port = NULL;
    target->host = authority;
    if (authority[0] == '[') {
        char *bracket = strchr(authority, ']');
        if (bracket == NULL) {
            return false;
        }
        *bracket = '\0';
        target->host = authority + 1;
        port = bracket + 1;
        if (*port != '\0' && *port != ':') {
            return false;
        }
    } else {
        port = strchr(authority, ':');
    }
    target->port = target->tls ? 443 : 80;
    if (port != NULL && *port == ':') {
        uint64_t number = 0;
        if (!base_text_u64(base_text(port + 1), &number) || number == 0 || number > UINT16_MAX) {
            return false;
        }
        *port = '\0';
        target->port = (uint16_t)number;
    }
    return target->host[0] != '\0' && strpbrk(target->host, "@[]") == NULL;
}

/* "authority/path" becomes "authority\0/path": the path moves up by one byte, and starts with a
 * slash even where the URL goes straight on to its query. */
static const char *split_path(char *rest, size_t size) {
    size_t authority = strcspn(rest, "/?");
    bool slash = rest[authority] == '/';
    memmove(rest + authority + (slash ? 1 : 2), rest + authority, size - authority + 1);
    rest[authority] = '\0';
    rest[authority + 1] = '/';
    return rest + authority + 1;
}

enum substrate_status url_read(const char *text, struct url *url, struct substrate_error *error) {
    *url = (struct url){{0}, NULL};
    if (text == NULL) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT, "no URL was given");
    }
    const char *full = substrate_network_url(text);
    if (full == NULL) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT,
                         "\"%s\" is no ws:// or wss:// URL and no network (finney, test, archive, "
                         "local)",
                         text);
    }
    for (const char *c = full; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~' || *c == '#') {
            return base_fail(error, SUBSTRATE_E_ARGUMENT,
                             "character %zu of the URL \"%s\" is not allowed there",
                             (size_t)(c - full), full);
        }
    }
    url->target.tls = full[2] == 's';
    const char *rest = full + (url->target.tls ? strlen("wss://") : strlen("ws://"));
    size_t size = strlen(rest);
    url->memory = base_alloc(size + 3);
    if (url->memory == NULL) {
        return base_fail(error, SUBSTRATE_E_MEMORY, "out of memory");
    }
    memcpy(url->memory, rest, size + 1);
    url->target.path = split_path(url->memory, size);
    if (!read_authority(url->memory, &url->target)) {
        base_free(url->memory);
        url->memory = NULL;
        return base_fail(error, SUBSTRATE_E_ARGUMENT,
                         "the URL \"%s\" has no host, or a port that is not 1 to 65535", full);
    }
    return SUBSTRATE_OK;
}
