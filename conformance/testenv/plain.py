"""A plain WebSocket client on a raw socket. It sends the bytes that it is told, keeps every frame that comes, and
says how the connection ended. A thread of its own reads, answers pings and closes, so that a test may wait for
what it likes."""

import base64
import hashlib
import json
import select
import socket
import ssl
import struct
import threading
import time

from . import frames
from .frames import Frames, encode
from .rpc import WAIT, request

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
KEY = base64.b64encode(b"sixteen bytes 16")
TRUSTING = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
TRUSTING.check_hostname, TRUSTING.verify_mode = False, ssl.CERT_NONE
TRUSTING.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF  # an end without a goodbye is told apart


def how_it_ended(error):
    """What an error of reading means: "cut" is TLS that ended without its goodbye. OpenSSL has a reason for a FIN, and
    none for a RST."""
    return "cut" if getattr(error, "reason", None) == "UNEXPECTED_EOF_WHILE_READING" else "reset"


class Plain:
    """One connection to `path`. Without `wait`, the handshake's answer is not waited for."""

    def __init__(self, port, path="/", tls=None, wait=True, pongs=True, headers=()):
        self.changed = threading.Condition()
        self.lock = threading.Lock()  # one thread at a time uses a TLS socket
        self.reading, self.pongs, self.end = True, pongs, None
        self.messages, self.notifications, self.by_id = [], [], {}
        self.frames = Frames(self.on_frame, self.on_message)
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=WAIT)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.sock = tls.wrap_socket(self.sock, suppress_ragged_eofs=False, server_hostname="localhost")
        self.sock.setblocking(False)
        lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Upgrade: websocket", "Connection: Upgrade",
                 "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {KEY.decode()}", *headers, "", ""]
        self.write("\r\n".join(lines).encode())
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        if wait:
            self.opened()

    # What it does

    def write(self, data):
        view = memoryview(data)
        while view:
            select.select([], [self.sock], [], WAIT)
            with self.lock:
                try:
                    view = view[self.sock.send(view):]
                except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                    pass

    def send(self, text):
        self.write(encode(frames.TEXT, text.encode()))

    def send_all(self, texts):
        """Many messages by one write."""
        self.write(b"".join(encode(frames.TEXT, text.encode()) for text in texts))

    def ask(self, method, *params, id=1):
        self.send(request(method, *params, id=id))

    def ping(self, payload=b""):
        self.write(encode(frames.PING, payload))

    def close(self, code=1000, reason=b""):
        """Sends a close frame."""
        self.write(encode(frames.CLOSE, struct.pack(">H", code) + reason))

    def reset(self):
        """Goes away by RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.drop()

    def drop(self):
        """Goes away without a word."""
        with self.changed:
            self.reading = False
            self.end = self.end or "dropped"
        try:
            self.sock.shutdown(socket.SHUT_RD)
        except OSError:
            pass
        self.thread.join(WAIT)
        self.sock.close()

    # What it sees

    def run(self):
        end = None
        while not end and self.end is None:
            select.select([self.sock], [], [], 1)
            try:
                with self.lock:
                    data = self.sock.recv(1 << 18)
                end = None if data else "fin"
            except (BlockingIOError, ssl.SSLWantReadError):
                continue
            except (OSError, ValueError) as error:
                data, end = b"", how_it_ended(error)
            with self.changed:
                self.frames.feed(data)
                self.end = self.end or end
                self.changed.notify_all()

    def on_frame(self, frame):
        try:
            if frame.opcode == frames.PING and self.pongs:
                self.write(encode(frames.PONG, frame.payload))
            elif frame.opcode == frames.CLOSE:
                self.write(encode(frames.CLOSE, frame.payload[:2]))
        except OSError:
            pass

    def on_message(self, data):
        self.messages.append(data)
        try:
            value = json.loads(data)
        except ValueError:
            return
        for entry in value if isinstance(value, list) else [value]:
            if isinstance(entry, dict) and "method" in entry:
                self.notifications.append(entry)
            elif isinstance(entry, dict):
                self.by_id.setdefault(json.dumps(entry.get("id")), []).append(entry)

    def until(self, what, why):
        """Waits until `what()` is true, gives its value, and fails with `why` if that never comes."""
        deadline = time.monotonic() + WAIT
        with self.changed:
            while not (value := what()):
                left = deadline - time.monotonic()
                assert left > 0, f"{why}; got {self.messages!r:.2000}, end {self.end}"
                self.changed.wait(left)
            return value

    def opened(self):
        """Waits for the answer to the handshake and gives its status."""
        self.until(lambda: self.frames.head is not None or self.end, "no answer to the handshake")
        return self.status

    @property
    def head(self):
        return (self.frames.head or b"").decode(errors="replace")

    @property
    def status(self):
        return int(self.head.split(" ")[1]) if self.head else None

    @property
    def headers(self):
        pairs = [line.split(":", 1) for line in self.head.split("\r\n")[1:] if ":" in line]
        return {name.strip().lower(): value.strip() for name, value in pairs}

    @property
    def body(self):
        """Of an answer that is no upgrade."""
        return bytes(self.frames.rest).decode(errors="replace")

    def accepted(self):
        """Whether the answer to the handshake proves that the other side speaks WebSocket."""
        proof = base64.b64encode(hashlib.sha1(KEY + GUID).digest()).decode()
        return self.status == 101 and self.headers.get("sec-websocket-accept") == proof

    def replies(self, id):
        """All that came so far for an id, as it was sent."""
        return self.by_id.get(json.dumps(id), [])

    def order(self):
        """The ids of all replies that are objects, in the order in which they came."""
        values = [json.loads(message) for message in list(self.messages)]
        return [value["id"] for value in values if isinstance(value, dict) and "id" in value]

    def reply(self, id=1):
        """Waits for the reply to an id."""
        return self.until(lambda: self.replies(id), f"no reply to {id}")[0]

    def call(self, method, *params, id=1):
        self.ask(method, *params, id=id)
        return self.reply(id)

    def gone(self):
        """Waits until the connection has ended and says how: fin, cut (TLS without its goodbye) or reset."""
        return self.until(lambda: self.end, "the connection does not end")

    def closed(self):
        """Waits for a close frame and gives (code, reason)."""
        frame = self.until(lambda: [f for f in self.frames.frames if f.opcode == frames.CLOSE],
                           "no close frame")[0]
        return frame.code, frame.payload[2:].decode(errors="replace")
