"""Blocks of a space's own: their hashes and headers by hashlib, their state, and how heads, heights, subscriptions and
finality follow them."""

import json

import pytest

from testenv.events import Events
from testenv.keys import item
from testenv.paths import FIXTURE
from testenv.plain import Plain
from testenv.rpc import RpcError
from testenv.scale import block_hash_key, compact, digest, fixed, header_hash, raw

NOW, NUMBER = item("Timestamp", "Now"), item("System", "Number")
NEW_HEADS = "chain_subscribeNewHeads"


def make(space, **members):
    """A block by control: what the node says of it."""
    return space.control("mock_newBlock", members) if members else space.control("mock_newBlock")


def header(space, hash=None):
    return space.control("chain_getHeader", *([hash] if hash else []))


def storage(space, key, hash):
    return space.control("state_getStorage", key, hash)


def number(header):
    return int(header["number"], 16)


@pytest.fixture
def client(space):
    plain = Plain(space.node.port, space.path + "?as=me")
    yield plain
    plain.drop()


def heads_of(client, stream, count):
    """The headers of the first notifications of a stream."""
    def items():
        return [n["params"]["result"] for n in client.notifications if n["params"]["subscription"] == stream]
    client.until(lambda: len(items()) >= count, f"no {count} notifications")
    return items()


def test_its_hash_is_that_of_its_header(space, truth):
    parent = truth.head
    for n in range(1, 6):
        made = make(space)
        head = header(space, made["hash"])
        assert header_hash(head) == made["hash"]
        assert (head["parentHash"], number(head)) == (parent["hash"], truth.head["number"] + n)
        assert space.control("chain_getBlockHash", number(head)) == made["hash"] == space.control("chain_getBlockHash")
        parent = made


