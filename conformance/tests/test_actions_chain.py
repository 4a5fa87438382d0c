"""Chain actions, and those that act on the space: what moves is told by events, seen by clients, and true."""

import pytest

from testenv.events import Events
from testenv.keys import item
from testenv.node import Node
from testenv.paths import ROOT
from testenv.scale import header_hash
from testenv.stage import Stage, once, rule
from testenv.truth import Truth

ON = {"name": "on"}
NUMBER = item("System", "Number")
HEADS = "chain_subscribeNewHeads"


@pytest.fixture
def stage(node, truth):
    with Stage(node, truth) as stage:
        yield stage


def act(stage, *actions, rules=(), start=(), **more):
    """The actions on a signal, which is given."""
    if start:
        more["start"] = list(start)
    stage.tell(rule("act", "signal", *actions, match=ON), *rules, **more)
    stage.control("mock_signal", "on")


def head(stage):
    return stage.control("chain_getHeader")


def height(stage):
    return int(head(stage)["number"], 16)


def at(stage, number):
    return stage.control("chain_getBlockHash", number)


def test_advance(stage, truth):
    """Along the recording, and past its end by made blocks; a `head` event for each step."""
    low = truth.head["number"] - 2
    act(stage, {"advance": 4}, start=[{"set_head": low}])
    assert height(stage) == low + 4 and at(stage, truth.head["number"]) == truth.head["hash"]
    events = stage.did("act", "advance")
    assert [(e["from"]["number"], e["to"]["number"]) for e in events.of("head")[-4:]] == [
        (low + n, low + n + 1) for n in range(4)]
    assert all(e["cause"]["rule"] == "act" for e in events.of("head")[-4:])


def test_advance_on_arrival_takes_effect_behind_the_content(stage, truth):
    stage.tell(rule("act", "arrived", {"advance": 1}, match={"methods": ["chain_getBlockHash"]}))
    client = stage.client()
    assert client.call("chain_getBlockHash", id=1)["result"] == truth.head["hash"]
    assert client.call("chain_getBlockHash", id=2)["result"] != truth.head["hash"]
    stage.did("act", "advance", times=2)


@pytest.mark.parametrize("where", ["number", "hash", "head-3", "finalized", "@mine"])
def test_set_head(stage, truth, where):
    low = truth.canonical[truth.head["number"] - 3]
    words = {"number": low["number"], "hash": low["hash"]}
    start = [{"hold_finality": {"lag": 5}}]
    if where == "@mine":
        start += [{"block": {"name": "mine", "parent": low["number"]}}]
    act(stage, {"set_head": words.get(where, where)}, start=start)
    expected = {"finalized": truth.head["number"] - 5, "@mine": low["number"] + 1}.get(where, low["number"])
    assert height(stage) == expected
    stage.did("act", "set_head")


def test_set_head_below_finality_is_an_error(stage, truth):
    act(stage, {"set_head": truth.finalized["number"] - 1})
    assert stage.control("chain_getBlockHash") == truth.head["hash"]
    assert not [e for e in stage.events().fired("act") if e["did"]]


def test_tick(stage, truth):
    act(stage, {"tick": {"every": "5ms", "until": {"event": "head", "count": 4}}})
    stage.wait("head", count=4)
    assert height(stage) >= truth.head["number"] + 4
    stage.control("mock_signal", "x")
    events = stage.did("act", "tick")
    assert len(events.of("head")) == 4, events.told()


def test_block(stage, truth):
    key = item("SubtensorModule", "NetworksAdded") + "abcd"
    extrinsics = ["0x280403000b00000000"]
    act(stage, {"block": {"name": "mine", "storage": {key: "0x01", NUMBER: "0x01020304"}, "extrinsics": extrinsics}})
    made = head(stage)
    hash = at(stage, height(stage))
    assert header_hash(made) == hash and made["parentHash"] == truth.head["hash"]
    assert stage.control("state_getStorage", key, hash) == "0x01"
    assert stage.control("state_getStorage", NUMBER, hash) == "0x01020304"
    assert extrinsics[0] in stage.control("chain_getBlock", hash)["block"]["extrinsics"]
    stage.did("act", "block")


