"""Copies of a recording, edited as one would by hand, and sealed again by `mocknode verify --seal`."""

import json
import shutil
import subprocess

from .paths import FIXTURE, MOCKNODE, PATIENCE


def run(*arguments, timeout=60, **options):
    """A subcommand of mocknode that ends by itself."""
    return subprocess.run(
        [*MOCKNODE, *map(str, arguments)], capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=timeout * PATIENCE, check=False, **options,
    )


def dump(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


class Copy:
    """An editable copy of a recording."""

    def __init__(self, folder, source=FIXTURE):
        self.folder = folder
        shutil.copytree(source, folder)

    def read(self, name):
        return [json.loads(line) for line in (self.folder / name).read_text().splitlines()]

    def write(self, name, values):
        (self.folder / name).write_text("".join(dump(value) + "\n" for value in values))

    def seal(self):
        done = run("verify", "--seal", self.folder)
        assert done.returncode == 0, done.stderr
        return self.folder

    def remove_fact(self, key):
        """Removes every line of state.jsonl about a key; what is left says that it is absent."""
        before = self.read("state.jsonl")
        after = [line for line in before if line.get("key") != key]
        assert len(after) < len(before), f"no fact about {key}"
        self.write("state.jsonl", after)

    def remove_coverage(self, key):
        """Cuts the one key out of every covered stretch."""
        sets = self.read("state.jsonl")
        for line in sets:
            if "set" in line and line["covered"] != "base":
                line["covered"] = [part for span in line["covered"] for part in cut(span, key)]
        self.write("state.jsonl", sets)


def cut(span, key):
    """A half-open interval without one key, as at most two intervals. The next key is one byte longer."""
    start, end = span
    following = key + "00"
    if not (start <= key and (end is None or key < end)):
        return [span]
    parts = [[start, key], [following, end]]
    return [part for part in parts if part[1] is None or part[0] < part[1]]
