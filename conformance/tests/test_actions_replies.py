"""What a reply says and how its envelope is spelled: content and envelope actions, and those of a batch. The relay's
text is held against the recording, and the event journal against the relay's."""

import json
import re

import pytest

from testenv.rpc import request
from testenv.stage import Stage, once, rule

ERROR = {"code": -32603, "message": "Internal error", "data": {"why": [1, None]}}


@pytest.fixture
def stage(node, truth):
    with Stage(node, truth) as stage:
        yield stage


def answer(stage, *actions, name="act"):
    """The text of the reply to the first read, on which the actions stand; they took effect."""
    stage.tell(once(name, "arrived", *actions))
    client = stage.client()
    stage.read(client, 1)
    client.until(lambda: client.messages, "no message")
    stage.did(name, *[next(iter(action)) for action in actions])
    event = stage.events().one("answered")
    assert event["size"] == len(client.messages[0]), event
    return client.messages[0].decode()


def result(stage, *actions):
    return json.loads(answer(stage, *actions))["result"]


# Content


def test_error(stage):
    assert json.loads(answer(stage, {"error": ERROR})) == {"jsonrpc": "2.0", "id": 1, "error": ERROR}


@pytest.mark.parametrize("value", [None, 0, False, "", [], {}, "0x00", {"deep": [1, {"a": None}]}, "\u20ac \" \\"])
def test_result(stage, value):
    assert result(stage, {"result": value}) == value


@pytest.mark.parametrize("text", ["18446744073709551615", "1e400", "[ 1 , 2 ]", '{"b":1,"a":2}', "-0.0"])
def test_result_of_a_text(stage, text):
    """Its very text, of any number's size and spelling."""
    assert answer(stage, {"result": {"json": text}}) == '{"jsonrpc":"2.0","id":1,"result":%s}' % text


def test_result_with_braces(stage):
    stage.tell(rule("told", "arrived", {"result": "{occurrence} {id} {connection}"}, match={"methods": ["state_getStorage"]}))
    for connection in (1, 2):
        client = stage.client()
        stage.read(client, 1, id=7)
        assert client.reply(7)["result"] == f"{connection} 7 {connection}"


def test_result_of_what_the_recording_lacks(stage):
    """A call whose content a rule gives is matched."""
    stage.tell(rule("made", "arrived", {"result": 5}, match={"methods": ["foo_*"]}))
    assert stage.client().call("foo_bar")["result"] == 5
    assert stage.space.stats()["unmatched"] == 0


def test_pruned(stage):
    error = json.loads(answer(stage, {"pruned": True}))["error"]
    assert error["code"] == 4003 and f"State already discarded for {stage.head}" in error["message"]


def test_rate_limit_of_a_node(stage):
    stage.tell(rule("limit", "arrived", {"rate_limit": {"n": 2, "each": "3600s"}}, match={"methods": ["state_getStorage"]}))
    client = stage.client()
    stage.read(client, 1, 2, 3)
    assert client.reply(3)["error"]["code"] == -32999
    assert [client.reply(n)["result"] for n in (1, 2)] == stage.values[:2]
    stage.did("limit", "rate_limit")


@pytest.mark.parametrize("by, refused", [("address", [False, True]), ("connection", [False, False])])
def test_rate_limit_by(stage, by, refused):
    stage.tell(rule("limit", "arrived", {"rate_limit": {"n": 1, "each": "3600s", "by": by}}, match={"methods": ["state_getStorage"]}))
    for expected in refused:
        client = stage.client()
        stage.read(client, 1)
        assert ("error" in client.reply(1)) is expected


@pytest.mark.parametrize("action", [{"cut": 2}, {"trail": 3}, {"flip": 0}])
def test_bytes(stage, action):
    value, got = bytes.fromhex(stage.values[0][2:]), bytes.fromhex(result(stage, {"bytes": action})[2:])
    if "cut" in action:
        assert got == value[:-2]
    elif "trail" in action:
        assert got[:len(value)] == value and len(got) == len(value) + 3
    else:
        assert got == bytes([value[0] ^ 0x80]) + value[1:]


