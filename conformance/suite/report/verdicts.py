"""How verdicts look: a sign, so that nobody needs the colour, and the name of their colours."""

from dataclasses import dataclass

from ..expectations import FINE


@dataclass(frozen=True)
class Look:
    sign: str
    tone: str  # a class of style.css
    says: str


LOOKS = {
    "PASS": Look("✓", "ok", "all holds"),
    "NON-STRICT": Look("~", "soft", "only what should hold does not"),
    "INFORMATIONAL": Look("i", "soft", "only what may hold does not"),
    "UNIMPLEMENTED": Look("–", "none", "the client cannot do it"),
    "FAIL": Look("✗", "bad", "what must hold does not"),
    "HANG": Look("H", "bad", "the client did not end"),
    "CRASH": Look("C", "bad", "its process ended"),
    "NOT-CONCURRENT": Look("N", "odd", "the node saw another mode"),
    "NOT-EXERCISED": Look("0", "odd", "what had to happen did not"),
    "UNSTABLE": Look("±", "odd", "not always the same"),
}


def is_plain(cell):
    """Whether there is nothing to tell of a cell."""
    return cell["verdict"] == "PASS" and cell["as_expected"]


def is_fine(cell):
    return cell["verdict"] in FINE and cell["as_expected"]


def claimed(client):
    """{list of claims: "83 of 85", and what of it was not played} of SPEC.md."""
    told = {}
    for name, kept in client["claims"].items():
        lacks = [f"{kept[what]} {word}" for what, word in (("unimplemented", "unimplemented"), ("not_played", "not played")) if kept[what]]
        told[name] = f"{kept['held']} of {kept['held'] + len(kept['broken'])}" + (f" ({', '.join(lacks)})" if lacks else "")
    return told


def told_verdict(cell):
    """ "FAIL", "FAIL, expected", "PASS, not expected: FAIL is" """
    if cell["expected"] and not cell["as_expected"]:
        return f"{cell['verdict']}, where {' or '.join(cell['expected'])} is expected"
    if not cell["as_expected"] and cell["verdict"] in FINE:
        return f"{cell['verdict']}, which is not expected"
    if cell["expected"] and cell["verdict"] not in FINE:
        return f"{cell['verdict']}, expected"
    return cell["verdict"]
