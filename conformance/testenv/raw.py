"""A WebSocket read and written byte by byte: frames as they stand on the wire, and how a connection ends."""

import os
import socket as sockets
import ssl
import subprocess

from .frames import CLOSE, PING, TEXT, Frame, encode, unmask
from .paths import BIN
from .plain import TRUSTING, how_it_ended
from .rpc import WAIT

KEY, ACCEPT = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # of RFC 6455, 1.3


def hello(path="/", key=KEY, version="13", host="localhost"):
    return (f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: {version}\r\n\r\n").encode()


def code_of(code, reason=b""):
    return code.to_bytes(2, "big") + reason


class Raw:
    """One connection. `tls`: a client's ssl.SSLContext. With `path` the handshake is done, and the node's first ping
    is read."""

    def __init__(self, port, path=None, tls=None, buffer=None):
        self.socket = sockets.socket()
        self.socket.settimeout(WAIT)
        if buffer is not None:
            self.socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, buffer)
        self.socket.connect(("127.0.0.1", port))
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost", suppress_ragged_eofs=False)
        self.buffer = b""
        if path is not None:
            self.send(hello(path))
            status, headers = self.head()
            assert status == "HTTP/1.1 101 Switching Protocols", status
            assert headers["sec-websocket-accept"] == ACCEPT
            assert self.frame().opcode == PING

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, *pieces):
        self.socket.sendall(b"".join(pieces))

    def say(self, text):
        """A command or a call, as one text."""
        self.send(encode(TEXT, text.encode()))

    def more(self):
        data = self.socket.recv(65536)
        self.buffer += data
        return len(data)

    def take(self, size):
        while len(self.buffer) < size:
            assert self.more(), f"the connection ended; {self.buffer[:100]} was left"
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def head(self):
        while b"\r\n\r\n" not in self.buffer:
            assert self.more(), f"the connection ended in a head: {self.buffer}"
        text, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        status, *lines = text.decode().split("\r\n")
        return status, {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}

    def answer(self):
        """(status, headers, body) of an answer in HTTP."""
        status, headers = self.head()
        return int(status.split()[1]), headers, self.take(int(headers["content-length"])).decode()

    def frame(self):
        header = self.take(2)
        length = header[1] & 0x7F
        if length >= 126:
            wide = self.take(2 if length == 126 else 8)
            header, length = header + wide, int.from_bytes(wide, "big")
        key = self.take(4) if header[1] & 0x80 else b""
        payload = self.take(length)
        return Frame(0, header + key, unmask(payload, key) if key else payload)

    def close_frame(self):
        """(code, reason) of the next frame, which must close."""
        got = self.frame()
        assert got.opcode == CLOSE, got
        return got.code, got.payload[2:].decode()

    def text(self):
        """The next text, which must be one frame; pings are passed over."""
        got = self.frame()
        while got.opcode == PING:
            got = self.frame()
        assert (got.final, got.rsv, got.opcode, got.masked) == (True, 0, TEXT, False), got
        return got.payload.decode()

    def rest(self):
        """(all that still comes, how it ended: "end", "reset", or over TLS "cut": FIN without close_notify)."""
        try:
            while self.more():
                pass
            how = "end"
        except (ConnectionResetError, ssl.SSLError) as error:
            how = how_it_ended(error)
        rest, self.buffer = self.buffer, b""
        return rest, how


class Tool:
    """conformance/unit/wire_tool.c as a child process: a server whose connections do as they are told."""

    def __init__(self, certificate=None, trusts=None):
        arguments = [] if certificate is None else [certificate.file, certificate.key]
        self.tls = None if certificate is None else TRUSTING
        self.process = subprocess.Popen([BIN / "wire_tool", *arguments], stdout=subprocess.PIPE, text=True,
                                        env={**os.environ, "ASAN_OPTIONS": "detect_leaks=1",
                                             **({"SSL_CERT_FILE": str(trusts.file)} if trusts else {})})
        self.port = int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        assert self.process.wait(WAIT) == 0

    def raw(self, path="/", **options):
        return Raw(self.port, path, tls=self.tls, **options)

    def log(self, speaker):
        """What the tool was told so far, asked by one of its connections."""
        speaker.say("log")
        return speaker.text().splitlines()
