"""Errors that are facts: what a runtime answered with while it was recorded, it answers with in the replay."""

import json

import pytest

from testenv.fixture import run
from testenv.node import Node
from testenv.rpc import Socket
from testenv.truth import Truth

from test_record import Proxy
from test_record_hostile import liar

TRAP = {"code": 4003, "message": "Client error: Execution failed: Execution aborted due to trap: wasm trap: wasm "
                                 "`unreachable` instruction executed\nWASM backtrace:\nerror while executing"}
OLD_TRAP = {"code": -32603, "message": "Client error: Execution failed: trap"}
DOWN = {"code": 4003, "message": "Client error: UnknownBlock: State already discarded for 0x00"}
CUSTOM = {"code": 1, "message": "Unable to get neurons info.", "data": "\"ApiError(Application(Execution))\""}
NO_BLOCK = {"code": 1, "message": "Unable to get neurons info.", "data": "UnknownBlock(\"Header was not found\")"}


def failing(error, *methods):
    """The first argument 0x07… fails so, each time."""
    def lie(method, params, reply):
        if method in methods and params[:1] and (params[1:2] == ["0x07"] or params[0] == 7):
            reply.pop("result", None)
            reply["error"] = error
    return lie


def said(socket, method, *params):
    reply = json.loads(socket.exchange(json.dumps(
        {"jsonrpc": "2.0", "id": 1, "method": method, "params": params})))
    return reply.get("error", reply.get("result"))


@pytest.mark.parametrize("pinned", [True, False])
@pytest.mark.parametrize("error", [TRAP, OLD_TRAP])
@pytest.mark.parametrize("name", ["state_call", "state_callAt"])
def test_a_call_that_traps_is_replayed(node, truth, tmp_path, pinned, error, name):
    out, head = tmp_path / "out", truth.head["hash"]
    function = "SubnetInfoRuntimeApi_get_metagraph"
    with liar(node.url, failing(error, "state_call", "state_callAt")) as upstream, Proxy(upstream, out) as proxy:
        with Socket(proxy.url) as socket:
            assert said(socket, name, function, "0x07", *[head] * pinned) == error
        status, stderr = proxy.stop()
    assert status == 0 and "not all of it is kept" not in stderr, stderr
    assert run("verify", out).returncode == 0
    kept = [c for c in Truth(out).calls if c["method"] == "state_call"]
    assert [(c["at"], c["error"]) for c in kept] == [(head, error)]
    with Node(out) as replay, Socket(replay.url) as socket:
        for params in ([], [head]):
            assert said(socket, name, function, "0x07", *params) == error
        replay.stop()


@pytest.mark.parametrize("pinned", [True, False])
def test_a_function_that_is_not_exported(node, truth, tmp_path, pinned):
    """The exports are known, or not; the words are those of the node."""
    out, head = tmp_path / "out", truth.head["hash"]
    with Proxy(node.url, out) as proxy:
        with Socket(proxy.url) as socket:
            error = said(socket, "state_call", "No_such_function", "0x", *[head] * pinned)
        assert proxy.stop()[0] == 0
    assert error["code"] == 4003 and "No_such_function is not found" in error["message"]
    with Node(out) as replay, Socket(replay.url) as socket:
        assert said(socket, "state_call", "No_such_function", "0x", head) == error
        assert said(socket, "state_call", "No_such_function", "0x") == error
        replay.stop()


@pytest.mark.parametrize("error, kept", [(CUSTOM, True), (NO_BLOCK, False)])
@pytest.mark.parametrize("pinned", [True, False])
def test_a_method_whose_runtime_call_fails(node, truth, tmp_path, error, kept, pinned):
    out, head = tmp_path / "out", truth.head["hash"]
    with liar(node.url, failing(error, "neuronInfo_getNeurons")) as upstream, Proxy(upstream, out) as proxy:
        with Socket(proxy.url) as socket:
            assert said(socket, "neuronInfo_getNeurons", 7, *[head] * pinned) == error
        assert proxy.stop()[0] == 0
    with Node(out) as replay, Socket(replay.url) as socket:
        replayed = said(socket, "neuronInfo_getNeurons", 7, head)
        replay.stop()
    assert replayed == error if kept else replayed["code"] == -32055


def test_what_is_of_the_node_is_no_fact(node, truth, tmp_path):
    out, head = tmp_path / "out", truth.head["hash"]
    with liar(node.url, failing(DOWN, "state_call")) as upstream, Proxy(upstream, out) as proxy:
        with Socket(proxy.url) as socket:
            assert said(socket, "state_call", "SubnetInfoRuntimeApi_get_metagraph", "0x07", head) == DOWN
        assert proxy.stop()[0] == 0
    assert not [c for c in Truth(out).calls if c["method"] == "state_call"]
