"""A relay between client and node that reads along by itself: it hands every byte, FIN and RST through unchanged.
What it says of sockets, requests, frames and their order owes nothing to either side."""

import json
import select
import socket
import ssl
import struct
import threading
import time

from .frames import Frames
from .plain import how_it_ended

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close() sends RST
AGAIN = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
SO_TIMESTAMPNS = 35  # of Linux; what the kernel says beside data has the same number
DATA_SEGMENTS = 152  # offset of tcpi_data_segs_in in Linux' struct tcp_info


def calls_in(message):
    """The ids of the calls or answers in a message; of notifications, and of what is no JSON, there are none."""
    try:
        value = json.loads(message)
    except ValueError:
        return []
    return [json.dumps(entry["id"]) for entry in (value if isinstance(value, list) else [value])
            if isinstance(entry, dict) and "id" in entry]


class End:
    """One of the two sockets of a connection, and what was read from it.

    `reads` has (bytes, segments) after each read: of the plain stream, and as the kernel counted those with
    data. `stamp` is when the last of them was sent, by the kernel's clock, but for TLS. `end` is how it ended: "fin",
    "cut" (TLS without its goodbye) or "reset"."""

    def __init__(self, sock, frames):
        self.sock, self.frames = sock, frames
        self.bytes, self.reads, self.end, self.stamp = 0, [], None, 0
        self.out, self.after = bytearray(), None
        self.stamped = not isinstance(sock, ssl.SSLSocket)
        if self.stamped:
            sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)

    def receive(self):
        if not self.stamped:
            return self.sock.recv(1 << 18)
        data, beside, *_ = self.sock.recvmsg(1 << 18, 64)
        self.stamp = time.time_ns()  # the kernel begins to stamp a little after it was asked to
        for level, kind, value in beside:
            if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
                seconds, ns = struct.unpack("ll", value)
                self.stamp = seconds * 10**9 + ns
        return data

    def segments(self):
        info = self.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        return struct.unpack_from("I", info, DATA_SEGMENTS)[0]

    def read(self):
        """All that is there, or None at its end."""
        try:
            data = self.receive()
        except AGAIN:
            return b""
        except OSError as error:
            self.end = how_it_ended(error)
            return None
        if not data:
            self.end = "fin"
            return None
        self.bytes += len(data)
        self.reads.append((self.bytes, self.segments()))
        # Segments are acknowledged at once, so that many small writes are not merged for want of a window.
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        return data

    def flush(self):
        """Writes what waits, then ends as the other side did. False: this side is broken."""
        try:
            while self.out:
                del self.out[: self.sock.send(self.out)]
        except AGAIN:
            return True
        except OSError:
            return False
        if self.after == "fin":
            try:
                self.sock.shutdown(socket.SHUT_WR)
            except OSError:
                pass
        self.after = None
        return True


class Connection:
    """A client's connection: `asked` is what came from the client, `said` what came from the node."""

    def __init__(self, number, client, node, relay):
        self.number, self.in_flight, self.done = number, [], False
        self.asked = End(client, Frames(on_message=lambda m: relay.asked(self, m)))
        self.said = End(node, Frames(lambda f: relay.told.append((self.said.stamp, number, f)),
                                     lambda m: relay.answered(self, m)))

    def sockets(self):
        return (self.asked.sock, self.said.sock)

    def run(self):
        """Hands through what is there; True once both directions have ended."""
        for here, there in ((self.asked, self.said), (self.said, self.asked)):
            while not here.end and (data := here.read()) != b"":
                if data is None:
                    self.ended(here, there)
                    break
                here.frames.feed(data)
                there.out += data
        broken = not self.asked.flush() or not self.said.flush()
        return broken and self.finish() or self.done or self.both_ended() and self.finish()

    def both_ended(self):
        return self.asked.end and self.said.end and not self.asked.out and not self.said.out

    def ended(self, here, there):
        if here.end == "reset":
            there.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            there.out.clear()
            self.finish()
        else:
            there.after = "fin"

    def finish(self):
        self.done = True
        return True

    def close(self):
        for sock in self.sockets():
            sock.close()


class Relay:
    """Listens on a free port of its own and hands through to the node's. Use as a context. With `tls`, a server's
    ssl.SSLContext, it speaks TLS to the client; with `node_tls`, a client's, to the node.

    `order()` has (connection's number, frame) of all that the node said, in the order of the kernel's stamps of when
    it was sent, also between sockets: exact as long as no socket is written to again before it was read."""

    def __init__(self, port, tls=None, node_tls=None):
        self.target, self.tls, self.node_tls = port, tls, node_tls
        self.opened = self.open = self.peak = 0
        self.requests = self.replies = self.max_per_conn = self.max_total = 0
        self.sent, self.received, self.told = [], [], []
        self.connections, self.by_fd = [], {}
        self.epoll = select.epoll()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.listener.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.port = self.listener.getsockname()[1]
        self.waker, self.wake = socket.socketpair()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.epoll.register(self.listener, select.EPOLLIN)
        self.epoll.register(self.waker, select.EPOLLIN)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.wake.send(b".")
        self.thread.join(10)
        for connection in self.connections:
            connection.close()
        for thing in (self.listener, self.waker, self.wake, self.epoll):
            thing.close()

    def run(self):
        while True:
            for fd, _ in self.epoll.poll(maxevents=4096):
                if fd == self.waker.fileno():
                    return
                if fd == self.listener.fileno():
                    self.accept()
                elif fd in self.by_fd:
                    self.hand_on(self.by_fd[fd])

    def hand_on(self, connection):
        try:
            done = connection.run()
        except ConnectionResetError:  # a test that reads along cuts the connection
            done = True
        if done:
            self.drop(connection)

    def accept(self):
        client = self.listener.accept()[0]
        node = socket.create_connection(("127.0.0.1", self.target))
        if self.tls:
            client = self.tls.wrap_socket(client, server_side=True, do_handshake_on_connect=False,
                                          suppress_ragged_eofs=False)
        if self.node_tls:
            node = self.node_tls.wrap_socket(node, suppress_ragged_eofs=False, server_hostname="localhost")
        self.opened += 1
        self.open += 1
        self.peak = max(self.peak, self.open)
        connection = Connection(self.opened, client, node, self)
        self.connections.append(connection)
        for sock in connection.sockets():
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.by_fd[sock.fileno()] = connection
            self.epoll.register(sock, select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP | select.EPOLLET)

    def drop(self, connection):
        for sock in connection.sockets():
            del self.by_fd[sock.fileno()]
        connection.close()
        connection.in_flight.clear()
        self.open -= 1

    def asked(self, connection, message):
        self.sent.append(message.decode(errors="replace"))
        ids = calls_in(message)
        connection.in_flight += ids
        self.requests += len(ids)
        self.max_per_conn = max(self.max_per_conn, len(connection.in_flight))
        self.max_total = max(self.max_total, sum(len(c.in_flight) for c in self.connections))

    def answered(self, connection, message):
        self.received.append(message.decode(errors="replace"))
        for id in calls_in(message):
            if id in connection.in_flight:
                connection.in_flight.remove(id)
                self.replies += 1

    def order(self):
        return [(number, frame) for _, number, frame in sorted(self.told, key=lambda told: told[0])]

    def counters(self):
        return {
            "opened": self.opened,
            "peak": self.peak,
            "max_per_conn": self.max_per_conn,
            "max_total": self.max_total,
            "requests": self.requests,
        }
