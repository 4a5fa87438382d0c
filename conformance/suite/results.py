"""`results.json`: all that a run says, without the files of its cells. results.schema.json is its schema. Equal seeds give equal
results but for members named `seconds`, as `stable` says."""

from .spec import frozen, kept

VERDICTS = ("PASS", "NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED", "FAIL", "HANG", "CRASH", "NOT-CONCURRENT", "NOT-EXERCISED", "UNSTABLE")
TOLD = ("name", "group", "title", "node", "client", "bug", "level", "core")


def results_of(seed, hellos, cases, cells):
    """`hellos` are those of the clients, by name."""
    lists = frozen()
    clients = [{"name": name, **{member: hello.get(member) for member in ("version", "language", "can")},
                "claims": kept([cell for cell in cells if cell["client"] == name], cases, lists)} for name, hello in hellos.items()]
    counts = {verdict: sum(cell["verdict"] == verdict for cell in cells) for verdict in VERDICTS}
    return {
        "format": 1, "seed": seed, "clients": clients,
        "cases": [{member: getattr(case, member) for member in TOLD} for case in cases],
        "cells": cells,
        "totals": {verdict: count for verdict, count in counts.items() if count},
    }


def stable(value):
    """What equal seeds give equally: not the members named `seconds`; of a red cell in a mode with threads the verdict and the checks
    that failed, not which of the callers it was: the scheduler of the machine chose them."""
    if isinstance(value, list):
        return [stable(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {name: stable(part) for name, part in value.items() if name != "seconds"}
    if kept.get("mode") in ("threaded", "shared") and "findings" in kept:
        kept["findings"] = sorted({(finding["check"], finding["level"]) for finding in kept["findings"]})
    return kept
