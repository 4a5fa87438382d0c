"""Subscriptions: the answer before the first notification, the current value at once, then each move."""

import pytest

from testenv.fixture import Copy
from testenv.paths import FIXTURE
from testenv.truth import ABSENT, KNOWN

pytestmark = pytest.mark.core

CODE = "0x3a636f6465"  # there, its value not recorded
HEADS = {
    "chain_subscribeNewHeads": ("chain_newHead", "chain_unsubscribeNewHeads"),
    "chain_subscribeAllHeads": ("chain_allHead", "chain_unsubscribeAllHeads"),
    "chain_subscribeFinalizedHeads": ("chain_finalizedHead", "chain_unsubscribeFinalizedHeads"),
}


def distance(truth):
    return truth.head["number"] - truth.finalized["number"]


@pytest.mark.parametrize("method", HEADS)
def test_the_current_head_at_once_and_then_each(space, truth, method):
    name, stop = HEADS[method]
    begin = truth.head["number"] - 4
    space.control("mock_setHead", begin)
    socket = space.socket()
    id = socket.call(method)
    behind = distance(truth) if "Finalized" in method else 0
    assert socket.notification(name, id) == truth.canonical[begin - behind]["header"]
    for number in range(begin + 1, truth.head["number"] + 1):
        space.control("mock_advanceHead")
        assert socket.notification(name, id) == truth.canonical[number - behind]["header"]
    assert socket.call(stop, id) is True
    assert socket.call(stop, id) is False


def test_ids_are_strings_and_never_again_the_same(space):
    sockets = [space.socket(), space.socket()]
    ids = [socket.call("chain_subscribeNewHeads") for socket in sockets for _ in range(50)]
    assert all(isinstance(id, str) and len(id) == 16 and id.isalnum() for id in ids)
    assert len(set(ids)) == 100


def test_the_answer_precedes_the_first_notification(space):
    """On the wire: first the message with the id, then the one with the method."""
    socket = space.socket()
    for id in range(20):
        socket.send('{"jsonrpc":"2.0","id":%d,"method":"chain_subscribeNewHeads","params":[]}' % id)
    seen = set()
    for _ in range(40):
        message = socket.receive()
        if "id" in message:
            seen.add(message["result"])
        else:
            assert message["params"]["subscription"] in seen


def test_the_answer_comes_first_under_latency_too(space):
    space.control("mock_setLatency", "20ms")
    socket = space.socket()
    socket.send('{"jsonrpc":"2.0","id":1,"method":"chain_subscribeNewHeads","params":[]}')
    assert "id" in socket.receive()
    assert "method" in socket.receive()


def test_unsubscribing_what_is_not_there(socket):
    for id in ("nothing", 7, None, ["x"]):
        assert socket.call("chain_unsubscribeNewHeads", id) is False


def test_after_unsubscribing_nothing_comes(space, truth):
    space.control("mock_setHead", truth.head["number"] - 2)
    socket = space.socket()
    id = socket.call("chain_subscribeNewHeads")
    socket.notification("chain_newHead", id)
    assert socket.call("chain_unsubscribeNewHeads", id) is True
    space.control("mock_advanceHead")
    socket.nothing_more()
    assert space.stats()["subscriptions"] == {"opened": 1, "open": 0}


def test_a_subscription_of_one_socket_is_not_another_s(space):
    one, two = space.socket(), space.socket()
    id = one.call("chain_subscribeNewHeads")
    assert two.call("chain_unsubscribeNewHeads", id) is False
    assert one.call("chain_unsubscribeNewHeads", id) is True


def test_runtime_version_at_once_and_only_on_change(space, truth):
    space.control("mock_setHead", truth.head["number"] - 2)
    socket = space.socket()
    id = socket.call("state_subscribeRuntimeVersion")
    version = truth.runtimes[truth.head["runtime"]]["version"]
    assert socket.notification("state_runtimeVersion", id) == version
    space.control("mock_advanceHead")
    socket.nothing_more()
    assert socket.call("state_unsubscribeRuntimeVersion", id) is True


def values(truth, hash, keys):
    assert all(truth.lookup(hash, key)[0] in (KNOWN, ABSENT) for key in keys)
    return {key: truth.lookup(hash, key)[1] for key in keys}


def test_storage_all_at_once_and_then_changes_only(space, truth, rng):
    first = truth.head["number"] - 12
    moving = sorted({key for block in truth.state_blocks() if block["number"] > first
                     for key in truth.sets[block["hash"]].own})
    still = [key for key in truth.keys(truth.head["hash"]) if key not in moving and key != CODE]
    keys = rng.sample(moving, min(8, len(moving))) + rng.sample(still, 4)
    keys += rng.sample(keys, 4)  # in a block's changes a key stands once
    space.control("mock_setHead", first)
    socket = space.socket()
    id = socket.call("state_subscribeStorage", keys)
    before = values(truth, truth.canonical[first]["hash"], keys)
    answer = socket.notification("state_storage", id)
    assert answer == {"block": truth.canonical[first]["hash"],
                      "changes": [[key, before[key]] for key in keys]}
    for number in range(first + 1, truth.head["number"] + 1):
        hash = truth.canonical[number]["hash"]
        now = values(truth, hash, keys)
        space.control("mock_advanceHead")
        changes = {key: now[key] for key in keys if now[key] != before[key]}
        if changes:
            answer = socket.notification("state_storage", id)
            assert answer == {"block": hash, "changes": [[key, changes[key]] for key in sorted(changes)]}
        before = now
    socket.nothing_more()
    assert socket.call("state_unsubscribeStorage", id) is True


