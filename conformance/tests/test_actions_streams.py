"""Stream actions: what becomes of notifications, of the streams they belong to, and of those that nobody expects."""

import pytest

from testenv.paths import FIXTURE
from testenv.raw import Raw
from testenv.rpc import request
from testenv.stage import Stage, rule

HEADS, STOP = "chain_subscribeNewHeads", "chain_unsubscribeNewHeads"
ON = {"name": "on"}
GO = {"until": {"signal": "go"}, "limit": "none"}


@pytest.fixture
def stage(node, truth):
    with Stage(node, truth) as stage:
        yield stage


def advance(n=1):
    """A rule that moves the head on the signal `on`."""
    return rule("advance", "signal", {"advance": n}, match=ON)


def subscribed(stage, method=HEADS, *params):
    client = stage.client()
    return client, client.call(method, *params, id="sub")["result"]


def numbers(client):
    return [int(n["params"]["result"]["number"], 16) for n in client.notifications if "result" in n["params"]]


def until(client, count):
    client.until(lambda: len(client.notifications) >= count, f"no {count} notifications")


def test_skip(stage, truth):
    """An entry in the journal, and no bytes."""
    stage.tell(advance(), rule("skip", "notified", {"skip": True}, when={"nth": 2}))
    client, _ = subscribed(stage)
    for _ in range(3):
        stage.control("mock_signal", "on")
    until(client, 3)
    head = truth.head["number"]
    assert numbers(client) == [head, head + 2, head + 3]
    events = stage.did("skip", "skip")
    assert len(events.of("notified")) == 4
    assert len([f for f in stage.frames() if f.opcode == 1]) == 4


def test_quiet(stage, truth):
    """No notification is made while it lasts."""
    stage.tell(advance(), rule("quiet", "notified", {"quiet": GO}, when={"nth": 1}))
    client, _ = subscribed(stage)
    until(client, 1)
    stage.control("mock_signal", "on")
    client.call("system_chain", id="more")
    assert len(client.notifications) == 1
    stage.control("mock_signal", "go")
    stage.control("mock_signal", "on")
    until(client, 2)
    assert numbers(client) == [truth.head["number"], truth.head["number"] + 2]
    assert len(stage.did("quiet", "quiet").of("notified")) == 2


def test_flood(stage):
    stage.tell(rule("flood", "notified", {"flood": 50}, when={"nth": 1}))
    client, _ = subscribed(stage)
    until(client, 51)
    client.call("system_chain", id="more")
    assert len(client.notifications) == 51
    assert len(stage.did("flood", "flood").of("notified")) == 51


def test_a_flood_that_nobody_reads_ends_with_its_connection(node):
    """The texts that are unsent go at once: with their number squared the node would not answer in time."""
    space = node.space()
    space.control("mock_setScript", {"rules": [rule("flood", "notified", {"flood": 100000}, when={"nth": 1})]})
    with Raw(node.port, space.path) as peer:
        peer.say(request(HEADS))
        space.control("mock_wait", {"event": "fired", "match": {"rule": "flood"}, "from": 1})
    space.control("mock_wait", {"event": "closed", "from": 1})


def rss(node):
    """kB of the node's memory, and the most that it was."""
    with open(f"/proc/{node.process.pid}/status", encoding="ascii") as status:
        lines = dict(line.split(":", 1) for line in status)
    return [int(lines[name].split()[0]) for name in ("VmRSS", "VmHWM")]


def test_a_flood_is_made_as_it_is_taken(start):
    """A million texts are not made for a peer that reads none; others are answered meanwhile."""
    node = start(FIXTURE)
    space = node.space()
    space.control("mock_setScript", {"rules": [rule("flood", "notified", {"flood": 1000000}, when={"nth": 1})]})
    before, _ = rss(node)
    with Raw(node.port, space.path) as peer:
        peer.say(request(HEADS))
        space.control("mock_wait", {"event": "fired", "match": {"rule": "flood"}, "from": 1})
        assert space.socket().call("system_chain")
    space.control("mock_wait", {"event": "closed", "from": 1})
    assert rss(node)[1] - before < 150000


@pytest.mark.parametrize("more", [{"skip": True}, {"delay": "1ms"}, {"notify": {"value": 1}}])
def test_a_flood_of_which_rules_hear(stage, more):
    """Each is told, and each comes: more than are made at a time, with what they cause between them."""
    count, told = 9000, rule("more", "notified", more, when={"every": 3, "first": 3000})
    stage.tell(rule("flood", "notified", {"flood": count}, when={"nth": 1}), told)
    client, _ = subscribed(stage)
    stage.wait("written", count=count + 1 - (1000 if "skip" in more else 0))
    skipped = 1000 if "skip" in more else -1000 if "notify" in more else 0
    until(client, count + 1 - skipped)
    client.call("system_chain", id="more")
    assert len(client.notifications) == count + 1 - skipped
    assert len(stage.events().of("notified")) == count + 1 + (1000 if "notify" in more else 0)


