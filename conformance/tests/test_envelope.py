"""JSON-RPC as the node speaks it: ids byte for byte, batches, what is ignored and what is an error."""

import json

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from testenv.rpc import request

pytestmark = pytest.mark.core

CHAIN = '"method":"system_chain","params":[]'
INVALID = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "Invalid request"}}


def call(id, method="system_chain"):
    return '{"jsonrpc":"2.0","id":%s,"method":"%s","params":[]}' % (id, method)


@pytest.mark.parametrize("id", [
    "0", "1", "7", '"7"', "18446744073709551615", "9007199254740993", "9223372036854775808", "null", '""',
    '"a\\"b"', '"\\u00e9"', '"\\\\"', '"\\ud83d\\ude00"', '"é"', '"\\/"', '"' + "x" * 300 + '"',
])
def test_ids_come_back_byte_for_byte(socket, truth, id):
    chain = json.dumps(truth.manifest["chain"])
    expected = '{"jsonrpc":"2.0","id":%s,"result":' % id
    answer = socket.exchange(call(id))
    assert answer.startswith(expected) and answer.endswith("}"), answer
    assert isinstance(json.loads(answer)["result"], str) and chain
    error = socket.exchange(call(id, "no_such_method"))
    assert error == '{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"Method not found"}}' % id


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(id=strategies.one_of(
    strategies.integers(0, 2**64 - 1).map(str),
    strategies.text(max_size=40).map(json.dumps),
    strategies.text(max_size=40).map(lambda text: json.dumps(text, ensure_ascii=False)).filter(
        lambda text: text.isprintable()),
))
def test_any_id_comes_back(socket, id):
    assert socket.exchange(call(id)).startswith('{"jsonrpc":"2.0","id":%s,"result":' % id)


@pytest.mark.parametrize("id", ["-1", "1.5", "1e3", "true", "false", "[1]", "{}", "18446744073709551616",
                                "-0.5"])
def test_other_ids_are_silently_ignored(socket, id):
    socket.send(call(id))
    assert json.loads(socket.exchange(call('"next"')))["id"] == "next"


def test_without_an_id_there_is_no_answer(socket):
    for method in ("system_chain", "no_such_method", "state_getStorage"):
        socket.send('{"jsonrpc":"2.0","method":"%s","params":[]}' % method)
    assert json.loads(socket.exchange(call("1")))["id"] == 1


def test_member_order_and_no_white_space(socket):
    answer = socket.exchange('{ "params" : [ ] , "method" : "system_chain", "id" : 5, "jsonrpc":"2.0" }')
    assert answer.startswith('{"jsonrpc":"2.0","id":5,"result":"')


def test_extra_members_and_missing_params(socket):
    for text in ('{"jsonrpc":"2.0","id":1,"method":"system_chain","extra":[1,{"a":null}]}',
                 '{"jsonrpc":"2.0","id":1,"method":"system_chain"}',
                 '{"jsonrpc":"2.0","id":1,"method":"system_chain","params":null}',
                 '{"jsonrpc":"2.0","id":1,"method":"system_chain","params":{}}',
                 ' \t\r\n {"jsonrpc":"2.0","id":1,"method":"system_chain","params":[]}'):
        assert "result" in json.loads(socket.exchange(text)), text


def test_an_escaped_method_name(socket):
    text = '{"jsonrpc":"2.0","id":1,"method":"system\\u005fchain","params":[]}'
    assert "result" in json.loads(socket.exchange(text))


def test_binary_frames_are_read_like_text(socket):
    socket.send(call("3").encode())
    assert json.loads(socket.receive_text())["id"] == 3


def test_fragments_are_one_message(socket):
    text = call("4")
    socket.raw.send([text[:1], text[1:20], text[20:21], text[21:]])
    assert json.loads(socket.receive_text())["id"] == 4


def test_a_message_of_many_fragments(socket, truth):
    key = truth.keys(truth.head["hash"])[50]
    text = request("state_getStorage", key, truth.head["hash"])
    socket.raw.send(list(text))
    assert json.loads(socket.receive_text())["result"] == truth.lookup(truth.head["hash"], key)[1]


def test_pings_are_answered(socket):
    assert socket.raw.ping(b"hello").wait(10)


@pytest.mark.parametrize("text", ["{", "nonsense", '{"jsonrpc":"2.0","id":1,"method":"system_chain"',
                                  '{"jsonrpc":"2.0","id":1,}', "[1,", '"\\x"', "\0", '{"a":01}', "{'a':1}"])
def test_what_is_no_json_is_a_parse_error(socket, text):
    answer = json.loads(socket.exchange(text))
    assert answer == {"jsonrpc": "2.0", "id": None,
                      "error": {"code": -32700, "message": "Parse error"}}


def test_an_object_without_jsonrpc_carries_its_id(socket):
    answer = json.loads(socket.exchange('{"id":9,"method":"system_chain","params":[]}'))
    assert answer == {**INVALID, "id": 9}


@pytest.mark.parametrize("text", ["1", '"text"', "null", "true", "{}"])
def test_what_is_no_request(socket, text):
    answer = json.loads(socket.exchange(text))
    assert answer["error"]["code"] in (-32600, -32700) and answer["id"] is None


def test_a_batch_is_answered_in_one_array_in_its_order(socket, truth):
    entries = [call("1"), call('"b"', "chain_getFinalizedHead"), call("3", "no_such_method"), call("null")]
    answer = json.loads(socket.exchange("[" + ",".join(entries) + "]"))
    assert [entry["id"] for entry in answer] == [1, "b", 3, None]
    assert answer[1]["result"] == truth.finalized["hash"]
    assert answer[2]["error"] == {"code": -32601, "message": "Method not found"}


