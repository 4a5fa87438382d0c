"""One conversation on one socket: requests that wait for their replies by id, and the streams that the node has named.
When it is lost, each request is told so; the client (client.py) decides what becomes of it."""

import asyncio
import json

from .errors import Closed, Lost, RpcError, Violation

EARLY = 4096  # notifications that are kept for a stream whose name has not come yet


class Pending:
    """A request that has not been answered: `stream` if it subscribes, `batch` if it stands in one (all its ids)."""

    def __init__(self, future, stream=None, batch=()):
        self.future, self.stream, self.batch = future, stream, batch


class Session:
    """`ids` gives numbers that no other session of the client uses, so that what an old socket says fits no new request.
    `on_lost` is called once, when the conversation has ended by itself."""

    def __init__(self, socket, ids, on_lost):
        self.socket, self.ids, self.on_lost = socket, ids, on_lost
        self.pending, self.streams, self.early = {}, {}, []
        self.lost = None
        self.reading = asyncio.get_running_loop().create_task(self.read())

    # Requests

    def expect(self, stream=None):
        id = next(self.ids)
        self.pending[id] = Pending(asyncio.get_running_loop().create_future(), stream)
        return id

    async def request(self, method, params, stream=None):
        """The result; raises RpcError, Lost, Violation."""
        id = self.expect(stream)
        entry = self.pending[id]
        try:
            await self.send(envelope(id, method, params))
            return await entry.future
        finally:
            self.forget_request(id)

    def forget_request(self, id):
        self.pending.pop(id, None)

    async def batch(self, calls):
        """A list of futures, one for each of the calls, which are sent as one array; the caller awaits or cancels all."""
        ids = [self.expect() for _ in calls]
        entries = [self.pending[id] for id in ids]
        for id, entry in zip(ids, entries, strict=True):
            entry.batch = ids
            entry.future.add_done_callback(lambda _, id=id: self.forget_request(id))
        try:
            await self.send([envelope(id, *call) for id, call in zip(ids, calls, strict=True)])
        except BaseException:
            for entry in entries:
                entry.future.cancel()
            raise
        return [entry.future for entry in entries]

    async def send(self, message):
        if self.lost:
            raise Lost(str(self.lost), sent=False)
        try:
            await self.socket.send(json.dumps(message))
        except Lost as error:
            self.end(Lost(str(error)))  # so that the next try is on another connection, though the reader has not noticed
            raise

    # What comes

    async def read(self):
        """The only reader of the socket, until it ends."""
        error = None
        try:
            async for text in self.socket.messages():
                await self.hear(text)
        except (Lost, Violation) as ended:
            error = ended
        self.end(error)
        self.on_lost(self)

    async def hear(self, text):
        """A message has come. Nothing is waited for here: whoever reads also answers pings."""
        self.take(text)

    def take(self, text):
        """A message; what is none of JSON-RPC is passed over."""
        try:
            message = self.parse(text)
        except (ValueError, RecursionError):
            return
        if isinstance(message, list):
            for reply in message:
                self.take_one(reply)
            self.close_batches(message)
        else:
            self.take_one(message)

    @staticmethod
    def parse(text):
        """JSON; integers of any size are exact."""
        return json.loads(text)

    def take_one(self, message):
        if not isinstance(message, dict):
            return
        if "method" in message:
            self.notify(message)
        elif "id" in message and message["id"] is None and message.get("error") is not None:
            self.refuse_all(message["error"])
        else:
            self.reply(message)

    def reply(self, message):
        entry = self.owner(message.get("id"))
        if entry is None or entry.future.done():
            self.stranger(message)
            return
        try:
            result = self.result_of(message)
        except (RpcError, Violation) as error:
            entry.future.set_exception(error)
            return
        if entry.stream:
            self.name(entry.stream, result)
        entry.future.set_result(result)

    def owner(self, id):
        """A reply belongs to the request with its very id: the number 7, not "7" and not 7.0."""
        return self.pending.get(id) if type(id) is int else None

    def stranger(self, message):
        """A reply that nobody waits for: a late one, a second one, one to an id that was never used. It is passed over."""

    @staticmethod
    def result_of(message):
        """The result of a reply; an error goes before it."""
        error = message.get("error")
        if isinstance(error, dict):
            raise RpcError(error)
        if error is not None or "result" not in message:
            raise Violation("a reply has neither a result nor an error")
        return message["result"]

    def close_batches(self, replies):
        """The array that answers a batch is there: what it lacks, it will never have."""
        answered = {reply["id"] for reply in replies if isinstance(reply, dict) and type(reply.get("id")) is int}
        for id in answered & self.pending.keys():
            for other in self.pending[id].batch:
                if other not in answered and (entry := self.pending.get(other)) and not entry.future.done():
                    entry.future.set_exception(Violation("the reply to a batch lacks an entry"))

    def refuse_all(self, error):
        """An error to a request that the node could not read: whichever it was, all that wait are told."""
        for entry in list(self.pending.values()):
            if not entry.future.done():
                entry.future.set_exception(RpcError(error))

    # Streams

    def name(self, stream, given):
        """From now on notifications of that name are the stream's, and so are those that came before its name."""
        key = stream_key(given)
        stream.named(key, given)
        self.streams[key] = stream
        came = [value for early, value in self.early if early == key]
        self.early = [each for each in self.early if each[0] != key]
        for value in came:
            stream.give(value)

    def notify(self, message):
        params = message.get("params")
        if not isinstance(params, dict) or "subscription" not in params or "result" not in params:
            return
        key, value = stream_key(params["subscription"]), params["result"]
        if key in self.streams:
            self.streams[key].give(value)
        else:
            self.unnamed(key, value)

    def unnamed(self, key, value):
        """A notification of a stream whose name has not come yet, or of one that has ended."""
        if any(entry.stream for entry in self.pending.values()) and len(self.early) < EARLY:
            self.early.append((key, value))
        else:
            self.early.clear()

    # The end

    def end(self, error):
        """No more replies: each request is told why."""
        self.lost = self.lost or error or Lost("the connection ended")
        for entry in list(self.pending.values()):
            if not entry.future.done():
                entry.future.set_exception(self.lost)
        self.streams.clear()

    async def close(self):
        """As its user wants it: what waits ends as closed, and the node is told."""
        self.on_lost = lambda session: None
        self.end(Closed("the client was closed"))
        await self.socket.close()

    def forget(self):
        self.on_lost = lambda session: None
        self.end(Closed("the client was dropped"))
        self.socket.forget()


def stream_key(given):
    """1 and "1" are two names."""
    return json.dumps(given)


def envelope(id, method, params):
    return {"jsonrpc": "2.0", "id": id, "method": method, "params": params}
