"""When and how often a text leaves: emission actions, handshake actions, and texts that nobody asked for."""

import json

import pytest

from testenv.stage import Stage, once, rule

READS = {"methods": ["state_getStorage"]}
GO = {"until": {"signal": "go"}, "limit": "none"}


@pytest.fixture
def stage(node, truth):
    with Stage(node, truth) as stage:
        yield stage


# Handshake


def test_refuse(stage):
    stage.tell(rule("no", "connecting", {"refuse": {"status": 429, "headers": {"Retry-After": "7", "X-Why": "a, b"},
                                                    "body": "slow down"}}, when={"nth": 1}))
    client = stage.client(wait=False)
    assert client.opened() == 429
    assert client.headers["retry-after"] == "7" and client.headers["x-why"] == "a, b"
    client.until(lambda: client.body == "slow down", "no body")
    events = stage.did("no", "refuse")
    assert len(events.of("connecting")) == 1 and not events.of("opened")
    assert stage.client().accepted()


def test_redirect(stage):
    stage.tell(rule("away", "connecting", {"redirect": "ws://127.0.0.1:1/elsewhere"}, when={"nth": 1}))
    client = stage.client(wait=False)
    assert client.opened() in (301, 302, 307, 308)
    assert client.headers["location"] == "ws://127.0.0.1:1/elsewhere"
    stage.did("away", "redirect")


def test_stall(stage):
    stage.tell(rule("stall", "connecting", {"stall": True}, when={"nth": 1}))
    client = stage.client(wait=False)
    stage.wait("fired", rule="stall")
    stage.client("?as=other").call("system_chain")
    assert client.frames.head is None and stage.said(1).bytes == 0
    stage.did("stall", "stall")


@pytest.mark.parametrize("how", [{"accept": "bm90IGl0IQ=="}, {"no_upgrade": True}, {"status": 200}])
def test_bad_handshake(stage, how):
    stage.tell(rule("bad", "connecting", {"bad_handshake": how}))
    client = stage.client(wait=False)
    client.opened()
    if "accept" in how:
        assert client.status == 101 and client.headers["sec-websocket-accept"] == "bm90IGl0IQ=="
    elif "no_upgrade" in how:
        assert client.status == 101 and "upgrade" not in client.headers
    else:
        assert client.status == 200
    stage.did("bad", "bad_handshake")


@pytest.mark.parametrize("ends, how", [({"reset": True}, "reset"), ({"end": True}, "fin"), ({"close": 1008}, "fin")])
@pytest.mark.parametrize("action", [{"refuse": 503}, {"stall": True}, {"delay": "2ms"}, {"hold": {"until": "2ms"}}])
def test_a_connection_that_ends_before_its_handshake_is_answered(stage, action, ends, how):
    """It has no answer any more, and its end is told once."""
    stage.tell(rule("answer", "connecting", action, when={"first": 1}), rule("end", "connecting", ends, when={"first": 1}))
    client = stage.client(wait=False)
    assert client.gone() in (how, "fin", "reset")
    stage.wait("closed")
    stage.client("?as=other").call("system_chain")
    events = stage.events()
    assert len(events.of("closed", conn=1)) == 1 and not events.of("opened", conn=1)


@pytest.mark.parametrize("action", [{"hold": GO}, {"delay": "3ms"}])
def test_a_handshake_may_wait(stage, action):
    stage.tell(rule("wait", "connecting", action))
    client = stage.client(wait=False)
    if "hold" in action:
        stage.wait("held")
        assert client.frames.head is None
        stage.control("mock_signal", "go")
    assert client.opened() == 101
    stage.did("wait", *action)


# Emission


def test_delay(stage):
    """By the journal, not by the clock: delays of rules and the script's latency add up."""
    stage.tell(rule("a", "arrived", {"delay": "2ms"}, match=READS), rule("b", "arrived", {"delay": "3ms"}, match=READS),
               latency="5ms")
    client = stage.client()
    stage.read(client, 1)
    client.reply(1)
    assert stage.control("mock_journal")["entries"][0]["latency_us"] == 10000
    stage.did("a", "delay")
    stage.did("b", "delay")


