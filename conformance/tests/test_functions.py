"""Every named function in all four modes, at blocks between which everything has changed, about what is there and what
is not: the modes agree to the letter, and the values are those that independent code reads from the recording."""

import json
import random
import re

import pytest

from testenv.adapter import MODES, Adapter, call, ours
from testenv.cases import BLOCKS, BOB, TABLE, questions
from testenv.expected import NOBODY, Expected, NeedsDecoder
from testenv.fixture import Copy
from testenv.keys import network_added
from testenv.paths import ROOT

FIVE_BLOCKS = [6, 10, 51, 69, 73]
ABSENT_BLOCK = 1000
THREADS = 16
ONE_TOKEN = "02286bee"  # 10^9, compact
# Named like the commands that they are; the others are Bittensor's.
GENERIC = {"storage", "constant", "runtime-call", "block", "events", "metadata"}


@pytest.fixture
def asked(space, tmp_path):
    with Adapter(ours(space.url()), tmp_path) as adapter:
        yield adapter
    assert space.stats()["unmatched"] == 0, space.control("mock_unmatched")


def calls_of(asked_of):
    return [call(function, *arguments, block=block) for function, arguments, block in asked_of]


def run(adapter, mode, calls):
    return adapter.run(mode, calls, **({"threads": THREADS} if mode in ("threaded", "shared") else {}))


def without_id(end):
    return json.dumps({name: value for name, value in end.items() if name != "id"})


def shown(function, value):
    """Of extrinsics, the hashes: their insides are the codec's tests' business."""
    if function == "get_block_info":
        return {**value, "extrinsics": [each["hash"] for each in value["extrinsics"]]}
    return value


def wrong_values(expected, ends, blocks):
    """Compares all ends; gives what is wrong, and the functions that could not be looked at."""
    wrong, unseen = [], set()
    for (function, arguments, block), end in zip(questions(blocks), ends, strict=True):
        try:
            want = getattr(expected, function)(block, *arguments)
        except NeedsDecoder:
            unseen.add(function)
            continue
        if end["outcome"] != "ok" or shown(function, end["value"]) != want:
            wrong.append((function, arguments, block, end, want))
    return wrong, unseen


def nothing_wrong(wrong):
    if wrong:
        first = min(wrong, key=lambda each: len(json.dumps(each[3])))
        names = sorted({each[0] for each in wrong})
        raise AssertionError(f"{len(wrong)} wrong, of {names}; the smallest:\n" + "\n".join(
            json.dumps(part, ensure_ascii=False)[:2000] for part in first
        ))


def test_each_function_of_c_is_compared_with_its_json():
    header = (ROOT / "client" / "include" / "subtensor" / "subtensor.h").read_text()
    unit_test = (ROOT / "conformance" / "unit" / "test_subtensor_ask.c").read_text()
    in_c = set(re.findall(r"\bsubtensor_(\w+)\(\s*struct substrate_connection\b", header))
    assert in_c and in_c == set(re.findall(r"^    (?:PLAIN|STRUCT|MAYBE)\((\w+),", unit_test, re.M))


def test_each_function_has_a_line(asked):
    assert set(asked.hello["functions"]) - GENERIC == set(TABLE)
    assert asked.hello["modes"] == MODES


def test_all_modes_agree_and_are_right(asked, truth):
    calls = calls_of(questions(FIVE_BLOCKS))
    ends = {mode: run(asked, mode, calls) for mode in MODES}
    for mode in MODES[1:]:
        different = [
            (one, two) for one, two in zip(ends["serial"], ends[mode], strict=True)
            if without_id(one) != without_id(two)
        ]
        assert not different, (mode, different[0])
    wrong, unseen = wrong_values(Expected(truth), ends["gathered"], FIVE_BLOCKS)
    nothing_wrong(wrong)
    assert len(unseen) * 2 < len(TABLE), unseen


@pytest.mark.foreign
def test_all_values_as_polkadot_api_reads_them(asked, truth):
    ends = run(asked, "gathered", calls_of(questions(BLOCKS)))
    wrong, unseen = wrong_values(Expected.with_decoder(truth), ends, BLOCKS)
    nothing_wrong(wrong)
    assert not unseen


def test_values_differ_between_blocks(asked):
    """A reader of the head, or of any one block, cannot have given all of them."""
    pairs = [(name, line.differs) for name, line in TABLE.items() if line.differs]
    first, second = (
        run(asked, "gathered", [call(name, *differs[0], block=differs[at]) for name, differs in pairs])
        for at in (1, 2)
    )
    for (name, _), one, two in zip(pairs, first, second, strict=True):
        assert one["outcome"] == two["outcome"] == "ok", (name, one, two)
        assert one["value"] != two["value"], name