def test_block_on_a_named_parent(stage, truth):
    act(stage, {"block": {"name": "a", "parent": "head-1"}}, {"block": {"name": "b", "parent": "@a"}}, {"set_head": "@b"},
        start=[{"hold_finality": {"lag": 3}}])
    assert height(stage) == truth.head["number"] + 1 and at(stage, truth.head["number"]) != truth.head["hash"]
    assert at(stage, truth.head["number"] - 1) == truth.canonical[truth.head["number"] - 1]["hash"]


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_fork(stage, truth, depth):
    """depth + 1 empty blocks on the head's depth-th ancestor, and the head on the last; finalized stays."""
    act(stage, {"fork": {"depth": depth, "name": "other"}}, start=[{"hold_finality": {"lag": 3}}])
    top = truth.head["number"]
    assert height(stage) == top + 1
    for number in range(top - depth + 1, top + 1):
        assert at(stage, number) != truth.canonical[number]["hash"]
    assert at(stage, top - depth) == truth.canonical[top - depth]["hash"]
    assert stage.control("chain_getFinalizedHead") == truth.canonical[top - 3]["hash"]
    moved = stage.did("act", "fork").of("head")[-1]
    assert (moved["from"]["hash"], moved["to"]["number"]) == (truth.head["hash"], top + 1)


def test_a_fork_below_finality_is_an_error(stage, truth):
    act(stage, {"fork": {"depth": 4}}, start=[{"hold_finality": {"lag": 3}}])
    assert height(stage) == truth.head["number"]
    assert not [e for e in stage.events().fired("act") if e["did"]]


def test_finalize(stage, truth):
    act(stage, {"finalize": "head-1"}, start=[{"hold_finality": {"lag": 4}}])
    assert stage.control("chain_getFinalizedHead") == truth.canonical[truth.head["number"] - 1]["hash"]
    events = stage.did("act", "finalize")
    assert events.of("finalized")[-1]["to"]["number"] == truth.head["number"] - 1


def test_hold_finality(stage, truth):
    """It stays while the head moves, and catches up at the end."""
    act(stage, {"hold_finality": {"until": {"signal": "go"}, "limit": "none"}}, {"advance": 3})
    assert stage.control("chain_getFinalizedHead") == truth.finalized["hash"]
    stage.control("mock_signal", "go")
    stage.control("mock_newBlock")
    behind = truth.head["number"] - truth.finalized["number"]
    assert stage.control("chain_getFinalizedHead") == at(stage, height(stage) - behind)


def test_hold_finality_with_a_lag(stage, truth):
    act(stage, {"advance": 5}, start=[{"hold_finality": {"lag": 2}}])
    assert stage.control("chain_getFinalizedHead") == at(stage, height(stage) - 2)


def test_prune_below(stage, truth):
    act(stage, {"prune": {"below": truth.head["number"]}})
    old = truth.canonical[truth.head["number"] - 1]["hash"]
    error = stage.client().call("state_getStorage", stage.keys[0], old)["error"]
    assert error["code"] == 4003 and f"State already discarded for {old}" in error["message"]
    assert stage.control("state_getStorage", stage.keys[0], stage.head) == stage.values[0]
    assert stage.control("chain_getHeader", old) == truth.canonical[truth.head["number"] - 1]["header"]
    stage.did("act", "prune")


def test_prune_below_a_height_that_is_to_come(stage, truth):
    act(stage, {"prune": {"below": truth.head["number"] + 1}})
    assert stage.client().call("state_getStorage", stage.keys[0], stage.head)["error"]["code"] == 4003
    stage.did("act", "prune")


