/* The spaces of a node. Those that are due stand in a heap, so that an event of one never visits
 * the others; all stand in a list by their last use, for the dropping of idle ones. */
#include "control/spaces.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include "base/heap.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/text.h"

struct slot {
    struct spaces *spaces;
    struct space *space;
    struct base_heap_node due;
    bool dropped;
    TAILQ_ENTRY(slot) by_use;
};

TAILQ_HEAD(slots, slot);

struct spaces {
    struct spaces_options options;
    struct base_map by_name;
    struct slots by_use;  /* the longest unused first; those that are dropped are in `dropped` */
    struct slots dropped; /* until their last connection has gone */
    struct base_heap due;
    uint64_t unmatched_before, errors_before; /* of spaces that are gone */
};

struct spaces *spaces_new(const struct spaces_options *options) {
    assert(options->recording_count > 0);
    struct spaces *spaces = base_calloc(1, sizeof(*spaces));
    if (spaces != NULL) {
        spaces->options = *options;
        base_map_init(&spaces->by_name, options->seed);
        TAILQ_INIT(&spaces->by_use);
        TAILQ_INIT(&spaces->dropped);
    }
    return spaces;
}

static void free_slot(struct spaces *spaces, struct slot *slot) {
    if (slot->space != NULL) {
        spaces->unmatched_before += space_unmatched_ever(slot->space);
        spaces->errors_before += space_errors_ever(slot->space);
        space_free(slot->space);
    }
    base_heap_remove(&spaces->due, &slot->due);
    base_free(slot);
}

static void free_slots(struct spaces *spaces, struct slots *slots) {
    while (!TAILQ_EMPTY(slots)) {
        struct slot *slot = TAILQ_FIRST(slots);
        TAILQ_REMOVE(slots, slot, by_use);
        free_slot(spaces, slot);
    }
}

void spaces_free(struct spaces *spaces) {
    if (spaces != NULL) {
        free_slots(spaces, &spaces->by_use);
        free_slots(spaces, &spaces->dropped);
        base_heap_free(&spaces->due);
        base_map_free(&spaces->by_name);
        base_free(spaces);
    }
}

static void say_due(struct spaces *spaces) {
    const struct base_heap_node *top = base_heap_top(&spaces->due);
    spaces->options.due(spaces->options.context, top != NULL ? top->key : SUBSTRATE_NEVER);
}

/* Room in the heap was made when the slot was. */
void spaces_due_told(void *owner, uint64_t due) {
    struct slot *slot = owner;
    struct base_heap *heap = &slot->spaces->due;
    const struct base_heap_node *first = base_heap_top(heap);
    uint64_t before = first != NULL ? first->key : SUBSTRATE_NEVER;
    if (due == SUBSTRATE_NEVER) {
        base_heap_remove(heap, &slot->due);
    } else if (slot->due.index == BASE_HEAP_NOWHERE) {
        base_heap_push(heap, &slot->due, due);
    } else {
        base_heap_move(heap, &slot->due, due);
    }
    first = base_heap_top(heap);
    if (before != (first != NULL ? first->key : SUBSTRATE_NEVER)) {
        say_due(slot->spaces);
    }
}

void spaces_run(struct spaces *spaces, uint64_t now) {
    struct base_heap_node *top = base_heap_top(&spaces->due);
    while (top != NULL && top->key <= now) {
        struct slot *slot = (struct slot *)(void *)((char *)top - offsetof(struct slot, due));
        space_run(slot->space, now);
        top = base_heap_top(&spaces->due);
    }
    say_due(spaces);
}

static struct slot *slot_of(const struct space *space) { return space_owner(space); }

struct spaces *spaces_of(const struct space *space) {
    return slot_of(space)->spaces;
}

struct space *spaces_named(const struct spaces *spaces, struct substrate_text name) {
    return base_map_get(&spaces->by_name, name);
}

bool spaces_is_dropped(const struct space *space) { return slot_of(space)->dropped; }

static bool keep_canonical(struct space *space, FILE *file) {
    struct base_buf text = BASE_BUF_INIT;
    space_write_canonical_lines(space, &text);
    bool empty = text.size == 0; /* nothing was asked of it: there is no buffer, either */
    bool good = !text.failed && (empty || fwrite(text.data, 1, text.size, file) == text.size);
    base_buf_free(&text);
    return good;
}

static void tell_unfired(const struct space *space, spaces_unfired *tell, void *context) {
    size_t cursor = 0;
    struct substrate_text rule = space_unfired(space, &cursor);
    while (rule.data != NULL) {
        tell(context, space_name(space), rule);
        rule = space_unfired(space, &cursor);
    }
}

void spaces_drop(struct spaces *spaces, struct space *space) {
    struct slot *slot = slot_of(space);
    assert(!slot->dropped);
    if (spaces->options.canonical != NULL) {
        /* A file that fails is told at the end, by its error indicator. */
        (void)keep_canonical(space, spaces->options.canonical);
    }
    if (spaces->options.unfired != NULL) {
        tell_unfired(space, spaces->options.unfired, spaces->options.context);
    }
    (void)base_map_remove(&spaces->by_name, space_name(space));
    TAILQ_REMOVE(&spaces->by_use, slot, by_use);
    TAILQ_INSERT_TAIL(&spaces->dropped, slot, by_use);
    slot->dropped = true;
    space_close_all(space, 1001, "the space was dropped");
    spaces_left(spaces, space);
}