@pytest.mark.parametrize("form", ["upper", "bare", "odd"])
def test_hex(stage, form):
    value, got = stage.values[0], result(stage, {"hex": form})
    if form == "upper":
        assert got.lower() == value.lower() and (got != value or not re.search("[a-f]", value[2:]))
    elif form == "bare":
        assert got == value[2:]
    else:
        assert got == value[:-1]


def test_fill_of_a_result(stage):
    """So many bytes of JSON."""
    bare = len('{"jsonrpc":"2.0","id":1,"result":}')
    assert len(answer(stage, {"fill": {"result": 5000}})) == bare + 5000


@pytest.mark.parametrize("size", [125, 126, 65535, 65536])
@pytest.mark.parametrize("id", [1, "a longer identifier"])
def test_fill_of_a_message(stage, size, id):
    """The whole payload, whatever the id."""
    stage.tell(once("fill", "arrived", {"fill": {"message": size}}))
    client = stage.client()
    stage.read(client, 1, id=id)
    reply = client.reply(id)
    assert len(client.messages[0]) == size and set(reply) == {"jsonrpc", "id", "result"}


@pytest.mark.parametrize("how", [{"permute": "reversed"}, {"permute": [1, 0, 4, 3, 2]}, {"repeat": 2}, {"omit": 2}])
def test_changes(stage, how):
    stage.tell(rule("changes", "arrived", {"changes": how}, match={"methods": ["state_queryStorageAt"]}))
    changes = stage.client().call("state_queryStorageAt", stage.keys[:5], stage.head)["result"][0]["changes"]
    true = [list(pair) for pair in zip(stage.keys[:5], stage.values[:5])]
    expected = {"repeat": true[:2] + true[1:], "omit": true[:1] + true[2:], "permute": true[::-1]}[next(iter(how))]
    assert changes == ([true[n] for n in (1, 0, 4, 3, 2)] if isinstance(how.get("permute"), list) else expected)
    stage.did("changes", "changes")


def test_page(stage):
    """A page shorter than asked, though there are more keys."""
    stage.tell(rule("page", "arrived", {"page": 2}, match={"methods": ["state_getKeysPaged"]}, when={"nth": 1}))
    client = stage.client()
    short = client.call("state_getKeysPaged", "0x", 4, None, stage.head, id=1)["result"]
    whole = client.call("state_getKeysPaged", "0x", 4, None, stage.head, id=2)["result"]
    assert len(whole) == 4 and short == whole[:2]


def test_the_first_content_action_wins(stage):
    stage.tell(once("one", "arrived", {"result": 1}), once("two", "arrived", {"result": 2}))
    client = stage.client()
    stage.read(client, 1)
    assert client.reply(1)["result"] == 1
    events = stage.events()
    assert len(events.fired("one")) == 1 and not events.fired("two")


# Envelope


@pytest.mark.parametrize("how, text", [
    ("null", '"id":null'), ("absent", None), ("swapped", '"id":"1"'), ("float", '"id":1.0')])
def test_id(stage, how, text):
    said = answer(stage, {"id": how})
    assert text in said if text else '"id"' not in said
    assert stage.values[0] in said


def test_id_swapped_of_a_text(stage):
    stage.tell(once("swap", "arrived", {"id": "swapped"}))
    client = stage.client()
    stage.read(client, 1, id="17")
    assert client.reply(17)["result"] == stage.values[0]


def test_id_of_another(stage):
    stage.tell(rule("hold", "arrived", {"hold": {"until": {"signal": "go"}}}, match={"request": f"*{stage.keys[0]}*"}),
               rule("swap", "arrived", {"id": "of_another"}, match={"request": f"*{stage.keys[1]}*"}))
    client = stage.client()
    stage.read(client, 1, 2)
    assert client.reply(1)["result"] == stage.values[1]
    stage.control("mock_signal", "go")
    client.until(lambda: len(client.replies(1)) == 2, "no second reply")


