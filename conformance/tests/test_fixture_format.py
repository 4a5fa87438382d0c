"""What fixtures/FORMAT.md says, from outside: what verify refuses, what serve makes of each kind of fact,
and that the cost of a big recording follows its size."""

import hashlib
import json

import pytest

from testenv.fixture import Copy, dump, run
from testenv.node import Node
from testenv.paths import FIXTURE
from testenv.rpc import Socket

pytestmark = pytest.mark.core
CODE = "0x3a636f6465"
ALICE = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"


def blake(data):
    return "0x" + hashlib.blake2b(data, digest_size=32).hexdigest()


@pytest.fixture
def copy(tmp_path):
    return Copy(tmp_path / "copy")


def compact(number):
    """SCALE's compact integer."""
    if number < 1 << 6:
        return bytes([number << 2])
    if number < 1 << 14:
        return (number << 2 | 1).to_bytes(2, "little")
    return (number << 2 | 2).to_bytes(4, "little")


def made_chain(folder, count):
    """A recording of `count` made blocks, each with a set that stands on the one before, one key in each."""
    parent, root = "0x" + "00" * 32, "0x" + "11" * 32
    blocks, state = [], []
    for number in range(count):
        header = {"parentHash": parent, "number": hex(number), "stateRoot": root, "extrinsicsRoot": root,
                  "digest": {"logs": []}}
        hash = blake(bytes.fromhex(parent[2:]) + compact(number) + bytes.fromhex(root[2:]) * 2 + b"\0")
        blocks.append({"hash": hash, "number": number, "header": header})
        state.append({"set": hash, "base": parent if number else None, "covered": "base" if number else [["0x", None]]})
        state.append({"key": "0x01", "value": f"0x{number:08x}"})
        parent = hash
    folder.mkdir()
    contents = {"blocks.jsonl": blocks, "state.jsonl": state, "runtimes.jsonl": [], "calls.jsonl": []}
    files = {}
    for name, values in contents.items():
        text = "".join(dump(value) + "\n" for value in values).encode()
        (folder / name).write_bytes(text)
        files[name] = {"bytes": len(text), "blake2_256": blake(text)[2:]}
    (folder / "manifest.json").write_text(dump({
        "format": 1, "chain": "made", "genesis": {"hash": blocks[0]["hash"]}, "head": parent,
        "finalized": parent, "files": files}) + "\n")
    return folder


@pytest.mark.parametrize("count", [20_000, pytest.param(200_000, marks=pytest.mark.slow)])
def test_cost_follows_the_size_of_a_recording(tmp_path, count):
    """One look at all blocks for each of them would take minutes: the subcommands end in the usual time."""
    folder = made_chain(tmp_path / "made", count)
    done = run("verify", folder)
    assert done.returncode == 0, done.stderr
    assert run("stats", folder).returncode == 0
    done = run("diff", folder, folder)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout[:200]
    done = run("merge", folder, folder, "--out", tmp_path / "merged")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "merged/state.jsonl").read_bytes() == (folder / "state.jsonl").read_bytes()


# ---- facts that would never be served ----


@pytest.mark.parametrize("fact", [
    {"method": "state_getStorage", "params": ["0x01"], "at": "head",
     "error": {"code": 4003, "message": "State already discarded"}},
    {"method": "state_getStorage", "params": ["0x01"], "at": "head", "result": "0x02"},
    {"method": "chain_getHeader", "params": [], "at": "head", "result": None},
    {"method": "chain_getBlockHash", "params": [7], "result": None},
    {"method": "state_getKeysPaged", "params": ["0x", 10], "at": "head", "result": []},
    {"method": "state_queryStorageAt", "params": [["0x01"]], "at": "head", "result": []},
    {"method": "state_getMetadata", "params": [], "at": "head", "error": {"code": 1, "message": "no"}},
])
def test_calls_that_follow_from_facts_are_refused(copy, fact):
    head = json.loads((copy.folder / "manifest.json").read_text())["head"]
    calls = copy.read("calls.jsonl") + [{k: head if v == "head" else v for k, v in fact.items()}]
    copy.write("calls.jsonl", calls)
    done = run("verify", "--seal", copy.folder)
    assert done.returncode == 1
    assert f"calls.jsonl:{len(calls)}: {fact['method']} follows from blocks and keys" in done.stderr


