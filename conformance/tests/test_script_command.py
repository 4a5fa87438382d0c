"""`mocknode script`: what it says stands in the documents, and what it refuses is named."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MOCKNODE = os.environ["MOCKNODE"].split()


def run(*arguments):
    return subprocess.run([*MOCKNODE, "script", *arguments], capture_output=True, text=True, timeout=60)


def printed(*arguments):
    done = run(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def action_names():
    table = printed("--actions").split("\n\n")[0]
    rows = re.findall(r"^\| `(\w+)` \|", table, re.M)
    assert len(rows) > 50
    return rows


def test_document_has_the_tables_of_the_program():
    text = (ROOT / "mocknode" / "SCRIPT.md").read_text(encoding="utf-8")
    begin, end = "<!-- mocknode script --actions -->\n", "<!-- end -->"
    assert text.split(begin)[1].split(end)[0] == printed("--actions")


def test_schema_is_the_one_that_is_kept():
    kept = (ROOT / "conformance" / "expected" / "script.schema.json").read_text(encoding="utf-8")
    assert kept == printed("--schema")


def test_every_action_is_in_the_schema_and_has_a_unit_test():
    schema = json.loads(printed("--schema"))
    assert [next(iter(one["properties"])) for one in schema["$defs"]["action"]["oneOf"]] == action_names()
    tests = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "conformance" / "unit").glob("test_script_*.c")
    )
    assert [name for name in action_names() if f'\\"{name}\\"' not in tests] == []


def check(schema, value, root):
    """The little of JSON Schema that ours uses; None, or where the value is not as it says."""
    schema = root["$defs"][schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema
    for word in ("anyOf", "oneOf"):
        if word in schema:
            fits = [one for one in schema[word] if check(one, value, root) is None]
            if len(fits) == 0 or (word == "oneOf" and len(fits) > 1):
                return f"{len(fits)} of {word}: {value}"
    if "enum" in schema and value not in schema["enum"]:
        return f"{value} is not in {schema['enum']}"
    if "const" in schema and value is not schema["const"]:
        return f"{value} is not {schema['const']}"
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "number": (int, float)}
    wanted = schema.get("type", [])
    wanted = [wanted] if isinstance(wanted, str) else wanted
    if wanted and not any(
        (value is None) if kind == "null" else isinstance(value, kinds[kind]) and not (
            kind in ("integer", "number") and isinstance(value, bool)) for kind in wanted
    ):
        return f"{value} is no {wanted}"
    if isinstance(value, dict) and "properties" in schema:
        wrong = [name for name in schema.get("required", []) if name not in value]
        wrong += [name for name in value if name not in schema["properties"]]
        wrong += [said for name in value if name in schema["properties"]
                  and (said := check(schema["properties"][name], value[name], root))]
        return str(wrong) if wrong else None
    if isinstance(value, list) and "items" in schema:
        wrong = [said for one in value if (said := check(schema["items"], one, root))]
        return str(wrong) if wrong else None
    return None


EXAMPLE = re.search(
    r"\n\n((?:    .*\n)+)\nA document", (ROOT / "mocknode" / "SCRIPT.md").read_text(encoding="utf-8")
)[1]


@pytest.mark.parametrize("text", [EXAMPLE, *[path.read_text(encoding="utf-8") for path in
                                             sorted((ROOT / "mocknode" / "profiles").glob("*.json"))]])
def test_examples_and_profiles_are_scripts_by_program_and_schema(tmp_path, text):
    file = tmp_path / "script.json"
    file.write_text(text, encoding="utf-8")
    printed(str(file))
    schema = json.loads(printed("--schema"))
    assert check(schema, json.loads(text), schema) is None


@pytest.mark.parametrize("script", [{"rulez": []}, {"rules": [{"on": "arrived", "do": [{"hold": {"untl": "1s"}}]}]},
                                    {"rules": [{"on": "never", "do": [{"reset": True}]}]},
                                    {"start": [{"advance": "2"}]}])
def test_what_the_schema_refuses_is_refused(tmp_path, script):
    file = tmp_path / "script.json"
    file.write_text(json.dumps(script), encoding="utf-8")
    schema = json.loads(printed("--schema"))
    assert check(schema, script, schema) is not None
    done = run(str(file))
    assert done.returncode == 1 and str(file) in done.stderr


def test_profiles_are_those_of_the_folder():
    names = sorted(path.stem for path in (ROOT / "mocknode" / "profiles").glob("*.json"))
    assert printed("--profiles").split() == names
    for name in names:
        printed("--profile", name)
    done = run("--profile", "reorg")
    assert done.returncode == 1 and 'nearest is "reorgs"' in done.stderr


def test_places_of_mistakes(tmp_path):
    file = tmp_path / "s.json"
    file.write_text('{"rules": [\n  {"on": "arrived", "do": [{"hold":\n    {"untl": "1s"}}]}]}', encoding="utf-8")
    done = run(str(file))
    assert done.stderr == (
        f'mocknode script: {file}:3: rules[0].do[0].hold: unknown member "untl"; known are "gate", "until" and '
        '"limit"; nearest is "until"\n'
    )
    assert run(str(tmp_path / "none.json")).returncode == 1
    assert run().returncode == 2 and run("--schema", str(file)).returncode == 2


def test_a_profile_stands_behind_a_file(tmp_path):
    file = tmp_path / "s.json"
    file.write_text('{"rules": [{"on": "fired", "match": {"rule": "restart"}, "do": [{"give": "x"}]}]}', encoding="utf-8")
    assert run(str(file)).returncode == 1
    printed(str(file), "--profile", "restarts")
    printed(str(file), str(ROOT / "mocknode" / "profiles" / "restarts.json"))
