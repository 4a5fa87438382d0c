"""The node on the tracer: what it answers is what the generator wrote, on both sides of the upgrade and on the fork; and a
wrong answer would say whose it is."""

import pytest

from testenv.node import Node
from testenv.rpc import RpcError
from tracer import words
from tracer.chain import FINALIZED_BEHIND, FORK_FROM, FORK_LENGTH, LAST, PRUNED, UPGRADE
from tracer.make import FIXTURES
from tracer.marks import CHAINS, read_bytes
from tracer.rows import BIG, HOT
from tracer.values import Values

NUMBERS = [0, PRUNED[-1] + 1, 70, UPGRADE, UPGRADE + 1, FORK_FROM, FORK_FROM + 1, FORK_FROM + FORK_LENGTH, LAST]
KEYS = [row.key(arguments) for row in HOT for _, arguments in row.keys]
NEIGHBOURS = [row.key(arguments) for row in HOT if row.name == "ByIdentity" for _, arguments in row.keys]


@pytest.fixture(scope="module")
def node():
    with Node(FIXTURES / CHAINS[1]) as node:
        yield node


@pytest.fixture(scope="module")
def values():
    return Values(1)


def stored(socket, block):
    return [socket.call("state_getStorage", key, block.name) for key in KEYS]


def due(block):
    return [None if key not in block.state else "0x" + block.state[key].hex() for key in KEYS]


@pytest.mark.parametrize("number", NUMBERS)
def test_hot_keys(number, socket, values):
    assert stored(socket, values.block(number)) == due(values.block(number))


def test_the_fork(space, values):
    """Blocks of one height with other values; heights resolve along the head's own ancestors."""
    forked = values.maker.forked
    space.control("mock_setHead", forked[-1].name)
    socket = space.socket()
    for fork in forked:
        chain = values.block(fork.number)
        assert socket.call("chain_getBlockHash", fork.number) == fork.name != chain.name
        assert stored(socket, fork) == due(fork)
        got = socket.call("state_getStorage", NEIGHBOURS[0], fork.name)
        assert words.difference("0x" + chain.state[NEIGHBOURS[0]].hex(), got, fork.number) == (
            "value of the fork in a snapshot of the chain of the head")
    assert socket.call("chain_getBlockHash", FORK_FROM) == values.block(FORK_FROM).name
    assert socket.call("chain_getFinalizedHead") == values.block(forked[-1].number - FINALIZED_BEHIND).name


def test_answers_of_others_in_words(socket, values, start):
    """The answer to each other question, taken for that to one."""
    block = values.block(70)

    def said(key, at, of=socket):
        return words.difference("0x" + block.state[NEIGHBOURS[6]].hex(), of.call("state_getStorage", key, at.name), 70)

    assert said(NEIGHBOURS[6], block) is None
    first = read_bytes(block.state[NEIGHBOURS[0]]).key
    assert said(NEIGHBOURS[7], block) == f"answer of key {first + 7} given to key {first + 6}"
    assert said(NEIGHBOURS[6], values.block(71)) == "value of block 71 in a snapshot of 70"
    assert said(NEIGHBOURS[6], values.block(150)) == (
        "value of block 150 in a snapshot of 70; value of runtime 2 where runtime 1 wrote")
    other = start(FIXTURES / CHAINS[2]).space().socket()
    assert said(NEIGHBOURS[6], Values(2).block(70), other) == "value of chain tracer-2 on tracer"


def test_the_great_map_by_pages(socket, values):
    for number in (70, LAST):
        block, found = values.block(number), []
        prefix = BIG.key([bytes(4)])[:66]
        while page := socket.call("state_getKeysPaged", prefix, 1000, found[-1] if found else None, block.name):
            found += page
        assert found == sorted(key for key in block.state if key.startswith(prefix)) and len(found) == 5000


@pytest.mark.parametrize("number", [PRUNED[-1] + 1, 70, UPGRADE, UPGRADE + 1, LAST])
def test_runtime_calls(number, socket, values):
    block = values.block(number)
    for (function, arguments), result in values.maker.calls(block).items():
        got = socket.call("state_call", function, "0x" + arguments.hex(), block.name)
        assert got == "0x" + result.hex(), function
    version = socket.call("state_getRuntimeVersion", block.name)
    assert version["specVersion"] == block.runtime == (2 if number >= UPGRADE else 1)


def test_what_is_not_there(space, values):
    """The genesis is there, the state of the blocks behind it was discarded; some calls were not recorded."""
    socket = space.socket()
    for number in (PRUNED[0], PRUNED[-1]):
        hash = values.block(number).name
        for asked in (("state_getStorage", KEYS[0], hash), ("state_getKeysPaged", "0x", 9, None, hash),
                      ("state_call", "TracerApi_reading", "0x", hash)):
            with pytest.raises(RpcError) as error:
                socket.call(*asked)
            assert (error.value.code, "State already discarded" in error.value.message) == (4003, True), asked
        assert socket.call("chain_getHeader", values.block(number).name)["number"] == hex(number)
    with pytest.raises(RpcError) as error:
        socket.call("state_call", "TracerApi_mark", "0x0800", values.block(70).name)
    assert error.value.code == -32055
