/* What tests of the codec read of fixtures/subtensor-293: its metadata and single recorded facts,
 * found by a piece of their line. */
#ifndef CODEC_FIXTURE_H
#define CODEC_FIXTURE_H

#include "check_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <substrate/metadata.h>
#include "base/json.h"
#include "codec/metadata.h"

#define FIXTURE_V14 "blobs/0c8a8a73070fd960a1fff435ade1eabde9e9fd10ccb5195e9b15b6e865db6a2e"
#define FIXTURE_V15 "blobs/7dd8f43c41674d9cf8428268b8b09cc2f07fcd128e4d4813aeada9bdcbed5501"

/* Bytes on the heap. */
struct fixture_bytes {
    uint8_t *data;
    size_t size;
};

static inline struct substrate_bytes fixture_view(struct fixture_bytes bytes) {
    return (struct substrate_bytes){bytes.data, bytes.size};
}

/* A file of the fixture, by the place of this header in the repository. */
static inline struct fixture_bytes fixture_file(const char *name) {
    static const char HERE[] = "conformance/unit/codec_fixture.h";
    struct fixture_bytes bytes = {NULL, 0};
    char path[1024];
    size_t root = strlen(__FILE__) - (sizeof HERE - 1);
    int size =
        snprintf(path, sizeof path, "%.*sfixtures/subtensor-293/%s", (int)root, __FILE__, name);
    ck_assert_int_lt(size, (int)sizeof path);
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "cannot open %s", path);
    ck_assert_int_eq(fseek(file, 0, SEEK_END), 0);
    long end = ftell(file);
    ck_assert_int_gt(end, 0);
    rewind(file);
    bytes.size = (size_t)end;
    bytes.data = malloc(bytes.size);
    ck_assert_ptr_nonnull(bytes.data);
    ck_assert_uint_eq(fread(bytes.data, 1, bytes.size, file), bytes.size);
    ck_assert_int_eq(fclose(file), 0);
    return bytes;
}

static inline struct substrate_metadata *fixture_metadata(const char *blob) {
    struct fixture_bytes bytes = fixture_file(blob);
    struct substrate_metadata *metadata = NULL;
    struct substrate_error error = {0};
    ck_assert_msg(substrate_metadata_parse(fixture_view(bytes), &metadata, &error) == SUBSTRATE_OK,
                  "%s", error.message);
    free(bytes.data);
    return metadata;
}

/* The bytes of a hex string. */
static inline struct fixture_bytes fixture_hex(struct substrate_text hex) {
    struct fixture_bytes bytes = {malloc(hex.size + 1), 0};
    ck_assert_ptr_nonnull(bytes.data);
    ck_assert(base_hex_read(hex, bytes.data, hex.size, &bytes.size));
    return bytes;
}

/* Of a file of JSON Lines: the first line that has `piece` in it, terminated; *after, which starts
 * at 0, moves behind it. NULL: there is none. */
static inline char *fixture_line(struct fixture_bytes file, const char *piece, size_t *after) {
    while (*after < file.size) {
        const char *line = (const char *)file.data + *after;
        size_t size = 0;
        while (*after + size < file.size && line[size] != '\n') {
            size++;
        }
        *after += size + 1;
        char *copy = malloc(size + 1);
        ck_assert_ptr_nonnull(copy);
        memcpy(copy, line, size);
        copy[size] = '\0';
        if (strstr(copy, piece) != NULL) {
            return copy;
        }
        free(copy);
    }
    return NULL;
}

/* The bytes that `member` of that line spells in hex. */
static inline struct fixture_bytes fixture_fact(const char *name, const char *piece,
                                                const char *member) {
    struct fixture_bytes file = fixture_file(name);
    size_t after = 0;
    char *line = fixture_line(file, piece, &after);
    ck_assert_msg(line != NULL, "no line of %s has %s", name, piece);
    struct base_json json;
    ck_assert_int_eq(base_json_parse(base_text(line), BASE_JSON_DEPTH_MAX, &json, NULL),
                     SUBSTRATE_OK);
    struct base_json hex = base_json_member(json, member);
    ck_assert_int_eq(hex.kind, BASE_JSON_STRING);
    struct fixture_bytes bytes =
        fixture_hex((struct substrate_text){hex.raw.data + 1, hex.raw.size - 2});
    free(line);
    free(file.data);
    return bytes;
}

#endif
