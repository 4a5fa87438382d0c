/* `mocknode diff`: which facts only one of two fixtures has, and which differ. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <substrate/hash.h>
#include "base/buf.h"
#include "base/text.h"
#include "fixture/facts.h"
#include "fixture/same.h"
#include "fixture/storage.h"
#include "fixture/line.h"
#include "tools/tools.h"
#include "tools/command.h"

#define SHOWN 60

struct diff {
    const struct facts *a, *b;
    struct fact_lines lines; /* of a beside b */
    size_t differences;
    bool failed; /* out of memory */
};

/* `- only in A`, `+ only in B`, `! different`. */
static void say(struct diff *diff, char sign, const char *what, struct substrate_text name) {
    diff->differences++;
    printf("%c %s %.*s%s\n", sign, what, (int)(name.size < 160 ? name.size : 160), name.data,
           name.size > 160 ? "…" : "");
}

static void say_two(struct diff *diff, const char *what, struct substrate_text name,
                    struct substrate_text a, struct substrate_text b) {
    size_t same = 0;
    while (same < a.size && same < b.size && a.data[same] == b.data[same]) {
        same++;
    }
    size_t from = same > SHOWN / 3 ? same - SHOWN / 3 : 0;
    say(diff, '!', what, name);
    printf("    A: %s%.*s\n", from > 0 ? "…" : "",
           (int)(a.size - from < SHOWN ? a.size - from : SHOWN), a.data + from);
    printf("    B: %s%.*s\n", from > 0 ? "…" : "",
           (int)(b.size - from < SHOWN ? b.size - from : SHOWN), b.data + from);
}

/* Whether two JSON texts say different things, however they are spelled. */
static bool differ(struct diff *diff, struct substrate_text a, struct substrate_text b) {
    bool same = true;
    diff->failed = facts_same_json(a, b, &same) != SUBSTRATE_OK || diff->failed;
    return !same;
}

/* Two sorted lists side by side: compare gives their order; show tells of A's element (order < 0),
 * of B's (order > 0), or of both. */
struct side_by_side {
    size_t count_a, count_b;
    int (*compare)(struct diff *diff, size_t a, size_t b);
    void (*show)(struct diff *diff, int order, size_t a, size_t b);
};

static void walk(struct diff *diff, const struct side_by_side *lists) {
    size_t i = 0, j = 0;
    while (i < lists->count_a || j < lists->count_b) {
        int order = i == lists->count_a ? 1 : j == lists->count_b ? -1 : lists->compare(diff, i, j);
        lists->show(diff, order, i, j);
        i += order <= 0;
        j += order >= 0;
    }
}

static void show_lines(struct diff *diff, const char *what, struct substrate_text name,
                       const struct base_buf *a, const struct base_buf *b) {
    if (a == NULL || b == NULL) {
        say(diff, a != NULL ? '-' : '+', what, name);
    } else if (differ(diff, base_buf_view(a), base_buf_view(b))) {
        say_two(diff, what, name, base_buf_view(a), base_buf_view(b));
    }
}

/* ---- blocks ---- */

static int compare_blocks(struct diff *diff, size_t a, size_t b) {
    const struct fact_block *x = &diff->a->blocks[a], *y = &diff->b->blocks[b];
    if (x->number != y->number) {
        return x->number < y->number ? -1 : 1;
    }
    return memcmp(&x->hash, &y->hash, sizeof x->hash);
}

static void show_block(struct diff *diff, int order, size_t a, size_t b) {
    struct base_buf left = BASE_BUF_INIT, right = BASE_BUF_INIT, name = BASE_BUF_INIT;
    const struct fact_block *block = order <= 0 ? &diff->a->blocks[a] : &diff->b->blocks[b];
    char hash[67];
    substrate_hash_format(&block->hash, hash);
    base_buf_format(&name, "%llu %s", (unsigned long long)block->number, hash);
    if (order <= 0) {
        line_write_block(&left, &diff->a->blocks[a]);
    }
    if (order >= 0) {
        line_write_block(&right, &diff->b->blocks[b]);
    }
    show_lines(diff, "block", base_buf_view(&name), order <= 0 ? &left : NULL,
               order >= 0 ? &right : NULL);
    base_buf_free(&left);
    base_buf_free(&right);
    base_buf_free(&name);
}

/* ---- runtimes ---- */

static int compare_runtimes(struct diff *diff, size_t a, size_t b) {
    uint32_t x = diff->a->runtimes[a].spec_version, y = diff->b->runtimes[b].spec_version;
    return x < y ? -1 : x > y;
}

