"""The recorder beside upstreams that fail now and then, and clients that ask in their own shapes: a fact may
be lost, with a line, but neither the session of a client nor what was known before; and what one client's
shape proved is served to another."""

import hashlib
import json
import threading
from contextlib import contextmanager

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.sync.server import serve

from testenv.fixture import run
from testenv.node import Node, Program
from testenv.paths import FIXTURE
from testenv.rpc import Socket
from testenv.truth import KNOWN, Truth

from test_record import SMALL, Proxy, record, small  # noqa: F401 (a fixture)
from test_record_hostile import liar

GONE = {"code": -32601, "message": "Method not found"}


@contextmanager
def moody(upstream, mood):
    """Stands before an upstream; `mood(method, params)` says "lose", "hang up", or None: pass on."""

    def handle(socket):
        with connect(upstream, max_size=None) as node:
            try:
                for message in socket:
                    asked = json.loads(message)
                    what = mood(asked["method"], asked.get("params", []))
                    if what == "hang up":
                        return
                    node.send(message)
                    reply = node.recv()
                    if what != "lose":
                        socket.send(reply)
            except ConnectionClosed:
                pass

    with serve(handle, "127.0.0.1", 0, max_size=None) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()
        thread.join()


def once(method, what, nth=1):
    """The nth request of this method has that fate."""
    seen = 0

    def mood(asked, params):
        nonlocal seen
        seen += asked == method
        return what if asked == method and seen == nth else None

    return mood


# ---- one trouble is one trouble ----


@pytest.mark.parametrize("what", ["lose", "hang up"])
@pytest.mark.parametrize("method", ["chain_getHeader", "state_queryStorageAt", "state_call"])
def test_a_plan_asks_again(node, tmp_path, small, method, what):
    with moody(node.url, once(method, what, 2)) as upstream:
        done = record(upstream, tmp_path / "out", "--wait", 4, plan=small)
    assert done.returncode == 0, done.stderr
    assert record(node.url, tmp_path / "other", plan=small).returncode == 0
    assert run("diff", tmp_path / "out", tmp_path / "other").returncode == 0


def test_a_plan_says_what_it_waits_for_and_ends(node, tmp_path, small):
    with moody(node.url, lambda method, params: "lose" if method == "state_call" else None) as upstream:
        done = record(upstream, tmp_path / "out", "--wait", 12, plan=small)
    assert done.returncode == 1
    assert "answer to state_call, for 10 s of at most 12" in done.stderr
    assert "no answer to state_call within 12 s, asked twice" in done.stderr
    assert run("verify", tmp_path / "out").returncode == 0  # what came is kept


def test_an_error_to_the_proxy_costs_a_fact_and_no_session(node, truth, tmp_path):
    """Every question of the proxy's own about one block is refused; the client's is not."""
    out, blocks = tmp_path / "out", [truth.canonical[number]["hash"] for number in (50, 60)]

    def lie(method, params, reply):
        if method in ("chain_getHeader", "state_getRuntimeVersion") and params == [blocks[0]]:
            reply.pop("result", None)
            reply["error"] = {"code": -32000, "message": "not today", "data": {"retry_after": 0}}

    key = next(key for key in truth.keys(blocks[0]) if truth.lookup(blocks[0], key)[0] == KNOWN)
    with liar(node.url, lie) as upstream, Proxy(upstream, out) as proxy:
        with Socket(proxy.url) as socket:
            for block in blocks:
                assert socket.call("state_getStorage", key, block) == truth.lookup(block, key)[1]
            assert socket.call("system_chain") == truth.manifest["chain"]
        status, stderr = proxy.stop()
    assert status == 0, stderr
    assert "state_getStorage: not all of it is kept" in stderr and "not today" in stderr
    assert Truth(out).lookup(blocks[1], key) == (KNOWN, truth.lookup(blocks[1], key)[1])
    assert blocks[0] not in Truth(out).by_hash


def test_a_restart_of_the_upstream(truth, tmp_path):
    out, head = tmp_path / "out", truth.head["hash"]
    keys = [key for key in truth.keys(head) if truth.lookup(head, key)[0] == KNOWN][:2]
    with Node(FIXTURE) as first:
        port = first.ready["port"]
        with Proxy(first.url, out) as proxy:
            with Socket(proxy.url) as socket:
                socket.call("state_getStorage", keys[0], head)
            first.kill()
            with Program("serve", FIXTURE, "--port", port) as second:
                with Socket(proxy.url) as socket:
                    assert socket.call("state_getStorage", keys[1], head) == truth.lookup(head, keys[1])[1]
                status, stderr = proxy.stop()
                second.stop()
    assert status == 0, stderr
    for key in keys:
        assert Truth(out).lookup(head, key) == truth.lookup(head, key)


