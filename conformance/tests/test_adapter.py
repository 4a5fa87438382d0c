"""`subtensor adapter`: exactly one terminal event for each call, in every mode, whatever happens to the
others; lines that are wrong; cancelling; the end. Expected values come from the recording."""

import json
import re
from collections import Counter

import pytest

from testenv.command import Adapter
from testenv.keys import item
from testenv.paths import FIXTURE, ROOT

pytestmark = pytest.mark.core

MODES = ["serial", "threaded", "gathered", "shared"]
READS = ["state_getStorage"]
TEMPO_DEFAULT = 10


def tempo(truth, netuid, number):
    """SubtensorModule.Tempo at a block: a map by identity, u16 in little-endian."""
    key = item("SubtensorModule", "Tempo") + netuid.to_bytes(2, "little").hex()
    stored = truth.lookup(truth.canonical[number]["hash"], key)[1]
    return TEMPO_DEFAULT if stored is None else int.from_bytes(bytes.fromhex(stored[2:]), "little")


@pytest.fixture
def adapter(space):
    with Adapter(space.url()) as adapter:
        yield adapter


def storage_call(id, netuid, **members):
    return {"id": id, "function": "storage", "args": ["SubtensorModule", "Tempo", netuid], **members}


def gate(space, n, methods=READS):
    space.gate(n, methods=methods, limit="600s")


def open_gate(space):
    space.control("mock_setScript", None)


def reads(space):
    return space.stats()["requests"]["by_method"].get("state_getStorage", 0)


def wait_for(space, count):
    """Until the node has heard that many reads: they are held by the gate."""
    while reads(space) < count:
        pass


# ---- one end for each call ----


def test_hello(adapter):
    assert adapter.hello["event"] == "hello" and adapter.hello["protocol"] == 0
    assert adapter.hello["modes"] == MODES
    assert len(set(adapter.hello["functions"])) == len(adapter.hello["functions"])
    assert {"tempo", "metagraph", "storage", "runtime-call"} <= set(adapter.hello["functions"])


def test_hello_asks_the_node_nothing(space, adapter):
    assert adapter.finish() == ([], 0)
    assert space.counters()["opened"] == 0


@pytest.mark.parametrize("mode", MODES)
def test_a_run_has_one_end_for_each_call(space, adapter, truth, mode):
    blocks = (6, 70, 73)
    calls = [storage_call(f"{netuid} at {number}", netuid, pin={"block": number})
             for number in blocks for netuid in range(1, 8)]
    adapter.send({"op": "run", "mode": mode, "calls": calls})
    ends = adapter.ends(len(calls))
    for number in blocks:
        for netuid in range(1, 8):
            end = ends[f"{netuid} at {number}"]
            assert (end["outcome"], end["value"]) == ("ok", tempo(truth, netuid, number))
    assert adapter.finish() == ([], 0)
    counters = space.counters()
    assert counters["opened"] == (len(calls) if mode == "threaded" else 1)
    assert mode not in ("serial", "threaded") or counters["max_per_conn"] == 1


def test_many_runs_at_once(space, adapter, truth, rng):
    """300 calls in single lines and in runs of all modes, none waiting for another."""
    wanted, lines, next_id = {}, [], 0
    for _ in range(60):
        calls = []
        for _ in range(5):
            netuid, number = rng.randint(0, 8), rng.randint(3, 73)
            wanted[next_id] = tempo(truth, netuid, number)
            calls.append(storage_call(next_id, netuid, pin={"block": number}))
            next_id += 1
        mode = rng.choice(MODES)
        lines.append({"op": "run", "mode": mode, "threads": 2, "calls": calls[1:]})
        lines.append({"op": "call", "mode": mode, **calls[0]})
    for line in lines:
        adapter.send(line)
    left, status = adapter.finish()
    assert status == 0
    assert {event["id"]: event.get("value") for event in left} == wanted
    assert len(left) == len(wanted) and all(event["outcome"] == "ok" for event in left)


