"""Plays a cell: makes its spaces, starts the adapter, takes the steps as their conditions come true, and keeps what was said. What
comes first is decided by events alone; the only clock is the watchdog's, which ends a client that makes no progress."""

import json
import queue
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from testenv.rpc import RpcError
from .adapter import Adapter
from .problem import Problem
from .space import PlayedSpace


def say(path, lines):
    with open(path, "w") as file:
        for line in lines:
            file.write(json.dumps(line, separators=(",", ":")) + "\n")


GLANCE = 1.0  # seconds of quiet, after which the driver looks whether a gate's limit has passed
STARTING = 4  # times the patience for an adapter that loads its client


class Hung(Exception):
    """Nothing happened for so long that nothing will."""


class Unfilled(Exception):
    """A gate was opened by its limit: the mode that was claimed is not what the node sees, and every further group would wait as
    long."""


@dataclass
class Known:
    """What of the cell has happened, by the adapter's own words."""

    started: set = field(default_factory=set)
    ended: dict = field(default_factory=dict)  # {call: how often}
    items: dict = field(default_factory=dict)
    opened: set = field(default_factory=set)
    closed: set = field(default_factory=set)
    stats: set = field(default_factory=set)
    subscribed: set = field(default_factory=set)
    ends: int = 0

    def hear(self, event):
        match event["event"]:
            case "started":
                self.started.add(event["id"])
            case "end" | "ended":
                self.ended[event["id"]] = self.ended.get(event["id"], 0) + 1
                self.ends += event["event"] == "end"
            case "item":
                self.items[event["id"]] = max(event["n"], self.items.get(event["id"], 0))
            case "opened":
                self.opened.add(event["on"])
            case "closed":
                self.closed.add(event["on"])
            case "stat":
                self.stats.add(event["id"])
            case "subscribed":
                self.subscribed.add(event["id"])


