"""The recorder, by plan and as a proxy. Its upstream is the mock node itself: a recording of a recording
says the same, whichever way and however often it was interrupted."""

import json
import signal
import socket as sockets
import subprocess
import threading

import pytest

from testenv.fixture import Copy, dump, run
from testenv.node import Node, Program
from testenv.paths import FIXTURE, MOCKNODE, PATIENCE
from testenv.relay import Relay
from testenv.rpc import RpcError, Socket
from testenv.truth import KNOWN, Truth

PLAN = FIXTURE / "plan.json"
# A plan that is small enough to be repeated many times: ten blocks and a few calls.
SMALL = {
    "format": 1,
    "blocks": {"from": 60, "to": 73, "headers": True, "bodies": True, "justifications": True},
    "runtimes": {"metadata": [14, 15], "exports": False},
    "state": [{"from": 64, "to": 73, "prefixes": ["0x"], "except": ["0x3a636f6465"]}],
    "calls": [
        {"requests": [{"methods": ["system_chain", "system_properties"]}]},
        {"blocks": ["head-1", "head"],
         "requests": [{"functions": ["SubnetInfoRuntimeApi_get_metagraph"], "args": [{"u16": ["0..4"]}]}]},
    ],
}


def record(upstream, out, *more, plan=PLAN, timeout=240):
    return run("record", "--upstream", upstream, "--plan", plan, "--out", out, *more, timeout=timeout)


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(SMALL))
    return path


def files(folder):
    """Name and bytes of each file that holds facts."""
    return {
        str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "latencies.jsonl"
    }


def says_the_same(one, two, blocks):
    """Both recordings know the same of these blocks, read by independent code."""
    for number in blocks:
        hash = two.canonical[number]["hash"]
        assert one.by_hash[hash] == two.by_hash[hash]
        if hash in one.sets:
            assert one.keys(hash) == two.keys(hash)
            for key in two.keys(hash):
                assert one.lookup(hash, key) == two.lookup(hash, key), (number, key)


@pytest.mark.slow
def test_recording_the_recording_again(node, truth, tmp_path):
    """By its own plan but for the exports: they are read from :code, which the recording does not have."""
    out, plan = tmp_path / "again", json.loads(PLAN.read_text())
    plan["runtimes"]["exports"] = False
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    done = record(node.url, out, plan=tmp_path / "plan.json")
    assert done.returncode == 0, done.stderr
    assert run("verify", out).returncode == 0
    again = Truth(out)
    says_the_same(again, truth, truth.canonical)
    key = lambda call: (call["method"], dump(call["params"]), call.get("at", ""))
    assert sorted(again.calls, key=key) == sorted(truth.calls, key=key)
    assert {b["hash"] for b in again.state_blocks()} == {b["hash"] for b in truth.state_blocks()}
    for runtimes in (again.runtimes, truth.runtimes):
        runtimes = [{**runtime, "exports": None} for runtime in runtimes.values()]
        assert runtimes == [{**truth.runtimes[293], "exports": None}]
    ours, theirs = files(out), files(FIXTURE)
    for name in ("blocks.jsonl", "state.jsonl", "calls.jsonl"):
        assert ours[name] == theirs[name], f"{name} is not the same, byte for byte"


def test_recording_twice_gives_the_same_bytes(node, tmp_path, small):
    for name in ("one", "two"):
        done = record(node.url, tmp_path / name, plan=small)
        assert done.returncode == 0, done.stderr
    assert files(tmp_path / "one") == files(tmp_path / "two")


def test_a_small_plan_says_the_truth_and_no_more(node, truth, tmp_path, small):
    out = tmp_path / "out"
    assert record(node.url, out, plan=small).returncode == 0
    assert run("verify", out).returncode == 0
    recorded = Truth(out)
    assert {number for number in recorded.canonical} >= set(range(60, 74))
    assert [b["number"] for b in recorded.state_blocks()] == list(range(64, 74))
    says_the_same(recorded, truth, range(64, 74))
    outside = next(key for key in truth.keys(truth.head["hash"]) if len(key) > 100)
    assert recorded.lookup(truth.canonical[63]["hash"], outside)[0] == "unknown"