@pytest.mark.parametrize("mode", ["gathered", "shared"])
def test_modes_that_have_all_in_flight(space, adapter, mode):
    """The gate opens at seven: with fewer in flight nothing would ever end."""
    adapter.ask("storage", "SubtensorModule", "Tempo", 0)
    gate(space, 7)
    adapter.send({"op": "run", "mode": mode,
                  "calls": [storage_call(netuid, netuid) for netuid in range(7)]})
    assert all(end["outcome"] == "ok" for end in adapter.ends(7).values())
    assert space.stats()["gate_timeouts"] == 0
    assert space.counters()["max_per_conn"] == 7 and space.counters()["opened"] == 1


@pytest.mark.parametrize("mode", MODES)
def test_a_failing_call_leaves_its_siblings_alone(adapter, mode):
    calls = [
        storage_call("good", 2),
        {"id": "function", "function": "tempoo"},
        {"id": "none"},
        {"id": "argument", "function": "tempo", "args": [65536]},
        {"id": "args", "function": "tempo", "args": 7},
        {"id": "pin", "function": "tempo", "args": [1], "pin": 7},
        {"id": "hash", "function": "tempo", "args": [1], "pin": {"hash": "0x12"}},
        {"id": "deadline", "function": "tempo", "args": [1], "deadline_ms": 0},
        {"id": "number", "function": "tempo", "args": [1], "pin": {"block": 2**32}},
        {"id": "nul", "function": "tempo\0", "args": [1]},
        {"id": "pallet", "function": "storage", "args": ["Subtensor", "Tempo", 1]},
        {"id": "block", "function": "tempo", "args": [1], "pin": {"block": 74}},
        {"id": "unmatched", "function": "neurons", "args": [2], "pin": {"block": 20}},
        {"id": "api", "function": "runtime-call", "args": ["NoApi", "none"]},
    ]
    adapter.send({"op": "run", "mode": mode, "calls": calls})
    ends = adapter.ends(len(calls))
    assert {id: end["outcome"] for id, end in ends.items()} == {
        "good": "ok", "function": "not_found", "none": "argument", "argument": "argument",
        "args": "argument", "pin": "argument", "hash": "argument", "deadline": "argument",
        "number": "argument", "nul": "not_found",
        "pallet": "not_found", "block": "not_found", "unmatched": "rpc", "api": "not_found",
    }
    assert ends["unmatched"]["code"] == -32055
    for id, end in ends.items():
        assert ("value" in end) == (id == "good") and ("message" in end) == (id != "good")
    assert "tempo" in ends["function"]["message"] and "4294967295" in ends["number"]["message"]
    assert adapter.finish() == ([], 0)


def test_escapes_are_part_of_no_text(adapter, truth):
    """A mode, a hash and a name are what they are, however a JSON library writes them."""
    hash = truth.canonical[70]["hash"].replace("0x", "\\u0030x")
    adapter.send('{"op":"call","id":1,"mode":"ser\\u0069al","function":"storage",'
                 '"args":["Subtensor\\u004dodule","Tempo",2],"pin":{"hash":"%s"}}' % hash)
    assert adapter.ends(1)[1]["value"] == tempo(truth, 2, 70)


def test_a_run_of_very_many_calls(adapter):
    """What is said once for all is looked up once: else this takes the square of their number, and no end comes."""
    count = 40000
    adapter.send({"op": "run", "calls": [{"id": id, "function": "tempo"} for id in range(count)]})
    assert {end["outcome"] for end in adapter.ends(count).values()} == {"argument"}
    assert adapter.finish() == ([], 0)


@pytest.mark.parametrize("id", [
    "18446744073709551617", "-1", "1.50", "1e400", '"a\\u0041\\"b"', '""', '"' + "x" * 5000 + '"',
])
def test_ids_come_back_as_they_went_in(adapter, id):
    adapter.send('{"op":"call","id":%s,"function":"tempo","args":[2]}' % id)
    assert f'"id":{id},' in adapter.line()


