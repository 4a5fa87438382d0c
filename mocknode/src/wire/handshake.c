/* Keys by SHA-1 and base64, of OpenSSL; addresses by inet_pton. */
#include "wire/handshake.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>
#include "base/text.h"
#include "wire/head.h"

#define SHA1_SIZE 20
#define KEY_BYTES 16
#define BASE64_ROOM 64

bool wire_key_is_valid(struct substrate_text key) {
    for (size_t i = 0; i + 2 < key.size; i++) {
        char c = key.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '+' && c != '/') {
            return false;
        }
    }
    return key.size == WIRE_KEY_SIZE && memcmp(key.data + WIRE_KEY_SIZE - 2, "==", 2) == 0;
}

static void put_base64(const unsigned char *bytes, int size, struct base_buf *out) {
    unsigned char text[BASE64_ROOM];
    int length = EVP_EncodeBlock(text, bytes, size);
    base_buf_append(out, text, (size_t)length);
}

void wire_key_accept(struct substrate_text key, struct base_buf *out) {
    char room[WIRE_KEY_SIZE + 64];
    struct base_buf joined = BASE_BUF_ON(room);
    unsigned char digest[SHA1_SIZE] = {0};
    base_buf_text(&joined, key);
    base_buf_str(&joined, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    if (joined.failed ||
        EVP_Digest(joined.data, joined.size, digest, NULL, EVP_sha1(), NULL) != 1) {
        out->failed = true;
    }
    put_base64(digest, sizeof(digest), out);
    base_buf_free(&joined);
}

void wire_key_draw(struct base_buf *out) {
    unsigned char bytes[KEY_BYTES] = {0};
    if (RAND_bytes(bytes, sizeof(bytes)) != 1) {
        out->failed = true;
    }
    put_base64(bytes, sizeof(bytes), out);
}

void wire_mask_draw(uint8_t mask[4]) { (void)RAND_bytes(mask, 4); }

void wire_handshake_headers(struct substrate_text key, const struct wire_handshake *how,
                            struct base_buf *out) {
    if (!how->no_upgrade) {
        base_buf_str(out, "upgrade: websocket\r\n");
    }
    base_buf_str(out, "connection: Upgrade\r\nsec-websocket-accept: ");
    if (how->accept != NULL) {
        base_buf_str(out, how->accept);
    } else {
        wire_key_accept(key, out);
    }
    base_buf_str(out, "\r\n");
}

/* ---- hosts ---- */

/* The host without its port and without the brackets of IPv6; of nonsense, something that is no
 * address and no name. */
static struct substrate_text without_port(struct substrate_text host) {
    bool bracketed = host.size > 0 && host.data[0] == '[';
    const char *end = host.size > 0 ? memchr(host.data, bracketed ? ']' : ':', host.size) : NULL;
    if (end == NULL) {
        return (struct substrate_text){host.data, bracketed ? 0 : host.size};
    }
    const char *port = bracketed ? end + 1 : end, *last = host.data + host.size;
    bool good = port == last || *port == ':';
    for (const char *digit = port + 1; good && digit < last; digit++) {
        good = *digit >= '0' && *digit <= '9';
    }
    const char *begin = host.data + (bracketed ? 1 : 0);
    return (struct substrate_text){begin, good ? (size_t)(end - begin) : 0};
}

static bool is_address(struct substrate_text host, bool bracketed) {
    char text[INET6_ADDRSTRLEN + 1];
    unsigned char address[sizeof(struct in6_addr)];
    if (host.size >= sizeof(text)) {
        return false;
    }
    memcpy(text, host.data, host.size);
    text[host.size] = '\0';
    return strlen(text) == host.size &&
           inet_pton(bracketed ? AF_INET6 : AF_INET, text, address) == 1;
}

bool wire_host_is_allowed(struct substrate_text host, const char *const *names, size_t count) {
    if (host.size == 0) {
        return true;
    }
    bool bracketed = host.data[0] == '[';
    struct substrate_text name = without_port(host);
    if (is_address(name, bracketed) || wire_same_word(name, "localhost")) {
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        if (wire_same_word(name, names[i])) {
            return true;
        }
    }
    return false;
}
