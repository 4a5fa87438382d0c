"""The check of what objects link: it passes what is allowed, and finds an edge that no include shows."""

import subprocess
import sys
from pathlib import Path

import pytest

from testenv.paths import ROOT

sys.path.insert(0, str(ROOT / "ci"))
import layers  # behind the path to it
import links

FILES = {
    "client/src/base/made.c": "int base_made(void) { return 1; }",
    "client/src/codec/made.c": "int substrate_error_made(void) { return 2; }",
    "mocknode/src/wire/made.c": "int base_made(void); int wire_made(void) { return base_made(); }",
    "mocknode/src/control/made.c": "int wire_made(void); int control_made(void) { return wire_made(); }",
}
WRONG = {
    "up": ("mocknode/src/chain/wrong.c", "int wire_made(void); int chain_made(void) { return wire_made(); }",
           "mocknode/src/chain/wrong.c:1: chain must not link wire_made of mocknode/src/wire/made.c"),
    "mirrored": ("mocknode/src/wire/wrong.c",
                 "int substrate_error_made(void); int wire_wrong(void) { return substrate_error_made(); }",
                 "mocknode/src/wire/wrong.c:1: wire must not link substrate_error_made of client/src/codec/made.c"),
    "a library": ("mocknode/src/methods/wrong.c", "int lws_made(void); int method(void) { return lws_made(); }",
                  "mocknode/src/methods/wrong.c:1: links lws_made: only client/src/transport/lws.c"),
    "the clock": ("mocknode/src/view/wrong.c", "long time(long *); long view_made(void) { return time(0); }",
                  "mocknode/src/view/wrong.c:1: links time: view knows neither I/O, clock nor thread"),
    "a clock of its own": ("mocknode/src/space/wrong.c", "long time(long *); long at(void) { return time(0); }",
                           "mocknode/src/space/wrong.c:1: links time: space is told the time"),
}


def compiled(folder, files):
    objects = []
    for name, text in files.items():
        source, made = folder / "made.c", folder / (name.replace("/", "-") + ".o")
        source.write_text(text)
        subprocess.run(["cc", "-fno-builtin", "-c", source, "-o", made], check=True)
        objects.append((Path(name), made))
    return objects


def problems(folder, files):
    rules = links.Rules(layers.part_of, layers.ALLOWED, layers.RESERVED, layers.PURE, layers.TOLD)
    return links.problems(compiled(folder, files), rules)


def test_edges_that_are_allowed(tmp_path):
    assert problems(tmp_path, FILES) == ([], 2)


@pytest.mark.parametrize("case", WRONG)
def test_an_edge_that_is_not(tmp_path, case):
    name, text, expected = WRONG[case]
    found, _ = problems(tmp_path, {**FILES, name: text})
    assert len(found) == 1
    assert found[0].startswith(expected)


def test_only_the_script_names_what_decides_order(tmp_path, monkeypatch):
    monkeypatch.setattr(layers, "ROOT", tmp_path)
    text = "/* a gate */\nint latency_us;\nint space_gate(void);\nint aggregate, script_latency_of;\n"
    for name in ("mocknode/src/space/made.c", "mocknode/src/script/made.c"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(text)
    found = list(layers.decisions("mocknode/src/space/made.c"))
    assert [line for line, _ in found] == [3, 4]
    assert not list(layers.decisions("mocknode/src/script/made.c"))