@pytest.mark.parametrize("last", ["lag", "head"])
def test_start_begins_with_finality_behind_whatever_the_order(stage, truth, last):
    low = truth.head["number"] - 3
    start = [{"hold_finality": {"lag": 5}}, {"set_head": low}]
    stage.tell(start=start if last == "head" else start[::-1])
    assert stage.control("chain_getFinalizedHead") == truth.canonical[low - 5]["hash"]


def test_prune_all_but(stage, truth):
    act(stage, {"prune": {"keep": 3}}, {"advance": 1})
    answers = [stage.client().call("state_getStorage", NUMBER, at(stage, height(stage) - n)) for n in range(5)]
    assert [("error" in answer) for answer in answers] == [False, False, False, True, True]


def test_restart(stage, truth):
    """All sockets are reset; then the head is that block."""
    stage.tell(rule("act", "signal", {"restart": {"head": "head-1"}}, match=ON), start=[{"hold_finality": {"lag": 3}}])
    clients = [stage.client(), stage.client()]
    for client in clients:
        client.call("system_chain")
    stage.control("mock_signal", "on")
    assert [client.gone() for client in clients] == ["reset", "reset"]
    assert height(stage) == truth.head["number"] - 1
    assert len(stage.events().of("closed", by="reset")) == 2
    stage.did("act", "restart")


def test_give(stage):
    stage.tell(once("give", "arrived", {"give": "mine"}), rule("got", "signal", {"advance": 1}, match={"name": "mine"}))
    client = stage.client()
    stage.read(client, 1)
    client.reply(1)
    events = stage.did("give", "give")
    events.in_order({"event": "arrived"}, {"event": "signal", "name": "mine"}, {"event": "head"})
    assert events.one("signal")["cause"]["rule"] == "give" and events.of("head")[-1]["cause"]["rule"] == "got"


@pytest.mark.parametrize("limit", ["connections", "subscriptions", "request", "reply"])
def test_limits(stage, limit):
    size = {"connections": 1, "subscriptions": 2, "request": 2000, "reply": 3000}[limit]
    stage.tell(start=[{"limits": {limit: size}}])
    client = stage.client()
    if limit == "connections":
        assert stage.client(wait=False).opened() == 429
    elif limit == "subscriptions":
        codes = [client.call(HEADS, id=n).get("error", {}).get("code") for n in range(3)]
        assert codes == [None, None, -32006]
    elif limit == "request":
        client.ask("state_getStorage", "0x" + "00" * 1500)
        client.until(lambda: client.replies(None), "no answer")
        assert client.replies(None)[0]["error"]["code"] == -32007
        refused = Events(stage.space).one("refused")
        assert refused["size"] > 3000 and bytes.fromhex(refused["first"][2:]).startswith(b'{"jsonrpc"')
    else:
        assert client.call("state_getMetadata")["error"]["code"] == -32008


@pytest.mark.parametrize("request_max", [1, 40])
def test_limits_do_not_lock_control_out(stage, request_max):
    """A control call of any size is answered, by POST and by WebSocket; other calls are not."""
    stage.tell(start=[{"limits": {"request": request_max, "connections": 1}}])
    client = stage.client()
    assert client.call("mock_fired", id=1)["result"] == []
    client.ask("state_getStorage", stage.keys[0])
    client.until(lambda: client.replies(None), "no answer")
    assert client.replies(None)[0]["error"]["code"] == -32007
    stage.tell(rule("x" * 200, "signal", {"limits": {"request": 100000}}))
    stage.control("mock_signal", "on")
    assert client.call("state_getStorage", stage.keys[0], stage.head, id=2)["result"] == stage.values[0]


def test_start_of_a_later_script_is_told(stage, truth):
    """Who has subscribed hears where the head is, and so does the journal."""
    client = stage.client()
    client.call(HEADS, id=1)
    low = truth.head["number"] - 2
    stage.tell(start=[{"set_head": low}, {"hold_finality": 1}])
    client.call("system_chain", id=2)
    assert [int(n["params"]["result"]["number"], 16) for n in client.notifications] == [low + 2, low]
    events = stage.events()
    assert (events.one("head")["from"]["number"], events.one("head")["to"]["number"]) == (low + 2, low)
    assert events.of("finalized")[-1]["to"]["number"] == low - 1


