"""Clients broken on purpose prove the cases: a case counts only when a client that is broken in just that way is seen to fail it.
`mutants/bugs.toml` names each bug, the cases that it must make red, and those that it may."""

import tempfile
from fnmatch import fnmatchcase
from pathlib import Path

from .clients import bugs, mutant, right
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


def played(clients_and_cases, options, progress):
    """Plays each client on its cases, and gives the cells."""
    cells = []
    for client, cases in clients_and_cases:
        run = Run([client], cases, options, progress)
        run.expecting = False
        cells += run.play()
    return cells


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
    out = asked.report or Path(tempfile.mkdtemp(prefix="conformance-"))
    options = Options(asked.seed, 1, asked.jobs, tuple(asked.mode), asked.patience, out)
    names = {case.name for case in cases}
    problems = []
    for cell in played([(right(), cases)], options, progress):
        if red(cell):
            problems.append(f"the right client is {cell['verdict']} in {cell['case']} {cell['mode']}: {first(cell)}")
    killed = set()
    for bug, entry in entries.items():
        own = [case for case in cases if case.name in entry["cases"] or asked.mutants == "all" or (asked.mutants == "core" and case.core)]
        if not any(case.name in entry["cases"] for case in own):
            continue
        cells = played([(mutant(bug), own)], options, progress)
        survived, strays = verdict_of(entry, cells, {case.name for case in own})
        killed |= {name for name in entry["cases"] if name in names and name not in survived}
        problems += [f"mutant {bug} survives {name}" for name in survived]
        problems += [f"mutant {bug} is red in {name}, which its entry does not list" for name in strays]
    without = sorted(names - {name for entry in entries.values() for name in entry["cases"]})
    for problem in problems:
        print(problem)
    print(f"score: {len(killed)} of {len(cases)} cases were seen to be failed by a mutant of theirs; without one: {', '.join(without) or 'none'}")
    return STATUS_UNEXPECTED if problems else 0


def first(cell):
    return cell["findings"][0]["message"] if cell["findings"] else cell.get("why", "")
