"""The real SDK as a second oracle: bittensor 10.5.0 behind its adapter, serial, gathered and in threads, says what we
say, but for what the table of deviations has, entry by entry."""

import json
import random
import subprocess

import pytest

from testenv.adapter import Adapter, call, ours, sdk
from testenv.cases import BLOCKS, NETUIDS, TABLE, made_questions, questions
from testenv.deviations import load, text
from testenv.made import HEAD, Tame, made
from testenv.node import Node
from testenv.paths import BIN

pytestmark = [pytest.mark.foreign, pytest.mark.slow]

CLIENT = "bittensor 10.5.0"
ABSENT_BLOCK = 1000
# To make a Subtensor takes the SDK two seconds: in threads only a few questions are asked.
THREADS = 2
# In about one of ten gathers of 2,000 calls async-substrate-interface 2.2.1 loses an answer, and one call waits for
# ever, though a relay between counted a reply to each request. Of gathers of 100 none has been seen to lose any.
TOGETHER = 100
# What is an error here but not there.
ERRORS = [
    call("query_constant", "Balances", "NoSuchConstant", block=73), call("neuron_for_uid", None, 2, block=73),
    call("get_block_hash", ABSENT_BLOCK), call("get_block_info", block=ABSENT_BLOCK),
    call("blocks_since_last_update", 0, 0, block=ABSENT_BLOCK),
]
# To these it says what it says to no other question.
SAY_MORE = {"get_block_info", "blocks_since_last_update"}
# What the SDK cannot ask of the recorded runtime.
UNREADABLE = {"metagraph", "get_commitment"}
# A runtime that has what the recorded one has not, with values that the SDK can read; always the same.
MADE, MADE_SEED = 419, 1
# The SDK asks the first of a function that gives no struct. The others it puts together of several answers, and made-up
# ones contradict each other: a subnet is there and is not, and has other hotkeys each time.
NOT_COMPARED = {"get_subnet_hyperparameters", "blocks_since_last_update", "get_commitment"}


def about_the_head(function, arguments):
    """Two questions that the SDK cannot pin."""
    return function == "get_current_block" or (function, arguments) == ("get_block_hash", [])


def calls_at(blocks):
    return [
        call(function, *arguments, block=None if about_the_head(function, arguments) else block)
        for function, arguments, block in questions(blocks)
    ]


def names_of_arguments():
    """{function: the names of its arguments}, as our command lists them."""
    listed = subprocess.run([BIN / "subtensor", "list", "--json"], capture_output=True, text=True, check=True).stdout
    return {each["name"]: [argument["name"] for argument in each["arguments"]] for each in json.loads(listed)}


def named(function, line):
    """A call with the most arguments that the table has for a function, each by its name."""
    arguments = max(line.arguments, key=len)
    names = names_of_arguments()[function][:len(arguments)]
    return {"function": function, "args": dict(zip(names, arguments, strict=True)), "pin": {"block": BLOCKS[-1]}}


def taken_for_others():
    """[(a question that has no answer, the one that the SDK takes it for)]"""
    mechanisms = [call("get_metagraph_info", 2, mechid, [5], block=HEAD) for mechid in (1, 0)]
    asked = [call(name, *max(line.arguments, key=len)) for name, line in TABLE.items()
             if name not in UNREADABLE and not about_the_head(name, []) and name not in SAY_MORE]
    return [tuple(mechanisms), *(
        ({**each, "pin": {"block": ABSENT_BLOCK}}, {**each, "pin": {"block": HEAD}}) for each in asked
    )]


def readable(has_mechanisms):
    """Weights and bonds that a metagraph is given are, when made up, of neurons that there are not."""
    return [
        (function, arguments) for function, arguments in made_questions(has_mechanisms)
        if function not in NOT_COMPARED and (function, arguments[2:]) != ("metagraph", [False])
    ]


def gathered(client, calls):
    return [
        end for at in range(0, len(calls), TOGETHER) for end in client.run("gathered", calls[at:at + TOGETHER])
    ]


def result(end):
    return {name: value for name, value in end.items() if name != "id"}


def both(url, calls, home):
    """(calls, the SDK's ends, our ends)"""
    with Adapter(sdk(url), home("sdk")) as client:
        theirs = gathered(client, calls)
    with Adapter(ours(url), home("ours")) as client:
        return calls, theirs, client.run("gathered", calls)


@pytest.fixture(scope="module")
def made_up(tmp_path_factory):
    """The same of the newer runtime; but a subnet that there is not has no neurons."""
    recording, questions, wanted = made(
        tmp_path_factory.mktemp("made"), MADE, readable, random.Random(MADE_SEED), Tame)
    calls = [
        call(function, *arguments, block=HEAD) for (function, arguments), want in zip(questions, wanted, strict=True)
        if function != "metagraph" or want or [] == wanted[questions.index(("neurons_lite", arguments[:1]))]
    ]
    with Node(recording) as node:
        return both(node.url, calls, tmp_path_factory.mktemp)


@pytest.fixture(scope="module")
def taken(node, tmp_path_factory):
    """The same of questions without an answer; the SDK's ends have with them what it says to the other question."""
    asked, others = map(list, zip(*taken_for_others(), strict=True))
    calls, ends, right = both(node.space().url(), asked + others, tmp_path_factory.mktemp)
    for end, other in zip(ends, ends[len(asked):]):
        end["taken_for"] = other.get("value")
    return calls, ends, right