static void show_runtime(struct diff *diff, int order, size_t a, size_t b) {
    struct base_buf left = BASE_BUF_INIT, right = BASE_BUF_INIT, name = BASE_BUF_INIT;
    base_buf_u64(&name, order <= 0 ? diff->a->runtimes[a].spec_version
                                   : diff->b->runtimes[b].spec_version);
    if (order <= 0) {
        line_write_runtime(&left, &diff->a->runtimes[a]);
    }
    if (order >= 0) {
        line_write_runtime(&right, &diff->b->runtimes[b]);
    }
    show_lines(diff, "runtime", base_buf_view(&name), order <= 0 ? &left : NULL,
               order >= 0 ? &right : NULL);
    base_buf_free(&left);
    base_buf_free(&right);
    base_buf_free(&name);
}

/* ---- calls ---- */

static int compare_calls(struct diff *diff, size_t a, size_t b) {
    const struct fact_call *x = &diff->a->calls[a], *y = &diff->b->calls[b];
    int order = base_text_compare(x->method, y->method);
    if (order == 0) {
        order = base_text_compare(x->params, y->params);
    }
    if (order == 0) {
        order = (int)x->has_at - (int)y->has_at;
    }
    if (order == 0 && x->has_at && memcmp(&x->at, &y->at, sizeof x->at) != 0) {
        uint64_t left = facts_number(diff->a, &x->at), right = facts_number(diff->b, &y->at);
        order = left != right ? (left < right ? -1 : 1) : memcmp(&x->at, &y->at, sizeof x->at);
    }
    return order;
}

static void show_call(struct diff *diff, int order, size_t a, size_t b) {
    const struct fact_call *call = order <= 0 ? &diff->a->calls[a] : &diff->b->calls[b];
    const struct fact_call *other = order == 0 ? &diff->b->calls[b] : call;
    struct base_buf name = BASE_BUF_INIT;
    base_buf_text(&name, call->method);
    base_buf_char(&name, ' ');
    base_buf_text(&name, (struct substrate_text){call->params.data,
                                                 call->params.size < 90 ? call->params.size : 90});
    if (call->has_at) {
        char hash[67];
        substrate_hash_format(&call->at, hash);
        base_buf_format(&name, " @%.10s…", hash);
    }
    if (order != 0) {
        say(diff, order < 0 ? '-' : '+', "call", base_buf_view(&name));
    } else if (call->is_error != other->is_error || differ(diff, call->result, other->result)) {
        say_two(diff, "call", base_buf_view(&name), call->result, other->result);
    }
    base_buf_free(&name);
}

/* ---- storage: what is known, not how it is written ---- */

static int compare_sets(struct diff *diff, size_t a, size_t b) {
    const struct fact_set *x = &diff->a->sets[a], *y = &diff->b->sets[b];
    uint64_t left = facts_number(diff->a, &x->block), right = facts_number(diff->b, &y->block);
    return left != right ? (left < right ? -1 : 1) : memcmp(&x->block, &y->block, sizeof x->block);
}

/* A change as its line in state.jsonl has it. */
static void show_key(struct diff *diff, const char *what, const struct fact_change *a,
                     const struct fact_change *b) {
    struct base_buf left = BASE_BUF_INIT, right = BASE_BUF_INIT;
    if (facts_same_change(a, b)) {
        return;
    }
    line_write_change(&left, a);
    line_write_change(&right, b);
    say_two(diff, what, a->key, base_buf_view(&left), base_buf_view(&right));
    base_buf_free(&left);
    base_buf_free(&right);
}

static void show_known(struct diff *diff, const char *what, const struct fact_storage *a,
                       const struct fact_storage *b) {
    bool same = a->covered_count == b->covered_count;
    for (size_t i = 0; same && i < a->covered_count; i++) {
        same = base_text_equal(a->covered[i].from, b->covered[i].from) &&
               base_text_equal(a->covered[i].to, b->covered[i].to);
    }
    if (!same) {
        say(diff, '!', what, BASE_TEXT("coverage"));
    }
    size_t i = 0, j = 0;
    while (i < a->count || j < b->count) {
        int order = i == a->count   ? 1
                    : j == b->count ? -1
                                    : base_text_compare(a->keys[i].key, b->keys[j].key);
        if (order == 0) {
            show_key(diff, what, &a->keys[i], &b->keys[j]);
        } else {
            const struct fact_change *only = order < 0 ? &a->keys[i] : &b->keys[j];
            /* Absent by itself here, and by coverage there, is the same. */
            if (only->kind != FACT_ABSENT || !fact_storage_covers(order < 0 ? b : a, only->key)) {
                say(diff, order < 0 ? '-' : '+', what, only->key);
            }
        }
        i += order <= 0;
        j += order >= 0;
    }
}

