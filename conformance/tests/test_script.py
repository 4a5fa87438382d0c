"""The language of scripts: each member of `match` and of `when`, windows, the order of causes, and what is said of a
script that is none."""

import json

import pytest
from websockets.exceptions import InvalidStatus

from testenv.events import Events
from testenv.node import Node, NodeFailed
from testenv.paths import FIXTURE
from testenv.rpc import RpcError, request
from testenv.scale import blake2_256, raw
from testenv.stage import READS, Stage, once, rule

MARK = {"result": "marked"}


@pytest.fixture
def stage(node, truth):
    with Stage(node, truth) as stage:
        yield stage


def marked(client, *ids):
    """Which replies the rule has marked."""
    return [id for id in ids if client.reply(id).get("result") == "marked"]


def reads(stage, when=None, match=None, count=7, **more):
    """The reads that a rule with this `when` and `match` fires on, of `count` in turn."""
    stage.tell(rule("mark", "arrived", MARK, match={"methods": READS, **(match or {})}, when=when), **more)
    client = stage.client()
    for n in range(1, count + 1):
        stage.read(client, n)
    return marked(client, *range(1, count + 1))


# match


@pytest.mark.parametrize("methods", [["state_getStorage"], ["state_getStorageAt"], ["state_*"], ["x", "*Storage"], "state_getStorage"])
def test_match_methods(stage, methods):
    """Canonical names, aliases of them, globs."""
    stage.tell(rule("mark", "arrived", MARK, match={"methods": methods}))
    client = stage.client()
    for id, name in enumerate(["state_getStorage", "state_getStorageAt"]):
        assert client.call(name, stage.keys[0], stage.head, id=id)["result"] == "marked"
    assert client.call("system_chain", id=9)["result"] != "marked"


def test_match_request(stage):
    """A glob over the canonical request, with its block: an alias and another spelling are the same."""
    stage.tell(rule("mark", "arrived", MARK, match={"request": f"state_getStorage *{stage.keys[0]}*@{stage.head}"}))
    client = stage.client()
    assert client.call("state_getStorageAt", stage.keys[0].upper().replace("0X", "0x"), stage.head, id=1)["result"] == "marked"
    assert client.call("state_getStorage", stage.keys[0], id=2)["result"] == "marked"
    assert client.call("state_getStorage", stage.keys[1], stage.head, id=3)["result"] != "marked"


def test_match_label_and_connection(stage):
    stage.tell(rule("label", "arrived", {"result": "label"}, match={"label": "b"}),
               rule("connection", "arrived", {"result": "connection"}, match={"connection": 1}))
    said = [stage.client(f"?as={label}").call("system_chain")["result"] for label in "abc"]
    assert said[:2] == ["connection", "label"] and said[2] not in said[:2]


def test_match_occurrence(stage):
    stage.tell(rule("mark", "arrived", MARK, match={"request": f"*{stage.keys[0]}*", "occurrence": 2}))
    clients = [stage.client("?as=a"), stage.client("?as=b")]
    for client in clients:
        for id in (1, 2, 3):
            stage.read(client, 1, id=id)
        assert marked(client, 1, 2, 3) == [2]


def test_match_head(stage, truth):
    low = truth.head["number"] - 1
    stage.tell(rule("mark", "arrived", MARK, match={"head": low}), start=[{"set_head": low}])
    client = stage.client()
    assert client.call("system_chain", id=1)["result"] == "marked"
    stage.control("mock_advanceHead")
    assert client.call("system_chain", id=2)["result"] != "marked"


def test_match_stream(stage):
    stage.tell(rule("skip", "notified", {"skip": True}, match={"stream": "allHeads"}))
    client = stage.client()
    for id, kind in enumerate(["chain_subscribeNewHeads", "chain_subscribeAllHeads"]):
        client.call(kind, id=id)
    client.call("system_chain", id=7)
    assert [n["method"] for n in client.notifications] == ["chain_newHead"]


@pytest.mark.parametrize("match, fires", [({"by": "peer"}, True), ({"by": "node"}, False), ({"code": 1001}, True), ({"code": 1000}, False)])
def test_match_by_and_code(stage, match, fires):
    stage.tell(rule("gone", "closed", {"give": "gone"}, match=match))
    client = stage.client()
    client.call("system_chain")
    client.close(1001)
    stage.wait("closed")
    assert bool(stage.events().fired("gone")) is fires


