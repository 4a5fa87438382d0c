"""Bytes, frames, and the closing of connections."""

import contextlib
import select

from client import client, socket
from client.frames import CLOSE, TEXT, Reader
from client.session import Session
from client.socket import Socket

from .table import breaks


@breaks(Reader, "part")
def fragments_are_messages(right, self, final, opcode, payload):
    """Each frame is a message."""
    yield TEXT, payload


@breaks(Reader, "feed")
def short_read_dropped(right, self, data):
    """What one read gives is whole: an incomplete frame at its end is thrown away."""
    yield from right(self, data)
    self.buffer.clear()


@breaks(Reader, "feed")
def one_frame_a_read(right, self, data):
    """One read gives one frame: what stands behind it waits for the next read, which finds nothing of it."""
    for found in right(self, data):
        yield found
        if found[0] == TEXT and len(self.buffer) > 0:
            self.buffer.clear()


@breaks(Reader, "long_length")
def lengths_are_signed(right, data):
    """A length of 16 bits is a signed one."""
    return right(data) if len(data) > 2 else int.from_bytes(data, "big", signed=True) % 32768


@breaks(Reader, "take")
def control_ends_message(right, self, final, opcode, payload):
    """A control frame between two frames of a message begins a new one."""
    if opcode >= CLOSE:
        self.parts, self.size = [], 0
    yield from right(self, final, opcode, payload)


@breaks(Reader, "check")
def anything_goes(right, first, second, opcode, length):
    """Reserved bits, opcodes, masks, lengths of control frames and UTF-8 are not looked at."""


@breaks(Reader, "part", bug="anything_goes")
def any_part(right, self, final, opcode, payload):
    self.opcode = self.opcode if opcode == 0 else None
    yield from right(self, final, opcode or (TEXT if self.opcode is None else 0), payload)


@breaks(socket.frames, "text_of", bug="anything_goes")
def any_text(right, payload):
    return payload.decode(errors="replace")


@breaks(Reader, "part")
def text_per_fragment(right, self, final, opcode, payload):
    """Each frame is decoded for itself, and what is no UTF-8 then is replaced."""
    yield from right(self, final, opcode, payload.decode(errors="replace").encode())


@breaks(Socket, "pong")
def pong_without_payload(right, self, payload):
    """A pong is a pong."""
    right(self, b"")


@breaks(Socket, "close")
async def closes_without_a_word(right, self):
    """No close frame: the connection is reset."""
    self.open = False
    self.writer.transport.abort()


@breaks(Socket, "messages")
async def partial_message_given(right, self):
    """When the connection ends, what has come of a message is given as one, mended to be JSON."""
    try:
        async for text in right(self):
            yield text
    finally:
        buffer = bytes(self.frames.buffer)
        if (at := buffer.find(b"{")) >= 0:
            mended = buffer[at:].decode(errors="ignore") + '"}'
            with contextlib.suppress(ValueError):
                yield mended


@breaks(Session, "read", bug="partial_message_given")
async def read_to_the_end(right, self):
    """The reader of it gets that, too, before the end."""
    error = None
    messages = self.socket.messages()
    while True:
        try:
            self.take(await anext(messages))
        except StopAsyncIteration:
            break
        except Exception as ended:
            error = ended
            break
    self.end(error)
    self.on_lost(self)


@breaks(socket, "check_answer")
def any_answer_is_a_handshake(right, head, key):
    """101 is not looked for, nor the key."""
    with contextlib.suppress(Exception):
        right(head, key)


@breaks(socket, "connect")
async def refused_handshake_waits(right, url, headers):
    """A handshake that was refused is one that is not over."""
    try:
        return await right(url, headers)
    except socket.Refused:
        await socket.asyncio.Event().wait()


@breaks(client.Client, "until", bug="trusts_silence")
def wait_on(right, self, deadline):
    return right(self, 1e6)


@breaks(Socket, "read")
async def trusts_silence(right, self):
    """Who is silent is there."""
    try:
        data = await self.reader.read(1 << 16)
    except OSError as error:
        raise socket.Lost(str(error)) from error
    if not data:
        raise socket.Lost("the connection ended")
    return data


@breaks(Reader, "part")
def binary_is_nothing(right, self, final, opcode, payload):
    """A binary message is passed over."""
    for kind, whole in right(self, final, opcode, payload):
        if kind == TEXT:
            yield kind, whole


@breaks(Socket, "__init__")
def first_frame_lost(right, self, reader, writer):
    """What came with the answer to the handshake is thrown away with it."""
    reader._buffer.clear()
    right(self, reader, writer)


@breaks(Socket, "control")
def close_frame_ignored(right, self, opcode, payload):
    """What comes behind a close frame is taken, and then the connection just ends."""
    if opcode != CLOSE:
        right(self, opcode, payload)


@breaks(Socket, "send")
async def send_blocks(right, self, text):
    """Who sends waits until the node has read, and with him the whole loop."""
    await right(self, text)
    while self.writer.transport.get_write_buffer_size():
        select.select([], [self.writer.get_extra_info("socket").fileno()], [])  # until the node has read
        self.writer.transport._write_ready()