def is_unmatched(error, method):
    return (error["code"], error["message"], error["data"]["method"]) == (
        -32055, "mocknode: unmatched request", method) and bool(error["data"]["reason"])


def test_what_is_unknown_at_first_is_said_at_once(start, truth):
    """A subscriber would wait for it for ever: the value of a key, and all before the recording."""
    node = start(FIXTURE)
    space = node.space()
    socket = space.socket()
    known = truth.keys(truth.head["hash"])[60]
    for keys in ([CODE], [known, CODE]):
        error = socket.error("state_subscribeStorage", keys)
        assert is_unmatched(vars(error), "state_subscribeStorage")
        assert CODE in error.data["canonical"]
    stats = space.stats()
    assert stats["unmatched"] == 2 and stats["subscriptions"] == {"opened": 0, "open": 0}
    assert [entry["outcome"] for entry in space.control("mock_journal")["entries"]] == ["unmatched"] * 2
    socket.nothing_more()
    assert node.stop()[0] == 3


def test_what_becomes_unknown_is_told(start, truth):
    """The head moves to a block of which no state is recorded, and back: an error, and then values."""
    first = truth.state_blocks()[0]["number"]
    node = start(FIXTURE)
    space = node.space()
    socket = space.socket()
    key = truth.keys(truth.head["hash"])[60]
    id = socket.call("state_subscribeStorage", [key])
    socket.notification("state_storage", id)
    space.control("mock_setHead", first - 1)
    message = socket.receive()
    assert (message["method"], message["params"]["subscription"]) == ("state_storage", id)
    assert set(message["params"]) == {"subscription", "error"}
    assert is_unmatched(message["params"]["error"], "state_subscribeStorage")
    assert truth.canonical[first - 1]["hash"] in message["params"]["error"]["data"]["reason"]
    assert space.stats()["unmatched"] == 1
    assert socket.call("state_unsubscribeStorage", id) is True
    assert node.stop()[0] == 3


def test_a_reset_counts_nothing_of_its_own(start, truth):
    """It moves the head to where nothing is recorded, which subscribers hear of."""
    first = truth.state_blocks()[0]["number"]
    node = start(FIXTURE, "--head", first - 1)
    space = node.space()
    space.control("mock_setHead", truth.head["number"])
    socket = space.socket()
    id = socket.call("state_subscribeStorage", [truth.keys(truth.head["hash"])[60]])
    socket.notification("state_storage", id)
    assert space.control("mock_reset") is True
    assert "error" in socket.receive()["params"]
    assert space.stats()["unmatched"] == 0 and space.control("mock_unmatched") == []
    assert node.stop()[0] == 3


def test_without_keys_every_change_is_told(space, truth):
    """All but of keys whose values are not recorded at all."""
    begin = truth.head["number"] - 12
    space.control("mock_setHead", begin)
    socket = space.socket()
    ids = [socket.call("state_subscribeStorage", *params) for params in ([], [None])]
    socket.nothing_more()
    before = truth.canonical[begin]["hash"]
    for number in range(begin + 1, truth.head["number"] + 1):
        now = truth.canonical[number]["hash"]
        space.control("mock_advanceHead")
        changes = {key: truth.lookup(now, key)[1] for key in truth.sets[now].own
                   if truth.lookup(now, key) != truth.lookup(before, key)}
        assert changes, "the recording's blocks all change something"
        for id in ids:
            answer = socket.notification("state_storage", id)
            assert answer["block"] == now and CODE not in changes
            assert answer["changes"] == [[key, changes[key]] for key in sorted(changes)]
        before = now
    socket.nothing_more()
    assert space.stats()["unmatched"] == 0


def test_without_keys_a_gap_is_told(start, truth, tmp_path):
    """One key of the state is unknown: so is the list of all changes."""
    copy = Copy(tmp_path / "gap")
    key = truth.keys(truth.head["hash"])[60]
    copy.remove_fact(key)
    copy.remove_coverage(key)
    node = start(copy.seal(), "--head", truth.head["number"] - 1)
    space = node.space()
    socket = space.socket()
    id = socket.call("state_subscribeStorage")
    space.control("mock_advanceHead")
    message = socket.receive()
    assert message["params"]["subscription"] == id
    assert is_unmatched(message["params"]["error"], "state_subscribeStorage")
    assert node.stop()[0] == 3


def test_the_head_moves_for_reads_too(space, truth):
    socket = space.socket()
    begin = truth.head["number"] - 3
    for number in (begin, begin + 1, begin + 2):
        space.control("mock_setHead", number)
        assert socket.call("chain_getHeader") == truth.canonical[number]["header"]
        assert socket.call("chain_getBlockHash", number + 1) is None
        key = truth.keys(truth.canonical[number]["hash"])[-1]
        assert socket.call("state_getStorage", key) == truth.lookup(truth.canonical[number]["hash"], key)[1]
    space.control("mock_setHead", truth.canonical[begin]["hash"])
    assert socket.call("chain_getBlockHash") == truth.canonical[begin]["hash"]


def test_advancing_past_the_last_block_is_an_error(space, truth):
    with pytest.raises(Exception) as error:
        space.control("mock_advanceHead")
    assert error.value.message
    assert space.socket().call("chain_getBlockHash") == truth.head["hash"]


def test_finalized_keeps_its_distance(space, truth):
    number = truth.head["number"] - 6
    space.control("mock_setHead", number)
    expected = truth.canonical[number - distance(truth)]["hash"]
    assert space.socket().call("chain_getFinalizedHead") == expected