def test_id_unused(stage):
    said = json.loads(answer(stage, {"id": "unused"}))
    assert said["id"] not in (1, None) and said["result"] == stage.values[0]


def test_both(stage):
    said = json.loads(answer(stage, {"both": True}))
    assert set(said) == {"jsonrpc", "id", "result", "error"}
    assert said["result"] is not None and said["error"] is not None


def test_neither(stage):
    assert json.loads(answer(stage, {"neither": True})) == {"jsonrpc": "2.0", "id": 1}


def test_error_null(stage):
    assert json.loads(answer(stage, {"error_null": True})) == {"jsonrpc": "2.0", "id": 1, "result": stage.values[0], "error": None}


def test_result_null(stage):
    said = json.loads(answer(stage, {"error": ERROR}, {"result_null": True}))
    assert said["result"] is None and said["error"] == ERROR


@pytest.mark.parametrize("how", ["extra", "reversed", "escaped", "no_jsonrpc"])
def test_members(stage, how):
    text = answer(stage, {"members": how})
    said = json.loads(text)
    assert said["id"] == 1 and said["result"] == stage.values[0]
    expected = {"extra": set(said) > {"jsonrpc", "id", "result"}, "reversed": list(said) == ["result", "id", "jsonrpc"],
                "escaped": "\\u" in text and '"result"' not in text, "no_jsonrpc": set(said) == {"id", "result"}}
    assert expected[how], text


def test_blanks(stage):
    text = answer(stage, {"blanks": True})
    assert json.loads(text) == {"jsonrpc": "2.0", "id": 1, "result": stage.values[0]} and re.search(r"\s", text)


def test_array(stage):
    assert json.loads(answer(stage, {"array": True})) == [{"jsonrpc": "2.0", "id": 1, "result": stage.values[0]}]


def batch(stage, *actions, entry=3, numbers=(1, 2, 3, 4)):
    stage.tell(rule("act", "arrived", *actions, match={"request": f"*{stage.keys[entry - 1]}*"}))
    client = stage.client()
    client.send("[" + ",".join(json.dumps({"jsonrpc": "2.0", "id": n, "method": "state_getStorage",
                                           "params": [stage.keys[n - 1], stage.head]}) for n in numbers) + "]")
    client.until(lambda: client.messages, "no answer")
    stage.did("act", *[next(iter(action)) for action in actions])
    return json.loads(client.messages[0])


@pytest.mark.parametrize("how, ids", [
    ({"permute": "reversed"}, [4, 3, 2, 1]), ({"permute": [2, 0, 3, 1]}, [3, 1, 4, 2]), ({"omit": 2}, [1, 3, 4]),
    ({"repeat": 2}, [1, 2, 2, 3, 4])])
def test_batch(stage, how, ids):
    assert [entry["id"] for entry in batch(stage, {"batch": how})] == ids


def test_batch_stranger(stage):
    ids = [entry["id"] for entry in batch(stage, {"batch": {"stranger": True}})]
    assert len(ids) == 5 and len(set(ids) - {1, 2, 3, 4}) == 1


def test_batch_object(stage):
    said = batch(stage, {"batch": {"object": ERROR}})
    assert said == {"jsonrpc": "2.0", "id": None, "error": ERROR}


def test_batch_refuse(stage):
    said = batch(stage, {"batch": {"refuse": True}})
    assert said["error"]["code"] == -32005 and said["id"] is None


@pytest.mark.parametrize("action", [{"id": "null"}, {"both": True}, {"neither": True}, {"error_null": True}, {"members": "no_jsonrpc"}])
def test_envelope_actions_of_an_entry_act_on_the_entry(stage, action):
    said = batch(stage, action)
    plain = [entry for entry in said if set(entry) == {"jsonrpc", "id", "result"} and entry["id"] is not None]
    assert [entry["id"] for entry in plain] == [1, 2, 4] and len(said) == 4


