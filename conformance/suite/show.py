"""Cases in words, for `conformance show`."""

import textwrap

from .groups import GROUPS
from .words import call_words, check_words, happened_words, script_words, step_words

WIDTH = 100


def paragraph(text, indent="  ", first=None):
    print(textwrap.fill(text, WIDTH, initial_indent=indent if first is None else first, subsequent_indent=indent + "  ", break_long_words=False))


def sections(case):
    """[(title, lines)]: all that a case has beside its title and words."""
    yield "Asked", [call_words(name, call) for name, call in case.calls.items()]
    for name, (fixture, script) in case.scripts.items():
        of = f" of {name}" if len(case.scripts) > 1 else ""
        yield f"The node's script{of}, on {fixture}", list(script_words(script))
    yield "Steps", [line for step in case.steps for line in step_words(step)]
    yield "Must hold, beside what always must", [
        f"{check['check']}: {check_words(check)}" + (f" ({check['level']})" if check.get("level", case.level) != "must" else "") for check in case.checks]
    yield "Must have happened", list(map(happened_words, case.happened))


def show_group(group, cases):
    print(f"{group}  {GROUPS.get(group, '')}")
    width = max(len(case.place) for case in cases)
    for case in cases:
        print(f"  {case.place:{width}}  {case.title}")


def show_case(case):
    print(f"{case.place}: {case.title}")
    paragraph(f"The node {case.node}.")
    paragraph(f"A right client {case.client}.")
    if case.bug:
        paragraph(f"Seen in {', '.join(case.bug)}.")
    paragraph(f"Level {case.level}{', core' if case.core else ''}; modes {', '.join(case.modes)}"
              + (f"; needs {', '.join(case.needs)}" if case.needs else "") + (f"; played {case.runs} times" if case.runs > 1 else "") + ".")
    for title, lines in sections(case):
        if lines:
            print(f"  {title}:")
        for line in lines:
            paragraph(line, "    " + " " * (len(line) - len(line.lstrip())))
    print()


def show_checks(checks):
    for row in checks.values():
        members = ", ".join(f"{member}{'' if member in row.needed else '?'}" for member in row.members)
        paragraph(f"{row.name}{f' ({members})' if members else ''}: {row.says}{' [always]' if row.always else ''}", "")
    return 0
