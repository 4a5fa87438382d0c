"""The smallest right client (conformance/mutants/client), which the suite's mutants are made of, against the node: values, orders,
losses, deadlines, subscriptions. Causes are the node's, and no test waits for a time."""

import asyncio
import sys

import pytest

from testenv.node import Node
from testenv.paths import ROOT, TRACER
from tracer.rows import HOT
from tracer.values import Values

sys.path.insert(0, str(ROOT / "conformance" / "mutants"))

from client import Blocking, Chain, Client  # behind the path
from client.errors import (
    Closed, Indeterminate, Late, Lost, NotConnected, NotFound, Refused, RpcError, Undecodable, Violation)
from client.frames import Reader, frame
from client.subscription import Gap, Lag, KEPT, Subscription

READS = ["state_getStorage"]
HEADS = ("chain_subscribeNewHeads", [], "chain_unsubscribeNewHeads")


@pytest.fixture(scope="module")
def tracer():
    with Node(TRACER) as node:
        yield node


@pytest.fixture(scope="module")
def values():
    return Values(1)


@pytest.fixture
def space(tracer):
    space = tracer.space()
    space.control("mock_stats")
    yield space
    space.close()


def script(space, *rules, **more):
    space.control("mock_setScript", {"rules": list(rules), **more})


def rule(on, *do, match=None, when=None, **more):
    return {"on": on, "do": list(do), **({"match": match} if match else {}), **({"when": when} if when else {}), **more}


def reads(values, count=7):
    """So many reads: (params, value as it is stored)."""
    block = values.block(200)
    keys = [row.key(arguments) for row in HOT for _, arguments in row.keys if row.key(arguments) in block.state][:count]
    return [([key], "0x" + block.state[key].hex()) for key in keys]


def played(space, play, **options):
    """Runs a coroutine function of a client on a space, and closes the client."""

    async def main():
        client = Client([space.url()], **options)
        try:
            return await play(client)
        finally:
            await client.close()

    return asyncio.run(main())


async def every(client, asked, **more):
    return await asyncio.gather(*(client.call("state_getStorage", params, **more) for params, _ in asked),
                                return_exceptions=True)


def waited(space, event, count=1, **match):
    """Waits for an event of the space, from a task of its own."""
    return asyncio.to_thread(space.control, "mock_wait", {"event": event, "from": 1, "count": count, "match": match})


# Values


@pytest.mark.parametrize("number", [0, 98, 99, 100, 101, 102, 200])
def test_values(space, values, number):
    """All kinds, before and after the upgrade, and in the block between: what its own runtime wrote."""
    block = values.block(number)

    async def play(client):
        chain, pin = Chain(client), {"block": number}
        for row in HOT:
            for _, arguments in row.keys[:2]:
                told = values.asked(block, row.name, arguments)
                value, presence = await chain.storage(pin, "Tracer", row.name, *told)
                assert value == values.stored(block, "Tracer", row.name, arguments), row.name
                there = row.key(arguments) in block.state
                assert presence == ("present" if there else "absent" if row.optional else "default")

    played(space, play)
    assert len([method for method in requests(space) if method in ("state_getMetadata", "state_call")]) == 1


def requests(space):
    """The methods of all requests, each as often as it came."""
    return [name for name, count in space.stats()["requests"]["by_method"].items() for _ in range(count)]


@pytest.mark.parametrize("page", [1, 3, 100])
def test_map(space, values, page):
    block = values.block(200)

    async def play(client):
        return await Chain(client).map(None, "Tracer", "ByIdentity", page=page)

    assert sorted(played(space, play)) == sorted([key, value] for key, value in values.map(block, "ByIdentity"))


def test_constants_calls_and_what_is_not_there(space, values):
    block = values.block(200)
    marks = {arguments: value for (name, arguments), value in values.calls(block).items() if name == "TracerApi_mark"}

    async def play(client):
        chain = Chain(client)
        assert await chain.constant(None, "Tracer", "U128") == values.constant(2, "U128")
        assert await chain.constant({"block": 99}, "Tracer", "U128") == values.constant(1, "U128")
        for arguments, value in marks.items():
            number = int.from_bytes(arguments, "little")
            assert await chain.runtime_call(None, "TracerApi", "mark", number) == value
        for asked in (chain.storage(None, "Tracer", "OnlyFirst"), chain.storage({"block": 1000}, "Tracer", "U64"),
                      chain.runtime_call(None, "TracerApi", "dance")):
            with pytest.raises(NotFound):
                await asked

    assert marks
    played(space, play)


