"""Foreign clients, unmodified, on the mock node: bittensor 9.0.4, 10.5.0 and 11.3.0, and @polkadot/api. Right
answers, offline, and as many sockets as each mode costs; the node's counters are those of a relay between."""

import json
import os
import shutil
import subprocess

import pytest

from testenv.keys import existing_subnets, item, system_account
from testenv.paths import BIN, FIXTURE, GUIDE, sdk_python
from testenv.programs import LOOPBACK_ONLY, answers, environment, guide, node_script
from testenv.relay import Relay

pytestmark = [pytest.mark.foreign, pytest.mark.slow]

VERSIONS = ["9.0.4", "10.5.0", "11.3.0"]
PROGRAMS = ["serial", "threaded", "gathered"]
EXPECTED = {1: True, 2: True, 3: True, 4: True, 5: False, 6: True, 7: False}
WORKERS = min(32, (os.cpu_count() or 1) + 4)  # what ThreadPoolExecutor() takes
ALICE = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"


@pytest.fixture
def quiet_space(node):
    """A space that must not have seen one unmatched request in the end."""
    space = node.space()
    yield space
    stats = space.stats()
    assert stats["unmatched"] == 0, space.control("mock_unmatched")
    assert stats["gate_timeouts"] == 0


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_the_guide(node, quiet_space, tmp_path, version, program):
    """Gathered: a gate proves that seven were in flight. Threaded: as many as there are workers."""
    together = {"serial": 1, "threaded": min(7, WORKERS), "gathered": 7}[program]
    if program != "serial":
        quiet_space.gate(together, "reversed", ["state_getStorage"])
    with Relay(node.port) as relay:
        output = guide(version, program, quiet_space.url(port=relay.port), tmp_path)
        assert answers(output) == EXPECTED
        counted, seen = relay.counters(), quiet_space.counters()
    assert seen == counted
    if program == "threaded":
        assert counted["opened"] == 7 and counted["peak"] <= WORKERS
        assert counted["max_per_conn"] == 1 and counted["max_total"] == together
    else:
        assert (counted["opened"], counted["peak"]) == (1, 1)
        assert counted["max_total"] == together
    assert relay.requests == relay.replies


@pytest.mark.parametrize("number", [10, 69])
@pytest.mark.parametrize("version", VERSIONS)
def test_an_earlier_head(quiet_space, truth, tmp_path, version, number):
    quiet_space.control("mock_setHead", number)
    expected = existing_subnets(truth, truth.canonical[number]["hash"])
    assert answers(guide(version, "gathered", quiet_space.url(), tmp_path)) == expected


def can_isolate():
    if not shutil.which("unshare"):
        return "unshare is not installed"
    done = subprocess.run([*LOOPBACK_ONLY, "true"], capture_output=True, text=True, check=False)
    return done.stderr.strip() if done.returncode else None


@pytest.mark.parametrize("version", VERSIONS)
def test_offline_in_a_network_namespace_of_loopback_only(tmp_path, version, record_property):
    """Node and client together where there is no network at all: proof that nothing else is asked."""
    reason = can_isolate()
    if reason:
        record_property("not_run", f"offline SDK {version}: no network namespace here: {reason}")
        return
    script = """
        set -e
        ip link set lo up
        ip -o route show | grep -q . && { echo "there is a route out"; exit 9; }
        coproc NODE { exec "$1" serve "$2" --port 0; }
        node=$NODE_PID
        read -r ready <&"${NODE[0]}"
        port=$(sed 's/.*"port":\\([0-9]*\\).*/\\1/' <<<"$ready")
        for program in serial threaded gathered; do
            "$3" "$4/$program.py" "ws://127.0.0.1:$port/s/$program"
        done
        kill "$node"
        wait "$node"
    """
    folder = GUIDE / f"v{version.split('.')[0]}"
    done = subprocess.run(
        [*LOOPBACK_ONLY, "bash", "-c", script, "bash", BIN / "mocknode", FIXTURE, sdk_python(version), folder],
        env=environment(tmp_path), capture_output=True, text=True, timeout=180, check=False, cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line for line in done.stdout.splitlines() if line[:1].isdigit()]
    assert len(lines) == 21
    for part in range(3):
        assert answers("\n".join(lines[part * 7:part * 7 + 7])) == EXPECTED


def test_more_reads_of_11(quiet_space, truth, tmp_path):
    """Block, balance, neurons and metagraph; the expected values are read from the recording by hand."""
    got = json.loads(guide("11.3.0", "reads", quiet_space.url(), tmp_path, ALICE, 2))
    assert got["block"] == truth.head["number"]
    assert got["balance"] == free_balance(truth, truth.head["number"], ALICE)
    assert got["metagraph"] == {"netuid": 2, "block": truth.head["number"], "neurons": 9, "tempo": 14}
    assert [neuron["uid"] for neuron in got["neurons"]] == list(range(9))
    assert len({neuron["hotkey"] for neuron in got["neurons"]}) == 9
    assert (tmp_path / "runtime-cache").exists(), "the cache did not go into the scratch folder"


def free_balance(truth, number, address):
    """Of System.Account: nonce, consumers, providers and sufficients of 4 bytes each, then what is free."""
    account = truth.lookup(truth.canonical[number]["hash"], system_account(address))[1]
    return int.from_bytes(bytes.fromhex(account[2:])[16:24], "little")


def nonce(truth, number, address):
    account = truth.lookup(truth.canonical[number]["hash"], system_account(address))[1]
    return int.from_bytes(bytes.fromhex(account[2:])[:4], "little")


def test_polkadot_js(quiet_space, truth, tmp_path):
    """Connects, reads storage, a map and two runtime calls, and sees heads while they advance."""
    head, first = truth.head["number"], truth.head["number"] - 3
    control = f"http://127.0.0.1:{quiet_space.node.port}{quiet_space.path}"
    got = json.loads(
        node_script("polkadot.mjs", quiet_space.url(), tmp_path, control, ALICE, str(first)).splitlines()[-1]
    )
    hash = truth.head["hash"]
    added = [key for key in truth.keys(hash) if key.startswith(item("SubtensorModule", "NetworksAdded"))]
    netuids = [int.from_bytes(bytes.fromhex(key[66:]), "little") for key in added]
    assert got["networks"] == {str(n): e for n, e in existing_subnets(truth, hash, netuids).items()}
    assert got["chain"] == quiet_space.socket().call("system_chain")
    assert (got["genesis"], got["specVersion"]) == (truth.genesis, 293)
    assert int(got["free"]) == free_balance(truth, head, ALICE)
    assert got["nonce"] == nonce(truth, head, ALICE)
    assert got["versions"][:2] == [14, 15]
    assert got["heads"] == [[n, truth.canonical[n]["hash"]] for n in range(first, head + 1)]
