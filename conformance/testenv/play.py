"""Plays a scenario: a script for a space, what a client does step by step, and what the event journal must hold
afterwards. Scenarios are data (tests/musts/*.json); this file knows none of them.

A step is an object whose first member says what is done:

    {"open": NAME, "as": LABEL, "wait": false, "fixture": NAME}      a connection; with a fixture, in a space of it
    {"ask": [1, 2], "times": 3, "on": NAME, "pin": HASH|null}        reads of keys, all at once; ids 1, 2, 3, …
    {"call": ID, "method": M, "params": [], "on": NAME}              any other call
    {"batch": [1, 2]}                                                reads in one array
    {"end": [1, "x"]}  {"unended": [3]}                              wait for replies; there is none
    {"reply": ID, "result": V | "error": CODE | "nth": 2}            what a reply says
    {"subscribe": ID, "method": M, "params": []} {"items": ID, "count": 3} {"unsubscribe": ID, "method": M}
    {"wait": EVENT, "match": {}, "count": 1}                         mock_wait
    {"signal": NAME} {"control": METHOD, "params": []}
    {"close": NAME, "code": 1000} {"drop": NAME} {"gone": NAME, "how": "reset", "code": 1008} {"status": NAME, "is": 429}

In scripts, steps and musts stand for what is known only when it runs: $H, $N (hash and height of the recording's
head), $G (genesis), $K1… (keys), $V1… (their values), $X1… (ids of subscriptions are "$S:ID")."""

import json
import re

from .events import Events, at_least
from .keys import item, twox128
from .plain import Plain
from .rpc import post, request
from .truth import KNOWN

READS = ["state_getStorage"]


def short_keys(truth, count=8):
    """Keys at the recording's head whose values are short and all different, in canonical order; of a tracer those
    whose values say whose they are."""
    values, keys, tracer = set(), [], "0x" + twox128("Tracer").hex()
    all_keys = truth.keys(truth.head["hash"])
    for key in [key for key in all_keys if key.startswith(tracer)] or all_keys:
        condition, value = truth.lookup(truth.head["hash"], key)
        shortest = 16 if key.startswith(tracer) else 6
        if condition == KNOWN and value not in values and shortest < len(value) < 100:
            values.add(value)
            keys.append(key)
        if len(keys) == count:
            return keys
    raise AssertionError(f"the recording has no {count} short values that differ")


