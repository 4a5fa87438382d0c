"""SCALE: bytes to canonical JSON and arguments to bytes, by the types of a metadata (metadata.py). A value is all of its
bytes: too few, too many, or what is no value of the type, is Undecodable."""

from hashlib import blake2b

from .errors import Undecodable, WrongArgument

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
EXACT = 2**53 - 1
PREFIX = 42  # of addresses


def need(holds, what):
    if not holds:
        raise Undecodable(what)


class Bytes:
    """Bytes that are read from their start."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        need(self.at + count <= len(self.data), "the value is cut off")
        self.at += count
        return self.data[self.at - count:self.at]

    def integer(self, size, signed=False):
        return int.from_bytes(self.take(size), "little", signed=signed)

    def compact(self):
        """A compact integer, in its shortest form."""
        first = self.integer(1)
        mode, more = first & 3, first >> 2
        if mode == 3:
            size = more + 4
            value, least = self.integer(size), max(2**30, 2 ** (8 * size - 8))
        else:
            self.at -= 1
            value, least = self.integer(2**mode) >> 2, (0, 2**6, 2**14)[mode]
        need(value >= least, "a compact integer is not in its shortest form")
        return value

    def count(self):
        """How many follow: no more than there are bytes, so that a wrong one reserves nothing."""
        count = self.compact()
        need(count <= len(self.data) - self.at, "more items than bytes")
        return count

    def text(self):
        try:
            return self.take(self.compact()).decode()
        except UnicodeDecodeError as error:
            raise Undecodable("a text is not UTF-8") from error

    def listed(self, read):
        return [read() for _ in range(self.count())]

    def optional(self, read):
        return read() if self.integer(1) else None


def unhex(text):
    """The bytes of a node's hex."""
    try:
        need(text[:2] == "0x", "hex begins with 0x")
        return bytes.fromhex(text[2:])
    except (ValueError, TypeError) as error:
        raise Undecodable(f"no hex: {text!r:.40}") from error


def number(value):
    return value if abs(value) <= EXACT else str(value)


def fraction(value, places):
    """value / 2^places with all of its digits."""
    digits = str(abs(value) * 5**places).rjust(places + 1, "0")
    behind = digits[len(digits) - places:].rstrip("0")
    return ("-" if value < 0 else "") + digits[:len(digits) - places] + ("." + behind if behind else "")


def address(account):
    payload = bytes([PREFIX]) + account
    payload += blake2b(b"SS58PRE" + payload, digest_size=64).digest()[:2]
    value, text = int.from_bytes(payload, "big"), ""
    while value:
        value, place = divmod(value, 58)
        text = BASE58[place] + text
    return text


def account(text):
    """The 32 bytes of an address, or of hex."""
    if text[:2] == "0x":
        return bytes.fromhex(text[2:])
    value = 0
    for character in text:
        value = value * 58 + BASE58.index(character)
    return value.to_bytes(35, "big")[1:33]


class Types:
    """Reads and writes values of the types of one metadata: `types` are (path, kind, what), by their numbers."""

    def __init__(self, types):
        self.types = types

    def read(self, id, data):
        """The value that all of the bytes are."""
        source = Bytes(data)
        value = self.of(id, source)
        need(source.at == len(data), "bytes are left over")
        return value

    def of(self, id, source):
        path, kind, what = self.types[id]
        if path[-1:] == ["AccountId32"]:
            return address(source.take(32))
        if path[-1:] == ["H256"]:
            return "0x" + source.take(32).hex()
        if path[:1] == ["substrate_fixed"]:
            return self.fixed(path[-1], what, source)
        return getattr(self, f"read_{kind}")(what, source)

    def fixed(self, name, fields, source):
        """FixedI128 and its like: bits, and so many of them behind the point as its last parameter says."""
        (bits_type, places) = fields
        _, _, primitive = self.types[bits_type]
        return fraction(source.integer(int(primitive[1:]) // 8, primitive[0] == "i"), places)

    def fields(self, fields, read):
        values = [read(type) for _, type in fields]
        names = [name for name, _ in fields]
        return dict(zip(names, values, strict=True)) if names and names[0] is not None else values

    def read_composite(self, fields, source):
        return self.fields(fields, lambda type: self.of(type, source))

    def read_tuple(self, types, source):
        return [self.of(type, source) for type in types] if types else None

    def read_variant(self, variants, source):
        index = source.integer(1)
        need(index in variants, f"there is no variant {index}")
        name, fields = variants[index]
        return {"type": name, "value": self.fields(fields, lambda type: self.of(type, source)) if fields else None}

    def read_option(self, inner, source):
        there = source.integer(1)
        need(there < 2, "an option is there or not")
        return self.of(inner, source) if there else None

    def items(self, inner, count, source):
        if self.types[inner][1:] == ("primitive", "u8"):
            return "0x" + source.take(count).hex()
        return [self.of(inner, source) for _ in range(count)]

    def read_sequence(self, inner, source):
        return self.items(inner, source.count(), source)

    def read_array(self, what, source):
        return self.items(what[1], what[0], source)

    def read_compact(self, inner, source):
        value, (_, _, primitive) = source.compact(), self.types[inner]
        need(value < 2 ** int(primitive[1:]), "a compact integer is too great")
        return number(value)

    def read_primitive(self, name, source):
        if name == "bool":
            value = source.integer(1)
            need(value < 2, "a bool is 0 or 1")
            return value == 1
        if name == "str":
            return source.text()
        return number(source.integer(int(name[1:]) // 8, name[0] == "i"))

    def write(self, id, value):
        """An argument as bytes, from canonical JSON."""
        try:
            return self.written(id, value)
        except (ValueError, TypeError, OverflowError, KeyError) as error:
            raise WrongArgument(f"{value!r:.60} is no value of the argument's type: {error}") from error

    def written(self, id, value):
        path, kind, what = self.types[id]
        if path[-1:] == ["AccountId32"]:
            return account(value)
        if kind == "primitive" and what[0] in "ui":
            return int(value).to_bytes(int(what[1:]) // 8, "little", signed=what[0] == "i")
        if kind == "primitive" and what == "bool":
            return bytes([bool(value)])
        if kind == "sequence" and isinstance(value, list):
            return compact(len(value)) + b"".join(self.written(what, item) for item in value)
        if kind == "tuple":
            return b"".join(self.written(type, part) for type, part in zip(what, value, strict=True))
        raise ValueError(f"arguments of the kind {kind} cannot be written")


def compact(value):
    """A compact integer of up to 30 bits."""
    for mode, size in enumerate((1, 2, 4)):
        if value < 2 ** (8 * size - 2):
            return (value << 2 | mode).to_bytes(size, "little")
    raise OverflowError("too great for a compact integer")
