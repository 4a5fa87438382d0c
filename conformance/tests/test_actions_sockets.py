"""Socket actions: how a connection ends, falls silent or stops listening. A relay that shares no code with the node
sees the same bytes, FINs and RSTs as the event journal says. Over ws:// and over TLS."""

import pytest

from testenv.stage import Stage, once, rule


@pytest.fixture(params=["ws", "tls"])
def stage(request, node, tls_node, truth):
    with Stage(tls_node if request.param == "tls" else node, truth, tls=request.param == "tls") as stage:
        yield stage


def closed(stage, **members):
    """The one `closed` of the journal."""
    stage.wait("closed")
    return stage.events().one("closed", **members)


def test_close(stage):
    """What was given out leaves first; then the close frame."""
    stage.tell(once("close", "answered", {"close": {"code": 1008, "reason": "too fast"}}))
    client = stage.client()
    stage.read(client, 1)
    client.reply(1)
    assert client.closed() == (1008, "too fast")
    client.gone()
    frames = stage.frames()
    assert [f.opcode for f in frames] == [1, 8]
    assert (frames[1].code, frames[1].payload[2:]) == (1008, b"too fast")
    assert stage.said().end == "fin"
    assert closed(stage, by="node")["code"] == 1008
    stage.did("close", "close")


def test_close_without_a_code_may_say_any(stage):
    stage.tell(once("close", "arrived", {"close": {"code": 4711}}))
    client = stage.client()
    stage.read(client, 1)
    assert client.closed()[0] == 4711
    assert closed(stage, by="node")["code"] == 4711


def test_end(stage):
    """FIN without a close frame, behind what was given out; TLS without its goodbye."""
    stage.tell(once("end", "answered", {"end": True}))
    client = stage.client()
    stage.read(client, 1)
    client.reply(1)
    client.gone()
    assert [f.opcode for f in stage.frames()] == [1]
    assert stage.said().end == ("cut" if stage.tls else "fin")
    closed(stage, by="node")
    stage.did("end", "end")


def test_reset(stage):
    stage.tell(once("reset", "arrived", {"reset": True}))
    client = stage.client()
    stage.read(client, 1)
    assert client.gone() == "reset"
    assert stage.said().end == "reset" and not stage.frames()
    event = closed(stage, by="reset")
    assert stage.said().bytes <= event["size"]
    assert len(event["unanswered"]) == 1
    stage.did("reset", "reset")


def test_reset_of_what_was_given_out(stage):
    """The relay sees at most the bytes that the journal gives."""
    big = once("big", "arrived", {"fill": {"result": 3_000_000}})
    stage.tell(big, once("reset", "answered", {"reset": True}))
    client = stage.client()
    stage.read(client, 1)
    assert client.gone() == "reset"
    assert stage.said().end == "reset" and not client.replies(1)
    assert stage.said().bytes <= closed(stage, by="reset")["size"]


@pytest.mark.parametrize("how", ["reset", "end"])
@pytest.mark.parametrize("at", [0, 1, 3, 700, "50%"])
def test_sever(stage, how, at):
    """The text is cut at its byte: none behind it ever leaves; with a FIN, all before it does."""
    stage.tell(once("fill", "arrived", {"fill": {"message": 1000}}),
               once("sever", "answered", {"sever": {"at": at, "with": how}}))
    client = stage.client()
    stage.read(client, 1)
    client.gone()
    place = 502 if at == "50%" else at
    said = stage.said()
    pings = sum(f.size for f in said.frames.frames)
    assert len(said.frames.rest) <= place and said.bytes <= len(said.frames.head) + pings + place
    if how == "end":
        assert len(said.frames.rest) == place
    assert said.end == {"reset": "reset", "end": "cut" if stage.tls else "fin"}[how]
    assert said.bytes <= closed(stage, by="reset" if how == "reset" else "node")["size"]
    stage.did("sever", "sever")


def test_sever_on_another_event_cuts_the_next_text(stage):
    stage.tell(once("sever", "arrived", {"sever": {"at": 10, "with": "end"}}))
    client = stage.client()
    stage.read(client, 1)
    client.gone()
    assert len(stage.said().frames.rest) == 10 and not client.replies(1)
    stage.did("sever", "sever")


def test_deaf(stage):
    """Nothing is read, nothing written, no FIN, until it ends; then all goes on."""
    stage.tell(rule("deaf", "arrived", {"deaf": {"until": {"signal": "hear"}, "limit": "none"}},
                    match={"methods": ["state_getStorage"]}, when={"nth": 2}))
    client = stage.client()
    stage.read(client, 1)
    client.reply(1)
    stage.read(client, 2, 3)
    stage.wait("fired", rule="deaf")
    client.ping(b"are you there")
    other = stage.client("?as=other")
    other.call("system_chain")
    assert not client.replies(2) and client.end is None and stage.said().end is None
    assert len(stage.events().of("arrived", conn=1)) == 2
    stage.control("mock_signal", "hear")
    client.reply(2)
    client.reply(3)
    client.until(lambda: [f for f in client.frames.frames if f.opcode == 10], "no pong")
    stage.did("deaf", "deaf")


