/* SS58 addresses: base58 of prefix, account and checksum. As in polkadot-sdk (sp-core, crypto.rs),
 * a prefix under 64 is one byte; one up to 16383 is two, whose 14 bits are laid out so that the
 * first byte lies between 64 and 127. */
#include <substrate/ss58.h>

#include "base58.h"
#include "text.h"

#include <sodium.h>
#include <string.h>

#define ACCOUNT_SIZE 32
#define CHECKSUM_SIZE 2
#define PREFIX_MAX 16383
#define DECODED_MAX (2 + ACCOUNT_SIZE + CHECKSUM_SIZE)

/* The two prefixes that the registry reserves. */
static bool is_reserved(unsigned prefix) { return prefix == 46 || prefix == 47; }

/* The first bytes of blake2b-512("SS58PRE" + prefix + account). */
static void checksum(const uint8_t *payload, size_t size, uint8_t out[CHECKSUM_SIZE]) {
    static const uint8_t domain[] = {'S', 'S', '5', '8', 'P', 'R', 'E'};
    uint8_t input[sizeof domain + DECODED_MAX];
    uint8_t digest[64];
    memcpy(input, domain, sizeof domain);
    memcpy(input + sizeof domain, payload, size);
    /* It only fails for sizes of digest and key out of range. */
    (void)crypto_generichash(digest, sizeof digest, input, sizeof domain + size, NULL, 0);
    memcpy(out, digest, CHECKSUM_SIZE);
}

enum substrate_status substrate_ss58_decode(struct substrate_text address,
                                            struct substrate_hash *account, uint16_t *prefix,
                                            struct substrate_error *error) {
    uint8_t bytes[DECODED_MAX];
    size_t size = 0;
    enum substrate_status status = base_base58_read(address, bytes, sizeof bytes, &size);
    if (status == SUBSTRATE_E_DECODE) {
        (void)base_fail(error, status, "no SS58 address: character %zu is not in base58", size + 1);
        if (error != NULL) {
            error->position = size;
        }
        return status;
    }
    size_t prefix_size = status == SUBSTRATE_OK && size > 0 && bytes[0] >= 64 ? 2 : 1;
    if (status != SUBSTRATE_OK || size != prefix_size + ACCOUNT_SIZE + CHECKSUM_SIZE) {
        return base_fail(error, SUBSTRATE_E_DECODE,
                         "no SS58 address: wrong length for a 32-byte account");
    }
    if (bytes[0] >= 128) {
        return base_fail(error, SUBSTRATE_E_DECODE, "no SS58 address: unknown form of prefix");
    }
    uint8_t expected[CHECKSUM_SIZE];
    checksum(bytes, prefix_size + ACCOUNT_SIZE, expected);
    if (memcmp(expected, bytes + prefix_size + ACCOUNT_SIZE, CHECKSUM_SIZE) != 0) {
        return base_fail(error, SUBSTRATE_E_DECODE, "no SS58 address: the checksum is wrong");
    }
    unsigned number = bytes[0];
    if (prefix_size == 2) {
        number = (bytes[0] & 0x3fU) << 2 | bytes[1] >> 6 | (bytes[1] & 0x3fU) << 8;
    }
    if (is_reserved(number)) {
        return base_fail(error, SUBSTRATE_E_DECODE, "no SS58 address: prefix %u is reserved",
                         number);
    }
    memcpy(account->bytes, bytes + prefix_size, ACCOUNT_SIZE);
    *prefix = (uint16_t)number;
    return SUBSTRATE_OK;
}

enum substrate_status substrate_ss58_encode(const struct substrate_hash *account, uint16_t prefix,
                                            char out[SUBSTRATE_SS58_SIZE]) {
    if (prefix > PREFIX_MAX || is_reserved(prefix)) {
        return SUBSTRATE_E_ARGUMENT;
    }
    uint8_t bytes[DECODED_MAX];
    size_t size = 0;
    if (prefix < 64) {
        bytes[size++] = (uint8_t)prefix;
    } else {
        bytes[size++] = (uint8_t)(0x40 | (prefix >> 2 & 0x3f));
        bytes[size++] = (uint8_t)(prefix >> 8 | (prefix & 3) << 6);
    }
    memcpy(bytes + size, account->bytes, ACCOUNT_SIZE);
    size += ACCOUNT_SIZE;
    checksum(bytes, size, bytes + size);
    size += CHECKSUM_SIZE;
    size_t length = 0;
    if (!base_base58_write((struct substrate_bytes){bytes, size}, out, SUBSTRATE_SS58_SIZE - 1,
                           &length)) {
        return SUBSTRATE_E_ARGUMENT;
    }
    out[length] = '\0';
    return SUBSTRATE_OK;
}
