"""Runtimes and recorded calls: versions, metadata in every wrapping, runtime calls at their block only."""

import json

import pytest

from testenv.rpc import RpcError

pytestmark = pytest.mark.core


def compact(value):
    """SCALE's compact integer."""
    if value < 1 << 6:
        return bytes([value << 2])
    if value < 1 << 14:
        return (value << 2 | 1).to_bytes(2, "little")
    return (value << 2 | 2).to_bytes(4, "little")


def opaque(metadata):
    return compact(len(metadata)) + metadata


def recorded(truth, method, errors=False):
    return [call for call in truth.calls if call["method"] == method and ("error" in call) == errors]


def test_version_at_every_block(socket, truth):
    for block in truth.canonical.values():
        version = truth.runtimes[block["runtime"]]["version"]
        assert socket.call("state_getRuntimeVersion", block["hash"]) == version
    assert socket.call("state_getRuntimeVersion") == socket.call("state_getRuntimeVersion", None)


def test_metadata_14(socket, truth):
    spec = truth.head["runtime"]
    hex = "0x" + truth.metadata(spec, 14).hex()
    assert socket.call("state_getMetadata") == hex
    assert socket.call("state_getMetadata", truth.head["hash"]) == hex
    wrapped = "0x" + opaque(truth.metadata(spec, 14)).hex()
    assert socket.call("state_call", "Metadata_metadata", "0x") == wrapped


@pytest.mark.parametrize("version", [14, 15])
def test_metadata_at_version(socket, truth, version):
    argument = version.to_bytes(4, "little").hex()
    some = b"\1" + opaque(truth.metadata(truth.head["runtime"], version))
    for form in (argument, "0x" + argument):
        assert socket.call("state_call", "Metadata_metadata_at_version", form) == "0x" + some.hex()


def listed_versions(truth):
    """What Metadata_metadata_versions says: a SCALE vector of u32."""
    data = bytes.fromhex(truth.runtimes[truth.head["runtime"]]["metadata_versions"][2:])
    return [int.from_bytes(data[i : i + 4], "little") for i in range(1, len(data), 4)]


def test_metadata_of_a_version_there_is_not(socket, truth):
    for version in {0, 13, 99, 2**32 - 2} - set(listed_versions(truth)):
        argument = "0x" + version.to_bytes(4, "little").hex()
        assert socket.call("state_call", "Metadata_metadata_at_version", argument) == "0x00"


def test_metadata_that_was_not_recorded_is_not_none(socket, truth):
    """The runtime lists its unstable version, 2^32-1, as well: without a recording that is a gap."""
    recorded_versions = {int(v) for v in truth.runtimes[truth.head["runtime"]]["metadata"]}
    for version in set(listed_versions(truth)) - recorded_versions:
        argument = "0x" + version.to_bytes(4, "little").hex()
        assert socket.error("state_call", "Metadata_metadata_at_version", argument).code == -32055


def test_metadata_versions_and_core_version(socket, truth):
    runtime = truth.runtimes[truth.head["runtime"]]
    assert socket.call("state_call", "Metadata_metadata_versions", "0x") == runtime["metadata_versions"]
    assert socket.call("state_call", "Core_version", "0x") == runtime["core_version"]


def test_every_recorded_runtime_call(socket, truth):
    calls = recorded(truth, "state_call")
    assert len(calls) > 500
    for call in calls:
        assert socket.call("state_call", *call["params"], call["at"]) == call["result"], call["params"]


def test_arguments_without_0x(socket, truth):
    for call in recorded(truth, "state_call")[::50]:
        name, argument = call["params"]
        assert socket.call("state_call", name, argument[2:], call["at"]) == call["result"]


def test_every_recorded_error(socket, truth):
    for call in recorded(truth, "state_call", errors=True):
        with pytest.raises(RpcError) as error:
            socket.call("state_call", *call["params"], call["at"])
        assert (error.value.code, error.value.message) == (
            call["error"]["code"], call["error"]["message"]
        )


def test_a_function_that_does_not_exist_is_4003(socket, truth):
    """Not unmatched: the recording knows all functions of the runtime."""
    error = socket.error("state_call", "NoSuchApi_no_such_function", "0x", truth.head["hash"])
    assert error.code == 4003
    assert error.message.startswith("Client error: Execution failed: ")
    assert "Exported method NoSuchApi_no_such_function is not found" in error.message


def test_fees(socket, truth):
    for method in ("payment_queryInfo", "payment_queryFeeDetails"):
        calls = recorded(truth, method)
        assert len({json.dumps(call["params"]) for call in calls}) == 2
        for call in calls:
            assert socket.call(method, *call["params"], call["at"]) == call["result"]


def test_system_facts(socket, truth):
    for call in truth.calls:
        if "at" not in call and "result" in call:
            assert socket.call(call["method"], *call["params"]) == call["result"], call["method"]


def test_rpc_methods_lists_what_is_served(socket):
    """Sorted, each name once, itself included; and nothing of the control namespace."""
    answer = socket.call("rpc_methods")
    methods = answer["methods"]
    assert list(answer) == ["methods"]
    assert methods == sorted(set(methods))
    assert {"rpc_methods", "chain_getHead", "state_getStorageAt", "state_call"} <= set(methods)
    assert not [name for name in methods if name.startswith("mock_")]
    for name in methods:
        try:
            socket.call(name)
        except RpcError as error:
            assert error.code != -32601, name


def test_an_unknown_method(socket):
    error = socket.error("no_such_method")
    assert (error.code, error.message) == (-32601, "Method not found")
