"""The client for threads: one loop in a thread of its own has the connection, and any thread may call and waits for its
own answer."""

import asyncio
import threading
from concurrent.futures import CancelledError

from .chain import Chain
from .client import Client


class Blocking:
    """`call`, `batch`, `storage` and so on, as Client and Chain have them, but they return when they have the answer."""

    def __init__(self, urls, **options):
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()
        self.client = self.do(self.make, Client, urls, options)
        self.chain = Chain(self.client)

    @staticmethod
    async def make(kind, urls, options):
        return kind(urls, **options)

    def submit(self, function, *arguments, **named):
        """A future of what a coroutine function gives: its `cancel` ends the call."""
        return asyncio.run_coroutine_threadsafe(function(*arguments, **named), self.loop)

    def do(self, function, *arguments, **named):
        return self.submit(function, *arguments, **named).result()

    def call(self, method, params, deadline=None):
        return self.do(self.client.call, method, params, deadline)

    def subscribe(self, method, params, unsubscribe, deadline=None):
        """An iterator of what asyncio's would give, and its end."""
        stream = self.do(self.client.subscribe, method, params, unsubscribe, deadline)
        return stream, self.items(stream)

    def items(self, stream):
        while True:
            try:
                yield self.do(stream.__anext__)
            except StopAsyncIteration:
                return

    def close(self):
        self.do(self.client.close)


__all__ = ["Blocking", "CancelledError"]
