"""Spaces: each alone, chosen by the path; the control calls leave no trace in any of them."""

import json

import pytest
from websockets.exceptions import InvalidStatus

from testenv.node import gated
from testenv.rpc import Socket, request

pytestmark = pytest.mark.core

NOTHING = {
    "conns": {"opened": 0, "open": 0, "peak": 0, "rejected": 0},
    "requests": {"total": 0, "by_method": {}},
    "inflight": {"max_per_conn": 0, "max_total": 0},
    "subscriptions": {"opened": 0, "open": 0},
    "unmatched": 0,
    "gate_timeouts": 0,
    "ids": {"dup_inflight": 0},
}


def test_a_new_space_has_counted_nothing(space):
    assert space.stats() == NOTHING


def test_counters(space):
    one, two = space.socket(), space.socket()
    one.call("system_chain")
    one.call("chain_getBlockHash")
    two.call("system_chain")
    two.call("chain_subscribeNewHeads")
    stats = space.stats()
    assert stats["conns"] == {"opened": 2, "open": 2, "peak": 2, "rejected": 0}
    assert stats["requests"] == {
        "total": 4,
        "by_method": {"chain_getBlockHash": 1, "chain_subscribeNewHeads": 1, "system_chain": 2},
    }
    assert stats["inflight"] == {"max_per_conn": 1, "max_total": 1}
    assert stats["subscriptions"] == {"opened": 1, "open": 1}


def test_two_spaces_at_once(node, truth):
    one, two = node.space(), node.space()
    a, b = one.socket(), two.socket()
    early = truth.canonical[truth.head["number"] - 5]
    one.control("mock_setHead", early["number"])
    assert a.call("chain_getBlockHash") == early["hash"]
    assert b.call("chain_getBlockHash") == truth.head["hash"]
    assert a.call("chain_getBlockHash", truth.head["number"]) is None
    assert b.call("chain_getBlockHash", truth.head["number"]) == truth.head["hash"]
    assert one.stats()["requests"]["total"] == two.stats()["requests"]["total"] == 2
    one.control("mock_reset")
    assert b.call("chain_getBlockHash") == truth.head["hash"]
    assert two.stats()["requests"]["total"] == 3
    one.close()
    two.close()


def test_the_default_space_is_the_root(start, truth):
    from testenv.paths import FIXTURE
    node = start(FIXTURE)
    with Socket(node.url) as socket:
        assert socket.call("chain_getBlockHash") == truth.head["hash"]
        answer = json.loads(socket.exchange(request("mock_stats", id=2)))
        assert answer["result"]["requests"]["total"] == 1


def test_control_leaves_no_trace(space):
    """Over HTTP, over a socket of its own, and over a socket that asks other things, too."""
    mixed, control_only = space.socket(), space.socket()
    for _ in range(5):
        space.control("mock_stats")
        control_only.call("mock_stats")
        mixed.call("mock_unmatched")
    assert space.stats() == NOTHING
    before = space.control("mock_journal")
    mixed.call("system_chain")
    stats = mixed.call("mock_stats")
    assert stats["conns"] == {"opened": 1, "open": 1, "peak": 1, "rejected": 0}
    assert stats["requests"] == {"total": 1, "by_method": {"system_chain": 1}}
    assert space.control("mock_journal") != before
    assert "mock_" not in json.dumps(space.control("mock_journal"))
    assert not [name for name in mixed.call("rpc_methods")["methods"] if name.startswith("mock_")]


def test_reset_forgets(space, truth):
    socket = space.socket()
    socket.call("system_chain")
    space.control("mock_setHead", 5)
    space.control("mock_setLatency", "10ms")
    space.control("mock_reset")
    stats = space.stats()
    assert stats["requests"] == NOTHING["requests"] and stats["inflight"] == NOTHING["inflight"]
    assert socket.call("chain_getBlockHash") == truth.head["hash"]


def test_a_page_in_a_browser_is_refused_control(space):
    """Requests with an Origin may ask the chain, never the control namespace."""
    answer = space.post(request("mock_stats"), headers={"Origin": "http://evil.example"})
    assert "result" not in answer.text
    try:
        socket = space.socket(origin="http://evil.example")
    except InvalidStatus:
        return
    error = socket.error("mock_stats")
    assert error.code == -32601
    error = socket.error("mock_reset")
    assert error.code == -32601


