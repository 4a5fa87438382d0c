"""The reports of a run: results.json by its schema and equal for equal seeds, report.html as a document, junit.xml, summary.md. What
must stand in them is counted in the results or in the journals, by other code."""

import copy
import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from html.parser import HTMLParser

import pytest

from suite.case import all_cases
from suite.clients import Client, right
from suite.mutants import write
from suite.report import write_reports
from suite.report.lanes import MOST, SWAPS
from suite.results import stable
from suite.run import Options, Run
from testenv.paths import ROOT

sys.path.insert(0, str(ROOT / "conformance" / "adapters" / "kit" / "python"))

from adapterkit import schema as kit_schema  # behind the path

SCHEMA = json.loads((ROOT / "conformance" / "suite" / "results.schema.json").read_text())
CASES = ("tri-mode-equal", "k-of-n-errors")
WORDS_OF_PEOPLE = {"$schema", "title", "description"}
VOID = {"meta", "input", "br"}


def crooked(fault):
    return Client(fault, (sys.executable, str(ROOT / "conformance" / "testenv" / "crooked.py"), fault))


def run(out, clients, modes=("serial", "gathered"), patience=None):
    options = Options(seed=5, jobs=2, modes=modes, out=out)
    options.patience = patience or options.patience
    pairs = [(client, case) for case in all_cases() if case.name in CASES for client in clients]
    run = Run(pairs, options, lambda cell, count: None)
    run.play()
    results = run.write()
    write_reports(out, results)
    return results


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("run")
    run(out, [right(), *map(crooked, ("order", "default", "crash", "garbage"))])
    return out


@pytest.fixture(scope="module")
def results(folder):
    return json.loads((folder / "results.json").read_text())


def cells_of(results, client, verdict=None):
    return [cell for cell in results["cells"] if cell["client"] == client and verdict in (None, cell["verdict"])]


# results.json


def keywords(schema):
    for inner in schema.get("anyOf", []):
        yield from keywords(inner)
    for name, rule in schema.items():
        if name == "properties":
            for inner in rule.values():
                yield from keywords(inner)
        else:
            yield name
            if name in ("items", "additionalProperties") and isinstance(rule, dict):
                yield from keywords(rule)


def test_schema_says_nothing_that_is_not_checked():
    assert set(keywords(SCHEMA)) <= {*kit_schema.CHECKS, *WORDS_OF_PEOPLE}


def test_results_are_as_the_schema_says(results):
    assert kit_schema.problem(SCHEMA, results, "") is None


@pytest.mark.parametrize(("change", "place"), [
    (lambda results: results["cells"][0].update(verdict="GREEN"), "cells[0].verdict"),
    (lambda results: results["cells"][0].pop("command"), "cells[0]"),
    (lambda results: results["cells"][0].update(port=1), "cells[0].port"),
    (lambda results: results["clients"][0].update(name=7), "clients[0].name"),
    (lambda results: results["totals"].update(FAIL=0), "totals.FAIL"),
])
def test_schema_refuses_other_results(results, change, place):
    changed = copy.deepcopy(results)
    change(changed)
    assert (kit_schema.problem(SCHEMA, changed, "") or "").startswith(place)


def test_equal_seeds_give_equal_results(folder, results, tmp_path):
    again = run(tmp_path, [right(), *map(crooked, ("order", "default", "crash", "garbage"))])
    assert stable(json.loads(json.dumps(again))) == stable(results)


def test_threads_change_no_verdict(tmp_path):
    modes = ("threaded", "shared")
    one, two = (stable(run(tmp_path / name, [right(), crooked("order")], modes)) for name in ("one", "two"))
    assert one == two and {cell["verdict"] for cell in one["cells"]} == {"PASS", "FAIL"}


