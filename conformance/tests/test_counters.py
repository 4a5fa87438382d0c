"""Each counter that the node reports equals what a relay between client and node counts by itself, for our
own four modes; and the modes are what they say."""

import json

import pytest

from testenv.keys import existing_subnets
from testenv.paths import FIXTURE
from testenv.programs import answers, example
from testenv.relay import Relay
from testenv.rpc import Socket, request

EXISTING = {1: True, 2: True, 3: True, 4: True, 5: False, 6: True, 7: False}
METHODS = ["state_getStorage"]
MODES = {
    "serial": {"opened": 1, "peak": 1, "max_per_conn": 1, "max_total": 1},
    "threaded": {"opened": 7, "peak": 7, "max_per_conn": 1, "max_total": 7},
    "gathered": {"opened": 1, "peak": 1, "max_per_conn": 7, "max_total": 7},
    "shared": {"opened": 1, "peak": 1, "max_per_conn": 7, "max_total": 7},
}


@pytest.mark.core
@pytest.mark.parametrize("order", ["arrival", "reversed", [6, 0, 3, 1, 5, 2, 4]])
@pytest.mark.parametrize("mode", MODES)
def test_modes(node, space, tmp_path, mode, order):
    if mode != "serial":
        space.gate(7, order, METHODS)
    with Relay(node.port) as relay:
        output = example(mode, space.url(port=relay.port), tmp_path)
        assert answers(output) == EXISTING
        assert space.counters() == relay.counters()
        counters = relay.counters()
        counters.pop("requests")
        assert counters == MODES[mode]
        assert relay.requests == relay.replies
    stats = space.stats()
    assert (stats["unmatched"], stats["gate_timeouts"], stats["ids"]["dup_inflight"]) == (0, 0, 0)


@pytest.mark.parametrize("mode", MODES)
def test_answers_follow_the_head(space, truth, tmp_path, mode):
    """At every head: the answers are those of that block, worked out from the recorded keys."""
    for number in (truth.state_blocks()[0]["number"], 10, 51, 68, 69, truth.head["number"]):
        space.control("mock_setHead", number)
        expected = existing_subnets(truth, truth.canonical[number]["hash"])
        assert answers(example(mode, space.url(), tmp_path)) == expected


def test_raw_clients_are_counted_alike(node, space, truth):
    """Batches, subscriptions, errors and notifications, all on one socket and one after the other."""
    with Relay(node.port) as relay:
        with Socket(space.url(port=relay.port)) as socket:
            socket.call("system_chain")
            socket.error("no_such_method")
            socket.call("chain_subscribeNewHeads")
            socket.send("[" + ",".join(request("system_chain", id=i) for i in range(5)) + "]")
            socket.notifications or socket.receive()
            socket.call("chain_getHead")
        counted = relay.counters()
    seen = space.counters()
    assert seen["requests"] == counted["requests"]
    assert (seen["opened"], seen["peak"]) == (counted["opened"], counted["peak"])


def test_a_hundred_sockets_in_flight(start, truth):
    """Thirty sockets with ten questions each, all held by one gate."""
    node = start(FIXTURE)
    space = node.space()
    space.gate(300, methods=METHODS)
    key = truth.keys(truth.head["hash"])[60]
    with Relay(node.port) as relay:
        sockets = [Socket(space.url(port=relay.port)) for _ in range(30)]
        for socket in sockets:
            for id in range(10):
                socket.send(request("state_getStorage", key, truth.head["hash"], id=id))
        for socket in sockets:
            assert sorted(json.loads(socket.receive_text())["id"] for _ in range(10)) == list(range(10))
        assert space.counters() == relay.counters() == {
            "opened": 30, "peak": 30, "max_per_conn": 10, "max_total": 300, "requests": 300
        }
        for socket in sockets:
            socket.close()
