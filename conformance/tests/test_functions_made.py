"""Every named function on made-up recordings: of the runtime that is recorded, and of newer ones that no chain is here
of, specs 419 and 439, whose numbers stand in types of their own, and 365, with metadata 16. So values are seen that no
small chain has: great numbers, texts that are none, options of both kinds. They are what polkadot-api reads."""

import json

import pytest

from testenv.adapter import MODES, Adapter, call, ours
from testenv.cases import made_questions
from testenv.command import value
from testenv.expected import vector
from testenv.fixture import Copy
from testenv.made import ALL_PRICES, HEAD, RUNTIMES, Made, made

pytestmark = pytest.mark.foreign

THREADS = 16


@pytest.mark.parametrize("spec_version", RUNTIMES)
def test_each_function(spec_version, tmp_path, start, rng):
    recording, questions, wanted = made(tmp_path, spec_version, made_questions, rng)
    node = start(recording)
    calls = [call(function, *arguments, block=HEAD) for function, arguments in questions]
    with Adapter(ours(node.url), tmp_path) as adapter:
        ends = {mode: adapter.run(mode, calls, threads=THREADS) for mode in MODES}
    wrong = [
        (mode, *each, end, want)
        for mode in MODES for each, end, want in zip(questions, ends[mode], wanted, strict=True)
        if end["outcome"] != "ok" or end["value"] != want
    ]
    if wrong:
        first = min(wrong, key=lambda each: len(json.dumps(each)))
        names = sorted({function for _, function, *_ in wrong})
        raise AssertionError(f"{len(wrong)} wrong, of {names}; the smallest:\n" + "\n".join(
            json.dumps(part, ensure_ascii=False)[:2000] for part in first
        ))


def test_a_subnet_without_a_price_is_an_error(tmp_path, start, rng):
    """Where a runtime says all prices in one list, one that is not in it is not made up."""
    recording, _, (found,) = made(tmp_path, 419, lambda _: [("all_subnets", [])], rng)
    copy = Copy(tmp_path / "copy", recording)
    calls = copy.read("calls.jsonl")
    copy.write("calls.jsonl", [
        {**each, "result": "0x00"} if each["params"][0] == ALL_PRICES else each for each in calls
    ])
    node = start(copy.seal())
    with Adapter(ours(node.url), tmp_path) as adapter:
        (end,) = adapter.run("serial", [call("all_subnets", block=HEAD)])
    assert end["outcome"] == "decode" and "no price of " in end["message"], end
    assert int(end["message"].rsplit(" ", 1)[1]) in [subnet["netuid"] for subnet in found], end


class Impossible(Made):
    """A chain on which somebody has more than 2^64 rao, and neurons are of blocks to come."""

    def sound(self, function, arguments, result):
        return not super().sound(function, arguments, result)

    def make_entry(self, key):
        return vector([(HEAD + 1).to_bytes(8, "little")])


@pytest.mark.parametrize("function, arguments, says", [
    ("neurons", [2], "beyond 2^64 rao"), ("neurons_lite", [2], "beyond 2^64 rao"),
    ("neuron_for_uid", [1, 2], "beyond 2^64 rao"), ("get_delegates", [], "beyond 2^64 rao"),
    ("blocks_since_last_update", [2, 0], "after the one that is read"),
])
def test_what_cannot_be_is_no_number(function, arguments, says, tmp_path, start, rng):
    recording, _, _ = made(tmp_path, 293, lambda _: [(function, arguments)], rng, kind=Impossible)
    node = start(recording)
    with Adapter(ours(node.url), tmp_path) as adapter:
        (end,) = adapter.run("serial", [call(function, *arguments, block=HEAD)])
    assert end["outcome"] == "decode" and says in end["message"], end


@pytest.mark.parametrize("spec_version", RUNTIMES)
def test_arguments_that_are_wrapped(spec_version, tmp_path, start, rng):
    """A netuid is a u16 in older runtimes, and in newer ones a type of its own, whose JSON is an array of it: its number
    is taken by all."""
    asked = [("get_subnet_price", [258]), ("weights", [258]), *(("tempo", [netuid]) for netuid in range(256, 288))]
    recording, _, (price, weights, *tempos) = made(tmp_path, spec_version, lambda _: asked, rng)
    netuid, tempo = next((256 + i, tempo) for i, tempo in enumerate(tempos) if tempo is not None)
    node = start(recording)
    price_call, map_of = ["SwapRuntimeApi", "current_alpha_price"], ["SubtensorModule", "Weights"]
    with Adapter(ours(node.url), tmp_path) as adapter:
        ends = adapter.run("serial", [
            call("query_runtime_api", *price_call, [258], block=HEAD), call("query_map", *map_of, [258], block=HEAD),
        ])
    assert [end["outcome"] for end in ends] == ["ok", "ok"], ends
    assert ends[0]["value"] == price
    assert [as_number(entry["args"][1]) for entry in ends[1]["value"]] == [uid for uid, _ in weights]
    stored = value("--block", HEAD, "storage", "SubtensorModule", "Tempo", netuid, url=node.url)
    assert as_number(stored) == tempo
    assert value("--block", HEAD, "runtime-call", *price_call, 258, url=node.url) == price


def as_number(value):
    return value[0] if isinstance(value, list) else value