@pytest.mark.parametrize("mode", MODES)
def test_no_pin_is_the_head(asked, space, mode):
    """The head is where the space has it, and 10 is not where the recording ends."""
    space.control("mock_setHead", 10)
    lines = [(name, line.arguments[0]) for name, line in TABLE.items()]
    ends = run(asked, mode, [call(name, *arguments) for name, arguments in lines])
    pinned = run(asked, mode, [call(name, *arguments, block=10) for name, arguments in lines])
    assert list(map(without_id, ends)) == list(map(without_id, pinned))


@pytest.mark.parametrize("mode", MODES)
def test_a_pin_by_hash_and_by_number(asked, truth, mode):
    lines = [(name, line.arguments[0]) for name, line in TABLE.items()]
    by_hash = {"pin": {"hash": truth.canonical[51]["hash"]}}
    ends = run(asked, mode, [{**call(name, *arguments), **by_hash} for name, arguments in lines])
    pinned = run(asked, mode, [call(name, *arguments, block=51) for name, arguments in lines])
    assert list(map(without_id, ends)) == list(map(without_id, pinned))


@pytest.mark.parametrize("mode", MODES)
def test_a_block_that_does_not_exist_is_an_error(asked, mode):
    """Never the head, and never a default."""
    calls = [call(name, *line.arguments[0], block=ABSENT_BLOCK) for name, line in TABLE.items()]
    for each, end in zip(calls, run(asked, mode, calls), strict=True):
        assert end["outcome"] == "not_found" and str(ABSENT_BLOCK) in end["message"], (each, end)


@pytest.mark.parametrize("mode", MODES)
def test_a_mechanism_of_a_runtime_without_them_is_an_error(asked, mode):
    """The recorded runtime knows no mechanisms: the first is the subnet itself, and there is no second."""
    calls = [call(name, 2, mechid, block=72) for name in ("get_metagraph_info", "metagraph") for mechid in (0, 1)]
    assert [end["outcome"] for end in run(asked, mode, calls)] == ["ok", "not_found"] * 2


def test_stakes_of_nothing_are_left_out(start, tmp_path):
    """The recorded chain tells of none; so one of a copy is made to be 0, in a result with that one only."""
    copy = Copy(tmp_path / "recording")
    calls, changed = copy.read("calls.jsonl"), 0
    for each in calls:
        if each["params"][:2] == ["StakeInfoRuntimeApi_get_stake_info_for_coldkey", "0x" + 64 * "0"]:
            one = each["result"].index(ONE_TOKEN)
            each["result"] = each["result"][:one] + "00" + each["result"][one + len(ONE_TOKEN):]
            changed += 1
    assert changed == len(BLOCKS)
    copy.write("calls.jsonl", calls)
    node = start(copy.seal())
    with Adapter(ours(node.url), tmp_path) as adapter:
        first, second = (
            adapter.run("serial", [call("get_stake_info_for_coldkey", who, block=72)])[0]["value"]
            for who in (NOBODY, BOB)
        )
    assert first == [] and len(second) > 4


# Seven questions, no two of which have the same answer.
SEVEN = [("tempo", netuid) for netuid in (1, 2, 3, 4, 6)] + [("subnet_exists", netuid) for netuid in (6, 7)]
ORDERS = 200


def test_seven_answers_in_200_orders_over_a_socket(asked, space, truth, rng):
    """The node holds seven replies and lets them go in a given order; answers end in that order, each its own."""
    head = truth.head["number"]
    calls = [call(function, netuid, block=head) for function, netuid in SEVEN]
    want = [getattr(Expected(truth), function)(head, netuid) for function, netuid in SEVEN]
    assert len(set(map(json.dumps, want))) == 7
    assert [end["value"] for end in run(asked, "gathered", calls)] == want  # the runtime is known from here on
    by_hash = {"pin": {"hash": truth.head["hash"]}}
    calls = [{**each, **by_hash} for each in calls]
    orders = [list(range(7)), *(shuffled(rng) for _ in range(ORDERS))]
    canonical = None
    for order in orders:
        space.gate(7, order, ["state_getStorage", "state_queryStorageAt"])
        ends = run(asked, "gathered", calls)
        assert [end["value"] for end in ends] == want, order
        canonical = canonical or asked.arrived  # which member of the gate is which question: the first order is plain
        assert asked.arrived == [canonical[member] for member in order]
    stats = space.stats()
    assert stats["gate_timeouts"] == 0 and stats["inflight"]["max_per_conn"] == 7 and stats["conns"]["opened"] == 1


def shuffled(rng: random.Random):
    order = list(range(7))
    rng.shuffle(order)
    return order


def test_the_instruments(truth):
    """Expected values come from keys that are made here; one of them was made elsewhere, too."""
    expected, head = Expected(truth), truth.head["number"]
    for netuid in range(8):
        there = truth.lookup(truth.head["hash"], network_added(netuid))[1] == "0x01"
        assert expected.subnet_exists(head, netuid) is there
