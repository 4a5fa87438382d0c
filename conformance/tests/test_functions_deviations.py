"""The comparison with other clients: each claim of the table of deviations excuses exactly what it says, and an entry
that excuses nothing is noticed."""

import pytest

from testenv.deviations import CLAIMS, Deviations, load

LIST = {"client": "c", "function": ["f", "g"], "path": "*/rank", "kind": "lacks"}


def entry(kind, path="at", **more):
    return {"client": "c", "function": "f", "path": path, "kind": kind, **more}


# (an entry, what the client says, what is right, what it might say as well and is not excused)
EXCUSED = [
    (entry("lacks"), {}, {"at": 1}, {"at": 2}),
    (entry("adds"), {"at": 1}, {}, {"at": 1, "bt": 1}),
    (entry("adds", says=False), {"at": False}, {}, {"at": True}),
    (entry("says", says=None, **{"is": []}), {"at": None}, {"at": []}, {"at": [1]}),
    (entry("rounds"), {"at": "9223372036854775808"}, {"at": "9223372036854775807"}, {"at": "9223372036854775809"}),
    (entry("as_tao"), {"at": 1500000000}, {"at": "1.5000000001"}, {"at": 1500000001}),
    (entry("scales", factor=0.18), {"at": 18}, {"at": 105}, {"at": 19}),
    (entry("cuts"), {"at": "ab"}, {"at": "0x" + 14 * "00" + "6162"}, {"at": "abc"}),
    (entry("hollow", member="in"), {"at": {"in": []}}, {"at": None}, {"at": {"in": [1]}}),
    (entry("percents"), {"at": [33, 67]}, {"at": [100, 200]}, {"at": [34, 67]}),
    (entry("bits", fraction=32), {"at": {"bits": 3 << 31}}, {"at": "1.5"}, {"at": {"bits": 3 << 30}}),
    (entry("reads"), {"at": "A"}, {"at": "0x41"}, {"at": "B"}),
    (entry("once"), {"at": [["a", 1]]}, {"at": [["a", 1], ["a", 1]]}, {"at": [["a", 2]]}),
]


@pytest.mark.parametrize("line, says, right, other", EXCUSED)
def test_a_claim_excuses_what_it_says_and_nothing_else(line, says, right, other):
    table = Deviations([line])
    assert table.differences("f", says, right) == [] and table.unused() == []
    assert Deviations([line]).differences("f", other, right) != []
    assert Deviations([]).differences("f", says, right) != []
    assert Deviations([line]).differences("g", says, right) != []
    wrong_kind = Deviations([line]).differences("f", {"at": [{}]}, {"at": 7})
    assert wrong_kind or line["kind"] == "lacks"


def test_every_claim_is_tested():
    assert {line["kind"] for line, *_ in EXCUSED} == set(CLAIMS)


def test_an_entry_that_excuses_nothing_is_noticed():
    table = Deviations([LIST])
    assert table.differences("f", [{"rank": 1}], [{"rank": 1}]) == []
    assert table.unused() == [LIST]


def test_paths():
    right = [{"rank": 1, "in": {"rank": 2}}]
    assert Deviations([LIST]).differences("g", [{"in": {"rank": 2}}], right) == []
    assert [path for path, *_ in Deviations([LIST]).differences("g", [{"rank": 1, "in": {}}], right)] == ["0/in/rank"]
    assert [path for path, *_ in Deviations([LIST]).differences("g", [], right)] == [""]


def test_order_and_kinds_of_values_count():
    none = Deviations([])
    assert none.differences("f", {"a": 1, "b": 2}, {"b": 2, "a": 1}) == []  # of members it does not
    for says, right in [([1, 2], [2, 1]), (1, True), (0, False), (0, None), ("1", 1), ({}, []), (1.0, 1)]:
        assert none.differences("f", says, right) != [], (says, right)


def test_ends():
    right = {"outcome": "ok", "value": None}
    raised = {"outcome": "raised", "message": "IndexError: out of range"}
    line = entry("raises", "", says="out of range", **{"is": None})
    assert Deviations([line]).compare("f", raised, right) == []
    assert Deviations([line]).compare("f", {**raised, "message": "another"}, right) != []
    assert Deviations([line]).compare("f", raised, {"outcome": "ok", "value": 1}) != []
    assert Deviations([]).compare("f", raised, right) != []
    missing = {"outcome": "not_found", "message": "no block"}
    line = entry("answers", "", says=14, **{"is": "not_found"})
    assert Deviations([line]).compare("f", {"outcome": "ok", "value": 14}, missing) == []
    assert Deviations([line]).compare("f", {"outcome": "ok", "value": 15}, missing) != []
    assert Deviations([line]).compare("f", {"outcome": "ok", "value": 14}, {**missing, "outcome": "closed"}) != []
    assert Deviations([line]).compare("f", raised, missing) != []
    line = entry("takes_for", "", **{"is": "not_found"})
    assert Deviations([line]).compare("f", {"outcome": "ok", "value": 14, "taken_for": 14}, missing) == []
    assert Deviations([line]).compare("f", {"outcome": "ok", "value": 14, "taken_for": 15}, missing) != []
    assert Deviations([line]).compare("f", {"outcome": "ok", "value": 14}, missing) != []
    assert Deviations([line]).compare("f", {"outcome": "ok", "value": 14, "taken_for": 14}, right) != []


def test_the_table_is_well_formed():
    for line in load("bittensor 10.5.0").entries:
        assert line["kind"] in {*CLAIMS, "raises", "answers", "takes_for"}, line
        assert line["why"] and isinstance(line["path"], str), line
