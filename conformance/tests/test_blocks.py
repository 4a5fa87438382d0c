"""Blocks: every height and hash of the recording, and those that do not exist."""

import pytest

pytestmark = pytest.mark.core

NO_HASH = "0x" + "ee" * 32


def test_every_height_has_its_hash(socket, truth):
    for number, block in truth.canonical.items():
        assert socket.call("chain_getBlockHash", number) == block["hash"]


def test_a_height_may_be_hex(socket, truth):
    for number, block in truth.canonical.items():
        assert socket.call("chain_getBlockHash", hex(number)) == block["hash"]


def test_a_list_of_heights_gives_a_list(socket, truth):
    head = truth.head["number"]
    asked = [0, hex(head), head + 1, head - 1]
    assert socket.call("chain_getBlockHash", asked) == [
        truth.genesis, truth.head["hash"], None, truth.canonical[head - 1]["hash"]
    ]


def test_without_a_height_it_is_the_head(socket, truth):
    assert socket.call("chain_getBlockHash") == truth.head["hash"]
    assert socket.call("chain_getBlockHash", None) == truth.head["hash"]


def test_an_unknown_height_is_null(socket, truth):
    for height in (truth.head["number"] + 1, 2**32 - 1, hex(2**32 - 1)):
        assert socket.call("chain_getBlockHash", height) is None


def test_a_height_over_u32_is_3001(socket):
    for height in (2**32, 2**40, hex(2**32)):
        assert socket.error("chain_getBlockHash", height).code == 3001


def test_every_header_and_block(socket, truth):
    for block in truth.canonical.values():
        assert socket.call("chain_getHeader", block["hash"]) == block["header"]
        assert socket.call("chain_getBlock", block["hash"]) == {
            "block": {"header": block["header"], "extrinsics": block["extrinsics"]},
            "justifications": block["justifications"],
        }


def test_header_numbers_are_minimal_hex(socket, truth):
    for number, block in truth.canonical.items():
        assert socket.call("chain_getHeader", block["hash"])["number"] == hex(number)


def test_parents_lead_to_genesis(socket, truth):
    hash = truth.head["hash"]
    for number in range(truth.head["number"], -1, -1):
        header = socket.call("chain_getHeader", hash)
        assert header["number"] == hex(number)
        assert hash == truth.canonical[number]["hash"]
        hash = header["parentHash"]


def test_without_a_hash_it_is_the_best_block(socket, truth):
    for params in ((), (None,)):
        assert socket.call("chain_getHeader", *params) == truth.head["header"]
        assert socket.call("chain_getBlock", *params)["block"]["header"] == truth.head["header"]


def test_an_unknown_hash_is_null(socket):
    assert socket.call("chain_getHeader", NO_HASH) is None
    assert socket.call("chain_getBlock", NO_HASH) is None


def test_finalized_head(socket, truth):
    assert socket.call("chain_getFinalizedHead") == truth.finalized["hash"]


def test_a_hash_in_upper_case_is_the_same_hash(socket, truth):
    upper = "0x" + truth.head["hash"][2:].upper()
    assert socket.call("chain_getHeader", upper) == truth.head["header"]


@pytest.mark.parametrize("hash", ["0x12", "0x" + "zz" * 32, "", 7, "0x" + "00" * 33, True])
def test_a_malformed_hash_is_invalid_params(socket, hash):
    error = socket.error("chain_getHeader", hash)
    assert (error.code, error.message) == (-32602, "Invalid params")
