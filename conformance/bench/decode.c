/* Decoding as the library does it: metadata into its structs, and recorded results of runtime calls
 * into structs of C and into canonical JSON. Each line on standard input is a question,
 * WHAT MS FILE: decode it over and over for so long, tell on standard output how long one pass
 * takes, and leave what it came to in the file. Bytes are those of the .bin files in --folder. */
#include <stdlib.h>
#include <time.h>
#include <subtensor/functions.h>
#include <substrate/scale.h>
#include "base/arena.h"
#include "bench.h"
#include "codec/metadata.h"
#include "subtensor/shapes.h"

#define PASSES_MAX 100000
#define PASSES_MIN 3

struct decoder {
    const char *folder;
    struct base_buf metadata_bytes;
    struct substrate_metadata *metadata;
    struct base_arena arena;
    struct substrate_output json;
};

struct subject {
    const char *name, *file;
    const char *api, *method;  /* NULL: it is the metadata */
    const struct shape *shape; /* NULL: canonical JSON */
};

/* Each subject, typed first. A whole metagraph is an Option. */
static const struct subject subjects[] = {
    {"metadata", "metadata", NULL, NULL, NULL},
    {"neurons_lite", "neurons_lite", "NeuronInfoRuntimeApi", "get_neurons_lite",
     &shape_neurons_lite},
    {"neurons_lite_generic", "neurons_lite", "NeuronInfoRuntimeApi", "get_neurons_lite", NULL},
    {"metagraph", "metagraph", "SubnetInfoRuntimeApi", "get_metagraph",
     &shape_metagraph_info_plain},
    {"metagraph_generic", "metagraph", "SubnetInfoRuntimeApi", "get_metagraph", NULL},
};

static struct substrate_bytes view(const struct base_buf *buf) {
    return (struct substrate_bytes){(const uint8_t *)buf->data, buf->size};
}

static bool read_bytes(const struct decoder *decoder, const char *name, struct base_buf *out) {
    struct base_buf path = BASE_BUF_INIT;
    base_buf_format(&path, "%s/%s.bin", decoder->folder, name);
    base_buf_char(&path, '\0');
    bool good = !path.failed && bench_file_read(path.data, out);
    base_buf_free(&path);
    return good;
}

static bool failed(const char *name, const struct substrate_error *error) {
    fprintf(stderr, "decode: %s: %s\n", name, error->message);
    return false;
}

/* Which type a subject is, and where its bytes begin: what stands in an Option is read without it.
 */
static struct shape_source source_of(const struct decoder *decoder, const struct subject *subject,
                                     struct substrate_bytes bytes) {
    const struct metadata_api *api = metadata_api(decoder->metadata, base_text(subject->api));
    const struct metadata_method *method =
        api != NULL ? metadata_method(api, base_text(subject->method)) : NULL;
    uint32_t type = method != NULL ? method->output : UINT32_MAX;
    const struct type *known = types_get(&decoder->metadata->types, type);
    if (subject->shape != NULL && known != NULL && known->role == ROLE_OPTION && bytes.size > 0) {
        bytes = (struct substrate_bytes){bytes.data + 1, bytes.size - 1};
        type = known->option;
    }
    return (struct shape_source){decoder->metadata, type, bytes};
}

/* One pass; `value` is NULL, or gets what was decoded, for whoever checks it. */
static bool pass_metadata(struct decoder *decoder, struct base_buf *value) {
    struct substrate_metadata *metadata = NULL;
    struct substrate_error error = {0};
    if (substrate_metadata_parse(view(&decoder->metadata_bytes), &metadata, &error) !=
        SUBSTRATE_OK) {
        return failed("metadata", &error);
    }
    if (value != NULL) {
        base_buf_format(value, "{\"types\":%u,\"pallets\":%u,\"apis\":%u}", metadata->types.count,
                        metadata->pallet_count, metadata->api_count);
    }
    substrate_metadata_free(metadata);
    return true;
}

static bool pass_value(struct decoder *decoder, const struct subject *subject,
                       const struct shape_source *source, struct base_buf *value) {
    struct substrate_error error = {0};
    void *read = NULL;
    if (subject->shape == NULL) {
        if (substrate_decode(source->metadata, source->type, source->bytes, NULL, &decoder->json,
                             &error) != SUBSTRATE_OK) {
            return failed(subject->name, &error);
        }
        if (value != NULL) {
            base_buf_append(value, decoder->json.data, decoder->json.size);
        }
        return true;
    }
    bool good = shape_read(subject->shape, source, &decoder->arena, &read, &error) == SUBSTRATE_OK;
    if (good && value != NULL) {
        shape_write(subject->shape, read, 42, value);
    }
    base_arena_reset(&decoder->arena);
    return good || failed(subject->name, &error);
}

