/* Listening by POSIX sockets: an address is read strictly, and no name is looked up. */
#include "wire/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/text.h"

#define BACKLOG 1024
#define HOST_MAX 96 /* an IPv6 address and the name of its interface */
#define PORT_MAX 8

static bool set(int descriptor, int level, int option) {
    const int on = 1;
    return setsockopt(descriptor, level, option, &on, sizeof(on)) == 0;
}

/* A bound socket that listens without ever blocking; -1, and errno. */
static int open_listener(const struct addrinfo *address) {
    int listener = socket(address->ai_family, SOCK_STREAM, 0);
    if (listener < 0) {
        return -1;
    }
    bool good = set(listener, SOL_SOCKET, SO_REUSEADDR) &&
                (address->ai_family != AF_INET6 || set(listener, IPPROTO_IPV6, IPV6_V6ONLY)) &&
                bind(listener, address->ai_addr, address->ai_addrlen) == 0 &&
                listen(listener, BACKLOG) == 0 && fcntl(listener, F_SETFL, O_NONBLOCK) == 0;
    if (!good) {
        int reason = errno;
        (void)close(listener);
        errno = reason;
        return -1;
    }
    return listener;
}

static const char *explain(int reason) {
    switch (reason) {
    case EADDRINUSE:
        return "the port is in use (port 0 takes a free one)";
    case EADDRNOTAVAIL:
        return "the host is no address of this machine";
    default:
        return strerror(reason);
    }
}

/* The port that it got, and the URL, the address as the system writes it. */
static bool describe(int listener, uint16_t *port, const char *scheme, char *url, size_t url_size) {
    struct sockaddr_storage bound;
    socklen_t size = sizeof(bound);
    char host[HOST_MAX], service[PORT_MAX];
    uint64_t number = 0;
    if (getsockname(listener, (struct sockaddr *)&bound, &size) != 0 ||
        getnameinfo((struct sockaddr *)&bound, size, host, sizeof(host), service, sizeof(service),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0 ||
        !base_text_u64(base_text(service), &number)) {
        return false;
    }
    *port = (uint16_t)number;
    bool brackets = bound.ss_family == AF_INET6;
    int length = snprintf(url, url_size, "%s://%s%s%s:%s", scheme, brackets ? "[" : "", host,
                          brackets ? "]" : "", service);
    return length > 0 && (size_t)length < url_size;
}

enum substrate_status wire_listen(const char *host, uint16_t *port, const char *scheme, char *url,
                                  size_t url_size, int *listener, struct substrate_error *error) {
    struct addrinfo hints, *address = NULL;
    char service[PORT_MAX];
    memset(&hints, 0, sizeof(hints));
    hints.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV;
    hints.ai_socktype = SOCK_STREAM;
    (void)snprintf(service, sizeof(service), "%u", (unsigned)*port);
    const char *numeric = strcmp(host, "localhost") == 0 ? "127.0.0.1" : host;
    if (getaddrinfo(numeric, service, &hints, &address) != 0) {
        return base_fail(error, SUBSTRATE_E_ARGUMENT,
                         "cannot listen on \"%s\": the host must be an IPv4 or IPv6 address of "
                         "this machine, such as 127.0.0.1 or ::1",
                         host);
    }
    *listener = open_listener(address);
    int reason = errno;
    freeaddrinfo(address);
    if (*listener < 0) {
        return base_fail(error, SUBSTRATE_E_IO, "cannot listen on %s port %u: %s", host,
                         (unsigned)*port, explain(reason));
    }
    if (!describe(*listener, port, scheme, url, url_size)) {
        (void)close(*listener);
        return base_fail(error, SUBSTRATE_E_IO, "cannot tell what %s is bound to", host);
    }
    return SUBSTRATE_OK;
}

static bool prepare(int descriptor) {
    return fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 &&
           fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0;
}

int wire_listen_reserve(void) { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

int wire_listen_accept(int listener, bool *exhausted) {
    int descriptor = accept(listener, NULL, NULL);
    *exhausted = descriptor < 0 &&
                 (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM);
    if (descriptor >= 0) {
        (void)set(descriptor, IPPROTO_TCP, TCP_NODELAY);
        if (!prepare(descriptor)) {
            (void)close(descriptor);
            return wire_listen_accept(listener, exhausted);
        }
    }
    return descriptor;
}

void wire_peer_address(int descriptor, char *room, size_t size) {
    struct sockaddr_storage peer;
    socklen_t length = sizeof(peer);
    room[0] = '\0';
    if (getpeername(descriptor, (struct sockaddr *)&peer, &length) == 0) {
        (void)getnameinfo((struct sockaddr *)&peer, length, room, (socklen_t)size, NULL, 0,
                          NI_NUMERICHOST);
    }
}

bool wire_peer_is_loopback(int descriptor) {
    struct sockaddr_storage peer;
    socklen_t size = sizeof(peer);
    if (getpeername(descriptor, (struct sockaddr *)&peer, &size) != 0) {
        return false;
    }
    if (peer.ss_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, &peer, sizeof(v4));
        return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
    }
    struct sockaddr_in6 v6;
    memcpy(&v6, &peer, sizeof(v6));
    return peer.ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
}
