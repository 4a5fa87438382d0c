"""One WebSocket on asyncio's streams: the handshake, messages out and in, pings, the closing handshake, and the
heartbeat that finds out that nobody is there any more."""

import asyncio
import base64
import hashlib
import os
import urllib.parse

from . import frames
from .errors import Lost, NotConnected, Refused, Violation

HANDSHAKE = 3.0  # seconds for the TCP connection and the handshake
IDLE = 3.0  # seconds without a byte, after which the client pings; after as many more the connection is dead
FAREWELL = 1.0  # seconds that the node has for its close frame
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


async def connect(url, headers):
    """An open WebSocket; raises NotConnected."""
    try:
        async with asyncio.timeout(HANDSHAKE):
            return await shake_hands(url, headers)
    except TimeoutError as error:
        raise NotConnected(f"{url} did not answer the handshake in time") from error
    except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError) as error:
        raise NotConnected(f"{url} was not reached: {error!r}") from error


async def shake_hands(url, headers):
    parts = urllib.parse.urlsplit(url)
    secure = parts.scheme == "wss"
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or (443 if secure else 80), ssl=secure or None)
    try:
        key = base64.b64encode(os.urandom(16)).decode()
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = {"Host": parts.netloc, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": key,
                 "Sec-WebSocket-Version": "13", **headers}
        head = f"GET {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n"
        writer.write(head.encode())
        check_answer((await reader.readuntil(b"\r\n\r\n")).decode("latin-1"), key)
    except BaseException:
        writer.transport.abort()
        raise
    return Socket(reader, writer)


def check_answer(head, key):
    first, *lines = head.split("\r\n")
    status = int(first.split(" ")[1])
    said = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if status != 101:
        wait = said.get("retry-after", "")
        raise Refused(status, float(wait) if wait.isdigit() else None)
    accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
    if said.get("upgrade", "").lower() != "websocket" or said.get("sec-websocket-accept") != accept:
        raise NotConnected("the answer to the handshake is no WebSocket's")


class Socket:
    """`messages` gives texts until the connection ends, and raises Lost then; whoever iterates it answers pings."""

    def __init__(self, reader, writer):
        self.reader, self.writer, self.frames = reader, writer, frames.Reader()
        self.open, self.ended = True, asyncio.Event()

    async def send(self, text):
        """Hands over a message; raises Lost when none can be sent any more."""
        frames.check_size(text)
        if not self.open or self.writer.is_closing():
            raise Lost("the connection has ended", sent=False)
        self.writer.write(frames.frame(frames.TEXT, text.encode()))
        try:
            await self.writer.drain()
        except OSError as error:
            raise Lost(f"the connection ended: {error}") from error

    async def messages(self):
        try:
            while True:
                for opcode, payload in self.frames.feed(await self.read()):
                    if opcode in (frames.TEXT, frames.BINARY):
                        yield frames.text_of(payload)
                    else:
                        self.control(opcode, payload)
        except Violation as error:
            self.fail(error.code)
            raise
        finally:
            self.open = False
            self.ended.set()

    async def read(self):
        """The next bytes. Who is silent is pinged, and who stays silent is gone."""
        for last in (False, True):
            try:
                async with asyncio.timeout(IDLE):
                    data = await self.reader.read(1 << 16)
            except TimeoutError:
                if not last:
                    self.writer.write(frames.frame(frames.PING, b"there?"))
                continue
            except OSError as error:
                raise Lost(f"the connection ended: {error}") from error
            if not data:
                raise Lost("the connection ended without a close frame")
            return data
        self.abandon()
        raise Lost("the node has gone silent")

    def abandon(self):
        """Nobody is there to be told."""
        self.writer.transport.abort()

    def pong(self, payload):
        self.writer.write(frames.frame(frames.PONG, payload))

    def control(self, opcode, payload):
        if opcode == frames.PING:
            self.pong(payload)
        elif opcode == frames.CLOSE:
            code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1005
            if self.open:
                self.writer.write(frames.frame(frames.CLOSE, payload[:2]))
            self.writer.close()
            raise Lost(f"the node closed the connection with code {code}", code)

    def fail(self, code):
        """Ends the connection because the node broke the protocol."""
        if self.open:
            self.writer.write(frames.frame(frames.CLOSE, frames.close_payload(code)))
        self.writer.close()

    async def close(self):
        """The closing handshake: a close frame, and a while for the node's own."""
        if self.open:
            self.leave()
            try:
                async with asyncio.timeout(FAREWELL):
                    await self.ended.wait()
            except TimeoutError:
                pass
        self.writer.close()

    def leave(self):
        self.open = False
        self.writer.write(frames.frame(frames.CLOSE, frames.close_payload(1000)))

    def forget(self):
        """For whoever cannot wait: a close frame, and the end."""
        if self.open:
            self.leave()
        self.writer.close()
