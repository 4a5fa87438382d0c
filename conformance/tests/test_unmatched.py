"""Unknown is never null: what a recording does not say is unmatched, loud, counted, in the exit status."""

import json
import signal

import pytest

from testenv.fixture import Copy
from testenv.paths import FIXTURE
from testenv.truth import ABSENT, KNOWN, PRESENT, UNKNOWN

CODE = "0x3a636f6465"


@pytest.fixture
def victim(truth):
    """A key whose neighbours are recorded as well, in the middle of a map."""
    keys = [key for key in truth.keys(truth.head["hash"]) if len(key) > 100]
    prefix = max({key[:66] for key in keys}, key=lambda p: sum(key.startswith(p) for key in keys))
    members = [key for key in keys if key.startswith(prefix)]
    return members[len(members) // 2]


def is_unmatched(error, method):
    assert (error.code, error.message) == (-32055, "mocknode: unmatched request")
    assert set(error.data) == {"method", "canonical", "nearest", "reason"}
    assert error.data["method"] == method and error.data["canonical"].startswith(method + " ")
    assert error.data["reason"]
    return True


def test_a_fact_and_its_coverage_removed(start, truth, tmp_path, victim):
    copy = Copy(tmp_path / "gap")
    copy.remove_fact(victim)
    copy.remove_coverage(victim)
    node = start(copy.seal())
    space = node.space()
    socket, head = space.socket(), truth.head["hash"]
    error = socket.error("state_getStorage", victim, head)
    assert is_unmatched(error, "state_getStorage")
    assert victim in error.data["canonical"] and head in error.data["canonical"]
    assert is_unmatched(socket.error("state_getStorageHash", victim, head), "state_getStorageHash")
    assert is_unmatched(socket.error("state_queryStorageAt", [victim], head), "state_queryStorageAt")
    assert is_unmatched(socket.error("state_getKeysPaged", victim[:66], 1000, None, head),
                        "state_getKeysPaged")
    keys = truth.page(head, victim[:66], 10**9)
    place = keys.index(victim)
    before = socket.call("state_getKeysPaged", victim[:66], place, None, head)
    assert before == keys[:place], "a page that ends before the gap is known"
    after = socket.call("state_getKeysPaged", victim[:66], 1000, victim, head)
    assert after == keys[place + 1:], "a page that begins after the gap is known"
    neighbour = keys[place - 1]
    assert socket.call("state_getStorage", neighbour, head) == truth.lookup(head, neighbour)[1]
    assert space.stats()["unmatched"] == 4
    listed = space.control("mock_unmatched")
    assert victim in json.dumps(listed)
    status, stderr = node.stop()
    assert status == 3
    assert "unmatched" in stderr


def test_the_fact_alone_removed(start, truth, tmp_path, victim):
    copy = Copy(tmp_path / "absent")
    copy.remove_fact(victim)
    node = start(copy.seal())
    socket, head = node.space().socket(), truth.head["hash"]
    assert socket.call("state_getStorage", victim, head) is None
    assert socket.call("state_queryStorageAt", [victim], head) == [
        {"block": head, "changes": [[victim, None]]}
    ]
    keys = [key for key in truth.page(head, victim[:66], 10**9) if key != victim]
    assert socket.call("state_getKeysPaged", victim[:66], 1000, None, head) == keys[:1000]
    assert node.stop()[0] == 0


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_a_clean_run_ends_with_0(start, how):
    node = start(FIXTURE)
    node.space().socket().call("system_chain")
    assert node.stop(how)[0] == 0


def test_code_is_unknown_and_not_null(start, truth):
    """The recording says at most that it is there."""
    condition = truth.lookup(truth.head["hash"], CODE)[0]
    assert condition in (UNKNOWN, PRESENT)
    node = start(FIXTURE)
    socket = node.space().socket()
    assert is_unmatched(socket.error("state_getStorage", CODE), "state_getStorage")
    if condition == UNKNOWN:
        assert is_unmatched(socket.error("state_getKeysPaged", "0x3a", 10), "state_getKeysPaged")
    else:
        assert CODE in socket.call("state_getKeysPaged", "0x3a", 10)
    assert node.stop()[0] == 3


def test_state_before_the_recording_is_unknown(start, truth):
    first = truth.state_blocks()[0]["number"]
    assert first > 0
    node = start(FIXTURE)
    socket = node.space().socket()
    key = truth.keys(truth.head["hash"])[60]
    for number in range(first):
        error = socket.error("state_getStorage", key, truth.canonical[number]["hash"])
        assert is_unmatched(error, "state_getStorage")
    assert node.stop()[0] == 3


def test_a_runtime_call_at_another_block_is_not_carried_over(start, truth):
    """Recorded at one block, asked at one where it was not: never the wrong block's answer."""
    blocks = {call["at"] for call in truth.calls if call["method"] == "state_call"}
    other = next(b["hash"] for b in truth.state_blocks() if b["hash"] not in blocks)
    call = next(c for c in truth.calls if c["method"] == "state_call" and "result" in c)
    node = start(FIXTURE)
    space = node.space()
    error = space.socket().error("state_call", *call["params"], other)
    assert is_unmatched(error, "state_call")
    assert call["params"][0] in json.dumps(error.data["nearest"])
    assert space.stats()["unmatched"] == 1
    assert node.stop()[0] == 3


def test_unmatched_is_counted_where_it_happened(start, truth):
    node = start(FIXTURE)
    one, two = node.space(), node.space()
    one.socket().error("state_getStorage", CODE)
    two.socket().call("system_chain")
    assert (one.stats()["unmatched"], two.stats()["unmatched"]) == (1, 0)
    node.stop()


def test_null_4003_and_unmatched_are_three_things(start, truth):
    node = start(FIXTURE)
    socket = node.space().socket()
    absent = truth.keys(truth.head["hash"])[60] + "00"
    assert truth.lookup(truth.head["hash"], absent)[0] in (ABSENT, KNOWN)
    assert socket.call("state_getStorage", absent) is None
    assert socket.error("state_getStorage", absent, "0x" + "ee" * 32).code == 4003
    assert socket.error("state_getStorage", CODE).code == -32055
    node.stop()
