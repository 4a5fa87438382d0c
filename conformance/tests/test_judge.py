"""The judge on files made by hand: of each check a history that holds and one that does not, so that a check that cannot fail is
seen. No node and no client run here."""

import json

import pytest

from suite.checks import CHECKS
from suite.judge import judged
from suite.modes import mode_of
from suite.oracle import oracle_of

TRACER = oracle_of("tracer")
HEAD = TRACER.head["hash"]
ITEM, _, ENCODED = TRACER.entries("Tracer.ByIdentity")[0]
KEYS = [TRACER.key(ITEM, encoded) for _, _, encoded in TRACER.entries("Tracer.ByIdentity")]
VALUES = [TRACER.raw(HEAD, key)["value"] for key in KEYS]


def canonical(number, pin=HEAD):
    return f'state_getStorage ["{KEYS[number - 1]}"] @{pin}'


class Made:
    """A cell of three pinned reads in gathered mode, all of it as it should be; tests change a part."""

    def __init__(self, folder, count=3, mode="gathered", unpinned=False, **cell):
        self.folder, self.t, self.seq = folder, 1000, 0
        self.calls = {
            f"reads.{n}": {
                "id": f"reads.{n}", "group": "reads", "on": "main", "batch": False, "key": KEYS[n - 1], "pin": HEAD,
                "ask": {"id": f"reads.{n}", "method": "state_getStorage", "params": [KEYS[n - 1], HEAD]},
                "request": f'state_getStorage ["{KEYS[n - 1]}"]*' if unpinned else canonical(n),
                "expect": {"unpinned": "raw"} if unpinned else TRACER.raw(HEAD, KEYS[n - 1]),
            } for n in range(1, count + 1)
        }
        self.cell = {
            "client": "made", "case": "case", "group": "A", "mode": mode_of(mode, count, 2).told(), "seed": 1, "level": "must", "runs": 1,
            "mode_matters": False, "spaces": {"main": {"fixture": "tracer", "script": {}}},
            "handles": {"main": {"space": "main", "open": {}}}, "calls": self.calls,
            "groups": {"reads": list(self.calls)}, "steps": [], "checks": [], "happened": [], "excused": [], "may_fire": [],
            "must_not_fire": [], "unmatched": 0, "refused": 0, **cell,
        }
        self.records, self.journal, self.facts = [], [], {"stats": {}, "unmatched": [], "head": HEAD}
        self.sent({"op": "run", "on": "main", "mode": mode, "calls": [call["ask"] for call in self.calls.values()]})

    def next(self):
        self.t += 10
        return self.t

    def sent(self, command):
        self.records.append({"t": self.next(), "sent": command})

    def got(self, event, **members):
        self.records.append({"t": self.next(), "got": {"event": event, **members}})

    def note(self, **note):
        self.records.append({"t": self.next(), "note": note})

    def event(self, kind, **members):
        self.seq += 1
        self.journal.append({"seq": self.seq, "clock": self.next(), "event": kind, **members})
        return self.seq

    def arrive(self, n, conn=1, id=None, pin=HEAD):
        about = {"conn": conn, "label": "main", "method": "state_getStorage", "request": canonical(n, pin)}
        return self.event("arrived", **about, occurrence=1, id=n if id is None else id)

    def answer(self, seq, conn=1):
        text = self.event("answered", conn=conn, call=seq)
        self.event("written", conn=conn, text=text)

    def end(self, n, value=..., outcome="ok", **members):
        if outcome == "ok":
            members["value"] = VALUES[n - 1] if value is ... else value
        self.got("end", id=f"reads.{n}", outcome=outcome, lane=n, **members)

    def well(self, order=(1, 2, 3), ends=True):
        """All of it as it should be."""
        seqs = {n: self.arrive(n) for n in sorted(order)}
        for n in order:
            self.answer(seqs[n])
        for n in order if ends else ():
            self.end(n)
        return self

    def fired(self, rule, seq, *actions, lost=()):
        done = [{"action": action, "took_effect": True} for action in actions] + [{"action": a, "took_effect": False, "why_not": "x"} for a in lost]
        self.event("fired", conn=1, cause={"event": seq, "rule": rule}, name=rule, actions=done)

    def judged(self, serial=None, runs=()):
        self.folder.mkdir(parents=True, exist_ok=True)
        if not any("exit" in record.get("note", {}) for record in self.records):
            self.note(exit=0)
        (self.folder / "cell.json").write_text(json.dumps(self.cell) + "\n")
        for name, what in (("driver", self.records), ("journal.main", self.journal)):
            (self.folder / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in what))
        (self.folder / "node.main.json").write_text(json.dumps(self.facts) + "\n")
        (self.folder / "canonical.main.txt").write_text(getattr(self, "canonical_journal", ""))
        return judged(self.folder, serial, runs)

    def verdict(self, **more):
        said = self.judged(**more)[1]
        return said["verdict"], [(finding["check"], finding["message"]) for finding in said["findings"]]


