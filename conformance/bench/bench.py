"""What the parts of the benchmark share: building, the packages of rivals, servers on their core and clients
on theirs, questions to the node, and tables."""

import json
import os
import pathlib
import platform
import select
import shutil
import subprocess
import sys
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
READY_SECONDS = 20


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


def install_peers():
    """Fills the cache folder with what package-lock.json says; returns the folder."""
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = pathlib.Path(cache) / "subtensor-mock" / "bench-peers"
    folder.mkdir(parents=True, exist_ok=True)
    lock = (HERE / "package-lock.json").read_bytes()
    stamp = folder / "installed"
    for path in (HERE / "package.json", HERE / "package-lock.json", *HERE.glob("*.mjs")):
        shutil.copy(path, folder)
    if not stamp.exists() or stamp.read_bytes() != lock:
        say("installing ws and @polkadot/api")
        try:
            subprocess.run(
                ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
                cwd=folder, check=True, stdout=sys.stderr)
        except (OSError, subprocess.CalledProcessError) as error:
            raise BenchError(f"npm ci in {folder}: {error}; `--only node` needs no npm") from error
        stamp.write_bytes(lock)
    return folder


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


def machine():
    model = platform.machine()
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{len(os.sched_getaffinity(0))} cores {model}, Linux {platform.release().split('-')[0]}"