def test_an_id_may_be_used_again_once_its_call_has_ended(space, adapter):
    for _ in range(3):
        assert adapter.ask("tempo", 2)["value"] == 14
    gate(space, 2)
    adapter.send({"op": "call", **storage_call("x", 2)})
    adapter.send({"op": "run", "calls": [storage_call("y", 2), storage_call("x", 3)]})
    refused = adapter.event()
    assert refused["event"] == "refused" and '"x"' in refused["message"], refused
    adapter.send({"op": "run", "calls": [storage_call("z", 2), storage_call("z", 3)]})
    assert adapter.event()["event"] == "refused"
    open_gate(space)
    assert adapter.ends(1)["x"]["outcome"] == "ok"
    assert adapter.finish() == ([], 0)


def test_a_gathered_run_finds_the_head_once(space, adapter):
    adapter.send({"op": "run", "calls": [storage_call(netuid, netuid) for netuid in range(7)]})
    adapter.ends(7)
    heads = space.stats()["requests"]["by_method"]["chain_getBlockHash"]
    assert heads == 2  # the head, and block 0, whose hash names the chain


# ---- cancelling ----


@pytest.mark.parametrize("mode", MODES)
def test_cancel(space, adapter, mode):
    """The call is held by the node for good; it ends because it is cancelled, once, and its place is free."""
    assert adapter.ask("tempo", 2)["value"] == 14
    gate(space, 2)
    adapter.send({"op": "call", "mode": mode, **storage_call("held", 3)})
    wait_for(space, 1)
    adapter.send({"op": "cancel", "id": "held"})
    adapter.send({"op": "cancel", "id": "held"})
    assert adapter.ends(1)["held"]["outcome"] == "cancelled"
    open_gate(space)
    assert adapter.ask("tempo", 3, mode=mode)["value"] == 16
    stats = adapter.stats()
    assert (stats["calls"], stats["in_flight"]) == (0, 0)
    assert adapter.finish() == ([], 0)


@pytest.mark.parametrize("mode", ["threaded", "gathered", "shared"])
def test_cancel_one_of_many(space, adapter, mode):
    """It ends while its siblings are held; they notice nothing."""
    assert adapter.ask("tempo", 2)["value"] == 14
    gate(space, 8)
    adapter.send({"op": "run", "mode": mode,
                  "calls": [storage_call(netuid, netuid) for netuid in (2, 3, 4)]})
    wait_for(space, 3)
    adapter.send({"op": "cancel", "id": 3})
    assert adapter.ends(1)[3]["outcome"] == "cancelled"
    open_gate(space)
    assert {id: end["value"] for id, end in adapter.ends(2).items()} == {2: 14, 4: 18}
    assert adapter.finish() == ([], 0)


def test_cancel_what_waits_for_its_turn(space, adapter):
    assert adapter.ask("tempo", 2)["value"] == 14
    gate(space, 2)
    adapter.send({"op": "run", "mode": "serial",
                  "calls": [storage_call(netuid, netuid) for netuid in (2, 3, 4)]})
    wait_for(space, 1)
    adapter.send({"op": "cancel", "id": 3})
    adapter.stats()  # the line before has been read
    open_gate(space)
    assert {id: end["outcome"] for id, end in adapter.ends(3).items()} == {
        2: "ok", 3: "cancelled", 4: "ok"}
    assert reads(space) == 2


def test_cancel_while_the_runtime_is_found_out(space, adapter):
    """One of two calls is cancelled while both wait for the metadata, which the other still gets."""
    gate(space, 2, ["state_getMetadata", "state_call"])
    adapter.send({"op": "run", "calls": [storage_call("stays", 2), storage_call("leaves", 3)]})
    while space.stats()["requests"]["by_method"].get("state_call", 0) < 1:
        pass
    adapter.send({"op": "cancel", "id": "leaves"})
    assert adapter.ends(1)["leaves"]["outcome"] == "cancelled"
    open_gate(space)
    assert adapter.ends(1)["stays"]["value"] == 14
    assert reads(space) == 1


