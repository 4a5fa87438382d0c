"""The `subtensor` command: its answers as lines and as tables, the modes, and every way to end. Expected values
come from the recording, read by independent code."""

import errno
import json
import os
import signal
import subprocess
import termios
import unicodedata

import pytest

from testenv.command import subtensor, value
from testenv.fixture import Copy
from testenv.keys import account_of, existing_subnets, item, system_account
from testenv.paths import FIXTURE, PATIENCE, SUBTENSOR

MODES = ["serial", "threaded", "gathered", "shared"]
ALICE = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
BOB = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty"
POLKADOT = "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5"  # an address of prefix 0
NAMED = """subnet_exists get_block_hash get_current_block get_block_info get_timestamp get_balance get_balances
get_existential_deposit tempo get_total_subnets get_all_subnets_netuid get_netuids_for_hotkey
get_uid_for_hotkey_on_subnet is_hotkey_registered is_hotkey_registered_any does_hotkey_exist
get_hotkey_owner get_subnet_hyperparameters neurons neurons_lite neuron_for_uid get_metagraph_info
metagraph subnet all_subnets get_subnet_info get_stake get_stake_info_for_coldkey get_delegates
get_children weights bonds blocks_since_last_update get_commitment get_subnet_price query_map
query_constant query_runtime_api state_call""".split()
GENERIC = ["block", "constant", "events", "metadata", "runtime-call", "storage"]


def tempo_key(netuid):
    return item("SubtensorModule", "Tempo") + netuid.to_bytes(2, "little").hex()


def integer(stored):
    return int.from_bytes(bytes.fromhex(stored[2:]), "little")


def refused(done, status, *words):
    """One line on standard error with these words, nothing on standard output, and the exit status."""
    message = done.stderr
    assert (done.returncode, done.stdout) == (status, ""), (done.returncode, done.stdout, message)
    assert message.startswith("subtensor: ") and message.count("\n") == 1, message
    for word in words:
        assert str(word) in message, f"{word!r} is not in: {message}"


# ---- answers ----


def test_values(space, truth):
    url, head = space.url(), truth.head["hash"]
    exists = existing_subnets(truth, head)
    for netuid in (2, 7):
        assert value("subnet_exists", netuid, url=url) is exists[netuid]
    assert value("tempo", 3, url=url) == integer(truth.lookup(head, tempo_key(3))[1])
    account = truth.lookup(head, system_account(ALICE))[1]
    free = int.from_bytes(bytes.fromhex(account[2:])[16:24], "little")
    assert value("storage", "System", "Account", ALICE, url=url)["data"]["free"] == free
    assert value("get_balance", ALICE, url=url) == free
    assert value("get_current_block", url=url) == truth.head["number"]
    assert value("block", url=url)["hash"] == head
    assert value("metadata", url=url)["spec_version"] == 293


@pytest.mark.parametrize("number", [6, 70, 72])
def test_blocks(space, truth, number):
    block = truth.canonical[number]
    expected = integer(truth.lookup(block["hash"], tempo_key(2))[1])
    url = space.url()
    assert value("tempo", 2, "--block", number, url=url) == expected
    assert value(f"--block-hash={block['hash']}", "tempo", 2, url=url) == expected
    assert value("block", "--block", number, url=url)["header"]["parentHash"] == \
        truth.canonical[number - 1]["hash"]


def test_a_map_by_its_prefix(space, truth):
    """Fewer keys than the map has: all entries that begin with them."""
    head, url = truth.head["hash"], space.url()
    entries = value("storage", "SubtensorModule", "Tempo", url=url)
    keys = truth.page(head, item("SubtensorModule", "Tempo"), 1000)
    assert sorted(entry["args"][0] for entry in entries) == sorted(integer("0x" + k[-4:]) for k in keys)
    owned = value("storage", "SubtensorModule", "Keys", 2, url=url)
    prefix = item("SubtensorModule", "Keys") + "0200"
    expected = {integer("0x" + k[-4:]): truth.lookup(head, k)[1] for k in truth.page(head, prefix, 1000)}
    assert {entry["args"][1]: "0x" + account_of(entry["value"]).hex() for entry in owned} == expected
    assert len(expected) == 9


