"""SCALE to canonical JSON (client/src/codec/value.h) in plain Python, for the shapes that other decoders read wrongly or
not at all. Written from the definition of SCALE and of canonical JSON alone; types look as polkadot_api.mjs answers
{"kind":"types"}."""

from copy import copy
from hashlib import blake2b

ACCOUNT = ["sp_core", "crypto", "AccountId32"]
HASHES = {"H160": 20, "H256": 32, "H512": 64}
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


class Wrong(Exception):
    """The bytes are no value of the type."""


def need(holds, what):
    if not holds:
        raise Wrong(what)


def number(value):
    """A number while every reader of JSON keeps it exactly."""
    return value if abs(value) < 2**53 else str(value)


def fraction(value, places):
    """value / 2^places with all digits: multiplied by 5^places it has as many decimal ones."""
    digits = str(abs(value) * 5**places).rjust(places + 1, "0")
    whole, behind = digits[: len(digits) - places], digits[len(digits) - places:].rstrip("0")
    return ("-" if value < 0 else "") + whole + ("." + behind if behind else "")


def address(account, prefix):
    """The SS58 address of 32 bytes, for prefixes below 64."""
    payload = bytes([prefix]) + account
    checksum = blake2b(b"SS58PRE" + payload, digest_size=64).digest()[:2]
    value, text = int.from_bytes(payload + checksum, "big"), ""
    while value:
        value, place = divmod(value, 58)
        text = BASE58[place] + text
    return text


class Plain:
    def __init__(self, types, prefix=42):
        self.types, self.prefix = types, prefix

    def read(self, id, data):
        """The value that all of the bytes are. Any thread may ask: each value has a reader of its own."""
        reader = copy(self)
        reader.data, reader.at = data, 0
        value = reader.of(id)
        need(reader.at == len(data), "bytes are left over")
        return value

    def take(self, count):
        need(self.at + count <= len(self.data), "cut off")
        self.at += count
        return self.data[self.at - count:self.at]

    def compact(self):
        """A compact integer; only the shortest form of a number is one."""
        (first,) = self.take(1)
        mode, size = first & 3, (first >> 2) + 4
        if mode == 3:
            need(size <= 32, "longer than any integer")
            value, least = int.from_bytes(self.take(size), "little"), max(2**30, 2 ** (8 * (size - 1)))
        else:
            self.at -= 1
            value, least = int.from_bytes(self.take(2**mode), "little") >> 2, [0, 2**6, 2**14][mode]
        need(value >= least, "not the shortest form")
        return value

    def inside_option(self, id):
        """The type of Some, or None where the type is no Option."""
        type = self.types[id]
        if type["path"] == ["Option"] and [each[:2] for each in type["variant"]] == [["None", 0], ["Some", 1]]:
            return type["variant"][1][2][0][1]
        return None

    def shows_null(self, id):
        """Whether canonical JSON of a value of the type may be null."""
        type, inner = self.types[id], self.inside_option(id)
        if "compact" in type:
            return self.shows_null(type["compact"])
        return type.get("tuple") == [] if inner is None else not self.shows_null(inner)

    def of(self, id):
        type = self.types[id]
        if type["path"] == ACCOUNT:
            return address(self.take(32), self.prefix)
        if type["path"][:1] == ["primitive_types"] and type["path"][1] in HASHES:
            return "0x" + self.take(HASHES[type["path"][1]]).hex()
        if "fixed" in type:
            bits, places, signed = type["fixed"]
            return fraction(int.from_bytes(self.take(bits // 8), "little", signed=signed), places)
        (kind,) = type.keys() - {"path"}
        return getattr(self, f"read_{kind}")(id, type[kind])

    def fields(self, fields, read):
        named = [name for name, _, _ in fields if name is not None]
        values = [read(inner) for _, inner, _ in fields]
        return dict(zip(named, values, strict=True)) if named else values

    def read_composite(self, _, fields):
        return self.fields(fields, self.of)

    def read_tuple(self, _, inner):
        return [self.of(each) for each in inner] if inner else None

    def read_variant(self, id, variants):
        (index,) = self.take(1)
        found = [each for each in variants if each[1] == index]
        need(found, "no such variant")
        ((name, _, fields),) = found
        inner = self.inside_option(id)
        if inner is not None and not self.shows_null(inner):
            return self.of(inner) if index else None
        if inner is not None:
            return {"type": name, "value": self.of(inner) if index else None}
        return {"type": name, "value": self.fields(fields, self.of) if fields else None}

    def is_byte(self, id):
        return self.types[id].get("primitive") == "u8"

    def items(self, inner, count):
        if self.is_byte(inner):
            return "0x" + self.take(count).hex()
        return [self.of(inner) for _ in range(count)]

    def read_sequence(self, _, inner):
        return self.items(inner, self.compact())

    def read_array(self, _, said):
        return self.items(*said)

    def read_compact(self, _, inner):
        return self.compact_of(inner)

    def compact_of(self, id):
        """A compact integer in the shape of its type."""
        type = self.types[id]
        if "primitive" in type:
            need(type["primitive"][0] == "u", "no compact form")
            value = self.compact()
            need(value < 2 ** int(type["primitive"][1:]), "too great")
            return number(value)
        if type.get("tuple") == []:
            return None
        fields = type["composite"] if "composite" in type else [[None, inner, None] for inner in type["tuple"]]
        return self.fields(fields, self.compact_of)

    def read_bits(self, _, said):
        """Words of the store, each with its first bit at the one end or at the other."""
        store, most_significant_first = said
        count = self.compact()
        bits = ""
        for _ in range(-(-count // store)):
            word = format(int.from_bytes(self.take(store // 8), "little"), f"0{store}b")
            bits += word if most_significant_first else word[::-1]
        need("1" not in bits[count:], "a bit behind the last is set")
        return bits[:count]

    def read_primitive(self, _, name):
        if name == "bool":
            (value,) = self.take(1)
            need(value < 2, "neither 0 nor 1")
            return value == 1
        if name == "char":
            point = int.from_bytes(self.take(4), "little")
            need(point < 0xD800 or 0xE000 <= point < 0x110000, "no character")
            return chr(point)
        if name == "str":
            try:
                return self.take(self.compact()).decode()
            except UnicodeDecodeError as error:
                raise Wrong("not UTF-8") from error
        data = self.take(int(name[1:]) // 8)
        return number(int.from_bytes(data, "little", signed=name[0] == "i"))