class Driver:
    """One playing of a cell, with its files in `folder`. `node` serves the fixtures; `patience` is the watchdog's, in seconds."""

    def __init__(self, cell, client, node, folder, patience):
        self.cell, self.client, self.node, self.folder, self.patience = cell, client, node, Path(folder), patience
        self.records, self.heard = [], queue.Queue()
        self.known, self.over, self.refusals = Known(), False, 0
        self.spaces, self.seen = {}, {}  # of `seen`: conditions on a journal that are known to hold
        self.asked = []  # ids of calls and subscriptions that were asked
        self.waiting = None

    def play(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        say(self.folder / "cell.json", [self.cell.data])
        self.make_spaces()
        with open(self.folder / "stderr.txt", "w") as errors:
            self.adapter = Adapter(self.client, self.heard.put, errors)
            try:
                self.steps()
                self.finish()
            except Hung:
                self.note({"hang": self.waits_for()})
            except Unfilled as gate:
                self.note({"stopped": f"gate {gate} was not full"})
            except EOFError:
                pass  # the exit status says what there is to say
            finally:
                self.note({"exit": self.adapter.status(0 if self.given_up else self.patience)})
        self.keep()

    @property
    def given_up(self):
        return any({"hang", "stopped"} & record.get("note", {}).keys() for record in self.records)

    def note(self, what):
        self.records.append({"t": time.monotonic_ns(), "note": what})

    # Spaces

    def make_spaces(self):
        for name, space in self.cell.spaces.items():
            made = PlayedSpace(self.node.port, self.cell.alias, self.cell.seed, space["fixture"], self.patience)
            self.spaces[name] = made
            if not space["script"]:
                continue
            try:
                made.control("mock_setScript", space["script"])
            except RpcError as error:
                raise Problem(f"{self.cell.group}/{self.cell.case}: the script of {name}: {error.data}") from error

    def url(self, handle):
        return self.space_url(self.cell.handles[handle]["space"], handle)

    def space_url(self, space, label):
        return self.spaces[space].url(label)

    # What is heard

    def hear(self):
        """Waits for the next thing that happens."""
        record = self.next_record()
        if record is None:
            self.over = True
            raise EOFError
        if isinstance(record, tuple):  # a condition on a journal has come true
            self.seen[record[0]] = True
            return
        self.records.append(record)
        if "got" in record:
            self.known.hear(record["got"])
            self.refusals += record["got"]["event"] == "refused"

    def next_record(self):
        quiet = 0
        patience = STARTING * self.patience if self.waiting == "hello" else self.patience
        while quiet < patience:
            try:
                return self.heard.get(timeout=min(GLANCE, patience - quiet))
            except queue.Empty:
                quiet += GLANCE
                self.look_at_gates()
        raise Hung

    def look_at_gates(self):
        for name, space in self.spaces.items():
            gates = {gate["name"] for gate in self.cell.spaces[name]["script"].get("gates", [])}
            if gates and space.control("mock_stats")["gate_timeouts"]:
                for event in space.events():
                    if event["event"] == "released" and event.get("by") == "limit" and event.get("name") in gates:
                        raise Unfilled(event["name"])

    def hear_until(self, holds, what):
        self.waiting = what
        while not holds():
            self.hear()

    def waits_for(self):
        missing = [id for id in self.asked if id not in self.known.ended]
        return {"waits_for": self.waiting, "without_end": missing[:20]}

    # Conditions

    def ids(self, name):
        return self.cell.groups.get(name, [name])

    def holds(self, condition):
        known = self.known
        if "any" in condition:
            return any([self.holds(one) for one in condition["any"]])  # all of them are watched
        if "end" in condition:
            return all(id in known.ended for id in self.ids(condition["end"]))
        if "ends" in condition:
            return known.ends >= condition["ends"]
        if "started" in condition:
            return all(id in known.started for id in self.ids(condition["started"]))
        if "items" in condition:
            return known.items.get(condition["items"], 0) >= condition.get("n", 1)
        for kind, names in (("opened", known.opened), ("closed", known.closed), ("stat", known.stats),
                            ("subscribed", known.subscribed)):
            if kind in condition:
                return condition[kind] in names
        return self.happened(condition)

    def happened(self, condition):
        """Of a journal: a thread asks the node, which answers when it has happened."""
        key = json.dumps(condition, sort_keys=True)
        if key not in self.seen:
            self.seen[key] = False
            threading.Thread(target=self.watch, args=(key, condition), daemon=True).start()
        return self.seen[key]

    def watch(self, key, condition):
        space = self.spaces[condition.get("space") or next(iter(self.spaces))]
        try:
            space.wait(condition)
        except (OSError, ValueError, RpcError):
            return  # the space was dropped: the cell is over
        self.heard.put((key,))

    # Steps

    def steps(self):
        self.hear_until(lambda: any("got" in record for record in self.records), "hello")
        self.adapter.send({"op": "hello", "protocol": 1})
        steps = self.cell.steps or [{"start": list(self.cell.groups)}]
        named = {step["open"] for step in steps if "open" in step}
        first = [name for name in self.cell.handles if name not in named]
        for handle in first:
            self.do_open(handle)
        self.hear_until(lambda: all(name in self.known.opened for name in first), {"opened": first})
        for step in steps:
            for condition in step.get("after", []):
                self.hear_until(lambda condition=condition: self.holds(condition), condition)
            op = next(op for op in ("start", "cancel", "unsubscribe", "close", "drop", "open", "release", "stat", "signal") if op in step)
            getattr(self, "do_" + op)(step[op], step)

    def finish(self):
        """All that was asked has ended, but for subscriptions, which end with their handle."""
        calls = [id for id in self.asked if "ask" in self.cell.calls[id]]
        self.hear_until(lambda: all(id in self.known.ended for id in calls), {"end": "all calls"})
        self.adapter.finish()
        self.waiting = {"exit": self.client.name}
        while True:
            try:
                self.hear()
            except EOFError:
                return

    def do_open(self, handle, step=None):
        space, given = self.cell.handles[handle]["space"], dict(self.cell.handles[handle]["open"])
        urls = given.pop("urls", None) or ["{url}"]
        urls = [self.url(handle) if url == "{url}" else self.space_url(url[5:-1], handle) for url in urls]
        if self.cell.mode["name"] == "threaded" and self.cell.data.get("can_lazy"):
            given.setdefault("lazy", True)  # threads have connections of their own
        self.adapter.send({"op": "open", "on": handle, "urls": urls, **given})

    def do_start(self, names, step=None):
        ids = [id for name in (names if isinstance(names, list) else [names]) for id in self.ids(name)]
        calls = [self.cell.calls[id] for id in ids]
        self.asked += ids
        for call in calls:
            if "subscribe" in call:
                self.start_subscription(call)
        by_handle = {}
        for call in calls:
            if "ask" in call:
                by_handle.setdefault(call["on"], []).append(call)
        for handle, of_handle in by_handle.items():
            self.start_run(handle, of_handle)

    def start_subscription(self, call):
        if "handler" in call:
            self.adapter.send({"op": "handler", "id": call["id"], "does": call["handler"]})
        self.adapter.send({"op": "subscribe", "on": call["on"], "id": call["id"], **call["subscribe"]})

    def start_run(self, handle, calls):
        mode = self.cell.mode
        asks = [call["ask"] for call in calls if not call["batch"]]
        for group in dict.fromkeys(call["group"] for call in calls if call["batch"]):
            asks.append({"batch": [call["ask"] for call in calls if call["group"] == group]})
        run = {"op": "run", "on": handle, "mode": mode["name"], "calls": asks}
        if mode["name"] in ("threaded", "shared"):
            run["threads"] = min(mode["threads"], len(asks))
        self.adapter.send(run)

    def do_cancel(self, name, step):
        for id in self.ids(name):
            self.adapter.send({"op": "cancel", "id": id})

    def do_unsubscribe(self, name, step):
        self.adapter.send({"op": "unsubscribe", "id": name})

    def do_release(self, name, step):
        self.adapter.send({"op": "release", "id": name})

    def do_stat(self, name, step):
        self.adapter.send({"op": "stat", "id": name})
        self.hear_until(lambda: name in self.known.stats, {"stat": name})

    def do_close(self, handle, step):
        self.adapter.send({"op": "close", "on": handle})

    def do_drop(self, handle, step):
        self.adapter.send({"op": "drop", "on": handle})

    def do_signal(self, name, step):
        self.note({"signal": name})
        space = self.spaces[step.get("space") or next(iter(self.spaces))]
        space.control("mock_signal", name)

    # Files

    def keep(self):
        while not self.heard.empty():
            record = self.heard.get()
            if isinstance(record, dict):
                self.records.append(record)
        say(self.folder / "driver.jsonl", sorted(self.records, key=lambda record: record["t"]))
        for name, space in self.spaces.items():
            say(self.folder / f"journal.{name}.jsonl", space.events())
            (self.folder / f"canonical.{name}.txt").write_text(space.canonical())
            say(self.folder / f"node.{name}.json", [space.facts()])
            space.drop()
