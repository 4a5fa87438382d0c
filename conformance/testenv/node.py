"""A mock node as a child process, and its spaces: each test takes one of its own by a fresh name."""

import itertools
import json
import os
import signal
import subprocess
import threading
from collections import deque

from .paths import MOCKNODE, PATIENCE
from .plain import TRUSTING
from .rpc import RpcError, Socket, post

NAMES = itertools.count(1)


def gated(n, order="arrival", methods=("*",), limit="60s", **more):
    """A script of one gate that holds these methods."""
    return {"gates": [{"name": "gate", "n": n, "order": order, "limit": limit, **more}],
            "rules": [{"on": "arrived", "match": {"methods": list(methods)},
                       "do": [{"hold": {"gate": "gate"}}]}]}


class NodeFailed(Exception):
    """The node ended before its ready line; `status` and `stderr` say how."""

    def __init__(self, status, stderr):
        super().__init__(f"exit status {status}: {stderr}")
        self.status, self.stderr = status, stderr


class Program:
    """A subcommand of mocknode that serves: `serve`, or `record --listen`. Both print a ready line."""

    def __init__(self, *arguments, wrap=()):
        self.process = subprocess.Popen(
            [*wrap, *MOCKNODE, *map(str, arguments)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "ASAN_OPTIONS": "detect_leaks=1"},
        )
        self.errors = deque(maxlen=200)
        self.reader = threading.Thread(target=self._drain, daemon=True)
        self.reader.start()
        self.ready_line = self.process.stdout.readline()
        if not self.ready_line:
            raise NodeFailed(self.process.wait(30 * PATIENCE), self._stderr())
        self.ready = json.loads(self.ready_line)
        self.port, self.url = self.ready["port"], self.ready["url"]

    def _drain(self):
        for line in self.process.stderr:
            self.errors.append(line)

    def _stderr(self):
        self.reader.join(5)
        return "".join(self.errors)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        """Ends it, if it still runs. Sanitizers and valgrind speak by the exit status."""
        if self.process.poll() is None:
            status, stderr = self.stop()
            assert status in (0, 3), f"the node ended with status {status}: {stderr}"

    def stop(self, how=signal.SIGTERM):
        """Ends it and gives (exit status, standard error)."""
        self.process.send_signal(how)
        status = self.process.wait(30 * PATIENCE)
        return status, self._stderr()

    def kill(self):
        self.process.kill()
        self.process.wait(10)


class Node(Program):
    """`mocknode serve FOLDER` on a free port."""

    def __init__(self, folder, *arguments, wrap=()):
        super().__init__("serve", folder, "--port", 0, *arguments, wrap=wrap)

    def space(self, name=None):
        return Space(self, name or f"t{next(NAMES)}")


class Space:
    """One space of a node: its URL, sockets in it, its control calls."""

    def __init__(self, node, name):
        self.node, self.name, self.path = node, name, f"/s/{name}"
        self.sockets = []

    def url(self, query="", port=None):
        return f"ws://127.0.0.1:{port or self.node.port}{self.path}{query}"

    def socket(self, query="", **options):
        socket = Socket(self.url(query), **options)
        self.sockets.append(socket)
        return socket

    def close(self):
        for socket in self.sockets:
            socket.close()

    def post(self, body, **options):
        tls = TRUSTING if self.node.url.startswith("wss:") else None
        return post(self.node.port, self.path, body, tls=tls, **options)

    def control(self, method, *params):
        """A control call over HTTP; the node counts none of it."""
        answer = self.post(
            json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})
        ).json()
        if "error" in answer:
            raise RpcError(answer["error"])
        return answer["result"]

    def gate(self, n, order="arrival", methods=("*",), limit="60s", **more):
        """Sets a script of one gate that holds these methods."""
        self.control("mock_setScript", gated(n, order, methods, limit, **more))

    def stats(self):
        return self.control("mock_stats")

    def counters(self):
        """Sockets opened, at once, most in flight per socket, in all; requests."""
        stats = self.stats()
        return {
            "opened": stats["conns"]["opened"],
            "peak": stats["conns"]["peak"],
            "max_per_conn": stats["inflight"]["max_per_conn"],
            "max_total": stats["inflight"]["max_total"],
            "requests": stats["requests"]["total"],
        }
