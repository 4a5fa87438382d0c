"""Adapters of any client, ours and others', that are asked many calls in one mode."""

import itertools
import subprocess

from . import command
from .paths import PATIENCE, ROOT, SUBTENSOR, sdk_python
from .programs import environment

MODES = ["serial", "threaded", "gathered", "shared"]
SDK = ROOT / "conformance" / "adapters" / "bittensor" / "adapter.py"


def ours(url):
    return [*SUBTENSOR, "adapter", url]


def sdk(url, version="10.5.0"):
    return [sdk_python(version), SDK, url]


def call(function, *args, block=None):
    """A call without its id."""
    return {"function": function, "args": list(args), "pin": None if block is None else {"block": block}}


class Adapter(command.Adapter):
    """An adapter in a scratch home. What it says on standard error goes into a file, as much as it likes."""

    def __init__(self, program, home):
        with open(home / "adapter.log", "w") as log:
            self.process = subprocess.Popen(
                [str(part) for part in program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                env=environment(home), cwd=home,
            )
        self.process.stderr = open(home / "adapter.log")
        self.ids = itertools.count(1)
        self.arrived = []  # of the last run: the indices of its calls, in the order of their ends
        self._start_reading()

    def __exit__(self, kind, *rest):
        """A test that went well ends with an adapter that has nothing left to say, and no leak."""
        try:
            if kind is None:
                self.process.stdin.close()
                status, left = self.process.wait(60 * PATIENCE), self.lines.get(timeout=command.WAIT)
                assert (left, status) == (None, 0), (left, status, self.process.stderr.read()[-4000:])
        finally:
            super().__exit__(kind, *rest)

    def run(self, mode, calls, **how):
        """Asks calls in one run and gives their ends, in the order of the calls."""
        asked = [{"id": next(self.ids), **each} for each in calls]
        first = asked[0]["id"]
        self.send({"op": "run", "mode": mode, "calls": asked, **how})
        ends = self.ends(len(asked))
        assert set(ends) == {each["id"] for each in asked}
        self.arrived = [id - first for id in ends]
        return [ends[each["id"]] for each in asked]
