"""The files of a cell, read: what the client was asked and said, what the node saw, and how the two belong together."""

import json
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path


@dataclass
class Call:
    """A call of the case by the adapter's words."""

    id: str
    data: dict
    started: int | None = None
    lane: int | None = None
    ends: list = field(default_factory=list)  # [(t, event)]

    @property
    def end(self):
        return self.ends[0][1] if self.ends else None

    @property
    def expect(self):
        return self.data.get("expect")


@dataclass
class Arrival:
    """A call as the node saw it."""

    seq: int
    event: dict
    space: str
    answered: list = field(default_factory=list)  # seqs
    written: list = field(default_factory=list)
    fired: list = field(default_factory=list)  # [(rule, names of actions that took effect)]

    @property
    def request(self):
        return self.event["request"]

    @property
    def conn(self):
        return self.space, self.event["conn"]


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def ids_of(command):
    """The calls that a command asks."""
    for call in command.get("calls", []):
        if "batch" in call:
            yield from (entry["id"] for entry in call["batch"])
        else:
            yield call["id"]


def agrees(value, wanted):
    """Whether a member of an event is as a pattern has it: a glob, a number, or a list of those."""
    if isinstance(wanted, list):
        return any(agrees(value, one) for one in wanted)
    if isinstance(wanted, str) and isinstance(value, str):
        return fnmatchcase(value, wanted.replace("[", "[[]")) if "*" in wanted else value == wanted
    return value == wanted


MEMBERS = {"methods": "method", "rule": "name", "connection": "conn", "stream": "name"}  # of a match, as events call them


class Journal(list):
    """The event journal of one space. Events about a call have the members of its arrival, too."""

    def __init__(self, events):
        super().__init__(events)
        self.by_seq = {event["seq"]: event for event in self}
        for event in self:
            about = self.by_seq.get(event.get("text") or event.get("call"), {})
            for name in ("call", "request", "id", "method", "occurrence"):
                if name in about:
                    event.setdefault(name, about[name])

    def of(self, event, match=None):
        return [e for e in self if e["event"] == event and self.matches(e, match or {})]

    @staticmethod
    def matches(event, match):
        return all(agrees(event.get(MEMBERS.get(name, name)), wanted) for name, wanted in match.items())


class History:
    def __init__(self, folder, serial=None, runs=()):
        """`serial` is the history of the same case in serial mode, `runs` are the other ones of this cell."""
        self.folder, self.serial, self.runs = Path(folder), serial, runs
        self.cell = lines(self.folder / "cell.json")[0]
        self.records = lines(self.folder / "driver.jsonl")
        self.hello = next((event for _, event in self.got("hello")), None)
        self.calls = {id: Call(id, data) for id, data in self.cell["calls"].items()}
        self.journals, self.facts = {}, {}
        for name in self.cell["spaces"]:
            self.journals[name] = Journal(lines(self.folder / f"journal.{name}.jsonl"))
            self.facts[name] = (lines(self.folder / f"node.{name}.json") or [{}])[0]
        self.strangers = []  # ends of calls that nobody asked
        self.read_ends()
        self.arrivals = [arrival for name in self.journals for arrival in self.read_arrivals(name)]

    # The adapter's side

    def got(self, *events):
        """[(t, event)] of what the adapter said."""
        return [(record["t"], record["got"]) for record in self.records if record.get("got", {}).get("event") in events]

    def sent(self, op, **members):
        return [record["t"] for record in self.records
                if record.get("sent", {}).get("op") == op and all(record["sent"].get(k) == v for k, v in members.items())]

    def notes(self, name):
        return [record["note"][name] for record in self.records if name in record.get("note", {})]

    def read_ends(self):
        for t, event in self.got("started", "end", "ended"):
            call = self.calls.get(event["id"])
            if call is None:
                if "/" not in str(event["id"]):  # of a handler's own calls the case knows the subscription only
                    self.strangers.append(event)
            elif event["event"] == "started":
                call.started = t if call.started is None else call.started
                call.lane = event.get("lane")
            else:
                call.ends.append((t, event))

    def asked(self, name=None):
        """The calls of a group (or call), or all of them that were asked, in the case's order."""
        if name is not None:
            return [call for word in ([name] if isinstance(name, str) else name) for call in self.named(word)]
        return [call for call in self.calls.values() if "ask" in call.data]

    def named(self, name):
        if name in self.cell["groups"]:
            return [self.calls[id] for id in self.cell["groups"][name]]
        return [call for id, call in self.calls.items() if agrees(id, name)]

    @property
    def subscriptions(self):
        return [call for call in self.calls.values() if "subscribe" in call.data]

    def items(self, id):
        return [(t, event) for t, event in self.got("item") if event["id"] == id]

    # The node's side

    def read_arrivals(self, name):
        journal = self.journals[name]
        arrivals = {event["seq"]: Arrival(event["seq"], event, name) for event in journal.of("arrived")}
        for event in journal:
            about = arrivals.get(event.get("call"))
            if event["event"] == "answered" and about:
                about.answered.append(event["seq"])
            if event["event"] == "written" and about:
                about.written.append(event["seq"])
            if event["event"] == "fired" and event.get("cause", {}).get("event") in arrivals:
                did = [action["action"] for action in event["actions"] if action.get("took_effect")]
                arrivals[event["cause"]["event"]].fired.append((event["name"], did))
        return list(arrivals.values())

    def arrived(self, request=None, space=None):
        if request is not None and "*" not in request:
            found = self.by_request.get(request, [])
        else:
            found = [arrival for arrival in self.arrivals if request is None or agrees(arrival.request, request)]
        return [arrival for arrival in found if space is None or arrival.space == space]

    @cached_property
    def by_request(self):
        """{canonical request: its arrivals}: a gather of 10,000 calls looks each of them up."""
        found = {}
        for arrival in self.arrivals:
            found.setdefault(arrival.request, []).append(arrival)
        return found

    @cached_property
    def asked_at(self):
        """{call: when the driver sent the command that asks it}."""
        found = {}
        for record in self.records:
            for id in ids_of(record.get("sent", {})):
                found.setdefault(id, record["t"])
        return found

    def arrivals_of(self, call):
        """Those that a call made, as far as its request tells them from others."""
        space = self.cell["handles"][call.data["on"]]["space"]
        return self.arrived(call.data["request"], space) if "request" in call.data else []

    def rule(self, space, name):
        """A rule of a space's script by its name."""
        rules = self.cell["spaces"][space]["script"].get("rules", [])
        for number, rule in enumerate(rules):
            if rule.get("name", f"rules[{number}]") == name:
                return rule
        return None

    def journal(self, space=None):
        return self.journals[space or next(iter(self.journals))]

    def fired(self, space, rule):
        return [event for event in self.journals[space].of("fired") if event["name"] == rule
                and any(action.get("took_effect") for action in event["actions"])]