def test_a_plan_does_not_ask_for_what_follows_from_facts(tmp_path):
    plan = tmp_path / "plan.json"
    plan.write_text(dump({"format": 1, "calls": [{"blocks": ["head"], "requests": [
        {"methods": ["state_getStorage"], "params": [["0x01"]]}]}]}))
    done = run("record", "--upstream", "ws://127.0.0.1:1", "--plan", plan, "--out", tmp_path / "out")
    assert done.returncode == 1 and "state_getStorage, which follows from blocks and keys" in done.stderr
    assert not (tmp_path / "out").exists()


# ---- values that are too large to keep ----


def with_digest(copy, value):
    """The recording with hash and size of the runtime's code in place of `present`."""
    facts = copy.read("state.jsonl")
    for fact in facts:
        if fact.get("key") == CODE:
            fact |= {"present": True, "hash": blake(value), "size": len(value)}
    copy.write("state.jsonl", facts)


def test_hash_and_size_are_served(copy):
    with_digest(copy, b"code")
    copy.seal()
    with Node(copy.folder) as node, Socket(node.url) as socket:
        assert socket.call("state_getStorageHash", CODE) == blake(b"code")
        assert socket.call("state_getStorageSize", CODE) == 4
        assert socket.call("state_getKeysPaged", CODE, 1) == [CODE]
        error = socket.error("state_getStorage", CODE)
        assert error.code == -32055 and "hash and size are recorded" in error.data["reason"]
        node.stop()


def without_digest(copy):
    """The recording that knows of the runtime's code only that it is there."""
    facts = copy.read("state.jsonl")
    for fact in facts:
        if fact.get("key") == CODE:
            fact.pop("hash", None), fact.pop("size", None)
    copy.write("state.jsonl", facts)


def test_hash_and_size_go_through_merge_and_diff(copy, tmp_path):
    with_digest(copy, b"code")
    copy.seal()
    bare = Copy(tmp_path / "bare")
    without_digest(bare)
    bare.seal()
    done = run("diff", bare.folder, copy.folder)
    assert done.returncode == 1 and "3a636f6465" in done.stdout and blake(b"code")[:20] in done.stdout
    for order in ([bare.folder, copy.folder], [copy.folder, bare.folder]):
        out = tmp_path / f"out{order[0] == bare.folder}"
        done = run("merge", *order, "--out", out)
        assert done.returncode == 0, done.stderr
        assert run("diff", copy.folder, out).returncode == 0
    other = Copy(tmp_path / "other")
    with_digest(other, b"other")
    other.seal()
    done = run("merge", copy.folder, other.folder, "--out", tmp_path / "never")
    assert done.returncode == 1 and "different things" in done.stderr and not (tmp_path / "never").exists()


# ---- pruned blocks ----


def pruned(copy, number):
    """The recording with the state of one block discarded; who stood on it stands for himself, knowing nothing."""
    hash = next(b["hash"] for b in copy.read("blocks.jsonl") if b["number"] == number)
    out, skip = [], False
    for fact in copy.read("state.jsonl"):
        if "set" in fact:
            skip = fact["set"] == hash
            if skip:
                fact = {"set": hash, "pruned": True}
                out.append(fact)
                continue
            if fact["base"] == hash:
                fact = {"set": fact["set"], "base": None, "covered": []}
        if not skip:
            out.append(fact)
    copy.write("state.jsonl", out)
    return hash


def test_reads_at_a_pruned_block(copy):
    hash = pruned(copy, 70)
    copy.seal()
    with Node(copy.folder) as node, Socket(node.url) as socket:
        for method, params in (("state_getStorage", ["0x01"]), ("state_getKeysPaged", ["0x", 10, None]),
                               ("state_queryStorageAt", [["0x01"]])):
            error = socket.error(method, *params, hash)
            assert error.code == 4003 and "State already discarded" in error.message, error
        assert socket.call("chain_getHeader", hash)["number"] == "0x46"


def test_a_pruned_block_is_no_base(copy):
    state = copy.read("state.jsonl")
    sets = [fact for fact in state if "set" in fact]
    victim = next(fact["base"] for fact in sets if fact["base"])
    first = next(i for i, fact in enumerate(state) if fact.get("set") == victim)
    end = next(i for i in range(first + 1, len(state)) if "set" in state[i])
    copy.write("state.jsonl", state[:first] + [{"set": victim, "pruned": True}] + state[end:])
    done = run("verify", "--seal", copy.folder)
    assert done.returncode == 1 and "its base is pruned" in done.stderr


