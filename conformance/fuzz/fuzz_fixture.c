/* Lines of fixtures from strangers. The first character of an input says of which file its lines
 * are. What is refused is refused in one line that says where; what is read is written again, and
 * that is read and written the same. */
#include "fuzz.h"

#include "fixture/line.h"

enum { READ, REFUSED, SETTLED, CONTRADICTED };
static const char *const NAMES[] = {"fixtures read", "refused", "logs settled", "contradictions",
                                    NULL};

#define H "\"0x4545454545454545454545454545454545454545454545454545454545454545\""
#define H2 "\"0xabababababababababababababababababababababababababababababababab\""
#define BLOB "00000000000000000000000000000000000000000000000000000000000000ff"

/* Files by their letters; each has a beginning that is good. */
static const struct {
    char letter;
    line_read *read;
    const char *text;
} FILES[] = {
    {'b', line_read_block,
     "{\"hash\":" H ",\"number\":73,\"fork\":true,\"runtime\":293,\"header\":{\"a\":[1]},"
     "\"extrinsics\":[\"0x2804\"],\"justifications\":null}\n{\"hash\":" H2 ",\"number\":1}\n"},
    {'r', line_read_runtime,
     "{\"spec_version\":293,\"version\":{\"specVersion\":293},\"core_version\":\"0x01\","
     "\"metadata_versions\":\"0x04\",\"metadata\":{\"14\":\"" BLOB "\"},"
     "\"exports\":[\"A\",\"B_c\"]}\n{\"spec_version\":1,\"version\":{}}\n"},
    {'s', line_read_state,
     "{\"set\":" H ",\"base\":null,\"covered\":[[\"0x\",\"0x3a\"],[\"0x3b\",null]]}\n"
     "{\"key\":\"0x01\",\"value\":\"0xaa\"}\n{\"key\":\"0x02\",\"value\":null}\n"
     "{\"key\":\"0x3a\",\"present\":true,\"hash\":" H ",\"size\":12}\n"
     "{\"set\":" H2 ",\"base\":" H ",\"covered\":\"base\"}\n{\"key\":\"0x03\",\"present\":true}\n"},
    {'c', line_read_call,
     "{\"method\":\"m\",\"params\":[{\"b\":1,\"a\":2}],\"at\":" H ",\"result\":\"0x\"}\n"
     "{\"method\":\"n\",\"params\":[],\"error\":{\"code\":4003,\"message\":\"no\"}}\n"
     "{\"method\":\"o\",\"error\":{\"code\":-32601,\"message\":\"no\"}}\n"},
    {'l', line_read_log,
     "{\"block\":{\"hash\":" H ",\"number\":3}}\n{\"state\":{\"at\":" H ",\"key\":\"0x01\","
     "\"present\":true}}\n{\"state\":{\"at\":" H ",\"key\":\"0x01\",\"value\":\"0xaa\"}}\n"
     "{\"covered\":{\"at\":" H ",\"from\":\"0x01\",\"to\":\"0x09\"}}\n"
     "{\"covered\":{\"at\":" H ",\"from\":\"0x05\",\"to\":null}}\n"
     "{\"call\":{\"method\":\"m\",\"params\":[],\"result\":{\"a\":1,\"b\":2}}}\n"
     "{\"call\":{\"method\":\"m\",\"params\":[],\"result\":{\"b\":2,\"a\":1}}}\n"
     "{\"state\":{\"at\":" H2 ",\"pruned\":true}}\n{\"runtime\":{\"spec_version\":1,"
     "\"version\":{}}}\n{\"head\":" H "}\n{\"finalized\":" H "}\n{\"chain\":\"x\"}\n"
     "{\"genesis\":{\"hash\":" H ",\"assigned\":true}}\n"},
};
#define FILE_KINDS (sizeof FILES / sizeof *FILES)

static const char *const WORDS[] = {
    "null",     "true",    "\"base\"",    "\"0x\"",    "\"0x01\"",   H,
    H2,         BLOB,      "[]",          "{}",        "\n",         "\"key\":",
    "\"set\":", "\"at\":", "\"params\":", "\"size\":", "4294967296", "-1",
};

/* Reads lines into facts that begin empty; the status of the first that is refused. */
static enum substrate_status read_lines(struct facts *facts, size_t kind,
                                        struct substrate_text text, struct substrate_error *error) {
    static const uint8_t BYTES[] = "meta";
    struct document document = {.source = "fixture/lines", .arena = &facts->arena, .error = error};
    struct line_reader reader = {.facts = facts,
                                 .folder = "/no/such/folder",
                                 .error = error,
                                 .log = FILES[kind].letter == 'l'};
    enum substrate_status status = SUBSTRATE_OK;
    fuzz_check(facts_add_blob(facts, BASE_TEXT(BLOB), (struct substrate_bytes){BYTES, 4}) != NULL,
               "out of memory");
    while (text.size > 0 && status == SUBSTRATE_OK) {
        struct document_value line;
        const char *stop = memchr(text.data, '\n', text.size);
        size_t size = stop != NULL ? (size_t)(stop - text.data) : text.size;
        document.line++;
        document.text = (struct substrate_text){text.data, size};
        status = document_parse(&document, &line);
        if (status == SUBSTRATE_OK) {
            status = FILES[kind].read(&reader, &line);
        }
        size += stop != NULL;
        text = (struct substrate_text){text.data + size, text.size - size};
    }
    return status;
}

