/* The hashes against published vectors: XXH64 from xxHash's own sanity checks, BLAKE2b from RFC
 * 7693 and Python's hashlib, twox128 as the well-known prefixes of Substrate's storage keys. */
#include "check_main.h"

#include "base/hash.h"

#define PRIME32 UINT64_C(2654435761)

static struct substrate_bytes bytes_of(const char *text) {
    return (struct substrate_bytes){(const uint8_t *)text, strlen(text)};
}

START_TEST(xxh64_vectors) {
    static const struct {
        size_t size;
        uint64_t plain, seeded;
    } vectors[] = {
        {0, 0xEF46DB3751D8E999, 0xAC75FDA2929B17EF},
        {1, 0xE934A84ADB052768, 0x5014607643A9B4C3},
        {4, 0x9136A0DCA57457EE, 0xCAAB286BD8E9FDB5},
        {8, 0xCDBCF538E71D1348, 0xFE0C047A5353CDAC},
        {14, 0x8282DCC4994E35C8, 0xC3BD6BF63DEB6DF0},
        {32, 0x18B216492BB44B70, 0xB3F33BDF93ADE409},
        {33, 0x55C8DC3E578F5B59, 0xE92C292F64BC3071},
        {100, 0x4BFE019CD91D9EA4, 0x4853706DC9625CAE},
        {222, 0xB641AE8CB691C174, 0x20CB8AB7AE10C14A},
    };
    uint8_t input[222];
    uint64_t generator = PRIME32;
    for (size_t i = 0; i < sizeof input; i++) {
        input[i] = (uint8_t)(generator >> 56);
        generator *= UINT64_C(11400714785074694797);
    }
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct substrate_bytes bytes = {input, vectors[i].size};
        ck_assert_uint_eq(base_xxh64(bytes, 0), vectors[i].plain);
        ck_assert_uint_eq(base_xxh64(bytes, PRIME32), vectors[i].seeded);
    }
    ck_assert_uint_eq(base_xxh64((struct substrate_bytes){NULL, 0}, 0), vectors[0].plain);
}
END_TEST

START_TEST(twox_vectors) {
    uint8_t out[32];
    substrate_twox_128(bytes_of("System"), out);
    ck_hex_eq(out, 16, "26aa394eea5630e07c48ae0c9558cef7");
    substrate_twox_128(bytes_of("Account"), out);
    ck_hex_eq(out, 16, "b99d880ec681799c0cf30e8886371da9");
    /* Each form begins with the shorter one; the empty input's first word is XXH64's vector. */
    substrate_twox_64(bytes_of("System"), out);
    ck_hex_eq(out, 8, "26aa394eea5630e0");
    substrate_twox_64(bytes_of(""), out);
    ck_hex_eq(out, 8, "99e9d85137db46ef");
    /* polkadot-sdk, sp-crypto-hashing: the words are the seeds 0, 1, 2 and 3. */
    substrate_twox_256(bytes_of("System"), out);
    ck_hex_eq(out, 16, "26aa394eea5630e07c48ae0c9558cef7");
    for (uint64_t seed = 0; seed < 4; seed++) {
        uint64_t word = 0;
        for (unsigned i = 0; i < 8; i++) {
            word |= (uint64_t)out[8 * seed + i] << 8 * i;
        }
        ck_assert_uint_eq(word, base_xxh64(bytes_of("System"), seed));
    }
}
END_TEST

START_TEST(blake2_vectors) {
    uint8_t out[32];
    substrate_blake2_256(bytes_of("abc"), out);
    ck_hex_eq(out, 32, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    substrate_blake2_256((struct substrate_bytes){NULL, 0}, out);
    ck_hex_eq(out, 32, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
    substrate_blake2_128(bytes_of("abc"), out);
    ck_hex_eq(out, 16, "cf4ab791c62b8d2b2109c90275287816");
    substrate_blake2_128(bytes_of(""), out);
    ck_hex_eq(out, 16, "cae66941d9efbd404e4d88758ea67670");
}
END_TEST

START_TEST(blake2_in_steps) {
    /* The bytes 0 to 255, ten times, in steps of every small size. */
    static const char expected[] =
        "cccd725d76965d874205c3b78297bda31912d5ac676b1bf124e4fc391e89f75b";
    uint8_t input[2560];
    uint8_t out[32];
    for (size_t i = 0; i < sizeof input; i++) {
        input[i] = (uint8_t)i;
    }
    for (size_t step = 1; step <= 300; step++) {
        struct base_blake2 hash;
        base_blake2_begin(&hash);
        for (size_t at = 0; at < sizeof input; at += step) {
            size_t size = sizeof input - at < step ? sizeof input - at : step;
            base_blake2_update(&hash, (struct substrate_bytes){input + at, size});
        }
        base_blake2_end(&hash, out);
        ck_hex_eq(out, 32, expected);
    }
}
END_TEST

START_TEST(hash_text) {
    static const char text[] = "0xa31CE06b4f399cc0a874a8829e02f132557510469749d0ce9d2a90a5c8594a97";
    static const char *const bad[] = {
        "",
        "0x",
        "a31ce06b4f399cc0a874a8829e02f132557510469749d0ce9d2a90a5c8594a97",
        "00a31ce06b4f399cc0a874a8829e02f132557510469749d0ce9d2a90a5c8594a97",
        "0Xa31ce06b4f399cc0a874a8829e02f132557510469749d0ce9d2a90a5c8594a97",
        "0xa31ce06b4f399cc0a874a8829e02f132557510469749d0ce9d2a90a5c8594a9",
        "0xa31ce06b4f399cc0a874a8829e02f132557510469749d0ce9d2a90a5c8594a970",
        "0xg31ce06b4f399cc0a874a8829e02f132557510469749d0ce9d2a90a5c8594a97",
        "0x0xce06b4f399cc0a874a8829e02f132557510469749d0ce9d2a90a5c8594a971",
    };
    struct substrate_hash hash;
    char written[67];
    ck_assert_int_eq(substrate_hash_parse(base_text(text), &hash), SUBSTRATE_OK);
    ck_assert_uint_eq(hash.bytes[0], 0xa3);
    ck_assert_uint_eq(hash.bytes[31], 0x97);
    substrate_hash_format(&hash, written);
    ck_assert_str_eq(written, "0xa31ce06b4f399cc0a874a8829e02f132557510469749d0ce9d2a90a5c8594a97");
    struct substrate_hash before = hash;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_int_eq(substrate_hash_parse(base_text(bad[i]), &hash), SUBSTRATE_E_DECODE);
        ck_assert_mem_eq(&hash, &before, sizeof hash);
    }
}
END_TEST

CHECK_MAIN("base_hash", xxh64_vectors, twox_vectors, blake2_vectors, blake2_in_steps, hash_text)
