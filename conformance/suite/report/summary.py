"""`summary.md`: for the summary of a step of CI, and for a chat."""

from ..results import VERDICTS
from .verdicts import LOOKS, claimed, told_verdict

MOST = 50  # cells that are told


def cell_of(text, limit=220):
    """A text as a cell of a table."""
    text = " ".join(str(text).split())
    text = text if len(text) <= limit else text[: limit - 1] + "…"
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("`", "'")


def totals(results):
    seen = [verdict for verdict in VERDICTS if verdict in results["totals"]]
    lists = list(results["clients"][0]["claims"]) if results["clients"] else []
    yield "| client | " + " | ".join(seen) + " | not as expected |" + "".join(f" {name} |" for name in lists)
    yield "| --- |" + " ---: |" * (len(seen) + 1) + " --- |" * len(lists)
    mutants = {mutant["name"] for mutant in results.get("mutants", [])}
    for client in (client for client in results["clients"] if client["name"] not in mutants):
        cells = [cell for cell in results["cells"] if cell["client"] == client["name"]]
        counts = [sum(cell["verdict"] == verdict for cell in cells) for verdict in seen]
        wrong = sum(not cell["as_expected"] for cell in cells)
        name = cell_of(f"{client['name']} {client.get('version') or ''}".strip())
        yield f"| {name} | " + " | ".join(str(count or "") for count in counts) + f" | {f'**{wrong}**' if wrong else '0'} |" + "".join(f" {words} |" for words in claimed(client).values())


def unexpected(cells):
    yield "| client | case | mode | verdict | first finding |"
    yield "| --- | --- | --- | --- | --- |"
    for cell in cells[:MOST]:
        first = cell["findings"][0]["message"] if cell["findings"] else cell.get("why") or ""
        yield f"| {cell_of(cell['client'])} | {cell['group']}/{cell['case']} | {cell['mode']} | {LOOKS[cell['verdict']].sign} {told_verdict(cell)} | {cell_of(first)} |"
    if len(cells) > MOST:
        yield f"\nand {len(cells) - MOST} more: see report.html"


def summary(results):
    wrong = [cell for cell in results["cells"] if not cell["as_expected"]]
    first = f"{len(wrong)} of {len(results['cells'])} cells are not as expected." if wrong else "All is as expected."
    lines = ["## Conformance", "", f"{first} {len(results['cases'])} cases, seed {results['seed']}.", "", *totals(results)]
    if "score" in results:
        lines += ["", f"{results['score']['killed']} of {results['score']['cases']} cases were seen to be failed by a mutant of theirs."]
    if wrong:
        lines += ["", "### Not as expected", "", *unexpected(wrong), "", "To repeat them:", "", "```sh"]
        lines += [cell["command"] for cell in wrong[:10]] + ["```"]
    return "\n".join(lines) + "\n"
