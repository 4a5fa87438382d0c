"""What peers make the node hold: a budget of bytes for all of them together, one for each connection, and a time for a
message to come. The node's own counters tell."""

import json
import threading

import pytest

from testenv.frames import CONTINUATION, TEXT, encode
from testenv.paths import FIXTURE
from testenv.raw import Raw
from testenv.rpc import request
from testenv.stage import rule

BUSY = {"code": -32009, "message": "Server is busy, try again later"}
BUDGET, WHOLE, HALF, PEERS = 1_000_000, 300_000, 200_000, 14
SLACK = 500_000  # what the one has read who goes over the budget, in a buffer that doubles


def held(node):
    """The counters of sockets, asked by a connection that counts for nothing."""
    return node.space("counters").control("mock_sockets")


def until(node, is_so):
    counters = held(node)
    while not is_so(counters):
        counters = held(node)
    return counters


def half_post():
    head = f"POST /s/half HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {WHOLE}\r\n\r\n"
    return head.encode() + b" " * HALF


def send_halves(node, peers, text):
    """Each sends half a message, and the node has seen that before the next does: who was refused?"""
    refused = []
    for peer in peers:
        before = held(node)
        peer.send(text)
        after = until(node, lambda now: now["busy"] > before["busy"] or now["held"] >= before["held"] + HALF)
        if after["busy"] > before["busy"]:
            refused.append(peer)
    return refused


def test_halves_of_posts(start):
    node = start(FIXTURE, "--node-bytes", BUDGET)
    peers = [Raw(node.port) for _ in range(PEERS)]
    refused = send_halves(node, peers, half_post())
    assert 0 < len(refused) < PEERS and refused == peers[-len(refused):]
    for peer in refused:
        status, _, body = peer.answer()
        assert (status, json.loads(body)) == (503, {"jsonrpc": "2.0", "id": None, "error": BUSY})
        peer.rest()
    counters = held(node)
    assert counters["busy"] == len(refused) and BUDGET < counters["held_peak"] < BUDGET + SLACK
    assert node.space().post(request("system_chain")).status == 200, "what is small goes on"
    for peer in peers:
        peer.socket.close()
    until(node, lambda now: now["held"] < HALF)
    answer = node.space().post(request("system_chain") + " " * WHOLE)
    assert answer.status == 200 and "result" in answer.json()


@pytest.mark.parametrize("fragments", [False, True])
def test_halves_of_messages(start, fragments):
    node = start(FIXTURE, "--node-bytes", BUDGET)
    peers = [Raw(node.port, "/s/half") for _ in range(PEERS)]
    text = encode(TEXT, request("system_chain").encode() + b" " * WHOLE)
    half, rest = text[:HALF], text[HALF:]
    if fragments:
        half = encode(TEXT, request("system_chain").encode() + b" " * HALF, final=False)
        rest = encode(CONTINUATION, b" ")
    refused = send_halves(node, peers, half)
    assert 0 < len(refused) < PEERS and refused == peers[-len(refused):]
    assert BUDGET < held(node)["held_peak"] < BUDGET + SLACK
    for peer in refused:
        assert json.loads(peer.text()) == {"jsonrpc": "2.0", "id": None, "error": BUSY}
        peer.send(rest)
        peer.say(request("system_chain", id=2))
        assert json.loads(peer.text())["id"] == 2, "the connection goes on behind what was thrown away"
    for peer in refused + peers[1:]:
        peer.socket.close()
    until(node, lambda now: now["held"] < BUDGET - HALF)
    peers[0].send(rest)
    answer = json.loads(peers[0].text())
    assert answer["id"] == 1, answer
    events = [e for e in node.space("half").control("mock_events")["events"] if e["event"] == "refused"]
    assert [e["why"] for e in events] == ["busy"] * len(refused)
    peers[0].socket.close()


