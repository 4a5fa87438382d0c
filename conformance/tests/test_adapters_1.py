"""Adapters of protocol 1 on the tracer: what they give in each of their modes is what its generator wrote, raw and decoded;
an error stays an error; subscriptions, cancelling, closing. Of what an adapter's `can` does not name, nothing is asked."""

import pytest

from testenv.adapter1 import Adapter
from testenv.node import Node
from testenv.paths import TRACER
from testenv.truth import Truth
from tracer import words
from tracer.chain import UPGRADE
from tracer.rows import HOT, ROWS
from tracer.values import Values

ADAPTERS = [
    "subtensor", pytest.param("polkadot-js", marks=pytest.mark.foreign),
    pytest.param("bittensor-10.5.0", marks=pytest.mark.foreign),
    pytest.param("bittensor-10.5.0-async", marks=pytest.mark.foreign),
]
HANDLERS_OVERLAP = ["polkadot-js"]  # it gives the next item to a handler that has not returned
WITHOUT_CODES = ["bittensor", "bittensor-async"]  # their exceptions have a message only
WITHOUT_TWOX256 = WITHOUT_CODES  # a hasher that they do not have
REOPENS = ["bittensor"]  # a call under way takes the close for a loss: it connects again, and asks again
FORGETS = ["bittensor-async"]  # a call under way at the close never ends
# Threads on one Subtensor read each other's replies, or are told that they may not read: each call ends, but few have values.
BROKEN = {("bittensor", "shared")}
MODES = ["serial", "threaded", "gathered", "shared"]
THREADS = 3
BLOCKS = [70, UPGRADE, UPGRADE + 1, 196]
UNKNOWN_METHOD = -32601


@pytest.fixture(scope="module")
def node():
    with Node(TRACER) as node:
        yield node


@pytest.fixture(scope="module")
def truth():
    return Truth(TRACER)


@pytest.fixture(scope="module")
def values():
    return Values(1)


@pytest.fixture(params=ADAPTERS)
def adapter(request, space, tmp_path):
    """Of a test that went well, the adapter ends by itself, with nothing left to end."""
    with Adapter(request.param, tmp_path, space.url()) as adapter:
        yield adapter
        left, status = adapter.finish()
        assert (status, [event for event in left if event["event"] in ("end", "refused")]) == (0, [])


@pytest.fixture(params=MODES)
def mode(request, adapter):
    """One of the adapter's; of another, and of one that its client cannot bear, there is nothing to look at."""
    known = request.param in adapter.can["modes"] and (adapter.hello["name"], request.param) not in BROKEN
    return request.param if known else None


def raw(id, method, *params):
    return {"id": id, "method": method, "params": list(params)}


def read(id, key, block):
    return raw(id, "state_getStorage", key, block["hash"])


def rows(block):
    """The items of a block's runtime, but the great map."""
    return [row for row in ROWS if block.executed_by in row.specs and row.name != "Big"]


def can_be_listed(row):
    return all(hasher == "Identity" or hasher.endswith("Concat") for hasher, _ in row.arguments)


def test_hello(adapter):
    assert adapter.hello["protocols"] == [1]
    assert set(adapter.can["modes"]) <= set(MODES) and adapter.can["modes"]
    assert adapter.can["raw"] is True and {"storage", "map"} <= set(adapter.can["functions"])


def test_raw_reads(adapter, mode, truth, space):
    """Each hot key, at two heights; whatever connections and callers a mode has."""
    if mode is None:
        return
    before = space.counters()["opened"]
    keys = [row.key(arguments) for row in HOT for _, arguments in row.keys]
    asked = {f"{number} {key}": (key, truth.canonical[number]) for number in (150, 151) for key in keys}
    ends = adapter.run(mode, [read(id, *which) for id, which in asked.items()], threads=THREADS)
    for end, (key, block) in zip(ends, asked.values(), strict=True):
        due = truth.lookup(block["hash"], key)[1]
        assert (end["outcome"], end.get("value")) == ("ok", due), words.difference(due, end.get("value"), block["number"])
    lanes = {end["lane"] for end in ends}
    assert len(lanes) == {"serial": 1, "gathered": len(ends)}.get(mode, THREADS)
    assert space.counters()["opened"] - before == (THREADS if mode == "threaded" else 0)