def test_what_is_not_stable_is_seconds_and_whom_threads_hit():
    cell = {"mode": "shared", "seconds": 1.5, "verdict": "FAIL", "findings": [{"check": "values", "level": "must", "message": m} for m in "ab"]}
    assert stable([cell]) == [{"mode": "shared", "verdict": "FAIL", "findings": [("values", "must")]}]
    assert stable({**cell, "mode": "gathered"})["findings"] == cell["findings"]


def test_broken_clients_are_red_and_the_right_one_is_not(results):
    verdicts = {(cell["client"], cell["case"], cell["mode"]): cell["verdict"] for cell in results["cells"]}
    red = {place for place, verdict in verdicts.items() if verdict != "PASS"}
    assert red == {
        *(("order", case, "gathered") for case in CASES), *(("default", "k-of-n-errors", mode) for mode in ("serial", "gathered")),
        *((fault, case, mode) for fault in ("crash", "garbage") for case in CASES for mode in ("serial", "gathered"))}


# report.html


class Page(HTMLParser):
    """A document read strictly: what opens is closed, in its order."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.elements, self.words = [], [], []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("script", "style"):
            self.words.append(data)

    def attributes(self, name):
        return [attributes[name] for _, attributes in self.elements if name in attributes]


@pytest.fixture(scope="module")
def page(folder):
    return Page((folder / "report.html").read_text())


def test_page_needs_nothing_from_elsewhere(page, folder):
    assert not {"link", "img", "iframe", "object", "embed", "image", "use", "video", "audio"} & {tag for tag, _ in page.elements}
    assert not page.attributes("src") and not page.attributes("srcset")
    assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest|import\(", (folder / "report.html").read_text())
    assert [tag for tag, _ in page.elements].count("script") == 1


def test_anchors_lead_somewhere_and_names_are_unique(page):
    ids = page.attributes("id")
    assert len(ids) == len(set(ids))
    inner = [href for href in page.attributes("href") if href.startswith("#")]
    assert len(inner) > 10 and {href[1:] for href in inner} <= set(ids)
    others = {href for href in page.attributes("href") if not href.startswith(("#", "cells/"))}
    assert all(href.startswith("https://github.com/") for href in others)


def test_page_tells_both_sides_and_how_to_repeat(page, results):
    words = "".join(page.words)
    cell = cells_of(results, "order", "FAIL")[0]
    first = cell["findings"][0]
    assert first["message"] in words and cell["command"] in words
    # Both texts begin alike, and the rest is marked.
    due, got = first["due"], first["got"]
    same = next(at for at in range(len(due)) if due[:at + 1] != got[:at + 1])
    assert "".join(page.words).count(due) and "".join(page.words).count(got)
    assert due[same:] in page.words and got[same:] in page.words


def test_what_a_client_says_is_text(page, folder):
    assert "</script><script>alert('x')</script>\N{REPLACEMENT CHARACTER}" in "".join(page.words)
    assert "<script>alert" not in (folder / "report.html").read_text()


def test_matrix_has_headers_and_each_cell(page, results):
    scopes = Counter(page.attributes("scope"))
    assert scopes["row"] >= len(CASES) + len(results["clients"]) and scopes["rowgroup"] == 2
    told = page.attributes("aria-label")
    for client in results["clients"]:
        for case in CASES:
            cells = {cell["mode"]: cell["verdict"] for cell in cells_of(results, client["name"]) if cell["case"] == case}
            assert any(one.startswith(f"{client['name']}: ") and all(f"{mode} {verdict}" in one or (verdict == "PASS" and mode in one)
                                                                       for mode, verdict in cells.items()) for one in told), (client, case)


def came(picture):
    """Columns at which calls arrive, from the SVG itself."""
    return sorted(float(x) for x in re.findall(r'<path d="M([\d.]+) [\d.]+L[\d.]+ [\d.]+" class="came">', picture))


def test_waterfall_has_each_call_in_the_order_of_the_journal(folder, results):
    text = (folder / "report.html").read_text()
    cell = next(cell for cell in cells_of(results, "order") if (cell["case"], cell["mode"]) == ("k-of-n-errors", "gathered"))
    start = text.index('id="k-of-n-errors--order"')
    pictures = re.findall(r'<svg viewBox.*?</svg>', text[start:text.index('id="k-of-n-errors--default"')], re.S)
    assert len(pictures) == 2  # serial, gathered
    journal = [json.loads(line) for line in (folder / cell["folder"] / "journal.main.jsonl").read_text().splitlines()]
    arrivals = [event for event in journal if event["event"] == "arrived"]
    assert len(arrivals) == 64 and len(came(pictures[1])) == MOST
    assert len(set(came(pictures[1]))) == MOST  # a column is one event
    # All arrive before one is answered in gathered mode; in turn in serial mode.
    sent = [[float(x) for x in re.findall(r'<rect x="([\d.]+)"[^>]*class="sent">', picture)] for picture in pictures]
    assert max(came(pictures[1])) < min(sent[1])
    assert all(a < b for a, b in zip(came(pictures[0]), sorted(sent[0]), strict=True))
    assert all(b < a for a, b in zip(came(pictures[0])[1:], sorted(sent[0])[:-1], strict=True))
    assert f"{64 - MOST} of 64 calls are not drawn" in text


def test_waterfall_marks_what_a_rule_changed_and_whose_value_was_taken(folder, results):
    text = (folder / "report.html").read_text()
    default = text[text.index('id="k-of-n-errors--default"'):text.index('id="k-of-n-errors--crash"')]
    assert {"rule e3: error", "rule e17: error", "rule e64: pruned"} <= set(re.findall(r"<title>(rule [^<]*)</title>", default))
    order = text[text.index('id="tri-mode-equal--order"'):text.index('id="tri-mode-equal--default"')]
    cell = next(cell for cell in cells_of(results, "order", "FAIL") if cell["case"] == "tri-mode-equal")
    due = {finding["calls"][0]: finding["due"] for finding in cell["findings"]}
    given = {finding["calls"][0]: finding["got"] for finding in cell["findings"]}
    swaps = re.findall(r"<title>the value of (.*?) was given to (.*?)</title>", order)
    assert len(swaps) == SWAPS and all(due[owner] == given[call] for owner, call in swaps)


def test_files_of_a_cell_that_are_gone_are_no_harm(folder, results, tmp_path):
    write_reports(tmp_path, results)
    assert "<svg viewBox" not in (tmp_path / "report.html").read_text()


# junit.xml and summary.md


def changed(results):
    """With an expected failure, one that passed, and a client that cannot."""
    results = copy.deepcopy(results)
    default, right = cells_of(results, "default", "FAIL"), cells_of(results, "right")
    default[0].update(expected=["FAIL"], as_expected=True, reason="known <since> long")
    right[0].update(expected=["FAIL"], as_expected=False)
    right[1].update(verdict="UNIMPLEMENTED", why="it has no batch", folder=None)
    return results


def test_junit_counts_what_it_has(results, tmp_path):
    results = changed(results)
    write_reports(tmp_path, results)
    root = ElementTree.parse(tmp_path / "junit.xml").getroot()
    suites = {suite.get("name"): suite for suite in root}
    assert list(suites) == [client["name"] for client in results["clients"]]
    for name, suite in suites.items():
        tests = suite.findall("testcase")
        assert len(tests) == int(suite.get("tests")) == len(cells_of(results, name))
        for kind, member in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert int(suite.get(member)) == len(suite.findall(f"testcase/{kind}"))
    assert [int(suites[name].get("failures")) for name in ("right", "order", "default", "crash")] == [1, 2, 1, 0]
    assert int(suites["crash"].get("errors")) == 4 and int(suites["default"].get("skipped")) == 1
    assert "known <since> long" in suites["default"].find("testcase/skipped").get("message")
    assert suites["right"].find("testcase/skipped").get("message") == "it has no batch"
    assert "where FAIL is expected" in suites["right"].find("testcase/failure").get("message")
    failure = suites["order"].find("testcase/failure")
    cell = cells_of(results, "order", "FAIL")[0]
    assert cell["command"] in failure.text and cell["findings"][5]["message"] in failure.text


def test_summary_counts_and_names_what_is_not_as_expected(results, tmp_path):
    results = changed(results)
    write_reports(tmp_path, results)
    text = (tmp_path / "summary.md").read_text()
    wrong = [cell for cell in results["cells"] if not cell["as_expected"]]
    assert f"{len(wrong)} of {len(results['cells'])} cells are not as expected" in text
    rows = [re.split(r"(?<!\\)\|", line) for line in text.splitlines() if line.startswith("| ")]
    named = {(row[1].strip(), row[2].strip(), row[3].strip()) for row in rows if len(row) == 7}
    assert {(cell["client"], f"{cell['group']}/{cell['case']}", cell["mode"]) for cell in wrong} <= named
    assert wrong[0]["command"] in text and "alert('x')" in text and "<script>" not in text


def test_all_is_well(results, tmp_path):
    results = copy.deepcopy(results)
    results["cells"] = cells_of(results, "right")
    results["clients"], results["totals"] = results["clients"][:1], {"PASS": 4}
    write_reports(tmp_path, results)
    assert "All is as expected." in (tmp_path / "summary.md").read_text()
    assert "All is as expected" in "".join(Page((tmp_path / "report.html").read_text()).words)
    assert not ElementTree.parse(tmp_path / "junit.xml").getroot().findall(".//failure")


# A run of mutants


def test_mutants_have_a_table_of_their_own(results, tmp_path):
    results = copy.deepcopy(results)
    results["mutants"] = [
        {"name": "default", "title": "Errors are nothing", "broken": "a default is given", "cases": ["k-of-n-errors"], "survived": [], "strays": []},
        {"name": "order", "title": "By order", "broken": "", "cases": ["tri-mode-equal", "not-played"], "survived": ["not-played"], "strays": ["k-of-n-errors"]}]
    results["score"] = {"cases": 2, "with_mutant": 2, "killed": 2}
    assert kit_schema.problem(SCHEMA, results, "") is None
    write_reports(tmp_path, results)
    text = (tmp_path / "report.html").read_text()
    matrix, mutants = (re.search(f'<table[^>]*class="{name}".*?</table>', text, re.S)[0] for name in ("matrix", "mutants"))
    assert "<b>right</b>" in matrix and "<b>order</b>" not in matrix and "<b>crash</b>" in matrix
    rows = [Page(row).words for row in re.findall("<tr>.*?</tr>", mutants, re.S)[1:]]
    assert [row[0] for row in rows] == ["order", "default"]  # what is wrong comes first
    assert "not-played" in rows[0] and "k-of-n-errors" in rows[0] and "Errors are nothing: a default is given" in rows[1]
    assert "2 of 2 cases" in (tmp_path / "summary.md").read_text()


class Played:
    """A run of mutants as far as its reports need it."""

    out = None

    def __init__(self, *cells):
        self.cells = [{"client": client, "case": case, "verdict": verdict} for client, case, verdict in cells]

    def write(self, **more):
        return {"cells": self.cells, **more}


def test_a_mutant_is_as_expected_where_its_entry_says(monkeypatch):
    monkeypatch.setattr("suite.report.write_reports", lambda out, results: None)
    run = Played(("right", "a", "PASS"), ("right", "b", "FAIL"), ("mutant:x", "a", "FAIL"), ("mutant:x", "b", "PASS"), ("mutant:x", "c", "HANG"), ("mutant:x", "d", "PASS"))
    write(run, [{"name": "mutant:x", "cases": ["a", "b"], "survived": ["b"], "strays": ["c"]}], {})
    assert [cell["as_expected"] for cell in run.cells] == [True, False, True, False, False, True]
    assert [cell["expected"] for cell in run.cells] == [None, None, ["FAIL"], None, None, None]
