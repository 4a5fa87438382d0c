/* Rival (a): a libwebsockets server as its examples are written: each message is answered by one
 * lws_write, from a queue that the writeable callback drains until the socket is choked. It does no
 * JSON: it knows the answer, the bytes that the mock node would send, from the id alone. */
#include <libwebsockets.h>
#include <signal.h>
#include "bench.h"

struct answer {
    struct answer *next;
    size_t size;
    unsigned char bytes[]; /* LWS_PRE bytes of room, then the text */
};

struct session {
    struct base_buf in; /* the message so far */
    struct answer *first, *last;
};

static struct bench_workload workload;
static struct lws_context *context;
static volatile sig_atomic_t stopping;

static void stop(int number) {
    (void)number;
    stopping = 1;
    lws_cancel_service(context);
}

/* Queues the answer to the message in session->in; false: no question of the load generator. */
static bool answer_message(struct session *session) {
    struct base_buf text = BASE_BUF_INIT;
    size_t slot = bench_slot((const uint8_t *)session->in.data, session->in.size);
    if (slot == SIZE_MAX) {
        return false;
    }
    bench_answer(&workload, slot, &text);
    struct answer *answer = text.failed ? NULL : base_alloc(sizeof *answer + LWS_PRE + text.size);
    if (answer != NULL) {
        answer->next = NULL;
        answer->size = text.size;
        memcpy(answer->bytes + LWS_PRE, text.data, text.size);
        *(session->first == NULL ? &session->first : &session->last->next) = answer;
        session->last = answer;
    }
    base_buf_free(&text);
    base_buf_reset(&session->in);
    return answer != NULL;
}

static void session_pop(struct session *session) {
    struct answer *answer = session->first;
    session->first = answer->next;
    base_free(answer);
}

static int receive(struct lws *wsi, struct session *session, const void *data, size_t size) {
    base_buf_append(&session->in, data, size);
    if (session->in.failed) {
        return -1;
    }
    if (!lws_is_final_fragment(wsi) || lws_remaining_packet_payload(wsi) != 0) {
        return 0;
    }
    if (!answer_message(session)) {
        return -1;
    }
    (void)lws_callback_on_writable(wsi);
    return 0;
}

static int drain(struct lws *wsi, struct session *session) {
    while (session->first != NULL && !lws_send_pipe_choked(wsi)) {
        struct answer *answer = session->first;
        int size = lws_write(wsi, answer->bytes + LWS_PRE, answer->size, LWS_WRITE_TEXT);
        if (size < (int)answer->size) {
            return -1;
        }
        session_pop(session);
    }
    if (session->first != NULL) {
        (void)lws_callback_on_writable(wsi);
    }
    return 0;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t size) {
    struct session *session = user;
    if (reason == LWS_CALLBACK_RECEIVE) {
        return receive(wsi, session, in, size);
    }
    if (reason == LWS_CALLBACK_SERVER_WRITEABLE) {
        return drain(wsi, session);
    }
    if (reason == LWS_CALLBACK_CLOSED) {
        while (session->first != NULL) {
            session_pop(session);
        }
        base_buf_free(&session->in);
    }
    return 0;
}

int main(int argc, char **argv) {
    const char *path = NULL;
    const struct bench_option options[] = {{"--workload", &path, NULL}};
    if (!bench_options(argc, argv, options, sizeof options / sizeof *options) ||
        !bench_workload_read(&workload, path)) {
        return 2;
    }
    lws_set_log_level(LLL_ERR, NULL);
    const struct lws_protocols protocols[] = {
        {"bench", on_event, sizeof(struct session), 0, 0, NULL, 0},
        {NULL, NULL, 0, 0, 0, NULL, 0},
    };
    struct lws_context_creation_info info = {
        .port = 0, .iface = "127.0.0.1", .protocols = protocols, .gid = -1, .uid = -1};
    context = lws_create_context(&info);
    if (context == NULL) {
        fprintf(stderr, "plain_lws: cannot listen on 127.0.0.1\n");
        bench_workload_free(&workload);
        return 1;
    }
    struct sigaction action = {.sa_handler = stop};
    (void)sigaction(SIGTERM, &action, NULL);
    (void)sigaction(SIGINT, &action, NULL);
    printf("{\"ready\":true,\"port\":%d}\n",
           lws_get_vhost_listen_port(lws_get_vhost_by_name(context, "default")));
    int status = fflush(stdout);
    while (status == 0 && !stopping) {
        status = lws_service(context, 0) < 0 ? 1 : 0;
    }
    lws_context_destroy(context);
    bench_workload_free(&workload);
    return status;
}
