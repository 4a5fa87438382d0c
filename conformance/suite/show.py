"""Cases in words."""

import textwrap


def paragraph(label, text):
    print(textwrap.fill(f"{label}{text}", 100, subsequent_indent="  "))


def show_group(group, cases):
    for case in cases:
        print(f"{case.place}: {case.title}")


def show_case(case):
    print(f"{case.place}: {case.title}")
    paragraph("  The node ", case.node)
    paragraph("  A right client ", case.client)
    if case.bug:
        paragraph("  Seen in ", ", ".join(case.bug))
    print(f"  Level {case.level}; modes {', '.join(case.modes)}; {case.path.name}")
    for number, rule in enumerate(rule for _, script in case.scripts.values() for rule in script.get("rules", [])):
        print(f"  rule {rule.get('name', f'rules[{number}]')}: on {rule['on']} {rule.get('match', '')} {rule.get('when', '')} do {rule['do']}")
    for number, step in enumerate(case.steps, 1):
        print(f"  step {number}: {step}")
    for check in case.checks:
        print(f"  check {check}")
    print()


def show_checks(checks):
    for row in checks.values():
        members = ", ".join(row.members)
        print(f"{row.name}{f' ({members})' if members else ''}: {row.says}{' [always]' if row.always else ''}")
    return 0
