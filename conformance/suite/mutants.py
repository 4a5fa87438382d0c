"""Clients broken on purpose prove the cases: a case counts only when a client that is broken in just that way is seen to fail it.
`mutants/bugs.toml` names each bug, the cases that it must make red, and those that it may."""

import tempfile
from fnmatch import fnmatchcase
from pathlib import Path

from .clients import OURS, bugs, mutant, right
from .problem import Problem, known, nearest
from .run import Options, Run


def checked_bugs(cases):
    """The entries of bugs.toml, if each names cases that there are."""
    names = {case.name for case in cases}
    for bug, entry in bugs().items():
        known(f"bugs.toml: {bug}", entry, ("title", "broken", "cases", "also", "why"), ("title", "cases"))
        for name in entry["cases"]:
            if name not in names:
                raise Problem(f"bugs.toml: {bug}: there is no case {name}{nearest(name, names)}")
        for glob in entry.get("also", []):
            if not any(fnmatchcase(name, glob) for name in names):
                raise Problem(f"bugs.toml: {bug}: also: no case is called {glob}")
    return bugs()


def red(cell):
    """Whether a verdict tells the client from a right one."""
    return cell["verdict"] not in ("PASS", "UNIMPLEMENTED")


def verdict_of(entry, cells, asked):
    """(own cases that stayed green, cases beside them that are red) of a mutant."""
    red_cases = {cell["case"] for cell in cells if red(cell)}
    survived = [name for name in entry["cases"] if name in asked and name not in red_cases]
    allowed = [*entry["cases"], *entry.get("also", [])]
    strays = sorted(name for name in red_cases if not any(fnmatchcase(name, glob) for glob in allowed))
    return survived, strays


def do_mutants(asked, cases, progress):
    from .case import all_cases
    from .cli import STATUS_UNEXPECTED

    entries = checked_bugs(all_cases())
    names = {case.name for case in cases}
    plan = {bug: [case for case in cases if wanted(entry, case, asked.mutants)] for bug, entry in entries.items()}
    plan = {bug: own for bug, own in plan.items() if any(case.name in entries[bug]["cases"] for case in own)}
    out = asked.report or Path(tempfile.mkdtemp(prefix="conformance-"))
    pairs = [(right(), case) for case in cases] + [(mutant(bug), case) for bug, own in plan.items() for case in own]
    run = Run(pairs, Options(asked.seed, 1, asked.jobs, tuple(asked.mode), asked.patience, out), progress)
    run.expecting = False
    by_client = {}
    for cell in run.play():
        by_client.setdefault(cell["client"], []).append(cell)
    problems = [f"the right client is {cell['verdict']} in {cell['case']} {cell['mode']}: {first(cell)}"
                for cell in by_client.get(OURS, []) if red(cell)]
    killed, told = set(), []
    for bug, own in plan.items():
        survived, strays = verdict_of(entries[bug], by_client[mutant(bug).name], {case.name for case in own})
        killed |= {name for name in entries[bug]["cases"] if name in names and name not in survived}
        told.append({"name": mutant(bug).name, **{member: entries[bug].get(member, "") for member in ("title", "broken")},
                     "cases": entries[bug]["cases"], "survived": survived, "strays": strays})
        problems += [f"mutant {bug} survives {name}" for name in survived]
        problems += [f"mutant {bug} is red in {name}, which its entry does not list" for name in strays]
    without = sorted(names - {name for entry in entries.values() for name in entry["cases"]})
    with_mutant = len(names) - len(without)
    write(run, told, {"cases": len(names), "with_mutant": with_mutant, "killed": len(killed)})
    for problem in problems:
        print(problem)
    print(f"score: {len(killed)} of {len(cases)} cases were seen to be failed by a mutant of theirs; without one: {', '.join(without) or 'none'}")
    print(f"{len(run.cells) - len(problems)} cells as expected, {len(problems)} not")
    print(f"report: {run.out / 'report.html'}")
    return STATUS_UNEXPECTED if problems else 0


def write(run, told, score):
    """The reports: a cell is as expected where a mutant is red as its entry says, and the right client is not."""
    from .report import write_reports

    by_name = {entry["name"]: entry for entry in told}
    for cell in run.cells:
        entry = by_name.get(cell["client"], {"survived": (), "strays": [cell["case"]]})
        wrong = cell["case"] in (entry["strays"] if red(cell) else entry["survived"])
        cell.update(as_expected=not wrong, expected=[cell["verdict"]] if red(cell) and not wrong else None)
    write_reports(run.out, run.write(mutants=told, score=score))


def wanted(entry, case, how):
    """Whether a mutant is played on a case: its own ones, the core ones too, or all."""
    return case.name in entry["cases"] or how == "all" or (how == "core" and case.core)


def first(cell):
    return cell["findings"][0]["message"] if cell["findings"] else cell.get("why", "")