def test_a_parent_without_header_costs_the_parent_only(node, truth, tmp_path):
    out, block, parent = tmp_path / "out", truth.canonical[60], truth.canonical[59]

    def lie(method, params, reply):
        if method == "chain_getHeader" and params == [parent["hash"]]:
            reply["result"] = None

    with liar(node.url, lie) as upstream, Proxy(upstream, out) as proxy:
        with Socket(proxy.url) as socket:
            assert socket.call("chain_getHeader", block["hash"]) == block["header"]
        status, stderr = proxy.stop()
    assert status == 0, stderr
    assert f"no header of block {parent['hash']}; its child {block['hash']} is kept" in stderr
    assert Truth(out).by_hash[block["hash"]]["header"] == block["header"]


# ---- methods that the upstream lacks ----


def lacking(*names):
    def lie(method, params, reply):
        if method in names:
            reply.pop("result", None)
            reply["error"] = GONE
    return lie


def test_a_plan_keeps_that_a_method_is_not_there(node, tmp_path):
    plan, out = tmp_path / "plan.json", tmp_path / "out"
    plan.write_text(json.dumps(SMALL | {"calls": [
        {"requests": [{"methods": ["system_chain", "system_peers"]}]},
        {"blocks": ["head-1", "head"], "requests": [{"methods": ["subnetInfo_getLockCost"]}]}]}))
    with liar(node.url, lacking("system_peers", "subnetInfo_getLockCost")) as upstream:
        done = record(upstream, out, plan=plan)
    assert done.returncode == 0, done.stderr
    with Node(out) as replay, Socket(replay.url) as socket:
        for method in ("system_peers", "subnetInfo_getLockCost"):
            assert socket.error(method).code == -32601
            assert method not in socket.call("rpc_methods")["methods"]
        replay.stop()


def test_a_proxy_keeps_that_a_method_is_not_there(node, truth, tmp_path):
    out = tmp_path / "out"
    with liar(node.url, lacking("state_getPairs", "unheard_of")) as upstream, Proxy(upstream, out) as proxy:
        with Socket(proxy.url) as socket:
            assert socket.error("state_getPairs", "0x26").code == -32601
            assert socket.error("unheard_of", 1, 2).code == -32601
        assert proxy.stop()[0] == 0
    with Node(out) as replay, Socket(replay.url) as socket:
        assert socket.error("state_getPairs", "0x00").code == -32601
        assert socket.error("unheard_of").code == -32601
        replay.stop()


# ---- what one shape proves, another asks ----


def test_a_page_that_begins_at_its_prefix(node, truth, tmp_path):
    """As SDKs page; our own client begins with no start key, and so needs the prefix itself."""
    out, head = tmp_path / "out", truth.head["hash"]
    prefix = truth.keys(head)[60][:66]
    with Proxy(node.url, out) as proxy:
        with Socket(proxy.url) as socket:
            keys = socket.call("state_getKeysPaged", prefix, 1000, prefix, head)
        assert proxy.stop()[0] == 0
    with Node(out) as replay, Socket(replay.url) as socket:
        assert socket.call("state_getKeysPaged", prefix, 1000, None, head) == keys
        replay.stop()


@pytest.mark.parametrize("with_end", [True, False])
def test_a_range_of_blocks_is_replayed(node, truth, tmp_path, with_end):
    out = tmp_path / "out"
    last = truth.head["number"]
    first, end = truth.canonical[last - 6]["hash"], truth.head["hash"]
    keys = [key for key in truth.keys(end) if truth.lookup(end, key)[0] == KNOWN][:3] + ["0xdead"]
    params = [keys, first] + ([end] if with_end else [])
    with Proxy(node.url, out) as proxy:
        with Socket(proxy.url) as socket:
            told = socket.call("state_queryStorage", *params)
        status, stderr = proxy.stop()
    assert status == 0, stderr
    assert len(told) >= 1
    with Node(out) as replay, Socket(replay.url) as socket:
        assert socket.call("state_queryStorage", keys, first, end) == told
        replay.stop()
    for number in range(last - 6, last + 1):
        hash = truth.canonical[number]["hash"]
        for key in keys:
            assert Truth(out).lookup(hash, key) == truth.lookup(hash, key), (number, key)


