"""Bad input: each gives one clear line on standard error and a status of its own, and never a crash, a
hang or something half-written."""

import hashlib
import json
import os
import shutil
import socket as sockets

import pytest

from testenv.fixture import Copy, run
from testenv.node import NodeFailed
from testenv.paths import FIXTURE
from testenv.rpc import Socket

pytestmark = pytest.mark.core


def refused(done, *words):
    """One line, a failure that is no crash, and words that name the place and the fix."""
    message = done.stderr.strip()
    assert done.returncode not in (0, 3) and 0 < done.returncode < 64, (done.returncode, message)
    assert message and len(message.splitlines()) == 1, message
    for word in words:
        assert str(word) in message, f"{word!r} is not in: {message}"


@pytest.fixture
def copy(tmp_path):
    return Copy(tmp_path / "copy")


@pytest.mark.parametrize("arguments, word", [
    ([], "--help"),
    (["nonsense"], "nonsense"),
    (["serve"], "--help"),
    (["serve", FIXTURE, "--nonsense"], "--nonsense"),
    (["serve", FIXTURE, "--port"], "--port"),
    (["serve", FIXTURE, "--port", "x"], "--port"),
    (["serve", FIXTURE, "--port", "65536"], "65536"),
    (["serve", FIXTURE, "--port", "-1"], "-1"),
    (["serve", FIXTURE, "--seed", "many"], "--seed"),
    (["serve", FIXTURE, "--latency", "soon"], "soon"),
    (["serve", FIXTURE, "--latency", "-5ms"], "-5ms"),
    (["serve", FIXTURE, "--latency", "5"], "5"),
    (["serve", FIXTURE, "--head", "99999"], "99999"),
    (["serve", FIXTURE, "--head", "0x12"], "0x12"),
    (["serve", FIXTURE, "--script", "/no/such/script.json"], "/no/such/script.json"),
    (["serve", FIXTURE, "--host", "203.0.113.1", "--port", "0"], "203.0.113.1"),
    (["serve", FIXTURE, "--host", "lo"], '"lo"'),
    (["serve", FIXTURE, "--host", "eth0"], '"eth0"'),
    (["serve", FIXTURE, "--host", ""], '""'),
    (["serve", FIXTURE, "--host", "node.example"], '"node.example"'),
    (["serve", FIXTURE, "--host", "127.0.0.256"], '"127.0.0.256"'),
    (["serve", FIXTURE, "--host", "2001:db8::1", "--port", "0"], "2001:db8::1"),
    (["serve", FIXTURE, "--journal", "/no/such/folder/journal"], "/no/such/folder/journal"),
    (["serve", FIXTURE, "another"], "no fixture"),
    (["serve", "/no/such/fixture"], "/no/such/fixture"),
    (["verify", "/no/such/fixture"], "/no/such/fixture"),
    (["verify"], "--help"),
    (["stats", "/no/such/fixture"], "/no/such/fixture"),
    (["diff", FIXTURE], "--help"),
    (["diff", FIXTURE, "/no/such/fixture"], "/no/such/fixture"),
    (["merge", FIXTURE, FIXTURE], "--out"),
    (["serve", FIXTURE, "--seed", "1", "--seed", "2"], "--seed stands twice"),
    (["record", "--listen", "1", "--listen", "2"], "--listen stands twice"),
    (["merge", FIXTURE, FIXTURE, "--out", "a", "--out=b"], "--out stands twice"),
    (["serve", FIXTURE, "--prot", "1"], "nearest is --port"),
    (["record"], "--upstream"),
    (["record", "--upstream", "ws://127.0.0.1:1"], "--out"),
])
def test_command_lines(arguments, word):
    refused(run(*arguments), word)


def test_a_port_in_use(tmp_path):
    with sockets.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused(run("serve", FIXTURE, "--port", port), port)


@pytest.mark.parametrize("script", ["{", "[]x", '{"rules":7}', '"no"', '{"latency":"soon"}',
                                    '{"no_such_member":1}', ""])
def test_scripts(tmp_path, script):
    file = tmp_path / "script.json"
    file.write_text(script)
    refused(run("serve", FIXTURE, "--port", 0, "--script", file), f"{file}:1:")