@pytest.fixture(scope="module")
def asked(node, tmp_path_factory, made_up, taken):
    """(calls, the SDK's ends, our ends) of everything: two processes for all tests of this file."""
    space = node.space()
    calls = calls_at(BLOCKS) + ERRORS
    serial = calls_at(BLOCKS)
    by_name = [named(name, line) for name, line in TABLE.items() if any(line.arguments)]
    threaded = [call("tempo", netuid, block=73) for netuid in NETUIDS]
    with Adapter(sdk(space.url()), tmp_path_factory.mktemp("sdk")) as client:
        theirs = {
            "gathered": (calls, gathered(client, calls)), "serial": (serial, client.run("serial", serial)),
            "by name": (by_name, gathered(client, by_name)),
            "threaded": (threaded, client.run("threaded", threaded, threads=THREADS)),
        }
    assert space.stats()["unmatched"] == 0, space.control("mock_unmatched")
    with Adapter(ours(node.space().url()), tmp_path_factory.mktemp("ours")) as client:
        asked = {mode: (of, ends, client.run("gathered", of)) for mode, (of, ends) in theirs.items()}
    return {**asked, "made up": made_up, "taken": taken}


def test_the_sdk_says_what_we_say(asked):
    table, wrong = load(CLIENT), []
    for calls, ends, right in asked.values():
        for each, one, two in zip(calls, ends, right, strict=True):
            wrong += [(each, *difference) for difference in table.compare(each["function"], one, two)]
    if wrong:
        first = min(wrong, key=lambda difference: sum(len(text(part)) for part in difference[2:]))
        raise AssertionError(
            f"{len(wrong)} differences, of {sorted({each[0]['function'] for each in wrong})}; the smallest:\n"
            + "\n".join(text(part)[:1500] for part in first)
        )
    assert not table.unused(), "entries of the table that explain nothing: " + json.dumps(table.unused(), indent=1)


def test_its_modes_agree(asked):
    calls, ends, _ = asked["gathered"]
    gathered = {text(each): result(end) for each, end in zip(calls, ends, strict=True)}
    for mode in ("serial", "threaded"):
        for each, end in zip(*asked[mode][:2], strict=True):
            assert result(end) == gathered[text(each)], (mode, each)


def test_arguments_have_the_names_that_the_sdk_has_for_them(asked):
    calls, ends, right = asked["by name"]
    for each, one, two in zip(calls, ends, right, strict=True):
        assert one["outcome"] in ("ok", "raised") and two["outcome"] == "ok", (each, one, two)


def test_what_the_sdk_answered(asked):
    """Every function has had values to compare, but the two that the SDK cannot ask this runtime at all."""
    calls, ends, _ = asked["gathered"]
    answered = {each["function"] for each, end in zip(calls, ends, strict=True) if end["outcome"] == "ok"}
    assert set(TABLE) - answered == UNREADABLE
    assert not [end for end in ends if end["outcome"] not in ("ok", "raised")]


def test_the_sdk_really_gathers(node, tmp_path):
    """Seven are in flight at once on one socket; the counters are the node's."""
    space = node.space()
    with Adapter(sdk(space.url()), tmp_path) as client:
        client.run("gathered", [call("subnet_exists", netuid, block=73) for netuid in range(1, 8)])
        space.gate(7, "reversed", ["state_getStorage"])
        ends = client.run("gathered", [call("subnet_exists", netuid, block=73) for netuid in range(1, 8)])
    assert [end["value"] for end in ends] == [True, True, True, True, False, True, False]
    stats = space.stats()
    assert stats["gate_timeouts"] == 0 and stats["conns"]["opened"] == 1


def test_the_protocol_as_its_adapter_speaks_it(node, tmp_path):
    """Each accepted call has one end, whatever is wrong with it; a line that is wrong as a whole is refused."""
    with Adapter(sdk(node.space().url()), tmp_path) as client:
        assert (client.hello["event"], client.hello["protocol"]) == ("hello", 0)
        assert client.hello["name"] == "bittensor" and client.hello["version"] == "10.5.0"
        assert set(TABLE) <= set(client.hello["functions"])
        ends = client.run("gathered", [
            call("tempo", 2, block=73), call("no_such_function"), call("tempo"), call("tempo", 2, block=-1),
            {"function": "tempo", "args": {"netuid": 3}, "pin": {"hash": "0x12"}},
            call("initialize"),  # gives an object
        ])
        assert [end["outcome"] for end in ends] == [
            "ok", "unimplemented", "unimplemented", "raised", "raised", "not_canonical",
        ]
        assert ends[0]["value"] == 14 and all("value" not in end for end in ends[1:])
        for number, line in enumerate([
            {"op": "call", "id": 1, "function": "tempo", "arguments": [2]},
            {"op": "run", "mode": "shared", "calls": []},
            {"op": "run", "calls": [{"function": "tempo"}]}, {"op": "dance"}, [],
        ], 2):
            client.send(line)
            event = client.event()
            assert (event["event"], event["line"]) == ("refused", number), event
        assert client.stats()["calls"] == 0