static void write_lines(const struct facts *facts, size_t kind, struct base_buf *out) {
    if (FILES[kind].letter == 'l') {
        line_write_log(out, facts);
        return;
    }
    for (size_t i = 0; i < facts->block_count; i++) {
        line_write_block(out, &facts->blocks[i]);
        base_buf_char(out, '\n');
    }
    for (size_t i = 0; i < facts->runtime_count; i++) {
        line_write_runtime(out, &facts->runtimes[i]);
        base_buf_char(out, '\n');
    }
    for (size_t i = 0; i < facts->set_count; i++) {
        line_write_set(out, &facts->sets[i]);
        base_buf_char(out, '\n');
        for (size_t j = 0; j < facts->sets[i].change_count; j++) {
            line_write_change(out, &facts->sets[i].changes[j]);
            base_buf_char(out, '\n');
        }
    }
    for (size_t i = 0; i < facts->call_count; i++) {
        line_write_call(out, &facts->calls[i]);
        base_buf_char(out, '\n');
    }
}

/* What was written is read, and written the same. */
static void check_written(const struct facts *facts, size_t kind) {
    struct base_buf first = BASE_BUF_INIT, second = BASE_BUF_INIT;
    struct substrate_error error = {.status = SUBSTRATE_OK};
    struct facts *again = facts_new();
    write_lines(facts, kind, &first);
    fuzz_check(read_lines(again, kind, base_buf_view(&first), &error) == SUBSTRATE_OK,
               "what was written is refused: %s: %.*s", error.message, (int)first.size, first.data);
    write_lines(again, kind, &second);
    fuzz_check(base_text_equal(base_buf_view(&first), base_buf_view(&second)),
               "not the same: %.*s\n%.*s", (int)first.size, first.data, (int)second.size,
               second.data);
    base_buf_free(&first);
    base_buf_free(&second);
    facts_free(again);
}

static void check_refused(struct substrate_error *error, enum substrate_status status) {
    bool no_blob = status == SUBSTRATE_E_NOT_FOUND;
    fuzz.counts[REFUSED]++;
    fuzz_check(no_blob || strncmp(error->message, "fixture/lines:", 14) == 0, "no place: %s",
               error->message);
    fuzz_check(!no_blob || strstr(error->message, "/blobs/") != NULL, "%s", error->message);
    error->position = 0; /* the place is in the text */
    if (no_blob) {
        error->status = status = SUBSTRATE_E_DECODE;
    }
    fuzz_check_error(error, 0, status);
}

static void try_lines(const uint8_t *data, size_t size) {
    struct substrate_error error = {.status = SUBSTRATE_OK};
    size_t kind = 0;
    while (kind < FILE_KINDS - 1 && size > 0 && (uint8_t)FILES[kind].letter != data[0]) {
        kind++;
    }
    size_t skip = size > 0;
    struct facts *facts = facts_new();
    enum substrate_status status = read_lines(
        facts, kind, (struct substrate_text){(const char *)data + skip, size - skip}, &error);
    if (status != SUBSTRATE_OK) {
        check_refused(&error, status);
        facts_free(facts);
        return;
    }
    fuzz.counts[READ]++;
    if (FILES[kind].letter == 'l') {
        status = facts_normalise(facts, &error);
        fuzz.counts[status == SUBSTRATE_OK ? SETTLED : CONTRADICTED]++;
        fuzz_check(status == SUBSTRATE_OK || status == SUBSTRATE_E_DECODE, "%s", error.message);
    }
    if (status == SUBSTRATE_OK) {
        check_written(facts, kind);
    }
    facts_free(facts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    try_lines(data, size);
    return 0;
}

#ifndef FUZZ_LIBFUZZER
static void target(void) {
    struct base_buf text = BASE_BUF_INIT;
    size_t kind = fuzz_below(FILE_KINDS);
    base_buf_str(&text, FILES[kind].text);
    if (fuzz_below(8) > 0) {
        fuzz_mutate(&text, WORDS, sizeof WORDS / sizeof *WORDS);
    }
    struct base_buf input = BASE_BUF_INIT;
    base_buf_char(&input, FILES[kind].letter);
    base_buf_text(&input, base_buf_view(&text));
    uint8_t *exact = fuzz_exact(input.data, input.size);
    size_t size = input.size;
    base_buf_free(&input);
    base_buf_free(&text);
    try_lines(exact, size);
    free(exact);
}

int main(int argc, char **argv) { return fuzz_main(argc, argv, target, NAMES); }
#endif
