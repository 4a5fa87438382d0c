"""Every order of replies, proved twice: by the event journal's numbers and by a relay. And draws: the same for the
same seed whatever the load and the interleaving, others for another seed, and of the distribution that was asked."""

import itertools
import json
import math
import threading

import pytest

from testenv.events import Events
from testenv.fixture import Copy
from testenv.node import Node, NodeFailed
from testenv.paths import FIXTURE
from testenv.plain import Plain
from testenv.rpc import request
from testenv.stage import READS, Stage, rule


def gate(order, n=7, **more):
    return {"rules": [rule("gate", "arrived", {"hold": {"gate": "g"}}, match={"methods": READS})],
            "gates": [{"name": "g", "n": n, "order": order, "again": True, "limit": "60s"}], **more}


def emitted(events):
    """(connection, id) of all answers in the order of emission."""
    return [(e["conn"], int(e["id"])) for e in events.of("answered")]


def seen(relay):
    """The same by the relay."""
    return [(number, json.loads(frame.payload)["id"]) for number, frame in relay.order() if frame.opcode == 1]


def groups(pairs, n=7):
    return [tuple(pairs[i:i + n]) for i in range(0, len(pairs), n)]


@pytest.mark.parametrize("members, count", [
    (5, 120), pytest.param(7, 5040, marks=pytest.mark.slow)])
def test_all_orders_on_one_socket(node, truth, members, count):
    """`next` goes through all permutations, each once."""
    assert count == math.factorial(members)
    with Stage(node, truth) as stage:
        stage.control("mock_setScript", gate("next", members))
        client = stage.client()
        for _ in range(count):
            stage.read(client, *range(1, members + 1))
        client.until(lambda: len(client.messages) == members * count, "not all were answered")
        told, wire = emitted(stage.events()), seen(stage.relay)
        assert told == wire
        orders = [tuple(id for _, id in group) for group in groups(wire, members)]
        assert set(orders) == set(itertools.permutations(range(1, members + 1))) and len(orders) == count
        values = {n: stage.values[n - 1] for n in range(1, members + 1)}
        for message in client.messages:
            reply = json.loads(message)
            assert reply["result"] == values[reply["id"]]


