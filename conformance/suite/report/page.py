"""`report.html`: one file, without anything from elsewhere. What it needs no script for works without one: anchors open the details
around their targets, and radio buttons prune the rows."""

from pathlib import Path

from .cells import Budget, case_of
from .markup import Markup, tag
from .matrix import Table, matrix, mutants, pruning, totals
from .verdicts import LOOKS

HERE = Path(__file__).parent
CHOICES = (("news", "not as expected"), ("differ", "not all pass"), ("all", "all cases"))


def choices(table):
    """The radio buttons that prune: at first the rows that differ from all-pass, or all where none does."""
    count = pruning(table)
    first = "differ" if count["differ"] else "all"
    for name, words in CHOICES:
        yield tag("input", type="radio", name="rows", id=f"rows-{name}", checked=name == first)
        yield tag("label", f"{words} ({count[name]})", for_=f"rows-{name}")


def legend():
    return tag("details", tag("summary", "How to read this"), tag("ul", [
        tag("li", tag("i", look.sign, class_=look.tone), f" {verdict}: {look.says}") for verdict, look in LOOKS.items()]),
        tag("p", "A box with a frame is not as expected. The boxes of a cell are the modes: serial, one call after the other; threaded, a connection "
                 "for each thread; gathered, all at once on one connection; shared, threads on one connection."),
        tag("p", "A waterfall has a row for each caller, by socket. A column is an event of the node, in order; times stand below. ",
            sample("held", "held"), sample("work", "arrived, not answered"), sample("sent", "answered, being written"),
            sample("sent error", "an error"), sample("sent wrong", "a call with a finding"), sample("fault", "a rule changed it"),
            "dashed: no answer. A dashed curve leads from a reply to the call that was given its value instead of its own."), class_="legend")


def sample(kind, words):
    tone = kind.partition(" ")[2]
    shape = tag("path", d="M8 1l4 4l-4 4l-4-4z", class_="fault") if kind == "fault" else tag(
        "rect", x="1", y="4" if kind == "held" else "2", width="14", height="3" if kind == "held" else "7", class_=kind.partition(" ")[0])
    return [tag("svg", tag("g", shape, class_=f"bar {tone or 'good'}"), width="16", height="11", aria_hidden="true"), f" {words}; "]


def page(out, results):
    out, table, budget = Path(out), Table(results), Budget()
    wrong = sum(not cell["as_expected"] for cell in results["cells"])
    first = f"{wrong} of {len(results['cells'])} cells are not as expected" if wrong else "All is as expected"
    body = [
        tag("h1", "Conformance"),
        tag("p", tag("b", first, class_="many" if wrong else "well"), f". {len(results['cases'])} cases, {len(table.columns)} client{'s' * (len(table.columns) != 1)}, seed {results['seed']}."),
        totals(table), legend(), *choices(table),
        tag("main", tag("h2", "Matrix", id="matrix"), matrix(table), tag("p", "No row is left: choose more above.", class_="nothing"),
            mutants(table), tag("h2", "Cases", id="cases"), [case_of(out, table, case, budget) for case in table.cases]),
        tag("script", Markup((HERE / "page.js").read_text())),
    ]
    head = Markup('<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
                  '<meta name="color-scheme" content="light dark">')
    whole = tag("html", tag("head", head, tag("title", f"Conformance: {first}"), tag("style", Markup((HERE / "style.css").read_text()))),
                tag("body", body), lang="en")
    return "<!doctype html>\n" + whole.replace("</input>", "") + "\n"