def test_delays_of_entries_add_up(stage):
    stage.tell(rule("slow", "arrived", {"delay": "7ms"}, match={"methods": ["state_getStorage"]}))
    client = stage.client()
    client.send("[" + ",".join(json.dumps({"jsonrpc": "2.0", "id": n, "method": "state_getStorage",
                                           "params": [stage.keys[n - 1], stage.head]}) for n in (1, 2, 3)) + "]")
    client.reply(3)
    assert {entry["latency_us"] for entry in stage.control("mock_journal")["entries"]} == {7000}
    events = stage.events()
    first, last = events.of("arrived")[0], events.of("answered")[-1]
    assert last["clock"] - first["clock"] >= 21_000_000


# POST


@pytest.mark.parametrize("action, check", [
    ({"error": ERROR}, lambda text: json.loads(text)["error"] == ERROR),
    ({"id": "null"}, lambda text: json.loads(text)["id"] is None),
    ({"delay": "1ms"}, lambda text: "result" in json.loads(text))])
def test_post(stage, action, check):
    stage.tell(once("act", "arrived", action))
    assert check(stage.post(1).text)
    events = stage.did("act", *action)
    events.in_order({"event": "arrived"}, {"event": "answered"}, {"event": "written"})


@pytest.mark.parametrize("action", [{"never": True}, {"reset": True}, {"end": True}, {"close": {"code": 1000}}])
def test_post_that_gets_no_answer(stage, action):
    stage.tell(once("act", "arrived", action))
    import http.client
    client = http.client.HTTPConnection("127.0.0.1", stage.node.port, timeout=10)
    client.request("POST", stage.space.path, json.dumps({"jsonrpc": "2.0", "id": 1, "method": "state_getStorage", "params": [
        stage.keys[0], stage.head]}), {"Content-Type": "application/json"})
    stage.wait("fired", rule="act")
    if "never" not in action:
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            client.getresponse()
    client.close()
    stage.did("act", *action)


def posted(stage):
    """All bytes that a POST of the first read is answered with, and whether they end in a reset."""
    import socket
    body = request("state_getStorage", stage.keys[0], stage.head, id=1)
    got = b""
    with socket.create_connection(("127.0.0.1", stage.node.port), timeout=10) as peer:
        peer.sendall(f"POST {stage.space.path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                     f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        try:
            while data := peer.recv(65536):
                got += data
        except ConnectionResetError:
            return got, True
    return got, False


@pytest.mark.parametrize("on", ["answered", "arrived"])
@pytest.mark.parametrize("at, left", [(0, lambda size: 0), (20, lambda size: 20), ("50%", lambda size: size // 2)])
def test_post_that_is_severed(stage, on, at, left):
    """Its answer is cut, of which the first byte is that of its head."""
    whole, reset = posted(stage)
    assert whole.startswith(b"HTTP/1.1 200") and whole.endswith(b"}") and not reset
    stage.tell(rule("act", on, {"sever": {"at": at, "with": "end"}}, match={"methods": ["state_getStorage"]}, when={"nth": 1}),
               rule("again", on, {"sever": {"at": at}}, match={"methods": ["state_getStorage"]}, when={"nth": 2}))
    got, reset = posted(stage)
    assert (got, reset) == (whole[:left(len(whole))], False)
    got, reset = posted(stage)
    assert reset and whole[:left(len(whole))].startswith(got)
    stage.did("act", "sever")
    stage.did("again", "sever")


def test_a_post_that_is_held_when_its_space_is_dropped(stage):
    """It gets no answer, and its connection ends."""
    import threading
    stage.tell(once("hold", "arrived", {"hold": {"until": {"signal": "never"}, "limit": "none"}}))
    told = []
    waiting = threading.Thread(target=lambda: told.append(posted(stage)))
    waiting.start()
    stage.wait("held")
    stage.control("mock_dropSpace")
    waiting.join(10)
    assert told == [(b"", False)]
    assert stage.control("mock_events")["events"] == []


def test_frame_actions_do_not_match_a_post(stage):
    stage.tell(rule("frame", "answered", {"binary": True}, match={"methods": ["state_getStorage"]}))
    assert stage.post(1).status == 200
    assert not stage.events().fired("frame")
