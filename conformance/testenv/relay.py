"""A relay between client and node that counts by itself: it hands every byte through unchanged and reads
along. What it says of sockets, requests and calls in flight owes nothing to either side."""

import asyncio
import json
import threading


class Frames:
    """Reads one direction of a WebSocket: first the HTTP head, then frames; gives whole messages."""

    def __init__(self, on_message):
        self.buffer, self.message, self.on_message = bytearray(), bytearray(), on_message
        self.in_head = True

    def feed(self, data):
        self.buffer += data
        if self.in_head:
            end = self.buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            del self.buffer[: end + 4]
            self.in_head = False
        while self.take_frame():
            pass

    def take_frame(self):
        b = self.buffer
        if len(b) < 2:
            return False
        final, opcode, masked, length, at = b[0] & 0x80, b[0] & 0x0F, b[1] & 0x80, b[1] & 0x7F, 2
        assert not b[0] & 0x70, "a compressed frame: the relay reads plain ones only"
        if length >= 126:
            size = 2 if length == 126 else 8
            if len(b) < at + size:
                return False
            length, at = int.from_bytes(b[at : at + size], "big"), at + size
        key_end = at + (4 if masked else 0)
        if len(b) < key_end + length:
            return False
        payload = bytes(b[key_end : key_end + length])
        if masked:
            mask = (bytes(b[at:key_end]) * (length // 4 + 1))[:length]
            payload = (int.from_bytes(payload, "big") ^ int.from_bytes(mask, "big")).to_bytes(
                length, "big"
            )
        del b[: key_end + length]
        if opcode < 8:
            self.message += payload
            if final:
                self.on_message(bytes(self.message))
                self.message.clear()
        return True


def calls_in(message):
    """The ids of the calls or answers in a message; of notifications there are none."""
    value = json.loads(message)
    return [json.dumps(entry["id"]) for entry in (value if isinstance(value, list) else [value])
            if isinstance(entry, dict) and "id" in entry]


class Relay:
    """Listens on a free port of its own and hands through to the node's. Use as a context. With `tls`, a server's
    ssl.SSLContext, it speaks TLS to the client."""

    def __init__(self, port, tls=None):
        self.target, self.tls = port, tls
        self.opened = self.open = self.peak = 0
        self.requests = self.replies = self.max_per_conn = self.max_total = 0
        self.in_flight = {}
        self.sent, self.received = [], []
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        starting = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self.serve, "127.0.0.1", 0, ssl=self.tls), self.loop
        )
        self.server = starting.result(10)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self.shut(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    async def shut(self):
        """Closes both ends of every connection that is still there."""
        self.server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def asked(self, socket, message):
        self.sent.append(message.decode())
        for id in calls_in(message):
            self.in_flight[socket].append(id)
            self.requests += 1
        self.max_per_conn = max(self.max_per_conn, len(self.in_flight[socket]))
        self.max_total = max(self.max_total, sum(map(len, self.in_flight.values())))

    def answered(self, socket, message):
        self.received.append(message.decode())
        for id in calls_in(message):
            if id in self.in_flight[socket]:
                self.in_flight[socket].remove(id)
                self.replies += 1

    async def serve(self, reader, writer):
        socket = self.opened = self.opened + 1
        self.open += 1
        self.peak = max(self.peak, self.open)
        self.in_flight[socket] = []
        try:
            node = await asyncio.open_connection("127.0.0.1", self.target)
            await asyncio.gather(
                self.pump(reader, node[1], Frames(lambda m: self.asked(socket, m))),
                self.pump(node[0], writer, Frames(lambda m: self.answered(socket, m))),
            )
        finally:
            self.open -= 1
            del self.in_flight[socket]

    async def pump(self, reader, writer, frames):
        try:
            while data := await reader.read(65536):
                frames.feed(data)
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    def counters(self):
        return {
            "opened": self.opened,
            "peak": self.peak,
            "max_per_conn": self.max_per_conn,
            "max_total": self.max_total,
            "requests": self.requests,
        }
