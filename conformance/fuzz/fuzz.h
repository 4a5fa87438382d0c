/* What the fuzz targets share: the command line, chance, changes to an input, copies of exactly its
 * size, an allocator that counts, and what is said when a property does not hold. A target makes
 * and tries one input. Run i of seed S is the first run of seed S + i, so each is repeated alone.
 * All is static: each .c file of this folder is a program of its own. */
#ifndef FUZZ_H
#define FUZZ_H

#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <substrate/base.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/text.h"

#define FUZZ_FILES_MAX 64
#define FUZZ_SEED_ROOM 64
/* With files and this many runs, each thing that is counted must have happened. */
#define FUZZ_RUNS_TELLING 10000

static struct {
    uint64_t seed, runs, state;
    struct substrate_bytes files[FUZZ_FILES_MAX];
    size_t file_count;
    size_t alive, asked; /* blocks of the library, and bytes that it asked for in this run */
    uint64_t counts[FUZZ_FILES_MAX];
    char again[4096]; /* the command that repeats this run; its seed stands at `again_size` */
    size_t again_size;
} fuzz = {.seed = 1, .runs = 1000};

/* ---- what is wrong ---- */

static void fuzz_say_again(void) {
    (void)!write(STDERR_FILENO, fuzz.again, strnlen(fuzz.again, sizeof fuzz.again));
}

static void fuzz_on_signal(int number) {
    fuzz_say_again();
    _exit(128 + number);
}

/* Ends at once: what is left then is no leak. libFuzzer keeps the input of who aborts. */
static inline void fuzz_end(void) {
#ifdef FUZZ_LIBFUZZER
    abort();
#else
    fuzz_say_again();
    _exit(1);
#endif
}

#define fuzz_check(condition, ...)                            \
    do {                                                      \
        if (!(condition)) {                                   \
            (void)fflush(stdout);                             \
            fprintf(stderr, "\n%s:%d: ", __FILE__, __LINE__); \
            fprintf(stderr, __VA_ARGS__);                     \
            fputc('\n', stderr);                              \
            fuzz_end();                                       \
        }                                                     \
    } while (0)

/* What refuses an input of `size` bytes: a status for that, a place in it, one line that says
 * something. */
static inline void fuzz_check_error(const struct substrate_error *error, size_t size,
                                    enum substrate_status status) {
    fuzz_check((status == SUBSTRATE_E_DECODE || status == SUBSTRATE_E_LIMIT) &&
                   error->status == status && error->position <= size,
               "%s, %s at %zu of %zu: %s", substrate_status_name(status),
               substrate_status_name(error->status), error->position, size, error->message);
    size_t length = 0;
    while ((unsigned char)error->message[length] >= ' ') {
        length++;
    }
    fuzz_check(length > 0 && error->message[length] == '\0', "no line: '%s'", error->message);
}

/* ---- chance ---- */

static inline uint32_t fuzz_below(size_t bound) {
    fuzz.state ^= fuzz.state << 13; /* xorshift64 */
    fuzz.state ^= fuzz.state >> 7;
    fuzz.state ^= fuzz.state << 17;
    return (uint32_t)((fuzz.state >> 11) % bound);
}

/* Puts a piece of the input, or one of `words`, at a place in it. */
static inline void fuzz_insert(struct base_buf *buf, size_t at, const char *const *words,
                               size_t count) {
    char piece[32];
    size_t size = 1 + fuzz_below(buf->size < 8 ? buf->size : 8);
    const char *from = buf->data + fuzz_below(buf->size - size + 1);
    if (count > 0 && fuzz_below(4) > 0) {
        from = words[fuzz_below(count)];
        size = strnlen(from, sizeof piece);
    }
    memcpy(piece, from, size);
    fuzz_check(base_buf_reserve(buf, size), "out of memory");
    memmove(buf->data + at + size, buf->data + at, buf->size - at);
    memcpy(buf->data + at, piece, size);
    buf->size += size;
}

static inline void fuzz_mutate(struct base_buf *buf, const char *const *words, size_t count) {
    static const uint8_t EDGES[] = {0, 1, 2, 3, 4, 0x7f, 0x80, 0xfc, 0xfe, 0xff};
    for (uint32_t changes = 1 + fuzz_below(4); changes > 0 && buf->size > 0; changes--) {
        size_t at = fuzz_below(buf->size);
        size_t size = 1 + fuzz_below(buf->size - at < 8 ? buf->size - at : 8);
        uint8_t *byte = (uint8_t *)buf->data + at;
        switch (fuzz_below(8)) {
        case 0:
            *byte ^= (uint8_t)(1u << fuzz_below(8));
            break;
        case 1:
            *byte = EDGES[fuzz_below(sizeof EDGES)];
            break;
        case 2: /* a short compact integer, one more or less */
            *byte = (uint8_t)(*byte + 4 - 8 * fuzz_below(2));
            break;
        case 3:
            memmove(byte, byte + size, buf->size - at - size);
            buf->size -= size;
            break;
        case 4:
            buf->size = fuzz_below(8) > 0 ? buf->size : at;
            break;
        default:
            fuzz_insert(buf, at, words, count);
        }
    }
}

