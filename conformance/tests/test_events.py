"""The event journal: what happened in a space, each event once, in order and with its numbers; and the life
of spaces: dropped when idle, over their limit, or when asked."""

import http.client
import json
import subprocess

import pytest
from websockets.exceptions import InvalidStatus

from testenv.fixture import Copy
from testenv.paths import FIXTURE, MOCKNODE
from testenv.rpc import WAIT, RpcError, request

pytestmark = pytest.mark.core


def events(space, kind=None, **options):
    told = space.control("mock_events", *([options] if options else []))["events"]
    return [event for event in told if kind in (None, event["event"])]


def kinds(told):
    return [event["event"] for event in told]


def test_the_life_of_a_connection(space):
    socket = space.socket("?as=me")
    socket.call("chain_getBlockHash", 3)
    socket.raw.close(4001, "enough")
    while not events(space, "closed"):
        pass
    told = events(space)
    assert kinds(told) == ["connecting", "opened", "arrived", "answered", "written", "closed"]
    assert [event["seq"] for event in told] == [1, 2, 3, 4, 5, 6]
    assert {(event["conn"], event["label"]) for event in told} == {(1, "me")}
    clocks = [event["clock"] for event in told]
    assert clocks == sorted(clocks)
    arrived, answered, written, closed = told[2:]
    assert (arrived["method"], arrived["request"]) == ("chain_getBlockHash", "chain_getBlockHash [3]")
    assert (arrived["id"], arrived["occurrence"]) == (1, 1)
    assert answered["call"] == arrived["seq"] and written["text"] == answered["seq"]
    assert answered["size"] > 66
    assert closed["by"] == "peer" and closed["unanswered"] == []


def test_unanswered_at_the_close(space):
    space.control("mock_setLatency", "60s")
    socket = space.socket()
    socket.send(request("chain_getBlockHash", 3, id=1))
    socket.send(request("chain_getBlockHash", 4, id=2))
    while len(events(space, "arrived")) < 2:
        pass
    socket.close()
    while not events(space, "closed"):
        pass
    arrived = [event["seq"] for event in events(space, "arrived")]
    assert sorted(events(space, "closed")[0]["unanswered"]) == arrived
    assert not events(space, "answered")


def test_the_raw_journal_has_the_numbers(space):
    socket = space.socket()
    for number in (5, 3):
        socket.call("chain_getBlockHash", number)
    arrived, answered = events(space, "arrived"), events(space, "answered")
    entries = space.control("mock_journal")["entries"]
    assert [entry["arrived_seq"] for entry in entries] == [event["seq"] for event in arrived]
    assert [entry["emitted_seq"] for entry in entries] == [event["seq"] for event in answered]


def test_heads_and_notifications(space, truth):
    space.control("mock_setHead", truth.head["number"] - 2)
    socket = space.socket()
    id = socket.call("chain_subscribeNewHeads")
    socket.notification("chain_newHead", id)
    space.control("mock_advanceHead", 2)
    for _ in range(2):
        socket.notification("chain_newHead", id)
    heads = events(space, "head")
    assert heads[-1]["to"] == {"number": truth.head["number"], "hash": truth.head["hash"]}
    assert heads[-1]["from"]["number"] == truth.head["number"] - 1
    assert len(events(space, "finalized")) == len(heads) == 3
    (subscribed,) = events(space, "subscribed")
    assert subscribed["subscription"] == id
    assert len(events(space, "notified")) == 3
    assert socket.call("chain_unsubscribeNewHeads", id) is True
    assert events(space, "unsubscribed")[0]["subscription"] == id


def test_what_is_no_call(space):
    socket = space.socket()
    text = '{"nonsense' + "x" * 100
    socket.exchange(text)
    (refused,) = events(space, "refused")
    assert bytes.fromhex(refused["first"][2:]) == text[:64].encode()
    assert (refused["size"], bool(refused["why"])) == (len(text), True)


def test_from_a_number_on(space):
    socket = space.socket()
    for number in range(5):
        socket.call("chain_getBlockHash", number)
    everything = space.control("mock_events")
    assert everything["first"] == 1 and everything["next"] == everything["events"][-1]["seq"] + 1
    later = space.control("mock_events", {"from": 9})
    assert later["events"] == [event for event in everything["events"] if event["seq"] >= 9]
    assert space.control("mock_events", {"from": everything["next"]})["events"] == []


def test_posts_and_control(space):
    """A POST has arrivals and answers; control by POST leaves nothing."""
    for _ in range(3):
        space.control("mock_stats")
    assert events(space) == []
    space.post(request("chain_getBlockHash", 3))
    told = events(space)
    assert kinds(told)[:2] == ["arrived", "answered"] and all(event["post"] for event in told)
    assert told[0]["conn"] == 1
    assert "mock_" not in json.dumps(told)


def test_the_file_has_the_same_events(start, tmp_path):
    file = tmp_path / "journal"
    node = start(FIXTURE, "--journal", file)
    space = node.space("a")
    space.socket().call("chain_getBlockHash", 3)
    while len(events(space)) < 5:
        pass
    told = events(space)
    node.stop()
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [{**event, "space": "a"} for event in told] == lines[:len(told)]


@pytest.mark.parametrize("params", [["x"], [{"from": -1}], [{"form": 1}], [{}], [{"from": 1, "to": 2}], [1]])
def test_wrong_params(space, params):
    with pytest.raises(RpcError) as error:
        space.control("mock_events", *params)
    assert error.value.code == -32602 and error.value.data.startswith("expected params [")