@pytest.mark.parametrize("last", [False, True])
def test_start_keeps_what_was_said_before_its_head(stage, truth, last):
    """Whether `set_head` stands first or last: what was pruned and what was named stays."""
    low = truth.head["number"] - 2
    said = [{"prune": {"below": low - 1}}, {"block": {"name": "mine"}}]
    stage.tell(rule("back", "signal", {"set_head": "@mine"}, match=ON),
               start=[*said, {"set_head": low}] if last else [{"set_head": low}, *said])
    client = stage.client()
    pruned = client.call("state_getStorage", stage.keys[0], truth.canonical[low - 2]["hash"], id=1)
    assert pruned["error"]["code"] == 4003
    assert "error" not in client.call("state_getStorage", stage.keys[0], truth.canonical[low - 1]["hash"], id=2)
    stage.control("mock_signal", "on")
    mine = truth.head["number"] + 1 if last else low + 1
    assert int(client.call("chain_getHeader", id=3)["result"]["number"], 16) == mine


CODE, LAST_UPGRADE = "0x" + b":code".hex(), item("System", "LastRuntimeUpgrade")


@pytest.fixture(scope="module")
def tracer():
    """Two runtimes: 1, and from block 100 on 2."""
    with Node(ROOT / "fixtures" / "tracer") as node:
        yield node


def test_upgrade(tracer):
    """Version, metadata, hash and size of :code, LastRuntimeUpgrade and the digest are those of the other runtime; the
    next block runs under it."""
    truth = Truth(ROOT / "fixtures" / "tracer")
    with Stage(tracer, truth) as stage:
        stage.tell(rule("act", "signal", {"upgrade": 2}, match=ON), start=[{"set_head": 90}])
        client = stage.client()
        client.call("state_subscribeRuntimeVersion", id="version")
        client.until(lambda: client.notifications, "no version")
        stage.control("mock_signal", "on")
        client.until(lambda: len(client.notifications) == 2, "no new version")
        assert [n["params"]["result"]["specVersion"] for n in client.notifications] == [1, 2]
        old, new, end = at(stage, 90), at(stage, 91), truth.head["hash"]
        assert header_hash(stage.control("chain_getHeader", new)) == new
        assert "0x08" in stage.control("chain_getHeader", new)["digest"]["logs"]
        assert "0x08" not in stage.control("chain_getHeader", old)["digest"]["logs"]
        versions = [stage.control("state_getRuntimeVersion", block)["specVersion"] for block in (old, new)]
        metadata = [stage.control("state_getMetadata", block) for block in (old, new)]
        assert versions == [1, 2] and [len(text) > 100 for text in metadata] == [True, True]
        assert [bytes.fromhex(text[2:]) for text in metadata] == [truth.metadata(version, 14) for version in versions]
        stage.control("mock_setHead", truth.head["number"])  # so that the recording's own upgrade is seen
        for method in ("state_getStorageHash", "state_getStorageSize"):
            assert stage.control(method, CODE, new) == stage.control(method, CODE, end), method
        assert stage.control("state_getStorageHash", CODE, new) != stage.control("state_getStorageHash", CODE, old)
        assert stage.control("state_getStorage", LAST_UPGRADE, new) == truth.lookup(end, LAST_UPGRADE)[1]
        assert stage.control("state_getStorage", LAST_UPGRADE, new) != stage.control("state_getStorage", LAST_UPGRADE, old)
        stage.did("act", "upgrade")


def test_an_upgrade_to_a_runtime_that_was_not_recorded(stage, truth):
    act(stage, {"upgrade": 999})
    assert height(stage) == truth.head["number"] and not stage.events().fired("act")
