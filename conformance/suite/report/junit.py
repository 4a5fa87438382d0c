"""`junit.xml`: a testsuite for each client, a testcase for each case and mode. What is red as expected is skipped, as runners write
an expected failure; a pass where red is expected is a failure."""

from xml.sax.saxutils import escape, quoteattr

from ..expectations import FINE
from .markup import clean
from .verdicts import told_verdict

MOST = 20  # findings of a cell that are told


def element(name, inside="", /, **attributes):
    words = "".join(f" {member}={quoteattr(clean(value))}" for member, value in attributes.items())
    return f"<{name}{words}>{inside}</{name}>" if inside else f"<{name}{words}/>"


def findings_text(cell):
    lines = [f"{finding['check']} ({finding['level']}): {finding['message']}" for finding in cell["findings"][:MOST]]
    lines += [f"and {len(cell['findings']) - MOST} more"] if len(cell["findings"]) > MOST else []
    return escape(clean("\n".join([*lines, cell["command"]])))


def outcome_of(cell):
    """The child of a testcase that says how it ended; none where it passed."""
    if cell["verdict"] == "UNIMPLEMENTED" and cell["as_expected"]:
        return element("skipped", message=cell.get("why") or "unimplemented")
    if not cell["as_expected"]:
        message = cell["findings"][0]["message"] if cell["findings"] else cell.get("why") or told_verdict(cell)
        kind = "error" if cell["verdict"] in ("CRASH", "HANG") else "failure"
        return element(kind, findings_text(cell), type=cell["verdict"], message=f"{told_verdict(cell)}: {message}")
    if cell["verdict"] not in FINE:
        return element("skipped", findings_text(cell), type="expected", message=f"{cell['verdict']} is expected: {cell.get('reason', '')}")
    return element("system-out", findings_text(cell)) if cell["findings"] else ""


def kind_of(cell):
    return outcome_of(cell).partition(" ")[0].removeprefix("<")


def suite_of(client, cells, seed):
    cases = [element("testcase", outcome_of(cell), classname=f"{client['name']}.{cell['group']}", name=f"{cell['case']}[{cell['mode']}]",
                     time=f"{cell['seconds']:.3f}") for cell in cells]
    kinds = [kind_of(cell) for cell in cells]
    properties = element("properties", "".join(element("property", name=name, value=value)
                                               for name, value in (("seed", seed), ("version", client.get("version") or ""))))
    return element("testsuite", "\n".join([properties, *cases]), name=client["name"], tests=len(cells), failures=kinds.count("failure"),
                   errors=kinds.count("error"), skipped=kinds.count("skipped"), time=f"{sum(cell['seconds'] for cell in cells):.3f}")


def junit(results):
    suites = [suite_of(client, [cell for cell in results["cells"] if cell["client"] == client["name"]], results["seed"])
              for client in results["clients"]]
    return '<?xml version="1.0" encoding="utf-8"?>\n' + element("testsuites", "\n".join(suites), name="conformance") + "\n"
