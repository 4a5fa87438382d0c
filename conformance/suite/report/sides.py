"""The first differing value with both sides: what was due, what came, marked from where on they differ, and whose values they are."""

import json

from tracer.words import marks, said
from .markup import tag

BEFORE, AFTER = 60, 160  # characters around the first difference


MEMBERS = ("outcome", "code", "codes", "message", "data", "value")  # of an end, in the order in which one reads it


def spelled(value):
    if isinstance(value, dict) and "outcome" in value:
        value = {member: value[member] for member in MEMBERS if member in value}
        return json.dumps(value, ensure_ascii=False)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def parting(due, got):
    """Where two texts begin to differ."""
    at = 0
    while at < min(len(due), len(got)) and due[at] == got[at]:
        at += 1
    return at


def part(text, at):
    begin = at - BEFORE if at > BEFORE + 20 else 0
    end = at + AFTER if len(text) > at + AFTER + 20 else len(text)
    return ["…" if begin else "", text[begin:at], tag("mark", text[at:end]) if text[at:end] else "", "…" if end < len(text) else ""]


def owner(value):
    """In the tracer's words whose value it is, where it is one's."""
    if isinstance(value, dict) and "outcome" in value:
        value = value.get("value")
    return tag("span", said(value)[:200], class_="whose") if value is not None and marks(value) else ""


def both_sides(finding):
    due, got = finding.get("due"), finding.get("got")
    if due is None and got is None:
        return ""
    due_text, got_text = spelled(due), spelled(got)
    at = parting(due_text, got_text)
    rows = [("due", due, due_text), ("got", got, got_text)]
    return tag("table", [tag("tr", tag("th", name, scope="row"), tag("td", tag("code", part(text, at)), owner(value)))
                         for name, value, text in rows], class_="sides")