@pytest.fixture
def made(tmp_path):
    return lambda **members: Made(tmp_path / "cell", **members)


def checks(*rows):
    return [{"level": "must", **row} for row in rows]


def test_what_is_right_passes(made):
    assert made().well(order=(3, 1, 2)).verdict() == ("PASS", [])


def test_each_call_ends_once(made):
    cell = made().well()
    cell.end(2)
    assert cell.verdict() == ("FAIL", [("ends", f"call reads.2 has 2 ends: the value \"{VALUES[1]}\", the value \"{VALUES[1]}\"")])
    cell = made().well(ends=False)
    cell.end(1), cell.end(2)
    assert cell.verdict() == ("FAIL", [("ends", "call reads.3 has no end")])
    cell = made().well()
    cell.got("end", id="other", outcome="ok", value=1)
    assert cell.verdict() == ("FAIL", [("ends", "end of other, which was not asked")])


def test_a_wrong_value_is_told_in_the_tracers_words(made):
    cell = made().well(ends=False)
    cell.end(1), cell.end(2, VALUES[2]), cell.end(3, None)
    verdict, findings = cell.verdict()
    numbers = [key for _, key, _ in TRACER.entries("Tracer.ByIdentity")]
    assert verdict == "FAIL"
    assert findings[0][1] == f"reads.2: answer of key {numbers[2]} given to key {numbers[1]}"
    assert findings[1][1].startswith(f"reads.3: nothing given for key {numbers[2]}")


@pytest.mark.parametrize("end,fine", [
    ({"outcome": "rpc", "code": -5, "message": "no"}, True), ({"outcome": "rpc", "code": -5}, True),
    ({"outcome": "rpc", "code": -5, "message": "yes"}, False), ({"outcome": "rpc", "code": -6}, False),
    ({"outcome": "rpc", "code": -5, "data": 2}, False), ({"outcome": "timeout"}, False), ({"outcome": "ok", "value": None}, False),
    ({"outcome": "ok", "value": VALUES[1]}, False),
])
def test_an_error_of_a_rule_is_what_is_due(end, fine, made):
    cell = made(spaces={"main": {"fixture": "tracer", "script": {"rules": [
        {"name": "no", "on": "arrived", "do": [{"error": {"code": -5, "message": "no", "data": 1}}]}]}}})
    seqs = [cell.arrive(n) for n in (1, 2, 3)]
    cell.fired("no", seqs[1], "error")
    for seq in seqs:
        cell.answer(seq)
    cell.end(1), cell.end(3)
    cell.got("end", id="reads.2", lane=1, **end)
    assert (cell.verdict()[0] == "PASS") == fine


def test_what_a_rule_did_not_do_is_not_due(made):
    """A loser never counts: the recording spoke."""
    script = {"rules": [{"name": "no", "on": "arrived", "do": [{"error": {"code": -5}}]}]}
    cell = made(spaces={"main": {"fixture": "tracer", "script": script}}, may_fire=["no"])
    seqs = [cell.arrive(n) for n in (1, 2, 3)]
    cell.fired("no", seqs[1], lost=["error"])
    for seq in seqs:
        cell.answer(seq)
    cell.end(1), cell.end(2), cell.end(3)
    assert cell.verdict() == ("PASS", [])
    cell.cell["may_fire"] = []
    assert cell.verdict()[0] == "NOT-EXERCISED"


