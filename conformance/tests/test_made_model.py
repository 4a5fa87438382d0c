"""Each block that a space makes beside the same block made by independent code (testenv/blocks.py), over the
tracer: forks, pages, ranges, finality, upgrades, carried calls, and the scene that a script begins with."""

from collections import Counter

import pytest

from testenv import blocks
from testenv.blocks import NOW
from testenv.keys import item
from testenv.node import Node
from testenv.paths import FIXTURE, TRACER
from testenv.rpc import RpcError
from testenv.scale import blake2_256, compact, header_hash, raw
from testenv.truth import Truth

pytestmark = pytest.mark.core

NUMBER = item("System", "Number")
KEY = item("Mocknode", "Edited")
PERIOD = 12_000


@pytest.fixture(scope="module")
def truth():
    return Truth(TRACER)  # finalized is four behind the head


@pytest.fixture(scope="module")
def node():
    with Node(TRACER) as node:
        yield node


class Maker:
    """Makes blocks by a space, and again by itself; fails where the two differ."""

    def __init__(self, space, truth):
        self.space, self.socket = space, space.socket()
        head = truth.head
        self.headers = {head["hash"]: head["header"]}
        self.times = {head["hash"]: blocks.time_of(truth.lookup(head["hash"], NOW)[1])}
        self.children = {}
        self.body, self.stamped_at = head["extrinsics"], self.times[head["hash"]]
        self.head = head["hash"]

    def expect(self, parent, storage=None, extrinsics=(), **more):
        time = self.times[parent] + PERIOD
        if NOW in (storage or {}):
            time = blocks.time_of(storage[NOW])
        ordinal = self.children.get(parent, 0)
        self.children[parent] = ordinal + 1
        made = blocks.make(
            parent,
            self.headers[parent],
            time,
            blocks.stamp(self.body, self.stamped_at, time),
            storage,
            extrinsics,
            ordinal,
            **more,
        )
        self.headers[made[0]], self.times[made[0]] = made[1], time
        return made

    def block(self, parent=None, storage=None, extrinsics=(), calls=None, name=None):
        parent = parent or self.head
        asked = {"parent": parent, "extrinsics": list(extrinsics), "storage": storage or {}}
        if calls:
            asked["calls"] = calls
        if name:
            asked["name"] = name
        told = self.space.control("mock_newBlock", asked)
        hash, header, body, changes = self.expect(parent, storage, extrinsics)
        assert told == {"number": int(header["number"], 16), "hash": hash}
        assert self.socket.call("chain_getBlock", hash) == {
            "block": {"header": header, "extrinsics": body},
            "justifications": None,
        }
        for key, value in changes.items():
            expected = None if value is None else "0x" + value.hex()
            assert self.socket.call("state_getStorage", key, hash) == expected
        if parent == self.head:
            self.head = hash
        return hash


@pytest.fixture
def maker(space, truth):
    return Maker(space, truth)


def test_a_block_is_what_independent_code_makes(maker, truth):
    first = maker.block()
    second = maker.block(storage={KEY: "0x0102", NUMBER: None}, extrinsics=["0x0c040102"])
    third = maker.block(storage={NOW: "0x0011223344550000"})
    assert maker.socket.call("chain_getHead") == third
    for back, hash in enumerate((third, second, first, truth.head["hash"])):
        number = truth.head["number"] + 3 - back
        assert maker.socket.call("chain_getBlockHash", number) == hash
    # Blocks never change.
    assert maker.socket.call("state_getStorage", KEY, first) is None
    assert maker.socket.call("state_getStorage", KEY, third) == "0x0102"
    assert maker.socket.call("state_getStorage", NUMBER, truth.head["hash"]) == truth.lookup(
        truth.head["hash"], NUMBER
    )[1]


def test_a_block_on_a_recording_of_a_real_runtime():
    truth = Truth(FIXTURE)
    with Node(FIXTURE) as node:
        space = node.space()
        maker = Maker(space, truth)
        for _ in range(3):
            maker.block()
        space.close()


