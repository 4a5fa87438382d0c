"""Frames of RFC 6455, as bytes alone: what a client writes, and a reader that is fed whatever a socket gives and gives
whole messages and control frames. Knows no socket."""

import os
import struct

from .errors import TooMuch, Violation

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
LARGEST = 64 * 1024 * 1024  # bytes of a message


def frame(opcode, payload):
    """A whole frame, masked as those of a client are."""
    mask, size = new_mask(), len(payload)
    if size < 126:
        head = struct.pack("!BB", 0x80 | opcode, 0x80 | size)
    elif size < 65536:
        head = struct.pack("!BBH", 0x80 | opcode, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", 0x80 | opcode, 0x80 | 127, size)
    key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
    return head + mask + (int.from_bytes(payload, "big") ^ key).to_bytes(size, "big")


def new_mask():
    return os.urandom(4)


def close_payload(code):
    return struct.pack("!H", code)


class Reader:
    """`feed` gives (opcode, payload) of each message and control frame that is complete."""

    def __init__(self):
        self.buffer, self.parts, self.opcode, self.size = bytearray(), [], None, 0

    def feed(self, data):
        self.buffer += data
        while (found := self.next_frame()) is not None:
            yield from self.take(*found)

    def take(self, final, opcode, payload):
        """What is complete with a frame; control frames may stand between the frames of a message."""
        if opcode >= CLOSE:
            yield opcode, payload
        else:
            yield from self.part(final, opcode, payload)

    def next_frame(self):
        """(final, opcode, payload) of the first frame of the buffer, or None while it is not whole."""
        if len(self.buffer) < 2:
            return None
        first, second = self.buffer[0], self.buffer[1]
        final, opcode, length, begin = first & 0x80, first & 0x0F, second & 0x7F, 2
        self.check(first, second, opcode, length)
        if length >= 126:
            begin = 4 if length == 126 else 10
            if len(self.buffer) < begin:
                return None
            length = self.long_length(self.buffer[2:begin])
        if self.size + length > LARGEST:
            raise Violation("a message is too great", 1009)
        if len(self.buffer) < begin + length:
            return None
        payload = bytes(self.buffer[begin:begin + length])
        del self.buffer[:begin + length]
        return bool(final), opcode, payload

    @staticmethod
    def long_length(data):
        return int.from_bytes(data, "big")

    @staticmethod
    def check(first, second, opcode, length):
        if first & 0x70:
            raise Violation("reserved bits are set")
        if second & 0x80:
            raise Violation("a frame of the node is masked")
        if opcode not in (0, TEXT, BINARY, CLOSE, PING, PONG):
            raise Violation(f"there is no opcode {opcode}")
        if opcode >= CLOSE and (length > 125 or not first & 0x80):
            raise Violation("a control frame is too long, or in pieces")

    def part(self, final, opcode, payload):
        """A message may come in several frames; it is one only when the last is there."""
        if (opcode == 0) != (self.opcode is not None):
            raise Violation("a continuation of nothing, or a message within another")
        self.opcode = self.opcode or opcode
        self.parts.append(payload)
        self.size += len(payload)
        if final:
            whole, kind = b"".join(self.parts), self.opcode
            self.parts, self.opcode, self.size = [], None, 0
            yield kind, whole


def text_of(payload):
    """The text of a message; one that is no UTF-8 breaks the protocol."""
    try:
        return payload.decode()
    except UnicodeDecodeError as error:
        raise Violation("a text is not UTF-8", 1007) from error


def check_size(text):
    """A request that no node would take is not sent."""
    if len(text) > LARGEST:
        raise TooMuch(f"a request of {len(text)} bytes is too great")
