/* What subscriptions are told when the view moves. */
#include <stdlib.h>
#include "base/text.h"
#include "methods/answer.h"
#include "methods/method.h"

const char *method_notification_name(enum method_subscription kind) {
    static const char *const NAMES[METHOD_SUBSCRIPTION_COUNT] = {
        [METHOD_NEW_HEADS] = "chain_newHead",
        [METHOD_ALL_HEADS] = "chain_allHead",
        [METHOD_FINALIZED_HEADS] = "chain_finalizedHead",
        [METHOD_RUNTIME_VERSION] = "state_runtimeVersion",
        [METHOD_STORAGE] = "state_storage",
    };
    return NAMES[kind];
}

/* One notification that is being made. */
struct notice {
    const struct method_view *before, *now;
    const struct rpc_request *request;
    struct base_arena *arena;
    struct base_buf *out;
    const char **reason;
};

/* Says what of a block is not recorded. */
static enum substrate_status not_recorded(struct notice *notice, const struct chain_block *block,
                                          const char *what) {
    struct answer answer = {notice->now, notice->request, notice->arena, NULL};
    struct base_buf text = BASE_BUF_INIT;
    base_buf_format(&text, "%s not recorded at block %s", what, answer_hash(&answer, &block->hash));
    const char *reason =
        text.failed ? NULL : base_arena_text(notice->arena, base_buf_view(&text)).data;
    base_buf_free(&text);
    *notice->reason = reason != NULL ? reason : "not recorded";
    return SUBSTRATE_E_DECODE;
}

static enum substrate_status notify_header(struct notice *notice, const struct chain_block *before,
                                           const struct chain_block *now) {
    if (before == now) {
        return SUBSTRATE_E_NOT_FOUND;
    }
    if (now->fact->header.data == NULL) {
        return not_recorded(notice, now, "the header is");
    }
    base_buf_text(notice->out, now->fact->header);
    return SUBSTRATE_OK;
}

static enum substrate_status notify_runtime(struct notice *notice) {
    const struct chain_block *head = notice->now->head;
    const struct fact_runtime *before =
        notice->before == NULL ? NULL : notice->before->head->runtime;
    if (head->runtime == NULL) {
        return not_recorded(notice, head, "the runtime is");
    }
    if (notice->before != NULL && before == NULL) {
        return not_recorded(notice, notice->before->head, "the runtime is");
    }
    if (before == head->runtime) {
        return SUBSTRATE_E_NOT_FOUND;
    }
    base_buf_text(notice->out, head->runtime->version);
    return SUBSTRATE_OK;
}

static bool same_value(enum chain_known a, struct substrate_text a_value, enum chain_known b,
                       struct substrate_text b_value) {
    return a == b && (a == CHAIN_ABSENT || base_text_equal(a_value, b_value));
}

/* Appends `[key,value]` unless it is what it was; the status says whether that is known. */
static enum substrate_status notify_key(struct notice *notice, struct substrate_text digits,
                                        size_t *changes) {
    const struct chain *chain = notice->now->chain;
    struct substrate_text value = {NULL, 0}, old = {NULL, 0};
    enum chain_known known = chain_storage(chain, notice->now->head, digits, &value);
    if (known == CHAIN_UNKNOWN || known == CHAIN_PRESENT) {
        return not_recorded(notice, notice->now->head, "a subscribed key is");
    }
    if (notice->before != NULL) {
        enum chain_known was = chain_storage(chain, notice->before->head, digits, &old);
        if (was == CHAIN_UNKNOWN || was == CHAIN_PRESENT) {
            return not_recorded(notice, notice->before->head, "a subscribed key is");
        }
        if (same_value(was, old, known, value)) {
            return SUBSTRATE_OK;
        }
    }
    base_buf_str(notice->out, (*changes)++ > 0 ? ",[\"0x" : "[\"0x");
    base_buf_text(notice->out, digits);
    base_buf_str(notice->out, known == CHAIN_ABSENT ? "\",null]" : "\",\"");
    base_buf_text(notice->out, value);
    base_buf_str(notice->out, known == CHAIN_ABSENT ? "" : "\"]");
    return SUBSTRATE_OK;
}

static int compare_texts(const void *a, const void *b) {
    return base_text_compare(*(const struct substrate_text *)a, *(const struct substrate_text *)b);
}

/* At first the keys are told as they were listed; later in the order of a block's changes, by key
 * and each once. */
