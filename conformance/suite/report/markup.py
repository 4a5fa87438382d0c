"""HTML and SVG as text, escaped where it is no markup yet."""

from html import escape


class Markup(str):
    """A text that is markup already."""


def told(inside):
    if inside is None:
        return ""
    if isinstance(inside, (list, tuple)) or hasattr(inside, "__next__"):
        return "".join(told(one) for one in inside)
    return inside if isinstance(inside, Markup) else escape(str(inside), quote=False)


def tag(name, /, *inside, **attributes):
    """`class_` is `class`, `aria_label` is `aria-label`; None leaves an attribute out, True gives it no value."""
    words = ""
    for attribute, value in attributes.items():
        if value is not None and value is not False:
            attribute = attribute.rstrip("_").replace("_", "-")
            words += f" {attribute}" if value is True else f' {attribute}="{escape(str(value))}"'
    return Markup(f"<{name}{words}>{told(inside)}</{name}>")