def test_match_rule(stage):
    stage.tell(once("one", "arrived", {"result": 1}), once("two", "arrived", {"delay": "1ms"}),
               rule("after", "fired", {"give": "fired"}, match={"rule": "two"}),
               rule("ping", "opened", {"ping": {"n": 1}}), rule("pong", "ponged", {"give": "ponged"}, match={"rule": "ping"}))
    client = stage.client()
    stage.wait("ponged", rule="ping")
    stage.read(client, 1)
    client.reply(1)
    assert [e["name"] for e in stage.events().of("signal")] == ["ponged", "fired"]


def test_match_name(stage, truth):
    stage.tell(rule("go", "signal", {"advance": 1}, match={"name": "go"}))
    stage.control("mock_signal", "stay")
    stage.control("mock_signal", "go")
    assert int(stage.control("chain_getHeader")["number"], 16) == truth.head["number"] + 1


# when


@pytest.mark.parametrize("when, fires", [
    ({"nth": 3}, [3]), ({"nth": [1, 4]}, [1, 4]), ({"nth": "2..4"}, [2, 3, 4]), ({"nth": "5.."}, [5, 6, 7]),
    ({"every": 3}, [3, 6]), ({"first": 2}, [1, 2]), ({"times": 3}, [1, 2, 3]), ({"every": 2, "times": 2}, [2, 4]),
    ({"nth": "2..", "first": 3}, [2, 3]), ({"chance": 1}, [1, 2, 3, 4, 5, 6, 7])])
def test_when(stage, when, fires):
    assert reads(stage, when) == fires


@pytest.mark.parametrize("per, fires", [("space", [[], [2], []]), ("connection", [[2], [2], [2]]), ("label", [[2], [2], []])])
def test_when_per(stage, per, fires):
    """The second that matches: of the space, of each connection, of each label. Labels: a, b, a."""
    stage.tell(rule("mark", "arrived", MARK, match={"methods": READS}, when={"nth": 2 if per != "space" else 4, "per": per}))
    got = []
    for label in "aba":
        client = stage.client(f"?as={label}")
        stage.read(client, 1)
        client.reply(1)
        stage.read(client, 2)
        got.append(marked(client, 1, 2))
    assert got == fires


def test_when_in_flight(stage):
    """The arrival by which the unanswered calls that passed `match` become n."""
    stage.tell(rule("hold", "arrived", {"hold": {"until": {"signal": "go"}, "limit": "none"}}, match={"methods": READS}),
               rule("three", "arrived", {"give": "three"}, match={"methods": READS}, when={"in_flight": 3}))
    client = stage.client()
    stage.read(client, 1, 2)
    client.call("system_chain", id=50)
    stage.read(client, 3, 4)
    stage.wait("held", count=4)
    events = stage.events()
    assert events.one("fired", rule="three")["cause"]["event"] == events.one("arrived", id=3)["seq"]
    stage.control("mock_signal", "go")


def test_when_open(stage):
    """n or more other connections are open."""
    stage.tell(rule("no", "connecting", {"refuse": {"status": 503}}, when={"open": 2}))
    assert [stage.client(wait=False).opened() for _ in range(4)] == [101, 101, 503, 503]


def test_when_times_is_of_the_space(stage):
    stage.tell(rule("mark", "arrived", MARK, match={"methods": READS}, when={"nth": 1, "per": "connection", "times": 2}))
    got = []
    for _ in range(3):
        client = stage.client()
        stage.read(client, 1)
        got.append(bool(marked(client, 1)))
    assert got == [True, True, False]


def test_when_after_and_until_signals(stage):
    """A window: counters count only inside it."""
    stage.tell(rule("mark", "arrived", MARK, match={"methods": READS},
                    when={"after": {"signal": "begin"}, "until": {"signal": "end"}, "nth": "2.."}))
    client, got = stage.client(), []
    for n in range(1, 8):
        if n == 3:
            stage.control("mock_signal", "begin")
        if n == 6:
            stage.control("mock_signal", "end")
        stage.read(client, n)
        got += marked(client, n)
    assert got == [4, 5]


def test_when_after_a_rule_is_met_by_earlier_events_only(stage):
    stage.tell(rule("first", "arrived", {"delay": "0ms"}, match={"methods": READS}, when={"nth": 2}),
               rule("mark", "arrived", MARK, match={"methods": READS}, when={"after": {"rule": "first"}}))
    client = stage.client()
    stage.read(client, 1, 2, 3, 4)
    assert marked(client, 1, 2, 3, 4) == [3, 4]