static enum substrate_status notify_listed(struct notice *notice, struct substrate_text list,
                                           size_t *changes) {
    const struct base_json json = {BASE_JSON_ARRAY, list};
    struct base_json_walk walk;
    struct substrate_text name;
    struct base_json key;
    enum substrate_status status = SUBSTRATE_OK;
    size_t count = 0;
    struct substrate_text *keys =
        base_arena_calloc(notice->arena, base_json_length(json) + 1, sizeof *keys);
    if (keys == NULL) {
        return SUBSTRATE_E_MEMORY;
    }
    base_json_walk_init(&walk, json);
    while (base_json_walk_next(&walk, &name, &key)) {
        keys[count++] = answer_digits(key.raw);
    }
    if (notice->before != NULL) {
        qsort(keys, count, sizeof *keys, compare_texts);
    }
    for (size_t i = 0; i < count && status == SUBSTRATE_OK; i++) {
        if (notice->before == NULL || i == 0 || !base_text_equal(keys[i], keys[i - 1])) {
            status = notify_key(notice, keys[i], changes);
        }
    }
    return status;
}

/* Whether it is known of every key whether it is there. */
static bool is_whole(const struct chain *chain, const struct chain_block *block) {
    enum { PAGE = 256 };
    struct substrate_text keys[PAGE], after = {NULL, 0}, missing;
    size_t count = PAGE;
    while (count == PAGE) {
        if (chain_keys(chain, block, BASE_TEXT(""), after, PAGE, keys, &count, &missing) !=
            SUBSTRATE_OK) {
            return false;
        }
        after = count > 0 ? keys[count - 1] : after;
    }
    return true;
}

static bool has_value(const struct chain *chain, const struct chain_block *block,
                      struct substrate_text key) {
    struct substrate_text value;
    return chain_storage(chain, block, key, &value) != CHAIN_PRESENT;
}

/* Without a list: whatever has changed. A key that is there with a value that was not recorded
 * (`:code`) is passed over, for nobody has asked for it. */
static enum substrate_status notify_all(struct notice *notice, size_t *changes) {
    const struct chain *chain = notice->now->chain;
    const struct chain_block *before = notice->before->head, *now = notice->now->head;
    if (!is_whole(chain, before) || !is_whole(chain, now)) {
        return not_recorded(notice, now, "the list of all changes is");
    }
    enum substrate_status status = SUBSTRATE_OK;
    struct substrate_text key = chain_key(chain, 0);
    for (size_t i = 1; status == SUBSTRATE_OK && key.data != NULL; i++) {
        if (has_value(chain, before, key) && has_value(chain, now, key)) {
            status = notify_key(notice, key, changes);
        }
        key = chain_key(chain, i);
    }
    return status;
}

static enum substrate_status notify_storage(struct notice *notice) {
    const struct chain_block *head = notice->now->head;
    struct substrate_text keys = notice->request->params[0];
    bool begins = notice->before == NULL;
    if (begins ? keys.data == NULL : notice->before->head == head) {
        return SUBSTRATE_E_NOT_FOUND; /* without a list the node says nothing at first */
    }
    size_t start = notice->out->size, changes = 0;
    base_buf_str(notice->out, "{\"block\":");
    base_json_write_hex(notice->out,
                        (struct substrate_bytes){head->hash.bytes, sizeof head->hash.bytes});
    base_buf_str(notice->out, ",\"changes\":[");
    enum substrate_status status =
        keys.data != NULL ? notify_listed(notice, keys, &changes) : notify_all(notice, &changes);
    if (status == SUBSTRATE_OK && changes == 0) {
        status = SUBSTRATE_E_NOT_FOUND;
    }
    if (status == SUBSTRATE_OK) {
        base_buf_str(notice->out, "]}");
    } else if (!notice->out->failed) {
        notice->out->size = start;
    }
    return status;
}

enum substrate_status method_notify(enum method_subscription kind,
                                    const struct rpc_request *request,
                                    const struct method_view *before, const struct method_view *now,
                                    struct base_arena *arena, struct base_buf *out,
                                    const char **reason) {
    struct notice notice = {before, now, request, arena, out, reason};
    switch (kind) {
    case METHOD_NEW_HEADS:
    case METHOD_ALL_HEADS:
        return notify_header(&notice, before == NULL ? NULL : before->head, now->head);
    case METHOD_FINALIZED_HEADS:
        return notify_header(&notice, before == NULL ? NULL : before->finalized, now->finalized);
    case METHOD_RUNTIME_VERSION:
        return notify_runtime(&notice);
    case METHOD_STORAGE:
    case METHOD_SUBSCRIPTION_COUNT:
        break;
    }
    return notify_storage(&notice);
}
