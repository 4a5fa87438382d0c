/* Reading into a buffer that all streams share, and writing what `out` has. */
#include "wire/stream.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/mem.h"

/* A read takes at most so much at once. */
#define READ_MAX 65536
/* Leftovers up to this size are read on behind in the shared buffer. */
#define REST_MAX 65536
/* Empty buffers up to this size go from stream to stream. */
#define SPARE_MAX 65536

bool wire_room_open(struct wire_room *room) {
    *room = (struct wire_room){.scratch = base_alloc(REST_MAX + READ_MAX), .spare = BASE_BUF_INIT};
    return room->scratch != NULL;
}

void wire_room_close(struct wire_room *room) {
    base_free(room->scratch);
    base_buf_free(&room->spare);
}

/* ---- in ---- */

static ssize_t read_some(struct wire_stream *stream, char *data, size_t size) {
    if (stream->tls != NULL) {
        ssize_t got = wire_tls_read(stream->tls, data, size);
        stream->read_needs_output = got == WIRE_AGAIN && wire_tls_wants_write(stream->tls);
        return got;
    }
    ssize_t done = recv(stream->watch.descriptor, data, size, 0);
    if (done >= 0) {
        return done;
    }
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? WIRE_AGAIN : WIRE_LOST;
}

/* Gives what is in `in` to `take`, and moves the rest to the front. */
void wire_stream_retake(struct wire_stream *stream, wire_take take) {
    struct base_buf *in = &stream->in;
    size_t used = in->size > 0 ? take(stream, in->data, in->size) : 0;
    if (stream->closed || used == 0) {
        return;
    }
    in->size -= used;
    if (in->size > 0) {
        memmove(in->data, in->data + used, in->size);
    } else {
        base_buf_free(in);
    }
}

/* Large messages come in where they are gathered. */
static ssize_t read_behind(struct wire_stream *stream, wire_take take) {
    if (!base_buf_reserve(&stream->in, READ_MAX)) {
        return WIRE_LOST;
    }
    ssize_t size = read_some(stream, stream->in.data + stream->in.size, READ_MAX);
    if (size > 0) {
        stream->in.size += (size_t)size;
        wire_stream_retake(stream, take);
    }
    return size;
}

static ssize_t read_shared(struct wire_stream *stream, wire_take take) {
    char *scratch = stream->room->scratch;
    struct base_buf *in = &stream->in;
    ssize_t size = read_some(stream, scratch + in->size, READ_MAX);
    if (size <= 0) {
        return size;
    }
    if (in->size > 0) {
        memcpy(scratch, in->data, in->size);
    }
    size_t total = in->size + (size_t)size;
    base_buf_free(in);
    size_t used = take(stream, scratch, total);
    if (!stream->closed && used < total) {
        base_buf_append(in, scratch + used, total - used);
    }
    return in->failed ? WIRE_LOST : size;
}

ssize_t wire_stream_read(struct wire_stream *stream, wire_take take) {
    ssize_t size = 0;
    do {
        size = stream->in.size > REST_MAX ? read_behind(stream, take) : read_shared(stream, take);
    } while (size > 0 && !stream->closed && stream->tls != NULL &&
             wire_tls_pending(stream->tls) > 0);
    return size;
}

/* ---- out ---- */

static ssize_t write_some(struct wire_stream *stream, struct substrate_text bytes) {
    if (stream->tls != NULL) {
        return wire_tls_write(stream->tls, bytes.data, bytes.size);
    }
    ssize_t done = send(stream->watch.descriptor, bytes.data, bytes.size, MSG_NOSIGNAL);
    if (done >= 0) {
        return done;
    }
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? WIRE_AGAIN : WIRE_LOST;
}

void wire_stream_begin(struct wire_stream *stream) {
    struct base_buf *buf = &stream->out.buf;
    if (buf->capacity == 0 && !buf->failed) {
        *buf = stream->room->spare;
        stream->room->spare = (struct base_buf)BASE_BUF_INIT;
    }
}

static void give_back(struct wire_stream *stream) {
    struct base_buf *buf = &stream->out.buf;
    if (stream->room->spare.capacity > 0 || buf->capacity > SPARE_MAX) {
        base_buf_free(buf);
    } else {
        stream->room->spare = *buf;
        *buf = (struct base_buf)BASE_BUF_INIT;
    }
}

ssize_t wire_stream_write(struct wire_stream *stream) {
    struct substrate_text bytes = wire_out_next(&stream->out);
    if (bytes.size == 0) {
        return WIRE_END;
    }
    ssize_t size = write_some(stream, bytes);
    if (size > 0) {
        wire_out_consume(&stream->out, (size_t)size);
        if (stream->out.buf.size == 0) {
            give_back(stream);
        }
    }
    stream->blocked = size == WIRE_AGAIN;
    stream->write_needs_input =
        stream->blocked && stream->tls != NULL && !wire_tls_wants_write(stream->tls);
    return size;
}

/* ---- the socket ---- */

void wire_stream_woken(struct wire_stream *stream, uint32_t events) {
    if (stream->tls != NULL || (events & EPOLLOUT) != 0) {
        stream->blocked = false;
    }
}

bool wire_stream_watch(struct wire_stream *stream, struct wire_loop *loop, bool input) {
    bool output = (stream->blocked && !stream->write_needs_input) || stream->read_needs_output;
    return wire_loop_watch(loop, &stream->watch, (input ? EPOLLIN : 0U) | (output ? EPOLLOUT : 0U));
}

void wire_stream_shut(struct wire_stream *stream, bool notify) {
    if (notify && stream->tls != NULL) {
        wire_tls_goodbye(stream->tls);
    }
    (void)shutdown(stream->watch.descriptor, SHUT_WR);
}

void wire_stream_close(struct wire_stream *stream, struct wire_loop *loop, bool reset) {
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    if (stream->closed) {
        return;
    }
    stream->closed = true;
    wire_loop_forget(loop, &stream->watch);
    if (reset) {
        (void)setsockopt(stream->watch.descriptor, SOL_SOCKET, SO_LINGER, &at_once,
                         sizeof(at_once));
    }
    wire_tls_free(stream->tls);
    stream->tls = NULL;
    (void)close(stream->watch.descriptor);
}

void wire_stream_free(struct wire_stream *stream) {
    base_buf_free(&stream->in);
    wire_out_free(&stream->out);
}
