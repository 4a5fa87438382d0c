"""`subtensor adapter` and lines that nobody would write: made by a grammar that knows of each line whether it must
be refused, and of each call how it must end. Whatever came before: one event for each, and the last calls work."""

import json
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings, strategies as some

from testenv.command import WAIT
from testenv.paths import PATIENCE, SUBTENSOR

pytestmark = pytest.mark.core

MODES = ["serial", "threaded", "gathered", "shared"]


def quoted(text):
    return json.dumps(text, ensure_ascii=False)


# ---- texts ----

SPACE = some.sampled_from(["", "", " ", "\t", "  "])
# As JSON has them: what comes back must be the same text, not the same value.
ID = some.one_of(
    some.integers(-2**70, 2**70).map(str),
    some.from_regex(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?", fullmatch=True),
    some.text(max_size=20).map(json.dumps),
    some.text(some.characters(exclude_categories=["Cs"], min_codepoint=32), max_size=20).map(quoted),
    some.sampled_from(['""', '"\\u0000"', '"\\ud800"', '"\\/"', "-0", "0e0", '"' + "x" * 70000 + '"']),
)
SCALAR = some.sampled_from(["null", "true", "false", "0", "-1.5e300", '""', '"x"', "[]", "{}", '"\\u0000"'])
JSON = some.recursive(SCALAR, lambda inner: some.one_of(
    some.lists(inner, max_size=4).map(lambda all: "[" + ",".join(all) + "]"),
    some.lists(some.tuples(some.text(max_size=6), inner), max_size=4).map(
        lambda all: "{" + ",".join(f"{json.dumps(key)}:{value}" for key, value in all) + "}"),
), max_leaves=12)


# ---- calls: (members without the id, the outcome that they must have) ----

GOOD = some.sampled_from([
    ('"function":"tempo","args":[2]', "ok"),
    ('"function":"tempo","args":{"netuid":3}', "ok"),
    ('"args":[4],"function":"\\u0074empo"', "ok"),
    ('"function":"storage","args":["SubtensorModule","Tempo",7],"pin":{"block":70}', "ok"),
    ('"function":"subnet_exists","args":[5],"pin":null,"deadline_ms":3600000', "ok"),
    ('"function":"constant","args":["Balances","ExistentialDeposit"]', "ok"),
])
BAD = some.sampled_from([
    ('"function":"tempo","args":[65536]', "argument"),
    ('"function":"tempo","args":[2,3]', "argument"),
    ('"function":"tempo","args":{"netuid":2,"netuid":3}', "argument"),
    ('"function":"tempo","args":{"uid":2}', "argument"),
    ('"function":"tempo","args":[2],"pin":{"block":2,"hash":"0x"}', "argument"),
    ('"function":"tempo","args":[2],"pin":{"block":2,"block":2}', "argument"),
    ('"function":"tempo","args":[2],"pin":{"block":-1}', "argument"),
    ('"function":"tempo","args":[2],"pin":{"block":4294967296}', "argument"),
    ('"function":"tempo","args":[2],"deadline_ms":3600001', "argument"),
    ('"function":"tempo","args":[2],"deadline_ms":1.5', "argument"),
    ('"function":"tempo\\u0000","args":[2]', "not_found"),
    ('"function":"tempo\\u0000x","args":[2]', "not_found"),
    ('"function":"","args":[2]', "not_found"),
    ('"function":"storage","args":["System"]', "argument"),
    ('"function":"storage","args":["System\\u0000","Account"]', "argument"),
    ('"function":"storage","args":{"pallet":"System","item":"Account"}', "argument"),
    ('"function":"storage","args":[["System"],"Account"]', "argument"),
    ('"function":"storage","args":["Sytem","Account"]', "not_found"),
    ('"function":"block","args":[1]', "argument"),
    ('"function":"state_call","args":["Core_version","0x1"]', "argument"),
    ('"function":"get_balance","args":["5Grw"]', "argument"),
    ('"function":"get_balances","args":[["5Grw"]]', "argument"),
    ('"function":"tempo","args":[2],"pin":{"block":74}', "not_found"),
])


@some.composite
def wrong_kind(draw):
    """A call with an argument of any JSON at all; none of these is an integer of 0 to 65535."""
    value = draw(JSON.filter(lambda text: text != "0"))
    member = draw(some.sampled_from(["args", "pin", "deadline_ms", "function"]))
    if member == "args":
        return '"function":"tempo","args":[%s]' % value, "argument"
    if member == "function" and not value.startswith('"'):
        return '"function":%s,"args":[2]' % value, "argument"
    if member == "pin" and value != "null":
        return '"function":"tempo","args":[2],"pin":%s' % value, "argument"
    return '"function":"tempo","args":[2],"deadline_ms":%s' % value, "argument"


CALL = some.one_of(GOOD, GOOD, BAD, wrong_kind())


# ---- lines: (bytes, None when refused, else [(id, outcome)]) ----


@some.composite
def call_line(draw):
    id, (members, outcome), mode = draw(ID), draw(CALL), draw(some.sampled_from(MODES))
    parts = ['"op":"call"', f'"mode":"{mode}"', f'"id":{id}', members]
    return spaced(draw, draw(some.permutations(parts))), [(id, outcome)]


@some.composite
def run_line(draw):
    calls = draw(some.lists(some.tuples(ID, CALL), max_size=6, unique_by=lambda call: call[0]))
    how = draw(some.sampled_from(["", ',"threads":2', ',"mode":"shared","threads":1', ',"mode":"threaded"',
                                  ',"mode":"serial"', ',"pin":{"block":73}']))
    body = ",".join("{%s}" % f'"id":{id},{members}' for id, (members, _) in calls)
    return '{"op":"run","calls":[%s]%s}' % (body, how), [(id, outcome) for id, (_, outcome) in calls]


def spaced(draw, members):
    space = draw(SPACE)
    return "{" + f"{space},{space}".join(members) + "}"


@some.composite
def refused_line(draw):
    """Something that is no command: a good one made wrong, or any text at all."""
    good, _ = draw(call_line())
    kind = draw(some.sampled_from(
        ["text", "cut", "behind", "json", "member", "twice", "in use", "id", "bytes", "deep"]))
    if kind == "text":
        return "x" + draw(some.text(max_size=40)).replace("\n", " ")
    if kind == "cut":
        return good[:draw(some.integers(1, len(good) - 1))]
    if kind == "behind":
        return good + draw(some.sampled_from(["}", ",", "x", good, "\0", "null"]))
    if kind == "json":
        return draw(JSON)
    if kind == "member":
        return good[:-1] + ',%s:1}' % json.dumps(draw(some.text(max_size=8)) + "?")
    if kind == "twice":
        return good[:-1] + ',"\\u0069d":1}'
    if kind == "in use":
        id = draw(ID)
        return '{"op":"run","calls":[{"id":%s,"function":"tempo"},{"id":%s}]}' % (id, id)
    if kind == "id":
        wrong = draw(JSON.filter(lambda text: text[0] in "ntf[{"))
        return '{"op":%s,"id":%s}' % (draw(some.sampled_from(['"call"', '"cancel"', '"stats"'])), wrong)
    if kind == "deep":
        return '{"op":"call","id":1,"function":"tempo","args":%s' % ("[" * draw(some.integers(128, 100000)))
    return good.encode()[:-1] + draw(some.sampled_from([b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\0", b"\x1f"])) + b"}"


LINE = some.one_of(
    call_line(), run_line(), refused_line().map(lambda line: (line, None)),
    some.sampled_from(["", " ", "\t\r"]).map(lambda blank: (blank, [])),
    ID.map(lambda id: ('{"op":"cancel","id":%s}' % id, [])),
)


def to_bytes(line):
    return line if isinstance(line, bytes) else line.encode("utf-8", "surrogatepass")


def raw_id(event):
    """The id's text as it stands in an `end`, before any parser has seen it."""
    start = '{"event":"end","id":'
    assert event.startswith(start), event[:200]
    behind = event.index(',"outcome":"')
    return event[len(start):behind]


def run(url, data):
    return subprocess.run([*SUBTENSOR, "adapter", url], input=data, capture_output=True, timeout=WAIT, check=False)


NO_ODDS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]


@settings(max_examples=60 // PATIENCE + 10, suppress_health_check=NO_ODDS)
@given(some.lists(LINE, max_size=12), some.sampled_from(["\n", ""]))
def test_any_lines(space, lines, last):
    """Each line is refused, or each of its calls ends once and as it must; the order does not matter."""
    ids = set()
    kept = []
    for line, calls in lines:
        if not any(id in ids for id, _ in calls or []):  # an id may be in use still, or not
            ids.update(id for id, _ in calls or [])
            kept.append((line, calls))
    data = b"\n".join(to_bytes(line) for line, _ in kept) + last.encode()
    done = run(space.url(), data)
    assert (done.returncode, done.stderr) == (0, b"")
    hello, *events, rest = done.stdout.decode().split("\n")
    assert json.loads(hello)["event"] == "hello" and rest == ""
    refused = [number for number, (_, calls) in enumerate(kept, 1) if calls is None]
    assert [json.loads(event)["line"] for event in events if '"refused"' in event[:20]] == refused
    ends = [event for event in events if '"refused"' not in event[:20]]
    outcomes = {raw_id(event): json.loads(event)["outcome"] for event in ends}
    assert len(outcomes) == len(ends)
    wanted = {id: outcome for _, calls in kept for id, outcome in calls or []}
    cancelled = {line[len('{"op":"cancel","id":'):-1] for line, _ in kept
                 if isinstance(line, str) and line.startswith('{"op":"cancel"')}
    for id in outcomes:
        if id in cancelled and outcomes[id] == "cancelled":
            wanted[id] = "cancelled"
    assert outcomes == wanted
