"""Over wss://, as public networks are asked: the same answers in every mode, and which certificates are trusted. A
relay speaks TLS to the client and counts what it reads."""

import os

import pytest

from testenv.certificate import Certificate
from testenv.command import Adapter, subtensor
from testenv.relay import Relay

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
