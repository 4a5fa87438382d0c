"""The profiles that ship, played against plain clients: a public gateway on four hundred made blocks, a chain that is
reorganised, a node that restarts."""

import pytest

from testenv.events import Events
from testenv.keys import item
from testenv.node import Node
from testenv.paths import FIXTURE
from testenv.plain import Plain
from testenv.rpc import RpcError, request

NUMBER = item("System", "Number")
BLOCKS, KEPT = 400, 300


@pytest.fixture
def clients():
    opened = []

    def client(space, **options):
        opened.append(Plain(space.node.port, space.path + "?as=me", **options))
        return opened[-1]

    yield client
    for one in opened:
        one.drop()


def ask_all(client, method, count, first=1):
    """So many calls at once; their replies as far as the connection lives."""
    ids = range(first, first + count)
    client.send_all([request(method, id=id) for id in ids])
    client.until(lambda: client.end or all(client.replies(id) for id in ids), "not all were answered")
    return [client.replies(id)[0] for id in ids if client.replies(id)]


# public-gateway


@pytest.fixture(scope="module")
def gateway():
    with Node(FIXTURE, "--profile", "public-gateway") as node:
        yield node


def test_a_gateway_has_the_state_of_the_last_blocks_only(gateway, node):
    """The archive is the same recording without the profile."""
    public, archive = gateway.space(), node.space()
    hashes = []
    for space in (public, archive):
        made = [space.control("mock_newBlock")["hash"] for _ in range(BLOCKS)]
        hashes.append(made)
    assert hashes[0] == hashes[1]
    kept, gone = hashes[0][-KEPT], hashes[0][-KEPT - 1]
    assert public.control("state_getStorage", NUMBER, kept) == archive.control("state_getStorage", NUMBER, kept)
    with pytest.raises(RpcError) as error:
        public.control("state_getStorage", NUMBER, gone)
    assert error.value.code == 4003 and f"State already discarded for {gone}" in error.value.message
    assert archive.control("state_getStorage", NUMBER, gone)
    assert public.control("chain_getHeader", gone) == archive.control("chain_getHeader", gone)


@pytest.mark.parametrize("method, code", [("system_chain", -32005), ("state_getRuntimeVersion", -32004)])
def test_a_gateway_takes_about_one_request_a_second(gateway, clients, method, code):
    """Of an address, whatever the connection; it says so with policy data, or without."""
    space = gateway.space()
    replies = ask_all(clients(space), method, 35)
    assert all("result" in reply for reply in replies) and len(replies) == 35
    replies = [reply for _ in range(4) for reply in ask_all(clients(space), method, 15)]
    errors = [reply["error"] for reply in replies if "error" in reply]
    assert len(errors) >= 30 and {error["code"] for error in errors} <= {-32004, -32005}
    assert code in {error["code"] for error in errors}
    data = [error.get("data") for error in errors]
    assert None in data and any(data)
    for policy in filter(None, data):
        assert policy["policy"] and policy["reason"] and policy.get("retry_after", policy.get("retryAfter")) >= 0


def test_a_gateway_shows_the_door(gateway, clients):
    """1008 with its reason, to who goes on asking."""
    client = clients(gateway.space())
    ask_all(client, "system_chain", 200)
    code, reason = client.closed()
    assert code == 1008 and reason
    client.gone()


def test_a_gateway_refuses_handshakes(gateway, clients):
    """429 with the headers that the real one has."""
    space = gateway.space()
    opened = [clients(space) for _ in range(8)]
    assert all(client.accepted() for client in opened)
    refused = clients(space, wait=False)
    assert refused.opened() == 429
    for name in ("retry-after", "x-ratelimit-policy", "x-ratelimit-reason"):
        assert refused.headers.get(name), refused.head
    refused.until(lambda: "error" in refused.body, "no body")


# reorgs


def test_reorgs(start, clients):
    """Heads come on other branches; the finalized head is ten behind, and never moves back."""
    space = start(FIXTURE, "--profile", "reorgs").space()
    client = clients(space)
    client.call("chain_subscribeNewHeads")
    for _ in range(40):
        space.control("mock_newBlock")
    events = Events(space)
    assert events.fired("another block at the same height") and events.fired("another branch of three")
    heads = [(event["from"], event["to"]) for event in events.of("head")]
    sideways = [(a, b) for a, b in heads if b["number"] != a["number"] + 1
                or space.control("chain_getHeader", b["hash"])["parentHash"] != a["hash"]]
    assert len(sideways) >= 10
    finalized = [event["to"]["number"] for event in events.of("finalized")]
    assert finalized == sorted(finalized)
    head = int(space.control("chain_getHeader")["number"], 16)
    last = int(space.control("chain_getHeader", space.control("chain_getFinalizedHead"))["number"], 16)
    assert last <= head - 10


# restarts


def test_restarts(start, clients):
    """All sockets are reset, and some of those who come back are told to wait."""
    space = start(FIXTURE, "--profile", "restarts").space()
    one, other = clients(space), clients(space)
    ask_all(one, "system_chain", 100)
    assert one.gone() == other.gone() == "reset"
    statuses = [clients(space, wait=False).opened() for _ in range(6)]
    assert set(statuses) == {101, 503}
    assert len(Events(space).of("closed", by="reset")) >= 2
