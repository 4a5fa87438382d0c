"""The command `conformance/conformance`: run, show, judge, spec."""

import argparse
import os
import sys
import tempfile
from fnmatch import fnmatchcase
from pathlib import Path

from .case import all_cases
from .checks import CHECKS
from .clients import adapters, bugs, client_of, mutant, right
from .expectations import FINE, Expectations, accepted
from .judge import judged
from .modes import MODES
from .problem import Problem, nearest
from .run import Options, Run, WATCHDOG
from .show import show_case, show_checks, show_group
from .spec import freeze, frozen, spec

STATUS_UNEXPECTED, STATUS_WRONG = 1, 2


def options():
    parser = argparse.ArgumentParser(prog="conformance", description="Plays situations of a chain's and a connection's life on clients, and judges them by what the node saw.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="play cases on clients; exits 0 only when all is as expected")
    run.add_argument("--adapter", action="append", default=[], metavar="NAME|DIR|CMD", help="a client that is known (conformance show --clients), a folder with adapter.toml, or a command; may be repeated; subtensor unless said")
    run.add_argument("--case", action="append", default=[], metavar="GLOB", help="of a case's name or GROUP/NAME; may be repeated")
    run.add_argument("--level", choices=("core", "must", "should", "all"), default="all", help="cases of that level")
    run.add_argument("--mode", action="append", default=[], choices=MODES, help="only these modes; may be repeated")
    run.add_argument("--seed", type=int, default=1)
    run.add_argument("--repeat", type=int, default=1, metavar="N", help="play each cell so often; what varies is UNSTABLE")
    run.add_argument("--jobs", type=int, default=os.cpu_count() or 2, metavar="N", help="clients that are driven at a time")
    run.add_argument("--patience", type=float, default=WATCHDOG, metavar="SECONDS", help="in which nothing happens, before a client is said to hang")
    run.add_argument("--report", type=Path, metavar="DIR", help="where results, report and the files of each cell go")
    run.add_argument("--accept", action="store_true", help="write what came into expected.toml of each client")
    run.add_argument("--mutants", choices=("own", "core", "all"), help="play mutants: each on its own cases, on the core cases too, or on all")
    run.add_argument("--smoke", metavar="ADAPTER", help="check an adapter alone: its lines against the protocol")
    show = commands.add_parser("show", help="tell cases in words")
    show.add_argument("what", nargs="*", metavar="CASE|GROUP")
    show.add_argument("--checks", action="store_true", help="the table of checks")
    show.add_argument("--clients", action="store_true", help="clients and mutants that are known")
    again = commands.add_parser("judge", help="judge the files of a run again")
    again.add_argument("run", type=Path, metavar="RUN_DIR")
    spec = commands.add_parser("spec", help="print what a right client does, from the cases: SPEC.md")
    spec.add_argument("--freeze", metavar="LIST", help="add to cases/LIST.txt (core-1, …) the claims that no list has, and print their ids")
    return parser


def chosen(asked):
    """The cases that options name."""
    cases = all_cases()
    for glob in asked.case:
        if not any(named(case, glob) for case in cases):
            raise Problem(f"--case: no case is called {glob}{nearest(glob, [case.name for case in cases])}")
    picked = [case for case in cases if not asked.case or any(named(case, glob) for glob in asked.case)]
    if asked.level == "core":
        return [case for case in picked if case.core]
    return [case for case in picked if asked.level == "all" or case.level == asked.level]


def named(case, glob):
    return fnmatchcase(case.name, glob) or fnmatchcase(case.place, glob)


def progress(cell, count):
    mark = "" if cell["as_expected"] else "   <- not as expected"
    first = f": {cell['findings'][0]['message'][:150]}" if cell["findings"] and not cell["as_expected"] else f": {cell['why']}" if cell.get("why") else ""
    print(f"{count:5} {cell['client']} {cell['group']}/{cell['case']} {cell['mode']}: {cell['verdict']}{first}{mark}", file=sys.stderr, flush=True)


def do_run(asked):
    if asked.smoke:
        from .smoke import smoke

        return smoke(client_of(asked.smoke), asked.patience)
    cases = chosen(asked)
    if asked.mutants:
        from .mutants import do_mutants

        return do_mutants(asked, cases, progress)
    clients = [client_of(word) for word in asked.adapter or ["subtensor"]]
    out = asked.report or Path(tempfile.mkdtemp(prefix="conformance-"))
    pairs = [(client, case) for case in cases for client in clients]
    run = Run(pairs, Options(asked.seed, asked.repeat, asked.jobs, tuple(asked.mode), asked.patience, out), progress)
    run.play()
    return finish(run, asked)


def finish(run, asked):
    from .report import write_reports

    results = run.write()
    write_reports(run.out, results)
    print(", ".join(f"{count} {verdict}" for verdict, count in sorted(results["totals"].items())))
    if asked.accept:
        for client in run.clients:
            if client.folder and not client.bug:
                accepted(client.folder / "expected.toml", [c for c in run.cells if c["client"] == client.name], run.expected[client.name])
    wrong = [cell for cell in run.cells if not cell["as_expected"]]
    stale = []
    if not asked.case and asked.level == "all":
        stale = [f"{name}: {entry}" for name, expected in run.expected.items()
                 for entry in expected.stale({case.name for case in run.cases}, asked.mode or MODES)]
    for cell in wrong:
        print(f"not as expected: {cell['client']} {cell['case']} {cell['mode']}: {cell['verdict']}" + (f", where {' or '.join(cell['expected'])} is expected" if cell["expected"] else ""))
        for finding in cell["findings"][:3]:
            print(f"    {finding['check']}: {finding['message'][:300]}")
        print(f"    {cell['command']}")
    for entry in stale:
        print(f"stale: expected.toml of {entry}: no such cell was played")
    print(f"{len(run.cells) - len(wrong)} cells as expected, {len(wrong)} not")
    print(f"report: {run.out / 'report.html'}")
    return STATUS_UNEXPECTED if (wrong or stale) and not asked.accept else 0


def do_show(asked):
    if asked.checks:
        return show_checks(CHECKS)
    if asked.clients:
        for name, client in {**adapters(), "right": right()}.items():
            print(f"{name}: {' '.join(map(str, client.command))}")
        for bug, entry in bugs().items():
            print(f"mutant:{bug}: {entry['title']}")
        return 0
    cases = all_cases()
    groups = {case.group for case in cases}
    for word in asked.what or sorted(groups):
        found = [case for case in cases if named(case, word)]
        if word in groups:
            show_group(word, [case for case in cases if case.group == word])
        elif found:
            for case in found:
                show_case(case)
        else:
            raise Problem(f"there is no case or group {word}{nearest(word, [*groups, *(case.name for case in cases)])}")
    return 0


def do_judge(asked):
    if not (asked.run / "cells").is_dir():
        raise Problem(f"{asked.run}: no run: a folder that `run --report` made has cells/")
    status = 0
    for path in sorted((asked.run / "cells").glob("*/*/*")):
        serial = None
        for mode in MODES:
            folder = path / mode
            folders = [folder] if (folder / "cell.json").exists() else sorted(folder.glob("*/")) if folder.exists() else []
            if not folders:
                continue
            others = [judged(one)[0] for one in folders[1:]]
            history, verdict = judged(folders[0], serial, others)
            serial = history if mode == "serial" else serial
            status |= verdict["verdict"] not in FINE
            words = f": {verdict['findings'][0]['message'][:200]}" if verdict["findings"] else ""
            print(f"{path.parts[-3]} {path.parts[-2]}/{path.parts[-1]} {mode}: {verdict['verdict']}{words}")
    return status


def do_spec(asked):
    cases = all_cases()
    print("\n".join(freeze(asked.freeze, cases)) if asked.freeze else spec(cases, frozen()).rstrip("\n"))
    return 0


def main(arguments=None):
    asked = options().parse_args(arguments)
    try:
        return {"run": do_run, "show": do_show, "judge": do_judge, "spec": do_spec}[asked.command](asked)
    except Problem as problem:
        print(f"conformance: {problem}", file=sys.stderr)
        return STATUS_WRONG
    except KeyboardInterrupt:
        return 130
