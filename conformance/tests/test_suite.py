"""The suite from outside: the adapter of adapters/README.md, right and with a bug each, is driven against a node and judged."""

import json
import re
import subprocess
import sys

import pytest

from testenv.paths import ROOT

README = (ROOT / "conformance" / "adapters" / "README.md").read_text()
RIGHT = README.split("```python\n", 1)[1].split("```", 1)[0].replace('"conformance/adapters', f'"{ROOT}/conformance/adapters')
MATCHED = """            if reply["id"] in self.waiting:
                self.waiting.pop(reply["id"]).set_result(reply)
"""
NUMBERED = "        id = next(self.ids)"
SENT = "        await self.socket.send("
BROKEN = {  # a bug of one line: (what stands there, what stands there instead)
    "by-order": (MATCHED, "            self.waiting.pop(next(iter(self.waiting))).set_result(reply)\n"),
    "default": ('        if "error" in reply:', '        if "error" in reply:\n            return None\n        if "error" in reply:'),
    "one-by-one": (NUMBERED, "        while self.waiting:\n            await next(iter(self.waiting.values()))\n" + NUMBERED),
    "crash": (SENT, "        import os\n        if id == 3:\n            os._exit(7)\n" + SENT),
    "hang": (SENT, "        if id == 3:\n            await asyncio.Event().wait()\n" + SENT),
    "id-reused": (NUMBERED, NUMBERED + " % 5"),
}


@pytest.fixture
def client(tmp_path):
    def written(name):
        source = RIGHT
        if name != "right":
            old, new = BROKEN[name]
            assert old in source
            source = source.replace(old, new, 1)
        path = tmp_path / f"{name}.py"
        path.write_text(source)
        return f"{sys.executable} {path}"

    return written


def conformance(*arguments):
    return subprocess.run([sys.executable, "-m", "suite", *map(str, arguments)], cwd=ROOT / "conformance", capture_output=True, text=True,
                          timeout=300)


def run(adapter, tmp_path, *arguments, cases=("tri-mode-equal",)):
    """(exit status, {(case, mode): cell}, the finished process)."""
    chosen = [word for case in cases for word in ("--case", case)]
    done = conformance("run", "--adapter", adapter, *chosen, "--report", tmp_path / "run", *arguments)
    results = json.loads((tmp_path / "run" / "results.json").read_text())
    return done.returncode, {(cell["case"], cell["mode"]): cell for cell in results["cells"]}, done


def test_the_adapter_of_the_readme_is_right(client, tmp_path):
    status, cells, done = run(client("right"), tmp_path, cases=("tri-mode-equal", "k-of-n-errors"))
    assert {cell["verdict"] for cell in cells.values()} == {"PASS"}, done.stdout
    assert status == 0 and len(cells) == 8
    again = conformance("judge", tmp_path / "run")
    assert again.returncode == 0 and again.stdout.count("PASS") == 8


@pytest.mark.parametrize("bug,case,mode,verdict,says", [
    ("by-order", "tri-mode-equal", "gathered", "FAIL", "answer of key"),
    ("default", "k-of-n-errors", "serial", "FAIL", "the value null given where rpc -32009"),
    ("one-by-one", "tri-mode-equal", "gathered", "NOT-CONCURRENT", "gate g was not full"),
    ("crash", "tri-mode-equal", "serial", "CRASH", "ended with status 7"),
    ("hang", "tri-mode-equal", "serial", "HANG", "without an end: reads.3, reads.4"),
    ("id-reused", "tri-mode-equal", "gathered", "HANG", "was sent again while it was unanswered"),
])
def test_a_bug_is_found(bug, case, mode, verdict, says, client, tmp_path):
    status, cells, done = run(client(bug), tmp_path, "--mode", mode, "--patience", "6", cases=(case,))
    cell = cells[case, mode]
    assert cell["verdict"] == verdict, cell
    assert any(says in finding["message"] for finding in cell["findings"]), cell["findings"]
    assert status == 1 and cell["command"] in done.stdout
    again = conformance("judge", tmp_path / "run")
    assert again.returncode == 1 and f"{mode}: {verdict}" in again.stdout


def test_order_does_not_matter_one_after_another(client, tmp_path):
    """The bug that mixes replies up is not seen where there is one in flight: a verdict is of a mode."""
    status, cells, _ = run(client("by-order"), tmp_path, "--mode", "serial")
    assert status == 0 and cells["tri-mode-equal", "serial"]["verdict"] == "PASS"


def test_what_is_expected_of_a_client(client, tmp_path):
    folder = tmp_path / "client"
    folder.mkdir()
    command = client("default").split()
    (folder / "adapter.toml").write_text(f'name = "defaults"\ncommand = {json.dumps(command)}\n')
    chosen = ("--case", "k-of-n-errors", "--case", "tri-mode-equal", "--report", tmp_path / "run")
    first = conformance("run", "--adapter", folder, *chosen, "--accept")
    assert first.returncode == 0 and not first.stdout.startswith("not as"), first.stdout
    expected = (folder / "expected.toml").read_text()
    assert "[k-of-n-errors]" in expected and 'checks = ["values"]' in expected and "tri-mode-equal" not in expected
    assert conformance("run", "--adapter", folder, *chosen).returncode == 0
    (folder / "expected.toml").write_text(expected + '\n[tri-mode-equal]\nserial = "FAIL"\nreason = "none"\n')
    unexpected = conformance("run", "--adapter", folder, *chosen)
    assert unexpected.returncode == 1 and "tri-mode-equal serial: PASS, where FAIL is expected" in unexpected.stdout


def test_smoke(client, tmp_path):
    done = conformance("run", "--smoke", client("right"))
    assert done.returncode == 0 and "as the protocol says" in done.stdout
    done = conformance("run", "--smoke", client("default"))
    assert done.returncode == 1 and "where rpc -32601 is due" in done.stdout
    done = conformance("run", "--smoke", f"{sys.executable} -c pass")
    assert done.returncode == 2 and "says no hello" in done.stderr


@pytest.mark.parametrize("arguments,says", [
    (("run", "--adapter", "subtensr"), "there is no client subtensr"),
    (("run", "--adapter", "mutant:nothing"), "there is no mutant nothing"),
    (("run", "--case", "tri-mode-equl"), "no case is called tri-mode-equl; did you mean tri-mode-equal?"),
    (("show", "tri-mode-equl"), "there is no case or group tri-mode-equl; did you mean tri-mode-equal?"),
    (("judge", "nowhere"), "nowhere: no run"),
])
def test_what_is_asked_wrong(arguments, says):
    done = conformance(*arguments)
    assert done.returncode == 2 and says in done.stderr and "Traceback" not in done.stderr


def test_nothing_of_the_suite_sleeps():
    """What comes first is decided by events: driver, kits and cases wait for a cause, never for a time."""
    places = ("suite", "adapters/kit", "cases")
    files = [path for place in places for path in (ROOT / "conformance" / place).rglob("*") if path.suffix in (".py", ".mjs", ".c", ".toml")]
    sleeping = re.compile(r"\b(sleep|usleep|nanosleep|setTimeout)\(|\bsleep\s*=")
    assert len(files) > 200
    assert [str(path) for path in files if sleeping.search(path.read_text())] == []