def test_lists_ask_once_for_each(space, truth):
    head, url = truth.head["hash"], space.url()
    tempos = value("storage", "SubtensorModule", "Tempo", "1,3..4,2", url=url)
    assert tempos == [
        {"args": ["SubtensorModule", "Tempo", netuid], "value": integer(truth.lookup(head, tempo_key(netuid))[1])}
        for netuid in (1, 3, 4, 2)
    ]
    exists = existing_subnets(truth, head)
    assert value("subnet_exists", "1..7", url=url) == [
        {"args": {"netuid": netuid}, "value": exists[netuid]} for netuid in range(1, 8)]
    both = value("get_balance", f"{ALICE},{BOB}", url=url)
    assert [one["args"]["address"] for one in both] == [ALICE, BOB]
    assert both == [{"args": {"address": who}, "value": value("get_balance", who, url=url)}
                    for who in (ALICE, BOB)]
    product = value("blocks_since_last_update", "2,3", "0..1", url=url)
    assert [one["args"] for one in product] == [{"netuid": n, "uid": u} for n in (2, 3) for u in (0, 1)]
    assert value("tempo", "2..2", url=url) == [{"args": {"netuid": 2}, "value": 14}]


def test_arguments_by_name(space):
    url = space.url()
    positional = value("neuron_for_uid", 1, 2, url=url)
    assert positional["uid"] == 1 and positional["netuid"] == 2
    assert value("neuron_for_uid", "netuid=2", "uid=1", url=url) == positional
    assert value("neuron_for_uid", "netuid=2", 1, url=url) == positional
    together = value("get_balances", ALICE, BOB, url=url)
    assert together == value("get_balances", f"{ALICE},{BOB}", url=url)
    assert together == value("get_balances", json.dumps([ALICE, BOB]), url=url)
    assert [account for account, _ in together] == [ALICE, BOB]


def test_arguments_of_any_json(space):
    call = ["runtime-call", "SubnetInfoRuntimeApi", "get_subnet_info"]
    url = space.url()
    assert value(*call, 2, url=url)["netuid"] == 2
    refused(subtensor(*call, '{"a":', url=url), 2, "byte")
    refused(subtensor(*call, '{"a":1}', url=url), 2, "u16")
    refused(subtensor(*call, '[2]', url=url), 2, "u16")


def test_arguments_of_runtime_calls_by_name(space):
    url, neuron = space.url(), ["NeuronInfoRuntimeApi", "get_neuron"]
    wanted = value("runtime-call", *neuron, 2, 1, url=url)
    assert wanted["uid"] == 1
    named = '{"uid":1,"netuid":2}'
    assert value("runtime-call", *neuron, named, url=url) == wanted
    assert value("query_runtime_api", *neuron, named, url=url) == wanted
    for command in "runtime-call", "query_runtime_api":
        refused(subtensor(command, *neuron, '{"netuid":2}', url=url), 2, "uid is missing", "netuid: u16, uid: u16")
        refused(subtensor(command, *neuron, '{"netuid":2,"uid":1,"id":1}', url=url), 2, '"id" is given')
    refused(subtensor("runtime-call", *neuron, named, 3, url=url), 2, "u16")
    refused(subtensor("storage", "SubtensorModule", "Tempo", '{"netuid":2}', url=url), 2, "u16")


# ---- modes ----

QUESTIONS = [
    ["tempo", "0..8"], ["subnet_exists", "0..8"], ["metagraph", "2..4"], ["neurons_lite", "2,3"],
    ["get_balance", f"{ALICE},{BOB}"], ["get_metagraph_info", "2,3"], ["weights", "2..4"],
    ["get_stake_info_for_coldkey", f"{ALICE},{BOB}"], ["all_subnets"], ["get_delegates"],
    ["storage", "SubtensorModule", "Uids", "2..4"], ["storage", "System", "Account"],
    ["runtime-call", "SubnetInfoRuntimeApi", "get_subnet_info", "0..7"],
    ["constant", "SubtensorModule", "InitialTempo"], ["block"], ["events"], ["metadata", "SubtensorModule"],
]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: "-".join(q)[:40])
def test_all_modes_give_the_same_text(space, question):
    answers = {}
    for number in (72, 73):
        done = [subtensor("--mode", mode, "--block", number, *question, url=space.url()) for mode in MODES]
        assert [(one.returncode, one.stderr) for one in done] == [(0, "")] * 4
        assert len({one.stdout for one in done}) == 1
        answers[number] = done[0].stdout
    assert answers[72].count("\n") == 1


