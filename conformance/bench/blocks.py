"""The benchmark of made blocks: how many a second a space makes, heard by nobody and by ten subscribers.

They are asked for by mock_newBlock, many calls in each write on one WebSocket; subscribers of new heads read on
sockets of their own, and a round ends when all of them have heard of the last block."""

import os
import selectors
import socket
import statistics
import time

from bench import BenchError, Server, cores, say, table
from pathlib import Path

SUBSCRIBERS = 10
AIMS = {0: 10000, SUBSCRIBERS: 1000}  # blocks a second
CALLS = 100  # in one write
MASK = b"\0\0\0\0"  # nothing on this machine looks at what is sent
HEARD = b'"chain_newHead"'
ANSWERED = b'"result":{"number"'


def frame(text):
    size = len(text)
    head = bytes([0x81, 0x80 | size]) if size < 126 else bytes([0x81, 0xfe]) + size.to_bytes(2, "big")
    return head + MASK + text


def call(method):
    return frame(b'{"jsonrpc":"2.0","id":1,"method":"%s","params":[]}' % method)


class Peer:
    """A WebSocket that counts how often a text comes, without looking at frames. Pings may wait that long."""

    def __init__(self, port, path, wanted):
        self.wanted, self.rest, self.count = wanted, b"", 0
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.sendall(
            b"GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            % (path.encode(), port))
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.more()
        if not head.startswith(b"HTTP/1.1 101"):
            raise BenchError(f"the node refuses a WebSocket: {head[:60]}")

    def more(self):
        data = self.socket.recv(1 << 18)
        if not data:
            raise BenchError("the node closes a WebSocket")
        return data

    def read(self):
        text = self.rest + self.more()
        self.count += text.count(self.wanted)
        end = text.rfind(self.wanted)
        self.rest = text[max(end + len(self.wanted), len(text) - len(self.wanted) + 1):]

    def ask(self, method):
        """One call, and its answer; so a subscription has begun, and its first notification may be counted."""
        self.socket.sendall(call(method))
        text = b""
        while b'"result"' not in text and b'"error"' not in text:
            text += self.more()
        if b'"error"' in text:
            raise BenchError(f"{method.decode()}: {text[-200:]}")
        self.count += text.count(self.wanted)


def make(maker, hearers, ms):
    """Blocks a second: whole writes of calls until the time is over, each answered and heard by all."""
    calls, made, begun = call(b"mock_newBlock") * CALLS, 0, time.perf_counter()
    first = maker.count
    selector = selectors.DefaultSelector()
    for peer in (maker, *hearers):
        selector.register(peer.socket, selectors.EVENT_READ, peer)
    before = [peer.count for peer in hearers]
    while time.perf_counter() - begun < ms / 1000:
        maker.socket.sendall(calls)
        made += CALLS
        while maker.count < first + made or any(
                peer.count < start + made for peer, start in zip(hearers, before)):
            ready = selector.select(30)
            if not ready:
                raise BenchError(f"of {made} blocks {maker.count - first} were made, and heard of by "
                                 f"{[peer.count - start for peer, start in zip(hearers, before)]}")
            for key, _ in ready:
                key.data.read()
    return made / (time.perf_counter() - begun)


def one_round(node, name, subscribers, ms):
    maker = Peer(node.port, f"/s/{name}", ANSWERED)
    hearers = [Peer(node.port, f"/s/{name}", HEARD) for _ in range(subscribers)]
    try:
        for peer in hearers:
            peer.ask(b"chain_subscribeNewHeads")
            while peer.count < 1:
                peer.read()  # the head that is there
        return make(maker, hearers, ms)
    finally:
        for peer in (maker, *hearers):
            peer.socket.close()


def measure(options):
    node = Server("mocknode", [str(Path(options.build) / "bin" / "mocknode"), "serve", options.fixture,
                               "--port", "0"])
    rates, cpus = ({count: [] for count in AIMS} for _ in range(2))
    everywhere = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {cores()[1]})
        for turn in range(options.rounds):
            say(f"blocks: round {turn + 1} of {options.rounds}")
            for count in AIMS:
                before = node.cpu_seconds()
                rates[count].append(one_round(node, f"b{turn}x{count}", count, options.ms))
                made = rates[count][-1] * options.ms / 1000
                cpus[count].append((node.cpu_seconds() - before) * 1e6 / made)
    finally:
        os.sched_setaffinity(0, everywhere)
        node.stop()
    return [{"subscribers": count, "per_second": statistics.median(rates[count]), "rounds": rates[count],
             "cpu_us": statistics.median(cpus[count]), "aim": aim} for count, aim in AIMS.items()]


def report(result):
    rows = [[str(entry["subscribers"]), f"{entry['per_second']:,.0f}", f"{entry['cpu_us']:.1f}",
             f"{'met' if entry['per_second'] >= entry['aim'] else 'missed'}: {entry['aim']:,}"]
            for entry in result.get("blocks", ())]
    if rows:
        print(table(["subscribers", "made blocks /s", "µs of the node for each", "aim"], rows) + "\n")
