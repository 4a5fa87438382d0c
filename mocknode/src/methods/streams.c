/* Streams: what subscribers are told when they begin, and when the heads move. A kind is a row. */
#include <stdlib.h>
#include "base/text.h"
#include "methods/answer.h"

/* One stream that is telling; `opened` has no sorted keys at its start. */
struct stream_teller {
    const struct method_opened *opened;
    struct view *view;
    struct base_arena *arena;
    method_tell tell;
    void *context;
    bool failed;
};

static void tell_text(struct stream_teller *teller, struct substrate_text result) {
    teller->failed = teller->failed || result.data == NULL;
    if (result.data != NULL) {
        teller->tell(teller->context, &(struct method_notice){result, NULL});
    }
}

/* Says what of a block is not recorded. */
static void tell_gap(struct stream_teller *teller, const struct chain_block *block,
                     const char *what) {
    const char *reason = answer_text(teller->arena, "%s not recorded at block %s", what,
                                     answer_hash(teller->arena, &block->hash));
    teller->tell(teller->context,
                 &(struct method_notice){{NULL, 0}, reason != NULL ? reason : "not recorded"});
}

/* ---- heads ---- */

static void tell_header(struct stream_teller *teller, const struct chain_block *block) {
    if (block->header.data == NULL) {
        tell_gap(teller, block, "the header is");
    } else {
        tell_text(teller, block->header);
    }
}

static void start_head(struct stream_teller *teller) {
    tell_header(teller, view_head(teller->view));
}

static void step_new_head(struct stream_teller *teller, const struct view_step *step) {
    if (step->head != step->head_before) {
        tell_header(teller, step->head);
    }
}

/* The blocks between two that one descends from, without the first: each that is recorded. */
static void tell_between(struct stream_teller *teller, const struct chain_block *from,
                         const struct chain_block *to) {
    while (from != to) {
        from = view_ancestor_above(to, from->number);
        tell_header(teller, from);
    }
}

/* A jump to another fork brings all of its blocks. */
static void step_all_heads(struct stream_teller *teller, const struct view_step *step) {
    const struct chain_block *from = step->head_before, *to = step->head;
    if (from == to) {
        return;
    }
    while (from != NULL && view_ancestor(to, from->number) != from) {
        from = from->up;
    }
    if (from == NULL || from == to) {
        tell_header(teller, to);
    } else {
        tell_between(teller, from, to);
    }
}

static void start_finalized(struct stream_teller *teller) {
    tell_header(teller, view_finalized(teller->view));
}

static void step_finalized(struct stream_teller *teller, const struct view_step *step) {
    const struct chain_block *from = step->finalized_before, *to = step->finalized;
    if (from == to) {
        return;
    }
    if (view_ancestor(to, from->number) == from) {
        tell_between(teller, from, to);
    } else {
        tell_header(teller, to);
    }
}

/* ---- the runtime's version ---- */

static void tell_version(struct stream_teller *teller, const struct chain_block *head) {
    if (head->runtime == NULL) {
        tell_gap(teller, head, "the runtime is");
    } else {
        tell_text(teller, head->runtime->version);
    }
}

static void start_version(struct stream_teller *teller) {
    tell_version(teller, view_head(teller->view));
}

static void step_version(struct stream_teller *teller, const struct view_step *step) {
    if (step->head->runtime != NULL && step->head_before->runtime == NULL) {
        tell_gap(teller, step->head_before, "the runtime is");
    } else if (step->head->runtime == NULL || step->head->runtime != step->head_before->runtime) {
        tell_version(teller, step->head);
    }
}

/* ---- storage ---- */

/* The changes of one notification as they are written. */
struct changes {
    struct stream_teller *teller;
    const struct chain_block *before, *block; /* before NULL: values are told as they are */
    struct base_buf out;
    size_t count;
    bool gap; /* and it has been told */
};

static void write_change(struct changes *changes, struct substrate_text digits,
                         const struct chain_value *value) {
    struct base_buf *out = &changes->out;
    bool absent = value->known == CHAIN_ABSENT;
    base_buf_str(out, changes->count++ > 0 ? ",[\"0x" : "[\"0x");
    base_buf_text(out, digits);
    base_buf_str(out, absent ? "\",null]" : "\",\"");
    base_buf_text(out, value->hex);
    base_buf_str(out, absent ? "" : "\"]");
}

static bool is_told(const struct chain_value *value) {
    return value->known == CHAIN_VALUE || value->known == CHAIN_ABSENT;
}