def test_decoded_values(adapter, mode, values, space):
    """Items of every kind, of both runtimes and of the block between them."""
    if mode is None:
        return
    asked = []
    for block in map(values.block, BLOCKS):
        for row in rows(block):
            for _, arguments in row.keys[:1]:
                due = values.stored(block, "Tracer", row.name, arguments)
                said = values.asked(block, row.name, arguments)
                pin = {"hash": block.name} if len(asked) % 2 else {"block": block.number}
                call = {"function": "storage", "args": ["Tracer", row.name, *said], "pin": pin}
                asked.append(({"id": f"{row.name} at {block.number}", **call}, due))
    ends = adapter.run(mode, [call for call, _ in asked], threads=THREADS)
    wrong = [(end, words.difference(due, end.get("value"))) for end, (_, due) in zip(ends, asked, strict=True)
             if (end["outcome"], end.get("value")) != ("ok", due)]
    if adapter.hello["name"] in WITHOUT_TWOX256:
        wrong = [each for each in wrong if not each[0]["id"].startswith("ByTwox256 ") or each[0]["outcome"] == "ok"]
    assert wrong == []


def test_maps(adapter, values):
    asked = []
    for block in map(values.block, BLOCKS):
        for row in rows(block):
            if row.arguments and can_be_listed(row):
                call = {"function": "map", "args": ["Tracer", row.name], "pin": {"hash": block.name}, "page": 4}
                due = [[list(arguments), value] for arguments, value in values.map(block, row.name)]
                asked.append(({"id": f"{row.name} at {block.number}", **call}, due))
    ends = adapter.run("serial", [call for call, _ in asked])
    for end, (_, due) in zip(ends, asked, strict=True):
        assert (end["outcome"], sorted(end.get("value", []), key=str)) == ("ok", sorted(due, key=str)), end["id"]


def test_an_error_stays_an_error(adapter, mode, truth):
    if mode is None:
        return
    head = truth.head
    calls = [read("before", HOT[0].key(HOT[0].keys[0][1]), head), raw("wrong", "tracer_nothing"),
             read("after", HOT[0].key(HOT[0].keys[0][1]), head)]
    before, wrong, after = adapter.run(mode, calls, threads=THREADS)
    assert (wrong["outcome"], "value" in wrong) == ("rpc", False)
    assert wrong.get("code") == (UNKNOWN_METHOD if adapter.hello["name"] not in WITHOUT_CODES else None)
    assert before["value"] == after["value"] == truth.lookup(head["hash"], calls[0]["params"][0])[1]


@pytest.mark.parametrize("kind", ["heads", "finalized", "raw"])
def test_a_subscription(adapter, kind, space):
    if kind not in adapter.can.get("subscribe", []):
        return
    space.control("mock_setHead", 150)
    said = {"kind": kind} if kind != "raw" else {
        "method": "chain_subscribeNewHeads", "params": [], "unsubscribe": "chain_unsubscribeNewHeads"}
    adapter.send({"op": "subscribe", "on": "main", "id": "s", **said})
    adapter.named("subscribed", "s")
    first = adapter.named("item", "s")["value"]
    for n in (2, 3):
        space.control("mock_advanceHead")
        item = adapter.named("item", "s")
        number = int(item["value"]["number"], 16) - int(first["number"], 16) if kind == "raw" else (
            item["value"]["number"] - first["number"])
        assert (item["n"], number) == (n, n - 1)
    leave(adapter, space)


def leave(adapter, space):
    """There are clients that unsubscribe when the next item comes, and not before."""
    adapter.send({"op": "unsubscribe", "id": "s"})
    space.control("mock_advanceHead")
    assert adapter.named("ended", "s")["outcome"] == "ok"


