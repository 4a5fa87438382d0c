"""The kit for adapters in Python (conformance/adapters/kit/python), with two made-up clients that need no node, one of tasks
and one of threads, and with the example of conformance/adapters/README.md. Every line is as the schema says."""

import json
import re
import subprocess
import sys
from collections import Counter

import pytest

from testenv.node import Node
from testenv.paths import PATIENCE, ROOT, TRACER

ADAPTERS = ROOT / "conformance" / "adapters"
KIT = ADAPTERS / "kit" / "python"
sys.path.insert(0, str(KIT))

from adapterkit.schema import CHECKS, SCHEMA, command_problem, event_problem  # behind the path

HELLO = {"op": "hello", "protocol": 1}
OPEN = {"op": "open", "on": "main", "urls": ["ws://nowhere"]}

# A client that answers by itself: `echo` gives its params, `fail` an error, `wait` nothing before a cancel or `go`.
MADE_UP = """
import asyncio, sys, threading
sys.path.insert(0, {kit!r})
from adapterkit import Client, Failed, Value, serve
MODES = ["serial", "threaded", "gathered", "shared"]
CAN = {{"modes": MODES, "raw": True, "batch": True, "cancel": True, "deadline": True, "functions": ["storage"],
       "subscribe": ["heads"], "drop": True, "stat": True, "snapshot": True}}
"""
TASKS = MADE_UP + """
class MadeUp(Client):
    name, version, can = "made up", "1", CAN
    async def connect(self):
        self.gates, self.asked = {{}}, 0
        print("for people")
        if "broken" in self.urls[0]:
            raise OSError("no such host")
    async def close(self):
        for gate in self.gates.values():
            gate.set()
    async def raw(self, ask, method, params):
        self.asked += 1
        if method == "fail":
            raise Failed("rpc", "so be it", -5, {{"why": None}})
        if method == "bug":
            raise ValueError("unforeseen")
        if method == "wait":
            await asyncio.Event().wait()
        return threading.current_thread().name if method == "thread" else [method, params, ask.deadline]
    async def batch(self, asks):
        return [self.raw(ask, ask.method, ask.params) for ask in asks]
    async def storage(self, ask, pallet, item, *arguments):
        return Value([pallet, item, *arguments, ask.pin, self.one_head], "present")
    one_head = False
    def snapshot(self):
        snapshot = MadeUp(self.urls)
        snapshot.one_head = True
        return snapshot
    async def subscribe(self, ask, user):
        ask.over = self.gates[ask.id] = asyncio.Event()
        user.subscribed()
        for number in range(1, 4):
            await user.item({{"number": number}})
        user.gap(4, 5)
        user.lag(2)
        await ask.over.wait()
    async def unsubscribe(self, ask):
        ask.over.set()
    def pending(self):
        return 7
serve(MadeUp)
"""
THREADS = (
    TASKS.replace("async def", "def").replace("await ", "").replace("asyncio.Event().wait()", "self.wait(ask)")
    .replace("asyncio.Event", "threading.Event")
    .replace("    def batch(self, asks):\n        return [self.raw(ask, ask.method, ask.params) for ask in asks]", """
    def wait(self, ask):
        ask.gate = threading.Event()
        ask.gate.wait()
        raise Failed("cancelled")
    def cancel(self, ask):
        while not hasattr(ask, "gate"):
            pass
        ask.gate.set()
    def batch(self, asks):
        def result(ask):
            try:
                return self.raw(ask, ask.method, ask.params)
            except Failed as failed:
                return failed
        return [result(ask) for ask in asks]""")
)


