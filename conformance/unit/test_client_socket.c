/* The client on real sockets: many frames, big ones, split ones, control frames in between, and
 * servers that refuse, hang up or are no WebSocket at all. */
#include "ws_server.h"

#include <signal.h>

#include <substrate/connection.h>
#include <substrate/engine.h>
#include <substrate/gather.h>

#define BIG ((size_t)3 << 20)

static enum substrate_status connect_to(const char *url, uint32_t connect_timeout_ms,
                                        struct substrate_connection **connection,
                                        struct substrate_error *error) {
    struct substrate_connection_options options = SUBSTRATE_CONNECTION_OPTIONS_INIT;
    options.url = url;
    options.connect_timeout_ms = connect_timeout_ms;
    options.in_flight_max = 10000;
    options.message_bytes_max = BIG + 100;
    return substrate_connection_open(&options, connection, error);
}

static struct substrate_connection *connected(struct ws_server *server,
                                              void (*script)(struct ws_server *server)) {
    struct substrate_connection *connection = NULL;
    struct substrate_error error;
    ws_server_start(server, script);
    ck_assert_msg(connect_to(server->url, 60000, &connection, &error) == SUBSTRATE_OK, "%s",
                  error.message);
    return connection;
}

/* A gather of `count` requests with params [text]. */
static struct substrate_gathered *gather(struct substrate_connection *connection, size_t count,
                                         struct substrate_text params,
                                         enum substrate_status expected) {
    struct substrate_request *requests = calloc(count, sizeof(*requests));
    struct substrate_gathered *gathered = NULL;
    for (size_t i = 0; i < count; i++) {
        requests[i].method = "m";
        requests[i].params = params;
    }
    ck_assert_int_eq(substrate_gather(connection, requests, count, &gathered, NULL), expected);
    free(requests);
    return gathered;
}

/* Each reply is the id of its request: ids start at 1. */
static void check_ids(const struct substrate_gathered *gathered) {
    for (size_t i = 0; i < gathered->count; i++) {
        char value[32];
        (void)snprintf(value, sizeof(value), "%zu", i + 1);
        ck_text_eq(gathered->replies[i].result, value);
    }
}

static void reply_id(struct ws_server *server, unsigned long long id) {
    char text[96];
    (void)snprintf(text, sizeof(text), "{\"jsonrpc\":\"2.0\",\"result\":%llu,\"id\":%llu}", id, id);
    ws_send_text(server, text);
}

static void answer_each(struct ws_server *server) {
    struct ws_frame frame;
    while (ws_receive_text(server, &frame)) {
        reply_id(server, ws_id(&frame));
        free(frame.data);
    }
}

START_TEST(test_10000_requests_on_one_socket) {
    struct ws_server server = {0};
    struct substrate_connection *connection = connected(&server, answer_each);
    struct substrate_gathered *gathered =
        gather(connection, 10000, (struct substrate_text){NULL, 0}, SUBSTRATE_OK);
    check_ids(gathered);
    substrate_gathered_free(gathered);
    substrate_connection_close(connection);
    ws_server_stop(&server);
    ck_assert_int_eq(server.close_code, 1000);
    ck_assert_ptr_nonnull(strstr(server.request, "GET /a/b?c=1 HTTP/1.1\r\n"));
    ck_assert_ptr_null(strstr(server.request, "Sec-WebSocket-Protocol"));
    ck_assert_ptr_null(strstr(server.request, "Sec-WebSocket-Extensions"));
}
END_TEST

/* Reads nothing until the client's writes must have been cut in the middle, with pings sent
 * meanwhile; then every frame must still be whole. */
static void answer_after_all(struct ws_server *server) {
    static unsigned long long ids[4000];
    struct ws_frame frame;
    for (int i = 0; i < 50; i++) {
        ws_send(server, 0x89, "ping", 4);
    }
    for (size_t i = 0; i < 4000; i++) {
        if (!ws_receive_text(server, &frame)) {
            ws_fail(server, "fewer requests than there are");
            return;
        }
        ids[i] = ws_id(&frame);
        if (frame.size < 2000 || frame.data[frame.size - 1] != '}') {
            ws_fail(server, "a request that is cut");
        }
        free(frame.data);
        if (i % 100 == 0) {
            ws_send(server, 0x89, "more", 4);
        }
    }
    for (size_t i = 4000; i > 0; i--) {
        reply_id(server, ids[i - 1]);
    }
    answer_each(server);
}

