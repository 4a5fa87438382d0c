"""What a wrong answer of a tracer says: each kind of it, in words; and that no other bytes are taken for a mark."""

import json
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given, strategies

from oracles.plain import Plain, fraction
from testenv.paths import ROOT
from tracer.kinds import MARKED
from tracer.marks import CALL, CHAINS, CONSTANT, DEFAULT, KIND_NAMES, Mark, read_bytes, read_text
from tracer.registry import Types
from tracer.rows import ROWS
from tracer.shapes import PapiShape, PolkadotShape, SdkShape
from tracer.values import Values
from tracer.words import difference, marks, said

DUE = Mark(1, 1, 70, 6)
VALUES = Values(1)


def number(mark):
    return int.from_bytes(mark.narrow(), "little")


@pytest.mark.parametrize("got, says", [
    (replace(DUE, key=7), "answer of key 7 given to key 6"),
    (replace(DUE, block=71), "value of block 71 in a snapshot of 70"),
    (replace(DUE, block=69), "value of block 69 in a snapshot of 70"),
    (replace(DUE, chain=2), "value of chain tracer-2 on tracer"),
    (replace(DUE, spec=2), "value of runtime 2 where runtime 1 wrote"),
    (replace(DUE, fork=True), "value of the fork in a snapshot of the chain of the head"),
    (replace(DUE, kind=DEFAULT, block=0), "default given where a value is due"),
    (replace(DUE, kind=CONSTANT, block=0), "constant given where a value is due"),
    (replace(DUE, kind=CALL), "answer of a runtime call given where a value is due"),
    (replace(DUE, key=7, block=150, spec=2), "answer of key 7 given to key 6; value of block 150 in a snapshot of 70; "
                                             "value of runtime 2 where runtime 1 wrote"),
])
@pytest.mark.parametrize("kind", [
    number, lambda mark: str(number(mark)),
    lambda mark: "0x" + mark.wide().hex(), lambda mark: "0x" + mark.long().hex(),
    Mark.text, lambda mark: {"bits": str(number(mark))}, lambda mark: [[22, number(mark)]],
])
def test_an_answer_of_another(kind, got, says):
    assert difference(kind(DUE), kind(got), 70) == says
    assert difference(kind(DUE), kind(DUE), 70) is None


def test_a_value_that_was_written_before():
    """A snapshot of 75 has what block 70 wrote last."""
    assert difference(number(DUE), number(replace(DUE, block=60)), 75) == (
        "value of block 60 in a snapshot of 75, where block 70 wrote last")
    assert difference(number(DUE), number(replace(DUE, block=80)), 75) == "value of block 80 in a snapshot of 75"
    fork = replace(DUE, block=121, fork=True)
    assert difference(number(fork), number(replace(fork, fork=False)), 121) == (
        "value of the chain of the head in a snapshot of the fork")


@pytest.mark.parametrize("due, got, says", [
    (number(DUE), "0xdeadbeef", "no tracer value: 0xdeadbeef"),
    (number(DUE), float(number(DUE)), f"no tracer value: {float(number(DUE))}"),
    (number(DUE), int(float(number(DUE))), f"no tracer value: {int(float(number(DUE)))}"),
    (number(DUE), number(DUE) ^ 1, f"no tracer value: {number(DUE) ^ 1}"),
    (number(DUE), 0, "no tracer value: 0"),
    (number(DUE), "x" * 100, "no tracer value: " + "x" * 77 + "..."),
    (number(DUE), None, "nothing given for key 6, which has a value of key 6 at block 70 of tracer, runtime 1"),
    (None, number(DUE), "value of key 6 at block 70 of tracer, runtime 1 where nothing is due"),
    (None, number(replace(DUE, kind=DEFAULT, block=0)), "default of key 6 of tracer, runtime 1 where nothing is due"),
    (None, number(replace(DUE, kind=CONSTANT, block=0)), "constant of key 6 of tracer, runtime 1 where nothing is due"),
    (64, 63, "constant 63 where 64 is due"), (True, False, "constant False where True is due"),
    (64, number(DUE), "value of key 6 at block 70 of tracer, runtime 1 where 64 is due"),
    ([number(DUE)] * 2, [number(DUE)], "1 marks where 2 are due"),
    ([number(DUE)], number(DUE),
     f"the marks that are due in another value: {number(DUE)} where [{number(DUE)}] is due"),
])
def test_no_answer_at_all(due, got, says):
    assert difference(due, got, 70) == says


