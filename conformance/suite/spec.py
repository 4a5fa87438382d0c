"""What a right client does, as numbered claims: SPEC.md is written from the cases. A claim is a case, or a case and a check of it;
that is its id. Lists in cases/ freeze claims: a number is a claim's place in its list, and what is written later is in a later one."""

from dataclasses import dataclass, field
from pathlib import Path

from .case import CASES
from .checks import CHECKS
from .groups import GROUPS
from .problem import Problem
from .words import check_words, listed

WORDS = {"must": "MUST", "should": "SHOULD", "may": "MAY"}
HEAD = """# What a right client does

<!-- conformance/conformance spec > conformance/SPEC.md -->

Written from the cases in `cases/`, which play each of these. A claim is a case, or a case and one of its checks: that is its id, which never
changes. Its number is its place in a list that is frozen (`cases/core-1.txt`: 1.1, 1.2, …). Claims of cases that are written later are
in later lists, so that no new case makes an old claim false. MUST, SHOULD and MAY are the levels of the checks: a client keeps a list when it
keeps each MUST of it in all of its modes. What a client does not have (batches, subscriptions, …) is not judged.

## Of every case
"""


@dataclass
class Claim:
    id: str
    case: object
    level: str
    words: list = field(default_factory=list)


def claims_of(cases):
    """{id: Claim}, in the order of the cases."""
    claims = {}
    for case in cases:
        claims[case.name] = Claim(case.name, case, "must", [case.client])
        for check in case.checks:
            id, level = f"{case.name}/{check['check']}", check.get("level", case.level)
            claim = claims.setdefault(id, Claim(id, case, level))
            claim.level = min(claim.level, level, key=list(WORDS).index)
            words = check_words(check)
            claim.words.append(words if level == claim.level else f"{words} ({WORDS[level]})")
    return claims


def frozen(folder=CASES):
    """{list: ids}, in their order: lines of core-*.txt; what stands behind # is a note."""
    lists = {}
    for path in sorted(Path(folder).glob("core-*.txt"), key=lambda path: int(path.stem.removeprefix("core-"))):
        lines = (line.partition("#")[0].strip() for line in path.read_text().splitlines())
        lists[path.stem] = [line for line in lines if line]
    ids = [id for of in lists.values() for id in of]
    if twice := {id for id in ids if ids.count(id) > 1}:
        raise Problem(f"{folder}: these claims stand twice in core-*.txt: {listed(sorted(twice), 'and')}")
    return lists


def numbers(lists):
    """{id: "1.17"}."""
    return {id: f"{name.removeprefix('core-')}.{at}" for name, ids in lists.items() for at, id in enumerate(ids, 1)}


def freeze(name, cases, folder=CASES):
    """Adds to a list what none has; gives the ids."""
    lists = frozen(folder)
    if later := [other for other in lists if int(other.removeprefix("core-")) > int(name.removeprefix("core-"))]:
        raise Problem(f"{name} is frozen, for there is {later[-1]}: add to that")
    known = {id for ids in lists.values() for id in ids}
    new = [id for id in claims_of(cases) if id not in known]
    (Path(folder) / f"{name}.txt").write_text("".join(f"{id}\n" for id in [*lists.get(name, []), *new]))
    return new


def told(claim, number):
    return f"- **{number or 'new'}** `{claim.id}` {WORDS[claim.level]}: {'; '.join(claim.words)}."


def spec(cases, lists):
    """The text of SPEC.md."""
    claims, known = claims_of(cases), numbers(lists)
    lines = [HEAD, *(f"- `{row.name}`: {row.says}." for row in CHECKS.values() if row.always),
             "- Nothing else than what the case expects is asked of the node, and the client's process ends by itself and well."]
    for group in sorted({case.group for case in cases}):
        lines += ["", f"## {group}. {GROUPS.get(group, '')}"]
        for case in (case for case in cases if case.group == group):
            own = [claim for claim in claims.values() if claim.case is case]
            lines += ["", f"### {case.title}", "", f"The node {case.node}." + (f" Seen in {', '.join(case.bug)}." if case.bug else ""), ""]
            lines += [told(claim, known.get(claim.id)) for claim in own]
    return "\n".join(lines) + "\n"


def kept(cells, cases, lists):
    """Of one client's cells: {list: {"held", "broken": [ids], "unimplemented", "not_played"}}, of claims that must hold."""
    claims, by_case, summary = claims_of(cases), {}, {}
    for cell in cells:
        by_case.setdefault(cell["case"], []).append(cell)
    for name, ids in lists.items():
        summary[name] = {"held": 0, "broken": [], "unimplemented": 0, "not_played": 0}
        for id in ids:
            played = by_case.get(id.partition("/")[0], [])
            if id in claims and claims[id].level != "must":
                continue
            if not played:
                summary[name]["not_played"] += 1
            elif all(cell["verdict"] == "UNIMPLEMENTED" for cell in played):
                summary[name]["unimplemented"] += 1
            elif any(claim_of(cell, finding, claims) == id for cell in played for finding in cell["findings"] if finding["level"] == "must"):
                summary[name]["broken"].append(id)
            else:
                summary[name]["held"] += 1
    return summary


def claim_of(cell, finding, claims):
    """The id of the claim that a finding is about."""
    own = f"{cell['case']}/{finding['check']}"
    return own if own in claims else cell["case"]
