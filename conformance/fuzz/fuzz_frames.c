/* WebSocket frames from a peer of the node. An input is a stream of bytes: it is read in one piece
 * and in pieces of other sizes, which must tell the same, and what it tells is held against a
 * reader that is written here, from RFC 6455 alone. Also an entry for libFuzzer: build with
 * -DFUZZ_LIBFUZZER. */
#include "fuzz.h"

#include "base/json_text.h"
#include "wire/frame.h"

#define MESSAGE_MAX 300
#define EVENTS_MAX 256

enum { MESSAGES, CONTROLS, CLOSES, OVERSIZES, WRONG, UNFINISHED };
static const char *const NAMES[] = {"messages", "pings and pongs", "closes", "too large",
                                    "wrong",    "unfinished",      NULL};

/* What a stream told: one line an event. */
struct told {
    struct base_buf text;
    bool over; /* a close frame, or something wrong */
    unsigned code;
};

static void put(struct told *told, const char *what, unsigned code, const uint8_t *data,
                size_t size) {
    base_buf_format(&told->text, "%s %u ", what, code);
    base_buf_hex(&told->text, (struct substrate_bytes){data, size});
    base_buf_char(&told->text, '\n');
}

static void stop(struct told *told, const char *what, unsigned code) {
    put(told, what, code, NULL, 0);
    told->over = true;
    told->code = code;
}

/* ---- another reader ---- */

static bool is_utf8(const uint8_t *data, size_t size) {
    const char *at = (const char *)data, *end = at + size;
    bool valid = true;
    while (valid && at < end) {
        at += base_utf8_step(at, end, &valid);
    }
    return valid;
}

static bool code_is_allowed(unsigned code) {
    return (code > 999 && code < 1004) || (code > 1006 && code < 1015) ||
           (code > 2999 && code < 5000);
}

struct other {
    uint8_t message[MESSAGE_MAX];
    size_t size;
    unsigned opcode; /* of the message that goes on; 0: none */
    bool too_large;
};

static void other_control(struct told *told, unsigned opcode, const uint8_t *payload, size_t size) {
    unsigned code = size >= 2 ? payload[0] * 256U + payload[1] : 0;
    if (opcode != 8) {
        put(told, opcode == 9 ? "ping" : "pong", 0, payload, size);
    } else if (size == 1 || (size > 1 && !code_is_allowed(code))) {
        stop(told, "wrong", 1002);
    } else if (size > 2 && !is_utf8(payload + 2, size - 2)) {
        stop(told, "wrong", 1007);
    } else {
        put(told, "close", code, payload + 2, size > 2 ? size - 2 : 0);
        told->over = true;
    }
}

static void other_data(struct other *other, struct told *told, bool final, const uint8_t *payload,
                       size_t size) {
    if (!other->too_large && size > MESSAGE_MAX - other->size) {
        other->too_large = true;
        put(told, "oversize", 0, NULL, 0);
    }
    if (!other->too_large) {
        memcpy(other->message + other->size, payload, size);
        other->size += size;
    }
    if (!final) {
        return;
    }
    if (!other->too_large && other->opcode == 1 && !is_utf8(other->message, other->size)) {
        stop(told, "wrong", 1007);
    } else if (!other->too_large) {
        put(told, other->opcode == 1 ? "text" : "binary", 0, other->message, other->size);
    }
    other->opcode = 0;
}

