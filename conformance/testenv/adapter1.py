"""Adapters of protocol 1, started as their adapter.toml says; each line that comes is checked against the schema."""

import json
import subprocess
import sys

from . import command
from .paths import PATIENCE, ROOT
from .programs import environment

sys.path.insert(0, str(ROOT / "conformance" / "adapters" / "kit" / "python"))

from adapterkit.schema import event_problem  # behind the line above
from suite.clients import ADAPTERS, described


class Adapter(command.Adapter):
    """An adapter that has been greeted and has the handle `main` open, in a scratch home."""

    wait = 120 * PATIENCE  # foreign clients take seconds to start, and threads of theirs each as long

    def __init__(self, name, home, *urls, **options):
        with open(home / "adapter.log", "w") as log:
            self.process = subprocess.Popen(
                described(ADAPTERS / name).command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                env=environment(home), cwd=home)
        self.process.stderr = open(home / "adapter.log")
        self._start_reading()
        self.can = self.hello["can"]
        self.send({"op": "hello", "protocol": 1})
        self.events = []  # what came and was not waited for
        self.open("main", *urls, **options)

    def event(self):
        return self.checked(self.line())

    @staticmethod
    def checked(line):
        event = json.loads(line)
        assert event_problem(event) is None, (event_problem(event), line[:500])
        return event

    def open(self, on, *urls, **options):
        self.send({"op": "open", "on": on, "urls": list(urls), **options})
        return self.until(lambda event: event["event"] == "opened" and event["on"] == on)

    def run(self, mode, calls, **how):
        """Asks calls in one run and gives their ends, in the order of the calls."""
        self.send({"op": "run", "on": "main", "mode": mode, "calls": calls, **how})
        return [self.end(call["id"]) for call in calls]

    def end(self, id):
        return self.until(lambda event: event["event"] == "end" and event["id"] == id)

    def until(self, wanted):
        """The first event that is wanted, of those that came or will."""
        for event in self.events:
            if wanted(event):
                self.events.remove(event)
                return event
        while not wanted(event := self.event()):
            self.events.append(event)
        return event

    def named(self, name, id):
        return self.until(lambda event: event["event"] == name and event.get("id", event.get("on")) == id)

    def finish(self):
        """Closes the input; gives what came then, and the status."""
        self.process.stdin.close()
        while (line := self.lines.get(timeout=self.wait)) is not None:
            self.events.append(self.checked(line))
        return self.events, self.process.wait(self.wait)
