"""The scenarios that every client must bear, played by a plain client that is not ours: what the node was told to do,
it did, by its event journal. One entry of musts/*.json is one test; testenv/play.py says how to read them."""

import json
from pathlib import Path

import pytest

from testenv.node import Node, Program
from testenv.paths import FIXTURE, ROOT
from testenv.plain import Plain
from testenv.play import Play, short_keys
from testenv.rpc import request
from testenv.truth import Truth

TRACERS = [ROOT / "fixtures" / name for name in ("tracer", "tracer-2")]


def cases():
    for file in sorted(Path(__file__).with_name("musts").glob("*.json")):
        for case in json.loads(file.read_text()):
            marks = [pytest.mark.slow] if case.get("slow") else []
            yield pytest.param(case, id=case["name"], marks=marks)


@pytest.fixture(scope="module")
def recordings():
    """A node of all recordings."""
    with Node(FIXTURE, *TRACERS) as node:
        yield node


@pytest.fixture(scope="module")
def truths(truth):
    return {"subtensor-293": truth, "tracer": Truth(TRACERS[0])}


def canonical(space):
    """The text of its canonical journal, without its name."""
    return space.post(request("mock_journal", {"form": "canonical"})).text.replace(f'"space":"{space.name}",', "")


@pytest.mark.parametrize("case", list(cases()))
def test_must(case, recordings, truths):
    journals = set()
    fixture = case.get("fixture", "subtensor-293")
    for _ in range(case.get("repeat", 1)):
        play = Play(recordings.space(), truths[fixture], case)
        try:
            play.run()
        finally:
            play.close()
        journals.add(canonical(play.space))
    assert len(journals) == 1


def test_record_replay_roundtrip(start, truth, tmp_path):
    """A gathered session, recorded through the proxy from a node that shuffles its replies, is answered from what was
    recorded as the node answered it."""
    upstream, keys = start(FIXTURE), short_keys(truth)
    upstream.space("default").control("mock_setLatency", "0ms")
    texts = [request("state_getStorage", key, truth.head["hash"], id=id) for id, key in enumerate(keys)]

    def gathered(port):
        client = Plain(port)
        client.send_all(texts)
        client.until(lambda: len(client.messages) == len(texts), "not all were answered")
        client.close()
        client.gone()
        return {id: client.replies(id)[0]["result"] for id in range(len(texts))}

    with Program("record", "--upstream", upstream.url, "--listen", 0, "--out", tmp_path / "out") as proxy:
        live = gathered(proxy.port)
        assert proxy.stop()[0] == 0
    assert live == {id: truth.lookup(truth.head["hash"], key)[1] for id, key in enumerate(keys)}
    assert gathered(start(tmp_path / "out").port) == live
