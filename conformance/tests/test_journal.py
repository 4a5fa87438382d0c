"""The journal. The canonical one is a pure function of what was asked: byte for byte the same for any
interleaving of a fixed workload of pinned reads, however late and in whatever order it was answered."""

import json
import threading

import pytest

from testenv.paths import FIXTURE
from testenv.rpc import request


def workload(truth):
    """Pinned reads for three clients, some asked twice."""
    hash, keys = truth.head["hash"], truth.keys(truth.head["hash"])
    heads = [truth.canonical[number]["hash"] for number in range(2, 9)]
    return {
        "a": [("state_getStorage", [key, hash]) for key in keys[60:80]] * 2,
        "b": [("chain_getHeader", [head]) for head in heads] + [("chain_getBlockHash", [4])],
        "c": [("state_getStorageAt", [key, hash]) for key in keys[70:90]]
        + [("state_getKeysPaged", [keys[60][:66], 3, None, hash])],
    }


def play(space, work, rng):
    """Each client sends its own questions in an order of its own, all at once, on its own socket."""
    def client(label, calls):
        socket = space.socket(f"?as={label}")
        for id, (method, params) in enumerate(calls):
            socket.send(request(method, *params, id=id))
        for _ in calls:
            socket.receive()
        socket.close()

    threads = []
    for label in rng.sample(sorted(work), len(work)):
        calls = rng.sample(work[label], len(work[label]))
        threads.append(threading.Thread(target=client, args=(label, calls)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def canonical(space):
    """Its text, without the name of the space, which is another one each time."""
    text = space.post(request("mock_journal", {"form": "canonical"})).text
    return text.replace(f'"space":"{space.name}",', "")


@pytest.mark.core
@pytest.mark.parametrize("latency", ["0ms", "2ms"])
def test_the_canonical_journal_is_byte_identical(node, truth, rng, latency):
    journals = []
    for _ in range(6):
        space = node.space()
        space.control("mock_setLatency", latency)
        play(space, workload(truth), rng)
        journals.append(canonical(space))
    assert all(journal == journals[0] for journal in journals)
    assert len(journals[0]) > 1000


def test_it_tells_workloads_apart(node, truth, rng):
    """Else an empty journal would pass."""
    journals = set()
    work = workload(truth)
    for label in work:
        for drop in (0, 5):
            changed = {**work, label: work[label][:drop] + work[label][drop + 1:]}
            space = node.space()
            play(space, changed, rng)
            journals.add(canonical(space))
    assert len(journals) == 6


def test_it_has_no_ids_and_no_clock(node, truth):
    journals = []
    for first_id in (1, 500):
        space = node.space()
        socket = space.socket("?as=one")
        socket.next_id = first_id
        socket.call("chain_getBlockHash", 3)
        socket.call("chain_getHeader", truth.head["hash"])
        journals.append(canonical(space))
        space.close()
    assert journals[0] == journals[1]


def test_the_seed_is_of_the_space(start, truth, rng):
    """Two nodes with one seed journal the same; the seed stands in the ready line and in the URL."""
    texts = []
    for _ in range(2):
        node = start(FIXTURE, "--seed", 42)
        assert node.ready["seed"] == 42
        space = node.space("same")
        play(space, workload(truth), rng)
        texts.append(canonical(space))
        node.stop()
    assert texts[0] == texts[1]


def test_the_raw_journal_says_each_request_in_order(space):
    socket = space.socket("?as=me")
    for number in (5, 3, 9):
        socket.call("chain_getBlockHash", number)
    text = json.dumps(space.control("mock_journal"))
    places = [text.index(f"chain_getBlockHash [{number}]") for number in (5, 3, 9)]
    assert places == sorted(places)


def pages(space, method, list_name, **how):
    """The list, page by page, and how many there were."""
    entries, number, count = [], how.pop("from"), 0
    while True:
        page = space.control(method, {"from": number, **how})
        if not page[list_name]:
            assert page["next"] == number
            return entries, count
        entries, number, count = entries + page[list_name], page["next"], count + 1


@pytest.mark.parametrize("form", ["raw", "canonical"])
def test_pages_of_the_journal(space, form):
    socket = space.socket()
    for number in range(20):
        socket.call("chain_getBlockHash", number)
    whole = space.control("mock_journal", {"form": form})
    assert len(whole["entries"]) == whole["next"] == 20
    for limit, count in ((7, 3), (1, 20), (100, 1)):
        assert pages(space, "mock_journal", "entries", **{"from": 0, "form": form, "limit": limit}) == (whole["entries"], count)
    assert space.control("mock_journal", {"form": form, "from": 18})["entries"] == whole["entries"][18:]
    assert space.control("mock_journal", {"form": form, "limit": 0})["next"] == 0
    assert space.control("mock_journal", {"form": form, "from": 99}) == {**whole, "entries": []}


def test_pages_of_the_events(space):
    socket = space.socket()
    for number in range(5):
        socket.call("chain_getBlockHash", number)
    whole = space.control("mock_events")["events"]
    entries, count = pages(space, "mock_events", "events", **{"from": 1, "limit": 4})
    assert entries == whole and count == -(-len(whole) // 4)


def test_a_journal_that_is_too_long_for_one_answer(space):
    """A thousand requests of 20 kB: each page is of some 8 MB, and together they are all."""
    socket = space.socket()
    batch = "[" + ",".join(request("state_getStorage", "0x" + f"{i:020000x}", id=i) for i in range(500)) + "]"
    for _ in range(2):
        assert len(json.loads(socket.exchange(batch))) == 500
    assert len(space.post(request("mock_journal")).text) < 9_000_000
    entries, count = pages(space, "mock_journal", "entries", **{"from": 0})
    assert [entry["seq"] for entry in entries] == list(range(1000)) and count > 2


def test_the_journal_file(start, tmp_path):
    """--journal writes one JSON value per line."""
    file = tmp_path / "journal.jsonl"
    node = start(FIXTURE, "--journal", file)
    node.space().socket().call("chain_getBlockHash", 3)
    node.stop()
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert any("chain_getBlockHash" in json.dumps(line) for line in lines)
    assert "mock_" not in file.read_text()


@pytest.mark.core
def test_latency_is_decided_on_arrival(space):
    """By the journal, not by the clock: each answer says the delay that it was given."""
    space.control("mock_setLatency", "7ms")
    socket = space.socket()
    socket.call("chain_getBlockHash", 3)
    assert "7000" in json.dumps(space.control("mock_journal"))


def test_duplicate_ids_in_flight_are_counted(space, truth):
    space.gate(2, methods=["chain_getBlockHash"])
    socket = space.socket()
    socket.send(request("chain_getBlockHash", 1, id=5))
    socket.send(request("chain_getBlockHash", 2, id=5))
    assert [socket.receive()["result"] for _ in range(2)] == [
        truth.canonical[1]["hash"], truth.canonical[2]["hash"]
    ]
    assert space.stats()["ids"]["dup_inflight"] == 1
