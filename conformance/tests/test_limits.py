"""Limits, as a node has them: connections, sizes of requests and answers, subscriptions."""

import json
import signal
import socket as sockets

import pytest
from websockets.exceptions import InvalidStatus

from testenv.fixture import Copy
from testenv.paths import FIXTURE
from testenv.raw import Raw, hello
from testenv.rpc import WAIT, Socket, request

SIZE = 15 * 1024 * 1024


def test_a_hundred_connections_and_no_more(start):
    node = start(FIXTURE)
    space = node.space()
    sockets = [space.socket() for _ in range(100)]
    for socket in sockets:
        socket.call("system_chain")
    with pytest.raises(InvalidStatus) as refused:
        space.socket()
    assert refused.value.response.status_code == 429
    assert refused.value.response.body == b"Too many connections. Please try again later."
    stats = sockets[0].call("mock_stats")
    assert stats["conns"] == {"opened": 100, "open": 100, "peak": 100, "rejected": 1}
    sockets[0].close()
    sockets[0] = wait_for_a_place(space)
    assert all(socket.call("system_chain") for socket in sockets)
    space.close()


def wait_for_a_place(space):
    """The node frees a place when it has seen the other socket's end, which no answer tells us."""
    while True:
        try:
            return space.socket()
        except InvalidStatus:
            continue


def test_a_request_of_the_size_and_one_over_it(socket):
    def padded(size, id):
        text = request("system_chain", id=id)
        return text + " " * (size - len(text))

    assert json.loads(socket.exchange(padded(SIZE, 1)))["id"] == 1
    assert json.loads(socket.exchange(padded(SIZE + 1, 2))) == {
        "jsonrpc": "2.0", "id": None,
        "error": {"code": -32007, "message": "Request is too big",
                  "data": f"Exceeded max limit of {SIZE}"},
    }
    assert json.loads(socket.exchange(request("system_chain", id=3)))["id"] == 3