/* ---- memory ---- */

/* A copy in a block of its own size, so that reading on behind it is noticed; to be freed. */
static inline uint8_t *fuzz_exact(const void *data, size_t size) {
    uint8_t *copy = malloc(size > 0 ? size : 1);
    fuzz_check(copy != NULL, "out of memory");
    if (size > 0) {
        memcpy(copy, data, size);
    }
    return copy;
}

static inline void *fuzz_resize(void *context, void *memory, size_t size) {
    (void)context;
    if (size == 0) {
        fuzz.alive -= memory != NULL;
        free(memory);
        return NULL;
    }
    void *resized = realloc(memory, size);
    fuzz.alive += memory == NULL && resized != NULL;
    fuzz.asked += size;
    return resized;
}

/* ---- the program ---- */

static inline bool fuzz_load(const char *path) {
    FILE *file = fuzz.file_count < FUZZ_FILES_MAX ? fopen(path, "rb") : NULL;
    uint8_t *data = NULL;
    size_t size = 0;
    for (size_t got = 1; file != NULL && got > 0; size += got) {
        uint8_t *more = realloc(data, size + 65536);
        fuzz_check(more != NULL, "out of memory");
        data = more;
        got = fread(data + size, 1, 65536, file);
    }
    if (file == NULL || fclose(file) != 0 || size == 0) {
        free(data);
        return false;
    }
    fuzz.files[fuzz.file_count++] = (struct substrate_bytes){data, size};
    return true;
}

/* Puts the program or a file into the command that repeats a run. */
static inline bool fuzz_name(const char *word) {
    size_t room = sizeof fuzz.again - fuzz.again_size - FUZZ_SEED_ROOM;
    int size = snprintf(fuzz.again + fuzz.again_size, room, "%s ", word);
    fuzz.again_size += (size_t)size;
    return (size_t)size < room;
}

static inline bool fuzz_options(int argc, char **argv) {
    bool good = fuzz_name("again:") && fuzz_name(argv[0]);
    for (int i = 1; good && i < argc; i++) {
        bool is_seed = strcmp(argv[i], "--seed") == 0;
        if (is_seed || strcmp(argv[i], "--runs") == 0) {
            i += 1;
            good = i < argc && base_text_u64(base_text(argv[i]), is_seed ? &fuzz.seed : &fuzz.runs);
        } else {
            good = fuzz_load(argv[i]) && fuzz_name(argv[i]);
            if (!good) {
                fprintf(stderr, "%s: cannot be read, is empty, or is one file too many\n", argv[i]);
            }
        }
    }
    return good;
}

/* Sanitizers end the process by themselves, and say so here; without them this is not there. */
extern void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static inline void fuzz_watch(void) {
    (void)signal(SIGTERM, fuzz_on_signal); /* what a time limit sends */
    (void)signal(SIGABRT, fuzz_on_signal);
    if (__sanitizer_set_death_callback != NULL) {
        __sanitizer_set_death_callback(fuzz_say_again);
    } else {
        (void)signal(SIGSEGV, fuzz_on_signal);
    }
}

/* Runs the target; `names` are those of the counts, and end with NULL. */
static inline int fuzz_main(int argc, char **argv, void (*target)(void), const char *const *names) {
    static const struct substrate_allocator ALLOCATOR = {fuzz_resize, NULL};
    if (!fuzz_options(argc, argv)) {
        fprintf(stderr, "usage: %s [--seed N] [--runs N] [FILE…]\n", argv[0]);
        return 2;
    }
    printf("%s --seed %" PRIu64 " --runs %" PRIu64 ":", argv[0], fuzz.seed, fuzz.runs);
    (void)fflush(stdout);
    fuzz_watch();
    substrate_allocator_set(&ALLOCATOR);
    for (uint64_t run = 0; run < fuzz.runs; run++) {
        (void)snprintf(fuzz.again + fuzz.again_size, FUZZ_SEED_ROOM,
                       "--seed %" PRIu64 " --runs 1\n", fuzz.seed + run);
        fuzz.state = (fuzz.seed + run + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1;
        fuzz.asked = 0;
        target();
        fuzz_check(fuzz.alive == 0, "%zu blocks are left", fuzz.alive);
    }
    int status = 0;
    for (size_t i = 0; names[i] != NULL; i++) {
        printf(" %" PRIu64 " %s%s", fuzz.counts[i], names[i], names[i + 1] != NULL ? "," : "\n");
        if (fuzz.counts[i] == 0 && fuzz.file_count > 0 && fuzz.runs >= FUZZ_RUNS_TELLING) {
            fprintf(stderr, "no %s: the target does not try what it says\n", names[i]);
            status = 1;
        }
    }
    for (size_t i = 0; i < fuzz.file_count; i++) {
        free((void *)(uintptr_t)fuzz.files[i].data);
    }
    return status;
}

#endif