/* Reads a frame and gives its size; 0: it is not all there, or there is something wrong. */
static size_t other_frame(struct other *other, struct told *told, const uint8_t *at, size_t size) {
    uint8_t payload[65536];
    if (size < 2) {
        return 0;
    }
    unsigned opcode = at[0] % 16, wide = at[1] % 128 < 126 ? 0 : at[1] % 128 == 126 ? 2 : 8;
    bool final = at[0] >= 128, known = opcode < 3 || (opcode > 7 && opcode < 11);
    bool control = opcode > 7;
    if (at[0] / 16 % 8 != 0 || !known || at[1] < 128 || (control && (!final || wide > 0)) ||
        (!control && (opcode == 0) != (other->opcode != 0))) {
        stop(told, "wrong", 1002);
        return 0;
    }
    uint64_t length = wide == 0 ? at[1] % 128 : 0;
    size_t header = 2 + wide + 4;
    if (size < header) {
        return 0;
    }
    for (unsigned i = 0; i < wide; i++) {
        length = length * 256 + at[2 + i];
    }
    if ((wide == 2 && length < 126) || (wide == 8 && (length < 65536 || length >> 63 != 0))) {
        stop(told, "wrong", 1002);
        return 0;
    }
    if (!control && opcode != 0) {
        *other = (struct other){.opcode = opcode};
    }
    bool large = !control && (other->too_large || length > MESSAGE_MAX - other->size);
    if (large) { /* told at its header */
        other_data(other, told, final, NULL, (size_t)length);
        return length > size - header ? size : header + (size_t)length;
    }
    if (size - header < length) {
        other->opcode = opcode != 0 && !control ? 0 : other->opcode;
        return 0;
    }
    for (size_t i = 0; i < length; i++) {
        payload[i] = at[header + i] ^ at[header - 4 + i % 4];
    }
    if (control) {
        other_control(told, opcode, payload, (size_t)length);
    } else {
        other_data(other, told, final, payload, (size_t)length);
    }
    return header + (size_t)length;
}

static void read_otherwise(const uint8_t *data, size_t size, struct told *told) {
    struct other other = {.opcode = 0};
    size_t used = 1;
    for (size_t at = 0; !told->over && used > 0 && at < size; at += used) {
        used = other_frame(&other, told, data + at, size - at);
    }
}

/* ---- ours ---- */

static void take(struct told *told, const struct wire_read *read) {
    const uint8_t *text = (const uint8_t *)read->text.data;
    switch (read->kind) {
    case WIRE_READ_MESSAGE:
        put(told, read->binary ? "binary" : "text", 0, text, read->text.size);
        break;
    case WIRE_READ_PING:
    case WIRE_READ_PONG:
        fuzz_check(read->text.size <= WIRE_CONTROL_MAX, "a long control frame");
        put(told, read->kind == WIRE_READ_PING ? "ping" : "pong", 0, text, read->text.size);
        break;
    case WIRE_READ_CLOSE:
        put(told, "close", read->code, text, read->text.size);
        told->over = true;
        break;
    case WIRE_READ_OVERSIZE:
        put(told, "oversize", 0, NULL, 0);
        break;
    case WIRE_READ_WRONG:
        fuzz_check(read->why != NULL && read->why[0] != '\0', "no reason");
        stop(told, "wrong", read->code);
        break;
    case WIRE_READ_NO_MEMORY:
        fuzz_check(false, "out of memory");
        break;
    case WIRE_READ_MORE:
    case WIRE_READ_PART:
        break;
    }
}

/* As much as there is of a piece; returns what was used. */
static size_t read_piece(struct wire_reader *reader, uint8_t *data, size_t size,
                         struct told *told) {
    struct wire_read read = {.kind = WIRE_READ_PART};
    size_t used = 0;
    while (!told->over && used < size && read.kind != WIRE_READ_MORE) {
        wire_reader_next(reader, (char *)data + used, size - used, &read);
        fuzz_check(read.used <= size - used, "%zu of %zu used", read.used, size - used);
        fuzz_check(read.used > 0 || read.kind == WIRE_READ_MORE || read.kind == WIRE_READ_WRONG,
                   "nothing used");
        fuzz_check(read.kind != WIRE_READ_MORE || read.need > size - used, "needs no more");
        take(told, &read);
        used += read.used;
    }
    return used;
}