START_TEST(test_frames_stay_whole_when_writes_are_cut) {
    struct ws_server server = {0};
    static char params[2001];
    memset(params, ' ', sizeof(params));
    params[0] = '[';
    params[sizeof(params) - 1] = ']';
    struct substrate_connection *connection = connected(&server, answer_after_all);
    struct substrate_gathered *gathered =
        gather(connection, 4000, (struct substrate_text){params, sizeof(params)}, SUBSTRATE_OK);
    check_ids(gathered);
    substrate_gathered_free(gathered);
    substrate_connection_close(connection);
    ws_server_stop(&server);
    ck_assert_int_eq(server.close_code, 1000);
    ck_assert_uint_gt(server.pongs, 0);
}
END_TEST

/* The same when each request finds the socket free, or full, or full of half a frame. */
START_TEST(test_frames_stay_whole_when_submitted_one_by_one) {
    struct ws_server server = {0};
    static char params[2001];
    static struct substrate_pending *pending[4000];
    memset(params, ' ', sizeof(params));
    params[0] = '[';
    params[sizeof(params) - 1] = ']';
    struct substrate_connection *connection = connected(&server, answer_after_all);
    struct substrate_request request = {"m", {params, sizeof(params)}, 0};
    for (size_t i = 0; i < 4000; i++) {
        ck_assert_int_eq(substrate_submit(connection, &request, &pending[i], NULL), SUBSTRATE_OK);
    }
    for (size_t i = 0; i < 4000; i++) {
        const struct substrate_reply *reply = NULL;
        char value[32];
        (void)snprintf(value, sizeof(value), "%zu", i + 1);
        ck_assert_int_eq(substrate_wait(pending[i], SUBSTRATE_NEVER, &reply), SUBSTRATE_OK);
        ck_text_eq(reply->result, value);
        substrate_pending_free(pending[i]);
    }
    substrate_connection_close(connection);
    ws_server_stop(&server);
    ck_assert_int_eq(server.close_code, 1000);
}
END_TEST

/* Sends back the params of a request as its result: whole, in two pieces at each of many places
 * with a ping between, and byte by byte. */
static void echo_in_pieces(struct ws_server *server) {
    struct ws_frame frame;
    size_t round = 0;
    while (ws_receive_text(server, &frame)) {
        const char *params = strstr((const char *)frame.data, "\"params\":") + 9;
        size_t size = frame.size - (size_t)(params - (const char *)frame.data) - 1;
        char *reply = malloc(size + 100);
        int head = snprintf(reply, 100, "{\"id\":%llu,\"result\":", ws_id(&frame));
        memcpy(reply + head, params, size);
        reply[(size_t)head + size] = '}';
        size += (size_t)head + 1;
        size_t cut = round % (size + 1);
        if (size > 1000) {
            ws_send(server, 0x81, reply, size);
        } else if (round < 100) {
            ws_send(server, 0x01, reply, cut);
            ws_send(server, 0x89, "between", 7);
            ws_send(server, 0x80, reply + cut, size - cut);
        } else {
            for (size_t i = 0; i < size; i++) {
                ws_send(server, i == 0 ? 0x01 : i + 1 == size ? 0x80 : 0x00, reply + i, 1);
            }
        }
        round += 1;
        free(reply);
        free(frame.data);
    }
}

START_TEST(test_replies_in_pieces_are_joined) {
    struct ws_server server = {0};
    struct substrate_connection *connection = connected(&server, echo_in_pieces);
    for (int i = 0; i < 110; i++) {
        struct substrate_gathered *gathered =
            gather(connection, 1, BASE_TEXT("[\"0123456789 \xc3\xa9\"]"), SUBSTRATE_OK);
        ck_text_eq(gathered->replies[0].result, "[\"0123456789 \xc3\xa9\"]");
        substrate_gathered_free(gathered);
    }
    substrate_connection_close(connection);
    ws_server_stop(&server);
    ck_assert_uint_eq(server.pongs, 100);
}
END_TEST

