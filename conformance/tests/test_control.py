"""Control calls on the script and the chain, and what answers that wait may take of memory."""

import json
from hashlib import blake2b

import pytest

from testenv.paths import FIXTURE
from testenv.rpc import RpcError, request

pytestmark = pytest.mark.core

KEY = "0x" + "ab" * 20


def rule(name, on, *actions, **members):
    return {"name": name, "on": on, "do": list(actions), **members}


def test_signals_and_what_fired(space):
    space.control("mock_setScript", {"rules": [
        rule("on go", "signal", {"give": "went"}, match={"name": "go"}), rule("never", "signal", {"give": "x"}, match={"name": "no"})]})
    for _ in range(3):
        assert space.control("mock_signal", "go") is True
    assert space.control("mock_fired") == [{"rule": "on go", "fired": 3}, {"rule": "never", "fired": 0}]


def test_waiting_for_what_happens_and_for_what_has(space):
    """It is answered when the last of so many events comes; at once, if they have since a number."""
    waits = space.socket()
    waits.send(request("mock_wait", {"event": "arrived", "match": {"methods": ["chain_getBlockHash"]}, "count": 2}, id="w"))
    waits.send(request("mock_stats", id="s"))
    assert waits.receive()["id"] == "s"  # and not "w", which came before
    socket = space.socket()
    socket.call("system_chain")
    socket.call("chain_getBlockHash", 1)
    socket.call("chain_getBlockHash", 2)
    answer = waits.receive()
    arrived = [e["seq"] for e in space.control("mock_events")["events"]
               if e["event"] == "arrived" and e.get("method") == "chain_getBlockHash"]
    assert answer == {"jsonrpc": "2.0", "id": "w", "result": {"seq": arrived[1]}}
    for count in (1, 2):
        assert space.control("mock_wait", {"event": "arrived", "match": {"methods": ["chain_getHead"]},
                                           "count": count, "from": 1}) == {"seq": arrived[count - 1]}
    with pytest.raises(RpcError) as error:
        space.control("mock_wait", {"event": "arived"})
    assert "arrived" in error.value.data


def test_blocks_of_a_space_s_own(space, truth):
    space.control("mock_setScript", {"start": [{"hold_finality": {"lag": 3}}]})
    socket = space.socket()
    id = socket.call("chain_subscribeNewHeads")
    socket.notification("chain_newHead", id)
    made = space.control("mock_newBlock", {"name": "a", "storage": {KEY: "0x01"}})
    assert made["number"] == truth.head["number"] + 1
    assert int(socket.notification("chain_newHead", id)["number"], 16) == made["number"]
    assert socket.call("state_getStorage", KEY) == "0x01"
    edited = space.control("mock_setStorage", {KEY: None})
    assert socket.call("state_getStorage", KEY) is None
    assert socket.call("state_getStorage", KEY, made["hash"]) == "0x01"
    fork = space.control("mock_reorg", 1)
    assert fork["number"] == edited["number"] + 1
    assert socket.call("chain_getBlockHash", made["number"]) == made["hash"]
    assert socket.call("chain_getBlockHash", edited["number"]) != edited["hash"]
    assert space.control("mock_setHead", "@a") == made
    for wrong in ({"storage": {"xx": "0x"}}, {"parent": "@nobody"}, {"calls": "perhaps"}, {"no": 1}, {"storage": 7}):
        with pytest.raises(RpcError):
            space.control("mock_newBlock", wrong)
    assert socket.call("chain_getBlockHash") == made["hash"]
    assert space.stats()["carried"] == 0


def test_as_chopsticks_has_them(space, truth):
    socket = space.socket()
    head = truth.head["number"]
    assert space.control("dev_newBlock") == socket.call("chain_getBlockHash", head + 1)
    assert space.control("dev_newBlock", {"count": 2}) == socket.call("chain_getBlockHash", head + 3)
    assert space.control("dev_newBlock", {"to": head + 5}) == socket.call("chain_getBlockHash", head + 5)
    edited = space.control("dev_setStorage", [[KEY, "0x02"]])
    assert socket.call("state_getStorage", KEY, edited) == "0x02"
    assert space.control("dev_setHead", head + 2) == socket.call("chain_getBlockHash")
    assert int(socket.call("chain_getHeader")["number"], 16) == head + 2
    now = "0xf0c365c3cf59d671eb72da0e7a4113c49f1f0515f462cdcf84e0f1d6045dfcbb"
    time = int.from_bytes(bytes.fromhex(socket.call("state_getStorage", now)[2:]), "little")
    assert space.control("dev_timeTravel", time + 60_000) == time + 60_000
    assert socket.call("state_getStorage", now) == "0x" + (time + 60_000).to_bytes(8, "little").hex()
    assert space.control("dev_timeTravel", "2100-01-01T00:00:00Z") == 4_102_444_800_000
    for method, params in (("dev_newBlock", [{"count": 0}]), ("dev_timeTravel", ["soon"]), ("dev_timeTravel", [5]),
                           ("dev_setStorage", [{"System": {}}]), ("dev_setHead", ["x"])):
        with pytest.raises(RpcError):
            space.control(method, *params)