/* A key that somebody has asked for: its value must be known. */
static void add_key(struct changes *changes, struct substrate_text digits) {
    const struct view *view = changes->teller->view;
    struct chain_value value = view_storage(view, changes->block, digits), old = value;
    if (changes->before != NULL) {
        old = view_storage(view, changes->before, digits);
    }
    if (!is_told(&value) || !is_told(&old)) {
        tell_gap(changes->teller, is_told(&value) ? changes->before : changes->block,
                 "a subscribed key is");
        changes->gap = true;
    } else if (changes->before == NULL || value.known != old.known ||
               !base_text_equal(value.hex, old.hex)) {
        write_change(changes, digits, &value);
    }
}

static void begin_changes(struct changes *changes) {
    const struct substrate_hash *hash = &changes->block->hash;
    base_buf_str(&changes->out, "{\"block\":");
    base_json_write_hex(&changes->out, (struct substrate_bytes){hash->bytes, sizeof hash->bytes});
    base_buf_str(&changes->out, ",\"changes\":[");
}

static void end_changes(struct changes *changes) {
    base_buf_str(&changes->out, "]}");
    if (!changes->gap && changes->count > 0) {
        struct substrate_text text = {NULL, 0};
        if (!changes->out.failed) {
            text = base_arena_text(changes->teller->arena, base_buf_view(&changes->out));
        }
        tell_text(changes->teller, text);
    }
    base_buf_free(&changes->out);
}

/* At first the keys are told as they were listed; without a list the node says nothing. */
static void start_storage(struct stream_teller *teller) {
    struct substrate_text list = teller->opened->request.params[0], name;
    struct changes changes = {.teller = teller, .block = view_head(teller->view)};
    struct base_json_walk walk;
    struct base_json key;
    if (list.data == NULL) {
        return;
    }
    begin_changes(&changes);
    base_json_walk_init(&walk, (struct base_json){BASE_JSON_ARRAY, list});
    while (!changes.gap && base_json_walk_next(&walk, &name, &key)) {
        add_key(&changes, answer_digits(key.raw));
    }
    end_changes(&changes);
}

static int compare_texts(const void *a, const void *b) {
    return base_text_compare(*(const struct substrate_text *)a, *(const struct substrate_text *)b);
}

static bool is_in(struct substrate_text key, const struct substrate_text *keys, size_t count) {
    return count > 0 && bsearch(&key, keys, count, sizeof *keys, compare_texts) != NULL;
}

/* The keys of the list that may have changed, in their order: whichever list is shorter is walked.
 */
static void add_listed(struct changes *changes, const struct view_difference *difference) {
    const struct method_opened *opened = changes->teller->opened;
    bool all = !difference->covered;
    bool by_list = all || opened->key_count <= difference->count;
    const struct substrate_text *walked = by_list ? opened->keys : difference->keys;
    const struct substrate_text *other = by_list ? difference->keys : opened->keys;
    size_t count = by_list ? opened->key_count : difference->count;
    size_t other_count = by_list ? difference->count : opened->key_count;
    for (size_t i = 0; i < count && !changes->gap; i++) {
        if (all || is_in(walked[i], other, other_count)) {
            add_key(changes, walked[i]);
        }
    }
}

/* Without a list: whatever has changed. A key that is there with a value that was not recorded
 * (`:code`) is passed over, for nobody has asked for it. */
static void add_all(struct changes *changes, const struct view_difference *difference) {
    const struct view *view = changes->teller->view;
    if (!difference->whole) {
        tell_gap(changes->teller, changes->block, "the list of all changes is");
        changes->gap = true;
    }
    for (size_t i = 0; i < difference->count && !changes->gap; i++) {
        struct substrate_text key = difference->keys[i];
        if (view_storage(view, changes->before, key).known != CHAIN_PRESENT &&
            view_storage(view, changes->block, key).known != CHAIN_PRESENT) {
            add_key(changes, key);
        }
    }
}

static void step_storage(struct stream_teller *teller, const struct view_step *step) {
    struct changes changes = {.teller = teller, .before = step->head_before, .block = step->head};
    struct view_difference difference;
    if (step->head == step->head_before) {
        return;
    }
    if (view_differences(step->head_before, step->head, teller->arena, &difference) !=
        SUBSTRATE_OK) {
        teller->failed = true;
        return;
    }
    begin_changes(&changes);
    if (teller->opened->keys != NULL) {
        add_listed(&changes, &difference);
    } else {
        add_all(&changes, &difference);
    }
    end_changes(&changes);
}

/* ---- a watched extrinsic ---- */

