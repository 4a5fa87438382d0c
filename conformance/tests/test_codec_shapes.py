"""The client's codec on shapes that other decoders read wrongly or not at all, beside plain Python (oracles/plain.py):
well-formed values to the letter and back to the same bytes; changed ones refused by both, or read alike by both."""

import pytest

from oracles.decoders import failed, none, ours, text, unique
from oracles.plain import Plain, Wrong
from oracles.registry import unread_by_others, unusual
from oracles.samples import Samples


@pytest.fixture(params=[unread_by_others, unusual])
def registry(request):
    return request.param()


@pytest.fixture
def file(registry, tmp_path):
    file = tmp_path / "metadata-14"
    file.write_bytes(registry.metadata())
    return file


def made_up(registry, rng, count):
    samples = Samples(registry.types, rng)
    return [(id, samples.of(id)) for id in range(len(registry.types)) for _ in range(count)]


def changed(data, rng):
    """Bytes that are one bit, one byte or one end away from a value."""
    if not data or rng.random() < 0.2:
        return data + bytes([rng.randrange(256)])
    at = rng.randrange(len(data))
    other = rng.choice([data[at] ^ 1 << rng.randrange(8), rng.choice([0, 1, 2, 3, 0x7F, 0x80, 0xFF])])
    return data[:at] + (b"" if rng.random() < 0.2 else bytes([other]) + data[at + 1:])


def expected(plain, question):
    """The codec's answer, by plain Python."""
    try:
        value = plain.read(question["type"], bytes.fromhex(question["hex"][2:]))
    except Wrong:
        return None
    return {"value": value, "again": question["hex"]}


def compare(file, registry, values):
    """Fails unless the codec says of all values what plain Python says; gives how many are none."""
    questions = unique({"kind": "type", "type": id, "hex": "0x" + data.hex()} for id, data in values)
    plain = Plain(registry.types)
    wanted = [expected(plain, question) for question in questions]
    answers = ours(file, questions)
    none([
        (question, answer, want) for question, answer, want in zip(questions, answers, wanted, strict=True)
        if (not failed(answer) if want is None else text(answer) != text(want))
    ])
    return wanted.count(None)


def test_types(file, registry):
    (answer,) = ours(file, [{"kind": "types"}])
    assert text(answer["types"]) == text(registry.types)


def test_values(file, registry, rng):
    assert compare(file, registry, made_up(registry, rng, 30)) == 0


def test_changed_values(file, registry, rng):
    values = [(id, changed(data, rng)) for id, data in made_up(registry, rng, 30)]
    assert compare(file, registry, values) > len(values) / 10