def test_hash_and_size_of_the_code_are_kept(node, truth, tmp_path):
    digests = {"state_getStorageHash": "0x" + "ab" * 32, "state_getStorageSize": 1234}

    def lie(method, params, reply):
        if method in digests and params[0] == "0x3a636f6465":
            reply.pop("error", None)
            reply["result"] = digests[method]

    head, parent = truth.head["hash"], truth.canonical[truth.head["number"] - 1]["hash"]
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(SMALL))
    with liar(node.url, lie) as upstream:
        assert record(upstream, tmp_path / "plan", plan=plan).returncode == 0
        with Proxy(upstream, tmp_path / "proxy") as proxy:
            with Socket(proxy.url) as socket:
                assert socket.call("state_getStorageHash", "0x3a636f6465") == digests["state_getStorageHash"]
                socket.call("state_getStorageHash", "0x3a636f6465", parent)
            status, stderr = proxy.stop()
            assert status == 0, stderr
    for how in ("plan", "proxy"):
        with Node(tmp_path / how) as replay, Socket(replay.url) as socket:
            for at in (head, parent):
                for method, answer in digests.items():
                    assert socket.call(method, "0x3a636f6465", at) == answer, (how, method)
            replay.stop()


def test_the_code_is_hashed_where_the_upstream_does_not(node, truth, tmp_path):
    code, head = bytes(range(256)), truth.head["hash"]

    def lie(method, params, reply):
        if method == "state_getStorageHash":
            reply.pop("result", None)
            reply["error"] = GONE
        if method == "state_getStorage" and params[0] == "0x3a636f6465":
            reply.pop("error", None)
            reply["result"] = "0x" + code.hex()

    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(SMALL))
    with liar(node.url, lie) as upstream:
        done = record(upstream, tmp_path / "out", plan=plan)
    assert done.returncode == 0, done.stderr
    with Node(tmp_path / "out") as replay, Socket(replay.url) as socket:
        hash = "0x" + hashlib.blake2b(code, digest_size=32).hexdigest()
        assert socket.call("state_getStorageHash", "0x3a636f6465", head) == hash
        assert socket.call("state_getStorageSize", "0x3a636f6465", head) == len(code)
        replay.stop()


# ---- clients that prefer the new JSON-RPC ----


def modern(method, params, reply):
    """As a node with the new JSON-RPC: the operation has started."""
    if method.startswith("chainHead_v1_"):
        reply.pop("error", None)
        reply["result"] = {"result": "started", "operationId": "1"}
    if method == "rpc_methods":
        reply["result"]["methods"] += ["chainHead_v1_follow", "archive_v1_call", "transaction_v1_broadcast",
                                       "chainSpec_v1_chainName"]


@contextmanager
def modern_batches(upstream):
    """The same for messages of any shape."""

    def handle(socket):
        with connect(upstream, max_size=None) as node:
            try:
                for message in socket:
                    asked = json.loads(message)
                    node.send(message)
                    replies = json.loads(node.recv())
                    for call in asked if isinstance(asked, list) else [asked]:
                        for reply in replies if isinstance(replies, list) else [replies]:
                            if reply["id"] == call["id"]:
                                modern(call["method"], call.get("params", []), reply)
                    socket.send(json.dumps(replies))
            except ConnectionClosed:
                pass

    with serve(handle, "127.0.0.1", 0, max_size=None) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()
        thread.join()


def test_what_chain_head_operations_say_is_kept(node, truth, tmp_path):
    out, head = tmp_path / "out", truth.head["hash"]
    call = next(c for c in truth.calls if c["method"] == "state_call" and c["at"] == head and "result" in c)
    keys = truth.keys(head)
    prefix = keys[60][:66]
    with liar(node.url, modern) as upstream, Proxy(upstream, out) as proxy:
        with Socket(proxy.url) as socket:
            socket.call("chainHead_v1_follow", True)
            socket.call("chainHead_v1_header", "sub", head)
            socket.call("chainHead_v1_body", "sub", head)
            socket.call("chainHead_v1_call", "sub", head, *call["params"])
            socket.call("chainHead_v1_storage", "sub", head, [
                {"key": keys[3], "type": "value"}, {"key": prefix, "type": "descendantsValues"}], None)
        status, stderr = proxy.stop()
    assert status == 0, stderr
    assert f"{out}: recorded: " in stderr and "storage of 1 of them" in stderr
    assert stderr.count("chainHead_v1_follow is passed on, but nothing of it can be kept; --legacy") == 1
    recorded = Truth(out)
    assert recorded.by_hash[head]["extrinsics"] == truth.head["extrinsics"]
    assert any(c["params"] == call["params"] and c["result"] == call["result"] for c in recorded.calls)
    assert recorded.lookup(head, keys[3]) == truth.lookup(head, keys[3])
    for key in (key for key in keys if key.startswith(prefix)):
        assert recorded.lookup(head, key) == truth.lookup(head, key)