def test_hold_until_a_signal(stage):
    stage.tell(once("hold", "arrived", {"hold": GO}))
    client = stage.client()
    stage.read(client, 1, 2)
    client.reply(2)
    assert not client.replies(1)
    stage.control("mock_signal", "go")
    client.reply(1)
    stage.did("hold", "hold").in_order({"event": "held"}, {"event": "answered", "id": 2}, {"event": "signal"},
                                       {"event": "released", "by": "until"}, {"event": "answered", "id": 1})


def test_a_signal_given_before_does_not_count(stage):
    stage.tell(once("hold", "arrived", {"hold": GO}))
    stage.control("mock_signal", "go")
    client = stage.client()
    stage.read(client, 1, 2)
    client.reply(2)
    assert not client.replies(1)
    stage.control("mock_signal", "go")
    client.reply(1)


def test_hold_until_the_third_arrival(stage):
    stage.tell(once("hold", "arrived", {"hold": {"until": {"event": "arrived", "match": READS, "count": 3}}}))
    client = stage.client()
    stage.read(client, 1, 2, 3)
    client.reply(3)
    assert not client.replies(1)
    stage.read(client, 4)
    client.reply(1)
    events = stage.did("hold", "hold")
    events.in_order({"event": "arrived", "id": 4}, {"event": "released", "by": "until"}, {"event": "answered", "id": 1},
                    {"event": "answered", "id": 4})


def test_hold_for_a_time_and_to_its_limit(stage):
    stage.tell(once("time", "arrived", {"hold": {"until": "1ms"}}),
               rule("limit", "arrived", {"hold": {"until": {"signal": "never"}, "limit": "2ms"}},
                    match={"request": f"*{stage.keys[1]}*"}))
    client = stage.client()
    stage.read(client, 1)
    client.reply(1)
    stage.read(client, 2)
    client.reply(2)
    events = stage.did("time", "hold")
    assert [e["by"] for e in events.of("released")] == ["until", "limit"]


def test_never(stage):
    stage.tell(once("never", "arrived", {"never": True}))
    client = stage.client()
    stage.read(client, 1, 2)
    client.reply(2)
    client.close()
    client.gone()
    stage.wait("closed")
    events = stage.did("never", "never")
    assert not events.of("answered", id=1)
    assert events.one("closed")["unanswered"] == events.seqs("arrived", id=1)


def test_repeat(stage):
    """n further copies, directly behind."""
    stage.tell(once("repeat", "arrived", {"repeat": 2}))
    client = stage.client()
    stage.read(client, 1, 2)
    client.until(lambda: len(client.messages) == 4, "no four messages")
    assert client.order() == [1, 1, 1, 2]
    events = stage.did("repeat", "repeat")
    assert len(events.of("answered", id=1)) == 3


def test_repeat_of_a_notification(stage):
    stage.tell(rule("repeat", "notified", {"repeat": 1}, when={"nth": 1}))
    client = stage.client()
    client.call("chain_subscribeNewHeads")
    client.until(lambda: len(client.notifications) == 2, "no copy")
    assert client.notifications[0] == client.notifications[1]
    stage.did("repeat", "repeat")


@pytest.mark.parametrize("action", [{"hold": GO}, {"delay": "3ms"}])
def test_a_notification_may_wait(stage, action):
    stage.tell(rule("wait", "notified", action, when={"nth": 1}))
    client = stage.client()
    client.call("chain_subscribeNewHeads")
    if "hold" in action:
        stage.wait("held")
        client.call("system_chain", id=2)
        assert not client.notifications
        stage.control("mock_signal", "go")
    client.until(lambda: client.notifications, "no notification")
    stage.did("wait", *action)