def test_diff_says_what_differs(tmp_path, truth):
    copy = Copy(tmp_path / "edited")
    key = next(k for k in truth.keys(truth.head["hash"])[60:]
               if truth.lookup(truth.head["hash"], k)[0] == KNOWN)
    state = copy.read("state.jsonl")
    for line in state:
        if line.get("key") == key and "value" in line:
            line["value"] = "0xbad0"
    copy.write("state.jsonl", state)
    copy.seal()
    done = run("diff", FIXTURE, copy.folder)
    assert done.returncode == 1, (done.returncode, done.stderr)
    assert key[2:64] in done.stdout and "0xbad0" in done.stdout
    assert run("diff", FIXTURE, FIXTURE).returncode == 0


def test_a_lost_upstream_and_resuming(node, truth, tmp_path, small):
    """The relay dies after some replies; --merge goes on where the recording stopped."""
    out = tmp_path / "out"
    reference = tmp_path / "reference"
    assert record(node.url, reference, plan=small).returncode == 0
    for cut in (5, 25, 60):
        with Relay(node.port) as relay:
            cut_after(relay, cut)
            done = record(f"ws://127.0.0.1:{relay.port}", out, *(["--merge"] if out.exists() else []),
                          plan=small)
        assert done.returncode not in (0, 3) and done.returncode > 0, done.stderr
        assert f"ws://127.0.0.1:{relay.port}" in done.stderr
        if out.exists():
            assert "--merge" in done.stderr
            assert run("stats", out).returncode == 0
    done = record(node.url, out, *(["--merge"] if out.exists() else []), plan=small)
    assert done.returncode == 0, done.stderr
    assert run("verify", out).returncode == 0
    assert files(out) == files(reference)


def cut_after(relay, replies):
    """Has the relay drop every connection once so many replies have passed."""
    hand_on = relay.answered

    def answered(socket, message):
        hand_on(socket, message)
        if relay.replies >= replies:
            raise ConnectionResetError

    relay.answered = answered


class Proxy(Program):
    def __init__(self, upstream, out, *more):
        super().__init__("record", "--upstream", upstream, "--listen", 0, "--out", out, *more)


def ask_things(socket, truth):
    """Reads in several shapes, and a subscription."""
    head, keys = truth.head["hash"], truth.keys(truth.head["hash"])
    prefix = keys[60][:66]
    call = next(c for c in truth.calls if c["method"] == "state_call" and c["at"] == head and "result" in c)
    for method, params in (
        ("chain_getBlockHash", [0]), ("chain_getHead", []), ("chain_getHeader", [head]),
        ("chain_getBlock", [head]), ("state_getRuntimeVersion", [head]), ("state_getMetadata", [head]),
        ("state_getStorageAt", [keys[60], head]), ("state_getKeysPaged", [prefix, 1000, None, head]),
        ("state_queryStorageAt", [keys[100:140], head]), ("state_call", [*call["params"], head]),
        ("state_getStorage", [keys[60] + "00", head]), ("system_chain", []),
    ):
        socket.call(method, *params)
    id = socket.call("chain_subscribeNewHeads")
    socket.notification("chain_newHead", id)
    socket.call("chain_unsubscribeNewHeads", id)
    return prefix, call


def test_a_proxy_hands_through_unchanged(node, truth, tmp_path):
    space = node.space()
    with Proxy(space.url(), tmp_path / "out") as proxy:
        with Socket(proxy.url) as through, space.socket() as direct:
            for text in ('{"jsonrpc":"2.0","id":18446744073709551615,"method":"chain_getHead","params":[]}',
                         '{"id":"a\\"b","jsonrpc":"2.0","method":"no_such_method"}',
                         '[{"jsonrpc":"2.0","id":1,"method":"system_chain"},'
                         '{"jsonrpc":"2.0","id":null,"method":"chain_getBlockHash","params":[3]}]',
                         '{"jsonrpc":"2.0","id":5,"method":"state_getStorage","params":[]}'):
                assert through.exchange(text) == direct.exchange(text)
        status, stderr = proxy.stop()
    assert status == 0, stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_proxy_s_recording_serves_other_shapes(node, truth, tmp_path, start, how):
    out = tmp_path / "out"
    with Proxy(node.url, out) as proxy:
        with Socket(proxy.url) as socket:
            prefix, call = ask_things(socket, truth)
        status, stderr = proxy.stop(how)
        assert status == 0, stderr
    done = run("verify", out)
    assert done.returncode == 0, done.stderr
    served = start(out)
    socket, head = served.space().socket(), truth.head["hash"]
    keys = truth.keys(head)
    assert socket.call("chain_getBlockHash") == head
    assert socket.call("chain_getBlockHash", truth.head["number"]) == head
    assert socket.call("chain_getHeader") == truth.head["header"]
    for key in keys[100:140]:
        assert socket.call("state_getStorage", key) == truth.lookup(head, key)[1]
    assert socket.call("state_queryStorageAt", [keys[139], keys[60], keys[101]], head)[0]["changes"] == [
        [key, truth.lookup(head, key)[1]] for key in (keys[139], keys[60], keys[101])
    ]
    pages, begin = [], None
    while page := socket.call("state_getKeysPaged", prefix, 2, begin, head):
        pages, begin = pages + page, page[-1]
    assert pages == truth.page(head, prefix, 10**9)
    assert socket.call("state_getStorage", prefix + "ff" * 40, head) is None
    assert socket.call("state_callAt", call["params"][0], call["params"][1][2:]) == call["result"]
    unknown = next(k for k in keys[200:] if not k.startswith(prefix))
    assert socket.error("state_getStorage", unknown, head).code == -32055
    served.stop()