def machine_has(address):
    try:
        with sockets.socket(sockets.AF_INET6) as probe:
            probe.bind((address, 0))
        return True
    except OSError:
        return False


def test_an_ipv6_address(start):
    """Served there and nowhere else; where the machine has none, refused."""
    if not machine_has("::1"):
        refused(run("serve", FIXTURE, "--host", "::1", "--port", 0), "::1")
        return
    node = start(FIXTURE, "--host", "::1")
    assert node.url == f"ws://[::1]:{node.port}"
    with Socket(node.url) as socket:
        assert socket.call("mock_stats")["requests"]["total"] == 0, "the peer is on this machine"
    with pytest.raises(ConnectionRefusedError):
        sockets.create_connection(("127.0.0.1", node.port))


def test_localhost_is_an_address(start):
    node = start(FIXTURE, "--host", "localhost")
    assert node.url == f"ws://127.0.0.1:{node.port}"
    with Socket(node.url) as socket:
        assert socket.call("system_chain")


def renew_digest(copy, name):
    """What `verify --seal` would do, if it took the file."""
    data = (copy.folder / name).read_bytes()
    manifest = json.loads((copy.folder / "manifest.json").read_text())
    manifest["files"][name] = {"bytes": len(data),
                               "blake2_256": hashlib.blake2b(data, digest_size=32).hexdigest()}
    (copy.folder / "manifest.json").write_text(json.dumps(manifest))


def test_a_call_that_stands_twice(copy):
    calls = copy.read("calls.jsonl")
    calls.insert(7, {**calls[2], "result": "another"})
    copy.write("calls.jsonl", calls)
    renew_digest(copy, "calls.jsonl")
    refused(run("serve", copy.folder, "--port", 0), copy.folder, "calls.jsonl:8:", "recorded twice")


def test_a_header_of_another_height(copy):
    blocks = copy.read("blocks.jsonl")
    blocks[5]["header"]["number"] = "0x99"
    copy.write("blocks.jsonl", blocks)
    renew_digest(copy, "blocks.jsonl")
    refused(run("serve", copy.folder, "--port", 0), copy.folder, "blocks.jsonl:6:", "153 in its header")


def lines_of(copy, name):
    return (copy.folder / name).read_text().splitlines(keepends=True)


FILES = ["blocks.jsonl", "state.jsonl", "calls.jsonl", "runtimes.jsonl"]


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", [
    "{", "[]\n", "7\n", '{"no_such":1}\n', "\0\n", '{"hash":"0x12"}\n', '{"set":"0x12"}\n',
    '{"key":"0xzz","value":"0x"}\n', '{"method":1}\n', '{"spec_version":-1}\n', '{"a":1,"a":2}\n',
    "[" * 100000 + "\n",
])
def test_damaged_lines(copy, name, damage):
    """The message names the file and the line; sealing does not make it right."""
    lines = lines_of(copy, name)
    place = min(2, len(lines))
    lines.insert(place, damage if damage.endswith("\n") else damage + "\n")
    (copy.folder / name).write_text("".join(lines))
    refused(run("verify", "--seal", copy.folder), f"{name}:{place + 1}:")


@pytest.mark.parametrize("name", FILES)
def test_a_changed_byte_is_a_wrong_digest(copy, name):
    text = (copy.folder / name).read_bytes()
    place = text.rindex(b"0x") + 3
    changed = text[:place] + (b"0" if text[place:place + 1] != b"0" else b"1") + text[place + 1:]
    (copy.folder / name).write_bytes(changed)
    refused(run("serve", copy.folder, "--port", 0), name)
    refused(run("verify", copy.folder), name)


