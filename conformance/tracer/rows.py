"""The storage of the pallet Tracer as rows: items, their kinds and arguments, and the numbers that their keys have."""

from dataclasses import dataclass
from hashlib import blake2b

import xxhash

from testenv.keys import item as item_prefix
from .kinds import EDGES, KINDS, MARKED, SMALL
from .marks import DEFAULT, Mark
from .scale import number

SPECS = (1, 2)


def xx(data, count):
    return b"".join(xxhash.xxh64(data, seed=seed).intdigest().to_bytes(8, "little") for seed in range(count))


HASHERS = {
    "Identity": lambda data: data,
    "Twox64Concat": lambda data: xx(data, 1) + data,
    "Twox128": lambda data: xx(data, 2),
    "Twox256": lambda data: xx(data, 4),
    "Blake2_128": lambda data: blake2b(data, digest_size=16).digest(),
    "Blake2_128Concat": lambda data: blake2b(data, digest_size=16).digest() + data,
    "Blake2_256": lambda data: blake2b(data, digest_size=32).digest(),
}


def storage_key(pallet, name, *hashed):
    """The whole key, in hex; `hashed` are (hasher, encoded argument)."""
    return item_prefix(pallet, name) + b"".join(HASHERS[hasher](data) for hasher, data in hashed).hex()


@dataclass(frozen=True)
class Row:
    """A storage item: its kind of value, of each argument (hasher, type), the numbers of its keys with their
    arguments, and whether it is optional or has a default."""

    name: str
    kind: str
    arguments: tuple = ()
    keys: tuple = ()
    optional: bool = False
    comes_and_goes: bool = False
    specs: tuple = SPECS

    def key(self, arguments):
        hashers = [hasher for hasher, _ in self.arguments]
        return storage_key("Tracer", self.name, *zip(hashers, arguments, strict=True))

    def kind_in(self, spec):
        """What its value is in a runtime."""
        return KINDS[{1: "U64", 2: "U128"}[spec] if self.kind == "Shifted" else self.kind]

    def default_in(self, spec, chain):
        """The default that metadata gives: it says that it is one, and of which item."""
        first = self.keys[0][0] if self.keys else FIRST_BIG
        return self.kind_in(spec).value(Mark(chain, spec, 0, first, DEFAULT))


def account(seed):
    """An account that keys are made of: 32 equal bytes."""
    return bytes([seed]) * 32


def hot_rows():
    """64 keys, numbered from 1, that change in each block."""
    rows, last = [], 0

    def row(name, kind, arguments=(), keys=((),), **more):
        nonlocal last
        numbered = tuple((last + at, key) for at, key in enumerate(keys, 1))
        last += len(keys)
        rows.append(Row(name, kind, arguments, numbered, **more))

    for kind in MARKED + SMALL:
        row(kind.name, kind.name)
    row("Shifted", "Shifted")  # u64 in the first runtime, u128 in the second
    row("Maybe", "U64", optional=True)
    row("ComesAndGoes", "U128", optional=True, comes_and_goes=True)
    row("ComesAndGoesOrDefault", "U64", comes_and_goes=True)
    row("ByIdentity", "U64", (("Identity", "u8"),), tuple((number(at, 1),) for at in range(11)))
    row("ByTwox64", "U128", (("Twox64Concat", "u32"),), tuple((number(at, 4),) for at in (0, 1, 2**32 - 1)))
    row("ByBlake2Concat", "Hash", (("Blake2_128Concat", "account"),), ((account(1),), (account(2),)))
    row("ByTwox128", "U64", (("Twox128", "u16"),), ((number(1, 2),),))
    row("ByTwox256", "U64", (("Twox256", "u16"),), ((number(1, 2),),))
    row("ByBlake2_128", "U64", (("Blake2_128", "u16"),), ((number(1, 2),),))
    row("ByBlake2_256", "U64", (("Blake2_256", "u16"),), ((number(1, 2),),))
    row("Double", "U128", (("Identity", "u16"), ("Twox64Concat", "u32")),
        tuple((number(one, 2), number(two, 4)) for one, two in ((1, 1), (1, 2), (2, 1))))
    row("DoubleByAccount", "Bytes", (("Blake2_128Concat", "account"), ("Identity", "u8")),
        ((account(1), number(1, 1)), (account(1), number(2, 1))))
    row("Triple", "Text", (("Twox64Concat", "u8"), ("Identity", "u16"), ("Blake2_128Concat", "u32")),
        ((number(1, 1), number(2, 2), number(3, 4)),))
    row("MaybeBy", "U64", (("Twox64Concat", "u16"),), ((number(1, 2),),), optional=True, comes_and_goes=True)
    row("DefaultBy", "U64", (("Twox64Concat", "u16"),), ((number(1, 2),),), comes_and_goes=True)
    assert last == 64, last
    return rows


HOT = hot_rows()
FIRST_EDGE, FIRST_NEIGHBOUR, FIRST_BIG = 200, 600, 1000
ABSENT = (  # never there: what an absent key of either kind gives
    Row("Never", "U64", keys=((101, ()),), optional=True), Row("NeverOrDefault", "U64", keys=((102, ()),)),
    Row("NeverBy", "U128", (("Identity", "u8"),), ((103, (b"\1",)),), optional=True),
    Row("NeverByOrDefault", "U128", (("Identity", "u8"),), ((104, (b"\1",)),)),
)
STILL = Row("Still", "U128", keys=((110, ()),))  # written at genesis and never again
RARE = Row("Rare", "U128", keys=((111, ()),))  # written in each tenth block
ONLY_FIRST = Row("OnlyFirst", "U64", keys=((112, ()),), specs=(1,))
ONLY_SECOND = Row("OnlySecond", "U64", keys=((113, ()),), specs=(2,))
NEIGHBOURS = Row(  # keys that differ in their last byte; written in each 25th block
    "Neighbours", "U64", (("Identity", "u8"),), tuple((FIRST_NEIGHBOUR + at, (number(at, 1),)) for at in range(128)))
BIG = Row("Big", "U128", (("Twox64Concat", "u32"),), optional=True)


def edge_rows():
    """Of each kind that has edges a map of them, written at genesis."""
    first = FIRST_EDGE
    for name, edges in EDGES.items():
        keys = tuple((first + at, (number(at, 1),)) for at in range(len(edges)))
        first += len(edges)
        yield Row(f"Edges{name}", name, (("Identity", "u8"),), keys)


EDGE_ROWS = tuple(edge_rows())
ROWS = (*HOT, *ABSENT, STILL, RARE, ONLY_FIRST, ONLY_SECOND, NEIGHBOURS, BIG, *EDGE_ROWS)