@pytest.mark.parametrize("pinned", [True, False])
def test_a_proxy_keeps_what_hashes_and_sizes_say(node, truth, tmp_path, start, pinned):
    out, head = tmp_path / "out", truth.head["hash"]
    key = truth.keys(head)[60]
    asked = [(method, [name] + [head] * pinned) for method, name in (
        ("state_getStorageHash", key), ("state_getStorageHash", key + "01"),
        ("state_getStorageSize", truth.keys(head)[61]), ("state_getStorageSize", key + "02"))]
    with Proxy(node.url, out) as proxy:
        with Socket(proxy.url) as socket:
            said = [socket.call(method, *params) for method, params in asked]
        status, stderr = proxy.stop()
        assert status == 0, stderr
    assert said[1] is None and said[3] is None
    socket = start(out).space().socket()
    assert [socket.call(method, *params) for method, params in asked] == said


def test_a_proxy_goes_on_with_merge(node, truth, tmp_path):
    out, head, keys = tmp_path / "out", truth.head["hash"], truth.keys(truth.head["hash"])
    for part, more in ((keys[60:80], ()), (keys[80:100], ("--merge",))):
        with Proxy(node.url, out, *more) as proxy:
            with Socket(proxy.url) as socket:
                for key in part:
                    socket.call("state_getStorage", key, head)
            assert proxy.stop()[0] == 0
    assert run("verify", out).returncode == 0
    recorded = Truth(out)
    for key in keys[60:100]:
        assert recorded.lookup(head, key) == truth.lookup(head, key)


def test_a_proxy_does_not_overwrite(node, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "precious").write_text("mine")
    done = run("record", "--upstream", node.url, "--listen", 0, "--out", out)
    assert done.returncode not in (0, 3) and str(out) in done.stderr
    assert (out / "precious").read_text() == "mine"


@pytest.mark.parametrize("round", range(6))
def test_a_killed_proxy_leaves_what_was_said(node, truth, tmp_path, rng, round):
    """SIGKILL at a random moment: the folder loads, says nothing wrong, and has all that the client was told."""
    out, head = tmp_path / "out", truth.head["hash"]
    keys = rng.sample(truth.keys(head)[60:], 120)
    heard, enough = [], rng.randrange(1, 110)
    proxy = Proxy(node.url, out)
    killer = threading.Event()

    def kill():
        killer.wait(60)
        proxy.process.kill()

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        with Socket(proxy.url) as socket:
            for key in keys:
                heard.append((key, socket.call("state_getStorage", key, head)))
                if len(heard) == enough:
                    killer.set()
    except Exception:
        pass
    killer.set()
    thread.join()
    proxy.process.wait(30)
    done = run("stats", out)
    assert done.returncode == 0, done.stderr
    with Node(out) as served:
        socket = served.space().socket()
        known = []
        for key, value in heard:
            try:
                assert socket.call("state_getStorage", key, head) == value
                known.append(key)
            except RpcError as error:
                assert error.code == -32055
        assert len(known) == len(heard), "a client has seen what the folder lacks"
        socket.close()


def test_merging_halves(node, truth, tmp_path):
    """Two recordings of different blocks make the whole of both."""
    for name, first, last in (("low", 60, 66), ("high", 66, 73)):
        plan = {**SMALL, "state": [{**SMALL["state"][0], "from": first, "to": last}]}
        (tmp_path / f"{name}.json").write_text(json.dumps(plan))
        done = record(node.url, tmp_path / name, plan=tmp_path / f"{name}.json")
        assert done.returncode == 0, done.stderr
    for first, second, out in (("low", "high", "both"), ("high", "low", "again")):
        done = run("merge", tmp_path / first, tmp_path / second, "--out", tmp_path / out)
        assert done.returncode == 0, done.stderr
        assert run("verify", tmp_path / out).returncode == 0
        merged = Truth(tmp_path / out)
        assert [b["number"] for b in merged.state_blocks()] == list(range(60, 74))
        says_the_same(merged, truth, range(60, 74))