def test_a_wrong_control_call_is_an_error_and_changes_nothing(space):
    for method, params in (
        ("mock_setLatency", ["soon"]), ("mock_setLatency", []), ("mock_setLatency", ["-5ms"]),
        ("mock_setScript", [gated(0)]), ("mock_setScript", [gated(7, no=1)]), ("mock_setScript", [{"no": 1}]),
        ("mock_setScript", [gated(3, [0, 0, 1])]), ("mock_setScript", [gated(3, "backwards")]),
        ("mock_setHead", [10**9]), ("mock_setHead", ["0x12"]), ("mock_setScript", ["no"]),
        ("mock_no_such", []),
    ):
        answer = json.loads(space.post(request(method, *params)).text)
        assert "error" in answer and answer["error"]["message"], (method, params, answer)
    socket = space.socket()
    socket.call("system_chain")
    assert space.stats()["requests"]["total"] == 1


WRONG_PARAMS = [
    ("mock_stats", [1]), ("mock_stats", {}), ("mock_reset", ["now"]), ("mock_unmatched", [None]),
    ("mock_journal", [{"forms": "canonical"}]), ("mock_journal", ["raw"]), ("mock_journal", [5]),
    ("mock_journal", [{"form": "raw", "more": 1}]), ("mock_journal", [{"form": "raw"}, 1]),
    ("mock_journal", {"form": "raw"}), ("mock_journal", [{}]), ("mock_setScript", []),
    ("mock_setScript", {"rules": []}), ("mock_setLatency", ["5ms", "6ms"]), ("mock_setLatency", [5]),
    ("mock_setHead", [72, 5]), ("mock_setHead", []), ("mock_signal", [""]),
    ("mock_setScript", [{}, {}]), ("mock_advanceHead", [1, 1]), ("mock_advanceHead", [None]),
]


@pytest.mark.parametrize("method, params", WRONG_PARAMS)
def test_wrong_params_of_control_calls(space, method, params):
    """Each says what is wanted, and nothing has changed."""
    text = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    error = space.post(text).json()["error"]
    assert error["code"] == -32602 and error["data"].startswith("expected params ["), error
    socket = space.socket()
    socket.call("chain_getBlockHash")
    assert space.control("mock_journal")["entries"][0]["latency_us"] == 0


def test_a_script_is_taken_away_by_null(space):
    socket = space.socket()
    for script in ({"rules": [{"on": "arrived", "do": [{"delay": "3ms"}]}]}, None):
        space.control("mock_setScript", script)
        socket.call("system_chain")
    entries = space.control("mock_journal", {"form": "raw"})["entries"]
    assert [entry["latency_us"] for entry in entries] == [3000, 0]


@pytest.mark.parametrize("id", ["", '"id":-1,', '"id":1.5,', '"id":true,', '"id":{},'])
@pytest.mark.parametrize("method", ["mock_reset", "mock_no_such"])
def test_control_that_is_no_call_leaves_no_trace(space, id, method):
    """Ignored as any other notification is: over HTTP, over a socket, and in a batch."""
    text = '{"jsonrpc":"2.0",%s"method":"%s"}' % (id, method)
    socket = space.socket()
    for sent in (text, f"[{text},{text}]"):
        socket.send(sent)
        answer = space.post(sent)
        assert (answer.status, answer.text) == (200, "")
    assert socket.call("mock_stats") == NOTHING
    assert space.control("mock_journal")["entries"] == []
    assert not socket.notifications


def test_names_of_spaces(node):
    for name in ("a", "A-b_c.9", "x" * 60):
        space = node.space(name)
        assert space.socket().call("system_chain")
        assert space.stats()["requests"]["total"] == 1
        space.close()


def test_sockets_of_one_space_are_counted_apart(node):
    """Peak and open go up and down as sockets do."""
    space = node.space()
    for _ in range(5):
        socket = space.socket()
        socket.call("system_chain")
        socket.close()
    socket = space.socket()
    socket.call("system_chain")
    conns = space.stats()["conns"]
    assert conns["opened"] == 6
    space.close()
