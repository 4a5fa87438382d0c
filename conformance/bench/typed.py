"""The benchmark of typed answers: decoding the same bytes, gathers of a typed question, and the first answer of a
process, by the library and by what it is measured beside."""

import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

from bench import (HERE, ROOT, READY_SECONDS, BenchError, Server, ask, client, cores, say, table)

sys.path.insert(0, str(HERE.parent))
from testenv.paths import CACHE, NPM, sdk_python  # behind the path to it
from testenv.programs import environment

LARGE = ROOT / "fixtures" / "subtensor-293-large"
NETWORKS_ADDED = "0x658faa385070e074c85bf6b568cf05550e30450fc4d507a846032a7fa65d9a43"
DECODE_PART = 5  # each decoder has a fifth of --ms for each subject
EXISTS_ROUNDS = 3
FEWER = 10  # one that was cut off is asked for so many times fewer, too
PATIENCE_SECONDS = 15  # after them a peer is cut off
LATENCY_MS, LATENCY_COUNT, LATENCY_AIM = 50, 1000, 1.1
FIRST_ROUNDS, FIRST_MS, FIRST_KB = 20, 20, 10240
OURS = "libsubtensor"
# Who decodes what; ours first. bt_decode has structs for neurons, and values made of metadata for all else; the
# others have only such. Our structs are beside each one's best, our JSON beside values made of metadata.
OTHERS = ("bittensor_core", "async_substrate", "polkadot_api")
SUBJECTS = {
    "metadata": (OURS, "bt_decode", "bittensor_core", "polkadot_api"),
    "neurons_lite": (OURS, "bt_decode", *OTHERS),
    "neurons_lite_generic": (OURS, *OTHERS),
    "metagraph": (OURS, "bt_decode", *OTHERS),
    "metagraph_generic": (OURS, "bt_decode", *OTHERS),
}
TITLES = {"metadata": "metadata V15", "neurons_lite": "neurons_lite, structs",
          "neurons_lite_generic": "neurons_lite, JSON", "metagraph": "metagraph, structs",
          "metagraph_generic": "metagraph, JSON"}
EXISTS_AIMS = {"AsyncSubtensor": 200.0, "polkadot_api": 25.0}
ROW = ("uid", "emission", "trust", "validator_trust", "dividends", "last_update")
LISTS = ("emission", "total_stake", "incentives", "trust", "dividends", "last_update")


def bt_decode_python():
    """The Python that has bt_decode, in an environment of the cache folder."""
    return CACHE / "venv-bt-decode" / "bin" / "python"


# ---- decoding

def write_bytes(folder):
    """The recorded bytes, as each decoder is given them."""
    (blob,) = (LARGE / "blobs").iterdir()
    shutil.copy(blob, folder / "metadata.bin")
    for line in (LARGE / "calls.jsonl").read_text(encoding="utf-8").splitlines():
        call = json.loads(line)
        if call["method"] == "state_call":
            name = call["params"][0].partition("_get_")[2]
            (folder / f"{name}.bin").write_bytes(bytes.fromhex(call["result"][2:]))


