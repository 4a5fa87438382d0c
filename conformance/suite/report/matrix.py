"""The matrix: a row for each case, a column for each client, and in a cell a box for each mode. It is a plain table; rows are pruned
by style.css and the radio buttons before it."""

import re

from ..case import all_cases
from ..groups import GROUPS
from ..modes import MODES
from ..results import VERDICTS
from .markup import tag
from .verdicts import LOOKS, claimed, is_plain, told_verdict


def anchor(*names):
    return "--".join(re.sub(r"[^\w.-]", "-", name) for name in names)


class Table:
    """The cells of a run, found by client, case and mode."""

    def __init__(self, results):
        self.results = results
        self.clients, self.cases = results["clients"], results["cases"]
        mutants = {mutant["name"] for mutant in results.get("mutants", [])}
        self.columns = [client for client in self.clients if client["name"] not in mutants]  # mutants have a table of their own
        self.files = {case.name: case for case in all_cases()}
        self.by_pair = {}
        for cell in sorted(results["cells"], key=lambda cell: MODES.index(cell["mode"])):
            self.by_pair.setdefault((cell["client"], cell["case"]), {})[cell["mode"]] = cell
        self.modes = [mode for mode in MODES if any(mode in cells for cells in self.by_pair.values())]
        self.groups = {}
        for case in self.cases:
            self.groups.setdefault(case["group"], []).append(case)

    def cells(self, client, case):
        """{mode: cell}."""
        return self.by_pair.get((client["name"], case["name"]), {})

    def of_case(self, case):
        return [cell for client in self.clients for cell in self.cells(client, case).values()]

    def kept(self, cells):
        """The class of a row: `plain` where all pass, `fine` where all is as expected, else none."""
        return " ".join(name for name, holds in (("plain", is_plain), ("fine", lambda cell: cell["as_expected"])) if all(map(holds, cells))) or None


def box(cell):
    look = LOOKS[cell["verdict"]]
    return tag("i", look.sign, class_=look.tone + ("" if cell["as_expected"] else " news"))


def told_cells(cells):
    if all(is_plain(cell) for cell in cells.values()):
        return f"PASS in {', '.join(cells)}"
    return "; ".join(f"{mode} {told_verdict(cell)}" for mode, cell in cells.items())


def pair(table, client, case):
    cells = table.cells(client, case)
    if not cells:
        return tag("td")
    boxes = [box(cells[mode]) if mode in cells else tag("i") for mode in table.modes]
    about = told_cells(cells)
    return tag("td", tag("a", boxes, href="#" + anchor(case["name"], client["name"]), title=about, aria_label=f"{client['name']}: {about}"))


def head(table):
    letters = tag("span", [tag("abbr", mode[:2], title=mode) for mode in table.modes], class_="modes")
    clients = [tag("th", tag("b", client["name"]), " ", tag("small", client.get("version") or ""), letters, scope="col") for client in table.columns]
    return tag("thead", tag("tr", tag("th", "case", scope="col"), clients))


def rows(table):
    for group, cases in table.groups.items():
        kept = table.kept([cell for case in cases for cell in table.of_case(case)])
        title = f"{group} · {GROUPS.get(group, '')}"
        lines = [tag("tr", tag("th", title, scope="rowgroup", colspan=len(table.columns) + 1), class_="group")]
        for case in cases:
            name = tag("th", tag("a", case["name"], href="#" + anchor(case["name"]), title=case["title"]), scope="row")
            lines.append(tag("tr", name, [pair(table, client, case) for client in table.columns], class_=table.kept(table.of_case(case))))
        yield tag("tbody", lines, class_=kept)


def matrix(table):
    return tag("div", tag("table", tag("caption", "Cases by group, clients, and in each cell a box for each mode"), head(table), list(rows(table)), class_="matrix"),
               class_="wide", tabindex="0", role="region", aria_label="matrix")


def totals(table):
    """A row for each client: how many cells of each verdict."""
    seen = [verdict for verdict in VERDICTS if verdict in table.results["totals"]]
    lists = list(table.columns[0]["claims"]) if table.columns else []
    lines = [tag("tr", tag("th", "client", scope="col"), [tag("th", tag("i", LOOKS[verdict].sign, class_=LOOKS[verdict].tone), " ", verdict, scope="col",
                                                             title=LOOKS[verdict].says) for verdict in seen], tag("th", "not as expected", scope="col"),
                       [tag("th", f"claims of {name}", scope="col", title="that must hold: SPEC.md") for name in lists])]
    for client in table.columns:
        cells = [cell for cell in table.results["cells"] if cell["client"] == client["name"]]
        wrong = sum(not cell["as_expected"] for cell in cells)
        told = " · ".join(filter(None, (client.get("version"), client.get("language"))))
        lines.append(tag("tr", tag("th", tag("b", client["name"]), " ", tag("small", told), scope="row"),
                         [tag("td", sum(cell["verdict"] == verdict for cell in cells) or "") for verdict in seen],
                         tag("td", wrong, class_="many" if wrong else None),
                         [tag("td", words) for words in claimed(client).values()]))
    return tag("div", tag("table", lines, class_="totals"), class_="wide", tabindex="0", role="region", aria_label="totals")


def mutants(table):
    """A row for each mutant: what is broken, in which of its cases it is red, and in which others."""
    entries, score = table.results.get("mutants"), table.results.get("score")
    if not entries:
        return ""

    def links(entry, cases):
        client = {"name": entry["name"]}
        return [tag("a", case, " ", [box(cell) for cell in table.cells(client, case_named[case]).values()], href="#" + anchor(case, entry["name"]))
                if table.by_pair.get((entry["name"], case)) else tag("span", case) for case in cases]

    case_named = {case["name"]: case for case in table.cases}
    rows = [tag("tr", [tag("th", words, scope="col") for words in ("mutant", "what is broken", "its cases", "survives", "red besides")])]
    for entry in sorted(entries, key=lambda entry: not (entry["survived"] or entry["strays"])):
        besides = sorted({cell["case"] for (name, _), cells in table.by_pair.items() if name == entry["name"] for cell in cells.values()
                          if cell["verdict"] not in ("PASS", "UNIMPLEMENTED") and cell["case"] not in entry["cases"]} - set(entry["strays"]))
        rows.append(tag("tr", tag("th", entry["name"].removeprefix("mutant:"), scope="row"), tag("td", ": ".join(filter(None, (entry["title"], entry["broken"])))),
                        tag("td", links(entry, entry["cases"]), class_="links"), tag("td", ", ".join(entry["survived"]), class_="many"),
                        tag("td", tag("span", ", ".join(entry["strays"]), class_="many"), " ", ", ".join(besides))))
    about = f"{score['killed']} of {score['cases']} cases were seen to be failed by a mutant of theirs."
    return [tag("h2", "Mutants", id="mutants"), tag("p", about),
            tag("div", tag("table", rows, class_="mutants"), class_="wide", tabindex="0", role="region", aria_label="mutants")]


def pruning(table):
    """How many rows each choice shows."""
    cells = [table.of_case(case) for case in table.cases]
    news = sum(not all(cell["as_expected"] for cell in of) for of in cells)
    other = sum(not all(map(is_plain, of)) for of in cells)
    return {"news": news, "differ": other, "all": len(cells)}
