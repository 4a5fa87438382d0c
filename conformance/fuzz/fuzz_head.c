/* Heads of HTTP from a peer of the node. An input is read whole, in each of its beginnings, and as
 * the answer to a handshake. Also an entry for libFuzzer: build with -DFUZZ_LIBFUZZER. */
#include "fuzz.h"

#include "wire/handshake.h"
#include "wire/head.h"

enum { READ, REFUSED, UNFINISHED, UPGRADES, HOSTS, ANSWERS };
static const char *const NAMES[] = {"heads",         "refused", "unfinished", "upgrades",
                                    "allowed hosts", "answers", NULL};

static const char *const TEXTS[] = {
    "POST /s/a%20b?seed=7&as=x HTTP/1.1\r\nHost: localhost:9944\r\nContent-Type: "
    "application/json\r\nContent-Length: 12\r\nExpect: 100-continue\r\n\r\n{}",
    "GET / HTTP/1.1\r\nHost: [::1]\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
    "\r\n\nGET http://127.0.0.1/health?x HTTP/1.0\nConnection: keep-alive\n\n",
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
};
static const char *const WORDS[] = {
    "\r\n",
    "\n",
    "\r",
    " ",
    ":",
    "%",
    "%00",
    "HTTP/1.1",
    "HTTP/2.0",
    "http://",
    "?",
    "Host: x",
    "GET ",
    "Content-Length: 1\r\n",
    "Origin: x\r\n",
    "Transfer-Encoding: chunked\r\n",
    "\t",
    "18446744073709551616",
    "[",
    "]",
};

static struct substrate_text whole;

static void check_inside(struct substrate_text view) {
    fuzz_check(view.size == 0 ||
                   (view.data >= whole.data && view.data + view.size <= whole.data + whole.size),
               "a view of something else");
}

static void check_target(struct substrate_text text) {
    char out[64];
    struct substrate_text plain = {NULL, 0};
    bool fits = wire_unescape(text, out, sizeof out, &plain);
    fuzz_check(!fits || plain.size <= text.size, "more than there was");
    fuzz_check(fits || text.size > sizeof out, "%zu bytes do not fit", text.size);
}

/* What a head that was read must be. */
static void check_head(const struct wire_head *head) {
    const struct substrate_text views[] = {head->method,       head->path, head->query,  head->host,
                                           head->content_type, head->key,  head->version};
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        if (!base_text_is(views[i], "/")) { /* what an absolute target without a path has */
            check_inside(views[i]);
        }
        fuzz_check(views[i].size == 0 || memchr(views[i].data, '\n', views[i].size) == NULL,
                   "a view of two lines");
    }
    fuzz_check(head->size > 0 && head->size <= whole.size && head->size <= WIRE_HEAD_MAX &&
                   whole.data[head->size - 1] == '\n',
               "a head of %zu bytes", head->size);
    fuzz_check(head->method.size > 0 && head->path.size > 0, "no method or no path");
    fuzz_check(head->has_length || head->length == 0, "a length out of nothing");
    fuzz_check(!head->websocket || base_text_is(head->method, "GET"), "an upgrade of no GET");
    fuzz.counts[UPGRADES] += head->websocket;
    fuzz.counts[HOSTS] += head->host.size > 0 && wire_host_is_allowed(head->host, NULL, 0);
    check_target(head->path);
    check_target(head->query);
}

/* A beginning is unfinished until it is what the whole is. */
static void check_beginnings(int status, const struct wire_head *head) {
    struct wire_head part;
    for (size_t size = 0; size < whole.size; size++) {
        int early = wire_head_read((struct substrate_text){whole.data, size}, &part);
        fuzz_check(early == 0 || early == status, "%d after %zu bytes, then %d", early, size,
                   status);
        fuzz_check(early != 200 || (size >= head->size && part.size == head->size),
                   "a head of %zu bytes, then of %zu", part.size, head->size);
    }
}

static void check_answer(void) {
    struct wire_answer_head answer;
    if (!wire_answer_read(whole, &answer)) {
        return;
    }
    check_inside(answer.accept);
    fuzz_check(answer.size <= whole.size && answer.status >= 0 && answer.status < 1000,
               "status %d, %zu bytes", answer.status, answer.size);
    fuzz.counts[ANSWERS] += answer.status == 101;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct wire_head head;
    whole = (struct substrate_text){(const char *)data, size};
    int status = wire_head_read(whole, &head);
    fuzz_check(status == 0 || status == 200 || (status >= 400 && status < 600), "status %d",
               status);
    fuzz.counts[status == 0 ? UNFINISHED : status == 200 ? READ : REFUSED]++;
    if (status == 200) {
        check_head(&head);
    }
    if (size < 2000) {
        check_beginnings(status, &head);
    }
    check_answer();
    return 0;
}

#ifndef FUZZ_LIBFUZZER
static void target(void) {
    struct base_buf text = BASE_BUF_INIT;
    base_buf_str(&text, TEXTS[fuzz_below(sizeof TEXTS / sizeof *TEXTS)]);
    if (fuzz_below(16) > 0) {
        fuzz_mutate(&text, WORDS, sizeof WORDS / sizeof *WORDS);
    }
    uint8_t *exact = fuzz_exact(text.data, text.size);
    (void)LLVMFuzzerTestOneInput(exact, text.size);
    free(exact);
    base_buf_free(&text);
}

int main(int argc, char **argv) { return fuzz_main(argc, argv, target, NAMES); }
#endif
