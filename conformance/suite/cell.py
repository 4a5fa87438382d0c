"""A cell: a case made ready for one client, mode and seed. What is in it is all that the driver plays and the judge compares with."""

from dataclasses import dataclass
from hashlib import sha256

from .braces import Words
from .calls import READS, Maker
from .modes import mode_of
from .oracle import oracle_of
from .problem import Problem

CAN_STEP = {"cancel": "cancel", "drop": "drop", "stat": "stat"}
CAN_OPEN = {"lazy": "lazy", "headers": "headers", "deadline_ms": "deadline"}


@dataclass
class Cell:
    data: dict

    def __getattr__(self, name):
        try:
            return self.data[name]
        except KeyError:
            raise AttributeError(name) from None


def lacking(case, mode, can):
    """What a client cannot do of what the case needs, in words, or None."""
    if mode not in can["modes"]:
        return f"it has no {mode} mode"
    needs = set(case.needs)
    functions = set()
    for call in case.calls.values():
        for kind, function in (("storage", "storage"), ("map", "map"), ("function", call.get("function"))):
            if kind in call or (function == "storage" and call.get("as") == "storage"):
                functions.add(function)
        if "raw" in call or ("read" in call and call.get("as", "raw") == "raw"):
            needs.add("raw")
        if call.get("batch"):
            needs.add("batch")
        if "deadline_ms" in call:
            needs.add("deadline")
        if "subscribe" in call:
            kind = call["subscribe"] if isinstance(call["subscribe"], str) else "raw"
            if kind not in can.get("subscribe", []):
                return f"it has no subscription of {kind}"
    for step in all_steps(case.steps):
        needs |= {need for op, need in CAN_STEP.items() if op in step}
    needs |= {need for member, need in CAN_OPEN.items() if case.open.get(member)}
    if case.in_flight:
        needs.add("in_flight")
    if len(case.open.get("urls", [])) > 1:
        needs.add("endpoints")
    missing = sorted(need for need in needs if not can.get(need))
    missing += sorted(functions - set(can.get("functions", [])))
    return f"it has no {', '.join(missing)}" if missing else None


def all_steps(steps):
    for step in steps:
        yield from all_steps(step["steps"]) if "steps" in step else [step]


def flat_steps(steps, words):
    """Steps with their repetitions written out."""
    flat = []
    for step in steps:
        if "steps" not in step:
            flat.append(words.filled(step))
            continue
        for time in range(1, words.number(step["times"]) + 1):
            words.words["time"] = time
            inner = flat_steps(step["steps"], words)
            if time == 1 and step.get("after"):
                inner[0] = {**inner[0], "after": words.filled(step["after"]) + inner[0].get("after", [])}
            flat += inner
        words.words.pop("time", None)
    return flat


def counts(case, mode_name, limit, place):
    """(the mode's numbers, {group: how many calls}). A group's n may say {in_flight}, where that is known without it."""
    bound = min(filter(None, (limit, case.in_flight)), default=None)
    groups = {name: call for name, call in case.calls.items() if "subscribe" not in call}
    counted = case.counts or list(groups)

    def numbers(in_flight, threads):
        words = Words(place, in_flight=in_flight, threads=threads)
        return {name: words.number(call["n"]) if "n" in call else 1 for name, call in groups.items()}

    asks_back = any("in_flight" in str(call.get("n", "")) for call in groups.values())
    guess = {"serial": 1, "threaded": case.threads, "shared": case.threads, "gathered": bound or 0}[mode_name]
    if asks_back and not guess:
        raise Problem(f"{place}: n says {{in_flight}}, so the case must say in_flight")
    found = numbers(guess, 1 if mode_name in ("serial", "gathered") else case.threads)
    calls = sum(found[name] for name in counted)
    return mode_of(mode_name, calls or 1, case.threads, bound), found, calls


def make_cell(case, client, can, mode_name, seed):
    place = case.place
    mode, found, calls = counts(case, mode_name, can.get("limit"), place)
    spaces = case.scripts

    def space_of(handle):
        name = handle.split(".")[0]
        return name if name in spaces else next(iter(spaces))

    main = oracle_of(spaces[next(iter(spaces))][0])
    words = Words(
        place, calls=calls, threads=mode.threads, in_flight=mode.in_flight, sockets=mode.sockets, n=lambda name: found[name],
        hash=lambda height: main.hash(words.number(height.replace("number", "{number}"))), fork=lambda number: main.fork(int(number)), zeros=lambda count: "00" * int(count), head=main.head["hash"], genesis=main.genesis,
        method=lambda name: READS, url=lambda name: f"{{{f'url {name}'.strip()}}}",
    )
    maker = Maker(case, words, space_of)
    words.words["key"] = lambda id: maker.calls[id]["key"].removeprefix("0x")
    made = maker.made()
    groups = {}
    for id, call in made.items():
        groups.setdefault(call["group"], []).append(id)
    named = {call["on"] for call in made.values()} | {step["open"] for step in flat_steps(case.steps, words) if "open" in step}
    handles = sorted(named) or ["main"]
    open_with = {name: value for name, value in words.filled(case.open).items()}
    if case.in_flight:
        open_with["in_flight"] = case.in_flight
    return Cell({
        "client": client, "case": case.name, "group": case.group, "mode": mode.told(), "seed": seed, "level": case.level,
        "runs": case.runs, "mode_matters": case.mode_matters,
        "alias": sha256(f"{case.place} {mode_name} {seed}".encode()).hexdigest()[:12],
        "spaces": {name: {"fixture": fixture, "script": words.filled(script)} for name, (fixture, script) in spaces.items()},
        "handles": {name: {"space": space_of(name), "open": open_with} for name in handles},
        "calls": made, "groups": groups,
        "steps": flat_steps(case.steps, words),
        "checks": [{"level": case.level, **words.filled(check)} for check in case.checks],
        "happened": words.filled(case.happened), "excused": words.filled(case.excused), "may_fire": case.may_fire,
        "must_not_fire": case.must_not_fire, "unmatched": words.number(case.unmatched), "refused": case.refused,
    })
