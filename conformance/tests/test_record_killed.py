"""A proxy that is killed in the middle: what is known is kept, and what is missing is asked for by the next one."""

import json

import pytest

from testenv.fixture import run
from testenv.rpc import Socket
from testenv.truth import KNOWN, Truth

from test_record import SMALL, Proxy, record
from test_record_hostile import liar


def headless(hash):
    """The upstream has the state of a block, and will not show its header."""
    def lie(method, params, reply):
        if method in ("chain_getHeader", "state_getRuntimeVersion") and params == [hash]:
            reply.pop("result", None)
            reply["error"] = {"code": -32000, "message": "not now", "data": {"retry_after": 0}}
    return lie


@pytest.fixture
def killed(node, truth, tmp_path):
    """A folder that was killed when it knew of two blocks what their storage says, but one header only."""
    out, (lost, kept) = tmp_path / "out", [truth.canonical[number]["hash"] for number in (50, 60)]
    key = next(key for key in truth.keys(lost)
               if truth.lookup(lost, key)[0] == KNOWN and truth.lookup(kept, key)[0] == KNOWN)
    with liar(node.url, headless(lost)) as upstream:
        proxy = Proxy(upstream, out)
        with Socket(proxy.url) as socket:
            for block in (lost, kept):
                assert socket.call("state_getStorage", key, block) == truth.lookup(block, key)[1]
            proxy.process.kill()
            proxy.process.wait(30)
    assert '"state":{"at":"' + lost in (out / "log.jsonl").read_text()
    return out, lost, kept, key


def test_seal_mends_what_was_killed(truth, killed):
    out, lost, kept, key = killed
    done = run("verify", "--seal", out)
    assert done.returncode == 0, done.stderr
    assert f"{out}: facts about blocks without a header are left out: 1, the first of block {lost}\n" in done.stderr
    recorded = Truth(out)
    assert recorded.lookup(kept, key) == truth.lookup(kept, key)
    assert lost not in recorded.by_hash
    again = run("verify", "--seal", out)
    assert again.returncode == 0 and "left out" not in again.stderr


def test_the_next_proxy_asks_for_what_is_missing(node, truth, killed):
    out, lost, kept, key = killed
    with Proxy(node.url, out, "--merge") as proxy:
        status, stderr = proxy.stop()
    assert status == 0 and "left out" not in stderr, stderr
    assert run("verify", out).returncode == 0
    recorded = Truth(out)
    for block in (lost, kept):
        assert recorded.lookup(block, key) == truth.lookup(block, key)
        assert recorded.by_hash[block]["header"] == truth.by_hash[block]["header"]


def test_the_next_proxy_leaves_out_what_cannot_be_had(node, truth, killed):
    out, lost, kept, key = killed
    with liar(node.url, headless(lost)) as upstream, Proxy(upstream, out, "--merge") as proxy:
        status, stderr = proxy.stop()
    assert status == 0, stderr
    assert f"are left out: 1, the first of block {lost}" in stderr
    assert run("verify", out).returncode == 0
    assert Truth(out).lookup(kept, key) == truth.lookup(kept, key)


def test_a_plan_goes_on_with_what_was_killed(node, truth, killed, tmp_path):
    """One that asks for no state: of each block that the proxy met there is a set already, with hash and size of :code."""
    out, lost, kept, key = killed
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps({name: part for name, part in SMALL.items() if name != "state"}))
    done = record(node.url, out, "--merge", plan=plan)
    assert done.returncode == 0, done.stderr
    assert run("verify", out).returncode == 0
    assert Truth(out).lookup(kept, key) == truth.lookup(kept, key)


def test_a_header_that_comes_late_is_asked_for_at_the_end(node, truth, tmp_path):
    out, block = tmp_path / "out", truth.canonical[50]["hash"]
    key = next(key for key in truth.keys(block) if truth.lookup(block, key)[0] == KNOWN)
    refuse = headless(block)
    late = []

    def lie(method, params, reply):
        if not late:
            refuse(method, params, reply)

    with liar(node.url, lie) as upstream, Proxy(upstream, out) as proxy:
        with Socket(proxy.url) as socket:
            socket.call("state_getStorage", key, block)
        late.append(True)
        status, stderr = proxy.stop()
    assert status == 0 and "left out" not in stderr, stderr
    assert Truth(out).lookup(block, key) == truth.lookup(block, key)


@pytest.mark.parametrize("cut", ["line", "newline", "step"])
def test_a_log_that_was_cut_is_mended(killed, cut):
    """The end of the log is lost, too: within a line, before its newline, or with it."""
    out = killed[0]
    text = (out / "log.jsonl").read_text()
    (out / "log.jsonl").write_text({"line": text[:-20], "newline": text[:-1],
                                    "step": text[:text.rindex("\n", 0, -1) + 1]}[cut])
    assert run("verify", "--seal", out).returncode == 0
    assert run("verify", out).returncode == 0