static void show_resolved(struct diff *diff, const struct fact_set *a, const struct fact_set *b,
                          const char *hash) {
    struct fact_storage left, right;
    struct substrate_error error = {.status = SUBSTRATE_OK};
    char what[32];
    (void)snprintf(what, sizeof what, "key at %.10s…", hash);
    if (fact_storage_of(diff->a, a, &left, &error) != SUBSTRATE_OK) {
        say(diff, '!', error.message, base_text(hash));
        return;
    }
    if (fact_storage_of(diff->b, b, &right, &error) != SUBSTRATE_OK) {
        say(diff, '!', error.message, base_text(hash));
    } else {
        show_known(diff, what, &left, &right);
        fact_storage_free(&right);
    }
    fact_storage_free(&left);
}

static void show_set(struct diff *diff, int order, size_t a, size_t b) {
    const struct fact_set *set = order <= 0 ? &diff->a->sets[a] : &diff->b->sets[b];
    bool same = false;
    char hash[67];
    substrate_hash_format(&set->block, hash);
    if (order != 0) {
        say(diff, order < 0 ? '-' : '+', "state of block", base_text(hash));
        return;
    }
    if (fact_lines_same(&diff->lines, set, &same) != SUBSTRATE_OK) {
        diff->failed = true;
    }
    if (same) {
        return;
    }
    if (set->pruned != diff->b->sets[b].pruned) {
        say_two(diff, "state of block", base_text(hash),
                set->pruned ? BASE_TEXT("pruned") : BASE_TEXT("known"),
                set->pruned ? BASE_TEXT("known") : BASE_TEXT("pruned"));
    } else {
        show_resolved(diff, set, &diff->b->sets[b], hash);
    }
}

/* ---- the command ---- */

static void show_manifest(struct diff *diff) {
    const struct facts *a = diff->a, *b = diff->b;
    const struct {
        const char *name;
        const struct substrate_hash *a, *b;
    } hashes[] = {{"head", &a->head, &b->head},
                  {"finalized", &a->finalized, &b->finalized},
                  {"genesis", &a->genesis, &b->genesis}};
    for (size_t i = 0; i < 3; i++) {
        if (memcmp(hashes[i].a, hashes[i].b, sizeof *hashes[i].a) != 0) {
            char left[67], right[67];
            substrate_hash_format(hashes[i].a, left);
            substrate_hash_format(hashes[i].b, right);
            say_two(diff, "manifest", base_text(hashes[i].name), base_text(left), base_text(right));
        }
    }
    if (!base_text_equal(a->chain, b->chain)) {
        say_two(diff, "manifest", BASE_TEXT("chain"), a->chain, b->chain);
    }
}

static const char USAGE[] =
    "usage: mocknode diff A B\n"
    "\n"
    "Compares what two fixtures say: a line with - for a fact that only A has, + for one that "
    "only\n"
    "B has, ! for one that differs. The exit status is 0 when they say the same, 1 when not, 2 "
    "when\n"
    "a fixture cannot be read. Provenance and latencies are not compared.\n"
    "\n";

struct options {
    bool help;
};

static const struct base_option OPTIONS[] = {COMMAND_HELP(struct options, help), {.name = NULL}};

int diff_main(int argc, char **argv) {
    const struct command command = {"diff", USAGE, OPTIONS, offsetof(struct options, help), 2};
    struct options options = {.help = false};
    struct facts *facts[2] = {NULL, NULL};
    struct substrate_error error = {.status = SUBSTRATE_OK};
    int exit_status = command_read(&command, argc, argv, &options);
    if (exit_status >= 0) {
        return exit_status;
    }
    for (size_t i = 0; i < 2; i++) {
        if (facts_load(argv[i], FACTS_LOAD_DIGESTS, &facts[i], &error) != SUBSTRATE_OK) {
            command_failed("diff", &error);
            facts_free(facts[0]);
            return COMMAND_USAGE;
        }
    }
    struct diff diff = {.a = facts[0], .b = facts[1]};
    diff.failed = !fact_lines_init(&diff.lines, facts[0], facts[1], true);
    const struct side_by_side lists[] = {
        {facts[0]->block_count, facts[1]->block_count, compare_blocks, show_block},
        {facts[0]->runtime_count, facts[1]->runtime_count, compare_runtimes, show_runtime},
        {facts[0]->set_count, facts[1]->set_count, compare_sets, show_set},
        {facts[0]->call_count, facts[1]->call_count, compare_calls, show_call}};
    show_manifest(&diff);
    for (size_t i = 0; i < 4 && !diff.failed; i++) {
        walk(&diff, &lists[i]);
    }
    fact_lines_free(&diff.lines);
    facts_free(facts[0]);
    facts_free(facts[1]);
    if (diff.failed) {
        base_fail(&error, SUBSTRATE_E_MEMORY, "out of memory");
        command_failed("diff", &error);
        return COMMAND_USAGE;
    }
    fprintf(stderr, "differences: %zu\n", diff.differences);
    return diff.differences == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