def test_a_snapshot_finds_its_head_once(space):
    script(space, rule("arrived", {"advance": 1}, match={"methods": READS}), start=[{"set_head": 150}])

    async def play(client):
        snapshot = Chain(client).snapshot()
        return await asyncio.gather(*(snapshot.storage(None, "Tracer", "ByIdentity", n) for n in range(5)))

    played(space, play)
    assert requests(space).count("chain_getHead") == 1


@pytest.mark.parametrize("change, error", [
    ({"result": "0x00"}, Undecodable), ({"result": "zz"}, Undecodable), ({"error": {"code": -1, "message": "x"}}, RpcError)])
def test_an_error_is_no_default(space, change, error):
    script(space, rule("arrived", change, match={"methods": READS}))

    async def play(client):
        with pytest.raises(error):
            await Chain(client).storage(None, "Tracer", "NeverOrDefault")

    played(space, play)


# Orders and shapes


@pytest.mark.parametrize("order", ["reversed", "shuffled", "first_is_last", "one_at_a_time"])
def test_orders(space, values, order):
    asked = reads(values)
    space.gate(7, order, READS)
    assert played(space, lambda client: every(client, asked)) == [value for _, value in asked]
    assert space.counters()["opened"] == 1


@pytest.mark.parametrize("shape, outcome", [
    ({"id": "swapped"}, Late), ({"id": "float"}, Late), ({"neither": True}, Violation), ({"both": True}, RpcError),
    ({"result_null": True}, RpcError), ({"error_null": True}, str), ({"array": True}, str), ({"repeat": 1}, str),
    ({"members": ["extra", "reversed", "escaped"]}, str), ({"blanks": True}, str)])
def test_shapes(space, values, shape, outcome):
    """Of one reply among seven; the others are theirs whatever it is."""
    asked = reads(values)
    script(space, rule("arrived", shape, match={"request": f"*{asked[2][0][0]}*"}))
    got = played(space, lambda client: every(client, asked, deadline=2))
    assert isinstance(got[2], outcome), got[2]
    assert got[:2] + got[3:] == [value for _, value in asked[:2] + asked[3:]]


def test_junk_and_strangers_are_passed_over(space, values):
    asked = reads(values)
    junk = [{"send": text} for text in ("not json", "", '"ping"', "[]", "[7]", '{"jsonrpc":"2.0","id":999999,"result":1}',
                                        '{"jsonrpc":"2.0","error":{"code":-1,"message":"x"}}', '{"id":2,"method":"x"}')]
    script(space, rule("arrived", *junk, match={"methods": READS}))
    assert played(space, lambda client: every(client, asked)) == [value for _, value in asked]
    assert space.counters()["opened"] == 1


def test_an_error_without_an_id_ends_what_waits(space, values):
    asked = reads(values, 1)
    script(space, rule("arrived", {"error": {"code": -32700, "message": "x"}}, {"id": "null"}))
    (got,) = played(space, lambda client: every(client, asked))
    assert isinstance(got, RpcError) and got.code == -32700


def test_batches(space, values):
    """By id, in any order; an error is one call's, and what lacks is told."""
    asked = reads(values)
    script(space, rule("arrived", {"batch": {"permute": "reversed"}}, match={"methods": READS}),
           rule("arrived", {"error": {"code": -5, "message": "x"}}, match={"request": f"*{asked[1][0][0]}*"}))

    async def play(client):
        members = await client.batch([("state_getStorage", params) for params, _ in asked], [None] * 7)
        return await asyncio.gather(*members, return_exceptions=True)

    got = played(space, play)
    assert isinstance(got[1], RpcError) and got[:1] + got[2:] == [value for _, value in asked[:1] + asked[2:]]
    script(space, rule("arrived", {"batch": {"omit": 2}}, match={"request": f"*{asked[1][0][0]}*"}))
    got = played(space, play)
    assert isinstance(got[1], Violation) and got[2] == asked[2][1]


# Frames


@pytest.mark.parametrize("cut", [{"each_byte": True}, {"n": 5, "pings": 2}, {"at": 1}])
def test_fragments(space, values, cut):
    asked = reads(values)
    script(space, rule("answered", {"fragments": cut}))
    assert played(space, lambda client: every(client, asked)) == [value for _, value in asked]


