"""The recorder beside upstreams that lie, clients that repeat ids, folders of another chain, and impatient
people: what is written always loads, and says nothing that was not said."""

import json
import threading
from contextlib import contextmanager

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.sync.server import serve

from oracles.samples import compact
from testenv.fixture import run
from testenv.node import Node, NodeFailed
from testenv.rpc import Socket, request
from testenv.truth import KNOWN, Truth

from test_record import SMALL, Proxy, files, record, small  # noqa: F401 (a fixture)


@contextmanager
def liar(upstream, lie):
    """Stands before an upstream; `lie(method, params, reply)` changes a reply in place."""

    def handle(socket):
        with connect(upstream, max_size=None) as node:
            try:
                for message in socket:
                    asked = json.loads(message)
                    node.send(message)
                    reply = json.loads(node.recv())
                    lie(asked["method"], asked.get("params", []), reply)
                    socket.send(json.dumps(reply))
            except ConnectionClosed:
                pass

    with serve(handle, "127.0.0.1", 0, max_size=None) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()
        thread.join()


def no_header(method, params, reply):
    if method == "chain_getHeader":
        reply["result"] = None


def wrong_header(method, params, reply):
    if method == "chain_getHeader":
        reply["result"]["number"] = "0x5"


def wrong_body(method, params, reply):
    if method == "chain_getBlock":
        reply["result"]["block"]["header"]["number"] = "0x3"


def no_metadata(method, params, reply):
    if method in ("state_getMetadata", "state_call") and "result" in reply:
        reply["result"] = "0x00"


def no_extrinsic(method, params, reply):
    if method == "chain_getBlock":
        reply["result"]["block"]["extrinsics"] = ["zz"]


def one_hash(method, params, reply):
    if method == "chain_getBlockHash" and params and params[0]:
        reply["result"] = "0x" + "ab" * 32


@pytest.mark.parametrize("lie", [no_header, wrong_header, wrong_body, no_metadata, no_extrinsic, one_hash])
def test_a_lie_is_blamed_on_who_told_it(node, tmp_path, small, lie):
    out = tmp_path / "out"
    with liar(node.url, lie) as upstream:
        done = record(upstream, out, plan=small)
    assert done.returncode == 1 and upstream in done.stderr, done.stderr
    if out.exists():
        assert run("verify", out).returncode == 0
        done = record(node.url, out, "--merge", plan=small)
        assert done.returncode == 0, done.stderr
        assert run("verify", out).returncode == 0


@pytest.mark.parametrize("lie", [no_header, wrong_header, no_metadata])
def test_a_proxy_begins_with_a_right_upstream_or_not_at_all(node, tmp_path, lie):
    out = tmp_path / "out"
    with liar(node.url, lie) as upstream:
        done = run("record", "--upstream", upstream, "--listen", 0, "--out", out)
    assert done.returncode == 1 and upstream in done.stderr, done.stderr
    assert not out.exists()


def test_of_two_values_the_first_is_kept(node, truth, tmp_path):
    out, head, count = tmp_path / "out", truth.head["hash"], 0
    key = next(key for key in truth.keys(head) if truth.lookup(head, key)[0] == KNOWN)

    def change(method, params, reply):
        nonlocal count
        if method in ("state_getStorage", "state_queryStorageAt") and params[0] in (key, [key]):
            count += 1
            if method == "state_getStorage":
                reply["result"] = f"0x{count:08x}"

    with liar(node.url, change) as upstream:
        with Proxy(upstream, out) as proxy:
            with Socket(proxy.url) as socket:
                first = socket.call("state_getStorage", key, head)
                second = socket.call("state_queryStorageAt", [key], head)[0]["changes"][0][1]
            status, stderr = proxy.stop()
    assert first != second and status == 0, stderr
    assert key in stderr
    assert Truth(out).lookup(head, key) == (KNOWN, first)


@pytest.mark.parametrize("shape", ["pipelined", "batch", "batches", "batch and a notification"])
def test_a_repeated_id_is_no_fact(node, truth, tmp_path, shape):
    """Two requests with one id are in flight: nobody can tell whose the replies are."""
    out, head = tmp_path / "out", truth.head["hash"]
    one, other = [key for key in truth.keys(head) if truth.lookup(head, key)[0] == KNOWN][:2]
    texts = [request("state_getStorage", key, head, id=1) for key in (one, other)]
    quiet = '{"jsonrpc":"2.0","method":"x"}'
    messages = {
        "pipelined": texts,
        "batch": [f"[{','.join(texts)}]"],
        "batches": [f"[{text}]" for text in texts],
        "batch and a notification": [f"[{texts[0]},{texts[1]},{quiet}]"],
    }[shape]
    # The replies are held back until all requests are in flight.
    space = node.space()
    space.control("mock_setScript", {"rules": [
        {"on": "arrived", "match": {"methods": ["state_getStorage"]}, "do": [{"delay": "100ms"}]}]})
    with Proxy(space.url(), out) as proxy:
        with Socket(proxy.url) as socket:
            for message in messages:
                socket.send(message)
            for _ in messages:
                socket.receive_text()
            # The id may be used again when it is free.
            assert socket.call("state_getStorage", one, head) == truth.lookup(head, one)[1]
        assert proxy.stop()[0] == 0
    recorded = Truth(out)
    assert recorded.lookup(head, one) == truth.lookup(head, one)
    assert recorded.lookup(head, other)[0] != KNOWN