def test_when_chance_is_drawn_by_key(stage, node, truth):
    """The same keys are chosen in any order, about as many as asked."""
    chosen = []
    for order in (range(1, 201), range(200, 0, -1)):
        with Stage(node, truth) as other:
            keys = truth.keys(truth.head["hash"])[60:260]
            other.tell(rule("mark", "arrived", MARK, match={"methods": READS}, when={"chance": 0.5}))
            client = other.client()
            for n in order:
                client.ask("state_getStorage", keys[n - 1], truth.head["hash"], id=n)
            chosen.append(marked(client, *range(1, 201)))
    assert chosen[0] == chosen[1] and 70 < len(chosen[0]) < 130


# The order of causes


def test_every_rule_that_matches_fires_in_the_order_of_the_file(stage):
    stage.tell(*[once(name, "arrived", {"give": name}) for name in ("c", "a", "b")])
    client = stage.client()
    stage.read(client, 1)
    client.reply(1)
    assert [e["name"] for e in stage.events().of("signal")] == ["c", "a", "b"]


def test_what_a_member_causes_is_written_before_the_next_leaves(stage):
    stage.tell(rule("gate", "arrived", {"hold": {"gate": "g"}}, match={"methods": READS}),
               rule("between", "answered", {"send": "between"}, match={"methods": READS}, when={"first": 2}),
               gates=[{"name": "g", "n": 3, "order": "reversed"}])
    client = stage.client()
    stage.read(client, 1, 2, 3)
    client.until(lambda: len(client.messages) == 5, "not all came")
    assert [message if message == b"between" else json.loads(message)["id"] for message in client.messages] == [
        3, b"between", 2, b"between", 1]


def test_what_an_event_releases_leaves_before_what_it_causes(stage):
    stage.tell(rule("hold", "arrived", {"hold": {"until": {"event": "arrived", "match": {"request": f"*{stage.keys[1]}*"}}}},
                    match={"request": f"*{stage.keys[0]}*"}),
               rule("cause", "arrived", {"send": "caused"}, match={"request": f"*{stage.keys[1]}*"}))
    client = stage.client()
    stage.read(client, 1, 2)
    client.until(lambda: len(client.messages) == 3, "not all came")
    assert client.messages.index(b"caused") > 0 and client.messages[0].startswith(b'{"jsonrpc":"2.0","id":1,')


def test_an_event_that_a_rule_caused_never_fires_it_again(stage, truth):
    stage.tell(rule("loop", "head", {"advance": 1}), rule("begin", "signal", {"advance": 1}, match={"name": "begin"}))
    stage.control("mock_signal", "begin")
    assert int(stage.control("chain_getHeader")["number"], 16) == truth.head["number"] + 2


def test_a_chain_of_causes_is_at_most_sixteen_long(start):
    node = start(FIXTURE)
    space = node.space()
    rules = [rule(f"r{n}", "signal", {"give": f"s{n + 1}"}, match={"name": f"s{n}"}) for n in range(20)]
    space.control("mock_setScript", {"rules": rules})
    space.control("mock_signal", "s0")
    names = [e["name"] for e in space.control("mock_events")["events"] if e["event"] == "signal"]
    assert names == [f"s{n}" for n in range(17)]
    status, stderr = node.stop()
    assert status not in (0, 3) and "16" in stderr


def test_a_chain_of_causes_that_branches_ends(start):
    """Eight to the fifteenth would take for ever: one cause from outside has a budget, and the next one a new one."""
    node = start(FIXTURE)
    space = node.space()
    rules = [rule(f"r{n}", "signal", *[{"give": f"s{n + 1}"}] * 8, match={"name": f"s{n}"}) for n in range(15)]
    space.control("mock_setScript", {"rules": rules})
    for times in (1, 2):
        space.control("mock_signal", "s0")
        assert sum(r["fired"] for r in space.control("mock_fired")) == times * 100001  # on the signal itself, and caused
    told = Events(space, whole=False)
    assert {e["error"] for e in told.of("missed")} == {"the event from outside has caused too much"}
    assert space.socket().call("system_chain")
    status, stderr = node.stop()
    assert status == 4 and "100000" in stderr


