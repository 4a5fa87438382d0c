"""Lines of the protocol against ../../../protocol-1.schema.json: that part of JSON Schema which it uses, with what is
wrong in words. A driver may use it for events, as the kit does for commands."""

import json
import re
from pathlib import Path

FILE = Path(__file__).resolve().parents[3] / "protocol-1.schema.json"
SCHEMA = json.loads(FILE.read_text(encoding="utf-8"))
TYPES = {
    "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "integer": int,
    "number": (int, float),
}


def command_problem(line):
    """What is wrong with a command, or None."""
    return problem_of("command", "op", line)


def event_problem(line):
    """What is wrong with an event, or None."""
    return problem_of("event", "event", line)


def problem_of(kind, member, line):
    if not isinstance(line, dict):
        return "a line is a JSON object"
    name = line.get(member)
    if not isinstance(name, str):
        return f"{member}: the member is missing, or no text"
    schema = SCHEMA["$defs"].get(f"{kind}-{name}")
    return problem(schema, line, "") if schema else f"{member}: there is no {name}"


def is_type(value, name):
    return isinstance(value, TYPES[name]) and (not isinstance(value, bool) or name == "boolean")


def problem(schema, value, place):
    """The first thing in which a value is not as a schema says, with its place; None if there is none."""
    if schema is False:
        return f"{place}: the member does not belong here"
    if "$ref" in schema:
        return problem(SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[1]], value, place)
    for word, rule in schema.items():
        check = CHECKS.get(word)
        found = check(rule, value, place, schema) if check else None
        if found:
            return found if found.startswith(place) else f"{place}: {found}"
    return None


def type_problem(rule, value, *_):
    names = [rule] if isinstance(rule, str) else rule
    return None if any(is_type(value, name) for name in names) else f"is no {' or '.join(names)}"


def same(one, other):
    return type(one) is type(other) and one == other


def properties_problem(rule, value, place, _):
    for name, schema in rule.items():
        if name in value and (found := problem(schema, value[name], f"{place}.{name}".lstrip("."))):
            return found
    return None


def additional_problem(rule, value, place, schema):
    for name in value.keys() - schema.get("properties", {}).keys():
        if rule is False:
            return f"{place}.{name}: there is no such member".lstrip(".")
        if found := problem(rule, value[name], f"{place}.{name}".lstrip(".")):
            return found
    return None


def items_problem(rule, value, place, _):
    for at, item in enumerate(value):
        if found := problem(rule, item, f"{place}[{at}]"):
            return found
    return None


def one_problem(rule, value, place, _):
    """Of several forms, what is wrong with the one that comes nearest."""
    found = [problem(schema, value, place) for schema in rule]
    fitting = found.count(None)
    return None if fitting == 1 else max(found, key=near) if fitting == 0 else "fits several forms at once"


def any_problem(rule, value, place, _):
    found = [problem(schema, value, place) for schema in rule]
    return None if None in found else max(found, key=near)


def near(found):
    """A form is nearer the further inside its first problem is; one that lacks a member or is of another type, least."""
    return (not re.search(r"lacks|is no |is not", found), found.count(".") + found.count("["))


CHECKS = {
    "type": type_problem,
    "const": lambda rule, value, *_: None if same(rule, value) else f"is not {json.dumps(rule)}",
    "enum": lambda rule, value, *_: None if value in rule else f"is not one of {', '.join(map(str, rule))}",
    "minLength": lambda rule, value, *_: "is empty" if len(value) < rule else None,
    "minItems": lambda rule, value, *_: "is empty" if len(value) < rule else None,
    "minimum": lambda rule, value, *_: f"is less than {rule}" if value < rule else None,
    "maximum": lambda rule, value, *_: f"is more than {rule}" if value > rule else None,
    "pattern": lambda rule, value, *_: None if re.search(rule, value) else f"is not as {rule}",
    "required": lambda rule, value, *_: next((f"lacks {name}" for name in rule if name not in value), None),
    "properties": properties_problem,
    "additionalProperties": additional_problem,
    "items": items_problem,
    "oneOf": one_problem,
    "anyOf": any_problem,
}
