"""HTTP on the same port: what is answered, what is refused, and with which status."""

import json
import socket as sockets

import pytest

from testenv.rpc import WAIT, post, request

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


class Raw:
    """A TCP connection that sends bytes as they are, and reads the answers one after the other."""

    def __init__(self, port):
        self.socket = sockets.create_connection(("127.0.0.1", port), timeout=WAIT)
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def send(self, *texts):
        self.socket.sendall("".join(texts).encode())

    def head(self):
        """Status line and headers."""
        status = self.file.readline().decode().rstrip("\r\n")
        headers = {}
        for line in iter(self.file.readline, b"\r\n"):
            assert line, f"the connection ended in the head, after {status!r}"
            name, value = line.decode().rstrip("\r\n").split(": ", 1)
            headers[name.lower()] = value
        return status, headers

    def answer(self):
        status, headers = self.head()
        body = self.file.read(int(headers["content-length"])).decode()
        return status, headers, body

    def result(self):
        status, _, body = self.answer()
        assert status == "HTTP/1.1 200 OK", (status, body)
        return json.loads(body)["result"]

    def ended(self):
        """Waits for the end; true when nothing came before it."""
        return self.file.read() == b""


def raw_post(body, *headers, path="/", version="1.1"):
    lines = [f"POST {path} HTTP/{version}", "Host: localhost", "Content-Type: application/json",
             f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines) + "\r\n\r\n" + body


def raw_upgrade(*headers, version="13"):
    lines = ["GET / HTTP/1.1", "Host: localhost", "Connection: keep-alive, Upgrade", "Upgrade: websocket",
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", f"Sec-WebSocket-Version: {version}",
             *headers]
    return "\r\n".join(lines) + "\r\n\r\n"


@pytest.mark.parametrize("text, status", [
    ("POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}\r\n", "415"),
    ("PUT / HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}\r\n", "405"),
    ("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}\r\n", "415"),
])
def test_what_stands_behind_a_refused_request(node, text, status):
    with Raw(node.port) as raw:
        raw.send(text)
        line, headers, _ = raw.answer()
        assert line.split()[1] == status and headers["connection"] == "close"
        assert raw.ended()
    assert post(node.port, "/", request("system_chain")).status == 200, "the node lives on"


@pytest.mark.parametrize("version, header", [("1.1", "Connection: close"), ("1.1", "connection: Close, x"),
                                             ("1.0", "X: y")])
@pytest.mark.parametrize("behind", ["", "\r\n", "x", raw_post(request("system_name"))])
def test_a_connection_that_is_to_close(space, version, header, behind):
    """One answer, which says so, and the end; what stands behind is not read as a request."""
    body = request("system_chain")
    with Raw(space.node.port) as raw:
        raw.send(raw_post(body, header, path=space.path, version=version), behind)
        status, headers, text = raw.answer()
        assert status == f"HTTP/{version} 200 OK" and json.loads(text)["result"]
        assert headers["connection"] == "close"
        assert raw.ended()
    stats = space.stats()
    assert stats["requests"]["total"] == 1
    assert stats["conns"]["opened"] == 1 and stats["conns"]["open"] == 0


def test_old_http_stays_open_when_asked(node):
    with Raw(node.port) as raw:
        for _ in range(2):
            raw.send(raw_post(request("system_chain"), "Connection: keep-alive", version="1.0"))
            status, headers, _ = raw.answer()
            assert (status, headers["connection"]) == ("HTTP/1.0 200 OK", "keep-alive")


NAMES = ["X-Auth", "X", "X-A", "User", "If", "A", "P", "G", "C", "Get", "Post", "Patch", "Sec-WebSocket",
         "Accept", "x-" + "y" * 300, "!#$%&'*+-.^_`|~09aZ"]


@pytest.mark.parametrize("name", NAMES)
def test_headers_of_any_name(node, name):
    for value in ("abcdef", "", "a" * 5000):
        with Raw(node.port) as raw:
            raw.send(raw_post(request("system_chain"), f"{name}: {value}"))
            assert raw.result()
        with Raw(node.port) as raw:
            raw.send(raw_upgrade(f"{name}: {value}"))
            assert raw.head()[0].startswith("HTTP/1.1 101 ")