def stats_of(done):
    """(requests, sockets, most in flight on one), from the one line that --stats adds."""
    assert done.returncode == 0 and done.stderr.count("\n") == 1, done.stderr
    parts = dict(part.rsplit(" ", 1) for part in done.stderr.strip().split(", "))
    return int(parts["requests"]), int(parts["sockets"]), int(parts["most in flight on one"])


@pytest.mark.parametrize("mode, options, sockets", [
    ("serial", [], 1), ("threaded", [], 7), ("threaded", ["--jobs", 3], 3), ("gathered", [], 1),
    ("shared", [], 1), ("shared", ["--jobs", 1], 1),
])
def test_stats_are_what_the_node_has_counted(space, mode, options, sockets):
    done = subtensor("--stats", "--mode", mode, *options, "tempo", "1..7", url=space.url())
    counters = space.counters()
    requests, opened, in_flight = stats_of(done)
    assert (requests, opened) == (counters["requests"], counters["opened"]) == (requests, sockets)
    # The client counts a request from its submission, the node from its arrival.
    assert in_flight >= counters["max_per_conn"]
    if mode in ("serial", "threaded") or options == ["--jobs", 1]:
        assert in_flight == counters["max_per_conn"] == 1


@pytest.mark.parametrize("mode", ["threaded", "gathered", "shared"])
def test_seven_in_flight(space, mode):
    """The gate opens when seven reads are in flight: with fewer there would be no answer in time."""
    space.gate(7, methods=["state_getStorage"], limit="600s")
    answer = value("--mode", mode, "storage", "SubtensorModule", "Tempo", "1..7", url=space.url())
    assert [one["value"] for one in answer] == [100, 14, 16, 18, 10, 22, 10]
    counters = space.counters()
    assert counters["max_total"] == 7
    assert counters["max_per_conn"] == (1 if mode == "threaded" else 7)


# ---- what there is ----


def test_list():
    done = subtensor("list")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(line == line.rstrip() for line in done.stdout.splitlines())
    listed = json.loads(subtensor("list", "--json").stdout)
    names = [function["name"] for function in listed]
    assert set(NAMED + GENERIC) <= set(names) and len(set(names)) == len(names)
    for function in listed:
        assert function["help"] and function["result"]
        assert all(argument["wanted"] and argument["help"] for argument in function["arguments"])
        line = next(line for line in done.stdout.splitlines() if line.split(" ")[0] == function["name"])
        for argument in function["arguments"]:
            assert argument["name"].upper() in line


@pytest.mark.parametrize("name", NAMED + GENERIC)
def test_help_of_a_function(name):
    done = subtensor("help", name)
    assert (done.returncode, done.stderr) == (0, "")
    function = next(f for f in json.loads(subtensor("list", "--json").stdout) if f["name"] == name)
    assert function["help"] in done.stdout and function["result"] in done.stdout
    for argument in function["arguments"]:
        assert f"  {argument['name']}: " in done.stdout and argument["wanted"] in done.stdout
    assert subtensor(name, "--help").stdout == done.stdout


def test_help_and_version():
    done = subtensor("--help")
    assert done.returncode == 0 and "--mode" in done.stdout and "Exit status" in done.stdout
    for words in (["help"], ["list", "--help"], ["help", "list"], ["help", "adapter"], ["help", "help"]):
        assert subtensor(*words).stdout == done.stdout
    assert subtensor("tempo", 2, "--help").stdout == subtensor("help", "tempo").stdout
    assert subtensor("--version").stdout.startswith("subtensor ")


# ---- bad input ----


