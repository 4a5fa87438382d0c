"""What is wrong with a case, an adapter's description or an option: said by place, with the nearest name that there is."""

from difflib import get_close_matches


class Problem(Exception):
    """Something that a person wrote is wrong; the text says where and how to mend it."""


def nearest(name, names):
    """ "; did you mean x?" where there is something like it, else the names that there are."""
    close = get_close_matches(str(name), list(names), 1)
    return f"; did you mean {close[0]}?" if close else f"; there are {', '.join(sorted(names))}"


def one_of(place, what, name, names):
    if name not in names:
        raise Problem(f"{place}: there is no {what} {name!r}{nearest(name, names)}")
    return name


def known(place, table, names, needed=()):
    """Refuses members that are not known, which would be silent defaults, and the lack of those that are needed."""
    if not isinstance(table, dict):
        raise Problem(f"{place}: a table is needed, not {table!r}")
    for name in table:
        one_of(place, "member", name, names)
    for name in needed:
        if name not in table:
            raise Problem(f"{place}: {name} is missing")
    return table