def test_a_rule_that_misses_says_why(stage):
    """It has not fired, and the journal says why: no rule but one on `missed` hears of it."""
    stage.tell(once("wins", "arrived", {"result": 1}), once("loses", "arrived", {"error": {"code": 1, "message": "x"}}),
               rule("unmoved", "arrived", {"set_head": "@nowhere"}, match={"methods": ["system_chain"]}),
               rule("heard", "missed", {"give": "missed"}, match={"rule": "unmoved"}))
    client = stage.client()
    stage.read(client, 1)
    assert client.reply(1)["result"] == 1
    client.call("system_chain", id=2)
    events = stage.events()
    lost, unmoved = events.of("missed")
    assert (lost["name"], lost["actions"]) == ("loses", [{"action": "error", "why_not": "another action came first"}])
    assert unmoved["name"] == "unmoved" and "@nowhere" in unmoved["actions"][0]["why_not"]
    assert unmoved["cause"]["event"] == events.one("arrived", method="system_chain")["seq"]
    assert events.one("signal", name="missed")["cause"]["event"] == unmoved["seq"]
    assert [r["fired"] for r in stage.control("mock_fired")] == [1, 0, 0, 1]
    assert stage.wait("missed", rule="loses")["seq"] == lost["seq"]


def test_a_loser_never_counts_as_fired(stage):
    stage.tell(once("wins", "arrived", {"result": 1}), once("loses", "arrived", {"error": {"code": 1, "message": "x"}}),
               once("both", "arrived", {"result": 2}, {"give": "both"}))
    client = stage.client()
    stage.read(client, 1)
    assert client.reply(1)["result"] == 1
    events = stage.events()
    assert not events.fired("loses")
    event, = events.fired("both")
    assert event["did"] == ["give"] and event["did_not"] == ["result"]


def test_mock_fired_counts(stage):
    stage.tell(rule("often", "arrived", {"delay": "0ms"}, match={"methods": READS}), rule("never", "arrived", {"never": True}, match={"methods": ["x"]}))
    client = stage.client()
    stage.read(client, 1, 2, 3)
    client.reply(3)
    assert stage.control("mock_fired") == [{"rule": "often", "fired": 3}, {"rule": "never", "fired": 0}]


def test_mock_wait_looks_back(stage):
    """It answers when it has happened, or has already since a seq."""
    stage.tell()
    stage.control("mock_signal", "a")
    found = stage.control("mock_wait", {"event": "signal", "match": {"name": "a"}, "count": 1, "from": 1})
    assert found["seq"] == stage.events().one("signal")["seq"]


# Causes


def test_what_a_peer_does_has_the_peer_as_its_cause(stage):
    """A reset has its rule as cause; the reconnect after it begins a new chain."""
    stage.tell(once("drop", "arrived", {"give": "now"}, {"reset": True}))
    client = stage.client()
    stage.read(client, 1)
    client.gone()
    stage.client().call("system_chain")
    events = stage.events()
    arrived, closed = events.one("arrived", method="state_getStorage"), events.one("closed")
    for event in (events.one("signal"), closed, events.one("fired")):
        assert event["cause"]["event"] == arrived["seq"] and event["cause"].get("rule", "drop") == "drop", event
    assert ["cause" in event for event in events.of("connecting") + events.of("arrived")] == [False] * 4


def test_a_chain_is_told_link_by_link(stage):
    stage.tell(once("a", "arrived", {"give": "b"}), rule("b", "signal", {"advance": 1}, match={"name": "b"}),
               rule("c", "head", {"give": "d"}))
    client = stage.client()
    stage.read(client, 1)
    client.reply(1)
    events = stage.events()
    chain = [events.one("signal", name="d")]
    while "cause" in chain[-1]:
        chain.append(events.by_seq[chain[-1]["cause"]["event"]])
    assert [event["event"] for event in chain] == ["signal", "head", "signal", "arrived"]
    assert [event["cause"]["rule"] for event in chain[:-1]] == ["c", "b", "a"]


def test_an_effect_that_its_limit_ends_is_told(stage):
    stage.tell(once("stop", "arrived", {"stop_reading": {"until": {"signal": "never"}, "limit": "5ms"}}))
    client = stage.client()
    stage.read(client, 1)
    client.reply(1)
    stage.read(client, 2)
    client.reply(2)
    assert [event["by"] for event in stage.events().of("released")] == ["limit"]