@pytest.mark.parametrize("arguments, status, words", [
    ([], 2, ["--help"]),
    (["-x", "tempo", 1], 2, ['"-x"', "--help"]),
    (["help", "tempo", "weights"], 2, ["help"]),
    (["--mode", "", "tempo", 1], 2, ['--mode ""', "gathered"]),
    (["tempo\nx\x1b[1m\x85", 1], 3, ['"tempo x?[1m??"']),
    (["--block", "1\r\n2", "tempo", 1], 2, ["1  2"]),
    (["--nonsense"], 2, ["--nonsense", "--help"]),
    (["--mode", "fast", "tempo", 1], 2, ["fast", "gathered"]),
    (["--mode", "serial", "--mode", "shared", "tempo", 1], 2, ["--mode stands twice"]),
    (["--blok", 1, "tempo", 1], 2, ["--blok", "nearest is --block"]),
    (["tempo", 1, "--mode"], 2, ["--mode"]),
    (["--jobs", 0, "tempo", 1], 2, ["--jobs", "0"]),
    (["--block", "head", "tempo", 1], 2, ["--block", "head"]),
    (["--block", -1, "tempo", 1], 2, ["-1"]),
    (["--block", 2**32, "tempo", 1], 2, ["4294967296", "up to 4294967295"]),
    (["--block-hash", "0x12", "tempo", 1], 2, ["0x12", "64"]),
    (["--block", 1, "--block-hash", "0x" + "45" * 32, "tempo", 1], 2, ["--block-hash"]),
    (["--timeout", 5, "tempo", 1], 2, ["--timeout", "5s"]),
    (["--timeout", "0s", "tempo", 1], 2, ["0s"]),
    (["--network", "finny", "tempo", 1], 2, ["finny", "finney"]),
    (["--network", "http://127.0.0.1", "tempo", 1], 2, ["http://127.0.0.1"]),
    (["list", "tempo"], 2, ["list"]),
    (["adapter", "ftp://x"], 2, ["adapter"]),
    (["adapter", "--block", 3], 2, ["pin"]),
    (["help", "tempoo"], 3, ["tempoo", '"tempo"']),
    (["tempoo", 1], 3, ["tempoo", '"tempo"']),
    (["storge", "System", "Account"], 3, ["storge", '"storage"']),
    (["constnt", "System", "Version"], 3, ["constnt", '"constant"']),
    (["tempo"], 2, ["netuid", "missing"]),
    (["tempo", 1, 2], 2, ["1 argument", "2 are given"]),
    (["tempo", "netuid=1", "netuid=2"], 2, ["netuid", "twice"]),
    (["tempo", "one"], 2, ["netuid", "0 to 65535", "one"]),
    (["tempo", ""], 2, ["netuid", "0 to 65535"]),
    (["tempo", 65536], 2, ["0 to 65535", "65536"]),
    (["tempo", "99999999999999999999"], 2, ["0 to 65535", "99999999999999999999"]),
    (["tempo", -1], 2, ["-1"]),
    (["tempo", "1.5"], 2, ["1.5"]),
    (["tempo", "1,2,"], 2, ["netuid"]),
    (["tempo", "7..1"], 2, ["7..1"]),
    (["tempo", "0..4294967295"], 2, ["100000"]),
    (["weights", "0..999", "0..999"], 2, ["100000"]),
    (["get_balance", ALICE[:-1] + "X"], 2, ["address", "checksum"]),
    (["get_balance", ALICE[:-1]], 2, ["address"]),
    (["get_balance", "5Grw"], 2, ["length"]),
    (["get_balance", ALICE.replace("G", "0")], 2, ["address", "character"]),
    (["get_balance", POLKADOT], 2, ["prefix", "42"]),
    (["get_balance", "0x1234"], 2, ["address"]),
    (["get_balance", f"{ALICE},{BOB[:-1]}X"], 2, ["checksum", BOB[:-1] + "X"]),
    (["tempo", "2,65536"], 2, ['{"netuid":65536}: ']),
    (["get_balances", ALICE, "x"], 2, ["addresses"]),
    (["get_balances", "[1"], 2, ["byte"]),
    (["storage", "System"], 2, ["at least 2"]),
    (["constant", "System", "BlockHashCount", 1], 2, ["2 arguments", "3 are given"]),
    (["block", 7], 2, ["block"]),
    (["state_call", "Core_version", "0x1"], 2, ["data"]),
])
def test_bad_command_lines_ask_nothing(arguments, status, words):
    """There is no node: what is wrong is found out before one is needed."""
    url = None if "--network" in arguments or "adapter" in arguments else "ws://127.0.0.1:1"
    refused(subtensor(*arguments, url=url), status, *words)