@pytest.mark.parametrize("on, lasting", [("arrived", "cork"), ("arrived", "deaf"), ("answered", "pause")])
def test_what_keeps_a_connection_ends_though_it_is_to_be_closed(stage, on, lasting):
    """What was given out, and the close behind it, leave when it is over."""
    kept = {"until": {"signal": "go"}, "limit": "none", **({"at": 1} if lasting == "pause" else {})}
    stage.tell(rule("junk", "opened", {"send": "junk"}),
               once("keep", on, {lasting: kept}, {"send": "more"}, {"close": 4000}))
    client = stage.client()
    stage.read(client, 1)
    stage.wait("fired", rule="keep")
    assert client.end is None and not stage.events().of("closed")
    stage.control("mock_signal", "go")
    client.gone()
    assert b"more" in stage.said().frames.frames[-2].payload
    closed(stage, code=4000, by="node")
    stage.did("keep", lasting, "send", "close")


def test_stop_reading(stage):
    """It goes on writing, but reads nothing."""
    stage.tell(once("stop", "arrived", {"stop_reading": {"until": {"signal": "read"}, "limit": "none"}}),
               rule("say", "signal", {"advance": 1}, match={"name": "say"}))
    client = stage.client()
    client.call("chain_subscribeNewHeads", id="heads")
    stage.read(client, 1)
    client.reply(1)
    stage.read(client, 2)
    before = len(client.notifications)
    stage.control("mock_signal", "say")
    client.until(lambda: len(client.notifications) > before, "no notification")
    assert not client.replies(2)
    assert len(stage.events().of("arrived", method="state_getStorage")) == 1
    stage.control("mock_signal", "read")
    client.reply(2)
    stage.did("stop", "stop_reading")


def test_no_pong(stage):
    stage.tell(once("mute", "arrived", {"no_pong": True}))
    client = stage.client()
    client.ping(b"one")
    client.until(lambda: [f for f in client.frames.frames if f.opcode == 10], "no pong")
    stage.read(client, 1)
    client.reply(1)
    client.ping(b"two")
    stage.read(client, 2)
    client.reply(2)
    assert [f.payload for f in stage.said().frames.frames if f.opcode == 10] == [b"one"]
    assert [e["size"] for e in stage.events().of("pinged")] == [3, 3]
    stage.did("mute", "no_pong")


def test_ping_with_a_payload(stage):
    stage.tell(once("ping", "arrived", {"ping": {"n": 3, "payload": "hello"}}))
    client = stage.client()
    stage.read(client, 1)
    stage.wait("ponged", count=3, rule="ping")
    pings = [f.payload for f in stage.said().frames.frames if f.opcode == 9]
    assert pings.count(b"hello") == 3
    pongs = [f.payload for f in stage.relay.connections[0].asked.frames.frames if f.opcode == 10]
    assert pongs.count(b"hello") == 3
    stage.did("ping", "ping")


def test_ping_of_sizes(stage):
    stage.tell(once("ping", "arrived", {"ping": {"n": 126, "sizes": [0, 125]}}))
    client = stage.client()
    stage.read(client, 1)
    stage.wait("ponged", count=126, rule="ping")
    sizes = sorted(len(f.payload) for f in stage.said().frames.frames if f.opcode == 9)
    assert set(range(126)) <= set(sizes)
    events = stage.events()
    told = [e.get("size", 0) for e in events.of("ponged", rule="ping")]
    seen = [f.payload for f in stage.relay.connections[0].asked.frames.frames if f.opcode == 10]
    assert told == list(range(126)) and sorted(map(len, seen)) == sizes
    pings = [f.payload for f in stage.said().frames.frames if f.opcode == 9]
    assert seen == pings and len(set(pings)) >= 126


@pytest.mark.parametrize("target, gone", [("all", [1, 2, 3]), ({"connection": 2}, [2]), ({"label": "b"}, [2, 3]), ("this", [1])])
def test_targets(stage, target, gone):
    stage.tell(once("drop", "arrived", {"reset": True}) | {"target": target})
    clients = [stage.client(f"?as={label}") for label in "abb"]
    stage.read(clients[0], 1)
    for number in gone:
        assert clients[number - 1].gone() == "reset"
    stage.wait("closed", count=len(gone))
    for number in {1, 2, 3} - set(gone):
        clients[number - 1].call("system_chain", id="alive")
    events = stage.events()
    assert sorted(e["conn"] for e in events.of("closed", by="reset")) == gone


def test_an_action_that_needs_a_connection_needs_a_target(stage):
    with pytest.raises(Exception, match="target"):
        stage.tell(rule("drop", "signal", {"reset": True}, match={"name": "x"}))