def test_answers_that_change_are_kept_once(node, truth, tmp_path):
    """system_health has no params, written in three ways, and another answer each time."""
    out, count = tmp_path / "out", 0

    def change(method, params, reply):
        nonlocal count
        if method == "system_health":
            count += 1
            reply["result"]["peers"] = count

    with liar(node.url, change) as upstream:
        with Proxy(upstream, out) as proxy:
            with Socket(proxy.url) as socket:
                for text in ('{"jsonrpc":"2.0","id":1,"method":"system_health"}',
                             '{"jsonrpc":"2.0","id":2,"method":"system_health","params":[]}'):
                    socket.exchange(text)
            assert proxy.stop()[0] == 0
    assert run("verify", out).returncode == 0
    with Node(out) as served, served.space().socket() as socket:
        assert socket.call("system_health")["peers"] == 1


UNSTABLE = 2**32 - 1


def later_metadata(truth, version):
    """A node that lists one more version of metadata; what it has for it is of version 16."""
    metadata = b"meta\x10" + truth.metadata(truth.head["runtime"], 15)[5:]
    option = b"\1" + compact(len(metadata)) + metadata
    listed = compact(3) + b"".join(number.to_bytes(4, "little") for number in (14, 15, version))

    def change(method, params, reply):
        if method == "state_call" and params[0] == "Metadata_metadata_versions":
            reply["result"] = "0x" + listed.hex()
        elif method == "state_call" and params[1] == "0x" + version.to_bytes(4, "little").hex():
            reply.pop("error", None)
            reply["result"] = "0x" + option.hex()

    return change


def record_all_metadata(upstream, tmp_path, how):
    """(exit status, standard error) of a recording of whatever metadata there is."""
    if how == "proxy":
        try:
            with Proxy(upstream, tmp_path / "out") as proxy:
                return proxy.stop()
        except NodeFailed as failed:
            return failed.status, failed.stderr
    (tmp_path / "all.json").write_text(json.dumps({"format": 1, "runtimes": {"metadata": "all"}}))
    done = record(upstream, tmp_path / "out", plan=tmp_path / "all.json")
    return done.returncode, done.stderr


@pytest.mark.parametrize("how", ["plan", "proxy"])
def test_metadata_of_the_unstable_version_is_not_recorded(node, truth, tmp_path, how):
    """It bears the number that it will have when it is stable."""
    with liar(node.url, later_metadata(truth, UNSTABLE)) as upstream:
        status, stderr = record_all_metadata(upstream, tmp_path, how)
    assert status == 0, stderr
    assert run("verify", tmp_path / "out").returncode == 0
    recorded, spec = Truth(tmp_path / "out"), truth.head["runtime"]
    assert set(recorded.runtimes[spec]["metadata"]) == {"14", "15"}
    for version in (14, 15):
        assert recorded.metadata(spec, version) == truth.metadata(spec, version)


@pytest.mark.parametrize("version", [15, 17, UNSTABLE - 1])
@pytest.mark.parametrize("how", ["plan", "proxy"])
def test_metadata_of_another_version_is_a_lie(node, truth, tmp_path, how, version):
    with liar(node.url, later_metadata(truth, version)) as upstream:
        status, stderr = record_all_metadata(upstream, tmp_path, how)
    assert status == 1 and upstream in stderr and f"V{version}" in stderr, stderr


@pytest.fixture
def foreign(node, tmp_path, small):
    """A recording whose head has another hash: of another chain, with the same assigned genesis."""
    out = tmp_path / "foreign"
    assert record(node.url, out, plan=small).returncode == 0
    head = json.loads((out / "manifest.json").read_text())["head"]
    for path in out.glob("*.json*"):
        path.write_text(path.read_text().replace(head, "0x" + "cd" * 32))
    run("verify", "--seal", out)
    return out


def test_another_chain_is_refused_before_anything_is_written(node, foreign, small):
    before = files(foreign)
    for done in (record(node.url, foreign, "--merge", plan=small),
                 run("record", "--upstream", node.url, "--listen", 0, "--out", foreign, "--merge")):
        assert done.returncode == 1 and "another chain" in done.stderr, done.stderr
        assert "0x" + "cd" * 32 in done.stderr
        assert files(foreign) == before


def test_a_mistake_in_the_plan_leaves_the_folder_alone(node, tmp_path, small):
    out = tmp_path / "out"
    assert record(node.url, out, plan=small).returncode == 0
    before = files(out)
    overlap = {**SMALL, "state": [SMALL["state"][0], {"from": 70, "to": 71, "prefixes": ["0x26"]}]}
    other = {**SMALL, "state": [{"from": 64, "to": 73, "prefixes": ["0x26"]}]}
    for number, plan in enumerate((overlap, other)):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(plan))
        done = record(node.url, out, "--merge", plan=path)
        assert done.returncode == 1 and "resume" not in done.stderr, done.stderr
        assert files(out) == before


def test_impatient_signals(node, tmp_path):
    with Proxy(node.url, tmp_path / "out") as proxy:
        for _ in range(20):
            proxy.process.terminate()
        status, stderr = proxy.stop()
    assert status == 0, stderr
    assert run("verify", tmp_path / "out").returncode == 0