@pytest.mark.parametrize("arguments, status, words", [
    (["storage", "Sytem", "Account"], 3, ["Sytem", '"System"']),
    (["storage", "System", "Acount"], 3, ["Acount", '"Account"']),
    (["storage", "System", "Account", 1, 2], 2, ["1 argument", "AccountId32", "2 are given"]),
    (["storage", "System", "Account", ALICE[:-1] + "X"], 2, ["checksum"]),
    (["storage", "SubtensorModule", "Tempo", 65536], 2, ["u16", "65536"]),
    (["storage", "SubtensorModule", "Tempo", "x"], 2, ["u16", '"x"']),
    (["constant", "Balances", "ExistentialDeposits"], 3, ['"ExistentialDeposit"']),
    (["runtime-call", "NeuronInfoRuntimeAp", "get_neurons", 2], 3, ['"NeuronInfoRuntimeApi"']),
    (["runtime-call", "NeuronInfoRuntimeApi", "get_neuron_lit", 2], 3, ['"get_neuron_lite"']),
    (["runtime-call", "NeuronInfoRuntimeApi", "get_neurons"], 2, ["netuid", "0 are given"]),
    (["metadata", "Balance"], 3, ['"Balances"']),
    (["tempo", 2, "--block", 74], 3, ["block 74"]),
    (["tempo", 2, "--block-hash", "0x" + "ab" * 32], 3, ["abab"]),
    (["neurons", 2, "--block", 20], 4, ["-32055", "unmatched"]),
    (["neurons", "2,3", "--block", 20], 4, ["2 of 2 failed", '{"netuid":2}: ', "-32055"]),
])
@pytest.mark.parametrize("mode", MODES)
def test_what_the_chain_does_not_have(space, mode, arguments, status, words):
    refused(subtensor("--mode", mode, *arguments, url=space.url()), status, *words)


@pytest.mark.parametrize("mode", MODES)
def test_a_node_that_cannot_be_reached(mode):
    refused(subtensor("--mode", mode, "tempo", 2, url="ws://127.0.0.1:1"), 5, "127.0.0.1", "port 1")


def test_no_such_host():
    done = subtensor("tempo", 2, url="ws://no-host.invalid:9944")
    refused(done, 5, "no-host.invalid", "ame ")  # "Name or service not known", or a failure in name resolution
    assert "the connection failed" not in done.stderr


@pytest.mark.parametrize("mode", MODES)
def test_no_answer_in_time(space, mode):
    """The first request is held, so that nothing else can be what is too slow."""
    space.gate(100, methods=["chain_getBlockHash"], limit="600s")
    soon = "1s" if PATIENCE == 1 else "9s"
    done = subtensor("--mode", mode, "--timeout", soon, "storage", "SubtensorModule", "Tempo", 2, url=space.url())
    refused(done, 7, "chain_getBlockHash")


@pytest.fixture
def damaged(tmp_path, start):
    """A node whose Tempo of subnet 3 has one byte, where two are wanted, in every block."""
    copy = Copy(tmp_path / "damaged")
    state = copy.read("state.jsonl")
    for line in state:
        if line.get("key") == tempo_key(3):
            line["value"] = "0x10"
    copy.write("state.jsonl", state)
    return start(copy.seal()).space()


@pytest.mark.parametrize("mode", MODES)
def test_bytes_that_do_not_decode(damaged, mode):
    refused(subtensor("--mode", mode, "storage", "SubtensorModule", "Tempo", 3, url=damaged.url()), 6, "Tempo")
    refused(subtensor("--mode", mode, "storage", "SubtensorModule", "Tempo", url=damaged.url()), 6, "Tempo")
    done = subtensor("--mode", mode, "storage", "SubtensorModule", "Tempo", "2..4", url=damaged.url())
    assert done.returncode == 6 and done.stderr.startswith("subtensor: 1 of 3 failed")
    two, three, four = json.loads(done.stdout)
    assert (two["value"], four["value"]) == (14, 18)
    assert three["args"][2] == 3 and "value" not in three and three["error"]["status"] == "decode"


def test_a_failure_has_no_stats_of_success(space):
    """The stats follow the one line that says what is wrong."""
    done = subtensor("--stats", "tempo", 2, "--block", 74, url=space.url())
    lines = done.stderr.splitlines()
    assert done.returncode == 3 and len(lines) == 2 and lines[1].startswith("requests ")


# ---- output ----


