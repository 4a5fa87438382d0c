"""A client of the proxy whose upstream goes away and comes again: the client keeps its connection, its calls and its
subscriptions; only what must not be asked twice is answered with an error."""

import json
import threading

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.sync.server import serve

from testenv.fixture import run
from testenv.node import Node, Program
from testenv.paths import FIXTURE
from testenv.rpc import Socket, post, request
from testenv.truth import KNOWN, Truth

from test_record import Proxy


class Flaky:
    """Stands before an upstream and passes messages both ways. The nth message that says one of `cuts` is passed on
    or not (`taken`), and then all connections are closed."""

    def __init__(self, upstream, cuts=(), nth=1, taken=False, refused=0):
        self.upstream, self.cuts, self.nth, self.taken = upstream, cuts, nth, taken
        self.refused, self.seen, self.connections, self.asked = refused, 0, [], []
        self.server = serve(self.handle, "127.0.0.1", 0, max_size=None, process_request=self.admit)
        self.url = f"ws://127.0.0.1:{self.server.socket.getsockname()[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()

    def admit(self, connection, request):
        if self.seen >= self.nth and self.refused > 0:
            self.refused -= 1
            return connection.respond(503, "starting\n")
        return None

    def cut(self):
        for connection in self.connections:
            connection.socket.shutdown(2)
        self.connections.clear()

    def handle(self, socket):
        self.connections.append(socket)
        with connect(self.upstream, max_size=None) as node:
            thread = threading.Thread(target=self.back, args=(node, socket), daemon=True)
            thread.start()
            try:
                for message in socket:
                    self.asked.append(message)
                    if any(cut in message for cut in self.cuts):
                        self.seen += 1
                        if self.seen == self.nth:
                            self.cut()
                            if self.taken:
                                node.send(message)
                            return
                    node.send(message)
            except ConnectionClosed:
                pass

    def back(self, node, socket):
        try:
            for message in node:
                socket.send(message)
        except ConnectionClosed:
            pass


@pytest.mark.parametrize("how", ["call", "batch", "post"])
@pytest.mark.parametrize("refused", [0, 2])
def test_a_call_in_flight_is_asked_again(node, truth, tmp_path, how, refused):
    out, head = tmp_path / "out", truth.head["hash"]
    key = next(key for key in truth.keys(head) if truth.lookup(head, key)[0] == KNOWN)
    value = truth.lookup(head, key)[1]
    call = request("state_getStorage", key, head, id=900900)
    with Flaky(node.url, ("900900",), refused=refused) as upstream, Proxy(upstream.url, out) as proxy:
        if how == "post":
            assert post(proxy.port, "/", call).json()["result"] == value
        else:
            with Socket(proxy.url) as socket:
                assert socket.call("system_chain") == truth.manifest["chain"]
                if how == "call":
                    assert json.loads(socket.exchange(call))["result"] == value
                else:
                    batch = json.loads(socket.exchange(f'[{call},{request("system_chain", id=10)}]'))
                    assert [(reply["id"], reply["result"]) for reply in batch] == [
                        (900900, value), (10, truth.manifest["chain"])]
                assert socket.call("chain_getBlockHash") == head
        status, stderr = proxy.stop()
    assert status == 0, stderr
    assert upstream.seen == 2 and "a client's upstream is opened again" in stderr
    assert run("verify", out).returncode == 0
    assert Truth(out).lookup(head, key) == truth.lookup(head, key)


@pytest.mark.parametrize("batch", [False, True])
def test_what_does_something_is_not_asked_twice(node, truth, tmp_path, batch):
    submit = request("author_submitExtrinsic", "0x00", id=900900)
    with Flaky(node.url, ("author_submitExtrinsic",), taken=True) as upstream:
        with Proxy(upstream.url, tmp_path / "out") as proxy, Socket(proxy.url) as socket:
            told = json.loads(socket.exchange(f"[{submit}]" if batch else submit))
            told = told[0] if batch else told
            assert (told["id"], told["error"]["code"]) == (900900, -32603)
            assert "may have done what was asked" in told["error"]["message"]
            assert socket.call("system_chain") == truth.manifest["chain"]
            proxy.stop()
        assert len([message for message in upstream.asked if "author_submitExtrinsic" in message]) == 1


def test_subscriptions_go_on_under_their_names(node, truth, tmp_path):
    """Of two subscriptions one is closed after the restart: under the name that the client knows it by."""
    space = node.space()
    numbers = []
    with Flaky(space.url()) as upstream, Proxy(upstream.url, tmp_path / "out") as proxy:
        with Socket(proxy.url) as socket:
            heads, final = socket.call("chain_subscribeNewHeads"), socket.call("chain_subscribeFinalizedHeads")
            assert heads != final

            def next_of(name, id):
                while True:
                    message = socket.notifications.pop(0) if socket.notifications else socket.receive()
                    if message.get("method") == name:
                        assert message["params"]["subscription"] == id
                        return int(message["params"]["result"]["number"], 16)

            for _ in range(3):
                upstream.cut()
                assert socket.call("system_chain") == truth.manifest["chain"]
                space.control("mock_newBlock")
                number = int(socket.call("chain_getHeader")["number"], 16)
                while next_of("chain_newHead", heads) != number:
                    pass
                numbers.append(number)
            assert socket.call("chain_unsubscribeNewHeads", heads) is True
            assert socket.call("chain_unsubscribeFinalizedHeads", final) is True
            assert space.control("mock_stats")["subscriptions"]["open"] == 0
        assert proxy.stop()[0] == 0
    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]


def test_a_node_that_is_started_again(truth, tmp_path):
    out, head = tmp_path / "out", truth.head["hash"]
    keys = [key for key in truth.keys(head) if truth.lookup(head, key)[0] == KNOWN][:2]
    with Node(FIXTURE) as first, Proxy(first.url, out) as proxy, Socket(proxy.url) as socket:
        assert socket.call("state_getStorage", keys[0], head) == truth.lookup(head, keys[0])[1]
        first.kill()
        socket.send(request("state_getStorage", keys[1], head, id=77))
        with Program("serve", FIXTURE, "--port", first.ready["port"]) as second:
            reply = socket.receive()
            assert (reply["id"], reply["result"]) == (77, truth.lookup(head, keys[1])[1])
            socket.close()
            status, stderr = proxy.stop()
            second.stop()
    assert status == 0, stderr
    for key in keys:
        assert Truth(out).lookup(head, key) == truth.lookup(head, key)


def test_who_follows_is_told_to_stop(node, truth, tmp_path):
    """The operations of a lost connection are gone: a client of the new JSON-RPC follows anew."""

    def handle(socket):
        for message in socket:
            asked = json.loads(message)
            if asked["method"] == "chainHead_v1_follow":
                socket.send(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": "f1"}))
            else:
                with Socket(node.url) as through:
                    socket.send(through.exchange(message))
                if asked["method"] == "system_health":
                    socket.socket.shutdown(2)

    with serve(handle, "127.0.0.1", 0, max_size=None) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        with Proxy(url, tmp_path / "out") as proxy, Socket(proxy.url) as socket:
            assert socket.call("chainHead_v1_follow", False) == "f1"
            socket.call("system_health")
            message = socket.notifications.pop(0) if socket.notifications else socket.receive()
            assert message == {"jsonrpc": "2.0", "method": "chainHead_v1_followEvent",
                               "params": {"subscription": "f1", "result": {"event": "stop"}}}
            assert socket.call("chainHead_v1_follow", False) == "f1"
            proxy.stop()
        server.shutdown()
        thread.join()
