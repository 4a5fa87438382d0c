"""A case as its file has it: read, checked member by member, and put in order. cases/README.md is the format."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from testenv.paths import ROOT
from .modes import MODES, THREADS
from .problem import Problem, known, one_of

CASES = ROOT / "conformance" / "cases"
LEVELS = ("must", "should", "may")
MEMBERS = ("title", "node", "client", "bug", "modes", "level", "core", "mode_matters", "threads", "in_flight", "runs", "fixture",
           "script", "spaces", "calls", "steps", "open", "checks", "happened", "excused", "may_fire", "must_not_fire",
           "unmatched", "refused", "needs", "counts")
CALL = ("raw", "read", "storage", "map", "function", "subscribe", "params", "args", "page", "as", "first", "handler", "batch", "n", "on",
        "pin", "by", "lacking", "deadline_ms", "expect", "request")
KINDS = ("raw", "read", "storage", "map", "function", "subscribe")
OPS = ("start", "cancel", "unsubscribe", "close", "drop", "open", "release", "stat", "signal")
AFTER = {"end": (), "ends": (), "started": (), "items": ("n",), "event": ("match", "count", "space"), "opened": (), "closed": (),
         "stat": (), "subscribed": (), "any": ()}
HAPPENED = ("event", "match", "count", "is", "space")
CAPABILITIES = ("raw", "batch", "cancel", "deadline", "lazy", "drop", "in_flight", "reconnect", "endpoints", "headers", "snapshot",
                "stat", "subscribe", "functions", "writes", "heartbeat")


@dataclass
class Case:
    name: str
    group: str
    data: dict
    path: Path

    def __getattr__(self, name):
        if name in DEFAULTS:
            return self.data.get(name, DEFAULTS[name])
        raise AttributeError(name)

    @property
    def place(self):
        return f"{self.group}/{self.name}"

    @property
    def subscriptions(self):
        return [name for name, call in self.calls.items() if "subscribe" in call]

    @property
    def scripts(self):
        """{space: (fixture, script)}."""
        spaces = self.spaces or {"main": {"fixture": self.fixture, "script": self.script}}
        return {name: (space.get("fixture", self.fixture), space.get("script", {})) for name, space in spaces.items()}


DEFAULTS = {
    "title": "", "node": "", "client": "", "bug": [], "modes": list(MODES), "level": "must", "core": False, "mode_matters": False,
    "threads": THREADS, "in_flight": None, "runs": 1, "fixture": "tracer", "script": {}, "spaces": {}, "calls": {}, "steps": [],
    "open": {}, "checks": [], "happened": [], "excused": [], "may_fire": [], "must_not_fire": [], "unmatched": 0, "refused": 0, "needs": [],
    "counts": None,
}


def check_step(place, step):
    if "steps" in step:
        known(place, step, ("steps", "times", "after"), ("times",))
        for number, inner in enumerate(step["steps"], 1):
            check_step(f"{place}.steps[{number}]", inner)
        return
    known(place, step, (*OPS, "after", "space"))
    if sum(op in step for op in OPS) != 1:
        raise Problem(f"{place}: one of {', '.join(OPS)} is needed, and no more")
    for number, condition in enumerate(step.get("after", []), 1):
        check_condition(f"{place}.after[{number}]", condition)


def check_condition(place, condition):
    kind = next((name for name in AFTER if name in condition), None)
    if kind is None:
        raise Problem(f"{place}: one of {', '.join(AFTER)} is needed")
    known(place, condition, (kind, *AFTER[kind]))
    for number, inner in enumerate(condition["any"] if kind == "any" else [], 1):
        check_condition(f"{place}.any[{number}]", inner)


def check_call(place, call):
    known(place, call, CALL)
    if sum(kind in call for kind in KINDS) != 1:
        raise Problem(f"{place}: one of {', '.join(KINDS)} is needed, and no more")


def checked(place, data):
    """`data`, if it is a case; else a Problem that names the member."""
    from .checks import CHECKS

    known(place, data, MEMBERS, ("title", "node", "client", "calls"))
    for mode in data.get("modes", []):
        one_of(f"{place}: modes", "mode", mode, MODES)
    one_of(f"{place}: level", "level", data.get("level", "must"), LEVELS)
    for need in data.get("needs", []):
        one_of(f"{place}: needs", "capability", need, CAPABILITIES)
    for name, call in data["calls"].items():
        check_call(f"{place}: calls.{name}", call)
    for number, step in enumerate(data.get("steps", []), 1):
        check_step(f"{place}: steps[{number}]", step)
    for number, check in enumerate(data.get("checks", []), 1):
        where = f"{place}: checks[{number}]"
        row = CHECKS[one_of(where, "check", check.get("check"), CHECKS)]
        known(where, check, ("check", "level", *row.members), row.needed)
        one_of(f"{where}: level", "level", check.get("level", "must"), LEVELS)
    for number, happened in enumerate(data.get("happened", []), 1):
        known(f"{place}: happened[{number}]", happened, HAPPENED, ("event",))
    return data


def read_case(path):
    path = Path(path)
    try:
        data = tomllib.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise Problem(f"{path}: {error}") from error
    return Case(path.stem, path.parent.name, checked(path, data), path)


def all_cases(folder=CASES):
    """Every case, by group and name."""
    cases = [read_case(path) for path in sorted(Path(folder).glob("*/*.toml"))]
    names = [case.name for case in cases]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise Problem(f"{folder}: two cases are called {', '.join(sorted(twice))}")
    return cases
