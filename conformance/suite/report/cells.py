"""What opens from the matrix: of each case its words, of each client that differs its modes one under another, with findings, both
sides of the first difference, and waterfalls."""

from ..history import History
from ..show import sections
from .lanes import lanes_of
from .markup import tag
from .matrix import anchor, box, told_cells
from .sides import both_sides
from .verdicts import LOOKS, is_fine, is_plain, told_verdict
from .waterfall import step_of, waterfall

FINDINGS = 5  # of a cell that are told
BUDGETS = {"red": 8_000_000, "fine": 3_000_000}  # bytes of waterfalls in a page


class Budget:
    """A page has to open in a browser: when its waterfalls are this large, no more are drawn."""

    def __init__(self):
        self.left = dict(BUDGETS)

    def drawn(self, kind, out, cells):
        """{mode: waterfall}, or None: as many as a page bears are drawn."""
        if self.left[kind] <= 0:
            return None
        pictures = drawn(out, cells)
        self.left[kind] -= sum(map(len, pictures.values()))
        return pictures


def bug(word):
    """A bug as a link, where it is an address or OWNER/NAME#NUMBER."""
    if word.startswith(("https://", "http://")):
        return tag("a", word.split("://", 1)[1], href=word)
    repository, mark, number = word.partition("#")
    if mark and number.isdigit() and repository.count("/") == 1:
        return tag("a", word, href=f"https://github.com/{repository}/issues/{number}")
    return tag("span", word)


def words_of(case):
    rows = [("the node", case["node"]), ("a right client", case["client"])]
    if case["bug"]:
        rows.append(("seen in", [[bug(word), " "] for word in case["bug"]]))
    rows.append(("level", case["level"] + (", core" if case["core"] else "")))
    return tag("dl", [[tag("dt", name), tag("dd", words)] for name, words in rows], class_="words")


def script_of(case):
    """What is asked, the script, the steps and checks, in words."""
    parts = [[tag("b", title), tag("ul", [tag("li", line) for line in lines])] for title, lines in sections(case) if lines]
    return tag("details", tag("summary", "script, steps and checks"), parts, class_="script")


def finding_of(finding):
    return tag("li", tag("b", finding["check"]), " ", tag("small", finding["level"]), " ", finding["message"][:600])


def findings_of(cell):
    """The findings, and of the first that has two sides both of them."""
    if not cell["findings"]:
        return tag("p", cell["why"]) if cell.get("why") else ""
    told, more = cell["findings"][:FINDINGS], cell["findings"][FINDINGS:]
    first = next((sides for sides in map(both_sides, cell["findings"]) if sides), "")
    rest = tag("details", tag("summary", f"{len(more)} more"), tag("ul", [finding_of(one) for one in more[:60]])) if more else ""
    return [tag("p", cell["why"]) if cell.get("why") else "", tag("ul", [finding_of(one) for one in told]), rest, first]


def expected_of(cell):
    if not cell.get("expected"):
        return ""
    link = cell.get("link")
    return tag("p", "expected: ", " or ".join(cell["expected"]), f": {cell.get('reason', '')} ", tag("a", link, href=link) if link else "", class_="expected")


def history_of(out, cell):
    """The first playing of a cell, or None where its files are gone."""
    if not cell.get("folder"):
        return None
    folder = out / cell["folder"]
    folder = folder if (folder / "cell.json").exists() else folder / "1"
    return History(folder) if (folder / "cell.json").exists() else None


def drawn(out, cells):
    """{mode: waterfall}, all on one scale."""
    lanes = {}
    for mode, cell in cells.items():
        history = history_of(out, cell)
        if history:
            lanes[mode] = lanes_of(history, cell["findings"])
    if not lanes:
        return {}
    step = step_of(list(lanes.values()))
    return {mode: picture(mode, one, step) for mode, one in lanes.items()}


def picture(mode, lanes, step):
    count = len(lanes.bars) + lanes.left_out
    sockets = sum(bool(socket.rows) for socket in lanes.sockets)
    about = f"waterfall, {mode}: {count} call{'s' * (count != 1)} on {sockets} socket{'s' * (sockets != 1)}"
    left = f"; {lanes.left_out} of {count} calls are not drawn: those with findings come first, then the first ones" if lanes.left_out else ""
    notes = tag("p", f"{about}{left}", class_="note")
    return tag("figure", tag("div", waterfall(lanes, step, about), class_="wide", tabindex="0", role="region", aria_label=about), notes)


def mode_of(mode, cell, pictures, note):
    look = LOOKS[cell["verdict"]]
    title = tag("h4", tag("i", look.sign, class_=look.tone + ("" if cell["as_expected"] else " news")), " ", mode, ": ", told_verdict(cell),
                " ", tag("a", "files", href=cell["folder"] + "/", class_="files") if cell.get("folder") else "")
    plain = is_plain(cell) and not pictures
    command = tag("p", tag("code", cell["command"], class_="command")) if not plain else ""
    return tag("section", title, expected_of(cell), findings_of(cell), command, pictures.get(mode, note if not is_fine(cell) else ""), class_="mode")


def client_of(out, table, client, case, budget):
    cells = table.cells(client, case)
    if not cells:
        return ""
    name, about = anchor(case["name"], client["name"]), told_cells(cells)
    title = [tag("b", client["name"]), " ", tag("span", [box(cell) for cell in cells.values()], class_="boxes"), " ", about]
    red = not all(is_fine(cell) for cell in cells.values())
    if not red and not case["core"] and all(cell["verdict"] in ("PASS", "UNIMPLEMENTED") for cell in cells.values()):
        whys = sorted({cell["why"] for cell in cells.values() if cell.get("why")})
        return tag("p", title, f": {'; '.join(whys)}" if whys else "", " ", tag("code", next(iter(cells.values()))["command"].split(" --mode")[0], class_="command"),
                   id=name, class_="client")
    pictures, note = budget.drawn("red" if red else "fine", out, cells), ""
    if pictures is None:
        pictures, note = {}, tag("p", "No waterfall: the page has as many as a browser opens. Play this case alone for its own.", class_="note")
    return tag("details", tag("summary", title), tag("div", [mode_of(mode, cell, pictures, note) for mode, cell in cells.items()], id=name), class_="client")


def case_of(out, table, case, budget):
    cells = table.of_case(case)
    script = script_of(table.files[case["name"]]) if case["name"] in table.files else ""
    inside = tag("div", words_of(case), script, [client_of(out, table, client, case, budget) for client in table.clients],
                 tag("p", tag("a", "back to the matrix", href="#matrix")), id=anchor(case["name"]))
    title = [tag("b", f"{case['group']}/{case['name']}"), " ", case["title"], " ", tag("span", [box(cell) for cell in cells if not is_plain(cell)][:24], class_="boxes")]
    return tag("details", tag("summary", title), inside, class_=" ".join(filter(None, ("case", table.kept(cells)))))