START_TEST(test_frames_of_every_size_class_come_through) {
    static const size_t sizes[] = {2, 125, 126, 127, 65535, 65536, 70000, BIG};
    struct ws_server server = {0};
    struct substrate_connection *connection = connected(&server, echo_in_pieces);
    char *params = malloc(BIG);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct substrate_text text = {params, sizes[i]};
        memset(params, '1', sizes[i]);
        params[0] = '[';
        for (size_t at = 2; at + 1 < sizes[i]; at += 1000) {
            params[at] = (char)('2' + (char)(at / 1000 % 8));
        }
        params[sizes[i] - 1] = ']';
        struct substrate_gathered *gathered = gather(connection, 1, text, SUBSTRATE_OK);
        ck_assert(base_text_equal(gathered->replies[0].result, text));
        substrate_gathered_free(gathered);
    }
    free(params);
    substrate_connection_close(connection);
    ws_server_stop(&server);
}
END_TEST

static void send_too_much(struct ws_server *server) {
    struct ws_frame frame;
    if (ws_receive_text(server, &frame)) {
        char *text = calloc(1, BIG + 200);
        ws_send(server, 0x81, text, BIG + 200);
        free(text);
        free(frame.data);
    }
    server->failed = NULL; /* the client may well hang up before it has all */
    while (ws_receive_text(server, &frame)) {
        free(frame.data);
    }
}

START_TEST(test_message_over_the_limit_closes_with_it) {
    struct ws_server server = {0};
    struct substrate_connection *connection = connected(&server, send_too_much);
    struct substrate_gathered *gathered =
        gather(connection, 2, (struct substrate_text){NULL, 0}, SUBSTRATE_PARTIAL);
    ck_assert_int_eq(gathered->replies[0].status, SUBSTRATE_E_LIMIT);
    ck_assert_int_eq(gathered->replies[1].status, SUBSTRATE_E_LIMIT);
    substrate_gathered_free(gathered);
    substrate_connection_close(connection);
    ws_server_stop(&server);
}
END_TEST

/* Answers two, then closes with a code, or cuts a reply in the middle and hangs up. */
static void close_after_two(struct ws_server *server) {
    struct ws_frame frame;
    for (int i = 0; i < 2 && ws_receive_text(server, &frame); i++) {
        reply_id(server, ws_id(&frame));
        free(frame.data);
    }
    server->closed_first = true;
    ws_send(server, 0x88, "\x03\xe9", 2); /* 1001 */
    while (ws_receive_text(server, &frame)) {
        free(frame.data);
    }
}

static void cut_after_two(struct ws_server *server) {
    struct ws_frame frame;
    static const uint8_t cut[] = {0x81, 100, '{', '"', 'i', 'd', '"', ':', '3'};
    for (int i = 0; i < 2 && ws_receive_text(server, &frame); i++) {
        reply_id(server, ws_id(&frame));
        free(frame.data);
    }
    (void)ws_write(server, cut, sizeof(cut));
}

static void check_closed_after_two(void (*script)(struct ws_server *server), const char *reason) {
    struct ws_server server = {0};
    struct substrate_connection *connection = connected(&server, script);
    struct substrate_request request = {"m", {NULL, 0}, 0};
    struct substrate_pending *pending = NULL;
    struct substrate_error error;
    struct substrate_gathered *gathered =
        gather(connection, 20, (struct substrate_text){NULL, 0}, SUBSTRATE_PARTIAL);
    for (size_t i = 0; i < 20; i++) {
        ck_assert_int_eq(gathered->replies[i].status, i < 2 ? SUBSTRATE_OK : SUBSTRATE_E_CLOSED);
    }
    substrate_gathered_free(gathered);
    ck_assert_int_eq(substrate_submit(connection, &request, &pending, &error), SUBSTRATE_E_CLOSED);
    ck_assert_ptr_nonnull(strstr(error.message, reason));
    substrate_connection_close(connection);
    ws_server_stop(&server);
}

START_TEST(test_close_by_the_node_names_its_code) {
    check_closed_after_two(close_after_two, "code 1001");
}
END_TEST

START_TEST(test_cut_reply_is_never_delivered) { check_closed_after_two(cut_after_two, "lost"); }
END_TEST

START_TEST(test_what_is_no_websocket_is_refused) {
    static const char *const refusals[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
        "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n",
        ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n"),
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "",
    };
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        struct ws_server server = {.refusal = refusals[i]};
        struct substrate_connection *connection = NULL;
        struct substrate_error error = {0};
        ws_server_start(&server, NULL);
        ck_assert_msg(connect_to(server.url, 60000, &connection, &error) == SUBSTRATE_E_CONNECT,
                      "refusal %zu", i);
        ck_assert_ptr_null(connection);
        ck_assert_ptr_nonnull(strstr(error.message, "127.0.0.1"));
        if (strstr(refusals[i], "429") != NULL) {
            ck_assert_ptr_nonnull(strstr(error.message, "429"));
        }
        ws_server_stop(&server);
    }
}
END_TEST