@pytest.mark.parametrize("frame, code", [
    (b"\x81\x05hello", 1002), (b"\xc1\x80mask", 1002), (b"\x83\x80mask", 1002), (b"\x89\xfe\x00\x7emask" + b"x" * 126, 1002),
    (b"\x80\x80mask", 1002), (b"\x88\x81mask\x03", 1002), (b"\x88\x82mask" + bytes([0x03 ^ ord("m"), 0xed ^ ord("a")]), 1002)])
def test_a_frame_that_is_none_is_refused(stage, frame, code):
    """Unmasked, reserved bits, reserved opcode, a long ping, a continuation of nothing, close frames that are none."""
    stage.tell(rule("heard", "refused", {"give": "refused"}))
    client = stage.client()
    client.write(frame)
    assert client.closed()[0] == code
    stage.wait("closed")
    event = stage.events().one("refused")
    assert event["why"] and stage.events().fired("heard")


# Batches


def send_batch(stage, client, *numbers):
    client.send("[" + ",".join(request("state_getStorage", stage.keys[n - 1], stage.head, id=n) for n in numbers) + "]")


def test_a_batch_is_one_member_of_a_gate(stage):
    """Its entries are answered in their order, when it is."""
    stage.tell(rule("gate", "arrived", {"hold": {"gate": "g"}}, match={"methods": READS}),
               gates=[{"name": "g", "n": 2, "order": "reversed"}])
    client = stage.client()
    send_batch(stage, client, 1, 2, 3)
    stage.read(client, 4)
    client.reply(1)
    shapes = [[entry["id"] for entry in value] if isinstance(value, list) else value["id"]
              for value in map(json.loads, client.messages)]
    assert shapes == [4, [1, 2, 3]]
    assert [event["id"] for event in stage.events().of("answered")] == [4, 1, 2, 3]


@pytest.mark.parametrize("action, left", [({"never": True}, 1), ({"hold": {"until": {"signal": "go"}, "limit": "none"}}, 1)])
def test_emission_actions_of_an_entry_act_on_the_array(stage, action, left):
    stage.tell(rule("act", "arrived", action, match={"request": f"*{stage.keys[1]}*"}))
    client = stage.client()
    send_batch(stage, client, 1, 2, 3)
    stage.read(client, 4)
    client.reply(4)
    assert len(client.messages) == left
    stage.control("mock_signal", "go")
    if "hold" in action:
        client.reply(3)


def test_content_actions_act_on_their_entry(stage):
    stage.tell(rule("a", "arrived", {"result": "a"}, match={"request": f"*{stage.keys[0]}*"}),
               rule("b", "arrived", {"error": {"code": 5, "message": "b"}}, match={"request": f"*{stage.keys[2]}*"}))
    client = stage.client()
    send_batch(stage, client, 1, 2, 3)
    assert client.reply(1)["result"] == "a" and client.reply(3)["error"]["code"] == 5
    assert client.reply(2)["result"] == stage.values[1]


# Rows that exclude each other in different rules: the first wins


def test_the_first_of_two_rules_wins(stage):
    stage.tell(once("one", "arrived", {"id": "null"}), once("two", "arrived", {"id": "absent"}, {"delay": "0ms"}))
    client = stage.client()
    stage.read(client, 1)
    client.until(lambda: client.messages, "no reply")
    assert json.loads(client.messages[0])["id"] is None
    event, = stage.events().fired("two")
    assert event["did"] == ["delay"] and event["did_not"] == ["id"]


# The same story twice


STORY = [
    rule("the eighth is lost", "arrived", {"never": True}, match={"methods": READS}, when={"nth": 8}),
    rule("the ninth is cut", "answered", {"sever": {"at": "50%"}}, match={"methods": READS}, when={"nth": 8}),
    rule("the head moves", "closed", {"advance": 1}, match={"by": "reset"}),
    rule("come back later", "connecting", {"refuse": {"status": 429, "headers": {"Retry-After": "1"}}},
         when={"after": {"rule": "the ninth is cut"}, "first": 1})]


