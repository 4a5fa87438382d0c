"""What the parts of the benchmark share: building, the packages of rivals, servers on their core and clients
on theirs, questions to the node, and tables."""

import json
import os
import pathlib
import platform
import select
import subprocess
import sys
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
READY_SECONDS = 20
# twox128("SubtensorModule"): the pallet whose storage the questions read.
PALLET = "0x658faa385070e074c85bf6b568cf0555"
QUESTIONS = 256
SMALL = 16  # bytes of a value that is still a small read


class BenchError(Exception):
    """What stops the run, in one line."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def build(options):
    """Builds as everyone does, unless a build folder was named."""
    if options.build is None:
        options.build = str(ROOT / "build")
        done = subprocess.run([str(ROOT / "ci" / "build")], stdout=sys.stderr)
        if done.returncode != 0:
            raise BenchError("ci/build failed; see above")


def cores():
    usable = sorted(os.sched_getaffinity(0))
    return usable[0], usable[-1]


class Server:
    """A server on its core, from its ready line to SIGTERM."""

    def __init__(self, name, command):
        self.name = name
        core = cores()[0]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}))
        ready, _, _ = select.select([self.process.stdout], [], [], READY_SECONDS)
        line = self.process.stdout.readline() if ready else ""
        if not line:
            self.stop()
            raise BenchError(f"{name} gave no ready line; it was started as: {' '.join(command)}")
        self.port = json.loads(line)["port"]

    def cpu_seconds(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii")
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


def post(port, body):
    """One HTTP request to the node; a batch when `body` is a list."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/", json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except (urllib.error.URLError, ValueError) as error:
        raise BenchError(f"mocknode over HTTP: {error}") from error


def ask_each(port, method, params):
    """A batch: the results of one method for each of these parameters."""
    answers = post(port, [{"jsonrpc": "2.0", "id": i, "method": method, "params": each}
                          for i, each in enumerate(params)])
    return [result(entry) for entry in sorted(answers, key=lambda entry: entry["id"])]


def ask(port, method, params):
    return result(post(port, {"jsonrpc": "2.0", "id": 0, "method": method, "params": params}))


def result(answer):
    if "error" in answer:
        raise BenchError(f"mocknode answers with {answer['error']}")
    return answer["result"]


def write_workload(port, path):
    """Picks small values of the fixture, pinned to its head, as lines of PARAMS, tab, RESULT."""
    head = ask(port, "chain_getBlockHash", [])
    keys = ask(port, "state_getKeysPaged", [PALLET, 1000, PALLET, head])
    lines = []
    for start in range(0, len(keys), 100):
        part = keys[start:start + 100]
        values = ask_each(port, "state_getStorage", [[key, head] for key in part])
        lines += [f"{json.dumps([key, head], separators=(',', ':'))}\t{json.dumps(value)}\n"
                  for key, value in zip(part, values)
                  if value is not None and len(value) <= 2 + 2 * SMALL]
    if not lines:
        raise BenchError("the fixture has no small value of SubtensorModule at its head")
    path.write_text("".join(lines[:QUESTIONS]), encoding="ascii")


def client(name, command, may_lose=False, seconds=None, env=None):
    """Runs one client on its core and reads its one line of JSON."""
    core = cores()[1]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=seconds, env=env,
                          preexec_fn=lambda: os.sched_setaffinity(0, {core}))
    try:
        figures = json.loads(done.stdout)
    except ValueError as error:
        raise BenchError(f"{name} gave no figures: {done.stderr.strip()}") from error
    if figures["wrong"] or (figures["lost"] and not may_lose):
        raise BenchError(f"{name}: {figures['lost']} lost, {figures['wrong']} wrong: {figures}")
    return figures


def table(head, rows):
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = [head, ["-" * width for width in widths], *rows]
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |"
                     for line in lines)


def ratio(figures, most=False):
    """A ratio and whether it meets its aim, which is the least, or the most."""
    text = f"{figures['median']:.2f}"
    if figures["aim"] is None:
        return text
    met = figures["median"] <= figures["aim"] if most else figures["median"] >= figures["aim"]
    return f"{text} ({'met' if met else 'missed'}: {figures['aim']:.2f})"


def machine():
    model = platform.machine()
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{len(os.sched_getaffinity(0))} cores {model}, Linux {platform.release().split('-')[0]}"
