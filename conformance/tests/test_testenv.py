"""The instruments themselves: the reader of recordings, the cut of an interval, the relay."""

import json
import socket
import struct
import threading

import pytest
from websockets.sync.server import serve

from testenv import frames
from testenv.certificate import Certificate
from testenv.fixture import cut
from testenv.frames import Frames, encode
from testenv.plain import TRUSTING, Plain
from testenv.programs import answers
from testenv.relay import Relay
from testenv.rpc import Socket, request
from testenv.truth import ABSENT, KNOWN, PRESENT, UNKNOWN, Truth

A, B, C = ("0x" + digit * 64 for digit in "abc")


@pytest.fixture
def recording(tmp_path):
    """Three state sets by hand: B on A with A's coverage, C on B with a smaller one of its own."""
    blocks = [{"hash": hash, "number": number} for number, hash in enumerate((A, B, C))]
    state = [
        {"set": A, "base": None, "covered": [["0x10", "0x20"], ["0x30", None]]},
        {"key": "0x11", "value": "0x01"},
        {"key": "0x12", "value": "0x02"},
        {"key": "0x25", "value": "0x03"},
        {"key": "0x31", "present": True},
        {"set": B, "base": A, "covered": "base"},
        {"key": "0x11", "value": "0xb1"},
        {"key": "0x12", "value": None},
        {"set": C, "base": B, "covered": [["0x10", "0x12"]]},
        {"key": "0x13", "value": "0xc3"},
    ]
    manifest = {"genesis": {"hash": A}, "head": C, "finalized": B}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    for name, values in (("blocks", blocks), ("state", state)):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(v) + "\n" for v in values))
    return Truth(tmp_path)


@pytest.mark.parametrize("block, key, expected", [
    (A, "0x11", (KNOWN, "0x01")), (A, "0x13", (ABSENT, None)), (A, "0x20", (UNKNOWN, None)),
    (A, "0x25", (KNOWN, "0x03")), (A, "0x31", (PRESENT, None)), (A, "0xff", (ABSENT, None)),
    (B, "0x11", (KNOWN, "0xb1")), (B, "0x12", (ABSENT, None)), (B, "0x25", (UNKNOWN, None)),
    (B, "0x31", (PRESENT, None)), (C, "0x11", (KNOWN, "0xb1")), (C, "0x12", (UNKNOWN, None)),
    (C, "0x13", (KNOWN, "0xc3")), (C, "0x31", (UNKNOWN, None)), (C, "0x10", (ABSENT, None)),
])
def test_conditions_of_keys(recording, block, key, expected):
    assert recording.lookup(block, key) == expected


def test_keys_and_pages(recording):
    assert recording.keys(B) == ["0x11", "0x31"]
    assert recording.page(A, "0x1", 1, after="0x11") == ["0x12"]


@pytest.mark.parametrize("span, key, expected", [
    (["0x10", None], "0x12", [["0x10", "0x12"], ["0x1200", None]]),
    (["0x10", "0x20"], "0x10", [["0x1000", "0x20"]]),
    (["0x10", "0x20"], "0x20", [["0x10", "0x20"]]),
    (["0x12", "0x1200"], "0x12", []),
])
def test_cutting_a_key_out(span, key, expected):
    assert cut(span, key) == expected


@pytest.mark.parametrize("compact", [True, False])
def test_the_relay_counts(compact):
    """Against a server that answers when two sockets have asked three times each, backwards."""
    both = threading.Barrier(2)

    def in_threes(socket):
        held = []
        for message in socket:
            held.append({"jsonrpc": "2.0", "id": json.loads(message)["id"], "result": "x" * 70000})
            if len(held) == 3:
                both.wait(10)
                for answer in reversed(held):
                    socket.send(json.dumps(answer))
                held = []

    with serve(in_threes, "127.0.0.1", 0, compression=None) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        with Relay(server.socket.getsockname()[1]) as relay:
            sockets = [Socket(f"ws://127.0.0.1:{relay.port}") for _ in range(2)]
            for part in range(2):
                for socket in sockets:
                    for id in range(3):
                        socket.send(request("method", id=id) if compact else list(request("m", id=id)))
                for socket in sockets:
                    assert [socket.receive()["id"] for _ in range(3)] == [2, 1, 0]
            assert relay.counters() == {
                "opened": 2, "peak": 2, "max_per_conn": 3, "max_total": 6, "requests": 12
            }
            assert relay.replies == 12
            for socket in sockets:
                socket.close()
        server.shutdown()