static bool pass(struct decoder *decoder, const struct subject *subject,
                 const struct shape_source *source, struct base_buf *value) {
    return subject->api == NULL ? pass_metadata(decoder, value)
                                : pass_value(decoder, subject, source, value);
}

static int by_size(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static uint64_t now_ns(void) {
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static bool measure(struct decoder *decoder, const struct subject *subject,
                    const struct shape_source *source, uint64_t ms) {
    double *each = base_calloc(PASSES_MAX, sizeof *each);
    uint64_t until = now_ns() + ms * 1000000, cpu = bench_cpu_us(), before = 0;
    size_t count = 0;
    bool good = each != NULL;
    while (good && count < PASSES_MAX && (count < PASSES_MIN || before < until)) {
        before = now_ns();
        good = pass(decoder, subject, source, NULL);
        each[count++] = (double)(now_ns() - before) / 1000;
    }
    if (good) {
        double used = (double)(bench_cpu_us() - cpu) / (double)count;
        qsort(each, count, sizeof *each, by_size);
        printf("{\"passes\":%zu,\"us\":%.3f,\"cpu_us\":%.3f}\n", count, each[count / 2], used);
    }
    base_free(each);
    return good && fflush(stdout) == 0;
}

static bool write_value(const char *path, const struct base_buf *value) {
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        return false;
    }
    bool good = !value->failed && fwrite(value->data, 1, value->size, file) == value->size;
    return fclose(file) == 0 && good;
}

static bool answer(struct decoder *decoder, const struct subject *subject, uint64_t ms,
                   const char *path) {
    struct base_buf bytes = BASE_BUF_INIT, value = BASE_BUF_INIT;
    bool good = read_bytes(decoder, subject->file, &bytes);
    struct shape_source source = {0};
    if (good && subject->api != NULL) {
        source = source_of(decoder, subject, view(&bytes));
    }
    good = good && pass(decoder, subject, &source, &value) && write_value(path, &value) &&
           measure(decoder, subject, &source, ms);
    base_buf_free(&value);
    base_buf_free(&bytes);
    return good;
}

static bool answer_line(struct decoder *decoder, char *line) {
    line[strcspn(line, "\n")] = '\0';
    char *ms = strchr(line, ' ');
    char *path = ms != NULL ? strchr(ms + 1, ' ') : NULL;
    uint64_t number = 0;
    if (path != NULL) {
        *ms++ = '\0';
        *path++ = '\0';
    }
    for (size_t i = 0; path != NULL && i < sizeof subjects / sizeof *subjects; i++) {
        if (strcmp(subjects[i].name, line) == 0 && base_text_u64(base_text(ms), &number)) {
            return answer(decoder, &subjects[i], number, path);
        }
    }
    fprintf(stderr, "decode: a question is WHAT MS FILE, not %s\n", line);
    return false;
}

int main(int argc, char **argv) {
    struct decoder decoder = {.metadata_bytes = BASE_BUF_INIT, .json = SUBSTRATE_OUTPUT_INIT};
    const struct bench_option options[] = {{"--folder", &decoder.folder, NULL}};
    struct substrate_error error = {0};
    char line[4096];
    base_arena_init(&decoder.arena, 0);
    if (!bench_options(argc, argv, options, 1) || decoder.folder == NULL) {
        return 2;
    }
    bool good = read_bytes(&decoder, "metadata", &decoder.metadata_bytes);
    if (!good) {
        fprintf(stderr, "decode: %s/metadata.bin: %s\n", decoder.folder, strerror(errno));
    } else if (substrate_metadata_parse(view(&decoder.metadata_bytes), &decoder.metadata, &error) !=
               SUBSTRATE_OK) {
        good = failed("metadata", &error);
    }
    while (good && fgets(line, sizeof line, stdin) != NULL) {
        good = answer_line(&decoder, line);
    }
    substrate_output_free(&decoder.json);
    base_arena_free(&decoder.arena);
    substrate_metadata_free(decoder.metadata);
    base_buf_free(&decoder.metadata_bytes);
    return good ? 0 : 1;
}
