"""Raw clients: they send exactly the text they are given and give back exactly the text that comes."""

import http.client
import json

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from .paths import PATIENCE

WAIT = 10 * PATIENCE


def request(method, *params, id=1):
    return json.dumps({"jsonrpc": "2.0", "id": id, "method": method, "params": list(params)})


class RpcError(Exception):
    """An error object of the node."""

    def __init__(self, error):
        super().__init__(error)
        self.code, self.message = error["code"], error["message"]
        self.data = error.get("data")


class Socket:
    """One WebSocket. `call` asks one question and sets notifications aside; `send` and `receive` are for
    everything else."""

    def __init__(self, url, **options):
        options.setdefault("compression", None)
        options.setdefault("proxy", None)
        self.raw = connect(url, max_size=None, open_timeout=WAIT, legacy=True, **options)
        self.next_id = 1
        self.notifications = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.raw.close()

    def send(self, text):
        self.raw.send(text)

    def receive_text(self, timeout=WAIT):
        return self.raw.recv(timeout)

    def receive(self, timeout=WAIT):
        return json.loads(self.receive_text(timeout))

    def exchange(self, text):
        """Sends one text and gives the text of the next message."""
        self.send(text)
        return self.receive_text()

    def call(self, method, *params):
        id, self.next_id = self.next_id, self.next_id + 1
        self.send(request(method, *params, id=id))
        answer = self.receive()
        while "id" not in answer:
            self.notifications.append(answer)
            answer = self.receive()
        assert answer["id"] == id, answer
        if "error" in answer:
            raise RpcError(answer["error"])
        return answer["result"]

    def error(self, method, *params):
        """The error object that a call gives."""
        try:
            result = self.call(method, *params)
        except RpcError as error:
            return error
        raise AssertionError(f"{method} {params} gave {str(result)[:200]}, expected an error")

    def notification(self, name, subscription):
        """The result of the next notification, which must be of this name and subscription."""
        message = self.notifications.pop(0) if self.notifications else self.receive()
        assert message["jsonrpc"] == "2.0" and "id" not in message, message
        assert (message["method"], message["params"]["subscription"]) == (name, subscription)
        return message["params"]["result"]

    def nothing_more(self):
        """Asserts that nothing was sent to us: what comes next is the answer to one more question."""
        self.call("system_chain")
        assert not self.notifications, self.notifications

    def closed_by_node(self):
        """Waits until the node closes; anything that it still sends is dropped."""
        try:
            while True:
                self.raw.recv(WAIT)
        except ConnectionClosed:
            return True


class Response:
    def __init__(self, raw):
        self.status, self.headers, self.text = raw.status, raw.headers, raw.read().decode()

    def json(self):
        return json.loads(self.text)


def post(port, path="/", body=None, method="POST", headers=None, content_type="application/json", tls=None):
    """One HTTP exchange on a connection of its own; with `tls`, a client's ssl.SSLContext, over TLS."""
    headers = dict(headers or {})
    if content_type and body is not None:
        headers.setdefault("Content-Type", content_type)
    client = http.client.HTTPSConnection("127.0.0.1", port, timeout=WAIT, context=tls) if tls \
        else http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT)
    try:
        try:
            client.request(method, path, body, headers)
        except BrokenPipeError:
            pass  # refused before the whole body was sent; the answer is there
        return Response(client.getresponse())
    finally:
        client.close()
