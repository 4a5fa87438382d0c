"""What a subscriber iterates: the items of a stream in order, and words on what he may have missed. His slowness stops
nobody: items wait in a queue of bounded length, and what does not fit is counted and told."""

import asyncio
from collections import deque

KEPT = 16384  # items that wait for their user


class Gap:
    """The connection was lost, and the subscription is on a new one: items may lack."""


class Lag:
    """`lost` items were dropped because their user was slow."""

    def __init__(self, lost):
        self.lost = lost


class Subscription:
    """`key` and `given` are the node's name of it on `session`. Iterating gives items, Gap and Lag, and ends with the
    subscription, by raising what it ended with if it did not end well."""

    def __init__(self, method, params, unsubscribe):
        self.method, self.params, self.unsubscribe = method, params, unsubscribe
        self.session = self.key = self.given = None
        self.live = False  # on its session; a lost one is not, until it has another
        self.items, self.dropped, self.came = deque(), 0, asyncio.Event()
        self.finished, self.error = False, None

    def named(self, key, given):
        """The node has accepted it; not for the first time, if it was lost."""
        if self.key is not None:
            self.put(Gap())
        self.key, self.given, self.live = key, given, True

    def give(self, value):
        if len(self.items) < KEPT:
            self.put(value)
        else:
            self.dropped += 1

    def put(self, value):
        self.items.append(value)
        self.came.set()

    def finish(self, error=None):
        if not self.finished:
            self.finished, self.error = True, error
            self.came.set()

    def __aiter__(self):
        return self

    async def __anext__(self):
        while not self.items:
            if self.finished and self.error:
                raise self.error
            if self.finished:
                raise StopAsyncIteration
            if self.dropped:
                lost, self.dropped = self.dropped, 0
                return Lag(lost)
            self.came.clear()
            await self.came.wait()
        return self.items.popleft()