def test_cancel_storm(space, adapter):
    """A thousand are cancelled; nothing of them is left behind, and the next call works."""
    assert adapter.ask("tempo", 2)["value"] == 14
    gate(space, 5000)
    ids = list(range(1000))
    adapter.send({"op": "run", "calls": [storage_call(id, id % 7) for id in ids]})
    for id in ids:
        adapter.send({"op": "cancel", "id": id})
    assert Counter(end["outcome"] for end in adapter.ends(1000).values()) == {"cancelled": 1000}
    open_gate(space)
    assert adapter.ask("tempo", 4)["value"] == 18
    stats = adapter.stats()
    assert (stats["calls"], stats["in_flight"], stats["unknown"], stats["sockets"]) == (0, 0, 0, 1)
    assert adapter.finish() == ([], 0)


def test_cancel_racing_replies(space, adapter, rng):
    """Whoever is first wins, and there is one end."""
    ids = list(range(300))
    adapter.send({"op": "run", "calls": [storage_call(id, id % 7) for id in ids]})
    for id in rng.sample(ids, 150):
        adapter.send({"op": "cancel", "id": id})
    ends = adapter.ends(300)
    assert {end["outcome"] for end in ends.values()} <= {"ok", "cancelled"}
    assert adapter.finish() == ([], 0)


def test_cancelling_nobody_is_no_error(adapter):
    adapter.send({"op": "cancel", "id": "nobody"})
    assert adapter.ask("tempo", 2)["value"] == 14
    adapter.send({"op": "cancel", "id": "ask"})
    assert adapter.finish() == ([], 0)


# ---- deadlines, and connections that end ----


@pytest.mark.parametrize("mode", MODES)
def test_deadlines(space, adapter, mode):
    """One of a call goes before that of its run."""
    assert adapter.ask("tempo", 2)["value"] == 14
    gate(space, 8)
    calls = [storage_call("soon", 3), storage_call("late", 4, deadline_ms=3600000)]
    adapter.send({"op": "run", "mode": mode, "deadline_ms": 30, "calls": calls})
    assert adapter.ends(1)["soon"]["outcome"] == "timeout"
    adapter.send({"op": "cancel", "id": "late"})
    assert adapter.ends(1)["late"]["outcome"] == "cancelled"
    open_gate(space)
    assert adapter.ask("tempo", 3)["value"] == 16
    assert adapter.finish() == ([], 0)


@pytest.mark.parametrize("mode", MODES)
def test_the_node_goes_away(start, mode):
    node = start(FIXTURE)
    space = node.space()
    with Adapter(space.url()) as adapter:
        assert adapter.ask("tempo", 2)["value"] == 14
        gate(space, 8)
        adapter.send({"op": "run", "mode": mode,
                      "calls": [storage_call(netuid, netuid) for netuid in (2, 3)]})
        wait_for(space, 1 if mode == "serial" else 2)
        node.kill()
        assert {end["outcome"] for end in adapter.ends(2).values()} <= {"closed", "connect"}
        assert adapter.ask("tempo", 2)["outcome"] == "closed"
        assert adapter.ask("tempo", 2, mode="threaded")["outcome"] == "connect"
        assert adapter.finish() == ([], 0)


@pytest.mark.parametrize("mode", MODES)
def test_a_node_that_is_not_there(mode):
    with Adapter("ws://127.0.0.1:1") as adapter:
        calls = [storage_call(netuid, netuid) for netuid in range(3)]
        adapter.send({"op": "run", "mode": mode, "calls": calls})
        assert {end["outcome"] for end in adapter.ends(3).values()} == {"connect"}
        assert adapter.finish() == ([], 0)


# ---- lines ----

