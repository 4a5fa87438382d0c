"""Frame actions: what a relay sees on the wire is what the script asked for and the event journal says. Over ws:// and
over TLS, where a read gives what was one write."""

import json

import pytest

from testenv.stage import Stage, once


@pytest.fixture(params=["ws", "tls"])
def stage(request, node, tls_node, truth):
    with Stage(tls_node if request.param == "tls" else node, truth, tls=request.param == "tls") as stage:
        yield stage


def reply_text(stage, number=1):
    return json.dumps({"jsonrpc": "2.0", "id": number, "result": stage.values[number - 1]}, separators=(",", ":")).encode()


def shaped(stage, action):
    """The frames of one reply that the action shapes; the client has put it together again."""
    stage.tell(once("shape", "answered", action))
    client = stage.client()
    stage.read(client, 1)
    assert client.reply(1)["result"] == stage.values[0]
    client.call("system_chain", id="more")
    events = stage.did("shape", *action)
    frames = stage.frames()
    assert b"".join(f.payload for f in frames[:-1] if f.opcode < 8) == reply_text(stage)
    assert [e["size"] for e in events.of("answered", id=1)] == [len(reply_text(stage))], events.told()
    return frames[:-1]


def test_binary(stage):
    frame, = shaped(stage, {"binary": True})
    assert (frame.opcode, frame.final) == (2, True)


def test_fragments_at_a_place(stage):
    first, second = shaped(stage, {"fragments": {"at": 10}})
    assert (first.opcode, first.final, second.opcode, second.final) == (1, False, 0, True)
    assert first.size == 10 or len(first.payload) == 10


def test_fragments_of_a_byte_each(stage):
    frames = shaped(stage, {"fragments": {"each_byte": True}})
    assert [f.opcode for f in frames] == [1] + [0] * (len(frames) - 1)
    assert [len(f.payload) for f in frames] == [1] * len(reply_text(stage))
    assert [f.final for f in frames] == [False] * (len(frames) - 1) + [True]


def test_fragments_in_a_number_with_pings_between(stage):
    frames = shaped(stage, {"fragments": {"n": 4, "pings": 1}})
    assert [f.opcode for f in frames] == [1, 0, 0, 0] and [f.final for f in frames] == [False] * 3 + [True]
    order = [f.opcode for f in stage.said().frames.frames]
    at = order.index(1)
    assert order[at:at + 7] == [1, 9, 0, 9, 0, 9, 0]


def test_dribble(stage):
    """Few bytes in each write. Over TLS each is a record, and so a read; without, each is a segment, as long as there
    are no more than the ten that TCP begins with."""
    size = 1 if stage.tls else 12
    frame, = shaped(stage, {"dribble": size})
    said = stage.said()
    begin = len(said.frames.head) + frame.at
    reads = [(at, segments) for at, segments in said.reads if begin <= at <= begin + frame.size]
    if stage.tls:
        assert [at for at, _ in reads if at > begin] == [begin + n + 1 for n in range(frame.size)]
    else:
        assert reads[-1][1] - reads[0][1] == -(-frame.size // size)


def test_pause(stage):
    """The stream stops in the header of a frame until something else has happened."""
    for at in (1, 3, 30, "50%"):
        stage.tell(once("pause", "answered", {"pause": {"at": at, "until": {"signal": "go"}}}))
        client = stage.client()
        number = len(stage.relay.connections)
        stage.read(client, 1)
        stage.wait("fired", rule="pause", count=1)
        size = len(reply_text(stage)) + 2
        place = size // 2 if at == "50%" else at
        client.until(lambda: len(client.frames.rest) >= place, f"no {place} bytes")
        assert len(client.frames.rest) == place and len(stage.said(number).frames.rest) == place
        stage.control("mock_signal", "go")
        assert client.reply(1)["result"] == stage.values[0]
        client.drop()


def broken(stage, action):
    """The frames behind an action that no client need bear; it fired."""
    stage.tell(once("break", "answered", action))
    client = stage.client(pongs=False)
    stage.read(client, 1)
    stage.wait("fired", rule="break")
    client.until(lambda: [f for f in client.frames.frames if f.opcode != 9], "no frame")
    client.call("system_chain", id="more")
    stage.did("break", *action)
    return stage.frames()


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_rsv(stage, bits):
    assert broken(stage, {"rsv": bits})[0].rsv == bits


@pytest.mark.parametrize("opcode", [3, 7, 11])
def test_opcode(stage, opcode):
    assert broken(stage, {"opcode": opcode})[0].opcode == opcode


def test_mask(stage):
    frame = broken(stage, {"mask": True})[0]
    assert frame.masked and frame.payload == reply_text(stage)


def test_utf8(stage):
    frame = broken(stage, {"utf8": True})[0]
    assert frame.opcode == 1
    with pytest.raises(UnicodeDecodeError):
        frame.payload.decode()


def test_long_control(stage):
    assert [f for f in broken(stage, {"long_control": True}) if f.opcode >= 8 and len(f.payload) > 125] or [
        f for f in stage.said().frames.frames if f.opcode >= 8 and len(f.payload) > 125]


def test_no_start(stage):
    frame = broken(stage, {"no_start": True})[0]
    assert frame.opcode == 0


def test_after_close(stage):
    stage.tell(once("late", "answered", {"after_close": True}))
    client = stage.client()
    stage.read(client, 1)
    assert client.reply(1)["result"] == stage.values[0]
    stage.did("late", "after_close")
    assert [f.opcode for f in stage.frames()][:2] == [8, 1]


def test_a_shape_over_shapes(stage):
    """Two frame actions of one call both shape it, where they do not exclude each other."""
    stage.tell(once("shape", "answered", {"binary": True}, {"fragments": {"n": 3}}))
    client = stage.client()
    stage.read(client, 1)
    client.reply(1)
    assert [f.opcode for f in stage.frames()] == [2, 0, 0]
    stage.did("shape", "binary", "fragments")