def test_a_story_has_the_same_canonical_journal_each_time(node, truth):
    """A serial program: its eighth request is lost, the reply to its ninth is cut in the middle, the head moves, and the
    first reconnect gets 429."""
    journals = set()
    for _ in range(5):
        with Stage(node, truth) as stage:
            stage.tell(*STORY, latency="uniform(0ms,1ms)")
            client = stage.client()
            for number in range(1, 8):
                client.call("state_getStorage", stage.keys[number - 1], stage.head, id=number)
            stage.read(client, 8)
            stage.read(client, 1, id=9)
            assert client.gone() == "reset" and not client.replies(8) and not client.replies(9)
            refused = stage.client(wait=False)
            assert refused.opened() == 429 and refused.headers["retry-after"] == "1"
            again = stage.client()
            stage.read(again, 8)
            assert again.reply(8)["result"] == stage.values[7]
            stage.events().in_order(
                {"event": "arrived", "id": 8}, {"event": "answered", "id": 9}, {"event": "closed", "by": "reset"},
                {"event": "head"}, {"event": "connecting", "conn": 2}, {"event": "opened", "conn": 3})
            assert [len(stage.events().fired(told["name"])) for told in STORY] == [1, 1, 1, 1]
            journal = stage.space.post(request("mock_journal", {"form": "canonical"})).text
            journals.add(journal.replace(f'"space":"{stage.space.name}",', ""))
    assert len(journals) == 1


# What a script leaves behind


def test_until_counts_from_the_action_on(stage):
    """Events before it do not count: the hold of the third read wants three more."""
    stage.tell(rule("hold", "arrived", {"hold": {"until": {"event": "arrived", "match": {"methods": READS}, "count": 3}}},
                    match={"methods": READS}, when={"nth": 3}))
    client = stage.client()
    stage.read(client, 1, 2, 3, 4, 5)
    client.reply(5)
    assert not client.replies(3)
    stage.read(client, 6)
    client.reply(3)


def test_chance_without_a_request(node, truth):
    """Drawn by how often the rule was asked for that label: the same each time, and not the same for all."""
    drawn = []
    for _ in range(2):
        with Stage(node, truth) as stage:
            stage.tell(rule("no", "connecting", {"refuse": {"status": 503}}, when={"chance": 0.5}))
            drawn.append([stage.client(f"?as={label}", wait=False).opened() for label in "ab" for _ in range(12)])
    assert drawn[0] == drawn[1] and {101, 503} == set(drawn[0]) and drawn[0][:12] != drawn[0][12:]


def test_a_gate_at_its_limit_lets_all_go_in_the_order_of_arrival(stage):
    stage.tell(rule("gate", "arrived", {"hold": {"gate": "g"}}, match={"methods": READS}),
               gates=[{"name": "g", "n": 5, "order": "reversed", "limit": "20ms"}])
    client = stage.client()
    stage.read(client, 1, 2, 3)
    client.until(lambda: len(client.messages) == 3, "not all came")
    assert client.order() == [1, 2, 3]
    assert [event["by"] for event in stage.events().of("released")] == ["limit"] * 3
    assert stage.space.stats()["gate_timeouts"] == 1


def test_a_connection_that_closes_takes_its_members_along(stage):
    stage.tell(rule("gate", "arrived", {"hold": {"gate": "g"}}, match={"methods": READS}),
               gates=[{"name": "g", "n": 3, "order": "reversed", "limit": "none"}])
    stays, leaves = stage.client("?as=a"), stage.client("?as=b")
    stage.read(stays, 1)
    stage.read(leaves, 2)
    stage.wait("held", count=2)
    leaves.close()
    stage.wait("closed")
    stage.read(stays, 3)
    stays.reply(1)
    assert stays.order() == [3, 1]


def test_a_target_that_is_not_there(stage):
    stage.tell(once("act", "arrived", {"reset": True}, {"give": "given"}) | {"target": {"connection": 9}})
    client = stage.client()
    stage.read(client, 1)
    client.reply(1)
    event = stage.events().one("fired")
    assert event["did"] == ["give"] and event["did_not"] == ["reset"]


def test_another_script_releases_what_the_old_one_holds(stage):
    stage.tell(once("hold", "arrived", {"hold": {"until": {"signal": "never"}, "limit": "none"}}))
    client = stage.client()
    stage.read(client, 1)
    stage.wait("held")
    stage.tell(rule("mark", "arrived", MARK, match={"methods": READS}))
    assert client.reply(1)["result"] == stage.values[0]
    assert [event["by"] for event in stage.events().of("released")] == ["script"]
    stage.read(client, 2)
    assert marked(client, 2) == [2]
    stage.control("mock_setScript", None)
    stage.read(client, 3)
    assert marked(client, 3) == []