def terminal(*arguments, stream="stdout", columns=0):
    """(exit status, what the terminal saw) with one stream a terminal and the other one thrown away. No
    columns: a terminal that does not know how wide it is."""
    master, slave = os.openpty()
    termios.tcsetwinsize(slave, (24, columns))
    other = "stderr" if stream == "stdout" else "stdout"
    process = subprocess.Popen(
        [*SUBTENSOR, *map(str, arguments)], stdin=subprocess.DEVNULL,
        **{stream: slave, other: subprocess.DEVNULL},
    )
    os.close(slave)
    seen = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # how Linux says that the last writer has gone
            break
        if not part:
            break
        seen += part
    os.close(master)
    return process.wait(60 * PATIENCE), seen.decode().replace("\r\n", "\n")


def test_a_terminal_gets_tables(space):
    network = ["--network", space.url()]
    assert terminal(*network, "tempo", 2) == (0, "14\n")
    status, text = terminal(*network, "tempo", "2..5")
    assert (status, text) == (0, "args.netuid  value\n"
                                 "          2     14\n"
                                 "          3     16\n"
                                 "          4     18\n"
                                 "          5   null\n")
    assert text == subtensor("--table", "tempo", "2..5", url=space.url()).stdout
    assert terminal(*network, "--json", "tempo", "2..2") == (0, '[{"args":{"netuid":2},"value":14}]\n')


def test_tables(space):
    def table(*arguments):
        done = subtensor("--table", *arguments, url=space.url())
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    account = value("storage", "System", "Account", ALICE, url=space.url())
    shown = dict(line.split() for line in table("storage", "System", "Account", ALICE).splitlines())
    assert shown["nonce"] == str(account["nonce"]) and shown["data.free"] == str(account["data"]["free"])
    assert table("get_all_subnets_netuid").split() == [
        str(netuid) for netuid in value("get_all_subnets_netuid", url=space.url())]
    neurons = value("neurons_lite", 2, url=space.url())
    lines = table("neurons_lite", 2).splitlines()
    assert len(lines) == 1 + len(neurons) and len({len(line) for line in lines}) <= 2
    column = lines[0].index("coldkey")
    assert [line[column:column + 48] for line in lines[1:]] == [n["coldkey"] for n in neurons]
    assert "\npallets:\nname" in table("metadata") and "\napis:\nname" in table("metadata")
    assert table("storage", "SubtensorModule", "Uids", 99) == "[]\n"


def test_a_narrow_terminal(space):
    """A line that would be wrapped becomes a block of names and values; one column more, and it does not."""
    network = ["--network", space.url()]
    for question in (["tempo", "2..3"], ["neurons_lite", 2], ["metadata", "Balances"]):
        lines = subtensor("--table", *question, url=space.url()).stdout
        width = max(len(line) for line in lines.splitlines())
        assert terminal(*network, *question, columns=width) == (0, lines)
        assert terminal(*network, *question, columns=width - 1)[1] != lines
    status, text = terminal(*network, "tempo", "2..3", columns=17)
    assert (status, text) == (0, "args.netuid  2\nvalue        14\n\nargs.netuid  3\nvalue        16\n")
    _, text = terminal(*network, "neurons_lite", 2, columns=80)
    blocks = [dict(line.split(None, 1) for line in block.splitlines()) for block in text.split("\n\n")]
    neurons = value("neurons_lite", 2, url=space.url())
    assert [(block["hotkey"], block["stake"], block["active"], block["axon_info.ip"]) for block in blocks] == [
        (neuron["hotkey"], str(neuron["stake"]), str(neuron["active"]).lower(), neuron["axon_info"]["ip"])
        for neuron in neurons]


def compact_text(text):
    """A Vec<Compact<u8>>, as names are in a DynamicInfo, for bytes of 64 and more."""
    data = text.encode()
    return bytes([len(data) << 2]).hex() + "".join((byte << 2 | 1).to_bytes(2, "little").hex() for byte in data)


def columns_of(text):
    wide = {"W": 2, "F": 2}
    return sum(0 if unicodedata.combining(c) else wide.get(unicodedata.east_asian_width(c), 1) for c in text)