def test_a_scripted_result_is_due_with_its_places_filled(made):
    cell = made(spaces={"main": {"fixture": "tracer", "script": {"rules": [
        {"name": "r", "on": "arrived", "do": [{"result": {"json": '{"n":18446744073709551615,"o":"{occurrence}"}'}}]}]}}})
    seqs = [cell.arrive(n) for n in (1, 2, 3)]
    cell.fired("r", seqs[0], "result")
    for seq in seqs:
        cell.answer(seq)
    cell.end(1, {"n": 18446744073709551615, "o": "1"}), cell.end(2), cell.end(3)
    assert cell.verdict() == ("PASS", [])
    cell.records[1]["got"]["value"]["n"] += 1
    assert cell.verdict()[0] == "FAIL"


def test_frames_ids_unmatched_and_protocol(made):
    cell = made().well()
    cell.event("refused", conn=1, why="no JSON", size=3, first="xyz")
    assert cell.verdict() == ("FAIL", [("frames", "the node refused a message: no JSON")])
    cell = made()
    seqs = [cell.arrive(n, id=7 if n < 3 else 8) for n in (1, 2, 3)]
    for n, seq in enumerate(seqs, 1):
        cell.answer(seq)
        cell.end(n)
    assert cell.verdict()[1][0][1].startswith("id 7 was sent again while it was unanswered")
    cell = made()
    for n in (1, 2, 3):  # the same id, one after the other
        cell.answer(cell.arrive(n, id=7))
        cell.end(n)
    assert cell.verdict() == ("PASS", [])
    cell = made().well()
    cell.facts["unmatched"] = [{"canonical": "x []", "count": 2}]
    assert cell.verdict() == ("FAIL", [("unmatched", "2 requests are not in the recording, where 0 are due")])
    cell.cell["unmatched"] = 2
    assert cell.verdict() == ("PASS", [])
    cell = made().well()
    cell.note(bad_line="huh", why="no JSON")
    assert cell.verdict() == ("FAIL", [("protocol", "a line that is no event: no JSON")])


def test_how_the_process_ended(made):
    for note, verdict in (({"exit": 0}, "PASS"), ({"exit": 1}, "CRASH"), ({"exit": -11}, "CRASH"), ({"exit": None}, "HANG")):
        cell = made().well()
        cell.note(**note)
        assert cell.verdict()[0] == verdict
    cell = made().well(ends=False)
    cell.note(hang={"waits_for": {"end": "all calls"}, "without_end": ["reads.1"]})
    cell.note(exit=-9)
    verdict, findings = cell.verdict()
    assert verdict == "HANG" and "without an end: reads.1" in findings[0][1]


def test_a_must_is_worse_than_a_should(made):
    row = {"check": "count", "event": "arrived", "is": "4"}
    for level, verdict in (("must", "FAIL"), ("should", "NON-STRICT"), ("may", "INFORMATIONAL")):
        assert made(checks=[{**row, "level": level}]).well().verdict()[0] == verdict


def test_modes_are_told_apart(made):
    one_by_one = made(mode_matters=True)
    for n in (1, 2, 3):
        one_by_one.answer(one_by_one.arrive(n))
        one_by_one.end(n)
    assert one_by_one.verdict()[0] == "NOT-CONCURRENT"
    assert made(mode_matters=True).well().verdict() == ("PASS", [])
    assert made(mode_matters=True, mode="serial").well().verdict()[0] == "NOT-CONCURRENT"
    one_socket = made(mode_matters=True, mode="threaded")
    for n in (1, 2, 3):
        one_socket.answer(one_socket.arrive(n))
        one_socket.end(n)
    assert one_socket.verdict()[0] == "NOT-CONCURRENT"


def test_a_gate_that_its_limit_opened(made):
    script = {"rules": [{"name": "r", "on": "arrived", "do": [{"hold": "g"}]}], "gates": [{"name": "g", "n": 9}]}
    cell = made(spaces={"main": {"fixture": "tracer", "script": script}}).well()
    cell.fired("r", 1, "hold")
    cell.event("released", conn=1, by="full", name="g")
    assert cell.verdict() == ("PASS", [])
    cell.event("released", conn=1, by="limit", name="g")
    assert cell.verdict()[0] == "NOT-CONCURRENT"


def test_what_had_to_happen(made):
    happened = [{"event": "head", "count": 1}]
    cell = made(happened=happened).well()
    assert cell.verdict()[0] == "NOT-EXERCISED"
    cell.cell["excused"] = [{"end": "reads.1", "in": ["timeout"]}]
    assert cell.verdict()[0] == "NOT-EXERCISED"
    cell.cell["excused"] = [{"end": "reads.1", "in": ["ok"]}]
    assert cell.verdict() == ("PASS", [])
    cell.cell["excused"] = [{"event": "closed", "match": {"by": "peer"}}]
    cell.event("closed", conn=1, by="peer", code=1000)
    assert cell.verdict() == ("PASS", [])