def test_what_a_handler_does(adapter, space, truth):
    """It makes a call for each item; and one that holds keeps the next item from coming."""
    if "heads" not in adapter.can.get("subscribe", []):
        return
    space.control("mock_setHead", 150)
    key = HOT[0].key(HOT[0].keys[0][1])
    adapter.send({"op": "handler", "id": "s",
                  "does": {"call": {"method": "state_getStorage", "params": [key, truth.canonical[150]["hash"]]}}})
    adapter.send({"op": "subscribe", "on": "main", "id": "s", "kind": "heads"})
    assert adapter.end("s/1")["value"] == truth.lookup(truth.canonical[150]["hash"], key)[1]
    space.control("mock_advanceHead")
    assert adapter.end("s/2")["outcome"] == "ok"
    adapter.send({"op": "handler", "id": "s", "does": "hold"})
    adapter.run("serial", [raw("heard", "system_chain")])  # and with it the line before it
    space.control("mock_advanceHead")
    space.control("mock_advanceHead")
    adapter.until(lambda event: event["event"] == "item" and event["n"] == 3)
    adapter.run("serial", [raw("meanwhile", "system_chain")])
    assert adapter.hello["name"] in HANDLERS_OVERLAP or [event for event in adapter.events if event["event"] == "item" and event["n"] > 3] == []
    adapter.send({"op": "release", "id": "s"})
    adapter.until(lambda event: event["event"] == "item" and event["n"] == 4)
    leave(adapter, space)


def test_cancelling(adapter, space, truth):
    """One of two that the node holds; the other has its value when the gate opens."""
    if not adapter.can.get("cancel"):
        return
    key = HOT[0].key(HOT[0].keys[0][1])
    space.gate(3, methods=["state_getStorage"], limit="600s")
    adapter.send({"op": "run", "on": "main", "mode": "gathered",
                  "calls": [read("gone", key, truth.head), read("kept", key, truth.head)]})
    while space.stats()["requests"]["by_method"].get("state_getStorage", 0) < 2:
        pass
    adapter.send({"op": "cancel", "id": "gone"})
    assert adapter.end("gone")["outcome"] == "cancelled"
    space.control("mock_setScript", None)
    assert adapter.end("kept")["value"] == truth.lookup(truth.head["hash"], key)[1]


def test_closing(adapter, space):
    """What was in flight ends in some way, once, and then the handle is closed."""
    space.gate(2, methods=["system_name"], limit="600s")
    adapter.send({"op": "run", "on": "main", "mode": adapter.can["modes"][-1], "calls": [raw("held", "system_name")]})
    while space.stats()["requests"]["by_method"].get("system_name", 0) < 1:
        pass
    adapter.send({"op": "close", "on": "main"})
    if adapter.hello["name"] in FORGETS:
        adapter.send({"op": "cancel", "id": "held"})
    wanted = ["ok"] if adapter.hello["name"] in REOPENS else ["closed", "cancelled"]
    assert adapter.end("held")["outcome"] in wanted
    adapter.named("closed", "main")
    assert adapter.open("main", space.url())["outcome"] == "ok"
    assert adapter.run("serial", [raw("again", "system_chain")])[0]["outcome"] == "ok"


def test_stat(adapter):
    if not adapter.can.get("stat"):
        return
    adapter.send({"op": "stat", "id": "now"})
    stat = adapter.named("stat", "now")
    assert stat.get("pending", 0) <= 1 and stat["memory"] > 2**20  # what is asked beside the user's calls


@pytest.mark.parametrize("line, why", [
    ("no JSON", "JSON"), ('{"op":"fly"}', "op"), ('{"op":"close","on":"main","gently":true}', "gently"),
    ('{"op":"run","on":"elsewhere","mode":"serial","calls":[]}', "elsewhere"),
])
def test_a_line_that_asks_nothing(adapter, line, why):
    adapter.send(line)
    refused = adapter.until(lambda event: event["event"] == "refused")
    assert why in refused["message"] and refused["line"] == 3