CALL = '"id":"x","function":"tempo","args":[2]'
WRONG = [
    ("nonsense", "byte 1"),
    ("{", "byte"),
    ("[]", "[]"),
    ("7", "7"),
    ('{"op":"call",%s}}' % CALL, "byte"),
    ("{%s}" % CALL, "op"),
    ('{"op":"ask",%s}' % CALL, '"ask"'),
    ('{"op":"call","function":"tempo"}', "id"),
    ('{"op":"call","id":null,"function":"tempo"}', "null"),
    ('{"op":"call","id":{},"function":"tempo"}', "{}"),
    ('{"op":"call",%s,"funktion":1}' % CALL, "funktion"),
    ('{"op":"call",%s,"threads":1}' % CALL, "threads"),
    ('{"op":"call",%s,"id":"y"}' % CALL, "id"),
    ('{"op":"call",%s,"mode":"fast"}' % CALL, "fast"),
    ('{"op":"run","mode":"shared","threads":0,"calls":[]}', "threads"),
    ('{"op":"run","mode":"shared"}', "calls"),
    ('{"op":"run","calls":[7]}', "7"),
    ('{"op":"run","calls":[{%s},{"function":"tempo"}]}' % CALL, "id"),
    ('{"op":"run","calls":[{%s},{%s}]}' % (CALL, CALL), '"x"'),
    ('{"op":"run","calls":[{%s,"mode":"serial"}]}' % CALL, "mode"),
    ('{"op":"cancel"}', "id"),
    ('{"op":"stats","id":[]}', "[]"),
    ('{"op":"call",%s,"pin":%s}' % (CALL, "[" * 200 + "]" * 200), "byte"),
    ('{"op":"call",%s}\x00' % CALL, "byte"),
    ('{"op":"call","id":"\udcff","function":"tempo"}', "byte"),
]


def test_wrong_lines_are_refused_by_number(space):
    with Adapter(space.url()) as adapter:
        adapter.process.stdin.reconfigure(errors="surrogateescape")
        for number, (line, word) in enumerate(WRONG):
            adapter.send(line)
            event = adapter.event()
            assert event["event"] == "refused", (line, event)
            assert event["line"] == 2 * number + 1 and word in event["message"], (line, event)
            adapter.send("")  # a blank line is counted, and nothing else
        assert adapter.ask("tempo", 2)["value"] == 14
        assert adapter.finish() == ([], 0)


def test_a_line_that_is_too_long(adapter):
    adapter.send("x" * (70 << 20))
    event = adapter.event()
    assert (event["event"], event["line"]) == ("refused", 1)
    adapter.send("nonsense")
    assert adapter.event()["line"] == 2
    assert adapter.finish() == ([], 0)


# ---- the end ----


def test_the_end_of_input_waits_for_every_call(space, adapter):
    adapter.ask("tempo", 2)
    gate(space, 3)
    adapter.send({"op": "run", "calls": [storage_call("a", 2), storage_call("b", 3)]})
    wait_for(space, 2)
    adapter.process.stdin.close()
    open_gate(space)
    assert adapter.ends(2).keys() == {"a", "b"}
    assert adapter.process.wait(20) == 0


def test_a_last_line_without_line_feed(adapter):
    adapter.process.stdin.write('{"op":"call","id":1,"function":"tempo","args":[2]}')
    left, status = adapter.finish()
    assert ([event["value"] for event in left], status) == ([14], 0)


def test_empty_runs(adapter):
    adapter.send({"op": "run", "calls": []})
    assert adapter.stats()["sockets"] == 0
    assert adapter.finish() == ([], 0)


def test_the_example_of_the_protocol(space):
    """PROTOCOL.md is right: each `<` follows what stands before it."""
    text = (ROOT / "conformance" / "adapters" / "PROTOCOL.md").read_text()
    lines = re.findall(r"^    ([<>]) (.+)$", text, re.MULTILINE)
    assert len(lines) > 10
    with Adapter(space.url()) as adapter:
        hello = json.loads(lines[0][1])
        assert set(hello.pop("functions")) <= set(adapter.hello.pop("functions"))
        assert adapter.hello == hello
        for way, line in lines[1:]:
            if way == ">":
                adapter.send(line)
            else:
                assert adapter.line() == line + "\n"
        assert adapter.finish() == ([], 0)
