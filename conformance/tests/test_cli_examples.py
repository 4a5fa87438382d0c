"""The programs of client/examples that ask typed questions: what they print is what the recording has."""

import subprocess

import pytest

from testenv.command import value
from testenv.fixture import Copy
from testenv.keys import account_of, item, system_account
from testenv.paths import BIN, FIXTURE, PATIENCE

ALICE = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"


def example(name, *arguments):
    return subprocess.run(
        [str(BIN / name), *map(str, arguments)], capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=60 * PATIENCE, check=False,
    )


def refused(done, status, *words):
    assert (done.returncode, done.stdout) == (status, "") and done.stderr.count("\n") == 1, done
    for word in words:
        assert word in done.stderr


def test_metagraph(space, truth):
    done = example("metagraph", space.url(), 2)
    assert (done.returncode, done.stderr) == (0, "")
    first, *lines = done.stdout.splitlines()
    assert first == "subnet 2 at block 73: 9 neurons"
    prefix = item("SubtensorModule", "Keys") + "0200"  # by netuid and uid
    for key in truth.page(truth.head["hash"], prefix, 100):
        uid = int.from_bytes(bytes.fromhex(key[-4:]), "little")
        number, hotkey = lines[uid].split()[:2]
        assert (int(number), "0x" + account_of(hotkey).hex()) == (uid, truth.lookup(truth.head["hash"], key)[1])
    assert len(lines) == 9
    refused(example("metagraph", space.url(), 7), 1, "no subnet 7")
    for wrong in ("", "x", "65536", "-1", "99999999999"):
        refused(example("metagraph", space.url(), wrong), 2, "usage")
    refused(example("metagraph", "ws://127.0.0.1:1", 2), 1, "port 1")


def test_portfolio(space, truth):
    """One round for all three questions, at one head: the node counts one search for the head."""
    done = example("portfolio", space.url(), ALICE)
    assert (done.returncode, done.stderr) == (0, "")
    first, *lines = done.stdout.splitlines()
    account = truth.lookup(truth.head["hash"], system_account(ALICE))[1]
    free = int.from_bytes(bytes.fromhex(account[2:])[16:24], "little")
    assert first == f"free: {free // 10**9}.{free % 10**9:09} TAO"
    heads = space.stats()["requests"]["by_method"]["chain_getBlockHash"]
    assert heads == 2 and space.counters()["opened"] == 1  # the head, and the genesis
    stakes = value("get_stake_info_for_coldkey", ALICE, url=space.url())
    assert [line.split(":")[0] for line in lines] == [
        f"subnet {stake['netuid']}, {stake['hotkey_ss58']}" for stake in stakes]
    assert [line.split()[3] for line in lines] == [
        f"{stake['stake'] // 10**9}.{stake['stake'] % 10**9:09}" for stake in stakes]
    assert len(lines) == 3
    refused(example("portfolio", space.url(), ALICE[:-1] + "X"), 1, "checksum")
    refused(example("portfolio", space.url()), 2, "usage")


def test_amounts_that_no_double_holds(tmp_path, start):
    """As much as all TAO there can be, and a rao: printed to the last digit."""
    copy = Copy(tmp_path / "rich")
    state = copy.read("state.jsonl")
    free = 21 * 10**15 + 1
    for line in state:
        if line.get("key") == system_account(ALICE):
            line["value"] = line["value"][:34] + free.to_bytes(8, "little").hex() + line["value"][50:]
    copy.write("state.jsonl", state)
    done = example("portfolio", start(copy.seal()).url, ALICE)
    assert done.stdout.startswith("free: 21000000.000000001 TAO\n"), done


def test_watch_heads(start, truth):
    """Each block is told once and in order; the end of the connection is the end, and is told."""
    node = start(FIXTURE, "--head", 70)
    process = subprocess.Popen(
        [str(BIN / "watch_heads"), node.url], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL, text=True,
    )
    prefix = item("Timestamp", "Now")
    for number in (70, 71, 72, 73):
        now = truth.lookup(truth.canonical[number]["hash"], prefix)[1]
        milliseconds = int.from_bytes(bytes.fromhex(now[2:]), "little")
        assert process.stdout.readline() == f"block {number}, made at {milliseconds} ms\n"
        if number < 73:
            default_space(node).control("mock_advanceHead")
    node.kill()
    out, errors = process.communicate(timeout=60 * PATIENCE)
    assert (process.returncode, out) == (1, "")
    assert errors.startswith("watch_heads: ") and "closed" in errors and errors.count("\n") == 1


def default_space(node):
    space = node.space()
    space.path = "/"
    return space


@pytest.mark.parametrize("name", ["metagraph", "watch_heads", "portfolio"])
def test_a_node_that_is_not_there(name):
    more = {"metagraph": [2], "portfolio": [ALICE]}.get(name, [])
    refused(example(name, "ws://127.0.0.1:1", *more), 1, "127.0.0.1")
