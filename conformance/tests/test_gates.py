"""Gates and latency: order without time. Which replies come, and in which order, is exact inside a gate."""

import json
import threading

import pytest

from testenv.node import gated
from testenv.rpc import request

pytestmark = pytest.mark.core

METHODS = ["state_getStorage"]


def gate(order, n=7, **more):
    return gated(n, order, METHODS, **more)


@pytest.fixture
def keys(truth):
    """Seven keys, in canonical order: that of their canonical requests."""
    values, keys = set(), []
    for key in truth.keys(truth.head["hash"])[60:]:
        value = truth.lookup(truth.head["hash"], key)[1]
        if value not in values and len(value) < 100:
            values.add(value)
            keys.append(key)
        if len(keys) == 7:
            return sorted(keys)
    raise AssertionError("the recording has no seven different values")


def ask(socket, truth, keys):
    for id, key in enumerate(keys):
        socket.send(request("state_getStorage", key, truth.head["hash"], id=id))


def replies(socket, count):
    return [json.loads(socket.receive_text()) for _ in range(count)]


def order_of(replies):
    return [reply["id"] for reply in replies]


@pytest.mark.parametrize("sent", [list(range(7)), [3, 1, 6, 0, 5, 2, 4], [6, 5, 4, 3, 2, 1, 0]])
@pytest.mark.parametrize("order", ["arrival", "reversed", [6, 0, 3, 1, 5, 2, 4], [1, 2, 3, 4, 5, 6, 0]])
def test_orders(space, truth, keys, sent, order):
    """A list permutes the members in canonical order, whatever the order of their arrival."""
    space.control("mock_setScript", gate(order))
    socket = space.socket()
    for index in sent:
        socket.send(request("state_getStorage", keys[index], truth.head["hash"], id=index))
    got = replies(socket, 7)
    expected = {"arrival": sent, "reversed": sent[::-1]}.get(order) if isinstance(order, str) else order
    assert order_of(got) == expected
    for reply in got:
        assert reply["result"] == truth.lookup(truth.head["hash"], keys[reply["id"]])[1]
    assert space.stats()["gate_timeouts"] == 0
    assert space.stats()["inflight"] == {"max_per_conn": 7, "max_total": 7}


def test_nothing_leaves_before_the_last_has_come(space, truth, keys):
    space.control("mock_setScript", gate("arrival"))
    socket = space.socket()
    ask(socket, truth, keys[:6])
    socket.send(request("system_chain", id="other"))
    assert json.loads(socket.receive_text())["id"] == "other"
    assert space.stats()["inflight"]["max_total"] == 7
    ask(socket, truth, keys[6:])
    assert len(replies(socket, 7)) == 7


def test_members_of_many_connections(space, truth, keys):
    space.control("mock_setScript", gate("arrival"))
    sockets = [space.socket() for _ in range(7)]
    for id, socket in enumerate(sockets):
        socket.send(request("state_getStorage", keys[id], truth.head["hash"], id=id))
    for id, socket in enumerate(sockets):
        assert json.loads(socket.receive_text())["id"] == id
    counters = space.counters()
    assert (counters["opened"], counters["max_per_conn"], counters["max_total"]) == (7, 1, 7)


def test_a_disconnect_shrinks_the_membership(space, truth, keys):
    """Six are held; a seventh socket goes away with its question, and no later one is waited for."""
    space.control("mock_setScript", gate("arrival", n=3))
    stays, leaves = space.socket(), space.socket()
    ask(stays, truth, keys[:1])
    ask(leaves, truth, keys[1:2])
    while space.stats()["inflight"]["max_total"] < 2:
        pass
    leaves.close()
    ask(stays, truth, keys[2:3])
    ask(stays, truth, keys[3:4])
    assert len(replies(stays, 3)) == 3
    assert space.stats()["gate_timeouts"] == 0


def test_at_the_limit_all_are_released_and_it_is_counted(space, truth, keys):
    space.control("mock_setScript", gate("arrival", limit="50ms"))
    socket = space.socket()
    ask(socket, truth, keys[:3])
    assert sorted(order_of(replies(socket, 3))) == [0, 1, 2]
    assert space.stats()["gate_timeouts"] == 1


def test_other_methods_pass(space, truth, keys):
    space.control("mock_setScript", gate("reversed", n=2))
    socket = space.socket()
    socket.call("chain_getBlockHash")
    ask(socket, truth, keys[:2])
    assert order_of(replies(socket, 2)) == [1, 0]


def test_aliases_are_held_too(space, truth, keys):
    space.control("mock_setScript", gate("reversed", n=2))
    socket = space.socket()
    socket.send(request("state_getStorageAt", keys[0], truth.head["hash"], id=0))
    socket.send(request("state_getStorage", keys[1], truth.head["hash"], id=1))
    assert order_of(replies(socket, 2)) == [1, 0]


def test_pings_go_on_while_a_gate_holds(space, truth, keys):
    space.control("mock_setScript", gate("arrival"))
    socket = space.socket()
    ask(socket, truth, keys[:3])
    assert socket.raw.ping().wait(10)


def test_one_space_s_gate_holds_no_other(node, space, truth, keys):
    space.control("mock_setScript", gate("arrival"))
    other = node.space()
    socket = other.socket()
    ask(socket, truth, keys[:2])
    assert sorted(order_of(replies(socket, 2))) == [0, 1]
    other.close()


def test_permutations_of_four(node, truth, keys, rng):
    """All 24 orders of four replies, each sent in an order of its own."""
    from itertools import permutations
    for order in permutations(range(4)):
        space = node.space()
        space.control("mock_setScript", gate(list(order), n=4))
        socket = space.socket()
        sent = rng.sample(range(4), 4)
        for index in sent:
            socket.send(request("state_getStorage", keys[index], truth.head["hash"], id=index))
        assert order_of(replies(socket, 4)) == list(order)
        space.close()


def test_equal_requests_are_distinct_members(space, truth, keys):
    space.control("mock_setScript", gate("reversed", n=3))
    socket = space.socket()
    ask(socket, truth, [keys[0]] * 3)
    assert order_of(replies(socket, 3)) == [2, 1, 0]


def test_threads_at_once(space, truth, keys):
    """Seven real threads: whatever their order, all are answered with their own value."""
    space.control("mock_setScript", gate([6, 5, 4, 3, 2, 1, 0]))
    results = {}

    def one(key):
        results[key] = space.socket().call("state_getStorage", key, truth.head["hash"])

    threads = [threading.Thread(target=one, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {key: truth.lookup(truth.head["hash"], key)[1] for key in keys}
