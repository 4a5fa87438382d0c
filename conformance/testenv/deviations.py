"""The table of what a client says otherwise than we do, and the comparison that applies it and nothing else. Each
entry names a function, a place in its value and what the client says there; an entry that explains nothing any more
is an error of the table, as a difference that no entry explains is one of the client, or ours."""

import json
from decimal import Decimal
from fnmatch import fnmatchcase
from fractions import Fraction

from .paths import ROOT

TABLE = ROOT / "conformance" / "adapters" / "deviations.json"

MISSING = object()  # a member that one side does not have


def text(value):
    return "nothing" if value is MISSING else json.dumps(value, ensure_ascii=False)


def nearest(right):
    """The integer that is left of one when it has been a double."""
    return int(float(int(right)))


def commitment(right):
    """The SDK leaves out 14 bytes, whatever they are, and shows the rest as text."""
    return bytes.fromhex(right[2:])[14:].decode(errors="ignore")


def bits(right, fraction):
    """The integer behind a fixed-point number."""
    number = Fraction(right) * 2**fraction
    assert number.denominator == 1, f"{right} has more than {fraction} binary places"
    return int(number)


def once(rows):
    """A list of pairs as a dictionary has it: each key once."""
    return [[key, value] for key, value in dict(rows).items()]


def same(says, right):
    """To the letter, but for the order of members, which the SDK has as its classes have it."""
    return text(ordered(says)) == text(ordered(right))


def ordered(value):
    if isinstance(value, dict):
        return {name: ordered(value[name]) for name in sorted(value)}
    return [ordered(part) for part in value] if isinstance(value, list) else value


# What an entry claims of the two sides, exactly: had the client said anything else, it would be a difference.
CLAIMS = {
    # The client has no such member, or one that we have not.
    "lacks": lambda entry, says, right: says is MISSING,
    "adds": lambda entry, says, right: right is MISSING and ("says" not in entry or same(says, entry["says"])),
    # It says just this, where this is right.
    "says": lambda entry, says, right: same(says, entry["says"]) and same(right, entry["is"]),
    # It keeps the 53 bits of a double of an integer.
    "rounds": lambda entry, says, right: int(says) == nearest(right),
    # It shows the nearest number of rao, as if the number were one of TAO.
    "as_tao": lambda entry, says, right: int(says) == int(float(Decimal(right)) * 1e9),
    # It multiplies by a factor and drops what is behind the point.
    "scales": lambda entry, says, right: int(says) == int(int(right) * entry["factor"]),
    # It shows something without members of a list where there is nothing.
    "hollow": lambda entry, says, right: right is None and says[entry["member"]] == [],
    # It shows parts of a whole as percents.
    "percents": lambda entry, says, right: says == [round(part / sum(right) * 100) for part in right],
    # It cuts a commitment and reads it as text.
    "cuts": lambda entry, says, right: says == commitment(right),
    # It shows the integer behind a fixed-point number; bytes that are UTF-8 as text; a list of pairs without those
    # that come again.
    "bits": lambda entry, says, right: int(says["bits"]) == bits(right, entry["fraction"]),
    "reads": lambda entry, says, right: says == bytes.fromhex(right[2:]).decode(),
    "once": lambda entry, says, right: same(says, once(right)),
}
# Three more kinds are about ends, not values: `raises`, where there is a value; `answers`, where there is none; and
# `takes_for`, where there is none either, and the client says what it says to another question: its end has that,
# as `taken_for`.


def holds(entry, says, right):
    """Is the claim true? What is of another kind than the claim is about, is not."""
    claim = CLAIMS.get(entry["kind"])
    try:
        return claim is not None and claim(entry, says, right)
    except (ArithmeticError, AssertionError, LookupError, TypeError, ValueError):
        return False


class Deviations:
    """The entries about one client, and which of them have been of use."""

    def __init__(self, entries):
        self.entries, self.used = entries, set()

    def unused(self):
        return [entry for at, entry in enumerate(self.entries) if at not in self.used]

    def explained(self, function, path, says, right):
        for at, entry in enumerate(self.entries):
            if matches(entry, function, path) and holds(entry, says, right):
                self.used.add(at)
                return True
        return False

    def end_explained(self, function, says, right):
        """Of two ends, events of the adapter protocol, one of which has no value: is that in the table?"""
        for at, entry in enumerate(self.entries):
            if matches(entry, function, "") and self.claims_end(entry, says, right):
                self.used.add(at)
                return True
        return False

    @staticmethod
    def claims_end(entry, says, right):
        if entry["kind"] == "raises" and right["outcome"] == "ok" and says["outcome"] == "raised":
            return entry["says"] in says["message"] and ("is" not in entry or same(right["value"], entry["is"]))
        if entry["kind"] == "answers" and says["outcome"] == "ok":
            return same(says["value"], entry["says"]) and right["outcome"] == entry["is"]
        if entry["kind"] == "takes_for" and says["outcome"] == "ok":
            return same(says["value"], says.get("taken_for", MISSING)) and right["outcome"] == entry["is"]
        return False

    def compare(self, function, says, right):
        """The differences of two ends."""
        if says["outcome"] == right["outcome"] == "ok":
            return self.differences(function, says["value"], right["value"])
        return [] if self.end_explained(function, says, right) else [("", says, right)]

    def differences(self, function, says, right, path=""):
        """[(path, what the client says, what is right)] of all that no entry explains."""
        if same(says, right) or self.explained(function, path, says, right):
            return []
        if isinstance(says, dict) and isinstance(right, dict):
            parts = [(name, says.get(name, MISSING), right.get(name, MISSING)) for name in {**right, **says}]
        elif isinstance(says, list) and isinstance(right, list) and len(says) == len(right):
            parts = list(zip(range(len(says)), says, right))
        else:
            return [(path, says, right)]
        return [
            difference for name, one, other in parts
            for difference in self.differences(function, one, other, f"{path}/{name}".lstrip("/"))
        ]


def matches(entry, function, path):
    """An entry names one function or several; in its path `*` stands for one step."""
    functions = entry["function"] if isinstance(entry["function"], list) else [entry["function"]]
    steps, pattern = path.split("/"), entry["path"].split("/")
    return function in functions and len(steps) == len(pattern) and all(map(fnmatchcase, steps, pattern))


def load(client, table=TABLE):
    return Deviations([entry for entry in json.loads(table.read_text())["deviations"] if entry["client"] == client])
