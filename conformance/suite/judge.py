"""A history to a verdict: a pure function of the files of a cell."""

from dataclasses import asdict

from .checks import CHECKS, Finding, carrying, peaks
from .history import History
from .words import condition_words

SEVERITY = ("CRASH", "HANG", "FAIL", "NOT-CONCURRENT", "NOT-EXERCISED", "NON-STRICT", "INFORMATIONAL", "PASS")
BY_LEVEL = {"must": "FAIL", "should": "NON-STRICT", "may": "INFORMATIONAL"}


def findings_of(history):
    """What the checks find: those that are always looked at, and those of the case."""
    for row in CHECKS.values():
        if row.always:
            for finding in row.function(history):
                yield stamped(finding, row.name, "must")
    for asked in history.cell["checks"]:
        members = {name: value for name, value in asked.items() if name not in ("check", "level")}
        for finding in CHECKS[asked["check"]].function(history, **members):
            yield stamped(finding, asked["check"], asked["level"])
    for space, rules in ((name, space["script"].get("rules", [])) for name, space in history.cell["spaces"].items()):
        for number, rule in enumerate(rules):
            name = rule.get("name", f"rules[{number}]")
            if name in history.cell["must_not_fire"] and history.fired(space, name):
                yield stamped(Finding(f"rule {name} fired, which must not"), "must_not_fire", history.cell["level"])
    yield from (stamped(finding, "unmatched", "must") for finding in unmatched(history))


def stamped(finding, check, level):
    finding.check, finding.level = check, level
    return finding


def unmatched(history):
    requests = [entry for facts in history.facts.values() for entry in facts.get("unmatched", [])]
    count = sum(entry["count"] for entry in requests)
    if count != history.cell["unmatched"]:
        words = f"{count} requests are not in the recording, where {history.cell['unmatched']} are due"
        yield Finding(words, got=sorted(entry["canonical"][:120] for entry in requests)[:5])


def excused(history):
    """Whether an event of the client, which the case names, takes the place of what must have happened."""
    for excuse in history.cell["excused"]:
        if "end" in excuse:
            calls = history.named(excuse["end"])
            if any(call.end and call.end["outcome"] in excuse["in"] for call in calls):
                return True
        elif history.journal(excuse.get("space")).of(excuse["event"], excuse.get("match")):
            return True
    return False


def not_concurrent(history):
    """Why the mode that was claimed is not what the node saw."""
    for name, journal in history.journals.items():
        short = [event for event in journal.of("released") if event.get("by") == "limit" and gate_of(history, name, event)]
        if short:
            yield f"gate {short[0]['name']} was not full: its limit let calls go"
    if not history.cell["mode_matters"]:
        return
    mode, conns, most = history.cell["mode"], carrying(history), peaks(history)
    each = max((peak for conn, peak in most.items() if conn in conns), default=0)
    if each < mode["each"]:
        yield f"fewer calls were in flight on a connection than the {mode['each']} that are due in {mode['name']} mode"
    if mode["name"] in ("serial", "threaded") and each > 1:
        yield f"several calls were in flight on one connection, where 1 is due in {mode['name']} mode"
    if len(conns) < mode["sockets"]:
        yield f"{len(conns)} connections carried calls, where {mode['sockets']} are due in {mode['name']} mode"


def gate_of(history, space, event):
    return any(gate["name"] == event.get("name") for gate in history.cell["spaces"][space]["script"].get("gates", []))


def not_exercised(history):
    """What should have happened and did not."""
    from .checks import holds

    cell = history.cell
    for name, space in cell["spaces"].items():
        for number, rule in enumerate(space["script"].get("rules", [])):
            rule_name = rule.get("name", f"rules[{number}]")
            if rule_name not in cell["may_fire"] + cell["must_not_fire"] and not history.fired(name, rule_name):
                yield f"rule {rule_name} of {name} did not fire"
    for happened in cell["happened"]:
        count = len(history.journal(happened.get("space")).of(happened["event"], happened.get("match")))
        wanted = happened.get("is", f">={happened.get('count', 1)}")
        if not holds(count, wanted):
            yield f"{count} events {happened['event']} {happened.get('match', '')}, where {wanted} had to happen"


def exit_verdict(history):
    """(verdict, words) where the process did not end as it should."""
    hangs, exits = history.notes("hang"), history.notes("exit")
    if history.notes("stopped"):
        return None  # the driver gave it up: see not_concurrent
    if hangs:
        missing = ", ".join(hangs[0]["without_end"][:5])
        return "HANG", f"nothing happened any more; the driver waits until {condition_words(hangs[0]['waits_for'])}" + (f"; without an end: {missing}" if missing else "")
    if exits and exits[0] is None:
        return "HANG", "the adapter did not exit"
    if exits and exits[0] != 0:
        how = f"was ended by signal {-exits[0]}" if exits[0] < 0 else f"ended with status {exits[0]}"
        return "CRASH", f"the adapter {how}; see stderr.txt"
    return None


def judged(folder, serial=None, runs=()):
    """{"verdict", "findings"} of a cell's files."""
    history = History(folder, serial, runs)
    findings = list(findings_of(history))
    verdicts = [BY_LEVEL[finding.level] for finding in findings]
    if ended := exit_verdict(history):
        verdicts.append(ended[0])
        findings.insert(0, stamped(Finding(ended[1]), ended[0].lower(), "must"))
    for why in not_concurrent(history):
        verdicts.append("NOT-CONCURRENT")
        findings.append(stamped(Finding(why), "mode", "must"))
    if not excused(history):
        for why in not_exercised(history):
            verdicts.append("NOT-EXERCISED")
            findings.append(stamped(Finding(why), "exercised", "must"))
    verdict = min(verdicts, key=SEVERITY.index, default="PASS")
    return history, {"verdict": verdict, "findings": [asdict(finding) for finding in findings]}