void spaces_left(struct spaces *spaces, struct space *space) {
    struct slot *slot = slot_of(space);
    if (slot->dropped && space_is_idle(space)) {
        TAILQ_REMOVE(&spaces->dropped, slot, by_use);
        free_slot(spaces, slot);
    }
}

static struct space *refuse(struct spaces_refusal *refusal, int status, const char *text) {
    refusal->status = status;
    (void)snprintf(refusal->text, sizeof(refusal->text), "%s", text);
    return NULL;
}

/* The default one does not count, and is never dropped for others. */
static bool make_room(struct spaces *spaces) {
    size_t count = spaces->by_name.count;
    count -= base_map_get(&spaces->by_name, BASE_TEXT("")) != NULL;
    if (count < spaces->options.spaces_max) {
        return true;
    }
    struct slot *slot;
    TAILQ_FOREACH(slot, &spaces->by_use, by_use) {
        if (space_is_idle(slot->space) && space_name(slot->space).size > 0) {
            spaces_drop(spaces, slot->space);
            return true;
        }
    }
    return false;
}

static const struct spaces_recording *find_recording(const struct spaces *spaces,
                                                     struct substrate_text name) {
    const struct spaces_options *options = &spaces->options;
    for (size_t i = 0; i < options->recording_count; i++) {
        if (name.size == 0 || base_text_equal(options->recordings[i].name, name)) {
            return &options->recordings[i];
        }
    }
    return NULL;
}

static struct space *begin(struct spaces *spaces, const struct space_url *url,
                           const struct spaces_recording *recording, uint64_t now) {
    struct slot *slot = base_calloc(1, sizeof(*slot));
    if (slot == NULL || !base_heap_reserve(&spaces->due, spaces->by_name.count + 1)) {
        base_free(slot);
        return NULL;
    }
    slot->spaces = spaces;
    slot->due.index = BASE_HEAP_NOWHERE;
    struct space_config config = spaces->options.config;
    config.chain = recording->chain;
    config.head = recording->head;
    config.latencies = recording->latencies;
    config.owner = slot;
    slot->space =
        space_new(&config, url->name, url->has_seed ? url->seed : spaces->options.seed, now);
    if (slot->space == NULL ||
        !base_map_put(&spaces->by_name, space_name(slot->space), slot->space)) {
        free_slot(spaces, slot);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&spaces->by_use, slot, by_use);
    return slot->space;
}

struct space *spaces_find(struct spaces *spaces, const struct space_url *url, uint64_t now,
                          struct spaces_refusal *refusal) {
    struct space *space = base_map_get(&spaces->by_name, url->name);
    const struct spaces_recording *recording = find_recording(spaces, url->fixture);
    if (recording == NULL) {
        return refuse(refusal, 404, "no such recording: fixture=NAME names none that is served\n");
    }
    if (space != NULL) {
        if (url->has_seed && space_seed(space) != url->seed) {
            return refuse(refusal, 409, "this space is in use with another seed\n");
        }
        if (url->fixture.size > 0 && space_chain(space) != recording->chain) {
            return refuse(refusal, 409, "this space is in use with another recording\n");
        }
        struct slot *slot = slot_of(space);
        TAILQ_REMOVE(&spaces->by_use, slot, by_use);
        TAILQ_INSERT_TAIL(&spaces->by_use, slot, by_use);
        return space;
    }
    if (url->name.size > 0 && !make_room(spaces)) {
        return refuse(refusal, 503, "too many spaces with open connections (see --max-spaces)\n");
    }
    space = begin(spaces, url, recording, now);
    return space != NULL ? space : refuse(refusal, 503, "out of memory\n");
}

uint64_t spaces_unmatched(const struct spaces *spaces) {
    uint64_t count = spaces->unmatched_before;
    const struct slot *slot;
    TAILQ_FOREACH(slot, &spaces->by_use, by_use) { count += space_unmatched_ever(slot->space); }
    TAILQ_FOREACH(slot, &spaces->dropped, by_use) { count += space_unmatched_ever(slot->space); }
    return count;
}

uint64_t spaces_errors(const struct spaces *spaces) {
    uint64_t count = spaces->errors_before;
    const struct slot *slot;
    TAILQ_FOREACH(slot, &spaces->by_use, by_use) { count += space_errors_ever(slot->space); }
    TAILQ_FOREACH(slot, &spaces->dropped, by_use) { count += space_errors_ever(slot->space); }
    return count;
}

void spaces_tell_unfired(const struct spaces *spaces, spaces_unfired *tell, void *context) {
    const struct slot *slot;
    TAILQ_FOREACH(slot, &spaces->by_use, by_use) { tell_unfired(slot->space, tell, context); }
}

static int by_name(const void *left, const void *right) {
    const struct space *const *a = left, *const *b = right;
    return base_text_compare(space_name(*a), space_name(*b));
}

bool spaces_write_canonical(struct spaces *spaces, FILE *file) {
    struct space **sorted = base_calloc(spaces->by_name.count + 1, sizeof(struct space *));
    size_t count = 0;
    struct slot *slot;
    bool good = sorted != NULL;
    if (good) {
        TAILQ_FOREACH(slot, &spaces->by_use, by_use) { sorted[count++] = slot->space; }
        qsort(sorted, count, sizeof(struct space *), by_name);
    }
    for (size_t i = 0; i < count; i++) {
        good = keep_canonical(sorted[i], file) && good;
    }
    base_free(sorted);
    return good;
}