@pytest.mark.parametrize("action", [{"hold": GO}, {"delay": "3ms"}])
def test_the_reply_of_a_subscription_may_wait(stage, action):
    """On `subscribed`: the reply, and the notifications behind it."""
    stage.tell(rule("wait", "subscribed", action))
    client = stage.client()
    client.ask("chain_subscribeNewHeads")
    if "hold" in action:
        stage.wait("held")
        client.call("system_chain", id=2)
        assert not client.replies(1) and not client.notifications
        stage.control("mock_signal", "go")
    client.reply(1)
    client.until(lambda: client.notifications, "no notification")
    assert b'"id":1' in client.messages[-2] or b'"id":1' in client.messages[-1]
    stage.did("wait", *action)


def test_early(stage):
    """The subscription's reply waits until n notifications were given out."""
    stage.tell(rule("early", "arrived", {"early": 2}, match={"methods": ["chain_subscribeNewHeads"]}),
               rule("more", "subscribed", {"advance": 3}))
    client = stage.client()
    client.call("chain_subscribeNewHeads")
    client.until(lambda: len(client.messages) == 5, "no five messages")
    assert ["id" in json.loads(message) for message in client.messages].index(True) == 2
    stage.did("early", "early")


def test_cork(stage):
    """Everything leaves as one write: one segment on ws://, pings and notifications included."""
    stage.tell(once("cork", "arrived", {"cork": {"until": {"signal": "out"}, "limit": "none"}}),
               rule("more", "arrived", {"ping": {"n": 1}}, {"advance": 1}, {"give": "out"}, match={"request": f"*{stage.keys[2]}*"}))
    client = stage.client()
    client.call("chain_subscribeNewHeads", id="heads")
    client.until(lambda: client.notifications, "no notification")
    stage.read(client, 1, 2)
    stage.wait("arrived", request=f"*{stage.keys[1]}*")
    stage.client("?as=other").call("system_chain")
    reads = list(stage.said().reads)
    assert not client.replies(1)
    stage.read(client, 3)
    client.reply(3)
    client.reply(1)
    events = stage.did("cork", "cork")
    later = stage.said().reads[len(reads):]
    kinds = [f.opcode for f in stage.said().frames.frames if f.at + len(stage.said().frames.head) >= reads[-1][0]]
    assert sorted(kinds[:4])[-1] == 9 and len(kinds) >= 5
    assert later[0][1] - reads[-1][1] <= 2, (later, events.told())


@pytest.mark.parametrize("send, opcode, text", [
    ({"value": {"jsonrpc": "2.0", "id": 99, "result": 1}}, 1, '{"jsonrpc":"2.0","id":99,"result":1}'),
    ({"json": "[ 1e400 ]"}, 1, "[ 1e400 ]"), ("not json", 1, "not json"), ({"text": ""}, 1, ""),
    ({"binary": "0x00ff"}, 2, "\x00\xff")])
def test_send(stage, send, opcode, text):
    stage.tell(once("send", "answered", {"send": send}))
    client = stage.client()
    stage.read(client, 1)
    client.until(lambda: len(client.messages) == 2, "no text")
    frames = stage.frames()
    assert [f.opcode for f in frames] == [1, opcode]
    assert frames[1].payload in (text.encode(), text.encode("latin-1"))
    stage.did("send", "send")


def test_send_with_braces(stage):
    stage.tell(once("send", "answered", {"send": {"value": {"jsonrpc": "2.0", "id": "{id}", "result": "{occurrence} {connection}"}}}))
    client = stage.client()
    stage.read(client, 1, id=41)
    client.until(lambda: len(client.messages) == 2, "no text")
    assert json.loads(client.messages[1])["result"] == "1 1"


# Effects that end when the connection does


def test_what_waits_for_what_a_closed_connection_owed_is_released(stage):
    stage.tell(rule("never", "arrived", {"never": True}, match={"request": f"*{stage.keys[0]}*"}),
               rule("wait", "arrived", {"hold": {"until": {"event": "answered", "match": {"request": f"*{stage.keys[0]}*"}},
                                                 "limit": "none"}}, match={"request": f"*{stage.keys[1]}*"}))
    owing, waiting = stage.client("?as=a"), stage.client("?as=b")
    stage.read(owing, 1)
    stage.read(waiting, 2)
    stage.wait("held")
    owing.close()
    waiting.reply(2)
    assert stage.events().one("released")["by"] == "close"
