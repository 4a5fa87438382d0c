"""A registry of our own with the shapes that the recorded runtimes do not have, written as metadata 14 (crate
frame-metadata) without pallets. Types look as polkadot_api.mjs answers {"kind":"types"}."""

from .samples import compact

PRIMITIVES = [
    "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "u256", "i8", "i16", "i32", "i64", "i128", "i256",
]
KINDS = ["composite", "variant", "sequence", "array", "tuple", "primitive", "compact", "bits"]


class Registry:
    def __init__(self):
        self.types = []

    def add(self, kind, said, *path):
        """A type; gives its id."""
        self.types.append({"path": list(path), kind: said})
        return len(self.types) - 1

    def composite(self, *fields, path=()):
        return self.add("composite", [pair(field) for field in fields], *path)

    def variant(self, *variants, path=()):
        said = [[name, index, [pair(field) for field in fields]] for name, index, *fields in variants]
        return self.add("variant", said, *path)

    def option(self, inner):
        return self.variant(("None", 0), ("Some", 1, inner), path=["Option"])

    def result(self, good, bad):
        return self.variant(("Ok", 0, good), ("Err", 1, bad), path=["Result"])

    def tuple(self, *inner):
        return self.add("tuple", list(inner))

    def sequence(self, inner):
        return self.add("sequence", inner)

    def array(self, inner, length):
        return self.add("array", [inner, length])

    def compact(self, inner):
        return self.add("compact", inner)

    def metadata(self):
        """The bytes: types, no pallets, an extrinsic of the first type, and that as the runtime's type."""
        encoded = b"".join(compact(id) + encode_type(self.types, type) for id, type in enumerate(self.types))
        return b"meta\x0e" + compact(len(self.types)) + encoded + compact(0) + compact(0) + b"\x04\x00" + compact(0)


def pair(field):
    """A field is a type, or (name, type)."""
    return [*field, None] if isinstance(field, tuple) else [None, field, None]


def encode_list(parts):
    parts = list(parts)
    return compact(len(parts)) + b"".join(parts)


def encode_text(text):
    return compact(len(text.encode())) + text.encode()


def encode_fields(fields):
    return encode_list(
        (b"\x00" if name is None else b"\x01" + encode_text(name)) + compact(type) + b"\x00" + compact(0)
        for name, type, _ in fields
    )


def encode_type(types, type):
    (kind,) = type.keys() & set(KINDS)
    said, parameters = type[kind], []
    if kind == "composite":
        definition = encode_fields(said)
    elif kind == "variant":
        definition = encode_list(
            encode_text(name) + encode_fields(fields) + bytes([index]) + compact(0) for name, index, fields in said
        )
        if type["path"] in (["Option"], ["Result"]):
            held = [fields[0][1] for _, _, fields in said if fields]
            parameters = list(zip("TE", held, strict=False))
    elif kind == "array":
        definition = said[1].to_bytes(4, "little") + compact(said[0])
    elif kind == "tuple":
        definition = encode_list(compact(inner) for inner in said)
    elif kind == "primitive":
        definition = bytes([PRIMITIVES.index(said)])
    elif kind == "bits":
        order = ["bitvec", "order", "Msb0" if said[1] else "Lsb0"]
        store = types.index({"path": [], "primitive": f"u{said[0]}"})
        definition = compact(store) + compact([each["path"] for each in types].index(order))
    else:
        definition = compact(said)
    named = encode_list(encode_text(name) + b"\x01" + compact(inner) for name, inner in parameters)
    path = encode_list(encode_text(part) for part in type["path"])
    return path + named + bytes([KINDS.index(kind)]) + definition + compact(0)


def unusual():
    """Everything that decoders simplify, and so may confuse: nothing, one of something, nothing inside something."""
    r = Registry()
    plain = {name: r.add("primitive", name) for name in PRIMITIVES if name != "char"}
    u8, u16, text = plain["u8"], plain["u16"], plain["str"]
    nothing, empty = r.tuple(), r.composite()
    byte, pebble = r.composite(u8), r.composite(("pebble", u16))
    r.tuple(u8), r.tuple(u8, u8), r.tuple(nothing, u8), r.tuple(nothing, nothing), r.tuple(byte, text, pebble)
    r.composite(nothing), r.composite(empty), r.composite(byte), r.composite(u8, nothing, u16), r.composite(u8, u8)
    r.composite(("left", nothing), ("kept", u8), ("empty", empty)), r.composite(("left", nothing))
    for inner in (u8, byte, nothing, empty, plain["bool"], pebble):
        r.sequence(inner), r.array(inner, 0), r.array(inner, 1), r.array(inner, 3)
        once = r.option(inner)
        twice = r.option(once)
        thrice = r.option(twice)
        wrapped = r.composite(once)
        r.option(thrice), r.option(wrapped), r.composite(twice), r.option(r.composite(twice)), r.sequence(twice)
        r.result(inner, text), r.result(once, inner), r.composite(("either", r.option(r.result(inner, once))))
    r.variant(
        ("Nine", 9), ("Two", 2, u8), ("Named", 200, ("name", text)), ("Pair", 255, u8, u8), ("Left", 7, nothing),
        ("Both", 8, ("left", nothing), ("kept", u16)), ("Mixed", 10, u8, nothing, text), ("Bytes", 11, byte, byte),
    )
    r.variant(("Only", 0)), r.variant(("Alone", 3, ("one", u8)))
    for name in ("u8", "u16", "u32", "u64", "u128"):
        r.compact(plain[name])
    r.compact(byte), r.compact(pebble), r.compact(r.composite(byte)), r.compact(nothing)
    r.composite(path=["bitvec", "order", "Lsb0"]), r.composite(path=["bitvec", "order", "Msb0"])
    r.add("bits", [8, False]), r.add("bits", [8, True])
    tree = len(r.types)
    r.variant(("Leaf", 0), ("Node", 1, ("value", u8), ("below", tree + 1))), r.sequence(tree)
    return r