class Adapter:
    """An adapter as a process, asked line by line; each of its events is checked against the schema."""

    def __init__(self, *command):
        self.process = subprocess.Popen(
            list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        self.events = []
        assert self.until("hello")["protocols"] == [1]

    def tell(self, *commands):
        for command in commands:
            self.process.stdin.write((command if isinstance(command, str) else json.dumps(command)) + "\n")
        self.process.stdin.flush()

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            return None
        event = json.loads(line)
        assert event_problem(event) is None, event
        self.events.append(event)
        return event

    def until(self, name, **members):
        """The first event of that name and with these members, among those that came and those that come."""
        for event in self.events:
            if event["event"] == name and members.items() <= event.items():
                return event
        while event := self.read():
            if event["event"] == name and members.items() <= event.items():
                return event
        raise AssertionError(f"no {name} with {members}: {self.events}")

    def ask(self, *commands):
        """All events to the end, of these lines."""
        self.tell(*commands)
        self.process.stdin.close()
        while self.read():
            pass
        assert self.process.wait(30 * PATIENCE) == 0
        return self.events


@pytest.fixture(params=["tasks", "threads"])
def start(request, tmp_path):
    file, running = tmp_path / "adapter.py", []
    file.write_text({"tasks": TASKS, "threads": THREADS}[request.param].format(kit=str(KIT)), encoding="utf-8")

    def starter():
        running.append(Adapter(sys.executable, file))
        return running[-1]

    yield starter
    for adapter in running:
        adapter.process.kill()
        adapter.process.wait()


@pytest.fixture
def adapter(start):
    adapter = start()
    adapter.tell(HELLO, OPEN)
    return adapter


def run(mode, *calls, **more):
    return {"op": "run", "on": "main", "mode": mode, "calls": list(calls), **more}


def echo(*ids, method="echo", **more):
    return [{"id": id, "method": method, "params": [id], **more} for id in ids]


def ends(events):
    return {event["id"]: event for event in events if event["event"] == "end"}


@pytest.mark.parametrize("mode, lanes", [
    ("serial", [1] * 5), ("threaded", [1, 2, 1, 2, 1]), ("shared", [1, 2, 1, 2, 1]), ("gathered", [1, 2, 3, 4, 5])])
def test_modes(adapter, mode, lanes):
    """Each call starts once, ends once, in its lane; a lane's calls follow each other."""
    events = adapter.ask(run(mode, *echo(*"abcde"), threads=2, deadline_ms=1500))
    told = [event for event in events if event["event"] in ("started", "end")]
    assert Counter((event["event"], event["id"]) for event in told) == Counter(
        (name, id) for name in ("started", "end") for id in "abcde")
    assert [ends(events)[id]["lane"] for id in "abcde"] == lanes
    assert [ends(events)[id]["value"] for id in "abcde"] == [["echo", [id], 1.5] for id in "abcde"]
    for lane in set(lanes):
        names = [event["event"] for event in told if event["lane"] == lane]
        assert names == ["started", "end"] * lanes.count(lane)


def test_threads_are_threads(adapter):
    """The clients of a threaded run live in threads of their own."""
    events = adapter.ask(run("threaded", *echo(*"ab", method="thread"), threads=2))
    assert len({end["value"] for end in ends(events).values()}) == 2


def test_nothing_is_asked(adapter):
    events = adapter.ask(run("gathered"), run("threaded"), run("serial"))
    assert [event["event"] for event in events] == ["hello", "opened"]


def test_failures(adapter):
    events = ends(adapter.ask(run("serial", *echo("a", method="fail"), *echo("b", method="bug"), *echo("c"))))
    assert events["a"] | {"lane": 1} == {
        "event": "end", "id": "a", "outcome": "rpc", "message": "so be it", "code": -5, "data": {"why": None}, "lane": 1}
    assert events["b"]["outcome"] == "other" and "unforeseen" in events["b"]["message"]
    assert events["c"]["outcome"] == "ok"


def test_a_batch_ends_call_by_call(adapter):
    events = adapter.ask(run("gathered", {"batch": echo("a") + echo("b", method="fail") + echo("c")}, *echo("d")))
    assert {id: (end["outcome"], end["lane"]) for id, end in ends(events).items()} == {
        "a": ("ok", 1), "b": ("rpc", 1), "c": ("ok", 1), "d": ("ok", 2)}


@pytest.mark.parametrize("mode", ["gathered", "serial"])
def test_pins_and_snapshots(adapter, mode):
    """A call's own pin goes first, null too; unpinned calls of a gathered run are asked of one snapshot."""
    calls = [{"id": id, "function": "storage", "args": ["P", "I", 2**60], **more}
             for id, more in (("a", {}), ("b", {"pin": None}), ("c", {"pin": {"block": 0}}))]
    events = ends(adapter.ask(run(mode, *calls, pin={"block": 9})))
    assert [events[id]["value"][3:] for id in "abc"] == [
        [{"block": 9}, False], [None, mode == "gathered"], [{"block": 0}, False]]
    assert events["a"]["value"][2] == 2**60 and events["a"]["presence"] == "present"


@pytest.mark.parametrize("mode", ["gathered", "shared", "threaded", "serial"])
def test_cancel(adapter, mode):
    """Of a call that waits, of one that waits for its turn, of what has ended, of what never was."""
    adapter.tell(run(mode, *echo("a", method="wait"), *echo("b"), threads=1))
    adapter.until("started", id="a")
    adapter.tell({"op": "cancel", "id": "b"}, {"op": "cancel", "id": "a"}, {"op": "cancel", "id": "zz"})
    adapter.until("end", id="a")
    events = adapter.ask({"op": "cancel", "id": "a"})
    assert ends(events)["a"]["outcome"] == "cancelled"
    assert len([event for event in events if event["event"] == "end"]) == 2
    if mode != "gathered":
        assert ends(events)["b"]["outcome"] == "cancelled"
        assert not [event for event in events if event["event"] == "started" and event["id"] == "b"]


def test_a_handle_that_is_none(adapter):
    events = adapter.ask(
        {**OPEN, "on": "other", "urls": ["ws://broken"]},
        {**run("gathered", *echo(*"ab")), "on": "other"}, {**run("threaded", *echo("c")), "on": "other"})
    (opened,) = [event for event in events if event["event"] == "opened" and event["on"] == "other"]
    assert opened["outcome"] == "other" and "no such host" in opened["message"]
    assert {id: end["outcome"] for id, end in ends(events).items()} == dict.fromkeys("abc", "other")


def test_subscription(adapter):
    """Items in order, gap and lag; it ends by `unsubscribe`."""
    adapter.tell({"op": "subscribe", "on": "main", "id": "s", "kind": "heads"})
    adapter.until("lag")
    events = adapter.ask({"op": "unsubscribe", "id": "s"})
    told = [event for event in events if event.get("id") == "s"]
    assert [event["event"] for event in told] == ["subscribed", "item", "item", "item", "gap", "lag", "ended"]
    assert [event["n"] for event in told[1:4]] == [1, 2, 3] and told[3]["value"] == {"number": 3}
    assert (told[4]["from"], told[4]["to"], told[5]["lost"], told[6]["outcome"]) == (4, 5, 2, "ok")


def test_a_handler_holds(adapter):
    """Calls go on meanwhile; released, it no longer holds."""
    adapter.tell({"op": "handler", "id": "s", "does": "hold"}, {"op": "subscribe", "on": "main", "id": "s", "kind": "heads"})
    adapter.until("item", n=1)
    adapter.tell(run("serial", *echo("a")))
    adapter.until("end", id="a")
    assert not [event for event in adapter.events if event["event"] == "item" and event["n"] == 2]
    adapter.tell({"op": "release", "id": "s"})
    adapter.until("item", n=3)
    adapter.ask({"op": "unsubscribe", "id": "s"})


def test_a_handler_calls(adapter):
    """It makes a call for each item and waits for its end."""
    adapter.tell({"op": "handler", "id": "s", "does": {"call": {"method": "echo", "params": [1]}}},
                 {"op": "subscribe", "on": "main", "id": "s", "kind": "heads"})
    adapter.until("lag")
    events = adapter.ask()
    told = [(event["event"], event["id"]) for event in events if event["event"] in ("item", "end")]
    assert told == [("item", "s"), ("end", "s/1"), ("item", "s"), ("end", "s/2"), ("item", "s"), ("end", "s/3")]
    assert events[-1]["event"] == "ended"


def test_close_drop_stat(adapter):
    adapter.tell(run("serial", *echo("a")))
    adapter.until("end", id="a")
    adapter.tell({"op": "stat", "id": "one"}, {"op": "close", "on": "main"})
    adapter.until("closed", on="main")
    events = adapter.ask({"op": "drop", "on": "main"}, {"op": "stat", "id": "two"}, run("serial", *echo("b")))
    one, two = [event for event in events if event["event"] == "stat"]
    assert one["pending"] == 7 and "subscriptions" not in one and one["memory"] > 1_000_000 and two["pending"] == 0
    assert len([event for event in events if event["event"] == "closed"]) == 2
    assert "no handle main" in events[-1]["message"]


def test_the_client_may_print(adapter):
    """Its words are no events."""
    assert all(event["event"] in ("hello", "opened") for event in adapter.ask())


@pytest.mark.parametrize("line, message", [
    ("{", "no JSON"),
    ("[]", "JSON object"),
    ({"op": "sing"}, "there is no sing"),
    ({"op": 1}, "op"),
    ({"op": "cancel"}, "lacks id"),
    ({"op": "cancel", "id": 7}, "id: is no string"),
    ({"op": "cancel", "id": "a", "now": True}, "now: there is no such member"),
    ({"op": "hello", "protocol": 2}, "protocol: is not 1"),
    (run("sideways"), "mode: is not one of"),
    (run("serial", {"id": "a"}), "lacks"),
    (run("serial", {"id": "a", "method": "x", "pin": None}), "calls[0].pin: there is no such member"),
    (run("serial", {"id": "a", "function": "storage", "pin": {"block": -1}}), "calls[0].pin.block: is less than 0"),
    (run("serial", {"id": "a", "function": "dance"}), "function dance"),
    (run("serial", *echo("a", "b", "a")), "in use"),
    (run("serial", *echo("held")), "in use"),
    (run("serial", *echo("a"), threads=True), "threads: is no integer"),
    ({**run("serial", *echo("a")), "on": "nobody"}, "no handle nobody"),
    ({"op": "subscribe", "on": "main", "id": "s"}, "lacks"),
    ({"op": "subscribe", "on": "main", "id": "s", "kind": "finalized"}, "kind finalized"),
    ({"op": "unsubscribe", "id": "s"}, "no subscription s"),
    ({"op": "handler", "id": "s", "does": "dance"}, "does: is not"),
    ({**OPEN, "in_flight": 3}, "no in_flight"),
    ({**OPEN, "urls": ["http://x"]}, "urls[0]: is not as"),
])
def test_refused(adapter, line, message):
    """As a whole: nothing of such a line is asked. A line after it is."""
    adapter.tell(run("gathered", *echo("held", method="wait")), line)
    adapter.until("started", id="held")
    refused = adapter.until("refused")
    assert refused["line"] == 4 and message in refused["message"], refused
    events = adapter.ask({"op": "cancel", "id": "held"}, run("serial", *echo("after")))
    assert ends(events).keys() == {"held", "after"}


def test_hello_is_first(start):
    adapter = start()
    events = adapter.ask(OPEN, HELLO, OPEN)
    assert [event["event"] for event in events] == ["hello", "refused", "opened"]


@pytest.mark.parametrize("event", [
    {"event": "end", "id": "a", "outcome": "ok", "lane": 1},
    {"event": "end", "id": "a", "outcome": "timeout", "value": None, "lane": 1},
    {"event": "end", "id": "a", "outcome": "rpc", "value": 1, "lane": 1},
    {"event": "end", "id": "a", "outcome": "fine", "lane": 1},
    {"event": "end", "id": "a", "outcome": "ok", "value": 1, "code": 3, "lane": 1},
    {"event": "end", "id": 7, "outcome": "ok", "value": 1, "lane": 1},
    {"event": "started", "id": "a"},
    {"event": "started", "id": "a", "lane": 0},
    {"event": "item", "id": "a", "n": 1},
    {"event": "sung"},
    {"event": "hello", "protocols": [], "name": "x", "version": "1", "language": "C", "can": {"modes": []}},
    {"event": "hello", "protocols": [1], "name": "x", "version": "1", "language": "C", "can": {"modes": ["fast"]}},
])
def test_the_schema_rejects_events(event):
    assert event_problem(event)


def test_the_schema_is_used_whole():
    """Each command and event of PROTOCOL-1.md is in the schema, and nothing else."""
    text = (ADAPTERS / "PROTOCOL-1.md").read_text(encoding="utf-8")
    tables = re.findall(r"^\| `?(op|event|outcome)`? \|.*\n((?:\|.*\n)*)", text, re.MULTILINE)
    rows = {kind: re.findall(r"^\| `(\w+)`", table, re.MULTILINE) for kind, table in tables}
    assert {f"command-{name}" for name in rows["op"]} | {f"event-{name}" for name in rows["event"]} == {
        name for name in SCHEMA["$defs"] if re.match(r"(command|event)-", name)}
    assert command_problem(HELLO) is None and event_problem({"event": "closed", "on": "x", "more": 1}) is None


def words(schema):
    """The words of JSON Schema that a schema uses."""
    if isinstance(schema, dict):
        for word, rule in schema.items():
            yield word
            yield from words(list(rule.values()) if word == "properties" else rule)
    elif isinstance(schema, list):
        for each in schema:
            yield from words(each)


def test_each_word_of_the_schema_is_checked():
    used = {word for schema in SCHEMA["$defs"].values() for word in words(schema)}
    assert used - CHECKS.keys() == {"$ref"}


def test_the_example(tmp_path):
    """The adapter of README.md, as it stands there, against a node."""
    text = (ADAPTERS / "README.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    file = tmp_path / "my_adapter.py"
    file.write_text(program, encoding="utf-8")
    with Node(TRACER) as node:
        for mode in ("serial", "threaded", "gathered", "shared"):
            space = node.space()
            adapter = Adapter(sys.executable, file)
            events = adapter.ask(
                HELLO, {**OPEN, "urls": [space.url()]},
                run(mode, {"id": "a", "method": "chain_getBlockHash", "params": [0]}, {"id": "b", "method": "nonsense"},
                    {"id": "c", "method": "chain_getBlockHash", "params": [200]}, threads=2))
            told = ends(events)
            assert told["a"]["value"].startswith("0x") and told["c"]["value"] != told["a"]["value"]
            assert (told["b"]["outcome"], told["b"]["code"]) == ("rpc", -32601)
