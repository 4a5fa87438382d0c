"""Places in the texts of a case that are known only when it is played: arithmetic over its numbers, keys, hashes. A text that
is nothing but numbers and signs becomes a number; `{occurrence}`, `{id}` and `{connection}` are the script's own."""

import ast
import json
import operator
import re

from .problem import Problem

SCRIPTS_OWN = ("occurrence", "id", "connection")
PLACE = re.compile(r"\{([a-z_]+(?: [^{}]+)?|[a-z_\d+\-*/()]+)\}")
ARITHMETIC = re.compile(r"[\d\s+\-*/()]+")
SIGNS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.floordiv}


def calculated(text, place):
    """The integer that an arithmetic text is; `/` rounds down."""

    def value(node):
        match node:
            case ast.Expression(body=body):
                return value(body)
            case ast.Constant(value=int(number)):
                return number
            case ast.BinOp(left=left, op=sign, right=right) if type(sign) in SIGNS:
                return SIGNS[type(sign)](value(left), value(right))
        raise Problem(f"{place}: {text!r} is no arithmetic of + - * / and brackets")

    try:
        return value(ast.parse(text.strip(), mode="eval"))
    except (SyntaxError, ZeroDivisionError) as error:
        raise Problem(f"{place}: {text!r} cannot be worked out: {error}") from error


class Words:
    """What stands for each name: a number, a text, or a function of the rest of the place (`{key reads.3}`)."""

    def __init__(self, place, **words):
        self.place, self.words = place, words

    def __getitem__(self, inside):
        name, _, rest = inside.partition(" ")
        if not rest and re.search(r"[-+*/]", name):
            return calculated(re.sub(r"[a-z_]+", lambda word: str(self[word[0]]), name), self.place)
        if name not in self.words:
            names = ", ".join(sorted(self.words))
            raise Problem(f"{self.place}: nothing is called {{{inside}}} here; there are {names}")
        word = self.words[name]
        return word(rest) if callable(word) else word

    def filled(self, value):
        """`value` with its places filled, at any depth."""
        if isinstance(value, dict):
            return {self.filled(name): self.filled(part) for name, part in value.items()}
        if isinstance(value, list):
            return [self.filled(part) for part in value]
        return self.text(value) if isinstance(value, str) else value

    def text(self, text):
        insides = [inside for inside in PLACE.findall(text) if inside not in SCRIPTS_OWN]
        if not insides:
            return text
        if text == f"{{{insides[0]}}}":
            return self[insides[0]]

        def replaced(found):
            return found[0] if found[1] in SCRIPTS_OWN else str(self[found[1]])

        whole = PLACE.sub(replaced, text)
        numbers = all(isinstance(self[inside], int) for inside in insides)
        return calculated(whole, self.place) if numbers and ARITHMETIC.fullmatch(whole) else whole

    def number(self, value):
        """An integer, or a text that is one."""
        filled = self.filled(value)
        if isinstance(filled, str) and ARITHMETIC.fullmatch(filled):
            filled = calculated(filled, self.place)
        if not isinstance(filled, int) or isinstance(filled, bool):
            raise Problem(f"{self.place}: a number is needed, not {value!r}")
        return filled


def with_json(value):
    """{"json": TEXT} as what its text is: for JSON that TOML cannot spell."""
    if isinstance(value, dict):
        if list(value) == ["json"]:
            return json.loads(value["json"])
        return {name: with_json(part) for name, part in value.items()}
    return [with_json(part) for part in value] if isinstance(value, list) else value