def test_siblings_differ_and_the_first_stays_the_head(maker, truth):
    one = maker.block(parent=truth.head["hash"])
    two = maker.block(parent=truth.head["hash"])
    assert one != two
    assert maker.socket.call("chain_getHead") == one
    top = maker.block(parent=two)
    assert maker.socket.call("chain_getHead") == top
    assert maker.socket.call("chain_getBlockHash", truth.head["number"] + 1) == two


def test_recorded_storage_shines_through(maker, truth):
    """Pages of keys and whole prefixes, with one key added, one changed and one removed."""
    head = truth.head["hash"]
    prefixes = Counter(key[:66] for key in truth.keys(head) if not key.startswith(NUMBER[:34]))
    prefix = next(prefix for prefix, count in prefixes.items() if 5 < count < 500)
    keys = truth.page(head, prefix, 500)
    added = keys[2] + "00"
    hash = maker.block(storage={keys[1]: None, keys[3]: "0xabcd", added: "0x11"})
    expected = sorted({*keys, added} - {keys[1]}, key=raw)
    assert maker.socket.call("state_getKeys", prefix, hash) == expected
    paged, after = [], None
    while page := maker.socket.call("state_getKeysPaged", prefix, 2, after, hash):
        paged += page
        after = page[-1]
    assert paged == expected
    pairs = dict(maker.socket.call("state_getPairs", prefix, hash))
    assert pairs == {
        key: {keys[3]: "0xabcd", added: "0x11"}.get(key) or truth.lookup(head, key)[1] for key in expected
    }
    assert maker.socket.call("state_getKeys", prefix, head) == keys


def test_a_range_goes_over_made_blocks(maker, truth):
    first = maker.block(storage={KEY: "0x01"})
    second = maker.block()
    third = maker.block(storage={KEY: None})
    changes = maker.socket.call("state_queryStorage", [KEY, item("System", "Events")], truth.head["hash"], third)
    assert changes[0]["block"] == truth.head["hash"]
    assert changes[0]["changes"][0] == [KEY, None]
    assert changes[1:] == [
        {"block": first, "changes": [[KEY, "0x01"], [item("System", "Events"), "0x00"]]},
        {"block": third, "changes": [[KEY, None]]},
    ]
    assert second not in [change["block"] for change in changes]
    other = maker.block(parent=truth.head["hash"])
    with pytest.raises(RpcError) as failed:
        maker.socket.call("state_queryStorage", [KEY], other, third)
    assert failed.value.code == 4001
    assert "on different forks" in failed.value.message


def test_subscribers_hear_of_made_blocks(maker, truth, space):
    socket = space.socket()
    heads = socket.call("chain_subscribeNewHeads")
    socket.notification("chain_newHead", heads)
    final = socket.call("chain_subscribeFinalizedHeads")
    socket.notification("chain_finalizedHead", final)
    values = socket.call("state_subscribeStorage", [KEY, NUMBER])
    socket.notification("state_storage", values)
    lag = truth.head["number"] - truth.finalized["number"]
    hash = maker.block(storage={KEY: "0x77"})
    assert socket.notification("chain_newHead", heads) == maker.headers[hash]
    finalized = truth.canonical[truth.head["number"] + 1 - lag]["header"] if lag else maker.headers[hash]
    assert socket.notification("chain_finalizedHead", final) == finalized
    number = "0x" + (truth.head["number"] + 1).to_bytes(4, "little").hex()
    assert socket.notification("state_storage", values) == {
        "block": hash,
        "changes": sorted([[KEY, "0x77"], [NUMBER, number]]),
    }


def test_a_reorg_leaves_the_finalized_head(maker, truth, space):
    lag = truth.head["number"] - truth.finalized["number"]
    finalized = maker.socket.call("chain_getFinalizedHead")
    head = maker.socket.call("chain_getHeader")
    told = space.control("mock_reorg", lag)
    assert told["number"] == int(head["number"], 16) + 1
    assert maker.socket.call("chain_getFinalizedHead") == finalized
    header = maker.socket.call("chain_getHeader")
    assert header_hash(header) == told["hash"]
    depth = 0
    while header_hash(header) != finalized:
        header = maker.socket.call("chain_getHeader", header["parentHash"])
        depth += 1
    assert depth == lag + 1
    assert maker.socket.call("chain_getBlockHash", int(head["number"], 16)) != header_hash(head)
    with pytest.raises(RpcError):
        space.control("mock_reorg", lag + 2)


