"""The bugs that the right client can be given (conformance/mutants): words and code agree, and each is one."""

import json
import re
import subprocess
import sys
import tomllib

import pytest

from testenv.paths import ROOT

MUTANTS = ROOT / "conformance" / "mutants"
WORDS = tomllib.loads((MUTANTS / "bugs.toml").read_text(encoding="utf-8"))
HELLO = '{"op":"hello","protocol":1}\n'


def code():
    """{bug: the function that is it}, as the adapter has them."""
    done = subprocess.run(
        [sys.executable, "-c", "import bugs, json; print(json.dumps({bug: [f.__doc__ for _, _, f in parts] for bug, parts in bugs.BUGS.items()}))"],
        cwd=MUTANTS, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_words_and_code_agree():
    assert code().keys() == WORDS.keys()


def test_each_has_words():
    for bug, entry in WORDS.items():
        assert entry["title"] and entry["broken"] and entry["cases"], bug
        assert ("also" in entry) == ("why" in entry), bug


@pytest.mark.parametrize("bug", WORDS)
def test_each_is_switched_on(bug):
    """The adapter takes it, says its name, and the right client is what the code of the bug was written for."""
    done = subprocess.run([sys.executable, MUTANTS / "adapter.py", "--bug", bug], input=HELLO, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and f'"name": "mutant:{bug}"' in done.stdout, done.stderr


def test_a_bug_that_there_is_not():
    done = subprocess.run([sys.executable, MUTANTS / "adapter.py", "--bug", "none"], input=HELLO, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "invalid choice" in done.stderr


def test_no_bug_knows_a_case():
    """Neither the client nor its bugs name a case: nothing that they do depends on it."""
    names = {path.stem for path in (ROOT / "conformance" / "cases").glob("*/*.toml")}
    for path in [*MUTANTS.glob("bugs/*.py"), *MUTANTS.glob("client/*.py"), MUTANTS / "adapter.py"]:
        text = path.read_text(encoding="utf-8")
        assert not names & set(re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)+", text)), path


def test_the_adapter_is_short():
    assert len((MUTANTS / "adapter.py").read_text(encoding="utf-8").splitlines()) <= 150