def test_events_that_nobody_waits_for_do_not_end_a_wait(stage):
    """mock_wait answers by the event that it names, and only then."""
    import threading
    stage.tell()
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(stage.control("mock_wait", {
        "event": "signal", "match": {"name": "b"}, "count": 2, "from": 1})))
    waiting.start()
    for name in ("a", "b", "a"):
        stage.control("mock_signal", name)
    assert not answers
    stage.control("mock_signal", "b")
    waiting.join(10)
    assert answers[0]["seq"] == stage.events().of("signal", name="b")[1]["seq"]


# Scripts that are none


@pytest.mark.parametrize("script, words", [
    ({"rulez": []}, ["rulez", "rules"]),
    ({"rules": [{"name": "x", "on": "arived", "do": [{"never": True}]}]}, ["rules[0].on", "arived", "arrived"]),
    ({"rules": [{"name": "x", "on": "arrived", "do": [{"nevr": True}]}]}, ["rules[0].do[0]", "nevr", "never"]),
    ({"rules": [{"name": "x", "on": "arrived", "match": {"method": ["x"]}, "do": [{"never": True}]}]}, ["rules[0].match", "method", "methods"]),
    ({"rules": [{"name": "x", "on": "arrived", "when": {"evry": 3}, "do": [{"never": True}]}]}, ["rules[0].when", "evry", "every"]),
    ({"rules": [{"name": "x", "on": "arrived", "do": [{"hold": {"untl": {"signal": "go"}}}]}]}, ["rules[0].do[0].hold", "untl", "until"]),
    ({"rules": [{"name": "x", "on": "arrived", "do": [{"hold": {"gate": "nowhere"}}]}]}, ["rules[0].do[0].hold.gate", "gates"]),
    ({"rules": [{"name": "x", "on": "arrived", "do": [{"error": {"message": "no code"}}]}]}, ["rules[0].do[0].error", "code"]),
    ({"rules": [{"name": "x", "on": "arrived", "do": [{"delay": "soon"}]}]}, ["rules[0].do[0].delay", "soon"]),
    ({"rules": [{"name": "x", "on": "arrived", "do": [{"stall": True}]}]}, ["rules[0].do[0]", "stall", "connecting"]),
    ({"rules": [{"name": "x", "on": "head", "do": [{"reset": True}]}]}, ["rules[0]", "target"]),
    ({"rules": [{"name": "x", "on": "arrived", "do": [{"reset": True}, {"end": True}]}]}, ["rules[0]", "reset", "end"]),
    ({"rules": [{"name": "x", "on": "arrived", "do": [{"id": "null"}, {"id": "absent"}]}]}, ["rules[0]", "id"]),
    ({"rules": [{"name": "x", "on": "arrived", "do": []}]}, ["rules[0].do"]),
    ({"rules": [{"name": "x", "on": "notified", "match": {"stream": "newHead"}, "do": [{"skip": True}]}]},
     ["rules[0].match.stream", "newHead", "newHeads"]),
    ({"rules": [{"name": "x", "on": "notified", "match": {"stream": ["storage", "heads"]}, "do": [{"skip": True}]}]},
     ["rules[0].match.stream", "heads"]),
    ({"rules": [{"name": "x", "on": "arrived", "do": [{"never": True}]}, {"name": "x", "on": "arrived", "do": [{"never": True}]}]}, ["rules[1].name", "another rule"]),
    ({"rules": [{"name": "x", "on": "arrived", "when": {"nth": "4..2"}, "do": [{"never": True}]}]}, ["rules[0].when.nth", "a..b"]),
    ({"rules": [{"name": "x", "on": "arrived", "when": {"chance": 2}, "do": [{"never": True}]}]}, ["rules[0].when.chance"]),
    ({"gates": [{"name": "g", "n": 0}]}, ["gates[0].n"]),
    ({"gates": [{"name": "g", "n": 3, "order": [0, 0, 1]}]}, ["gates[0].order"]),
    ({"gates": [{"name": "g", "n": 3, "order": "reverse"}]}, ["gates[0].order", "reverse", "reversed"]),
    ({"gates": [{"name": "g"}]}, ["gates[0]", "n"]),
    ({"start": [{"never": True}]}, ["start[0]", "never"]),
    ({"latency": "5 parsecs"}, ["latency", "5 parsecs"]),
    ({"writes": "maybe"}, ["writes", "maybe", "accept"]),
    ([], ["rules", "gates"]),
])
def test_errors_name_the_place_the_member_and_the_nearest(stage, script, words):
    before = stage.control("mock_fired")
    with pytest.raises(RpcError) as caught:
        stage.control("mock_setScript", script)
    text = f"{caught.value.message} {caught.value.data}"
    assert caught.value.code == -32602
    for word in words:
        assert word in text, text
    assert stage.control("mock_fired") == before