def test_long_names_are_kept_short(space):
    """40 names of 2 MB: the journal says their beginning, size and digest, and each is told apart."""
    socket = space.socket()
    for letter in "ab":
        socket.error(letter * 2_000_000)
    names = [event["method"] for event in events(space, "arrived")]
    assert len(set(names)) == 2 and all(len(name) < 500 and "2000000 bytes" in name for name in names)
    assert len(json.dumps(space.control("mock_journal"))) < 5000


# ---- spaces ----

def test_idle_spaces_make_room(start, tmp_path, truth):
    file = tmp_path / "journal"
    node = start(FIXTURE, "--max-spaces", 2, "--journal", file)
    busy = node.space("busy")
    socket = busy.socket()
    socket.call("chain_getBlockHash", 1)
    for name in "xyz":
        space = node.space(name)
        space.post(request("chain_getBlockHash", 2))
        space.post(request("state_getStorage", "0xdead", truth.genesis))
    assert socket.call("chain_getBlockHash", 3)
    assert busy.stats()["requests"]["total"] == 2
    assert node.space("x").stats()["requests"]["total"] == 0  # begun anew
    status, _ = node.stop()
    assert status == 3  # the unmatched of spaces that are gone
    lines = [json.loads(line) for line in (tmp_path / "journal.canonical").read_text().splitlines()]
    assert sorted(line["space"] for line in lines) == ["busy"] * 2 + ["x"] * 2 + ["y"] * 2 + ["z"] * 2


def test_open_spaces_make_no_room_and_the_default_has_its_own(start):
    node = start(FIXTURE, "--max-spaces", 1)
    socket = node.space("a").socket()
    socket.call("system_chain")
    with pytest.raises(InvalidStatus) as refused:
        node.space("b").socket()
    assert refused.value.response.status_code == 503
    assert b"--max-spaces" in refused.value.response.body
    default = node.space("a")
    default.path = "/"
    assert default.socket().call("system_chain")
    help = subprocess.run([*MOCKNODE, "serve", "--help"], capture_output=True, text=True).stdout
    assert "--max-spaces" in help and "4096" in help


def test_drop_space(node):
    space, other = node.space(), node.space()
    socket = space.socket()
    socket.call("system_chain")
    assert other.control("mock_dropSpace", space.name) is True
    assert socket.closed_by_node()
    assert socket.raw.close_code == 1001
    assert space.stats()["requests"]["total"] == 0
    space.post(request("system_chain"))
    assert space.control("mock_dropSpace") is True  # the one of the URL
    assert space.stats()["requests"]["total"] == 0
    client = http.client.HTTPConnection("127.0.0.1", space.node.port, timeout=WAIT)
    for method in ("system_chain", "mock_dropSpace"):  # its connection is of the old space, and ends behind the answer
        client.request("POST", space.path, request(method), {"Content-Type": "application/json"})
        assert "result" in json.loads(client.getresponse().read())
    assert client.sock.recv(1) == b""
    assert space.stats()["requests"]["total"] == 0
    socket = space.socket()
    assert socket.call("mock_dropSpace") is True and socket.closed_by_node()
    with pytest.raises(RpcError) as error:
        space.control("mock_dropSpace", "no.such")
    assert "no.such" in error.value.data


def test_a_space_names_its_recording(start, tmp_path, truth):
    copy = Copy(tmp_path / "other")
    calls = [json.loads(line) if isinstance(line, str) else line for line in copy.read("calls.jsonl")]
    for call in calls:
        if call.get("method") == "system_chain":
            call["result"] = "Another"
    copy.write("calls.jsonl", calls)
    node = start(FIXTURE, copy.seal())
    one, two = node.space("one"), node.space("two")
    assert one.socket().call("system_chain") != "Another"
    assert two.socket("?fixture=other").call("system_chain") == "Another"
    assert two.socket().call("system_chain") == "Another"  # it is of that recording now
    for space, query, status in ((one, "?fixture=other", 409), (one, "?fixture=none", 404)):
        with pytest.raises(InvalidStatus) as refused:
            space.socket(query)
        assert refused.value.response.status_code == status


def test_members_of_a_query_that_mean_nothing(start):
    node = start(FIXTURE)
    space = node.space()
    for query in ("?apikey=secret", "?as=me&apikey=other", "?x&apikey=1"):
        assert space.socket(query).call("system_chain")
    _, errors = node.stop()
    assert errors.count('"apikey"') == 1 and "secret" not in errors and '"x"' in errors


def test_members_of_a_query_that_are_malformed(start):
    """Without an equals sign or a name, and each of several: ignored, and named once. What stands twice is refused."""
    node = start(FIXTURE)
    space = node.space()
    for query in ("?as", "?as=me&seed", "?fixture&=v&one=1&two=2", "?&&as"):
        assert space.socket(query).call("system_chain")
    labels = [event.get("label", "") for event in space.control("mock_events")["events"] if event["event"] == "opened"]
    assert labels == ["", "me", "", ""]
    for query in ("?as=a&as=b", "?seed=1&seed=1"):
        with pytest.raises(InvalidStatus) as refused:
            space.socket(query)
        assert refused.value.response.status_code == 404 and b"once" in refused.value.response.body
    _, errors = node.stop()
    lines = [line for line in errors.splitlines() if "ignored" in line]
    assert [line.split("ignored ")[1].split(" in ")[0] for line in lines] == [
        '"as"', '"seed"', '"fixture"', '""', '"one"', '"two"']
    assert all("as=LABEL" in line for line in lines)


@pytest.mark.parametrize("path", ["/s/a%00b", "/s/a%20b", "/s/a%2Fb", "/s/%", "/s/a?as=l%00x"])
def test_escaped_names_are_no_names(node, path):
    space = node.space()
    space.path = path
    assert space.post(request("system_chain")).status == 404