def test_finality_that_was_held_is_heard_block_by_block(maker, truth, space):
    space.control("mock_setScript", {
        "rules": [{
            "name": "hold", "on": "signal", "match": {"name": "hold"},
            "do": [{"hold_finality": {"until": {"signal": "go"}, "limit": "none"}}],
        }]
    })
    socket = space.socket()
    id = socket.call("chain_subscribeFinalizedHeads")
    assert socket.notification("chain_finalizedHead", id) == truth.finalized["header"]
    space.control("mock_signal", "hold")
    for _ in range(6):
        maker.block()
    socket.nothing_more()
    assert socket.call("chain_getFinalizedHead") == truth.finalized["hash"]
    space.control("mock_signal", "go")
    top = truth.head["number"] + 6 - (truth.head["number"] - truth.finalized["number"])
    for number in range(truth.finalized["number"] + 1, top + 1):
        hash = socket.call("chain_getBlockHash", number)
        assert socket.notification("chain_finalizedHead", id) == maker.headers.get(
            hash, truth.by_hash.get(hash, {}).get("header")
        )
    assert header_hash(maker.socket.call("chain_getHeader", hash)) == hash
    socket.nothing_more()


def test_calls_at_made_blocks(maker, truth):
    call = next(
        call
        for call in truth.calls
        if call["method"] == "state_call" and call.get("at") == truth.head["hash"] and "result" in call
    )
    params = call["params"]
    plain = maker.block()
    error = maker.socket.error("state_call", *params, plain)
    assert error.code == -32055
    carried = maker.block(calls="carry")
    assert maker.socket.call("state_call", *params, carried) == call["result"]
    edited = maker.block(calls="carry", storage={KEY: "0x01"})
    error = maker.socket.error("state_call", *params, edited)
    assert error.code == -32055
    assert "carry-stale" in error.data["reason"]
    stale = maker.block(calls="carry-stale")
    assert maker.socket.call("state_call", *params, stale) == call["result"]
    assert maker.socket.call("state_getRuntimeVersion", stale) == maker.socket.call(
        "state_getRuntimeVersion", truth.head["hash"]
    )


def test_the_names_that_chopsticks_has(maker, truth, space):
    """dev_newBlock, dev_setStorage, dev_setHead and dev_timeTravel, on the socket of a test."""
    socket, head = space.socket(), truth.head["hash"]
    first = socket.call("dev_newBlock")
    assert first == maker.expect(head)[0]
    third = socket.call("dev_newBlock", {"count": 2})
    assert third == maker.expect(maker.expect(first)[0])[0]
    edited = socket.call("dev_setStorage", [[KEY, "0x0102"], [NUMBER, None]])
    assert edited == maker.expect(third, storage={KEY: "0x0102", NUMBER: None})[0]
    assert socket.call("state_getStorage", KEY) == "0x0102"
    later = maker.times[edited] + 3_600_000
    assert socket.call("dev_timeTravel", later) == later
    assert blocks.time_of(socket.call("state_getStorage", NOW)) == later
    assert socket.call("dev_setHead", truth.head["number"] - 3) == truth.canonical[truth.head["number"] - 3]["hash"]
    assert socket.call("chain_getBlockHash", truth.head["number"]) is None