@pytest.mark.parametrize("order", ["shuffled", "next"])
@pytest.mark.parametrize("count", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_orders_over_seven_sockets(node, truth, order, count):
    with Stage(node, truth) as stage:
        stage.control("mock_setScript", gate(order))
        clients = [stage.client(f"?as=c{n}") for n in range(1, 8)]
        for turn in range(count):
            for n, client in enumerate(clients, 1):
                stage.read(client, n)
            for client in clients:
                client.until(lambda: len(client.messages) == turn + 1, "no reply")
        told, wire = emitted(stage.events()), seen(stage.relay)
        assert told == wire
        orders = [tuple(id for _, id in group) for group in groups(wire)]
        assert all(sorted(group) == list(range(1, 8)) for group in orders)
        assert len(set(orders)) == count if order == "next" else len(set(orders)) > count * 0.9


@pytest.mark.parametrize("order, expected", [
    ("arrival", [1, 2, 3, 4, 5, 6, 7]), ("reversed", [7, 6, 5, 4, 3, 2, 1]), ([6, 0, 3, 1, 5, 2, 4], [7, 1, 4, 2, 6, 3, 5]),
    ("first_is_last", [2, 3, 4, 5, 6, 7, 1]), ("last_is_first", [7, 1, 2, 3, 4, 5, 6]),
    ("one_at_a_time", [1, 2, 3, 4, 5, 6, 7])])
def test_order(node, truth, order, expected):
    with Stage(node, truth) as stage:
        stage.control("mock_setScript", gate(order))
        client = stage.client()
        stage.read(client, *range(1, 8))
        client.until(lambda: len(client.messages) == 7, "not all were answered")
        assert [id for _, id in seen(stage.relay)] == expected == [id for _, id in emitted(stage.events())]
        assert [e["by"] for e in stage.events().of("released")] == ["full"] * 7


def test_one_at_a_time_waits_for_the_next_request(node, truth):
    """Reply k leaves when request k + 1 has arrived, the last when all n have."""
    with Stage(node, truth) as stage:
        stage.control("mock_setScript", gate("one_at_a_time", 3))
        client = stage.client()
        for n in (1, 2, 3):
            assert not client.replies(n)
            stage.read(client, n)
            if n > 1:
                client.reply(n - 1)
        client.reply(3)
        stage.events().in_order(*[{"event": kind, "id": id} for kind, id in (
            ("arrived", 1), ("arrived", 2), ("answered", 1), ("arrived", 3), ("answered", 2), ("answered", 3))])


def test_a_settled_group_closes_itself(node, truth):
    with Stage(node, truth) as stage:
        script = gate("reversed")
        script["gates"] = [{"name": "g", "settled": "5ms", "order": "reversed", "again": True}]
        stage.control("mock_setScript", script)
        client = stage.client()
        stage.read(client, 1, 2, 3)
        client.until(lambda: len(client.messages) == 3, "not all were answered")
        assert client.order() == [3, 2, 1]
        stage.read(client, 4)
        client.reply(4)


def test_settled_one_at_a_time(node, truth):
    """Each time no call came for so long, one leaves: the way for programs that nobody knows."""
    with Stage(node, truth) as stage:
        script = gate("one_at_a_time")
        script["gates"] = [{"name": "g", "settled": "3ms", "order": "one_at_a_time", "again": True}]
        stage.control("mock_setScript", script)
        client = stage.client()
        stage.read(client, 1, 2, 3)
        for n in (1, 2, 3):
            client.reply(n)
        assert client.order() == [1, 2, 3] == [id for _, id in emitted(stage.events())]


def test_of_n_and_settled_what_comes_first_closes(node, truth):
    with Stage(node, truth) as stage:
        script = gate("reversed", 2)
        script["gates"][0]["settled"] = "20ms"
        stage.control("mock_setScript", script)
        client = stage.client()
        stage.read(client, 1, 2, 3)
        client.until(lambda: len(client.messages) == 3, "not all were answered")
        assert client.order() == [2, 1, 3]


def test_a_gate_lets_one_group_go_unless_again(node, truth):
    with Stage(node, truth) as stage:
        script = gate("reversed", 2)
        del script["gates"][0]["again"]
        stage.control("mock_setScript", script)
        client = stage.client()
        stage.read(client, 1, 2, 3)
        client.until(lambda: len(client.messages) == 3, "not all were answered")
        assert client.order() == [2, 1, 3]
        assert len(stage.events().of("held")) == 2


def test_gates_per_connection(node, truth):
    with Stage(node, truth) as stage:
        script = gate("reversed", 2)
        script["gates"][0]["per"] = "connection"
        stage.control("mock_setScript", script)
        one, two = stage.client("?as=a"), stage.client("?as=b")
        stage.read(one, 1)
        stage.read(two, 2)
        stage.wait("held", count=2)
        assert not one.messages and not two.messages
        stage.read(one, 3)
        one.reply(1)
        assert one.order() == [3, 1] and not two.messages


def canonical(space):
    return space.post(request("mock_journal", {"form": "canonical"})).text.replace(f'"space":"{space.name}",', "")


DRAWN = gate("shuffled", latency="uniform(0ms,3ms)")
DRAWN["rules"] += [rule("chance", "arrived", {"error": {"code": -32000, "message": "chance"}}, match={"methods": READS}, when={"chance": 0.3})]


def play(node, truth, script, connections, seed, reads=28):
    """Each labelled connection asks its share, all at once; gives the space."""
    space = node.space()
    clients = [Plain(node.port, f"{space.path}?seed={seed}&as=c{n}") for n in range(connections)]
    space.control("mock_setScript", script)
    keys = truth.keys(truth.head["hash"])[60:60 + reads]

    def ask(number):
        mine = range(number, reads, connections)
        clients[number].send_all([request("state_getStorage", keys[n], truth.head["hash"], id=n) for n in mine])
        for n in mine:
            clients[number].reply(n)
        clients[number].close()
        clients[number].gone()

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return space


@pytest.fixture
def load(node):
    """Another client keeps the node busy meanwhile."""
    space, stop = node.space(), threading.Event()
    client = Plain(node.port, space.path)

    def run():
        for id in itertools.count():
            if stop.is_set():
                return
            client.call("system_chain", id=id)

    thread = threading.Thread(target=run)
    thread.start()
    yield
    stop.set()
    thread.join()
    client.drop()


@pytest.mark.parametrize("connections", [1, 3, 7])
@pytest.mark.parametrize("repeats", [5, pytest.param(200, marks=pytest.mark.slow)])
def test_the_same_seed_gives_the_same_canonical_journal(node, truth, load, connections, repeats):
    journals = set()
    for _ in range(repeats):
        space = play(node, truth, DRAWN, connections, seed=11)
        journals.add(canonical(space))
    assert len(journals) == 1
    entries = json.loads(journals.pop())["result"]["entries"]
    assert len(entries) == 28 and len({entry["latency_us"] for entry in entries}) > 20
    assert {entry["outcome"] for entry in entries} == {"result", "error"}


def delays(node, truth, latency, seed, count):
    """`count` draws, as the journal has them: of one request, by its occurrence."""
    space = node.space()
    client = Plain(node.port, f"{space.path}?seed={seed}&as=one")
    space.control("mock_setScript", {"rules": [], "latency": latency})
    client.send_all([request("chain_getBlockHash", 3, id=n) for n in range(count)])
    client.until(lambda: len(client.messages) == count, "not all were answered")
    client.drop()
    return [entry["latency_us"] for entry in space.control("mock_journal")["entries"]]


def test_another_seed_draws_other_delays(node, truth):
    draws = [delays(node, truth, "uniform(1ms,9ms)", seed, 200) for seed in (1, 2, 1)]
    assert draws[0] == draws[2]
    assert sum(a != b for a, b in zip(draws[0], draws[1])) >= 180


def normal(x):
    return (1 + math.erf(x / math.sqrt(2))) / 2


# Each with its distribution function, microseconds.
DISTRIBUTIONS = {
    "uniform(1ms,9ms)": lambda x: (x - 1000) / 8000,
    "normal(20ms,3ms)": lambda x: normal((x - 20000) / 3000),
    "lognormal(5ms,0.5)": lambda x: normal(math.log(x / 5000) / 0.5),
}


@pytest.mark.parametrize("latency", DISTRIBUTIONS)
def test_ten_thousand_draws_fit(node, truth, latency):
    """Kolmogorov and Smirnov: beyond 1.95 / sqrt(n) one of a thousand true samples lies; the seed is fixed."""
    draws = sorted(delays(node, truth, latency, 5, 10000))
    function = DISTRIBUTIONS[latency]
    distance = max(max(abs(function(x) - n / len(draws)), abs(function(x) - (n + 1) / len(draws)))
                   for n, x in enumerate(draws))
    assert distance < 1.95 / math.sqrt(len(draws)), distance


def test_recorded_latencies_are_drawn_again(node, truth):
    """Within what was recorded of the method, times the factor."""
    lines = [json.loads(line) for line in (FIXTURE / "latencies.jsonl").read_text().splitlines()]
    recorded = next(line for line in lines if line["method"] == "chain_getBlockHash")
    draws = delays(node, truth, "recorded×0.5", 5, 300)
    low, high = (recorded[name] / 2 for name in ("min_us", "max_us"))
    assert all(low - 1 <= draw <= high + 1 for draw in draws) and len(set(draws)) > 3


@pytest.mark.parametrize("line, word", [
    ('{"method":"x","count":1,"min_us":5,"median_us":4,"max_us":9}', "must not fall"), ("nonsense", "latencies.jsonl:1"),
    ('{"method":"x","count":1,"min_us":-5,"median_us":4,"max_us":9}', "min_us"), ('{"method":"x"}', "min_us")])
def test_latencies_that_are_none(tmp_path, line, word):
    copy = Copy(tmp_path / "copy")
    (copy.folder / "latencies.jsonl").write_text(line + "\n")
    with pytest.raises(NodeFailed) as failed:
        Node(copy.folder)
    assert failed.value.status == 1 and word in failed.value.stderr and "latencies.jsonl:1" in failed.value.stderr


@pytest.mark.parametrize("script", ["arrived", "labels"])
def test_what_depends_on_keys_alone_is_the_same_for_any_interleaving(node, truth, script, rng):
    """Rules on request, label, occurrence and chance are pure functions of their keys."""
    told = []
    keys = truth.keys(truth.head["hash"])[60:70]
    rules = {"arrived": [rule("a", "arrived", {"result": 1}, match={"request": f"*{keys[3]}*", "occurrence": 2}),
                         rule("b", "arrived", {"result": 2}, when={"chance": 0.5})],
             "labels": [rule("c", "arrived", {"result": 3}, match={"label": "y"}),
                        rule("d", "arrived", {"delay": "uniform(0us,500us)"})]}[script]
    for _ in range(6):
        space = node.space()
        clients = {label: Plain(node.port, f"{space.path}?seed=3&as={label}") for label in "xy"}
        space.control("mock_setScript", {"rules": rules})
        work = [(label, key) for label in "xy" for key in keys] * 2
        rng.shuffle(work)
        for id, (label, key) in enumerate(work):
            clients[label].ask("state_getStorage", key, truth.head["hash"], id=id)
        for id, (label, _) in enumerate(work):
            clients[label].reply(id)
        for client in clients.values():
            client.drop()
        told.append(canonical(space))
        assert Events(space).of("fired")
    assert len(set(told)) == 1
