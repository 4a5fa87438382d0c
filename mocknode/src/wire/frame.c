/* Frames of RFC 6455. The checks of a header come in the order in which its bytes do, so that a
 * wrong one is noticed before the rest of its frame is there. */
#include "wire/frame.h"

#include <string.h>
#include "base/json_text.h"
#include "base/ws_frame.h"

#define KEEP_MAX 4096

struct header {
    bool final, control;
    unsigned opcode;
    uint64_t length;
    size_t size;
    uint8_t mask[4];
};

void wire_reader_free(struct wire_reader *reader) { base_buf_free(&reader->message); }

static void wrong(struct wire_read *read, unsigned code, const char *why) {
    read->kind = WIRE_READ_WRONG;
    read->code = code;
    read->why = why;
}

/* ---- UTF-8 ---- */

static bool is_utf8(struct substrate_text text) {
    const char *at = text.data, *end = at + text.size;
    bool valid = true;
    while (valid && at < end) {
        at += base_utf8_step(at, end, &valid);
    }
    return valid;
}

/* ---- headers ---- */

/* What is wrong about the first two bytes; NULL: nothing. */
static const char *first_fault(const struct wire_reader *reader, unsigned first, unsigned second) {
    unsigned opcode = first & 15U, length = second & 127U;
    bool control = (opcode & 8U) != 0;
    if ((first & 0x70U) != 0) {
        return "a reserved bit is set, and no extension was agreed on";
    }
    if (opcode > BASE_WS_PONG || (opcode > BASE_WS_BINARY && !control)) {
        return "a reserved opcode";
    }
    if (((second & 0x80U) != 0) != reader->from_client) {
        return reader->from_client ? "a frame of a client is not masked"
                                   : "a frame of a server is masked";
    }
    if (control && (first & 0x80U) == 0) {
        return "a control frame is fragmented";
    }
    if (control && length > WIRE_CONTROL_MAX) {
        return "a control frame is over 125 bytes";
    }
    if (opcode == BASE_WS_CONTINUATION && !reader->in_message) {
        return "a continuation without a beginning";
    }
    if (!control && opcode != BASE_WS_CONTINUATION && reader->in_message) {
        return "a message begins inside another one";
    }
    return NULL;
}

/* false: `read` says what is wrong or missing. */
static bool read_header(const struct wire_reader *reader, const uint8_t *data, size_t size,
                        struct header *header, struct wire_read *read) {
    read->need = 2;
    if (size < 2) {
        return false;
    }
    const char *fault = first_fault(reader, data[0], data[1]);
    if (fault != NULL) {
        wrong(read, WIRE_CLOSE_PROTOCOL, fault);
        return false;
    }
    unsigned length = data[1] & 127U;
    size_t wide = length < 126 ? 0 : length == 126 ? 2 : 8;
    header->size = 2 + wide + (reader->from_client ? sizeof(header->mask) : 0);
    read->need = header->size;
    if (size < header->size) {
        return false;
    }
    header->length = wide == 0 ? length : 0;
    for (size_t i = 0; i < wide; i++) {
        header->length = header->length << 8 | data[2 + i];
    }
    if (header->length >> 63 != 0 || (wide == 2 && header->length < 126) ||
        (wide == 8 && header->length < 65536)) {
        wrong(read, WIRE_CLOSE_PROTOCOL, "a length that is not written in its shortest form");
        return false;
    }
    header->final = (data[0] & 0x80U) != 0;
    header->opcode = data[0] & 15U;
    header->control = (header->opcode & 8U) != 0;
    if (reader->from_client) {
        memcpy(header->mask, data + header->size - sizeof(header->mask), sizeof(header->mask));
    }
    return true;
}

/* ---- payloads ---- */

static bool may_be_sent(unsigned code) {
    bool defined = code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
    return defined || (code >= 3000 && code <= 4999);
}