class Server:
    """Accepts one connection, reads its handshake, says `text` after the answer, and ends by FIN or RST."""

    def __init__(self, text, reset=False, tls=None):
        self.text, self.reset, self.tls = text, reset, tls
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.ask = threading.Event()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        client = self.listener.accept()[0]
        client = self.tls.wrap_socket(client, server_side=True) if self.tls else client
        while b"\r\n\r\n" not in client.recv(4096):
            pass
        client.sendall(b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + self.text)
        self.ask.wait(10)
        if self.reset:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.close()


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("secure", [False, True])
def test_the_relay_hands_every_end_through(tmp_path, reset, secure):
    certificate = Certificate(tmp_path, "localhost") if secure else None
    text = encode(frames.TEXT, b'{"id":1}', mask=False)
    server = Server(text, reset, certificate and certificate.context)
    with Relay(server.port, node_tls=TRUSTING if secure else None) as relay:
        client = Plain(relay.port)
        assert client.reply(1) == {"id": 1}
        server.ask.set()
        assert client.gone() == ("reset" if reset else "fin")
        said = relay.connections[0].said
        assert said.end == ("reset" if reset else "cut" if secure else "fin")
        assert [frame.header + frame.payload for frame in said.frames.frames] == [text]
        assert said.bytes == len(said.frames.head) + len(text)


def test_the_relay_keeps_the_order_between_sockets(rng):
    """A text on each of seven sockets, in another order each time."""
    sockets, ready = [], threading.Barrier(8)

    def handler(connection):
        sockets.append(connection)
        ready.wait(10)
        for _ in connection:
            pass

    with serve(handler, "127.0.0.1", 0, compression=None) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        with Relay(server.socket.getsockname()[1]) as relay:
            clients, sent = [Plain(relay.port) for _ in range(7)], []
            ready.wait(10)
            for turn in range(50):
                for number in rng.sample(range(7), 7):
                    sent.append(f"{turn} {number}".encode())
                    sockets[number].send(sent[-1].decode())
                for client in clients:
                    client.until(lambda: len(client.messages) > turn, "not all came")
            assert [frame.payload for _, frame in relay.order()] == sent
            for client in clients:
                client.close()
                client.gone()
        server.shutdown()


@pytest.mark.parametrize("size", [0, 125, 126, 65535, 65536])
@pytest.mark.parametrize("mask", [True, False])
@pytest.mark.parametrize("step", [1, 7, 100000])
def test_frames_of_any_length_in_any_pieces(size, mask, step):
    payload, got = bytes(range(256)) * (size // 256 + 1), []
    reader = Frames(on_message=got.append)
    text = b"GET / HTTP/1.1\r\n\r\n" + encode(frames.TEXT, payload[:size], mask) + encode(frames.PING, b"x", mask)
    for at in range(0, len(text), step if size < 1000 else 1000 * step):
        reader.feed(text[at : at + (step if size < 1000 else 1000 * step)])
    assert got == [payload[:size]] and not reader.rest
    assert [(f.opcode, f.masked, len(f.payload)) for f in reader.frames] == [(1, mask, size), (9, mask, 1)]


def test_answers():
    assert answers("1 True\n2 False\n") == answers("subnet 1: exists\nsubnet 2: absent\n") == {
        1: True, 2: False
    }