def test_who_has_the_state_knows_more(copy, tmp_path):
    hash = pruned(copy, 70)
    copy.seal()
    done = run("diff", FIXTURE, copy.folder)
    assert done.returncode == 1 and "pruned" in done.stdout
    done = run("merge", copy.folder, FIXTURE, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert hash in (tmp_path / "out/state.jsonl").read_text()
    assert '"pruned"' not in (tmp_path / "out/state.jsonl").read_text()
    assert run("diff", FIXTURE, tmp_path / "out").returncode == 0


# ---- methods that the node did not have ----


def test_a_method_that_the_upstream_lacked(copy):
    gone = {"error": {"code": -32601, "message": "Method not found"}}
    calls = [fact for fact in copy.read("calls.jsonl") if fact["method"] != "system_accountNextIndex"]
    lacks = [{"method": name} | gone for name in ("state_getKeys", "system_accountNextIndex", "unheard_of")]
    copy.write("calls.jsonl", sorted(calls + lacks, key=lambda fact: (fact["method"], dump(fact.get("params", "")))))
    copy.seal()
    with Node(copy.folder) as node, Socket(node.url) as socket:
        for method, params in (("state_getKeys", ["0x"]), ("system_accountNextIndex", [ALICE]), ("unheard_of", [1])):
            error = socket.error(method, *params)
            assert (error.code, error.message) == (-32601, "Method not found")
        listed = socket.call("rpc_methods")["methods"]
        assert not {"state_getKeys", "system_accountNextIndex", "unheard_of"} & set(listed)
        assert "state_getKeysPaged" in listed
        node.stop()


# ---- the same said in other words ----


def respell(value):
    """Members turned round, hex in upper case."""
    if isinstance(value, dict):
        return {key: respell(value[key]) for key in reversed(value)}
    if isinstance(value, list):
        return [respell(item) for item in value]
    if isinstance(value, str) and value.startswith("0x"):
        return "0x" + value[2:].upper()
    return value


def test_other_spellings_are_no_contradiction(copy, tmp_path):
    calls = copy.read("calls.jsonl")
    copy.write("calls.jsonl", [fact | {k: respell(fact[k]) for k in ("result", "error") if k in fact} for fact in calls])
    blocks = copy.read("blocks.jsonl")
    copy.write("blocks.jsonl", [block | ({"header": dict(reversed(block["header"].items()))} if "header" in block else {})
                                for block in blocks])
    copy.seal()
    assert run("diff", FIXTURE, copy.folder).returncode == 0
    done = run("merge", FIXTURE, copy.folder, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    for name in ("calls.jsonl", "blocks.jsonl"):  # the first spelling is kept
        assert (tmp_path / "out" / name).read_bytes() == (FIXTURE / name).read_bytes()


# ---- seal ----


def unfinished(copy, *log):
    manifest = json.loads((copy.folder / "manifest.json").read_text())
    manifest["unfinished"] = True
    for name in ("head", "finalized", "chain"):
        del manifest[name]
    (copy.folder / "manifest.json").write_text(dump(manifest) + "\n")
    (copy.folder / "log.jsonl").write_text("".join(dump(line) + "\n" for line in log))
    return {path.name: path.read_bytes() for path in copy.folder.iterdir() if path.is_file()}


def test_seal_takes_the_head_for_what_is_missing(copy):
    head = json.loads((copy.folder / "manifest.json").read_text())["head"]
    unfinished(copy, {"chain": "sample"})
    assert run("verify", copy.folder).returncode == 0
    done = run("verify", "--seal", copy.folder)
    assert done.returncode == 0, done.stderr
    manifest = json.loads((copy.folder / "manifest.json").read_text())
    assert (manifest["head"], manifest["finalized"], manifest["chain"]) == (head, head, "sample")
    assert not (copy.folder / "log.jsonl").exists()


@pytest.mark.parametrize("log, says", [
    ([], '{"chain":"NAME"}'),
    ([{"chain": "sample"}, {"head": "0x" + "12" * 32}], "the head block"),
    ([{"chain": "sample"}, {"call": {"method": "state_getStorage", "params": ["0x01"], "result": None}}],
     "follows from blocks and keys"),
])
def test_seal_refuses_before_it_writes(copy, log, says):
    before = unfinished(copy, *log)
    done = run("verify", "--seal", copy.folder)
    assert done.returncode == 1 and says in done.stderr, done.stderr
    assert {path.name: path.read_bytes() for path in copy.folder.iterdir() if path.is_file()} == before
