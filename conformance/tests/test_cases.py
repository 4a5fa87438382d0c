"""Every case can be played: its cells are made in each of its modes, and a node takes its scripts."""

import pytest

from suite.case import all_cases, read_case
from suite.cell import lacking, make_cell
from suite.modes import MODES
from suite.problem import Problem
from testenv.node import Node
from testenv.paths import ROOT
from testenv.rpc import RpcError

EVERYTHING = {
    "modes": list(MODES), "raw": True, "batch": True, "cancel": True, "deadline": True, "lazy": True, "drop": True, "in_flight": True,
    "reconnect": True, "endpoints": True, "headers": True, "snapshot": True, "stat": True, "writes": True, "heartbeat": True,
    "subscribe": ["heads", "finalized", "raw"], "functions": ["storage", "map", "constant", "runtime-call", "events"],
}
CASES = all_cases()


@pytest.fixture(scope="module")
def node():
    names = sorted({fixture for case in CASES for fixture, _ in case.scripts.values()})
    with Node(*(ROOT / "fixtures" / name for name in names)) as node:
        yield node


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.place)
def test_a_case_can_be_played(case, node):
    for mode in case.modes:
        cell = make_cell(case, "any", EVERYTHING, mode, 1)
        if lacking(case, mode, EVERYTHING):
            assert "functions" in str(case.data), lacking(case, mode, EVERYTHING)
        for name, made in cell.spaces.items():
            space = node.space()
            space.post('{"jsonrpc":"2.0","id":1,"method":"mock_stats"}')
            try:
                space.control("mock_setScript", made["script"] or None)
            except RpcError as error:
                raise AssertionError(f"{case.place} {mode}: {name}: {error.data}") from error
            space.control("mock_dropSpace")


def wrong(tmp_path, text):
    path = tmp_path / "A" / "case.toml"
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(Problem) as found:
        read_case(path)
    return str(found.value)


HEAD = 'title = "t"\nnode = "n"\nclient = "c"\n'


@pytest.mark.parametrize("text,says", [
    ('title = "t"\n', "node is missing"),
    (HEAD + "call = 1\n", "no member 'call'; did you mean calls?"),
    (HEAD + 'modes = ["seriel"]\n[calls.a]\nread = "hot"\n', "no mode 'seriel'; did you mean serial?"),
    (HEAD + '[calls.a]\nread = "hot"\nraw = "x"\n', "calls.a: one of raw, read"),
    (HEAD + '[calls.a]\nread = "hot"\n[[checks]]\ncheck = "outcom"\n', "checks[1]: there is no check 'outcom'; did you mean outcome?"),
    (HEAD + '[calls.a]\nread = "hot"\n[[checks]]\ncheck = "outcome"\n', "checks[1]: calls is missing"),
    (HEAD + '[calls.a]\nread = "hot"\n[[steps]]\nafter = []\n', "steps[1]: one of start"),
    (HEAD + '[calls.a]\nread = "hot"\n[[steps]]\nstart = "a"\nafter = [{ened = "a"}]\n', "steps[1].after[1]: one of end"),
    ("title = \n", "case.toml: "),
])
def test_what_is_no_case_is_said_by_place(text, says, tmp_path):
    assert says in wrong(tmp_path, text)