def test_an_upgrade(maker, truth, space):
    """To the older of the two runtimes: what it changes, and what clients are told of it."""
    head = truth.head["hash"]
    older = min(truth.runtimes)
    at = next(b for b in truth.canonical.values() if b["runtime"] == older and b["hash"] in truth.sets)["hash"]
    code = truth.lookup(at, blocks.CODE)[1]
    socket = space.socket()
    versions = socket.call("state_subscribeRuntimeVersion")
    assert socket.notification("state_runtimeVersion", versions)["specVersion"] == truth.head["runtime"]
    space.control("mock_setScript", {
        "rules": [{"name": "up", "on": "signal", "match": {"name": "up"}, "do": [{"upgrade": {"runtime": older}}]}]
    })
    space.control("mock_signal", "up")
    name = truth.runtimes[older]["version"]["specName"].encode()
    hash, header, body, changes = maker.expect(
        head,
        new_logs=["0x08"],
        own={
            blocks.CODE: raw(code),
            item("System", "LastRuntimeUpgrade"): compact(older) + blocks.vector(name),
        },
    )
    assert socket.call("chain_getHeader") == header
    assert socket.call("chain_getHead") == hash
    for key, value in changes.items():
        assert socket.call("state_getStorage", key) == "0x" + value.hex()
    assert socket.call("state_getStorageHash", blocks.CODE) == blake2_256(raw(code))
    told = socket.notification("state_runtimeVersion", versions)
    assert told == truth.runtimes[older]["version"] == socket.call("state_getRuntimeVersion", hash)
    assert socket.call("state_getMetadata", hash) == "0x" + truth.metadata(older, 14).hex()
    # The block itself ran under its parent's.
    assert socket.call("state_getRuntimeVersion", head)["specVersion"] == truth.head["runtime"]
    child = space.control("mock_newBlock")["hash"]
    assert "0x08" not in socket.call("chain_getHeader", child)["digest"]["logs"]


def test_a_scene_of_a_script(space, truth):
    """Where it begins, how far finalized is behind, and what was discarded, in any order."""
    at = truth.canonical[150]["hash"]
    for start in ([0, 1, 2], [2, 0, 1], [1, 2, 0]):
        actions = [{"hold_finality": {"lag": 10}}, {"prune": {"keep": 3}}, {"set_head": 150}]
        space.control("mock_reset")
        space.control("mock_setScript", {"start": [actions[i] for i in start]})
        socket = space.socket()
        assert socket.call("chain_getHead") == at
        assert socket.call("chain_getFinalizedHead") == truth.canonical[140]["hash"]
        assert socket.call("chain_getHeader", truth.canonical[151]["hash"]) is None
        kept, gone = truth.canonical[148]["hash"], truth.canonical[147]["hash"]
        assert socket.call("state_getStorage", NUMBER, kept) == truth.lookup(kept, NUMBER)[1]
        error = socket.error("state_getStorage", NUMBER, gone)
        assert error.code == 4003
        assert error.message == f"Client error: UnknownBlock: State already discarded for {gone}"
        assert socket.call("chain_getHeader", gone) == truth.canonical[147]["header"]
        space.control("mock_advanceHead", 2)
        assert socket.error("state_getStorage", NUMBER, kept).code == 4003
        assert socket.call("chain_getFinalizedHead") == truth.canonical[142]["hash"]


def test_what_was_not_seen_is_unknown(truth):
    """A recorded block is known once it was a head, or an ancestor of one."""
    head = truth.head["number"]
    blocks_by_number = [truth.canonical[head - back] for back in range(4)]
    top, unseen, begin, below = [block["hash"] for block in blocks_by_number]
    with Node(TRACER, "--head", head - 2) as node:
        space = node.space()
        socket = space.socket()
        known = lambda: [socket.call("chain_getHeader", hash) is not None for hash in (top, unseen, begin, below)]
        assert known() == [False, False, True, True]
        error = socket.error("state_getStorage", NUMBER, unseen)
        assert error.code == 4003
        assert error.message.endswith(f"Header was not found in the database: {unseen}")
        space.control("mock_advanceHead")
        assert known() == [False, True, True, True]
        space.control("mock_setHead", head - 3)
        assert known() == [False, True, True, True]
        assert socket.call("chain_getBlockHash", head - 2) is None
        space.control("mock_reset")
        assert known() == [False, False, True, True]
        space.close()
