"""A registry of our own with the shapes that the recorded runtimes do not have, written as metadata 14 (crate
frame-metadata) without pallets. Types look as polkadot_api.mjs answers {"kind":"types"}."""

from .plain import ACCOUNT, HASHES
from .samples import compact

PRIMITIVES = [
    "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "u256", "i8", "i16", "i32", "i64", "i128", "i256",
]
KINDS = ["composite", "variant", "sequence", "array", "tuple", "primitive", "compact", "bits"]


class Registry:
    def __init__(self):
        self.types = []
        self.parameters = {}  # by id: of what, for those where the codec looks at it

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

    def bits(self, store, most_significant_first):
        """The types of its store and its order must be there."""
        return self.add("bits", [store, most_significant_first])

    def typenum(self, number):
        """A number as a type of crate typenum: 2 u + b is UInt<u, b>, and 0 is UTerm."""
        if number == 0:
            return self.composite(path=["typenum", "uint", "UTerm"])
        above, low = self.typenum(number // 2), self.composite(path=["typenum", "bit", f"B{number % 2}"])
        id = self.composite(above, low, path=["typenum", "uint", "UInt"])
        self.parameters[id] = [("U", above), ("B", low)]
        return id

    def fixed(self, integer, places):
        """Crate substrate_fixed's number of `places` binary places in an integer type's bits."""
        name = self.types[integer]["primitive"]
        bits, signed = int(name[1:]), name[0] == "i"
        fraction = self.typenum(places)
        id = self.composite(("bits", integer), path=["substrate_fixed", f"Fixed{name.upper()}"])
        self.types[id]["fixed"] = [bits, places, signed]
        self.parameters[id] = [("Frac", fraction)]
        return id

    def metadata(self):
        """The bytes: types, no pallets, an extrinsic of the first type, and that as the runtime's type."""
        encoded = b"".join(
            compact(id) + encode_type(self.types, type, self.parameters.get(id, []))
            for id, type in enumerate(self.types)
        )
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


def encode_type(types, type, parameters):
    (kind,) = type.keys() & set(KINDS)
    said = type[kind]
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
    r.bits(8, False), r.bits(8, True)
    tree = len(r.types)
    r.variant(("Leaf", 0), ("Node", 1, ("value", u8), ("below", tree + 1))), r.sequence(tree)
    return r


def unread_by_others():
    """What other decoders read wrongly, or not at all: all primitives, bit sequences of every store and order, fixed
    point with the point anywhere, options of options, compact structs, accounts, tuples of many, values that hold
    themselves."""
    r = Registry()
    plain = {name: r.add("primitive", name) for name in PRIMITIVES}
    r.composite(path=["bitvec", "order", "Lsb0"]), r.composite(path=["bitvec", "order", "Msb0"])
    for store in (8, 16, 32, 64):
        r.bits(store, False), r.bits(store, True)
    for name, places in [
        ("u128", 64), ("i128", 32), ("i64", 32), ("u128", 32), ("u128", 18),  # those of Subtensor's pallets
        ("u8", 0), ("i8", 8), ("u16", 15), ("i16", 16), ("i32", 1), ("u64", 63), ("i128", 127), ("u128", 128),
    ]:
        r.fixed(plain[name], places)
    r.composite(r.array(plain["u8"], 32), path=ACCOUNT)
    for name, size in HASHES.items():
        r.composite(r.array(plain["u8"], size), path=["primitive_types", name])
    nothing, empty = r.tuple(), r.composite()
    for inner in [r.compact(plain[name]) for name in plain if name[0] == "u"] + [nothing, empty, *plain.values()]:
        once = r.option(inner)
        r.option(r.option(once)), r.option(r.compact(nothing)), r.result(once, inner)
    for held in (plain["u32"], plain["u256"], nothing):
        named, bare, paired = r.composite(("held", held)), r.composite(held), r.tuple(held)
        r.compact(named), r.compact(bare), r.compact(paired), r.compact(r.composite(("deeper", r.tuple(named))))
    pair, names = r.tuple(plain["u16"], plain["str"]), ["type", "value", "0", 'a "\\" \n', "τ", "\x01"]
    r.sequence(pair), r.composite(r.sequence(pair), path=["BTreeMap"]), r.tuple(*[plain["i16"]] * 100)
    r.composite(*[(name, plain["u8"]) for name in names])
    r.variant(*[(name, 7 * index, plain["i8"]) for index, name in enumerate(names)], ("Last", 255))
    tree = len(r.types)
    r.composite(("branches", tree + 1), ("leaf", tree + 2)), r.sequence(tree), r.option(tree)
    return r
