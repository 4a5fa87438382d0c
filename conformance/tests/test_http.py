"""HTTP on the same port: what is answered, what is refused, and with which status."""

import json

import pytest

from testenv.rpc import post, request

pytestmark = pytest.mark.core


def test_a_call(node, truth):
    answer = post(node.port, "/", request("chain_getBlockHash", 3, id=18446744073709551615))
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.text == (
        '{"jsonrpc":"2.0","id":18446744073709551615,"result":"%s"}' % truth.canonical[3]["hash"]
    )


def test_a_batch(node):
    answer = post(node.port, "/", f"[{request('system_chain', id=1)},{request('system_chain', id=2)}]")
    assert [entry["id"] for entry in answer.json()] == [1, 2]


def test_many_calls_on_one_connection(node, truth):
    import http.client
    client = http.client.HTTPConnection("127.0.0.1", node.port, timeout=30)
    for number in range(20):
        client.request("POST", "/s/keepalive", request("chain_getBlockHash", number, id=number),
                       {"Content-Type": "application/json"})
        assert json.loads(client.getresponse().read())["result"] == truth.canonical[number]["hash"]
    client.close()


@pytest.mark.parametrize("type", ["application/json", "application/json; charset=utf-8",
                                  "application/json;charset=utf-8"])
def test_content_types_that_are_taken(node, type):
    assert post(node.port, "/", request("system_chain"), content_type=type).status == 200


@pytest.mark.parametrize("type", ["text/plain", "application/xml", None])
def test_other_content_types_are_415(node, type):
    assert post(node.port, "/", request("system_chain"), content_type=type).status == 415


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
def test_other_methods_are_405(node, method):
    assert post(node.port, "/", method=method).status == 405


def test_what_is_no_json_is_400(node):
    answer = post(node.port, "/", "{nonsense")
    assert answer.status == 400
    assert answer.json() == {"jsonrpc": "2.0", "id": None,
                             "error": {"code": -32700, "message": "Parse error"}}


def test_a_notification_has_an_empty_answer(node):
    answer = post(node.port, "/", '{"jsonrpc":"2.0","method":"system_chain","params":[]}')
    assert (answer.status, answer.text) == (200, "")


def test_subscribing_is_an_internal_error(node):
    answer = post(node.port, "/", request("chain_subscribeNewHeads"))
    assert answer.status == 200
    assert answer.json()["error"]["code"] == -32603


def test_too_large_is_413(node):
    answer = post(node.port, "/", request("system_chain", "x" * (15 * 1024 * 1024)))
    assert answer.status == 413


def test_errors_are_200(node):
    answer = post(node.port, "/", request("no_such_method"))
    assert answer.status == 200 and answer.json()["error"]["code"] == -32601


def test_health(node):
    answer = post(node.port, "/health", method="GET")
    assert answer.status == 200
    assert set(answer.json()) == {"peers", "isSyncing", "shouldHavePeers"}


def test_readiness(node):
    answer = post(node.port, "/health/readiness", method="GET")
    assert (answer.status, answer.text) == (200, "")


def test_posts_are_counted_in_their_space(node, space):
    for _ in range(3):
        space.post(request("system_chain"))
    stats = space.stats()
    assert stats["requests"] == {"total": 3, "by_method": {"system_chain": 3}}
    assert stats["inflight"] == {"max_per_conn": 1, "max_total": 1}