def test_batches_that_wait(start):
    """Ten times ten answers of metadata: beyond the budget they are refused, and those that wait are held once, also
    when all leave in one turn and nobody reads."""
    budget = 20_000_000
    node = start(FIXTURE, "--node-bytes", budget)
    space = node.space("many")
    space.control("mock_setScript", {"rules": [
        rule("hold", "arrived", {"hold": {"until": {"signal": "go"}, "limit": "none"}},
             match={"methods": ["state_getMetadata"]})]})
    batch = "[" + ",".join(request("state_getMetadata", id=i) for i in range(10)) + "]"
    size = len(node.space().socket().call("state_getMetadata")) * 10
    waiting = []
    sockets = [space.socket() for _ in range(10)]
    before = held(node)
    for socket in sockets:
        before = held(node)
        socket.send(batch)
        after = until(node, lambda now: now["held"] > before["held"] + size // 2 or before["held"] > budget)
        waiting.append(after["held"] > before["held"] + size // 2)
    count = waiting.count(True)
    assert 0 < count < 10 and waiting == [True] * count + [False] * (10 - count)
    for socket in sockets[count:]:
        assert [entry["error"] for entry in socket.receive()] == [BUSY] * 10
    space.control("mock_signal", "go")
    answers = {json.dumps(entry["result"]) for socket in sockets[:count] for entry in socket.receive()}
    assert len(answers) == 1
    assert held(node)["held_peak"] < budget + 3 * size
    until(node, lambda now: now["held"] < size)
    assert sockets[-1].call("system_chain")


def test_long_ids(start):
    """Forty ids of a megabyte: what waits for one connection is bounded, and it is read from again."""
    node = start(FIXTURE, "--connection-bytes", 5_000_000)
    space = node.space()
    space.control("mock_setScript", {"rules": [
        rule("hold", "arrived", {"hold": {"until": {"signal": "go"}, "limit": "none"}}, match={"methods": ["system_name"]})]})
    socket = space.socket(max_queue=None)
    ids = [chr(ord("a") + i % 26) * 1_000_000 for i in range(40)]
    sender = threading.Thread(target=lambda: [socket.send(request("system_name", id=id)) for id in ids])
    sender.start()
    space.control("mock_wait", {"event": "held", "count": 2, "from": 1})
    while sum(e["event"] == "answered" for e in space.control("mock_events")["events"]) < 40:
        space.control("mock_signal", "go")
    assert [socket.receive()["id"] for _ in range(40)] == ids
    sender.join()
    assert held(node)["held_peak"] < 20_000_000


def test_streams_of_a_connection(start):
    """What streams keep of their keys counts; one that has ended counts no more."""
    node = start(FIXTURE, "--connection-bytes", 1_000_000)
    socket = node.space().socket()
    keys = ["0x26aa394eea5630e07c48ae0c9558cef7" + f"{i:064x}" for i in range(1000)]
    ids = []
    while len(ids) < 20:
        socket.send(request("state_subscribeStorage", keys, id=len(ids)))
        answer = socket.receive()
        if "error" in answer:
            break
        ids.append(answer["result"])
        socket.receive()
    assert 1 < len(ids) < 20 and answer["error"] == BUSY
    assert socket.call("state_unsubscribeStorage", ids[0]) is True
    assert socket.call("state_subscribeStorage", keys)
    assert node.space().socket().call("state_subscribeStorage", keys), "each connection has its own"


def test_a_body_has_its_time(start):
    node = start(FIXTURE, "--body-time", "100ms")
    with Raw(node.port) as peer:
        peer.send(half_post())
        status, headers, _ = peer.answer()
        assert (status, headers["connection"]) == (408, "close")
        assert peer.rest() == (b"", "end")
    assert held(node)["bodies_expired"] == 1
    assert node.space().post(request("system_chain")).status == 200


def test_what_a_batch_may_be(start):
    node = start(FIXTURE, "--max-batch", 2)
    socket = node.space().socket()
    two, three = (f"[{','.join(request('system_chain', id=i) for i in range(n))}]" for n in (2, 3))
    assert len(json.loads(socket.exchange(two))) == 2
    assert json.loads(socket.exchange(three)) == {"jsonrpc": "2.0", "id": None, "error": {
        "code": -32010, "message": "The batch request was too large", "data": "Exceeded max limit of 2"}}
    socket = start(FIXTURE, "--disable-batch").space().socket()
    assert json.loads(socket.exchange(two)) == {"jsonrpc": "2.0", "id": None, "error": {
        "code": -32005, "message": "Batched requests are not supported by this server"}}
    assert socket.call("system_chain")


def test_limits_of_a_node_are_options(start):
    socket = start(FIXTURE, "--max-request-bytes", 2000, "--max-response-bytes", 3000, "--max-subscriptions", 2).space().socket()
    too_big = json.loads(socket.exchange(request("system_chain") + " " * 2000))["error"]
    assert (too_big["code"], too_big["data"]) == (-32007, "Exceeded max limit of 2000")
    error = socket.error("state_getMetadata")
    assert (error.code, error.data) == (-32008, "Exceeded max limit of 3000")
    for _ in range(2):
        socket.call("state_subscribeRuntimeVersion")
    error = socket.error("state_subscribeRuntimeVersion")
    assert (error.code, error.data) == (-32006, "Exceeded max limit of 2")