def test_merging_with_itself_changes_nothing(tmp_path, truth):
    out = tmp_path / "out"
    assert run("merge", FIXTURE, FIXTURE, "--out", out).returncode == 0
    says_the_same(Truth(out), truth, truth.canonical)


@pytest.mark.parametrize("what", ["state", "call", "block"])
def test_contradictions_are_named_and_refused(tmp_path, truth, what):
    copy = Copy(tmp_path / "other")
    if what == "state":
        state = copy.read("state.jsonl")
        place = max(i for i, line in enumerate(state) if line.get("value"))
        state[place]["value"] = "0xbad0"
        named = state[place]["key"]
        copy.write("state.jsonl", state)
    elif what == "call":
        calls = copy.read("calls.jsonl")
        calls[-1]["result"] = "contradiction"
        named = calls[-1]["method"]
        copy.write("calls.jsonl", calls)
    else:
        blocks = copy.read("blocks.jsonl")
        blocks[10]["extrinsics"] = ["0xbad0"]
        named = "extrinsics of block"
        copy.write("blocks.jsonl", blocks)
    copy.seal()
    out = tmp_path / "out"
    done = run("merge", FIXTURE, copy.folder, "--out", out)
    assert done.returncode not in (0, 3) and done.returncode > 0
    assert named in done.stderr, done.stderr
    assert not out.exists(), "a refused merge leaves nothing behind"


@pytest.mark.parametrize("text", ["{", "[]", '{"format":2}', '{"format":1,"no_such":1}',
                                  '{"format":1,"state":[{"from":70,"to":60,"prefixes":["0x"]}]}',
                                  '{"format":1,"calls":[{"blocks":[999999],"requests":[]}]}',
                                  '{"format":1,"state":[{"from":60,"to":"head","prefixes":["zz"]}]}', ""])
def test_bad_plans(node, tmp_path, text):
    plan = tmp_path / "bad.json"
    plan.write_text(text)
    done = record(node.url, tmp_path / "out", plan=plan)
    message = done.stderr.strip()
    assert done.returncode not in (0, 3) and 0 < done.returncode < 64, message
    assert "plan" in message and len(message.splitlines()) == 1, message
    assert not (tmp_path / "out").exists()


def test_an_upstream_that_is_not_there(tmp_path, small):
    with sockets.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"ws://127.0.0.1:{free.getsockname()[1]}"
        done = record(url, tmp_path / "out", plan=small)
        assert done.returncode not in (0, 3) and url in done.stderr
        assert not (tmp_path / "out").exists()
        done = run("record", "--upstream", url, "--listen", 0, "--out", tmp_path / "out")
        assert done.returncode not in (0, 3) and url in done.stderr
        assert not (tmp_path / "out").exists()


def test_an_upstream_that_speaks_no_json_rpc(tmp_path, small):
    """A WebSocket server that answers nonsense."""
    from websockets.sync.server import serve

    def nonsense(socket):
        for _ in socket:
            socket.send("nonsense")

    with serve(nonsense, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        url = f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        done = record(url, tmp_path / "out", plan=small, timeout=30)
        server.shutdown()
    assert done.returncode not in (0, 3) and done.returncode > 0
    assert url in done.stderr and "JSON-RPC" in done.stderr, done.stderr


def test_a_full_disk(node, tmp_path, small):
    """A limit on the size of files stands in for a full disk: one line, nothing half-written."""
    out = tmp_path / "out"
    done = subprocess.run(
        ["bash", "-c", 'ulimit -f 64; trap "" XFSZ; exec "$@"', "bash", *MOCKNODE, "record",
         "--upstream", node.url, "--plan", str(small), "--out", str(out)],
        capture_output=True, text=True, timeout=120 * PATIENCE, check=False,
    )
    assert done.returncode not in (0, 3) and done.returncode > 0, done.stderr
    assert str(out) in done.stderr
    if out.exists():
        assert run("stats", out).returncode in (0, 1)
        assert run("verify", out).returncode != 0 or Truth(out)
