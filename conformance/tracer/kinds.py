"""The kinds of value that the tracer stores: how each is a type in metadata, and how it says a mark. Kinds too small
for a mark go through a list of constants instead, one further in each block."""

from dataclasses import dataclass
from typing import Callable

from oracles.samples import compact
from .marks import Mark
from .scale import blob, listed, number, optional, text


@dataclass(frozen=True)
class Kind:
    """`type` gives the id in a registry (registry.Types), `value` the bytes for a mark. `constants` are what `value`
    goes through where no mark has room."""

    name: str
    type: Callable
    value: Callable
    constants: tuple = ()


def constant_at(constants, mark):
    return constants[(mark.block + mark.key) % len(constants)]


def small(name, type, constants, encode):
    return Kind(name, type, lambda mark: encode(constant_at(constants, mark)), tuple(constants))


def unsigned(bits):
    edges = [0, 1, 63, 64, 2**8 - 1, 2**8, 2**14 - 1, 2**14, 2**15, 2**16 - 1, 2**16]
    edges += [2**30 - 1, 2**30, 2**31, 2**32 - 1]
    return [edge for edge in edges if edge < 2**bits]


def signed(bits):
    edges = [0, 1, 2 ** (bits - 1) - 1]
    return sorted([*edges, *(-edge - 1 for edge in edges)])


def integer(name, bits, constants):
    return small(name, lambda t: t.plain(name.lower()), constants, lambda value: number(value, bits // 8))


def numbers(mark):
    """One to three times the mark."""
    return listed(mark.narrow() for _ in range(1 + mark.block % 3))


def reading(mark):
    """A struct: what the mark says in plain fields, and the mark."""
    return (number(mark.chain, 1) + number(mark.spec, 4) + compact(mark.block) + number(mark.key, 2)
            + mark.narrow() + text(mark.text()))


def choice(mark):
    """An enum: each block another variant."""
    return [
        b"\x00" + mark.narrow(), b"\x03" + mark.wide(), b"\x07" + number(mark.key, 2) + mark.long(), b"\x09",
    ][mark.block % 4]


def outcome(mark):
    return b"\x01" + text(mark.text()) if mark.block % 3 == 0 else b"\x00" + mark.narrow()


def by_number(mark):
    return listed(number(mark.key + at, 2) + mark.narrow() for at in range(2))


MARKED = [
    Kind("U64", lambda t: t.plain("u64"), Mark.narrow),
    Kind("U128", lambda t: t.plain("u128"), Mark.wide),
    Kind("I64", lambda t: t.plain("i64"), Mark.narrow),
    Kind("I128", lambda t: t.plain("i128"), Mark.wide),
    Kind("CompactU64", lambda t: t.compacted("u64"), lambda mark: compact(mark.integer())),
    Kind("CompactU128", lambda t: t.compacted("u128"), lambda mark: compact(int.from_bytes(mark.wide(), "little"))),
    Kind("U64F64", lambda t: t.fixed_point("u128", 64), Mark.wide),
    Kind("I64F64", lambda t: t.fixed_point("i128", 64), Mark.wide),
    Kind("I96F32", lambda t: t.fixed_point("i128", 32), Mark.wide),
    Kind("I32F32", lambda t: t.fixed_point("i64", 32), Mark.narrow),
    Kind("Hash", lambda t: t.hash, Mark.long),
    Kind("Account", lambda t: t.account, Mark.long),
    Kind("Array", lambda t: t.byte_array(16), Mark.wide),
    Kind("Bytes", lambda t: t.bytes, lambda mark: blob(mark.wide())),
    Kind("Text", lambda t: t.plain("str"), lambda mark: text(mark.text())),
    Kind("Struct", lambda t: t.reading, reading),
    Kind("Enum", lambda t: t.choice, choice),
    Kind("Option", lambda t: t.option_of("u64"), lambda mark: optional(mark.narrow() if mark.block % 2 else None)),
    Kind("Result", lambda t: t.outcome, outcome),
    Kind("Tuple", lambda t: t.pair("u64", "u128"), lambda mark: mark.narrow() + mark.wide()),
    Kind("Numbers", lambda t: t.vector("u64"), numbers),
    Kind("ByNumber", lambda t: t.by_number, by_number),
]
SMALL = [
    small("Bool", lambda t: t.plain("bool"), [False, True], lambda value: bytes([value])),
    integer("U8", 8, unsigned(8)), integer("U16", 16, unsigned(16)), integer("U32", 32, unsigned(32)),
    integer("I8", 8, signed(8)), integer("I16", 16, signed(16)), integer("I32", 32, signed(32)),
    small("CompactU8", lambda t: t.compacted("u8"), unsigned(8), compact),
    small("CompactU16", lambda t: t.compacted("u16"), unsigned(16), compact),
    small("CompactU32", lambda t: t.compacted("u32"), unsigned(32), compact),
]
KINDS = {kind.name: kind for kind in MARKED + SMALL}

U64_EDGES = [0, 1, 2**53 - 1, 2**53, 2**53 + 1, 2**63 - 1, 2**63, 2**64 - 1]
U128_EDGES = [*U64_EDGES, 2**64, 2**127 - 1, 2**127, 2**128 - 1]
I64_EDGES = [0, 1, -1, 2**53 - 1, 2**53, -(2**53), -(2**53) - 1, 2**63 - 1, -(2**63)]
I128_EDGES = [*I64_EDGES, 2**63, -(2**63) - 1, 2**127 - 1, -(2**127)]
COMPACT_EDGES = [
    0, 63, 64, 2**14 - 1, 2**14, 2**30 - 1, 2**30, 2**32 - 1, 2**32, 2**53, 2**56 - 1, 2**56, 2**64 - 1, 2**64,
    2**128 - 1,
]
# By kind: its edges as encoded values, in maps of a u8. Fixed point has its bits' edges: least, greatest, a half.
EDGES = {
    "U64": [number(edge, 8) for edge in U64_EDGES],
    "U128": [number(edge, 16) for edge in U128_EDGES],
    "I64": [number(edge, 8) for edge in I64_EDGES],
    "I128": [number(edge, 16) for edge in I128_EDGES],
    "CompactU64": [compact(edge) for edge in COMPACT_EDGES if edge < 2**64],
    "CompactU128": [compact(edge) for edge in COMPACT_EDGES],
    "U64F64": [number(edge, 16) for edge in (0, 1, 2**63, 2**64, 2**64 - 1, 2**128 - 1)],
    "I64F64": [number(edge, 16) for edge in (0, 1, -1, 2**63, -(2**63), 2**127 - 1, -(2**127))],
    "I96F32": [number(edge, 16) for edge in (0, 1, -1, 2**31, -(2**31), 2**127 - 1, -(2**127))],
    "I32F32": [number(edge, 8) for edge in (0, 1, -1, 2**31, -(2**31), 2**63 - 1, -(2**63))],
    "Text": [text(edge) for edge in ("", "\0", "τao", "\U0001f9e0", "a \"quoted\\\" line\nand a tab\t")],
    "Bytes": [blob(edge) for edge in (b"", b"\0", b"\xff\xfe", bytes(range(63)), bytes(range(64)))],
}
