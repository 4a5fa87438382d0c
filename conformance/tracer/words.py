"""What a value of a tracer says, in words: whose answer it is, where another one was due.

    said(value)                   whose it is: "value of key 7 at block 71 of tracer, runtime 1"
    marks(value)                  the marks in any JSON value, in order: numbers, decimal text, hex, addresses, texts
    difference(due, got, at=70)   None where they are equal, else what is wrong; `at` is the height that was read at

`due` is what the generator says (values.py), `got` what a client said, both as JSON of any shape.

By hand, in conformance/: PYTHON -m tracer.words VALUE…, each JSON or plain text."""

import json
import sys
from fractions import Fraction

from testenv.keys import ALPHABET, account_of
from .marks import CALL, CHAINS, CONSTANT, DEFAULT, KIND_NAMES, LONG, NARROW, STORAGE, WIDE, read_bytes, read_text

PLACES = (32, 64)  # of the fixed-point types


def integer_marks(value):
    """Of a number, signed or not, the mark that its bytes are in one of the sizes."""
    for size in (NARROW, WIDE):
        bits = 8 * size
        if -(2 ** (bits - 1)) <= value < 2**bits:
            mark = read_bytes((value % 2**bits).to_bytes(size, "little"))
            if mark:
                return [mark]
    return []


def decimal_marks(text):
    """Of a decimal number, also with a point: as an integer, or as the bits of fixed point."""
    number = Fraction(text)
    if number.denominator == 1:
        return integer_marks(int(number)) or fixed_marks(number)
    return fixed_marks(number)


def fixed_marks(number):
    scaled = [number * 2**places for places in PLACES]
    return next(filter(None, (integer_marks(int(bits)) for bits in scaled if bits.denominator == 1)), [])


def is_decimal(text):
    digits = text.removeprefix("-").replace(".", "", 1)
    return digits.isascii() and digits.isdigit() and text[-1] != "." and text.removeprefix("-")[0] != "."


def text_marks(text):
    if text.startswith("0x"):
        try:
            data = bytes.fromhex(text[2:])
        except ValueError:
            return []
        return list(filter(None, [read_bytes(data)])) or integer_marks(int(text, 16) if data else 0)
    if is_decimal(text):
        return decimal_marks(text)
    if len(text) == 48 and all(letter in ALPHABET for letter in text):
        return list(filter(None, [read_bytes(account_of(text))]))
    return list(filter(None, [read_text(text)]))


def marks(value):
    """All marks in a value, in order; of an object those of its members, not of their names."""
    if isinstance(value, bool) or value is None or isinstance(value, float):
        return []
    if isinstance(value, int):
        return integer_marks(value)
    if isinstance(value, str):
        return text_marks(value)
    parts = value.values() if isinstance(value, dict) else value
    return [mark for part in parts for mark in marks(part)]


def chain_name(number):
    return CHAINS.get(number, f"number {number}")


def short(value):
    text = str(value)
    return text if len(text) <= 80 else text[:77] + "..."


def described(mark):
    """ "value of key 7 at block 70 of tracer, runtime 1" """
    where = "" if mark.kind in (CONSTANT, DEFAULT) else f" at block {mark.block}{' of the fork' if mark.fork else ''}"
    return f"{KIND_NAMES[mark.kind]} of key {mark.key}{where} of {chain_name(mark.chain)}, runtime {mark.spec}"


def said(value):
    """Whose a value is, by the marks in it."""
    return "; ".join(dict.fromkeys(map(described, marks(value)))) or f"no tracer value: {short(value)}"


def mark_differences(due, got, at):
    """What one mark says that another one does not, from the coarsest on."""
    if got.chain != due.chain:
        yield f"value of chain {chain_name(got.chain)} on {chain_name(due.chain)}"
    if got.kind != due.kind:
        yield f"{KIND_NAMES[got.kind]} given where a {KIND_NAMES[due.kind]} is due"
    if got.key != due.key:
        yield f"answer of key {got.key} given to key {due.key}"
    if got.fork != due.fork:
        sides = ("the fork", "the chain of the head")
        yield f"value of {sides[not got.fork]} in a snapshot of {sides[got.fork]}"
    if got.kind in (STORAGE, CALL) and got.block != due.block:
        height = due.block if at is None else at
        behind = f", where block {due.block} wrote last" if got.block < height and due.block != height else ""
        yield f"value of block {got.block} in a snapshot of {height}{behind}"
    if got.spec != due.spec:
        yield f"value of runtime {got.spec} where runtime {due.spec} wrote"


def difference(due, got, at=None):
    """What is wrong with `got`, in words, or None."""
    if got == due:
        return None
    due_marks, got_marks = marks(due), marks(got)
    for due_mark, got_mark in zip(due_marks, got_marks, strict=False):
        if due_mark != got_mark:
            return "; ".join(mark_differences(due_mark, got_mark, at))
    if got_marks and not due_marks:
        return f"{described(got_marks[0])} where {nothing_or(due)} is due"
    if due_marks and got is None:
        return f"nothing given for key {due_marks[0].key}, which has a {described(due_marks[0])}"
    if due_marks and not got_marks:
        return f"no tracer value: {short(got)}"
    if len(due_marks) != len(got_marks):
        return f"{len(got_marks)} marks where {len(due_marks)} are due"
    if due_marks:
        return f"the marks that are due in another value: {short(got)} where {short(due)} is due"
    return f"constant {short(got)} where {short(due)} is due"


def nothing_or(due):
    return "nothing" if due is None else short(due)


def parsed(text):
    try:
        return json.loads(text)
    except ValueError:
        return text


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        print(said(parsed(argument)))