def test_extrinsics_that_are_taken(space):
    space.control("mock_setScript", {"writes": "accept"})
    socket = space.socket()
    bytes_ = b"\x10\x04abc"
    assert socket.call("author_submitExtrinsic", "0x" + bytes_.hex()) == "0x" + blake2b(bytes_, digest_size=32).hexdigest()
    id = socket.call("author_submitAndWatchExtrinsic", "0x" + bytes_.hex())
    assert socket.notification("author_extrinsicUpdate", id) == "ready"
    assert socket.call("author_unwatchExtrinsic", id) is True


@pytest.mark.parametrize("script, status", [({"rules": [rule("unused", "signal", {"give": "x"})]}, 4), ({}, 0)])
def test_strict_rules(start, tmp_path, script, status):
    file = tmp_path / "script.json"
    file.write_text(json.dumps(script))
    node = start(FIXTURE, "--script", file, "--strict-rules")
    node.space().socket().call("system_chain")
    found, errors = node.stop()
    assert found == status and ("unused" in errors) == bool(status)


def test_rights_are_those_of_each_post(space):
    """On one connection: with an Origin control is refused, before and after it was allowed."""
    import http.client
    client = http.client.HTTPConnection("127.0.0.1", space.node.port, timeout=30)
    allowed = []
    for origin in ({}, {"Origin": "http://evil.example"}, {}):
        client.request("POST", space.path, request("mock_stats"), {"Content-Type": "application/json", **origin})
        allowed.append("result" in json.loads(client.getresponse().read()))
    assert allowed == [True, False, True]


def test_a_connection_that_has_too_much_waiting_is_not_read_from(start):
    """What is made for a call is no view; its connection's budget is of 1 MB, and others go on."""
    node = start(FIXTURE, "--connection-bytes", 1_000_000)
    space = node.space()
    fill = {"rules": [rule("fill", "arrived", {"fill": {"result": 100_000}}, {"hold": {"until": {"signal": "go"}, "limit": "none"}},
                           match={"methods": ["system_name"]})]}
    space.control("mock_setScript", fill)
    socket, other = space.socket(), space.socket()
    for id in range(60):
        socket.send(request("system_name", id=id))
    space.control("mock_wait", {"event": "held", "count": 7, "from": 1})
    for _ in range(20):
        other.call("system_chain")
    held = [e for e in space.control("mock_events")["events"] if e["event"] == "held"]
    assert 7 <= len(held) <= 12
    while len([e for e in space.control("mock_events")["events"] if e["event"] == "answered" and e["conn"] == 1]) < 60:
        space.control("mock_signal", "go")
    assert [socket.receive()["id"] for _ in range(60)] == list(range(60))


def test_a_space_that_has_too_much_waiting_is_busy(start):
    node = start(FIXTURE, "--space-bytes", 1_000_000)
    space = node.space()
    fill = {"rules": [rule("fill", "arrived", {"fill": {"result": 400_000}}, {"hold": {"until": {"signal": "go"}, "limit": "none"}},
                           match={"methods": ["system_name"]})]}
    space.control("mock_setScript", fill)
    for id in range(2):
        space.socket().send(request("system_name", id=id))
    space.control("mock_wait", {"event": "held", "count": 2, "from": 1})
    error = space.socket().error("system_chain")
    assert (error.code, error.message) == (-32009, "Server is busy, try again later")
    space.control("mock_signal", "go")
    space.control("mock_wait", {"event": "answered", "match": {"methods": ["system_name"]}, "count": 2, "from": 1})
    assert space.socket().call("system_chain")