def test_reader_of_frames_byte_by_byte():
    """Any cut of the bytes gives the same messages; lengths at the edges of their forms."""
    for size in (0, 125, 126, 65535, 65536):
        payload = bytes(range(256)) * (size // 256 + 1)
        sent = frame(1, payload[:size])
        length = len(sent) - size - 4
        head = bytes([sent[0], sent[1] & 0x7F]) + sent[2:length]
        reader = Reader()
        got = [each for at in range(len(head)) for each in reader.feed(head[at:at + 1])]
        got += list(reader.feed(payload[:size] + b"\x89\x00"))
        assert got == [(1, payload[:size]), (9, b"")]


@pytest.mark.parametrize("fault", ["rsv", "opcode", "mask", "utf8", "long_control", "no_start"])
def test_violations_end_the_connection(space, values, fault):
    asked = reads(values, 1)
    script(space, rule("answered", {fault: {"rsv": 4, "opcode": 3}.get(fault, True)}, when={"nth": 1}))
    (got,) = played(space, lambda client: every(client, asked))
    assert isinstance(got, Violation), got
    assert played(space, lambda client: every(client, asked)) == [asked[0][1]]


# Losses


def test_reads_that_were_lost_are_asked_once_more(space, values):
    asked = reads(values)
    script(space, rule("arrived", {"never": True}, match={"methods": READS, "connection": 1}, when={"nth": "4.."}),
           rule("arrived", {"reset": True}, match={"methods": READS}, when={"in_flight": 4, "times": 1}))
    assert played(space, lambda client: every(client, asked)) == [value for _, value in asked]
    assert space.counters()["opened"] == 2 and 7 < requests(space).count("state_getStorage") <= 14


def test_twice_lost_is_lost(space, values):
    script(space, rule("arrived", {"reset": True}))
    (got,) = played(space, lambda client: every(client, reads(values, 1)))
    assert isinstance(got, Lost) and space.counters()["opened"] == 2


def test_a_write_is_never_sent_again(space):
    script(space, rule("arrived", {"reset": True}), writes="accept")

    async def play(client):
        with pytest.raises(Indeterminate):
            await client.call("author_submitExtrinsic", ["0x00"])

    played(space, play)
    assert requests(space) == ["author_submitExtrinsic"]


def test_the_next_endpoint(space, tracer, values):
    other, asked = tracer.space(), reads(values)
    script(space, rule("connecting", {"refuse": {"status": 403}}))

    async def main():
        client = Client([space.url(), other.url()])
        got = await every(client, asked)
        await client.close()
        return got

    assert asyncio.run(main()) == [value for _, value in asked]
    assert other.counters()["opened"] == 1 and space.counters()["requests"] == 0


@pytest.mark.parametrize("status, outcome", [(403, Refused), (301, Refused), (503, str), (429, str)])
def test_handshakes(space, values, status, outcome):
    """Who is busy is asked again; who says no is not. So is a call after that."""
    asked = reads(values, 1)
    script(space, rule("connecting", {"refuse": {"status": status}}, when={"first": 3}))

    async def play(client):
        first, second = await every(client, asked), await every(client, asked)
        return first + second

    got = played(space, play)
    assert isinstance(got[0], outcome)
    assert isinstance(got[1], outcome) and space.counters()["opened"] == (0 if outcome is Refused else 1)


def test_nobody_is_there(values):
    async def main():
        client = Client(["ws://127.0.0.1:1"])
        return await every(client, reads(values, 2), deadline=1)

    for got in asyncio.run(main()):
        assert isinstance(got, (NotConnected, Late))


# Deadlines, cancels, limits


def test_a_deadline_is_of_one_call(space, values):
    """Whatever else comes meanwhile: siblings end, heads come, and it passes all the same."""
    asked = reads(values)
    script(space, rule("arrived", {"never": True}, match={"request": f"*{asked[2][0][0]}*"}),
           rule("subscribed", {"tick": "20ms"}), start=[{"set_head": 100}])

    async def play(client):
        stream = await client.subscribe(*HEADS)
        got = await every(client, asked, deadline=1)
        assert len(stream.items) > 5 and client.pending() == 0
        return got

    got = played(space, play)
    assert isinstance(got[2], Late) and {type(value) for value in got[:2] + got[3:]} == {str}
    assert space.counters()["opened"] == 1


def test_a_late_reply_is_nobodys(space, values):
    asked = reads(values, 2)
    script(space, rule("arrived", {"hold": {"until": {"event": "arrived", "match": {"request": f"*{asked[1][0][0]}*"}}, "limit": "none"}},
                       match={"request": f"*{asked[0][0][0]}*"}))

    async def play(client):
        (first,) = await every(client, asked[:1], deadline=0.2)
        return [first, *await every(client, asked[1:])]

    got = played(space, play)
    assert isinstance(got[0], Late) and got[1] == asked[1][1]


@pytest.mark.parametrize("limit", [None, 3])
def test_cancelled_calls_leave_nothing(space, values, limit):
    asked = reads(values)
    script(space, rule("arrived", {"hold": {"until": {"signal": "go"}, "limit": "none"}}, match={"methods": READS}))

    async def play(client):
        tasks = [asyncio.create_task(client.call("state_getStorage", params)) for params, _ in asked]
        await waited(space, "arrived", limit or 7)
        for task in tasks[1:]:
            task.cancel()
        await asyncio.wait(tasks[1:])
        assert client.pending() == 1
        await asyncio.to_thread(space.control, "mock_signal", "go")
        assert await tasks[0] == asked[0][1]
        assert client.pending() == 0
        script(space)
        return await every(client, asked)

    assert played(space, play, in_flight=limit) == [value for _, value in asked]


@pytest.mark.parametrize("limit", [1, 4])
def test_the_limit(space, values, limit):
    asked = reads(values, 40)
    space.gate(limit, methods=READS, again=True)
    assert played(space, lambda client: every(client, asked), in_flight=limit) == [value for _, value in asked]
    assert space.counters()["max_total"] == limit


def test_close_ends_what_waits(space, values):
    asked = reads(values)
    script(space, rule("arrived", {"never": True}, match={"methods": READS}))

    async def play(client):
        stream = await client.subscribe(*HEADS)
        tasks = [asyncio.create_task(client.call("state_getStorage", params)) for params, _ in asked]
        await waited(space, "arrived", 8)
        await client.close()
        with pytest.raises(Closed):
            await heads(2)(stream)
        with pytest.raises(Closed):
            await client.call("system_chain", [])
        return await asyncio.gather(*tasks, return_exceptions=True)

    assert {type(error) for error in played(space, play)} == {Closed}
    space.control("mock_wait", {"event": "closed", "from": 1, "match": {"by": "peer", "code": 1000}})
    assert space.counters()["opened"] == 1


def test_one_that_is_forgotten_frees_its_socket(space):
    async def main():
        for _ in range(5):
            client = Client([space.url()])
            await client.call("system_chain", [])
            del client
        await waited(space, "closed", 5)

    asyncio.run(main())


# Subscriptions


def heads(count):
    """The next items of a stream, as heights."""

    async def taken(stream):
        return [int((await anext(stream))["number"], 16) for _ in range(count)]

    return taken


@pytest.mark.parametrize("early", [1, 3])
def test_early_notifications(space, early):
    script(space, rule("arrived", {"early": early}, match={"methods": ["chain_subscribeNewHeads"]}),
           rule("subscribed", {"advance": 5}), start=[{"set_head": 50}])

    async def play(client):
        return await heads(6)(await client.subscribe(*HEADS))

    assert played(space, play) == [50, 51, 52, 53, 54, 55]


def test_subscribed_again_once_with_a_gap(space):
    script(space, rule("notified", {"end": True}, when={"nth": 2, "per": "connection", "times": 3}),
           rule("subscribed", {"advance": 1}), start=[{"set_head": 50}])

    async def play(client):
        stream = await client.subscribe(*HEADS)
        seen = []
        while sum(isinstance(item, Gap) for item in seen) < 3:
            seen.append(await anext(stream))
        await client.unsubscribe(stream)
        assert not client.session.streams

    played(space, play)
    by_method = requests(space)
    assert by_method.count("chain_subscribeNewHeads") == 4 and by_method.count("chain_unsubscribeNewHeads") == 1


def test_a_watched_write_is_not_sent_again(space):
    script(space, rule("arrived", {"reset": True}, match={"methods": ["author_submitAndWatchExtrinsic"]}), writes="accept")

    async def play(client):
        with pytest.raises(Indeterminate):
            await client.subscribe("author_submitAndWatchExtrinsic", ["0x00"], "author_unwatchExtrinsic")

    played(space, play)
    assert requests(space).count("author_submitAndWatchExtrinsic") == 1


def test_after_the_unsubscribe(space, values):
    asked = reads(values, 1)
    script(space, rule("unsubscribed", {"late": 5}))

    async def play(client):
        stream = await client.subscribe(*HEADS)
        await anext(stream)
        await client.unsubscribe(stream)
        assert not client.subscribed and not client.session.streams
        got = await every(client, asked)
        assert not client.session.early
        return got

    assert played(space, play) == [asked[0][1]]


def test_what_a_slow_user_misses_is_told():
    async def main():
        stream = Subscription("m", [], "u")
        for number in range(KEPT + 3):
            stream.give(number)
        items = [await anext(stream) for _ in range(KEPT)]
        assert items == list(range(KEPT))
        lag = await anext(stream)
        assert isinstance(lag, Lag) and lag.lost == 3

    asyncio.run(main())


# Threads


def test_threads_on_one_connection(space, values):
    asked = reads(values, 8)
    space.gate(8, "reversed", READS)
    blocking = Blocking([space.url()])
    futures = [blocking.submit(blocking.client.call, "state_getStorage", params) for params, _ in asked]
    assert [future.result() for future in futures] == [value for _, value in asked]
    stream, items = blocking.subscribe(*HEADS)
    assert int(next(items)["number"], 16) == 200
    blocking.close()
    assert space.counters()["opened"] == 1