def test_a_long_batch(socket, truth):
    text = "[" + ",".join(
        request("chain_getBlockHash", i % truth.head["number"], id=i) for i in range(3000)
    ) + "]"
    answer = json.loads(socket.exchange(text))
    assert [(entry["id"], entry["result"]) for entry in answer] == [
        (i, truth.canonical[i % truth.head["number"]]["hash"]) for i in range(3000)
    ]


def test_notifications_in_a_batch_are_skipped(socket):
    notification = '{"jsonrpc":"2.0",%s}' % CHAIN
    answer = json.loads(socket.exchange(f"[{notification},{call('5')},{notification}]"))
    assert [entry["id"] for entry in answer] == [5]
    socket.send(f"[{notification},{notification}]")
    assert json.loads(socket.exchange(call('"next"')))["id"] == "next"


def test_an_empty_batch_is_one_error(socket):
    assert json.loads(socket.exchange("[]")) == INVALID


def test_entries_of_a_batch_that_are_no_objects(socket):
    answer = json.loads(socket.exchange(f"[1,{call('2')},null,[]]"))
    assert answer == [INVALID, answer[1], INVALID, INVALID] and answer[1]["id"] == 2


def test_params_by_name(socket, truth):
    for method, names in (("chain_getBlockHash", {"hash": 3}), ("chain_getHeader", {"hash": None})):
        text = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": names})
        assert "result" in json.loads(socket.exchange(text)), method
    key = truth.keys(truth.head["hash"])[50]
    text = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "state_getStorage",
                       "params": {"key": key, "hash": truth.head["hash"]}})
    assert json.loads(socket.exchange(text))["result"] == truth.lookup(truth.head["hash"], key)[1]


@pytest.mark.parametrize("method", [
    "state_getStorage", "state_getKeysPaged", "state_queryStorageAt", "state_call", "payment_queryInfo",
    "system_accountNextIndex", "state_getStorageHash", "childstate_getStorage",
])
def test_missing_params(socket, method):
    error = socket.error(method)
    assert (error.code, error.message, error.data) == (-32602, "Invalid params", "No more params")


@pytest.mark.parametrize("method, params", [
    ("state_getStorage", [7]), ("state_getStorage", ["0xzz"]), ("state_getStorage", [None]),
    ("state_getStorage", ["0x00", 5]), ("state_getStorage", ["0x00", "0x00"]),
    ("state_getKeysPaged", ["0x", "many"]), ("state_getKeysPaged", ["0x", -1]),
    ("state_getKeysPaged", ["0x", 1.5]), ("state_getKeysPaged", ["0x", 2**32]),
    ("state_queryStorageAt", ["0x00"]), ("state_queryStorageAt", [["0x00", 1]]),
    ("state_call", [1, "0x"]), ("state_call", ["Core_version", "0xz"]),
    ("chain_getBlockHash", [-1]), ("chain_getBlockHash", [1.5]), ("chain_getBlockHash", ["x"]),
    ("chain_getBlockHash", [True]), ("chain_getBlockHash", [{}]),
    ("system_accountNextIndex", ["5Grw"]), ("system_accountNextIndex", [1]),
])
def test_malformed_params(socket, method, params):
    error = socket.error(method, *params)
    assert (error.code, error.message) == (-32602, "Invalid params")
    assert isinstance(error.data, str) and error.data


ALIASES = {
    "state_getStorage": ["state_getStorageAt"],
    "state_getStorageHash": ["state_getStorageHashAt"],
    "state_getStorageSize": ["state_getStorageSizeAt"],
    "state_getKeysPaged": ["state_getKeysPagedAt"],
    "state_call": ["state_callAt"],
    "state_getRuntimeVersion": ["chain_getRuntimeVersion"],
    "chain_getBlockHash": ["chain_getHead"],
    "chain_getFinalizedHead": ["chain_getFinalisedHead"],
    "system_accountNextIndex": ["account_nextIndex"],
    "chain_subscribeNewHeads": ["chain_subscribeNewHead", "subscribe_newHead"],
    "chain_unsubscribeNewHeads": ["chain_unsubscribeNewHead", "unsubscribe_newHead"],
    "chain_subscribeFinalizedHeads": ["chain_subscribeFinalisedHeads"],
    "chain_unsubscribeFinalizedHeads": ["chain_unsubscribeFinalisedHeads"],
    "state_subscribeRuntimeVersion": ["chain_subscribeRuntimeVersion"],
    "state_unsubscribeRuntimeVersion": ["chain_unsubscribeRuntimeVersion"],
}
ARGUMENTS = {
    "state_getKeysPaged": ["0x26", 5],
    "state_call": ["Core_version", "0x"],
    "system_accountNextIndex": ["5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"],
}


@pytest.mark.parametrize("method", ALIASES)
def test_aliases_are_the_same_method(socket, truth, method):
    key = truth.keys(truth.head["hash"])[50]
    params = ARGUMENTS.get(method, [key] if "Storage" in method else [])
    listed = socket.call("rpc_methods")["methods"]
    for alias in ALIASES[method]:
        assert alias in listed
        if "ubscribe" in method:
            continue
        assert socket.call(alias, *params) == socket.call(method, *params)


@pytest.mark.parametrize("method", [name for name in ALIASES if "_subscribe" in name])
def test_aliases_of_subscriptions(socket, method):
    for alias in ALIASES[method]:
        id = socket.call(alias)
        assert socket.call(method.replace("_subscribe", "_unsubscribe"), id) is True
