"""The tracer, served, and recorded from there: by plan, and as a proxy from what a client asked. `mocknode diff` names
what a recording lacks, which must be what nobody could ask for, or did not; nothing is said otherwise."""

import json

import pytest

from testenv.fixture import run
from testenv.node import Program
from testenv.paths import ROOT
from testenv.rpc import Socket
from testenv.truth import Truth, lines
from tracer.chain import FORK_LENGTH, LAST, PRUNED

pytestmark = pytest.mark.slow
TRACER = ROOT / "fixtures" / "tracer"
FIRST = PRUNED.stop + 1  # the first block whose parent has a state, which a plan asks for the runtime
EXPORTS = {"! runtime 1", "! runtime 2"}  # the tracer's `:code` is none, so they are not to be had


@pytest.fixture(scope="module")
def truth():
    return Truth(TRACER)


@pytest.fixture(scope="module")
def calls():
    return list(lines(TRACER / "calls.jsonl"))


def subjects(one, two):
    """What two recordings say differently or one alone says: the lines of diff, without the two versions."""
    done = run("diff", one, two)
    assert done.returncode in (0, 1), done.stderr
    return [line for line in done.stdout.splitlines() if not line.startswith(" ")]


def plan(calls):
    functions = {}
    for call in calls:
        if call["method"] == "state_call":
            functions.setdefault(tuple(call["params"]), None)
    return {
        "format": 1,
        "blocks": {"from": FIRST, "to": "head", "headers": True, "bodies": True, "justifications": True},
        "runtimes": {"metadata": [14, 15], "exports": False},
        "state": [{"from": 0, "to": 0, "prefixes": ["0x"]}, {"from": FIRST, "to": "head", "prefixes": ["0x"]}],
        "calls": [
            {"requests": [{"methods": [call["method"] for call in calls if "at" not in call]}]},
            {"blocks": [0, *range(FIRST, LAST + 1)], "requests": [
                {"functions": [name], "args": [{"bytes": [argument]}] if argument != "0x" else []}
                for name, argument in functions]},
        ],
    }


def test_by_plan(start, tmp_path, truth, calls):
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan(calls)))
    done = run("record", "--upstream", start(TRACER).url, "--plan", file, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    unasked = {truth.canonical[number]["hash"] for number in range(1, FIRST)}
    unasked |= {hash for hash, block in truth.by_hash.items() if block.get("fork")}
    assert len(unasked) == FIRST - 1 + FORK_LENGTH
    partly = {truth.canonical[number]["hash"] for number in (0, FIRST - 1)}  # their headers alone were wanted
    other = []
    for line in subjects(TRACER, tmp_path / "out"):
        lacks = line.startswith("- ") and any(hash[:10] in line for hash in unasked)
        header_only = line.startswith("! block ") and line.split()[-1] in partly
        if not lacks and not header_only and line not in EXPORTS:
            other.append(line)
    assert other == []


def ask_all(socket, hash, calls):
    """Everything that the tracer has of one block, in the words of a client."""
    for method in ("chain_getHeader", "chain_getBlock", "state_getRuntimeVersion", "state_getMetadata"):
        socket.call(method, hash)
    after, keys = None, []
    while page := socket.call("state_getKeysPaged", "0x", 1000, after, hash):
        after, keys = page[-1], keys + page
    for at in range(0, len(keys), 1000):
        socket.call("state_queryStorageAt", keys[at:at + 1000], hash)
    for call in calls:
        if call.get("at") == hash:
            socket.call(call["method"], *call["params"], hash)


def test_by_proxy(start, tmp_path, truth, calls):
    """Five blocks, one on each side of the upgrade among them, become the facts that the tracer has of them."""
    hashes = [truth.canonical[number]["hash"] for number in (FIRST, 60, 100, 101, LAST)]
    with Program("record", "--upstream", start(TRACER).url, "--listen", 0, "--out", tmp_path / "out") as proxy:
        with Socket(proxy.url) as socket:
            for hash in hashes:
                ask_all(socket, hash, calls)
            for call in calls:
                if "at" not in call:
                    socket.call(call["method"])
    found = subjects(TRACER, tmp_path / "out")
    assert not [line for line in found if line.startswith("+ ")]
    assert [line for line in found if any(hash[:10] in line for hash in hashes)] == []
    assert {line for line in found if "0x" not in line} <= EXPORTS, "what names no block was all asked for"