def test_late(stage):
    """n more behind the reply to the unsubscribe."""
    stage.tell(rule("late", "unsubscribed", {"late": 3}))
    client, id = subscribed(stage)
    until(client, 1)
    assert client.call(STOP, id, id="stop")["result"] is True
    until(client, 4)
    assert [n["params"]["subscription"] for n in client.notifications] == [id] * 4
    events = stage.did("late", "late")
    stop = events.seqs("answered", id="stop")[0]
    assert len([seq for seq in events.seqs("notified") if seq > stop]) == 3


def test_stream_id(stage):
    """Another id, in its reply and its notifications."""
    stage.tell(rule("id", "subscribed", {"stream_id": 7}))
    client, id = subscribed(stage)
    until(client, 1)
    assert id == 7 and client.notifications[0]["params"]["subscription"] == 7
    assert client.call(STOP, 7, id="stop")["result"] is True
    stage.did("id", "stream_id")


def test_stop(stage):
    """The node ends the stream: nothing more comes, and unsubscribing finds nothing."""
    stage.tell(advance(), rule("stop", "notified", {"stop": True}, when={"nth": 1}))
    client, id = subscribed(stage)
    until(client, 1)
    stage.control("mock_signal", "on")
    assert client.call(STOP, id, id="stop")["result"] is False
    assert len(client.notifications) == 1
    stage.did("stop", "stop")
    assert stage.space.stats()["subscriptions"]["open"] == 0


@pytest.mark.parametrize("ends", ["stop", "unsubscribe"])
def test_what_lasts_ends_when_its_stream_is_gone(stage, ends):
    """A stream that is quiet may end; what was to wake it finds none, and a new one is not touched."""
    actions = [{"quiet": GO}] + ([{"stop": True}, {"flood": 2}] if ends == "stop" else [])
    stage.tell(advance(), rule("quiet", "notified", *actions, when={"nth": 1}))
    client, id = subscribed(stage)
    until(client, 1)
    if ends == "unsubscribe":
        assert client.call(STOP, id, id="end")["result"] is True
    again = client.call(HEADS, id="again")["result"]
    until(client, 2)
    stage.control("mock_signal", "go")
    stage.control("mock_signal", "on")
    until(client, 3)
    assert [n["params"]["subscription"] for n in client.notifications] == [id, again, again]


def test_notify(stage):
    """Any JSON to the streams of a kind."""
    stage.tell(rule("say", "signal", {"notify": {"stream": "newHeads", "value": {"number": "0x1", "x": [None]}}}, match=ON, target="all"))
    client, id = subscribed(stage)
    until(client, 1)
    other = stage.client("?as=other")
    other.call("system_chain")
    stage.control("mock_signal", "on")
    until(client, 2)
    assert client.notifications[1] == {"jsonrpc": "2.0", "method": "chain_newHead",
                                       "params": {"subscription": id, "result": {"number": "0x1", "x": [None]}}}
    other.call("system_chain", id=2)
    assert not other.notifications
    stage.did("say", "notify")


def test_notify_of_a_text(stage):
    stage.tell(rule("say", "subscribed", {"notify": {"value": {"json": "[ 1e400 ]"}}}))
    client, _ = subscribed(stage)
    client.until(lambda: [m for m in client.messages if b"[ 1e400 ]" in m], "no notification")
    stage.did("say", "notify")


@pytest.mark.parametrize("watched", [
    ["ready"], ["ready", {"inBlock": "0x" + "11" * 32}, {"finalized": "0x" + "11" * 32}], ["invalid"]])
def test_a_watched_extrinsic_says_what_it_is_told(stage, watched):
    """With writes accepted: `ready` first; then what `notify` gives. Nothing is ever included."""
    rules = [rule(f"say {n}", "signal", {"notify": {"stream": "extrinsic", "value": value}}, match={"name": str(n)},
                  target="all") for n, value in enumerate(watched)]
    stage.tell(*rules, writes="accept")
    client, id = subscribed(stage, "author_submitAndWatchExtrinsic", "0x280403000b00000000")
    until(client, 1)
    for n in range(len(watched)):
        stage.control("mock_signal", str(n))
    until(client, 1 + len(watched))
    assert [n["params"]["result"] for n in client.notifications] == ["ready", *watched]
    assert {n["method"] for n in client.notifications} == {"author_extrinsicUpdate"}
    assert client.call("author_unwatchExtrinsic", id, id="stop")["result"] is True


def test_a_submitted_extrinsic_is_told_its_hash(stage):
    from testenv.scale import blake2_256, raw
    stage.tell(writes="accept")
    text = "0x280403000b00000000"
    assert stage.client().call("author_submitExtrinsic", text)["result"] == blake2_256(raw(text))
    assert stage.client().call("author_pendingExtrinsics", id=2).get("result", []) in ([], [text])
