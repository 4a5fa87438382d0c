"""Every named function on made-up recordings: of the runtime that is recorded, and of newer ones that no chain is here
of, specs 419 and 439, whose numbers stand in types of their own, and 365, with metadata 16. So values are seen that no
small chain has: great numbers, texts that are none, options of both kinds. They are what polkadot-api reads."""

import json

import pytest

from testenv.adapter import MODES, Adapter, call, ours
from testenv.cases import made_questions
from testenv.fixture import Copy
from testenv.made import ALL_PRICES, HEAD, RUNTIMES, made

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
    found = []
    while not found or found[0]["netuid"] == 0:
        folder = tmp_path / str(rng.randrange(2**64))
        folder.mkdir()
        recording, _, ((*found,),) = made(folder, 419, lambda _: [("all_subnets", [])], rng)
    copy = Copy(tmp_path / "copy", recording)
    calls = copy.read("calls.jsonl")
    copy.write("calls.jsonl", [
        {**each, "result": "0x00"} if each["params"][0] == ALL_PRICES else each for each in calls
    ])
    node = start(copy.seal())
    with Adapter(ours(node.url), tmp_path) as adapter:
        (end,) = adapter.run("serial", [call("all_subnets", block=HEAD)])
    assert end["outcome"] == "decode" and f"no price of {found[0]['netuid']}" in end["message"], end
