"""Marks: which chain, runtime, block and key a value belongs to, in 8, 16 or 32 bytes or as text. README.md has the
layout. A mark ends in a checksum, so that chance, another byte order or a rounded number makes none."""

from dataclasses import dataclass
from hashlib import blake2b

STORAGE, CALL, CONSTANT, DEFAULT, EVENT, HEADER, EXTRINSIC = KINDS = range(7)
KIND_NAMES = ["value", "answer of a runtime call", "constant", "default", "event", "header", "extrinsic"]
CHAINS = {1: "tracer", 2: "tracer-2"}
NARROW_MAGIC, WIDE_MAGIC = 0xA7, 0x7254  # "Tr", as it stands in the bytes
NARROW, WIDE, LONG = 8, 16, 32


def check(data, size):
    return int.from_bytes(blake2b(data, digest_size=size).digest(), "little")


@dataclass(frozen=True)
class Mark:
    """`spec` is the runtime that wrote the value, `block` the height of the block that it wrote it in, `fork` whether
    that block is on the fork. A constant and a default have no block: theirs is 0."""

    chain: int
    spec: int
    block: int
    key: int
    kind: int = STORAGE
    fork: bool = False

    @property
    def origin(self):
        return self.kind << 1 | self.fork

    def narrow(self):
        """8 bytes: key 16 bits, block 12, spec 4, origin 4, chain 4, magic 8, checksum 16, from the lowest on."""
        assert self.block < 1 << 12 and self.spec < 1 << 4 and self.chain < 1 << 4
        low = self.key | self.block << 16 | self.spec << 28 | self.origin << 32 | self.chain << 36 | NARROW_MAGIC << 40
        data = low.to_bytes(6, "little")
        return data + check(data, 2).to_bytes(2, "little")

    def wide(self):
        """16 bytes: key 16 bits, block 32, spec 16, origin 8, chain 8, magic 16, checksum 32, from the lowest on."""
        low = (self.key | self.block << 16 | self.spec << 48 | self.origin << 64 | self.chain << 72
               | WIDE_MAGIC << 80)
        data = low.to_bytes(12, "little")
        return data + check(data, 4).to_bytes(4, "little")

    def long(self):
        """32 bytes: the 16 ones and their BLAKE2b-128."""
        return self.wide() + blake2b(self.wide(), digest_size=16).digest()

    def text(self):
        """Readable: "tracer-1/2/b70/k7/o0/5c1f3a20", the checksum of the 16 bytes behind it."""
        return f"tracer-{self.chain}/r{self.spec}/b{self.block}/k{self.key}/o{self.origin}/{self.wide()[12:].hex()}"

    def integer(self):
        return int.from_bytes(self.narrow(), "little")


def fields(origin):
    """(kind, fork) of an origin, or None where it is none."""
    return (origin >> 1, bool(origin & 1)) if origin >> 1 in KINDS else None


def read_narrow(data):
    low = int.from_bytes(data[:6], "little")
    origin = fields(low >> 32 & 15)
    if low >> 40 != NARROW_MAGIC or check(data[:6], 2) != int.from_bytes(data[6:], "little") or origin is None:
        return None
    return Mark(low >> 36 & 15, low >> 28 & 15, low >> 16 & 0xFFF, low & 0xFFFF, *origin)


def read_wide(data):
    low = int.from_bytes(data[:12], "little")
    origin = fields(low >> 64 & 255)
    if low >> 80 != WIDE_MAGIC or check(data[:12], 4) != int.from_bytes(data[12:], "little") or origin is None:
        return None
    return Mark(low >> 72 & 255, low >> 48 & 0xFFFF, low >> 16 & 0xFFFFFFFF, low & 0xFFFF, *origin)


def read_long(data):
    mark = read_wide(data[:16])
    return mark if mark is not None and mark.long() == data else None


def read_bytes(data):
    """The mark that bytes of one of the three sizes are, or None."""
    reader = {NARROW: read_narrow, WIDE: read_wide, LONG: read_long}.get(len(data))
    return reader(data) if reader else None


def read_text(text):
    """The mark that a readable text is, or None."""
    parts = text.split("/")
    if len(parts) != 6 or not parts[0].startswith("tracer-"):
        return None
    numbers = [parts[0].removeprefix("tracer-"), *(part[1:] for part in parts[1:5])]
    if not all(number.isascii() and number.isdigit() for number in numbers):
        return None
    chain, spec, block, key, origin = map(int, numbers)
    if fields(origin) is None or max(chain, spec) > 255 or block >= 1 << 32 or key >= 1 << 16:
        return None
    mark = Mark(chain, spec, block, key, *fields(origin))
    return mark if mark.text() == text else None