START_TEST(test_nobody_listens) {
    struct ws_server server = {0};
    struct substrate_connection *connection = NULL;
    struct substrate_error error = {0};
    ws_server_start(&server, NULL);
    (void)shutdown(server.listener, SHUT_RDWR); /* the port is ours, and closed */
    ws_server_stop(&server);
    ck_assert_int_eq(connect_to(server.url, 60000, &connection, &error), SUBSTRATE_E_CONNECT);
    ck_assert_ptr_null(connection);
}
END_TEST

START_TEST(test_handshake_that_stalls_times_out) {
    struct ws_server server = {0};
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof(address);
    struct substrate_connection *connection = NULL;
    struct substrate_error error = {0};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    server.listener = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(server.listener, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(listen(server.listener, 8), 0); /* the kernel accepts; nobody answers */
    ck_assert_int_eq(getsockname(server.listener, (struct sockaddr *)&address, &size), 0);
    (void)snprintf(server.url, sizeof(server.url), "ws://127.0.0.1:%u", ntohs(address.sin_port));
    ck_assert_int_eq(connect_to(server.url, 50, &connection, &error), SUBSTRATE_E_TIMEOUT);
    ck_assert_ptr_null(connection);
    (void)close(server.listener);
}
END_TEST

static void on_signal(int number) { (void)number; }

START_TEST(test_signal_dispositions_stay) {
    static void (*const handlers[])(int) = {SIG_DFL, on_signal};
    for (size_t i = 0; i < 2; i++) {
        struct sigaction action = {.sa_handler = handlers[i]};
        struct sigaction after;
        struct substrate_engine *engine = NULL;
        ck_assert_int_eq(sigaction(SIGPIPE, &action, NULL), 0);
        ck_assert_int_eq(substrate_engine_open(NULL, &engine, NULL), SUBSTRATE_OK);
        ck_assert_int_eq(sigaction(SIGPIPE, NULL, &after), 0);
        ck_assert(after.sa_handler == handlers[i]);
        substrate_engine_close(engine);
        ck_assert_int_eq(sigaction(SIGPIPE, NULL, &after), 0);
        ck_assert(after.sa_handler == handlers[i]);
    }
}
END_TEST

START_TEST(test_one_engine_serves_many_sockets) {
    struct substrate_engine *engine = NULL;
    struct ws_server servers[5] = {{0}};
    struct substrate_connection *connections[5];
    ck_assert_int_eq(substrate_engine_open(NULL, &engine, NULL), SUBSTRATE_OK);
    for (int i = 0; i < 5; i++) {
        struct substrate_connection_options options = SUBSTRATE_CONNECTION_OPTIONS_INIT;
        ws_server_start(&servers[i], answer_each);
        options.url = servers[i].url;
        options.engine = engine;
        ck_assert_int_eq(substrate_connection_open(&options, &connections[i], NULL), SUBSTRATE_OK);
    }
    for (int i = 0; i < 5; i++) {
        struct substrate_gathered *gathered =
            gather(connections[i], 50, (struct substrate_text){NULL, 0}, SUBSTRATE_OK);
        check_ids(gathered);
        substrate_gathered_free(gathered);
    }
    substrate_connection_close(connections[0]);
    substrate_engine_close(engine); /* says goodbye for the rest */
    for (int i = 0; i < 5; i++) {
        ws_server_stop(&servers[i]);
        ck_assert_int_eq(servers[i].close_code, 1000);
        if (i > 0) {
            substrate_connection_close(connections[i]);
        }
    }
}
END_TEST

CHECK_MAIN("client_socket", test_10000_requests_on_one_socket,
           test_frames_stay_whole_when_writes_are_cut,
           test_frames_stay_whole_when_submitted_one_by_one, test_replies_in_pieces_are_joined,
           test_frames_of_every_size_class_come_through, test_message_over_the_limit_closes_with_it,
           test_close_by_the_node_names_its_code, test_cut_reply_is_never_delivered,
           test_what_is_no_websocket_is_refused, test_nobody_listens,
           test_handshake_that_stalls_times_out, test_signal_dispositions_stay,
           test_one_engine_serves_many_sockets)