class Decoder:
    """A process that answers lines WHAT MS FILE with a line of figures, each time on the clients' core."""

    def __init__(self, name, command, home):
        self.name = name
        self.errors = tempfile.TemporaryFile("w+")
        core = cores()[1]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True,
            env=environment(home), preexec_fn=lambda: os.sched_setaffinity(0, {core}))

    def decode(self, subject, ms, path):
        try:
            self.process.stdin.write(f"{subject} {ms} {path}\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())
        except (OSError, ValueError) as error:
            self.errors.seek(0)
            raise BenchError(f"{self.name} did not decode {subject}: {self.errors.read().strip()}") from error

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(READY_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.errors.close()


def decoders(options, folder):
    script, home = HERE / "decode_peer.py", folder / "home"
    polkadot = NPM / "decode_polkadot.mjs"
    shutil.copy(HERE / polkadot.name, polkadot)
    commands = {
        OURS: [pathlib.Path(options.build) / "bench" / "decode", "--folder", folder],
        "bt_decode": [bt_decode_python(), script, "bt_decode", folder],
        "bittensor_core": [sdk_python("11.3.0"), script, "bittensor_core", folder],
        "async_substrate": [sdk_python("10.5.0"), script, "async_substrate", folder],
        "polkadot_api": ["node", polkadot, folder],
    }
    return {name: Decoder(name, [str(part) for part in command], home)
            for name, command in commands.items()}


BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def flat(value):
    return [byte for part in value for byte in flat(part)] if isinstance(value, list) else [value]


def account(value):
    """The hexadecimal digits of an account: an SS58 address, "0x…", or lists of its bytes in lists."""
    if isinstance(value, list):
        return bytes(flat(value)).hex()
    if value.startswith("0x"):
        return value[2:]
    number = 0
    for letter in value:
        number = number * 58 + BASE58.index(letter)
    return number.to_bytes(35, "big")[1:33].hex()


def facts(subject, value):
    """What a value says, whoever decoded it: some members of each neuron, under one name and in one form."""
    if subject == "metadata":
        return value
    if subject.startswith("neurons_lite"):
        stakes = [each.get("stake_dict", each["stake"]) for each in value]
        return [[account(each["hotkey"]), sum(int(amount) for _, amount in stake),
                 *(int(each[name]) for name in ROW)] for each, stake in zip(value, stakes)]
    lists = [[int(number) for number in value[name]] for name in LISTS]
    return list(zip(*([account(key) for key in value[name]] for name in ("hotkeys", "coldkeys")), *lists))


def measure_decode(options, scratch):
    write_bytes(scratch)
    peers = decoders(options, scratch)
    times = {subject: {name: [] for name in names} for subject, names in SUBJECTS.items()}
    path, ms, said = scratch / "value.json", max(options.ms // DECODE_PART, 1), {}
    try:
        for turn in range(options.rounds):
            say(f"decode: round {turn + 1} of {options.rounds}")
            for subject, names in SUBJECTS.items():
                for name in names:
                    times[subject][name].append(peers[name].decode(subject, ms, path)["us"])
                    found = facts(subject, json.loads(path.read_text(encoding="utf-8")))
                    if found != said.setdefault(subject.partition("_generic")[0], found):
                        raise BenchError(f"{name} decodes {subject} to something else")
    finally:
        for peer in peers.values():
            peer.stop()
    return [{"subject": subject, "decoders": {name: {
        "rounds": rounds, "median": statistics.median(rounds),
        "ratio": statistics.median(theirs / ours for theirs, ours in zip(rounds, each[OURS]))}
        for name, rounds in each.items()}} for subject, each in times.items()]


# ---- gathers of subnet_exists

def existing(port):
    """The netuids that have been added: ",0,1,2,"."""
    head = ask(port, "chain_getBlockHash", [])
    keys = ask(port, "state_getKeysPaged", [NETWORKS_ADDED, 1000, NETWORKS_ADDED, head])
    netuids = [int.from_bytes(bytes.fromhex(key[-4:]), "little") for key in keys]
    return "," + "".join(f"{netuid}," for netuid in netuids)


def requests(port):
    return ask(port, "mock_stats", [])["requests"]["total"]


def gather(options, node, name, command, home, count):
    """One client's gathers. A peer that loses replies, or is not done in time, is cut off and said to."""
    before, ours = requests(node.port), name == OURS
    try:
        found = client(name, [*command, "--url", f"ws://127.0.0.1:{node.port}/", "--exist",
                              existing(node.port), "--count", str(count), "--ms",
                              str(options.ms if ours else 1)],
                       may_lose=not ours, seconds=PATIENCE_SECONDS, env=environment(home))
    except subprocess.TimeoutExpired:
        return {"lost": None}
    asked = requests(node.port) - before
    if asked < found["passes"] * count:
        raise BenchError(f"{name} asked {asked} times for {found['passes']} times {count} answers")
    return found


def measure_exists(options, node, peers, scratch):
    programs = {OURS: [str(pathlib.Path(options.build) / "bench" / "exists")],
                "AsyncSubtensor": [str(sdk_python("10.5.0")), str(HERE / "exists_sdk.py")],
                "polkadot_api": ["node", str(peers / "exists_polkadot.mjs")]}
    home, counts = scratch / "home", dict.fromkeys(programs, options.count)
    rounds, lost, at_least = {name: [] for name in programs}, {}, {}
    for turn in range(min(options.rounds, EXISTS_ROUNDS)):
        for name, command in programs.items():
            say(f"exists: round {turn + 1}, {name}")
            found = gather(options, node, name, command, home, counts[name])
            if found["lost"] != 0 and name not in lost:
                if found["lost"] is None:  # all of them take longer than it was given
                    at_least[name] = PATIENCE_SECONDS * 1e6 / options.count / rounds[OURS][-1]
                lost[name], counts[name] = found["lost"], max(options.count // FEWER, 1)
                found = gather(options, node, name, command, home, counts[name])
            if found["lost"] != 0:
                raise BenchError(f"{name} does not even answer {counts[name]} questions")
            rounds[name].append(found["us"] / counts[name])
    return {name: {"us_per_answer": each, "median": statistics.median(each), "count": counts[name],
                   "lost": lost.get(name, 0), "at_least": at_least.get(name, 0),
                   "aim": EXISTS_AIMS.get(name), "ratio": statistics.median(
                       theirs / ours for theirs, ours in zip(each, rounds[OURS]))}
            for name, each in rounds.items()}


def measure_latency(options):
    node = Server("mocknode", [str(pathlib.Path(options.build) / "bin" / "mocknode"), "serve",
                               options.fixture, "--port", "0", "--latency", f"{LATENCY_MS}ms"])
    try:
        each = [client(OURS, [
            str(pathlib.Path(options.build) / "bench" / "exists"), "--url", f"ws://127.0.0.1:{node.port}/",
            "--exist", existing(node.port), "--count", str(LATENCY_COUNT), "--ms", str(options.ms)])["us"]
            for _ in range(min(options.rounds, EXISTS_ROUNDS))]
    finally:
        node.stop()
    return {"rounds": each, "ratio": statistics.median(each) / (LATENCY_MS * 1000)}


# ---- the first answer

def measure_first(options, node):
    say("first: processes in a row")
    done = subprocess.run([str(pathlib.Path(options.build) / "bench" / "first"), "--url",
                           f"ws://127.0.0.1:{node.port}/", "--rounds", str(FIRST_ROUNDS)],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"first: {done.stderr.strip()}")
    each = [json.loads(line) for line in done.stdout.splitlines()]
    return {"rounds": each, "us": statistics.median(found["us"] for found in each),
            "kb": max(found["kb"] for found in each)}


# ---- tables

def aimed(met, text):
    return f"{'met' if met else 'missed'}: {text}"


def decode_row(entry):
    row = [TITLES[entry["subject"]], f"{entry['decoders'][OURS]['median']:,.0f}"]
    for name in ("bt_decode", "bittensor_core", "async_substrate", "polkadot_api"):
        figures = entry["decoders"].get(name)
        row.append("–" if figures is None else f"{figures['median']:,.0f} ({figures['ratio']:.1f})")
    least = min(figures["ratio"] for name, figures in entry["decoders"].items() if name != OURS)
    return row + [aimed(least > 1, "ahead")]


def exists_row(name, figures):
    lost, aim = figures["lost"], figures["aim"]
    row = [name, f"{figures['count']:,}", f"{figures['median'] * figures['count'] / 1000:,.0f} ms",
           f"{figures['median']:.2f}", f"{figures['ratio']:.1f}", "–"]
    if aim is not None:
        row[-1] = aimed(max(figures["ratio"], figures["at_least"]) >= aim, f"{aim:.0f}")
    if lost is None:
        row[0] += f" (cut off: of all not done in {PATIENCE_SECONDS} s)"
        row[4] += f" (of all over {figures['at_least']:.0f})"
    elif lost != 0:
        row[0] += f" (cut off: lost {lost:,})"
    return row


def report(result):
    if "decode" in result:
        print(table(["µs (times ours)", OURS, "bt_decode", "bittensor_core", "async-substrate-interface",
                     "polkadot-api", "aim"], [decode_row(entry) for entry in result["decode"]]) + "\n")
    if "exists" in result:
        print(table([f"{result['settings']['count']:,} subnet_exists", "in one gather", "took", "µs each",
                     "times ours", "aim"], [exists_row(*each) for each in result["exists"].items()]) + "\n")
        ratio = result["latency"]["ratio"]
        print(f"a gather of {LATENCY_COUNT:,} under {LATENCY_MS} ms: {ratio:.3f} of {LATENCY_MS} ms "
              f"({aimed(ratio <= LATENCY_AIM, LATENCY_AIM)})\n")
    if "first" in result:
        first = result["first"]
        print(f"first typed answer of a process: {first['us'] / 1000:.1f} ms, median of {FIRST_ROUNDS} "
              f"({aimed(first['us'] <= FIRST_MS * 1000, f'{FIRST_MS} ms')}), at most "
              f"{first['kb'] / 1024:.1f} MB ({aimed(first['kb'] <= FIRST_KB, f'{FIRST_KB // 1024} MB')})\n")
