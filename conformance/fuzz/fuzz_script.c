/* Scripts of strangers. A run takes a script or a file, changes some of it, and reads it. What is
 * refused is refused in one line; what is read is run on calls, signals, notifications and a
 * connection that closes, and gives back all that it took. */
#include "fuzz.h"

#define WORLD_CALLS 64
#define world_must(condition) fuzz_check(condition, "not so: %s", #condition)
#include "script_world.h"

enum { READ, REFUSED, FIRED, ANSWERS };
static const char *const NAMES[] = {"scripts read", "scripts refused", "firings", "answers", NULL};

static const char *const TEXTS[] = {
    "{\"latency\":\"uniform(1ms,9ms)\",\"rules\":[{\"name\":\"a\",\"on\":\"arrived\",\"match\":{"
    "\"methods\":"
    "[\"state_*\"],\"label\":\"a\"},\"when\":{\"every\":2,\"per\":\"label\"},\"do\":[{\"delay\":"
    "\"5ms\"},{"
    "\"repeat\":2},{\"give\":\"go\"}]},{\"on\":\"signal\",\"match\":{\"name\":\"go\"},\"do\":[{"
    "\"reset\":true}"
    "],\"target\":\"all\"}]}",
    "{\"gates\":[{\"name\":\"g\",\"n\":2,\"order\":\"shuffled\",\"again\":true}],\"rules\":[{"
    "\"on\":\"arrived\","
    "\"do\":[{\"hold\":\"g\"}]},{\"on\":\"answered\",\"when\":{\"nth\":\"2..\"},\"do\":[{"
    "\"fragments\":{\"at\":["
    "1,5]}},{\"send\":\"x{id}\"},{\"advance\":2}]}]}",
    "{\"gates\":[{\"name\":\"g\",\"settled\":\"5ms\",\"order\":\"one_at_a_time\",\"per\":"
    "\"connection\"}],"
    "\"rules\":[{\"on\":\"arrived\",\"do\":[{\"hold\":{\"gate\":\"g\"}}]}]}",
    "{\"rules\":[{\"on\":\"arrived\",\"when\":{\"in_flight\":2},\"do\":[{\"hold\":{\"until\":{"
    "\"event\":"
    "\"answered\",\"match\":{\"connection\":2},\"count\":1}}}]},{\"on\":\"notified\",\"do\":[{"
    "\"delay\":\"1ms\"},"
    "{\"skip\":true}]},{\"on\":\"closed\",\"do\":[{\"advance\":1}]}],\"start\":[{\"give\":\"x\"}]}",
    "{\"rules\":[{\"name\":\"r\",\"on\":\"arrived\",\"when\":{\"chance\":0.5},\"do\":[{\"error\":{"
    "\"code\":-1,"
    "\"message\":\"{id}\",\"data\":[{}]}},{\"id\":\"swapped\"},{\"members\":[\"extra\"]}]},{\"on\":"
    "\"fired\","
    "\"match\":{\"rule\":\"r\"},\"do\":[{\"deaf\":{\"until\":\"1ms\"}}]},{\"on\":\"arrived\","
    "\"when\":{\"after\":{"
    "\"rule\":\"r\"}},\"do\":[{\"result\":{\"json\":\"[{occurrence}]\"}},{\"bytes\":{\"cut\":1}}]}]"
    "}",
};

/* Names of the tables, and what stands between them. */
static const char *words[256];
static size_t word_count;