def unpinned(made, values, moves=((1, 150, 151),), check="values"):
    """Reads while the head goes from block 150 to 151 behind the first arrival."""
    rows = checks({"check": "one_head", "calls": "reads"}) if check == "one_head" else []
    cell = made(unpinned=True, checks=rows)
    first = TRACER.hash(150)
    seqs = [cell.arrive(1, pin=first)]
    for _, old, new in moves:
        cell.event("head", **{"from": {"number": old, "hash": TRACER.hash(old)}, "to": {"number": new, "hash": TRACER.hash(new)}})
    seqs += [cell.arrive(n, pin=first) for n in (2, 3)]
    for n, (seq, height) in enumerate(zip(seqs, values, strict=True), 1):
        cell.answer(seq)
        cell.end(n, TRACER.raw(TRACER.hash(height), KEYS[n - 1])["value"])
    return cell.verdict()


def test_unpinned_reads_are_of_a_head_that_was_current(made):
    assert unpinned(made, (150, 151, 151)) == ("PASS", [])
    assert unpinned(made, (150, 150, 151)) == ("PASS", [])
    verdict, findings = unpinned(made, (150, 149, 151))
    assert verdict == "FAIL" and "value of block 149 in a snapshot of 151" in findings[0][1]
    assert unpinned(made, (150, 152, 151))[0] == "FAIL"


def test_a_snapshot_has_one_head(made):
    assert unpinned(made, (150, 150, 150), check="one_head") == ("PASS", [])
    assert unpinned(made, (151, 151, 151), check="one_head") == ("PASS", [])
    assert unpinned(made, (150, 151, 151), check="one_head")[0] == "FAIL"


def test_rounds_are_counted_by_what_was_written_before_what_arrived(made):
    for count, expected in ((3, "1"), (1, "3")):
        cell = made(checks=checks({"check": "rounds", "is": expected}))
        if count == 3:
            cell.well()
        else:
            for n in (1, 2, 3):
                cell.answer(cell.arrive(n))
                cell.end(n)
        assert cell.verdict() == ("PASS", []), expected
        cell.cell["checks"][0]["is"] = "2"
        assert cell.verdict()[0] == "FAIL"


def with_rows(made, rows, build):
    """(verdict with what `build` makes)."""
    cell = made(checks=checks(*rows))
    build(cell)
    return cell.verdict()[0]


def well(cell):
    cell.well()


def again(cell):
    cell.well()
    cell.answer(cell.arrive(1, id=99))


def two_sockets(cell):
    for conn in (1, 2):
        cell.event("opened", conn=conn)
    cell.well()
    cell.event("closed", conn=1, by="peer", code=1000)
    cell.event("closed", conn=2, by="reset")


def one_socket(cell):
    cell.event("opened", conn=1)
    cell.well()
    cell.event("closed", conn=1, by="peer", code=1000)


def subscribed(cell, heads=(5, 6, 7), ended="ok", words=(), live=1):
    cell.cell["calls"]["sub"] = {"id": "sub", "group": "sub", "on": "main", "subscribe": {"kind": "heads"}}
    cell.cell["groups"]["sub"] = ["sub"]
    cell.well()
    cell.sent({"op": "subscribe", "on": "main", "id": "sub", "kind": "heads"})
    for number in range(live):
        cell.event("subscribed", conn=1, subscription=f"s{number}", name="newHeads")
    for n, number in enumerate(heads, 1):
        if n == len(heads):
            for word in words:
                cell.got(word, id="sub")
        cell.got("item", id="sub", n=n, value={"number": number})
    cell.event("unsubscribed", conn=1, subscription="s0", name="newHeads")
    cell.got("ended", id="sub", outcome=ended)
    cell.got("end", id="sub/1", outcome=ended, value=1)


def statted(cell, pending=0, memory=100):
    cell.well()
    cell.got("stat", id="a", pending=0, memory=100)
    cell.got("stat", id="b", pending=pending, memory=memory)


