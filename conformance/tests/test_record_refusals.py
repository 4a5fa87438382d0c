"""The recorder beside upstreams that refuse for a while, as gateways do: that is waited out, and costs nothing."""

import collections
import json
import threading

import pytest
from websockets.sync.server import serve

from testenv.fixture import run
from testenv.node import Node
from testenv.rpc import Socket
from testenv.truth import KNOWN, Truth

from test_record import Proxy, files, record, small  # noqa: F401 (a fixture)
from test_record_hostile import liar


def refusing(code, times, wanted=lambda method, params: True, data=None):
    """Each request that is wanted is refused so many times before it is answered."""
    seen = collections.Counter()

    def lie(method, params, reply):
        asked = (method, json.dumps(params))
        seen[asked] += 1
        if wanted(method, params) and seen[asked] <= times:
            reply.pop("result", None)
            reply["error"] = {"code": code, "message": "slow down", **({"data": data} if data else {})}

    lie.seen = seen
    return lie


@pytest.fixture(scope="module")
def whole(node, tmp_path_factory):
    """What a plan records when nothing is refused."""
    folder = tmp_path_factory.mktemp("whole")
    plan = folder / "plan.json"
    plan.write_text(json.dumps({
        "blocks": {"from": 70, "to": 73, "headers": True, "bodies": True},
        "state": [{"from": 72, "to": 73, "prefixes": ["0x26aa394eea5630e07c48ae0c9558cef7"]}],
        "calls": [{"blocks": ["head"], "requests": [
            {"functions": ["SubnetInfoRuntimeApi_get_metagraph"], "args": [{"u16": ["0..4"]}]}]}], "format": 1}))
    done = record(node.url, folder / "out", plan=plan)
    assert done.returncode == 0, done.stderr
    return plan, folder / "out"


@pytest.mark.parametrize("code, data", [(-32005, None), (-32029, {"retryAfter": 0}), (-32603, None), (429, None),
                                        (-32004, {"policy": "p", "reason": "r", "retry_after": 0})])
@pytest.mark.parametrize("method", ["chain_getHeader", "state_getKeysPaged", "state_queryStorageAt", "state_call",
                                    "chain_getBlockHash", "state_getRuntimeVersion", "system_chain"])
def test_a_plan_waits_out_what_passes(node, tmp_path, whole, method, code, data):
    plan, reference = whole
    lie = refusing(code, 1, lambda asked, params: asked == method, data)
    with liar(node.url, lie) as upstream:
        done = record(upstream, tmp_path / "out", plan=plan)
    assert done.returncode == 0, done.stderr
    assert any(asked == method for asked, _ in lie.seen)
    assert files(tmp_path / "out") == files(reference)


def test_a_plan_gives_up_after_eight_times(node, tmp_path, whole):
    lie = refusing(-32005, 10**6, lambda method, params: method == "state_call", {"retryAfter": 0})
    with liar(node.url, lie) as upstream:
        done = record(upstream, tmp_path / "out", plan=whole[0])
    assert done.returncode == 1
    assert "state_call: error -32005" in done.stderr and "resume with --merge" in done.stderr
    assert max(count for (method, _), count in lie.seen.items() if method == "state_call") == 8
    assert run("verify", tmp_path / "out").returncode == 0


def test_what_a_node_says_of_a_request_is_not_asked_again(node, tmp_path, whole):
    lie = refusing(4003, 1, lambda method, params: method == "state_call")
    with liar(node.url, lie) as upstream:
        assert record(upstream, tmp_path / "out", plan=whole[0]).returncode in (0, 1)
    assert {count for (method, _), count in lie.seen.items() if method == "state_call"} == {1}


@pytest.mark.parametrize("code", [-32005, -32603])
def test_a_proxy_waits_out_what_passes(node, truth, tmp_path, code):
    """Its own questions of a block are refused once each; nothing of what belongs to the block is lost."""
    out, block = tmp_path / "out", truth.canonical[60]
    parent = truth.canonical[59]
    lie = refusing(code, 1, lambda method, params: method != "state_getStorage" and block["hash"] in params
                   or parent["hash"] in params)
    key = next(key for key in truth.keys(block["hash"]) if truth.lookup(block["hash"], key)[0] == KNOWN)
    with liar(node.url, lie) as upstream, Proxy(upstream, out) as proxy:
        with Socket(proxy.url) as socket:
            assert socket.call("state_getStorage", key, block["hash"]) == truth.lookup(block["hash"], key)[1]
        status, stderr = proxy.stop()
    assert status == 0, stderr
    assert "not all of it is kept" not in stderr and "left out" not in stderr
    recorded = Truth(out)
    assert recorded.by_hash[block["hash"]]["header"] == block["header"]
    assert recorded.by_hash[block["hash"]]["runtime"] == block["runtime"]
    assert recorded.by_hash[parent["hash"]]["header"] == parent["header"]
    assert recorded.lookup(block["hash"], key) == truth.lookup(block["hash"], key)


@pytest.mark.parametrize("code", [-32005, -32603])
def test_a_client_that_is_refused_asks_again(node, truth, tmp_path, code):
    """The client's own request is refused once; its second answer is what is kept."""
    out, head = tmp_path / "out", truth.head["hash"]
    key = next(key for key in truth.keys(head) if truth.lookup(head, key)[0] == KNOWN)
    call = next(c for c in truth.calls if c["method"] == "state_call" and c["at"] == head and "result" in c)
    asked = [("state_getStorage", [key, head]), ("state_call", [*call["params"], head])]
    lie = refusing(code, 1, lambda method, params: (method, params) in asked)
    with liar(node.url, lie) as upstream, Proxy(upstream, out) as proxy:
        with Socket(proxy.url) as socket:
            for method, params in asked:
                assert socket.error(method, *params).code == code
                socket.call(method, *params)
        assert proxy.stop()[0] == 0
    recorded = Truth(out)
    assert recorded.lookup(head, key) == truth.lookup(head, key)
    assert [c["result"] for c in recorded.calls if c["method"] == "state_call"] == [call["result"]]


def test_a_refused_handshake_is_tried_again(node, tmp_path, whole):
    plan, reference = whole
    refusals = []

    def refuse(connection, request):
        if len(refusals) < 2:
            refusals.append(request)
            response = connection.respond(429, "slow down\n")
            response.headers["Retry-After"] = "1"
            return response
        return None

    def handle(socket):
        with Socket(node.url) as through:
            for message in socket:
                socket.send(through.exchange(message))

    with serve(handle, "127.0.0.1", 0, process_request=refuse, max_size=None) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        done = record(f"ws://127.0.0.1:{server.socket.getsockname()[1]}", tmp_path / "out", plan=plan)
        server.shutdown()
        thread.join()
    assert done.returncode == 0, done.stderr
    assert len(refusals) == 2
    assert files(tmp_path / "out") == files(reference)