@pytest.mark.parametrize("shape", [Plain, SdkShape, PolkadotShape, PapiShape])
@pytest.mark.parametrize("kind", MARKED, ids=lambda kind: kind.name)
def test_each_kind_says_its_mark(kind, shape):
    """As each client shows it, in blocks in which an enum or an option has room for it."""
    types = Types(1)
    id = kind.type(types)
    reader = shape(types.types)
    for block in (69, 73):
        mark = Mark(1, 1, block, 17)
        found = marks(reader.read(id, kind.value(mark)))
        assert found and set(found) == {mark}


def test_keys_and_heights_tell_all_stored_values_apart():
    """Of the hot keys no two have the same mark, nor one key in two blocks."""
    seen = {}
    for number in (0, 70, 71, 101, 200):
        block = VALUES.block(number)
        for row in ROWS:
            for key, arguments in row.keys if block.executed_by in row.specs else ():
                for mark in set(marks(VALUES.stored(block, "Tracer", row.name, arguments))):
                    assert mark.key == key and mark.chain == 1, (row.name, mark)
                    assert seen.setdefault((mark, row.name), arguments) == arguments
    assert len(seen) > 200


def test_whose_a_value_is():
    other = Mark(2, 2, 150, 7, CALL, True)
    assert said([number(DUE), {"other": other.text(), "again": str(number(DUE))}]) == (
        "value of key 6 at block 70 of tracer, runtime 1; "
        "answer of a runtime call of key 7 at block 150 of the fork of tracer-2, runtime 2")
    assert said("0x00") == "no tracer value: 0x00"
    done = subprocess.run(
        [sys.executable, "-m", "tracer.words", str(number(DUE)), json.dumps([other.text()]), "0x00"],
        cwd=ROOT / "conformance", capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [said(number(DUE)), said(other.text()), "no tracer value: 0x00"]


any_mark = strategies.builds(
    Mark, strategies.sampled_from(list(CHAINS)), strategies.integers(1, 15), strategies.integers(0, 4095),
    strategies.integers(0, 65535), strategies.sampled_from(range(len(KIND_NAMES))), strategies.booleans(),
)


@given(any_mark)
def test_marks_are_read_as_they_were_written(mark):
    for data in (mark.narrow(), mark.wide(), mark.long()):
        assert read_bytes(data) == mark
        for signed in (False, True):
            if len(data) < 32:
                assert marks(int.from_bytes(data, "little", signed=signed)) == [mark]
        if len(data) < 32:
            assert marks(fraction(int.from_bytes(data, "little", signed=True), 32)) == [mark]
    assert read_text(mark.text()) == mark


@given(any_mark, strategies.integers(0, 255))
def test_a_changed_bit_is_no_mark_or_another(mark, bit):
    """Of the checksummed sizes above 8 bytes none is left by any one changed bit."""
    for data in (mark.wide(), mark.long()):
        at = bit % (8 * len(data))
        changed = (int.from_bytes(data, "little") ^ 1 << at).to_bytes(len(data), "little")
        assert read_bytes(changed) is None
    assert read_text(mark.text()[:-1]) is None


@given(strategies.one_of(
    strategies.integers(-(2**127), 2**128 - 1), strategies.text(),
    strategies.binary().map(lambda data: "0x" + data.hex()),
    strategies.floats(), strategies.decimals(allow_nan=False, allow_infinity=False).map(str),
))
def test_other_values_are_none(value):
    assert marks(value) == []