def test_names_of_any_script(tmp_path, start):
    """Columns line up where characters take two of them or none; what would turn the line around is not shown."""
    names = {"apex": "\U0001f600", "targon": "\u65e5\u672c", "infinite": "u\u0308\u202eab"}
    copy = Copy(tmp_path / "named")
    calls = copy.read("calls.jsonl")
    for line in calls:
        for old, new in names.items():
            assert len(old.encode()) == len(new.encode())
            line["result"] = line["result"].replace(compact_text(old), compact_text(new)) \
                if isinstance(line.get("result"), str) else line.get("result")
    copy.write("calls.jsonl", calls)
    space = start(copy.seal()).space()
    subnets = value("all_subnets", url=space.url())
    assert [subnet["subnet_name"] for subnet in subnets if subnet["netuid"] in (1, 4, 6)] == list(names.values())
    title, *lines = subtensor("--table", "all_subnets", url=space.url()).stdout.splitlines()
    begin = title.index("symbol")
    for line, subnet in zip(lines, subnets, strict=True):
        name = subnet["subnet_name"].replace("\u202e", "?")
        before, behind = line.split(name + " ", 1)
        gap = len(behind) - len(behind.lstrip())
        assert columns_of(before + name + " ") + gap == begin


@pytest.mark.parametrize("function", ["storage", "query_map"])
def test_progress_of_a_long_map(space, function):
    status, text = terminal("--network", space.url(), function, "System", "Account", stream="stderr")
    count = len(value("storage", "System", "Account", url=space.url()))
    assert status == 0 and text == f"\r{count} entries\r\x1b[K"


def test_progress_from_page_to_page(tmp_path, start):
    """A map of 2,500 entries more than the recording has: one line that is written over, and is gone at the end."""
    copy = Copy(tmp_path / "long")
    state = copy.read("state.jsonl")
    end = [number for number, line in enumerate(state) if "set" in line][1]
    more = [{"key": tempo_key(netuid), "value": "0x0b00"} for netuid in range(1000, 3500)]
    first = sorted(state[1:end] + more, key=lambda line: line["key"])
    copy.write("state.jsonl", state[:1] + first + state[end:])
    url = start(copy.seal()).url
    status, text = terminal("--network", url, "storage", "SubtensorModule", "Tempo", stream="stderr")
    entries = value("storage", "SubtensorModule", "Tempo", url=url)
    assert {entry["args"][0]: entry["value"] for entry in entries}.items() >= {
        netuid: 11 for netuid in range(1000, 3500)}.items()
    *counts, rest = text.split(" entries")
    assert (status, rest) == (0, "\r\x1b[K") and len(counts) > 2
    assert all(count.startswith("\r") for count in counts)
    numbers = [int(count) for count in counts]
    assert numbers == sorted(set(numbers)) and numbers[-1] == len(entries)


def test_no_progress_elsewhere(space):
    assert subtensor("storage", "System", "Account", url=space.url()).stderr == ""


@pytest.mark.parametrize("ignored", [False, True])
def test_a_reader_who_has_gone(space, ignored):
    """Standard output is a pipe that nobody reads: no word about it, whatever SIGPIPE does."""
    read, write = os.pipe()
    os.close(read)
    process = subprocess.Popen(
        [*SUBTENSOR, "--network", space.url(), "metagraph", "2"], stdout=write, stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL, text=True, restore_signals=not ignored,
    )
    os.close(write)
    _, errors = process.communicate(timeout=60 * PATIENCE)
    assert errors == ""
    assert process.returncode == (1 if ignored else -signal.SIGPIPE)


def test_output_that_cannot_be_written(space):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*SUBTENSOR, "--network", space.url(), "tempo", "2"], stdout=full, stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL, text=True, timeout=60 * PATIENCE, check=False,
        )
    assert done.returncode == 1 and done.stderr.count("\n") == 1 and "standard output" in done.stderr


@pytest.mark.parametrize("closed", [[1], [0, 1], [0, 1, 2]])
def test_streams_that_the_caller_has_closed(space, closed):
    """Their numbers go to no socket: the answer is not written to the node, but fails to be written."""
    redirections = " ".join(f"{stream}>&-" for stream in closed)
    done = subprocess.run(
        ["sh", "-c", f'"$@" {redirections}', "sh", *SUBTENSOR, "--network", space.url(), "tempo", "2"],
        capture_output=True, text=True, timeout=60 * PATIENCE, check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ("" if 2 in closed else f"subtensor: standard output: {os.strerror(errno.EBADF)}\n")


def test_the_recording_has_seen_it_all(space, truth):
    """The default fixture is what these tests were written for."""
    assert (truth.folder, truth.head["number"]) == (FIXTURE, 73)