def test_every_action_has_its_test():
    """By name: test_ACTION in one of the files test_actions_*.py."""
    from pathlib import Path
    import re
    from testenv.fixture import run
    tests = set()
    for file in Path(__file__).parent.glob("test_actions_*.py"):
        tests |= set(re.findall(r"^def test_(\w+)", file.read_text(), re.MULTILINE))
    schema = json.loads(run("script", "--schema").stdout)
    actions = [name for action in schema["$defs"]["action"]["oneOf"] for name in action["required"]]
    assert len(actions) > 60
    assert [action for action in actions if not any(test == action or test.startswith(action + "_") for test in tests)] == []


# Scripts of the command line


@pytest.fixture
def script_file(tmp_path):
    def write(script):
        file = tmp_path / "script.json"
        file.write_text(json.dumps(script))
        return file
    return write


@pytest.mark.parametrize("options, status", [([], 0), (["--strict-rules"], 4)])
def test_a_rule_that_never_fired_is_named(start, script_file, options, status):
    file = script_file({"rules": [rule("used", "arrived", MARK, match={"methods": ["system_chain"]}),
                                  rule("idle one", "arrived", MARK, match={"methods": ["nothing"]})]})
    node = start(FIXTURE, "--script", file, *options)
    assert node.space().socket().call("system_chain") == "marked"
    ended, stderr = node.stop()
    assert ended == status and "idle one" in stderr and "used" not in stderr


def test_a_script_file_that_is_none_is_refused(script_file):
    with pytest.raises(NodeFailed) as failed:
        Node(FIXTURE, "--script", script_file({"rules": [{"name": "x", "on": "arrived", "do": [{"nevr": True}]}]}))
    assert failed.value.status == 1
    for word in ("script.json", "rules[0].do[0]", "nevr", "never"):
        assert word in failed.value.stderr, failed.value.stderr


def test_a_reset_space_begins_the_script_anew(start, script_file, truth):
    low = truth.canonical[truth.head["number"] - 2]
    space = start(FIXTURE, "--script", script_file({
        "rules": [rule("once", "arrived", MARK, match={"methods": ["system_chain"]}, when={"first": 1})],
        "start": [{"set_head": low["number"]}]})).space()
    socket = space.socket()
    for _ in range(2):
        assert socket.call("chain_getBlockHash") == low["hash"]
        assert [socket.call("system_chain") == "marked" for _ in range(2)] == [True, False]
        space.control("mock_advanceHead")
        space.control("mock_reset")


def test_each_space_has_its_own_run_of_the_script(start, script_file):
    node = start(FIXTURE, "--script", script_file({"rules": [rule("once", "arrived", MARK, when={"first": 1})]}))
    for space in (node.space(), node.space()):
        socket = space.socket()
        assert [socket.call("system_chain") == "marked" for _ in range(3)] == [True, False, False]


def test_writes_may_be_accepted_by_the_command_line(start):
    """Also when no script says so."""
    socket = start(FIXTURE, "--writes", "accept").space().socket()
    text = "0x280403000b00000000"
    assert socket.call("author_submitExtrinsic", text) == blake2_256(raw(text))


def test_a_websocket_of_control_calls_is_a_peer(node):
    """From its handshake on, whatever it asks; a POST leaves no trace."""
    space = node.space()
    socket = space.socket()
    socket.call("mock_stats")
    assert [event["event"] for event in space.control("mock_events")["events"]] == ["connecting", "opened"]


def test_a_profile_stands_behind_the_file(start, script_file):
    """Its rules come after the file's: the file's content action wins."""
    file = script_file({"rules": [rule("mine", "connecting", {"refuse": {"status": 418}}, when={"first": 1})]})
    node = start(FIXTURE, "--script", file, "--profile", "reorgs")
    with pytest.raises(InvalidStatus) as refused:
        node.space().socket()
    assert refused.value.response.status_code == 418