static void read_close(struct substrate_text payload, struct wire_read *read) {
    const uint8_t *bytes = (const uint8_t *)payload.data;
    read->kind = WIRE_READ_CLOSE;
    if (payload.size == 0) {
        return;
    }
    read->code = payload.size == 1 ? 0 : (unsigned)bytes[0] << 8 | bytes[1];
    if (!may_be_sent(read->code)) {
        wrong(read, WIRE_CLOSE_PROTOCOL,
              payload.size == 1 ? "a close frame with half a code" : "a reserved close code");
        return;
    }
    read->text = (struct substrate_text){payload.data + 2, payload.size - 2};
    if (!is_utf8(read->text)) {
        wrong(read, WIRE_CLOSE_NOT_UTF8, "the reason of a close frame is not UTF-8");
    }
}

static void read_control(unsigned opcode, struct substrate_text payload, struct wire_read *read) {
    if (opcode == BASE_WS_CLOSE) {
        read_close(payload, read);
        return;
    }
    read->kind = opcode == BASE_WS_PING ? WIRE_READ_PING : WIRE_READ_PONG;
    read->text = payload;
}

static void end_message(struct wire_reader *reader, struct substrate_text text,
                        struct wire_read *read) {
    reader->in_message = false;
    read->kind = WIRE_READ_MESSAGE;
    read->text = text;
    read->binary = reader->binary;
    read->size = text.size;
    if (!reader->binary && !reader->ascii && !is_utf8(text)) {
        wrong(read, WIRE_CLOSE_NOT_UTF8, "a text that is not UTF-8");
    }
}

/* Lets go of the fragments of the message before. */
static void begin_message(struct wire_reader *reader, unsigned opcode) {
    reader->in_message = true;
    reader->discarding = false;
    reader->binary = opcode == BASE_WS_BINARY;
    reader->ascii = true;
    if (reader->message.capacity > KEEP_MAX) {
        base_buf_free(&reader->message);
    } else if (reader->message.capacity > 0) {
        base_buf_reset(&reader->message);
    }
}

/* A frame of a message that is too large: told once, at its header. */
static void read_oversize(struct wire_reader *reader, const struct header *header,
                          struct wire_read *read) {
    read->kind = reader->discarding ? WIRE_READ_PART : WIRE_READ_OVERSIZE;
    read->size = reader->message.size + header->length;
    read->used = header->size;
    reader->skip = header->length;
    reader->discarding = true;
    base_buf_free(&reader->message);
    if (header->final) {
        reader->in_message = reader->discarding = false;
    }
}

static void read_data(struct wire_reader *reader, const struct header *header,
                      struct substrate_text payload, struct wire_read *read) {
    struct base_buf *message = &reader->message;
    if (header->final && message->size == 0) {
        end_message(reader, payload, read); /* the usual case: it is handed over where it lies */
        return;
    }
    base_buf_text(message, payload);
    if (message->failed) {
        read->kind = WIRE_READ_NO_MEMORY;
    } else if (header->final) {
        end_message(reader, base_buf_view(message), read);
    } else {
        read->kind = WIRE_READ_PART;
    }
}

void wire_reader_next(struct wire_reader *reader, char *data, size_t size, struct wire_read *read) {
    struct header header = {0};
    *read = (struct wire_read){.kind = WIRE_READ_MORE};
    if (reader->skip > 0) {
        read->kind = WIRE_READ_PART;
        read->used = reader->skip < size ? (size_t)reader->skip : size;
        reader->skip -= read->used;
        return;
    }
    if (!read_header(reader, (const uint8_t *)data, size, &header, read)) {
        return;
    }
    if (!header.control && header.opcode != BASE_WS_CONTINUATION) {
        begin_message(reader, header.opcode);
    }
    if (!header.control && (reader->discarding || header.length > reader->message_max ||
                            reader->message.size > reader->message_max - header.length)) {
        read_oversize(reader, &header, read);
        return;
    }
    read->need = header.size + header.length;
    if (size < read->need) {
        if (!header.control && header.opcode != BASE_WS_CONTINUATION) {
            reader->in_message = false; /* its header will be read again */
        }
        return;
    }
    struct substrate_text payload = {data + header.size, (size_t)header.length};
    bool ascii = reader->from_client &&
                 base_ws_mask((uint8_t *)data + header.size, payload.size, header.mask);
    read->used = header.size + payload.size;
    if (header.control) {
        read_control(header.opcode, payload, read);
    } else {
        reader->ascii = reader->ascii && ascii;
        read_data(reader, &header, payload, read);
    }
}