def test_what_it_changes_by_itself(space, truth):
    before = int.from_bytes(raw(storage(space, NOW, truth.head["hash"])), "little")
    first, second = make(space), make(space)
    for n, block, parent in ((1, first, truth.head), (2, second, first)):
        height, time = truth.head["number"] + n, before + 12000 * n
        head = header(space, block["hash"])
        expected = {
            NUMBER: fixed(height, 4), item("System", "ParentHash"): parent["hash"],
            block_hash_key(height - 1): parent["hash"], item("System", "Digest"): "0x" + digest(head).hex(),
            item("System", "Events"): "0x00", item("System", "EventCount"): fixed(0, 4), NOW: fixed(time, 8),
        }
        for key, value in expected.items():
            assert storage(space, key, block["hash"]) == value, key
        assert fixed(time // 12000, 8)[2:] in head["digest"]["logs"][0]
    assert storage(space, NUMBER, truth.head["hash"]) == fixed(truth.head["number"], 4)


def test_what_it_does_not_name_is_its_parent_s(space, truth):
    made = make(space)
    changed = {NUMBER, NOW, item("System", "ParentHash"), item("System", "Digest"), item("System", "Events"),
               item("System", "EventCount"), block_hash_key(truth.head["number"])}
    keys = [key for key in truth.keys(truth.head["hash"]) if key not in changed
            and truth.lookup(truth.head["hash"], key)[0] == "known"][:200]
    said = space.control("state_queryStorageAt", keys, made["hash"])[0]
    assert said["block"] == made["hash"]
    assert said["changes"] == [[key, truth.lookup(truth.head["hash"], key)[1]] for key in keys]


def test_its_body_is_the_timestamp_that_was_recorded_with_its_own_value(space, truth):
    before = int.from_bytes(raw(truth.lookup(truth.head["hash"], NOW)[1]), "little")
    made = make(space)
    block = space.control("chain_getBlock", made["hash"])["block"]
    inherent = next(x for x in truth.head["extrinsics"] if raw(x).endswith(compact(before)))
    bare = raw(inherent)[: -len(compact(before))]
    # The length in front may be one byte longer or shorter than that of the recording.
    assert [raw(x).endswith(bare[-2:] + compact(before + 12000)) for x in block["extrinsics"]] == [True]
    assert block["header"] == header(space, made["hash"])


def test_siblings_differ(space, truth):
    one = make(space)
    space.control("mock_setHead", truth.head["number"])
    two = make(space)
    first, second = header(space, one["hash"]), header(space, two["hash"])
    assert one["number"] == two["number"] and one["hash"] != two["hash"]
    assert first["stateRoot"] != second["stateRoot"]
    assert header_hash(second) == two["hash"]


@pytest.mark.parametrize("change", ["value", "new key", "removed"])
def test_an_edit(space, truth, change):
    known = next(key for key in truth.keys(truth.head["hash"]) if 6 < len(truth.lookup(truth.head["hash"], key)[1] or "") < 40)
    map_ = item("SubtensorModule", "NetworksAdded")
    key, value = {"value": (known, "0x1234"), "new key": (map_ + "abcd", "0x01"), "removed": (known, None)}[change]
    made = make(space, storage={key: value})
    after = make(space)
    for block in (made, after):
        assert storage(space, key, block["hash"]) == value
        assert space.control("state_getStorageSize", key, block["hash"]) == (len(raw(value)) if value else None)
        page = space.control("state_getKeysPaged", key, 10, None, block["hash"])
        assert (key in page) == (value is not None)
    assert storage(space, key, truth.head["hash"]) == truth.lookup(truth.head["hash"], key)[1]


def test_heads_are_told(space, client, truth):
    new = client.call(NEW_HEADS, id="new")["result"]
    all_ = client.call("chain_subscribeAllHeads", id="all")["result"]
    final = client.call("chain_subscribeFinalizedHeads", id="final")["result"]
    made = [make(space)["hash"] for _ in range(3)]
    for stream in (new, all_):
        told = heads_of(client, stream, 4)
        assert [header_hash(head) for head in told[1:]] == made and told[0] == truth.head["header"]
    behind = truth.head["number"] - truth.finalized["number"]
    told = heads_of(client, final, 4)
    assert [number(head) for head in told] == [truth.head["number"] - behind + n for n in range(4)]
    assert space.control("chain_getFinalizedHead") == header_hash(told[-1])


def test_changes_of_storage_are_told(space, client):
    stream = client.call("state_subscribeStorage", [NUMBER, NOW], id="storage")["result"]
    made = [make(space) for _ in range(3)]
    told = heads_of(client, stream, 4)
    for block, said in zip(made, told[1:], strict=True):
        assert said["block"] == block["hash"]
        assert dict(said["changes"]) == {NUMBER: fixed(block["number"], 4), NOW: storage(space, NOW, block["hash"])}


def test_a_range_over_recorded_and_made_blocks(space, truth):
    made = [make(space) for _ in range(2)]
    low = truth.canonical[truth.head["number"] - 1]
    sets = space.control("state_queryStorage", [NUMBER], low["hash"], made[-1]["hash"])
    blocks = [low["hash"], truth.head["hash"], *(block["hash"] for block in made)]
    assert [s["block"] for s in sets] == blocks
    assert [s["changes"] for s in sets] == [
        [[NUMBER, fixed(low["number"] + n, 4)]] for n in range(4)
    ]


def test_what_one_call_makes_and_reads_is_bounded(space):
    """Nothing else is answered meanwhile: 10,000 blocks by dev_newBlock, a million values by state_queryStorage."""
    first = space.control("chain_getBlockHash")
    before = header(space)
    for count in (10001, 10**9, 2**63):
        with pytest.raises(RpcError) as refused:
            space.control("dev_newBlock", {"count": count})
        assert "at most 10000 blocks" in str(refused.value.data or refused.value)
    with pytest.raises(RpcError):
        space.control("dev_newBlock", {"to": number(before) + 10001})
    assert header(space) == before
    last = space.control("dev_newBlock", {"count": 10000})
    keys = [f"0x{n:064x}" for n in range(100)]
    with pytest.raises(RpcError) as refused:
        space.control("state_queryStorage", keys, first, last)
    assert refused.value.code == 4001
    assert f"Cannot resolve a block range [{number(before)} ({first}) ... {number(before) + 10000} ({last})]. " in (
        str(refused.value.data) + refused.value.message)
    assert len(space.control("state_queryStorage", [NUMBER], first, last)) == 10001


def test_heights_resolve_along_the_head_s_ancestors(space, truth):
    one = [make(space)["hash"] for _ in range(3)]
    space.control("mock_setHead", truth.head["number"])
    two = [make(space)["hash"] for _ in range(2)]
    heights = [truth.head["number"] + n for n in (1, 2, 3)]
    assert space.control("chain_getBlockHash", heights) == [*two, None]
    space.control("mock_setHead", one[-1])
    assert space.control("chain_getBlockHash", heights) == one
    assert header(space, two[-1]) is not None


def test_the_head_goes_on_past_the_recording(space, truth):
    """mock_advanceHead makes no blocks by itself; a script's `advance` does."""
    space.control("mock_setScript", {"rules": [
        {"name": "on", "on": "signal", "match": {"name": "on"}, "do": [{"advance": 3}]}]})
    space.control("mock_setHead", truth.head["number"] - 1)
    space.control("mock_signal", "on")
    assert number(header(space)) == truth.head["number"] + 2
    assert header(space)["parentHash"] == space.control("chain_getBlockHash", truth.head["number"] + 1)


def test_finality_can_lag_and_never_moves_back(space, truth):
    space.control("mock_setScript", {
        "rules": [
            {"name": "fork", "on": "signal", "match": {"name": "fork"}, "do": [{"fork": {"depth": 2}}]},
            {"name": "deep", "on": "signal", "match": {"name": "deep"}, "do": [{"fork": {"depth": 6}}]}],
        "start": [{"hold_finality": {"lag": 3}}]})
    finalized = space.control("chain_getFinalizedHead")
    assert finalized == truth.canonical[truth.head["number"] - 3]["hash"]
    space.control("mock_signal", "fork")
    assert space.control("chain_getBlockHash", truth.head["number"]) != truth.head["hash"]
    events = Events(space)
    moved = events.of("finalized")
    heights = [event["to"]["number"] for event in moved]
    assert heights == sorted(heights)
    below = space.control("chain_getFinalizedHead")
    space.control("mock_signal", "deep")
    assert space.control("chain_getFinalizedHead") == below
    deep = Events(space)
    assert not deep.fired("deep") or not deep.fired("deep")[0]["did"], deep.told()


CALL = "AccountNonceApi_account_nonce", "0x" + "00" * 32


def recorded(space, truth):
    return space.control("state_call", *CALL, truth.head["hash"])


def test_a_runtime_call_at_a_made_block_is_unmatched(space):
    with pytest.raises(RpcError) as error:
        space.control("state_call", *CALL, make(space)["hash"])
    assert error.value.code == -32055 and space.stats()["unmatched"] == 1


def test_a_runtime_call_is_carried_where_that_is_asked(space, truth):
    """The answer of the nearest recorded ancestor, counted."""
    made = [make(space, calls="carry") for _ in range(3)]
    assert [space.control("state_call", *CALL, block["hash"]) for block in made] == [recorded(space, truth)] * 3
    assert space.stats()["carried"] == 3 and space.stats()["unmatched"] == 0


def test_a_runtime_call_is_not_carried_across_an_edit(space, truth):
    edit = {item("SubtensorModule", "NetworksAdded") + "abcd": "0x01"}
    edited = make(space, storage=edit, calls="carry")
    for block in (edited, make(space, calls="carry")):
        with pytest.raises(RpcError) as error:
            space.control("state_call", *CALL, block["hash"])
        assert error.value.code == -32055
    stale = make(space, calls="carry-stale")
    assert space.control("state_call", *CALL, stale["hash"]) == recorded(space, truth)
    assert space.stats()["carried_stale"] == 1


def test_a_block_that_was_never_seen_is_unknown(space, truth):
    """`start`'s set_head is where the space begins: nothing above it was ever seen."""
    low = truth.head["number"] - 5
    space.control("mock_setScript", {"rules": [], "start": [{"set_head": low}]})
    above = truth.canonical[low + 1]
    assert header(space, above["hash"]) is None
    made = make(space)
    assert number(header(space)) == low + 1
    assert json.dumps(made) and header(space, truth.canonical[low]["hash"]) == truth.canonical[low]["header"]


@pytest.mark.parametrize("scene", [{"hold_finality": {"lag": 2}}, {"set_head": "@mine"}, {"set_head": "head-2"}])
def test_start_sets_the_scene_among_made_blocks(space, scene):
    """Only mock_reset forgets what was made: `start` may name it, or stand on it."""
    made = [make(space, name="mine"), *(make(space) for _ in range(2))]
    headers = [header(space, block["hash"]) for block in made]
    space.control("mock_setScript", {"start": [scene]})
    assert [header(space, block["hash"]) for block in made] == headers
    at = made[2 if "hold_finality" in scene else 0]
    assert space.control("chain_getBlockHash") == at["hash"]
    assert number(header(space, space.control("chain_getFinalizedHead"))) <= at["number"]
    assert header(space, make(space)["hash"])["parentHash"] == at["hash"]


def test_start_prunes_whatever_comes_behind(space, truth):
    low = truth.canonical[truth.head["number"] - 5]["hash"]
    space.control("mock_setScript", {"start": [{"prune": {"keep": 2}}, {"hold_finality": {"lag": 3}}]})
    with pytest.raises(RpcError) as error:
        storage(space, NUMBER, low)
    assert error.value.code == 4003


def test_mock_reorg(space, truth):
    space.control("mock_setScript", {"start": [{"hold_finality": {"lag": 3}}]})
    made = space.control("mock_reorg", 2)
    assert made["number"] == truth.head["number"] + 1
    assert space.control("chain_getBlockHash", truth.head["number"]) != truth.head["hash"]
    assert space.control("chain_getBlockHash", truth.head["number"] - 2) == truth.canonical[truth.head["number"] - 2]["hash"]
    with pytest.raises(RpcError):
        space.control("mock_reorg", 5)


def test_mock_setStorage(space, truth):
    """A block that changes what is named; the ones before stay as they were."""
    key = item("SubtensorModule", "NetworksAdded") + "abcd"
    made = space.control("mock_setStorage", {key: "0x01"})
    assert made["number"] == truth.head["number"] + 1
    assert storage(space, key, made["hash"]) == "0x01" and storage(space, key, truth.head["hash"]) is None
    removed = space.control("mock_setStorage", {key: None})
    assert storage(space, key, removed["hash"]) is None and storage(space, key, made["hash"]) == "0x01"


def test_the_names_of_chopsticks(space, truth):
    hash = space.control("dev_newBlock")
    assert header_hash(header(space, hash)) == hash and number(header(space)) == truth.head["number"] + 1
    last = space.control("dev_newBlock", {"count": 3})
    assert number(header(space, last)) == truth.head["number"] + 4
    key = item("SubtensorModule", "NetworksAdded") + "abcd"
    edited = space.control("dev_setStorage", [[key, "0x01"]])
    assert storage(space, key, edited) == "0x01"
    space.control("dev_setHead", truth.head["number"])
    assert space.control("chain_getBlockHash") == truth.head["hash"]
    space.control("dev_timeTravel", 4102444800000)
    made = space.control("dev_newBlock")
    assert int.from_bytes(raw(storage(space, NOW, made)), "little") >= 4102444800000


def test_tick(start, truth):
    """Blocks come by themselves; each is the parent of the next, and its time is the parent's and the period."""
    node = start(FIXTURE, "--tick", "20ms")
    space = node.space()
    client = Plain(node.port, space.path)
    stream = client.call(NEW_HEADS)["result"]
    told = heads_of(client, stream, 6)
    for parent, child in zip(told, told[1:]):
        assert child["parentHash"] == header_hash(parent) or number(parent) <= truth.head["number"]
    first, second = (header_hash(head) for head in told[-2:])
    times = [int.from_bytes(raw(storage(space, NOW, hash)), "little") for hash in (first, second)]
    assert times[1] - times[0] == 20
    client.drop()