def test_the_new_names_can_be_hidden(node, tmp_path):
    with liar(node.url, modern) as upstream:
        with Proxy(upstream, tmp_path / "all") as proxy, Socket(proxy.url) as socket:
            everything = socket.call("rpc_methods")["methods"]
        with Proxy(upstream, tmp_path / "old", "--legacy") as proxy, Socket(proxy.url) as socket:
            old = socket.call("rpc_methods")["methods"]
    assert set(everything) - set(old) >= {"chainHead_v1_follow", "archive_v1_call", "transaction_v1_broadcast",
                                          "chainSpec_v1_chainName"}
    assert {"state_getStorage", "system_chain", "rpc_methods"} <= set(old) <= set(everything)
    assert not [name for name in old if "_v1_" in name]


@pytest.mark.parametrize("others", [0, 1, 3])
def test_they_are_hidden_in_batches_too(node, tmp_path, others):
    """Alone or among others, once or twice in it; the rest of the batch passes unchanged."""
    batch = [{"jsonrpc": "2.0", "id": f"o{i}", "method": "system_chain"} for i in range(others)]
    batch += [{"jsonrpc": "2.0", "id": id, "method": "rpc_methods", "params": []} for id in (7, "seven")]

    def told(reply):
        return {entry["id"]: entry["result"] for entry in reply}

    with modern_batches(node.url) as upstream:
        with Proxy(upstream, tmp_path / "old", "--legacy") as proxy, Socket(proxy.url) as socket:
            through = told(json.loads(socket.exchange(json.dumps(batch))))
        with Socket(upstream) as socket:
            direct = told(json.loads(socket.exchange(json.dumps(batch))))
    for id in (7, "seven"):
        assert [name for name in direct[id]["methods"] if name.startswith("chainHead_")]
        hidden = [name for name in direct[id]["methods"] if name not in through[id]["methods"]]
        assert hidden and all(name.startswith(("chainHead_", "archive_", "transaction", "chainSpec_"))
                              for name in hidden)
        assert not [name for name in through[id]["methods"] if "_v1_" in name]
    assert {id: through[id] for id in through if id not in (7, "seven")} == {
        f"o{i}": direct[f"o{i}"] for i in range(others)}


def test_pairs_are_kept(node, truth, tmp_path):
    """All keys under a prefix with their values, and that there are no others; pinned and not."""
    out, head = tmp_path / "out", truth.head["hash"]
    prefixes = sorted({key[:66] for key in truth.keys(head) if len(key) > 66})[:2]
    with Proxy(node.url, out) as proxy:
        with Socket(proxy.url) as socket:
            pairs = [socket.call("state_getPairs", prefixes[0], head), socket.call("state_getPairs", prefixes[1])]
        status, stderr = proxy.stop()
    assert status == 0, stderr
    with Node(out) as replay, Socket(replay.url) as socket:
        for prefix, told in zip(prefixes, pairs):
            assert told and socket.call("state_getPairs", prefix, head) == told
            assert socket.call("state_getKeysPaged", prefix, 1000, None, head) == [key for key, _ in told]
            assert dict(map(tuple, told)) == {key: truth.lookup(head, key)[1] for key, _ in told}
            assert socket.call("state_getStorage", prefix + "00" * 40, head) is None
        replay.stop()


def test_bytes_go_as_the_node_declares_them(node, truth, tmp_path):
    """`Vec<u8>` is a list of numbers to a node; a client that sends hex is told so, as by a node."""
    seen, account = [], list(range(32))

    def lie(method, params, reply):
        if method == "delegateInfo_getDelegate":
            seen.append(params)
            reply.pop("error", None)
            reply["result"] = [0]

    plan, out = tmp_path / "plan.json", tmp_path / "out"
    plan.write_text(json.dumps(SMALL | {"calls": [{"blocks": ["head"], "requests": [
        {"methods": ["delegateInfo_getDelegate"], "params": [[account]]}]}]}))
    with liar(node.url, lie) as upstream:
        done = record(upstream, out, plan=plan)
    assert done.returncode == 0, done.stderr
    assert seen == [[account, truth.head["hash"]]]
    with Node(out) as replay, Socket(replay.url) as socket:
        assert socket.call("delegateInfo_getDelegate", account) == [0]
        assert socket.error("delegateInfo_getDelegate", "0x" + bytes(account).hex()).code == -32602
        replay.stop()