def filled(cell, size=12):
    """A text of twelve bytes with its quotes, of which a client gives so many."""
    cell.cell["spaces"]["main"]["script"] = {"rules": [{"name": "f", "on": "arrived", "do": [{"fill": {"result": 12}}]}]}
    seqs = [cell.arrive(n) for n in (1, 2, 3)]
    cell.fired("f", seqs[0], "fill")
    for seq in seqs:
        cell.answer(seq)
    cell.end(1, "x" * (size - 2)), cell.end(2), cell.end(3)


TABLE = [
    ({"check": "outcome", "calls": "reads.1", "in": ["ok"]}, well, {"check": "outcome", "calls": "reads.1", "in": ["timeout"]}, well),
    ({"check": "outcome", "calls": "reads", "in": ["ok"], "n": ">=2"}, well, {"check": "outcome", "calls": "reads", "in": ["ok"], "n": "2"}, well),
    ({"check": "order", "first": {"end": "reads.1"}, "then": {"end": "reads.3"}}, well,
     {"check": "order", "first": {"end": "reads.3"}, "then": {"end": "reads.1"}}, well),
    ({"check": "order", "first": {"event": "written", "count": 1}, "then": {"end": "reads.1"}, "least": "0ms"}, well,
     {"check": "order", "first": {"event": "written", "count": 1}, "then": {"end": "reads.1"}, "least": "1s"}, well),
    ({"check": "order", "first": {"end": "reads.1"}, "then": {"end": "reads.3"}}, well,
     {"check": "order", "first": {"event": "closed"}, "then": {"end": "reads.3"}}, well),
    ({"check": "count", "event": "arrived", "match": {"request": f"*{KEYS[0]}*"}, "is": "1"}, well,
     {"check": "count", "event": "arrived", "match": {"request": f"*{KEYS[0]}*"}, "is": "1"}, again),
    ({"check": "count", "event": "arrived", "is": "1", "per": "request"}, well, {"check": "count", "event": "arrived", "is": "1", "per": "request"}, again),
    ({"check": "sent_again", "is": 0}, well, {"check": "sent_again", "is": 0}, again),
    ({"check": "sent_again", "is": "<=1", "calls": "reads"}, again, {"check": "sent_again", "is": "1", "calls": "reads.2"}, again),
    ({"check": "connections", "opened": 1, "with_calls": 1, "open_at_end": 0}, one_socket, {"check": "connections", "opened": 1}, two_sockets),
    ({"check": "connections", "with_calls": "1"}, two_sockets, {"check": "connections", "with_calls": ">=2"}, two_sockets),
    ({"check": "connections", "open_at_end": 0}, two_sockets, {"check": "connections", "open_at_end": "1"}, two_sockets),
    ({"check": "closed"}, one_socket, {"check": "closed"}, two_sockets),
    ({"check": "closed", "code": 1000}, one_socket, {"check": "closed", "code": 1001}, one_socket),
    ({"check": "subscriptions", "at_most": 1, "at_end": 0}, subscribed,
     {"check": "subscriptions", "at_most": 1}, lambda cell: subscribed(cell, live=2)),
    ({"check": "subscriptions", "at_end": 1}, lambda cell: subscribed(cell, live=2), {"check": "subscriptions", "at_end": 0}, lambda cell: subscribed(cell, live=2)),
    ({"check": "stat", "stat": "b", "pending": 0}, statted, {"check": "stat", "stat": "b", "pending": 0}, lambda cell: statted(cell, pending=1)),
    ({"check": "stat", "stat": "b"}, statted, {"check": "stat", "stat": "c"}, statted),
    ({"check": "memory", "first": "a", "then": "b", "by": 10}, statted,
     {"check": "memory", "first": "a", "then": "b", "by": 10}, lambda cell: statted(cell, memory=111)),
    ({"check": "items", "of": "sub", "n": 3, "heads": [5, 6, 7]}, subscribed, {"check": "items", "of": "sub", "n": 2}, subscribed),
    ({"check": "items", "of": "sub", "heads": True}, subscribed, {"check": "items", "of": "sub", "heads": True}, lambda cell: subscribed(cell, (5, 6, 8))),
    ({"check": "items", "of": "sub", "heads": True}, lambda cell: subscribed(cell, (5, 6, 8), words=["gap"]),
     {"check": "items", "of": "sub", "heads": True}, lambda cell: subscribed(cell, (5, 6, 5), words=["gap"])),
    ({"check": "items", "of": "sub", "heads": True}, lambda cell: subscribed(cell, (5, 6, 6), words=["gap"]),
     {"check": "items", "of": "sub", "heads": True}, lambda cell: subscribed(cell, (5, 6, 6))),
    ({"check": "items", "of": "sub", "values": [{"number": 5}]}, lambda cell: subscribed(cell, (5,)),
     {"check": "items", "of": "sub", "values": [{"number": 4}]}, lambda cell: subscribed(cell, (5,))),
    ({"check": "told", "of": "sub", "any": ["gap", "lag"]}, lambda cell: subscribed(cell, words=["lag"]), {"check": "told", "of": "sub", "any": ["gap"]}, subscribed),
    ({"check": "told", "of": "sub", "any": ["ended"], "outcomes": ["closed"]}, lambda cell: subscribed(cell, ended="closed"),
     {"check": "told", "of": "sub", "any": ["ended"], "outcomes": ["closed"]}, subscribed),
    ({"check": "ended", "of": "sub", "in": ["ok"]}, subscribed, {"check": "ended", "of": "sub", "in": ["rpc"]}, subscribed),
    ({"check": "handler_calls", "of": "sub", "n": 1}, subscribed, {"check": "handler_calls", "of": "sub"}, lambda cell: subscribed(cell, ended="timeout")),
    ({"check": "opened", "of": "main", "in": ["ok"]}, lambda cell: (cell.got("opened", on="main", outcome="ok"), cell.well()),
     {"check": "opened", "of": "main", "in": ["connect"]}, lambda cell: (cell.got("opened", on="main", outcome="ok"), cell.well())),
    ({"check": "apart", "event": "arrived", "least": "0ms"}, well, {"check": "apart", "event": "arrived", "least": "1ms"}, well),
    ({"check": "filled", "calls": "reads.1"}, filled, {"check": "filled", "calls": "reads.1"}, lambda cell: filled(cell, 11)),
    ({"check": "in_flight", "is": "3"}, well, {"check": "in_flight", "is": "<=2"}, well),
]


