"""Frames of RFC 6455, read and written by hand: whatever comes is taken apart and kept, also what no peer may send."""

import os
import struct
from dataclasses import dataclass

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


@dataclass
class Frame:
    """One frame as it was on the wire. `at` counts bytes from the end of the HTTP head."""

    at: int
    header: bytes
    payload: bytes

    @property
    def final(self):
        return bool(self.header[0] & 0x80)

    @property
    def rsv(self):
        return self.header[0] >> 4 & 7

    @property
    def opcode(self):
        return self.header[0] & 0x0F

    @property
    def masked(self):
        return bool(self.header[1] & 0x80)

    @property
    def size(self):
        return len(self.header) + len(self.payload)

    @property
    def code(self):
        """Of a close frame: its code, or None."""
        return int.from_bytes(self.payload[:2], "big") if len(self.payload) >= 2 else None


def unmask(payload, key):
    mask = (key * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(mask, "big")).to_bytes(len(payload), "big")


def encode(opcode, payload=b"", mask=True, final=True, rsv=0, length=None):
    """The bytes of a frame, as a client sends it. `length`: what its header says, if that is not the truth."""
    length = len(payload) if length is None else length
    size = bytes([length]) if length < 126 else b"\x7e" + struct.pack(">H", length) \
        if length < 65536 else b"\x7f" + struct.pack(">Q", length)
    first = bytes([(0x80 if final else 0) | rsv << 4 | opcode])
    if not mask:
        return first + size + payload
    key = os.urandom(4)
    return first + bytes([size[0] | 0x80]) + size[1:] + key + unmask(payload, key)


class Frames:
    """Reads one direction of a WebSocket: the HTTP head, then frames; `on_message` gets whole messages. Of an
    answer that is no upgrade, all is kept in `rest`."""

    def __init__(self, on_frame=lambda frame: None, on_message=lambda message: None):
        self.on_frame, self.on_message = on_frame, on_message
        self.head, self.rest, self.taken = None, bytearray(), 0
        self.frames, self.message = [], bytearray()

    def feed(self, data):
        self.rest += data
        if self.head is None:
            end = self.rest.find(b"\r\n\r\n")
            if end < 0:
                return
            self.head = bytes(self.rest[: end + 4])
            del self.rest[: end + 4]
        if self.upgraded():
            while self.take_frame():
                pass

    def upgraded(self):
        return self.head.startswith((b"GET ", b"HTTP/1.1 101"))

    def take_frame(self):
        b = self.rest
        if len(b) < 2:
            return False
        length, at = b[1] & 0x7F, 2
        if length >= 126:
            at += 2 if length == 126 else 8
            if len(b) < at:
                return False
            length = int.from_bytes(b[2:at], "big")
        key = at
        if b[1] & 0x80:
            at += 4
        if len(b) < at + length:
            return False
        payload = bytes(b[at : at + length])
        if at > key:
            payload = unmask(payload, bytes(b[key:at]))
        frame = Frame(self.taken, bytes(b[:at]), payload)
        del b[: at + length]
        self.taken += at + length
        self.frames.append(frame)
        self.on_frame(frame)
        if frame.opcode < 8:
            self.message += payload
            if frame.final:
                self.on_message(bytes(self.message))
                self.message.clear()
        return True