static void start_extrinsic(struct stream_teller *teller) {
    tell_text(teller, BASE_TEXT("\"ready\""));
}

/* ---- the table ---- */

const struct method_stream STREAM_NEW_HEADS = {"newHeads", "chain_newHead", start_head,
                                               step_new_head},
                           STREAM_ALL_HEADS = {"allHeads", "chain_allHead", start_head,
                                               step_all_heads},
                           STREAM_FINALIZED_HEADS = {"finalizedHeads", "chain_finalizedHead",
                                                     start_finalized, step_finalized},
                           STREAM_RUNTIME_VERSION = {"runtimeVersion", "state_runtimeVersion",
                                                     start_version, step_version},
                           STREAM_STORAGE = {"storage", "state_storage", start_storage,
                                             step_storage},
                           STREAM_EXTRINSIC = {"extrinsic", "author_extrinsicUpdate",
                                               start_extrinsic, NULL};

static const struct method_stream *const STREAMS[] = {
    &STREAM_NEW_HEADS,       &STREAM_ALL_HEADS, &STREAM_FINALIZED_HEADS,
    &STREAM_RUNTIME_VERSION, &STREAM_STORAGE,   &STREAM_EXTRINSIC};

const struct method_stream *method_stream_row(size_t index) {
    return index < sizeof STREAMS / sizeof *STREAMS ? STREAMS[index] : NULL;
}

const struct method_stream *method_stream_find(struct substrate_text name) {
    const struct method_stream *stream;
    for (size_t i = 0; (stream = method_stream_row(i)) != NULL; i++) {
        if (base_text_is(name, stream->name)) {
            return stream;
        }
    }
    return NULL;
}

/* ---- opening and telling ---- */

/* The listed keys, sorted and each once. */
static bool sort_keys(struct base_arena *arena, struct method_opened *opened) {
    struct base_json list = {BASE_JSON_ARRAY, opened->request.params[0]}, key;
    struct base_json_walk walk;
    struct substrate_text name;
    struct substrate_text *keys =
        base_arena_calloc(arena, base_json_length(list) + 1, sizeof *keys);
    size_t count = 0;
    if (keys == NULL) {
        return false;
    }
    base_json_walk_init(&walk, list);
    while (base_json_walk_next(&walk, &name, &key)) {
        keys[count++] = answer_digits(key.raw);
    }
    qsort(keys, count, sizeof *keys, compare_texts);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || !base_text_equal(keys[i], keys[opened->key_count - 1])) {
            keys[opened->key_count++] = keys[i];
        }
    }
    opened->keys = keys;
    return true;
}

bool method_open(const struct method_stream *stream, const struct rpc_request *request,
                 struct base_arena *arena, struct method_opened *opened) {
    *opened = (struct method_opened){.stream = stream, .request = *request};
    struct rpc_request *copy = &opened->request;
    copy->params_text = base_arena_text(arena, request->params_text);
    bool good = copy->params_text.data != NULL;
    for (size_t i = 0; i < request->param_count && good; i++) {
        if (request->params[i].data != NULL) {
            copy->params[i] = base_arena_text(arena, request->params[i]);
            good = copy->params[i].data != NULL;
        }
    }
    return good &&
           (stream != &STREAM_STORAGE || copy->params[0].data == NULL || sort_keys(arena, opened));
}

enum substrate_status method_step(const struct method_opened *opened, struct view *view,
                                  const struct view_step *step, struct base_arena *arena,
                                  method_tell tell, void *context) {
    struct stream_teller teller = {opened, view, arena, tell, context, false};
    if (opened->stream->step != NULL) {
        opened->stream->step(&teller, step);
    }
    return teller.failed ? SUBSTRATE_E_MEMORY : SUBSTRATE_OK;
}

static void keep_notice(void *context, const struct method_notice *notice) {
    *(struct method_notice *)context = *notice;
}

bool answer_first_notice(struct answer *answer, const struct method_stream *stream) {
    const struct method_opened opened = {.stream = stream, .request = *answer->request};
    struct method_notice first = {{NULL, 0}, NULL};
    struct stream_teller teller = {&opened,     answer->view, answer->arena,
                                   keep_notice, &first,       false};
    if (stream->start != NULL) {
        stream->start(&teller);
    }
    if (teller.failed) {
        answer_no_memory(answer);
    } else if (first.gap != NULL) {
        answer_unmatched(answer, "%s", first.gap);
    } else {
        answer->outcome->text = first.result;
    }
    return !teller.failed && first.gap == NULL;
}
