"""Cases in words, and what a right client does as numbered claims."""

import pytest

from suite.case import Case, all_cases
from suite.checks import CHECKS
from suite.problem import Problem
from suite.show import show_case
from suite.spec import claims_of, freeze, frozen, kept, numbers, spec
from suite.words import actions, check_words, condition_words, rule_words, step_words
from testenv.paths import ROOT

SPEC = ROOT / "conformance" / "SPEC.md"


def case(name, *checks, group="A", level="must"):
    return Case(name, group, {"title": f"Title of {name}", "node": "does it", "client": "is right", "calls": {}, "checks": list(checks), "level": level}, None)


def cell(case, verdict="PASS", *findings):
    return {"case": case, "verdict": verdict, "findings": [{"check": check, "level": level} for check, level in findings]}


# SPEC.md


def test_spec_is_up_to_date():
    """conformance/conformance spec > conformance/SPEC.md"""
    assert SPEC.read_text() == spec(all_cases(), frozen())


def test_what_is_frozen_is_still_claimed():
    claims = claims_of(all_cases())
    gone = [id for ids in frozen().values() for id in ids if id not in claims]
    assert not gone, "a claim that is frozen never goes: its case or check has to come back"


def test_claims_are_cases_and_their_checks():
    two = [{"check": "outcome", "calls": "reads", "in": ["ok"]}, {"check": "outcome", "calls": "last", "in": ["rpc"], "level": "should"}]
    claims = claims_of([case("a", *two), case("b", {"check": "rounds", "is": 1, "level": "may"})])
    assert {id: claim.level for id, claim in claims.items()} == {"a": "must", "a/outcome": "must", "b": "must", "b/rounds": "may"}
    assert claims["a/outcome"].words == ["reads ends ok", "last ends rpc (SHOULD)"]


def test_numbers_stay_when_cases_come(tmp_path):
    old = [case("b", {"check": "connections", "opened": 1}), case("c")]
    assert freeze("core-1", old, tmp_path) == ["b", "b/connections", "c"]
    before = numbers(frozen(tmp_path))
    assert before == {"b": "1.1", "b/connections": "1.2", "c": "1.3"}
    new = [case("a"), *old]
    assert "**new** `a`" in spec(new, frozen(tmp_path)) and "**1.3** `c`" in spec(new, frozen(tmp_path))
    assert freeze("core-2", new, tmp_path) == ["a"] and numbers(frozen(tmp_path)) == {**before, "a": "2.1"}
    with pytest.raises(Problem, match="core-1 is frozen"):
        freeze("core-1", [*new, case("d")], tmp_path)
    (tmp_path / "core-2.txt").write_text("a\nb # twice\n")
    with pytest.raises(Problem, match="twice"):
        frozen(tmp_path)


def test_a_new_case_never_makes_an_old_claim_false():
    cases = [case("a", {"check": "rounds", "is": 1}), case("new")]
    lists = {"core-1": ["a", "a/rounds"]}
    cells = [cell("a"), cell("new", "FAIL", ("values", "must"))]
    assert kept(cells, cases, lists)["core-1"] == {"held": 2, "broken": [], "unimplemented": 0, "not_played": 0}


def test_findings_break_the_claim_they_are_about():
    cases = [case("a", {"check": "rounds", "is": 1}), case("b", {"check": "closed", "level": "should"}), case("c"), case("d"), case("e")]
    lists = {"core-1": list(claims_of(cases))}
    cells = [cell("a"), cell("a", "FAIL", ("rounds", "must")), cell("b", "FAIL", ("closed", "should"), ("values", "must")),
             cell("c", "UNIMPLEMENTED"), cell("d", "HANG", ("hang", "must"))]
    assert kept(cells, cases, lists)["core-1"] == {"held": 1, "broken": ["a/rounds", "b", "d"], "unimplemented": 1, "not_played": 1}


# Words


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.name)
def test_a_case_tells_all_that_it_has(case, capsys):
    show_case(case)
    told = " ".join(capsys.readouterr().out.split())
    assert case.title in told and " ".join(case.node.split()) in told
    for name in case.calls:
        assert f"{name}: " in told
    for _, script in case.scripts.values():
        for number, rule in enumerate(script.get("rules", [])):
            assert f"{rule.get('name', f'rules[{number}]')}: when " in told
    for check in case.checks:
        assert f"{check['check']}: " in told
    assert "{'" not in told and "['" not in told


def test_actions_have_the_words_of_the_table():
    assert actions()["never"] == "the reply does not leave" and len(actions()) > 60


def test_sentences():
    rule = {"name": "e3", "on": "arrived", "match": {"methods": "{method read}", "request": "*{key reads.3}*@{hash 101}*"}, "when": {"nth": 2},
            "do": [{"error": {"code": -32009, "message": "busy"}}, {"never": True}]}
    assert rule_words(rule, 0) == ("e3: when a call of storage for the key of reads.3 at block 101 arrives, the 2nd of them: "
                                   "the answer is the error -32009 (message busy); the reply does not leave")
    steps = {"times": 2, "after": [{"ends": 4}], "steps": [{"signal": "go", "after": [{"event": "signal", "match": {"name": "x"}, "count": 2}]}]}
    assert list(step_words(steps)) == ["when 4 calls have ended: 2 times:", "  when the signal x comes 2 times: the node is given the signal go"]
    assert check_words({"check": "connections", "opened": "<=3", "with_calls": "1 or 2"}) == "of connections, at most 3 opened, 1 or 2 with calls"
    assert condition_words({"items": "heads", "n": 1}) == "heads was given 1 item"


def test_each_check_has_a_sentence_or_its_row():
    for name, row in CHECKS.items():
        assert check_words({"check": name, **dict.fromkeys(row.needed, "x")})