@pytest.mark.parametrize("right,holds,wrong,breaks", TABLE, ids=[f"{row[0]['check']}-{n}" for n, row in enumerate(TABLE)])
def test_each_check_can_hold_and_can_fail(right, holds, wrong, breaks, made):
    assert with_rows(made, [right], holds) == "PASS"
    assert with_rows(made, [wrong], breaks) == "FAIL"


def test_every_check_stands_in_a_test_that_fails_it():
    asked = {row[2]["check"] for row in TABLE} | {name for name, row in CHECKS.items() if row.always}
    assert asked | {"one_head", "rounds", "same_journal", "distinct"} == set(CHECKS)


def test_equal_calls(made):
    for values, verdict in ((("a", "a", "a"), "PASS"), (("a", "b", "c"), "PASS"), (("a", "b", "a"), "FAIL")):
        cell = made(checks=checks({"check": "distinct", "calls": "reads"})).well(ends=False)
        for n, value in enumerate(values, 1):
            cell.calls[f"reads.{n}"]["expect"] = {"outcome": "ok"}
            del cell.calls[f"reads.{n}"]["key"]
            cell.end(n, value)
        assert cell.verdict()[0] == verdict, values


def test_runs_have_one_journal(tmp_path):
    cells = [Made(tmp_path / name, checks=checks({"check": "same_journal"})).well() for name in "abc"]
    for cell, text in zip(cells, ("x", "x", "y"), strict=True):
        cell.canonical_journal = text
    histories = [cell.judged()[0] for cell in cells]
    assert cells[0].verdict(runs=histories[1:2])[0] == "PASS"
    assert cells[0].verdict(runs=histories[1:])[0] == "FAIL"


def test_other_modes_are_compared_with_serial(tmp_path):
    """Where no oracle speaks."""
    cells = [Made(tmp_path / name, mode=mode) for name, mode in (("a", "serial"), ("b", "gathered"))]
    for cell in cells:
        for call in cell.calls.values():
            del call["expect"], call["key"]
        cell.well()
    serial = cells[0].judged()[0]
    assert cells[1].verdict(serial=serial) == ("PASS", [])
    cells[1].records[2]["got"]["value"] = "0xother"
    assert cells[1].verdict(serial=serial)[0] == "FAIL"