/* In pieces of this many bytes; what is not used stands before the next piece. */
static void read_in_pieces(const uint8_t *data, size_t size, size_t piece, struct told *told) {
    struct wire_reader reader = {.message_max = MESSAGE_MAX, .from_client = true};
    struct base_buf rest = BASE_BUF_INIT;
    for (size_t at = 0; !told->over && at < size; at += piece) {
        base_buf_append(&rest, data + at, size - at < piece ? size - at : piece);
        uint8_t *exact = fuzz_exact(rest.data, rest.size);
        size_t used = read_piece(&reader, exact, rest.size, told);
        size_t left = rest.size - used;
        base_buf_reset(&rest);
        base_buf_append(&rest, exact + used, left);
        free(exact);
    }
    base_buf_free(&rest);
    wire_reader_free(&reader);
}

static void count(const struct told *told) {
    static const char *const words[] = {"text ", "ping ", "close ", "oversize ", "wrong "};
    struct substrate_text text = base_buf_view(&told->text);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        for (size_t at = 0; at < text.size; at++) {
            fuzz.counts[i] +=
                base_text_starts((struct substrate_text){text.data + at, text.size - at}, words[i]);
        }
    }
    fuzz.counts[UNFINISHED] += !told->over;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const size_t pieces[] = {1, 3, 7, 50, 65536};
    struct told want = {.text = BASE_BUF_INIT};
    if (size > 60000) {
        return 0;
    }
    read_otherwise(data, size, &want);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        struct told got = {.text = BASE_BUF_INIT};
        read_in_pieces(data, size, pieces[i], &got);
        fuzz_check(base_text_equal(base_buf_view(&got.text), base_buf_view(&want.text)),
                   "in pieces of %zu:\n%.*s; another reader:\n%.*s", pieces[i], (int)got.text.size,
                   got.text.data, (int)want.text.size, want.text.data);
        base_buf_free(&got.text);
    }
    count(&want);
    base_buf_free(&want.text);
    return 0;
}

/* ---- a run ---- */

#ifndef FUZZ_LIBFUZZER
/* A frame that is right more often than not. */
static void put_frame(struct base_buf *out, unsigned *opcode) {
    static const unsigned controls[] = {8, 9, 10};
    static const char *const texts[] = {"{\"id\":1}", "\xc3\xa9\xe2\x82\xac", "",
                                        "\xff",       "\x03\xe8 bye",         "\x03\xed"};
    const char *text = texts[fuzz_below(sizeof texts / sizeof *texts)];
    bool control = fuzz_below(4) == 0, final = control || fuzz_below(3) > 0;
    size_t repeats = control ? 1 : fuzz_below(40), size = strlen(text) * repeats;
    unsigned first = control ? controls[fuzz_below(3)] : *opcode;
    uint8_t mask[4] = {(uint8_t)fuzz_below(256), 1, 0, (uint8_t)fuzz_below(256)};
    base_buf_char(out, (char)(first | (final ? 0x80U : 0U)));
    base_buf_char(out, (char)(0x80U | (size < 126 ? size : 126U)));
    if (size >= 126) {
        base_buf_char(out, (char)(size >> 8));
        base_buf_char(out, (char)(size & 255));
    }
    base_buf_append(out, mask, sizeof mask);
    for (size_t i = 0; i < size; i++) {
        base_buf_char(out, (char)((unsigned char)text[i % strlen(text)] ^ mask[i % 4]));
    }
    if (!control) {
        *opcode = final ? 1 + fuzz_below(2) : 0;
    }
}

static void target(void) {
    struct base_buf stream = BASE_BUF_INIT;
    unsigned opcode = 1;
    for (uint32_t frames = 1 + fuzz_below(8); frames > 0; frames--) {
        put_frame(&stream, &opcode);
    }
    if (fuzz_below(3) > 0) {
        fuzz_mutate(&stream, NULL, 0);
    }
    uint8_t *exact = fuzz_exact(stream.data, stream.size);
    (void)LLVMFuzzerTestOneInput(exact, stream.size);
    free(exact);
    base_buf_free(&stream);
}

int main(int argc, char **argv) { return fuzz_main(argc, argv, target, NAMES); }
#endif