static void collect_words(void) {
    static const char *const more[] = {"\"arrived\"",
                                       "\"nth\":",
                                       "\"until\":",
                                       "{\"signal\":\"go\"}",
                                       "true",
                                       "{}",
                                       "[]",
                                       "null",
                                       "\"limit\":\"none\"",
                                       "\"1ms\"",
                                       "0",
                                       "1",
                                       "7",
                                       "-1",
                                       "\"target\":\"all\"",
                                       ",",
                                       "{",
                                       "}",
                                       "[",
                                       "]",
                                       "\"",
                                       "\"*\"",
                                       "\"2..\"",
                                       "1e9",
                                       "\"gate\":\"g\"",
                                       "\"head\"",
                                       "18446744073709551615"};
    static char quoted[256][40];
    for (size_t i = 0; script_action_rows[i].name != NULL && word_count < 200; i++) {
        (void)snprintf(quoted[word_count], sizeof quoted[0], "{\"%s\":true},",
                       script_action_rows[i].name);
        words[word_count] = quoted[word_count];
        word_count++;
        (void)snprintf(quoted[word_count], sizeof quoted[0], "\"%s\":", script_action_rows[i].name);
        words[word_count] = quoted[word_count];
        word_count++;
    }
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
        words[word_count++] = more[i];
    }
}

static void emit(void *context, struct script_item *item, unsigned copy, uint64_t now) {
    fuzz.counts[ANSWERS]++;
    world_emit(context, item, copy, now);
}

static void fired(void *context, const struct script_act *act, struct substrate_text rule,
                  const struct script_did *did, size_t count) {
    fuzz.counts[FIRED]++;
    fuzz_check(count > 0, "a rule fired by no action");
    world_fired(context, act, rule, did, count);
}

static void run_script(struct script *script) {
    static struct world world;
    static const char *const requests[] = {"state_getStorage [\"0x1\"] @0x1", "state_call []",
                                           "state_queryStorageAt []", "chain_getHeader []"};
    world_begin_with(&world, script);
    world.host.emit = emit;
    world.host.fired = fired;
    script_run_start(world.run, world.now);
    struct script_peer *one = world_open(&world, 1), *two = world_open(&world, 2);
    struct world_call *first = NULL;
    for (size_t i = 0; i < 6; i++) {
        struct world_call *call =
            world_arrive(&world, i % 2 == 0 ? one : two, requests[fuzz_below(4)], "7");
        first = first == NULL ? call : first;
        if (i == 2) {
            world_put_notification(&world, one, "chain_subscribeNewHeads", first, NULL);
            script_run_due(world.run, world.now);
            world_give(&world, "go");
        }
        if (call->item.state == SCRIPT_ITEM_EMITTED) {
            script_left(world.run, &call->item, world.now);
            script_run_due(world.run, world.now);
        }
        world_pass(&world, 1000 * fuzz_below(4));
    }
    world_close_peer(&world, two);
    if (fuzz_below(2) == 0) {
        script_run_set(world.run, NULL, 1, world.now);
        script_run_due(world.run, world.now);
    }
    world_pass(&world, 6000000);
    world_end_all(&world);
}

static void try_script(const uint8_t *data, size_t size) {
    struct script_source source = {{(const char *)data, size}, "fuzz"};
    struct script *script = NULL;
    struct substrate_error error = {SUBSTRATE_OK, 0, 0, ""};
    enum substrate_status status = script_read(&source, 1, &script, &error);
    if (status == SUBSTRATE_OK) {
        fuzz.counts[READ]++;
        run_script(script);
        return;
    }
    fuzz.counts[REFUSED]++;
    fuzz_check(script == NULL, "a script that was refused");
    error.position = 0; /* errors of a document say the line in their text */
    fuzz_check_error(&error, size, status);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    try_script(data, size);
    return 0;
}

#ifndef FUZZ_LIBFUZZER
static void target(void) {
    struct base_buf text = BASE_BUF_INIT;
    size_t choice = fuzz_below(sizeof TEXTS / sizeof TEXTS[0] + fuzz.file_count);
    if (choice < fuzz.file_count) {
        base_buf_append(&text, fuzz.files[choice].data, fuzz.files[choice].size);
    } else {
        base_buf_str(&text, TEXTS[choice - fuzz.file_count]);
    }
    if (fuzz_below(8) > 0) {
        fuzz_mutate(&text, words, word_count);
    }
    uint8_t *exact = fuzz_exact(text.data, text.size);
    size_t size = text.size;
    base_buf_free(&text);
    try_script(exact, size);
    free(exact);
}

int main(int argc, char **argv) {
    collect_words();
    return fuzz_main(argc, argv, target, NAMES);
}
#endif
