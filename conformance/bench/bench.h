/* What the benchmark programs share: options by name, the workload (a list of questions and the
 * answers they must get), and the WebSocket frames of a peer. Everything is static inline, since
 * each .c file of this folder is a program of its own. */
#ifndef BENCH_H
#define BENCH_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <substrate/base.h>
#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

/* Ids of the load generator have seven digits at one place, so that its frames can be built once
 * and a rival server finds the id without reading JSON. */
#define BENCH_ID_FIRST 1000000u
#define BENCH_ID_DIGITS 7
#define BENCH_PREFIX "{\"jsonrpc\":\"2.0\",\"id\":"
#define BENCH_PREFIX_SIZE (sizeof BENCH_PREFIX - 1)
#define BENCH_READ_SIZE 65536

/* `--name VALUE`: exactly one of `text` and `number` says where the value goes. */
struct bench_option {
    const char *name;
    const char **text;
    uint64_t *number;
};

static inline bool bench_option_set(const struct bench_option *option, const char *value) {
    if (option->text != NULL) {
        *option->text = value;
        return true;
    }
    return base_text_u64(base_text(value), option->number);
}

/* Reads all arguments; false after a line on standard error. */
static inline bool bench_options(int argc, char **argv, const struct bench_option *options,
                                 size_t count) {
    for (int i = 1; i < argc; i += 2) {
        size_t at = 0;
        while (at < count && strcmp(options[at].name, argv[i]) != 0) {
            at++;
        }
        if (at == count) {
            fprintf(stderr, "%s: unknown option %s; it takes", argv[0], argv[i]);
            for (at = 0; at < count; at++) {
                fprintf(stderr, " %s", options[at].name);
            }
            fputc('\n', stderr);
            return false;
        }
        if (i + 1 == argc || !bench_option_set(&options[at], argv[i + 1])) {
            fprintf(stderr, "%s: %s needs a %s\n", argv[0], argv[i],
                    options[at].text != NULL ? "value" : "whole number");
            return false;
        }
    }
    return true;
}

/* One question: the raw JSON of the parameters of state_getStorage, and of the result it must get.
 */
struct bench_question {
    struct substrate_text params, result;
};

struct bench_workload {
    struct base_buf file;
    struct bench_question *questions;
    size_t count, capacity;
};

static inline void bench_workload_free(struct bench_workload *workload) {
    base_free(workload->questions);
    base_buf_free(&workload->file);
}

static inline bool bench_file_read(const char *path, struct base_buf *out) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    while (base_buf_reserve(out, BENCH_READ_SIZE)) {
        size_t got = fread(out->data + out->size, 1, BENCH_READ_SIZE, file);
        out->size += got;
        if (got == 0) {
            break;
        }
    }
    bool good = !out->failed && ferror(file) == 0;
    return fclose(file) == 0 && good;
}

static inline bool bench_workload_add(struct bench_workload *workload, struct substrate_text line) {
    const char *tab = line.size > 0 ? memchr(line.data, '\t', line.size) : NULL;
    if (tab == NULL) {
        return false;
    }
    void *questions = workload->questions;
    if (!base_grow(&questions, &workload->capacity, workload->count + 1,
                   sizeof *workload->questions)) {
        return false;
    }
    workload->questions = questions;
    struct bench_question *question = &workload->questions[workload->count++];
    question->params = (struct substrate_text){line.data, (size_t)(tab - line.data)};
    question->result = (struct substrate_text){tab + 1, line.size - question->params.size - 1};
    return true;
}

/* Reads lines of PARAMS, tab, RESULT. false after a line on standard error. */
static inline bool bench_workload_read(struct bench_workload *workload, const char *path) {
    *workload = (struct bench_workload){.file = BASE_BUF_INIT};
    if (path == NULL || !bench_file_read(path, &workload->file)) {
        fprintf(stderr, "--workload %s: %s\n", path != NULL ? path : "is missing",
                path != NULL ? strerror(errno) : "name a file of questions");
        base_buf_free(&workload->file);
        return false;
    }
    const char *at = workload->file.data;
    const char *end = at + workload->file.size;
    bool good = at < end;
    while (good && at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop != NULL ? stop : end;
        good = bench_workload_add(workload, (struct substrate_text){at, (size_t)(stop - at)});
        at = stop + 1;
    }
    if (!good) {
        fprintf(stderr, "--workload %s: line %zu is not PARAMS, tab, RESULT\n", path,
                workload->count + 1);
        bench_workload_free(workload);
    }
    return good;
}

/* The slot of the id that stands behind BENCH_PREFIX, or SIZE_MAX when there is none. */
static inline size_t bench_slot(const uint8_t *text, size_t size) {
    uint64_t id = 0;
    if (size < BENCH_PREFIX_SIZE + BENCH_ID_DIGITS ||
        memcmp(text, BENCH_PREFIX, BENCH_PREFIX_SIZE) != 0 ||
        !base_text_u64(
            (struct substrate_text){(const char *)text + BENCH_PREFIX_SIZE, BENCH_ID_DIGITS},
            &id) ||
        id < BENCH_ID_FIRST) {
        return SIZE_MAX;
    }
    return (size_t)(id - BENCH_ID_FIRST);
}

/* The answer to the question of a slot, as a node writes it. */
static inline void bench_answer(const struct bench_workload *workload, size_t slot,
                                struct base_buf *out) {
    base_buf_append(out, BENCH_PREFIX, BENCH_PREFIX_SIZE);
    base_buf_u64(out, BENCH_ID_FIRST + slot);
    base_buf_append(out, ",\"result\":", sizeof ",\"result\":" - 1);
    base_buf_text(out, workload->questions[slot % workload->count].result);
    base_buf_char(out, '}');
}

/* A frame of a peer, in the buffer that it was read into. */
struct bench_frame {
    uint8_t opcode;
    bool masked;
    uint8_t mask[4];
    uint8_t *payload;
    size_t size;  /* of the payload */
    size_t total; /* of the whole frame */
};

/* false: the frame is not complete yet. */
static inline bool bench_frame_read(uint8_t *data, size_t size, struct bench_frame *frame) {
    size_t head = 2;
    if (size < head) {
        return false;
    }
    uint64_t length = data[1] & 127u;
    size_t more = length == 126 ? 2 : length == 127 ? 8 : 0;
    frame->opcode = data[0] & 15u;
    frame->masked = (data[1] & 128u) != 0;
    if (size < head + more + (frame->masked ? 4 : 0)) {
        return false;
    }
    if (more > 0) {
        length = 0;
        for (size_t i = 0; i < more; i++) {
            length = length << 8 | data[head + i];
        }
        head += more;
    }
    if (frame->masked) {
        memcpy(frame->mask, data + head, 4);
        head += 4;
    }
    frame->payload = data + head;
    frame->size = (size_t)length;
    frame->total = head + (size_t)length;
    return length <= size - head;
}

/* Processor time of this process and its threads, in microseconds. */
static inline uint64_t bench_cpu_us(void) {
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0) {
        return 0;
    }
    return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000u +
           (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

#endif