class Play:
    def __init__(self, space, truth, case, port=None):
        self.space, self.truth, self.case = space, truth, case
        self.port = port or space.node.port
        if "fixture" in case:  # a space is of the recording by which it is first named
            post(self.port, f"{space.path}?fixture={case['fixture']}", request("mock_stats"))
        self.keys = short_keys(truth)
        self.values = [truth.lookup(truth.head["hash"], key)[1] for key in self.keys]
        self.sockets, self.next_id, self.asked, self.streams = {}, 1, {}, {}
        self.on = {}  # which connection a call was made on
        self.others = {}  # spaces beside the one that is played in, by the connection's name
        self.events = None

    # Words that stand for what is known only now

    def word(self, name):
        number = int(name[1:]) if name[1:].isdigit() else 0
        known = {"H": self.truth.head["hash"], "N": self.truth.head["number"], "G": self.truth.genesis,
                 "R": READS, "EVENTS": item("System", "Events")}
        if name == "MAP":
            return item("SubtensorModule", "NetworksAdded")
        if name == "ABSENT":
            return item("SubtensorModule", "NetworksAdded") + "ffff"
        if name.startswith("LAST:"):
            return self.on[name[5:]].reply(name[5:])["result"][-1]
        if name in known:
            return known[name]
        if re.fullmatch(r"B\d+", name):
            return self.truth.canonical[number]["hash"]
        if name.startswith("N+"):
            return known["N"] + int(name[2:])
        if name.startswith("S:"):
            return self.streams[name[2:]]
        return {"K": self.keys, "V": self.values}[name[0]][number - 1]

    def filled(self, value):
        if isinstance(value, dict):
            return {self.filled(name): self.filled(v) for name, v in value.items()}
        if isinstance(value, list):
            return [self.filled(v) for v in value]
        if not isinstance(value, str):
            return value
        if whole := re.fullmatch(r"\$([A-Z]+[:\w+]*)", value):
            return self.word(whole[1])
        return re.sub(r"\$([A-Z]\d*)", lambda found: str(self.word(found[1])), value)

    # Steps

    def run(self):
        script = self.filled(self.case["script"])
        if any(script.values()):
            self.space.control("mock_setScript", script)
        for step in self.case["steps"]:
            step = self.filled(step)
            getattr(self, "do_" + next(iter(step)))(step)
        self.events = Events(self.space)
        self.check_values()
        for must in self.case["must"]:
            must = self.filled(must)
            getattr(self, "must_" + next(iter(must)))(must)
        self.check_fired()
        return self

    def close(self):
        for socket in self.sockets.values():
            socket.drop()

    def socket(self, step):
        name = step.get("on", "1")
        if name not in self.sockets:
            self.do_open({"open": name})
        return self.sockets[name]

    def do_open(self, step):
        space = self.space
        if "fixture" in step:
            space = self.others[step["open"]] = self.space.node.space()
        query = f"?as={step.get('as', 'one')}" + (f"&fixture={step['fixture']}" if "fixture" in step else "")
        self.sockets[step["open"]] = Plain(self.port, space.path + query, wait=step.get("wait", True))

    def do_ask(self, step):
        socket, texts = self.socket(step), []
        for number, key in enumerate(step["ask"] * step.get("times", 1)):
            pins = step.get("pins", [step.get("pin", self.truth.head["hash"])])
            pin = pins[number % len(pins)]
            params = [self.keys[key - 1]] + ([pin] if pin else [])
            texts.append(request("state_getStorage", *params, id=self.next_id))
            self.asked[self.next_id] = (key, pin)
            self.on[self.next_id] = socket
            self.next_id += 1
        socket.send_all(texts)

    def do_batch(self, step):
        socket, calls = self.socket(step), []
        for key in step["batch"]:
            calls.append(request("state_getStorage", self.keys[key - 1], self.truth.head["hash"], id=self.next_id))
            self.asked[self.next_id] = (key, self.truth.head["hash"])
            self.on[self.next_id] = socket
            self.next_id += 1
        socket.send("[" + ",".join(calls) + "]")

    def do_call(self, step):
        self.on[step["call"]] = self.socket(step)
        self.socket(step).ask(step["method"], *step.get("params", []), id=step["call"])

    def ids(self, spec):
        """A list of ids; "1..7" is a range."""
        if isinstance(spec, str) and ".." in spec:
            first, last = spec.split("..")
            return range(int(first), int(last) + 1)
        return spec if isinstance(spec, list) else [spec]

    def do_end(self, step):
        for id in self.ids(step["end"]):
            self.on[id].reply(id)

    def do_unended(self, step):
        for id in self.ids(step["unended"]):
            assert not self.on[id].replies(id), f"{id} was answered"

    def do_reply(self, step):
        replies = self.on[step["reply"]].replies(step["reply"])
        reply = replies[step.get("nth", 1) - 1]
        if "error" in step:
            assert reply["error"]["code"] == step["error"], reply
        else:
            assert reply["result"] == step["result"] and type(reply["result"]) is type(step["result"]), reply

    def do_subscribe(self, step):
        self.do_call({"call": step["subscribe"], **step})
        self.streams[step["subscribe"]] = self.on[step["subscribe"]].reply(step["subscribe"])["result"]

    def do_items(self, step):
        socket, stream = self.on[step["items"]], self.streams[step["items"]]
        socket.until(lambda: len(self.items(socket, stream)) >= step["count"],
                     f"no {step['count']} notifications of {stream}")

    def items(self, socket, stream):
        return [n["params"]["result"] for n in socket.notifications if n["params"].get("subscription") == stream]

    def do_unsubscribe(self, step):
        stream, socket = step["unsubscribe"], self.on[step["unsubscribe"]]
        assert socket.call(step["method"], self.streams[stream], id=f"end of {stream}")["result"] is True

    def do_wait(self, step):
        self.space.control("mock_wait", {"event": step["wait"], "from": 1, **{k: v for k, v in step.items() if k != "wait"}})

    def do_signal(self, step):
        self.space.control("mock_signal", step["signal"])

    def do_control(self, step):
        self.space.control(step["control"], *step.get("params", []))

    def do_text(self, step):
        self.socket(step).send(step["text"])

    def do_message(self, step):
        """A message that is an error without an id, or with null."""
        socket = self.socket(step)
        socket.until(lambda: [m for m in socket.by_id.get("null", []) if m["error"]["code"] == step["message"]],
                     f"no message with {step}")

    def do_close(self, step):
        socket = self.sockets[step["close"]]
        socket.close(step["code"])
        socket.gone()

    def do_drop(self, step):
        self.sockets[step["drop"]].drop()

    def do_gone(self, step):
        socket = self.sockets[step["gone"]]
        how = socket.gone()
        assert how == step.get("how", how), how
        if "code" in step:
            assert socket.closed()[0] == step["code"]

    def do_status(self, step):
        socket = self.sockets[step["status"]]
        socket.opened()
        assert socket.status == step["is"], socket.head
        for name, value in step.get("headers", {}).items():
            assert socket.headers.get(name) == value, socket.head

    def do_serial(self, step):
        """So many reads, each after the reply to the one before."""
        for number in range(step["serial"]):
            self.do_ask({"ask": [1 + number % 7]})
            self.do_end({"end": self.next_id - 1})

    def do_come_and_go(self, step):
        """So many connections of one read, each dropped without a close frame."""
        for number in range(step["come_and_go"]):
            self.do_ask({"ask": [1 + number % 7], "on": str(number)})
            self.do_end({"end": self.next_id - 1})
            self.do_drop({"drop": str(number)})

    def do_arrives(self, step):
        """A reply with an id that was not asked, or not so."""
        socket = self.socket(step)
        socket.until(lambda: socket.replies(step["arrives"]), f"no reply with the id {step['arrives']!r}")

    def do_replies(self, step):
        socket = self.on[step["replies"]]
        socket.until(lambda: len(socket.replies(step["replies"])) >= step["count"], f"not {step}")

    def do_members(self, step):
        """The members of a reply, in their order."""
        assert list(self.on[step["members"]].replies(step["members"])[0]) == step["are"]

    def do_differ(self, step):
        results = [json.dumps(self.on[id].reply(id)["result"]) for id in step["differ"]]
        assert len(set(results)) == len(results), results

    def do_same(self, step):
        results = [json.dumps(self.on[id].reply(id)["result"]) for id in step["same"]]
        assert len(set(results)) == 1, results

    def do_stored(self, step):
        """A reply is what the recording has of a key at a block."""
        assert self.on[step["stored"]].reply(step["stored"])["result"] == self.truth.lookup(step["at"], step["key"])[1]

    def do_map(self, step):
        """All entries of a map, read one by one, are those of the recording."""
        socket, head, prefix = self.socket(step), self.truth.head["hash"], item(*step["map"])
        keys = socket.call("state_getKeysPaged", prefix, 1000, None, head, id=prefix)["result"]
        assert keys == self.truth.page(head, prefix, 1000) and keys
        for key in keys:
            assert socket.call("state_getStorage", key, head, id=key)["result"] == self.truth.lookup(head, key)[1]

    def do_pages(self, step):
        """Pages of the map are those of the recording, none twice, none left out."""
        got = [key for id in step["pages"] for key in self.on[id].reply(id)["result"]]
        assert got == self.truth.page(self.truth.head["hash"], self.word("MAP"), len(got)) and got

    def do_array(self, step):
        """The ids of the last message, which is an array."""
        assert [entry["id"] for entry in json.loads(self.socket(step).messages[-1])] == step["array"]

    def do_heads(self, step):
        socket = self.on[step["heads"]]
        numbers = [int(header["number"], 16) for header in self.items(socket, self.streams[step["heads"]])]
        assert numbers == step["are"], numbers

    def do_unopened(self, step):
        assert self.sockets[step["unopened"]].frames.head is None, "the handshake was answered"

    def do_bytes(self, step):
        """So many bytes of a frame are there, and no more: the rest is held back."""
        frames = self.socket(step).frames
        self.socket(step).until(lambda: len(frames.rest) >= step["bytes"], f"no {step['bytes']} bytes")
        assert len(frames.rest) == step["bytes"]

    def do_texts(self, step):
        """All messages in order; 0 stands for a reply."""
        socket = self.socket(step)
        socket.until(lambda: len(socket.messages) >= len(step["texts"]), "too few messages")
        for message, text in zip(socket.messages, step["texts"], strict=True):
            assert text == 0 or message == text.encode(), socket.messages

    def do_shorter(self, step):
        key, pin = self.asked[step["shorter"]]
        value, result = self.truth.lookup(pin, self.keys[key - 1])[1], self.on[step["shorter"]].reply(step["shorter"])
        assert result["result"] == value[: -2 * step["by"]], (value, result)

    def do_changes(self, step):
        """An answer of state_queryStorageAt: its changes are the recording's, but for what the case says."""
        changes = [tuple(change) for change in self.on[step["changes"]].reply(step["changes"])["result"][0]["changes"]]
        true = list(zip(self.keys[:3], self.values[:3]))
        wanted = {"permuted": sorted(changes) == sorted(true) and changes != true,
                  "repeated": len(changes) > 3 and set(changes) == set(true),
                  "omitted": 0 < len(changes) < 3 and set(changes) < set(true)}
        assert wanted[step["is"]], changes

    def do_client_order(self, step):
        assert self.socket(step).order() == step["client_order"]

    def do_splits(self, step):
        """Two fragments each, and no two replies cut at the same place."""
        frames, cuts = [f for f in self.socket(step).frames.frames if f.opcode < 8], []
        for first, second in zip(frames[::2], frames[1::2], strict=True):
            assert (first.opcode, first.final, second.opcode, second.final) == (1, False, 0, True)
            cuts.append(len(first.payload))
        assert len(set(cuts)) == step["splits"], cuts

    def do_fragments(self, step):
        frames = [f for f in self.socket(step).frames.frames if f.opcode < 8]
        assert frames and all(len(f.payload) == step["fragments"] for f in frames)

    def do_sizes(self, step):
        assert [len(message) for message in self.socket(step).messages] == step["sizes"]

    def do_client_bytes(self, step):
        """What the client got of a frame before its connection broke: at most so much."""
        assert 0 <= len(self.sockets[step["on"]].frames.rest) <= step["client_bytes"]

    # What must hold

    def check_values(self):
        """Every read that gave a result gave the value of its own key, unless the case says otherwise."""
        if self.case.get("values") is False:
            return
        for id, (key, pin) in self.asked.items():
            for reply in self.on[id].replies(id):
                if "result" in reply:
                    assert reply["result"] == self.truth.lookup(pin, self.keys[key - 1])[1], (id, reply)

    def check_fired(self):
        """Every rule has fired, but those that the case lets off."""
        for rule in self.case["script"].get("rules", []):
            if rule["name"] not in self.case.get("unfired", []):
                assert self.events.fired(rule["name"]), f"{rule['name']} never fired: {self.events.told()}"

    def must_seen(self, must):
        found = self.events.of(**must["seen"])
        times = must.get("times", ">=1")
        assert at_least(len(found), times), f"{len(found)} of {must}: {self.events.told()}"

    def must_order(self, must):
        self.events.in_order(*must["order"])

    def must_adjacent(self, must):
        """Two events of one kind, none of that kind between them."""
        first, second = must["adjacent"]
        between = self.events.seqs(first["event"])
        a, b = self.events.one(**first)["seq"], self.events.one(**second)["seq"]
        assert between.index(b) == between.index(a) + 1, self.events.told()

    def must_fired(self, must):
        for rule, times in must["fired"].items():
            found = len(self.events.fired(rule))
            assert at_least(found, times), f"{rule} fired {found} times, expected {times}: {self.events.told()}"

    def must_gate_full(self, must):
        released = self.events.of("released")
        assert released and all(e["by"] == "full" for e in released), self.events.told()
        assert self.space.stats()["gate_timeouts"] == 0

    def must_stats(self, must):
        stats = self.space.stats()
        for path, value in must["stats"].items():
            found = stats
            for part in path.split("."):
                found = found[part]
            assert at_least(found, value), f"{path} is {found}, expected {value}"

    def groups(self, size):
        """The ids of answered reads, in order of emission, by the groups that a gate of `size` made."""
        answered = [json.loads(e["id"]) if isinstance(e["id"], str) else e["id"]
                    for e in self.events.of("answered") if e["method"] in READS]
        return [answered[i:i + size] for i in range(0, len(answered), size)]

    def must_answered(self, must):
        """Ids of reads in the order in which they were answered; the client saw the same."""
        assert self.groups(10 ** 6)[0] == must["answered"], self.events.told()
        seen = [id for id in self.sockets[must.get("on", "1")].order() if id in must["answered"]]
        assert seen == must["answered"], seen

    def must_inversions(self, must):
        for group in self.groups(must["inversions"]):
            assert group != sorted(group), f"{group} left in the order of arrival"

    def must_orders(self, must):
        size = must["of"]
        orders = {tuple(id - min(group) for id in group) for group in self.groups(size)}
        assert at_least(len(orders), must["orders"]), len(orders)

    def must_distinct(self, must):
        """A member has so many different values among events of a kind."""
        values = {json.dumps(e.get(must["distinct"])) for e in self.events.of(**must["of"])}
        assert at_least(len(values), must["times"]), values

    def must_unanswered(self, must):
        assert at_least(len(self.events.of("closed")[0]["unanswered"]), must["unanswered"]), self.events.told()

    def must_before(self, must):
        """So many events of one kind before the first of another."""
        first = self.events.seqs(**must["before"])[0]
        found = [seq for seq in self.events.seqs(**must["of"]) if seq < first]
        assert at_least(len(found), must["times"]), self.events.told()

    def must_after(self, must):
        first = self.events.seqs(**must["after"])[0]
        found = [seq for seq in self.events.seqs(**must["of"]) if seq > first]
        assert at_least(len(found), must["times"]), self.events.told()

    def must_elsewhere(self, must):
        """What arrived in the space of another connection."""
        found = Events(self.others[must["elsewhere"]]).of("arrived")
        assert len(found) == must["arrived"], found

    def must_forked(self, _):
        """A head that came does not descend from the one before it: another block has that height."""
        move = self.events.of("head")[-1]
        old, new = move["from"], move["to"]
        assert self.space.control("chain_getBlockHash", old["number"]) != old["hash"] and new["number"] > 0

    def must_delays(self, must):
        """Each call was given this delay, by the journal (microseconds)."""
        entries = self.space.control("mock_journal")["entries"]
        assert entries and all(entry["latency_us"] == must["delays"] for entry in entries), entries

    def must_echoed(self, _):
        """The pongs of the journal are answers to the pings that the client saw, in their order."""
        pings = iter(len(f.payload) for f in self.sockets["1"].frames.frames if f.opcode == 9)
        assert all(e.get("size", 0) in pings for e in self.events.of("ponged")), self.events.told()
