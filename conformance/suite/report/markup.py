"""HTML and SVG as text, escaped where it is no markup yet."""

import re
from html import escape

UNSEEN = re.compile("[^\t\n\r\x20-\x7e\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Markup(str):
    """A text that is markup already."""


def clean(text):
    """What XML has no place for is seen, and replaced."""
    return UNSEEN.sub("\N{REPLACEMENT CHARACTER}", str(text))


def told(inside):
    if inside is None:
        return ""
    if isinstance(inside, (list, tuple)) or hasattr(inside, "__next__"):
        return "".join(told(one) for one in inside)
    return inside if isinstance(inside, Markup) else escape(clean(inside), quote=False)


def tag(name, /, *inside, **attributes):
    """`class_` is `class`, `aria_label` is `aria-label`; None leaves an attribute out, True gives it no value."""
    words = ""
    for attribute, value in attributes.items():
        if value is not None and value is not False:
            attribute = attribute.rstrip("_").replace("_", "-")
            words += f" {attribute}" if value is True else f' {attribute}="{escape(clean(value))}"'
    return Markup(f"<{name}{words}>{told(inside)}</{name}>")