@pytest.mark.parametrize("name", FILES)
def test_a_cut_file(copy, name):
    text = (copy.folder / name).read_bytes()
    (copy.folder / name).write_bytes(text[: len(text) // 2])
    refused(run("serve", copy.folder, "--port", 0), name)


@pytest.mark.parametrize("name", [*FILES, "manifest.json"])
def test_a_missing_file(copy, name):
    (copy.folder / name).unlink()
    refused(run("serve", copy.folder, "--port", 0), name)


def test_a_missing_or_wrong_blob(copy):
    blob = next((copy.folder / "blobs").iterdir())
    data = blob.read_bytes()
    blob.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    refused(run("serve", copy.folder, "--port", 0), blob.name)
    blob.unlink()
    refused(run("serve", copy.folder, "--port", 0), blob.name)


@pytest.mark.parametrize("edit, word", [
    ({"format": 2}, "manifest.json"), ({"format": "1"}, "manifest.json"),
    ({"head": "0x" + "ee" * 32}, "head"), ({"finalized": "0x" + "ee" * 32}, "finalized"),
    ({"genesis": 7}, "manifest.json"), ({"no_such": 1}, "manifest.json"), ({"files": {}}, "blocks.jsonl"),
    ({"chain": None}, "manifest.json"),
    ({"files": {"../../etc/passwd": {"bytes": 1, "blake2_256": "00" * 32}}}, "manifest.json"),
])
def test_manifests(copy, edit, word):
    manifest = json.loads((copy.folder / "manifest.json").read_text())
    (copy.folder / "manifest.json").write_text(json.dumps({**manifest, **edit}, separators=(",", ":")) + "\n")
    refused(run("serve", copy.folder, "--port", 0), word)


def test_contradicting_facts(copy):
    """The same key twice in one set, with two values; the same call with two results: the line is named."""
    state = copy.read("state.jsonl")
    place = next(i for i, line in enumerate(state) if line.get("value"))
    copy.write("state.jsonl", state[:place + 1] + [{**state[place], "value": "0xbad0"}] + state[place + 1:])
    refused(run("verify", "--seal", copy.folder), f"state.jsonl:{place + 2}:")
    copy.write("state.jsonl", state)
    calls = copy.read("calls.jsonl")
    place = next(i for i, line in enumerate(calls) if line["method"] == "state_call" and "result" in line)
    copy.write("calls.jsonl", calls[:place + 1] + [{**calls[place], "result": "0xbad0"}] + calls[place + 1:])
    refused(run("verify", "--seal", copy.folder), "calls.jsonl", calls[place]["params"][0])


def test_a_header_that_is_not_its_hash(copy):
    blocks = copy.read("blocks.jsonl")
    blocks[5]["header"]["stateRoot"] = "0x" + "12" * 32
    copy.write("blocks.jsonl", blocks)
    done = run("verify", "--seal", copy.folder)
    assert done.returncode not in (0, 3) and done.returncode > 0
    assert "blocks.jsonl: block 5: " in done.stderr


def test_a_failed_seal_changes_nothing(copy):
    lines = lines_of(copy, "state.jsonl")
    (copy.folder / "state.jsonl").write_text("".join(lines[:5]) + "nonsense\n" + "".join(lines[5:]))
    before = {path.name: path.read_bytes() for path in copy.folder.iterdir() if path.is_file()}
    refused(run("verify", "--seal", copy.folder), "state.jsonl")
    assert before == {path.name: path.read_bytes() for path in copy.folder.iterdir() if path.is_file()}


def test_the_recording_itself_is_in_order():
    done = run("verify", FIXTURE)
    assert done.returncode == 0, done.stderr


def test_stats_say_what_there_is(truth):
    done = run("stats", FIXTURE)
    assert done.returncode == 0 and str(len(truth.blocks)) in done.stdout


def test_a_folder_that_may_not_be_written(tmp_path):
    if os.geteuid() == 0:
        target = tmp_path / "file"
        target.write_text("a file where a folder should be")
    else:
        target = tmp_path / "locked"
        target.mkdir(mode=0o500)
    refused(run("merge", FIXTURE, FIXTURE, "--out", target / "out"), target)
    assert shutil.disk_usage(tmp_path)


def test_the_ready_line(start):
    node = start(FIXTURE)
    assert node.ready["ready"] is True and node.ready["pid"] == node.process.pid
    assert node.ready["url"] == f"ws://127.0.0.1:{node.port}"
    assert {"fixture", "seed", "head"} <= set(node.ready)
    with pytest.raises(NodeFailed) as failed:
        start("/no/such/fixture")
    assert failed.value.status not in (0, 3)
