"""Runs the guide's programs on the mock node and prints the table of ./ci/demo.

Each program runs twice, each time in a space of its own. In the first run a gate holds the replies until
seven questions are in flight (none for the serial program, which would wait for ever): answers and
counters come from it, and they alone decide the exit status. The second run has 50 ms of latency and no
gate: the wall time comes from it, and decides nothing. All counters are the node's.
"""

import json
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

# What each mode must show: sockets opened, at once, in flight per socket, in flight in all.
EXPECTED = {
    "serial": (1, 1, 1, 1),
    "threaded": (7, 7, 1, 7),
    "gathered": (1, 1, 7, 7),
    "shared": (1, 1, 7, 7),
}
ANSWERS = "1,2,3,4,6"
GATE = {"gates": [{"name": "all seven", "n": 7}],
        "rules": [{"on": "arrived", "match": {"methods": ["state_getStorage"]},
                   "do": [{"hold": {"gate": "all seven"}}]}]}
LATENCY = "50ms"
HEADINGS = (
    "mode", "answers", f"at {LATENCY}", "requests", "sockets\nopened", "sockets\nat once",
    "in flight\nper socket", "in flight\nin all", "identical",
)


class Node:
    """A mock node for the length of a `with`."""

    def __init__(self, program, fixture):
        self.process = subprocess.Popen(
            [program, "serve", fixture, "--port", "0"], stdout=subprocess.PIPE, text=True
        )

    def __enter__(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit("demo: the mock node did not start; see its message above")
        self.port = json.loads(line)["port"]
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)

    def control(self, space, method, *params):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/s/{space}",
            body.encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as reply:
            answer = json.load(reply)
        if "error" in answer:
            sys.exit(f"demo: {method}: {answer['error']}")
        return answer["result"]


def ask(node, program, space):
    """Runs one program in a space; its answers ("1,2" or what went wrong) and its seconds."""
    url = f"ws://127.0.0.1:{node.port}/s/{space}"
    begin = time.monotonic()
    try:
        done = subprocess.run([program, url], capture_output=True, text=True, timeout=60)
    except subprocess.TimeoutExpired:
        return "hangs", 60.0
    seconds = time.monotonic() - begin
    if done.returncode != 0:
        sys.stderr.write(done.stderr)
        return f"exit {done.returncode}", seconds
    pairs = re.findall(r"^subnet (\d+): (exists|absent)$", done.stdout, re.MULTILINE)
    if [netuid for netuid, _ in pairs] != list("1234567"):
        return "unreadable", seconds
    return ",".join(netuid for netuid, answer in pairs if answer == "exists"), seconds


def measure(node, programs, mode):
    program = programs / mode
    counted, timed = f"{mode}-counted", f"{mode}-timed"
    if mode != "serial":
        node.control(counted, "mock_setScript", GATE)
    answers, _ = ask(node, program, counted)
    stats = node.control(counted, "mock_stats")
    node.control(timed, "mock_setLatency", LATENCY)
    _, seconds = ask(node, program, timed)
    return answers, seconds, stats


def print_table(rows):
    heads = [(heading.split("\n") + [""])[:2] for heading in HEADINGS]
    lines = [*zip(*heads), *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    for index, line in enumerate(lines):
        cells = [
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths))
        ]
        print("  ".join(cells).rstrip())
        if index == 1:
            print("  ".join("-" * width for width in widths))


def main():
    programs, fixture = Path(sys.argv[1]), sys.argv[2]
    rows, wrong, first = [], [], None
    with Node(programs / "mocknode", fixture) as node:
        for mode, expected in EXPECTED.items():
            answers, seconds, stats = measure(node, programs, mode)
            first = first or answers
            counters = (
                stats["conns"]["opened"],
                stats["conns"]["peak"],
                stats["inflight"]["max_per_conn"],
                stats["inflight"]["max_total"],
            )
            identical = answers == first == ANSWERS
            rows.append(
                (mode, answers, f"{seconds * 1000:.0f} ms", str(stats["requests"]["total"]))
                + tuple(map(str, counters))
                + ("yes" if identical else "no",)
            )
            if not identical:
                wrong.append(f"{mode}: answers {answers}, expected {ANSWERS}")
            if counters != expected:
                wrong.append(f"{mode}: counters {counters}, expected {expected}")
            if stats["unmatched"] or stats["gate_timeouts"]:
                wrong.append(f"{mode}: {stats['unmatched']} unmatched requests, "
                             f"{stats['gate_timeouts']} gate time-outs")
    print("Which of the subnets 1 to 7 exist? Asked of a recorded Subtensor in four ways.\n")
    print_table(rows)
    print("\nCounters are the node's. Answers and counters decide the exit status; times do not.")
    for line in wrong:
        print(f"WRONG: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