def test_an_answer_over_the_size(start, tmp_path):
    copy = Copy(tmp_path / "big")
    state = copy.read("state.jsonl")
    last = max(i for i, line in enumerate(state) if "set" in line)
    key = "0xffff"
    state[last + 1:] = [line for line in state[last + 1:]] + [{"key": key, "value": "0x" + "ab" * (SIZE // 2)}]
    copy.write("state.jsonl", state)
    socket = start(copy.seal()).space().socket()
    error = socket.error("state_getStorage", key)
    assert (error.code, error.message, error.data) == (
        -32008, "Response is too big", f"Exceeded max limit of {SIZE}"
    )
    assert socket.call("state_getStorageSize", key) == SIZE // 2


def test_a_batch_of_answers_over_the_size(socket):
    batch = "[" + ",".join(request("state_getMetadata", id=i) for i in range(40)) + "]"
    answer = json.loads(socket.exchange(batch))
    assert answer["error"]["code"] == -32011 and answer["id"] is None
    assert answer["error"]["message"] == "The batch response was too large"


def test_subscriptions_per_connection(space):
    socket, other = space.socket(), space.socket()
    ids = [socket.call("state_subscribeRuntimeVersion") for _ in range(1024)]
    assert len(set(ids)) == 1024
    error = socket.error("state_subscribeRuntimeVersion")
    assert (error.code, error.message) == (-32006, "Too many subscriptions on the connection")
    assert error.data == "Exceeded max limit of 1024"
    other.call("state_subscribeRuntimeVersion")
    assert socket.call("state_unsubscribeRuntimeVersion", ids[5]) is True
    socket.call("state_subscribeRuntimeVersion")


def test_large_answers_do_not_hold_up_others(space, truth):
    """One client does not read; another is served meanwhile."""
    lazy, quick = space.socket(max_queue=1), space.socket()
    for id in range(60):
        lazy.send(request("state_getMetadata", id=id))
    for number in range(20):
        assert quick.call("chain_getBlockHash", number) == truth.canonical[number]["hash"]
    metadata = {json.loads(lazy.receive_text())["result"] for _ in range(60)}
    assert len(metadata) == 1


def handshake(port, buffer=None):
    """A WebSocket that is read by hand, after its handshake: (socket, file)."""
    raw = sockets.socket()
    raw.settimeout(WAIT)
    if buffer is not None:
        raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, buffer)
    raw.connect(("127.0.0.1", port))
    raw.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
    file = raw.makefile("rb")
    lines = list(iter(file.readline, b"\r\n"))
    assert lines[0].startswith(b"HTTP/1.1 101 ")
    return raw, file


def test_too_much_that_is_unsent_ends_its_connection(node):
    """Over 64 MiB; and the event says by whom, and why."""
    space = node.space()
    space.control("mock_setScript", {"rules": [{"on": "arrived", "do": [{"fill": {"message": 2**25}}, {"repeat": 2}]}]})
    with Raw(node.port, space.path) as peer:
        peer.say(request("system_chain"))
        space.control("mock_wait", {"event": "closed", "from": 1})
    closed, = [e for e in space.control("mock_events")["events"] if e["event"] == "closed"]
    assert (closed["by"], closed["reason"]) == ("node", "too much is unsent")
    assert space.control("mock_sockets")["unsent_over"] >= 1


def test_the_first_ping_comes_at_once(node):
    raw, file = handshake(node.port)
    assert file.read(2)[0] == 0x89
    raw.close()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_end_does_not_wait_for_who_does_not_read(start, how):
    node = start(FIXTURE)
    raw, _ = handshake(node.port, buffer=2048)
    message = request("state_getMetadata").encode()
    for _ in range(40):
        raw.sendall(bytes([0x81, 0x80 | len(message)]) + bytes(4) + message)
    with Socket(node.url) as socket:
        while socket.call("mock_stats")["requests"]["total"] == 0:
            pass
    assert node.stop(how) == (0, "")
    raw.close()


@pytest.mark.parametrize("sent", [b"", b"GET /health/readiness HTTP/1.1\r\n\r\n"])
def test_silent_peers_give_way(start, sent):
    """Sixty who say nothing, or nothing more, and a limit of forty descriptors: others get in once a second is over,
    and those who are turned away meanwhile are told so."""
    node = start(FIXTURE, wrap=("prlimit", "--nofile=40"))
    silent = [Raw(node.port) for _ in range(60)]
    for raw in silent:
        raw.send(sent)
    statuses = []
    while not statuses or statuses[-1] != 101:
        with Raw(node.port) as raw:
            raw.send(hello())
            statuses.append(int(raw.head()[0].split()[1]))
    assert set(statuses) <= {101, 503}
    status, stderr = node.stop()
    assert status == 0 and stderr.count("file descriptors") == 1
    for raw in silent:
        raw.socket.close()


def counted(node):
    """What the node counted of sockets; asked until there is a descriptor for the question."""
    while True:
        answer = node.space("counted").post(request("mock_sockets"))
        if answer.status == 200:
            return answer.json()["result"]


def test_no_descriptors_left(start):
    """However they come: those for whom there is no descriptor are told so, one after the other."""
    node = start(FIXTURE, wrap=("prlimit", "--nofile=30"))
    sockets = [Raw(node.port) for _ in range(60)]
    for raw in sockets:
        raw.send(hello())
    statuses = []
    for raw in sockets:
        statuses.append(int(raw.head()[0].split()[1]))
        if statuses[-1] == 503:
            raw.socket.close()
    assert set(statuses) == {101, 503} and statuses.count(101) > 10
    for raw in sockets:
        raw.socket.close()
    assert counted(node)["no_descriptors"] >= statuses.count(503)
    status, stderr = node.stop()
    assert status == 0 and stderr.count("file descriptors") == 1, stderr
