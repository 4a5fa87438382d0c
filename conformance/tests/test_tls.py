"""Over wss://, as public networks are asked: the same answers in every mode, and which certificates are trusted. A
relay speaks TLS to the client and counts what it reads."""

import http.client
import json
import os

import pytest

from testenv.certificate import Certificate
from testenv.command import Adapter, subtensor
from testenv.node import Node, NodeFailed
from testenv.paths import FIXTURE
from testenv.plain import TRUSTING
from testenv.raw import Raw, hello
from testenv.relay import Relay
from testenv.rpc import WAIT, Socket, request

CALLS = [["tempo", 2], ["subnet_exists", 7], ["neurons_lite", 2], ["metadata"]]  # the last is far over one TLS record


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="module")
def ours(folder):
    return Certificate(folder, "localhost")


def trusting(file):
    return {**os.environ, "SSL_CERT_FILE": str(file)}


def refused(url, file, *words):
    done = subtensor("tempo", 2, url=url, env=trusting(file))
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (5, "", 1), done
    for word in words:
        assert word in done.stderr, done.stderr


@pytest.mark.parametrize("mode", ["serial", "threaded", "gathered", "shared"])
def test_the_same_answers(mode, space, node, ours, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(ours.file))
    calls = [{"id": i, "function": name, "args": args} for i, (name, *args) in enumerate(CALLS * 5)]
    said = []
    with Relay(node.port, ours.context) as relay:
        for url in (space.url(), f"wss://localhost:{relay.port}/"):
            with Adapter(url) as adapter:
                adapter.send({"op": "run", "mode": mode, "calls": calls})
                said.append(adapter.ends(len(calls)))
                assert adapter.finish() == ([], 0)
        assert relay.opened == (len(calls) if mode == "threaded" else 1)
        assert relay.requests == relay.replies > len(calls) / 2
        assert (relay.max_per_conn > 1) == (mode in ("gathered", "shared"))
    assert said[0] == said[1]
    assert {end["outcome"] for end in said[0].values()} == {"ok"}


def test_certificates_that_nobody_vouches_for(node, ours, folder):
    stranger = Certificate(folder, "stranger")
    with Relay(node.port, ours.context) as relay:
        refused(f"wss://localhost:{relay.port}", stranger.file, "certificate", "self-signed")
        assert relay.requests == 0
    with Relay(node.port, stranger.context) as relay:
        refused(f"wss://localhost:{relay.port}", stranger.file, "certificate", "ostname")
        assert relay.requests == 0


def test_what_is_no_tls(node, ours, tmp_path):
    refused(f"wss://localhost:{node.port}", ours.file, "no TLS")
    refused("wss://localhost:1", tmp_path / "none.pem", "none.pem", "SSL_CERT_FILE")


def test_a_node_that_speaks_tls(start, ours, truth, monkeypatch):
    """By a WebSocket client of others, by POST, and by the command; who speaks plainly gets nothing."""
    node = start(FIXTURE, "--tls-cert", ours.file, "--tls-key", ours.key)
    assert node.url == f"wss://127.0.0.1:{node.port}"
    with Socket(node.url, ssl=TRUSTING) as socket:
        assert socket.call("chain_getBlockHash", 3) == truth.canonical[3]["hash"]
        assert len(socket.call("state_getMetadata")) > 400000
    client = http.client.HTTPSConnection("127.0.0.1", node.port, context=TRUSTING, timeout=WAIT)
    for number in (1, 2):
        client.request("POST", "/", request("chain_getBlockHash", number), {"Content-Type": "application/json"})
        assert json.loads(client.getresponse().read())["result"] == truth.canonical[number]["hash"]
    client.close()
    monkeypatch.setenv("SSL_CERT_FILE", str(ours.file))
    done = subtensor("tempo", 2, url=f"wss://localhost:{node.port}", env=trusting(ours.file))
    assert done.returncode == 0, done
    with Raw(node.port) as raw:
        raw.send(hello())
        assert not raw.rest()[0].startswith(b"HTTP")


@pytest.mark.parametrize("options, status, words", [
    (["--tls-cert", "ours.pem"], 2, "--tls-key"), (["--tls-key", "ours.key"], 2, "--tls-cert"),
    (["--tls-cert", "none.pem", "--tls-key", "localhost.key"], 1, "none.pem"),
    (["--tls-cert", "localhost.pem", "--tls-key", "localhost.pem"], 1, "localhost.pem"),
    (["--tls-cert", "localhost.pem", "--tls-key", "stranger.key"], 1, "stranger.key"),
])
def test_certificates_that_are_none(folder, ours, options, status, words):
    Certificate(folder, "stranger")
    options = [folder / word if "." in word else word for word in options]
    with pytest.raises(NodeFailed) as failed:
        Node(FIXTURE, *options)
    assert failed.value.status == status and words in failed.value.stderr
    assert failed.value.stderr.count("\n") == 1