@pytest.mark.parametrize("latency", ["0", "20ms"])
def test_requests_behind_one_another(space, truth, latency):
    """Sent in one piece, cut anywhere, or while another waits: answered in order, one at a time."""
    space.control("mock_setLatency", latency)
    numbers = range(1, 6)
    text = "".join(raw_post(request("chain_getBlockHash", number), path=space.path) for number in numbers)
    first = len(raw_post(request("chain_getBlockHash", 1), path=space.path))
    for cut in (0, 1, first, first + 40, len(text) - 1):
        with Raw(space.node.port) as raw:
            raw.send(text[:cut])
            raw.send(text[cut:])
            for number in numbers:
                assert raw.result() == truth.canonical[number]["hash"]
    assert space.stats()["inflight"]["max_per_conn"] == 1


def test_an_upgrade_behind_a_post_and_a_message_behind_the_upgrade(node):
    message = request("system_chain").encode()
    frame = bytes([0x81, 0x80 | len(message)]) + bytes(4) + message
    with Raw(node.port) as raw:
        raw.socket.sendall((raw_post(request("system_name")) + raw_upgrade()).encode() + frame)
        assert raw.result()
        assert raw.head()[0].startswith("HTTP/1.1 101 ")
        seen = b""
        while b'"result":"' not in seen:
            seen += raw.file.read1(4096)


@pytest.mark.parametrize("offer", ["h2c", "h2c, foo", "TLS/1.0"])
def test_offers_of_other_protocols_are_ignored(node, offer):
    headers = ("Connection: Upgrade, HTTP2-Settings", f"Upgrade: {offer}", "HTTP2-Settings: AAMAAABkAAQ")
    with Raw(node.port) as raw:
        raw.send(raw_post(request("system_chain"), *headers))
        assert raw.result()
        raw.send("GET /health HTTP/1.1\r\n" + "\r\n".join(headers) + "\r\n\r\n")
        assert raw.answer()[0] == "HTTP/1.1 200 OK"


@pytest.mark.parametrize("method", ["FOO", "TRACE", "OPTIONS", "CONNECT", "get"])
def test_methods_that_are_none(node, method):
    with Raw(node.port) as raw:
        for _ in range(2):
            raw.send(f"{method} / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert raw.answer()[0] == "HTTP/1.1 405 Method Not Allowed"


def test_an_absolute_target(space):
    for host in ("http://localhost:9944", "http://127.0.0.1", "https://[::1]:1"):
        with Raw(space.node.port) as raw:
            raw.send(raw_post(request("system_chain"), path=host + space.path + "?as=there"))
            assert raw.result()
    assert {entry["label"] for entry in space.control("mock_journal")["entries"]} == {"there"}
    assert space.stats()["requests"]["total"] == 3


@pytest.mark.parametrize("text, status", [
    ("hello\r\n\r\n", 400), ("GET /\r\n\r\n", 400), ("GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\n: x\r\n\r\n", 400), ("GET / HTTP/1.1\r\na b: x\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\na: \0\r\n\r\n", 400), ("GET / HTTP/1.1\r\na: b\r\n folded\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411),
    ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505), ("GET / HTTP/1.1\r\na: " + "b" * 70000, 431),
    (raw_upgrade(version="8"), 426), (raw_upgrade().replace("-Version: 13", "-Vision: 13"), 426),
    (raw_upgrade().replace("-Key:", "-Kay:"), 400),
])
def test_what_cannot_be_read(node, text, status):
    with Raw(node.port) as raw:
        raw.send(text)
        line, headers, _ = raw.answer()
        assert int(line.split()[1]) == status and headers["connection"] == "close"
        assert status != 426 or headers["sec-websocket-version"] == "13"
        assert raw.ended()


def test_a_body_that_waits_to_be_asked_for(node):
    body = request("system_chain")
    with Raw(node.port) as raw:
        raw.send(raw_post(body, "Expect: 100-continue").removesuffix(body))
        assert raw.head() == ("HTTP/1.1 100 Continue", {})
        raw.send(body)
        assert raw.result()


def test_a_post_whose_client_goes_away_is_let_go(space):
    space.gate(2, limit="3600s")
    with Raw(space.node.port) as raw:
        raw.send(raw_post(request("system_chain"), path=space.path))
        while space.stats()["conns"]["open"] == 0:
            pass
    while space.stats()["conns"]["open"] > 0:
        pass
    assert space.post(request("system_name")).json()["result"], "the gate has shrunk to one"


def test_a_client_that_is_done_with_sending_hears_its_answer(node):
    with Raw(node.port) as raw:
        raw.send(raw_post(request("system_chain")))
        raw.socket.shutdown(sockets.SHUT_WR)
        assert raw.result()
        assert raw.ended()
