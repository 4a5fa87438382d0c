"""Adapters of protocol 1, started as their adapter.toml says; each line that comes is checked against the schema."""

import json
import subprocess
import sys
import tomllib

from . import command
from .paths import BIN, NPM, PATIENCE, ROOT, sdk_python
from .programs import environment

ADAPTERS = ROOT / "conformance" / "adapters"


def started_by(name):
    """The command of an adapter."""
    folder = ADAPTERS / name
    places = {"here": folder, "bin": BIN, "npm": NPM, "python": sys.executable}
    words = tomllib.loads((folder / "adapter.toml").read_text())["command"]
    for place, path in places.items():
        words = [word.replace("{" + place + "}", str(path)) for word in words]
    versions = {f"{{env bittensor-{version}}}": version for version in ("9.0.4", "10.5.0", "11.3.0")}
    for place, version in versions.items():
        words = [word.replace(place, str(sdk_python(version).parent.parent)) for word in words]
    return words


class Adapter(command.Adapter):
    """An adapter that has been greeted and has the handle `main` open, in a scratch home."""

    wait = 120 * PATIENCE  # foreign clients take seconds to start, and threads of theirs each as long

    def __init__(self, name, home, *urls, **options):
        with open(home / "adapter.log", "w") as log:
            self.process = subprocess.Popen(
                started_by(name), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                env=environment(home), cwd=home)
        self.process.stderr = open(home / "adapter.log")
        self._start_reading()
        self.can = self.hello["can"]
        self.send({"op": "hello", "protocol": 1})
        self.events = []  # what came and was not waited for
        self.open("main", *urls, **options)

    def event(self):
        return json.loads(self.line())

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
            self.events.append(json.loads(line))
        return self.events, self.process.wait(self.wait)
