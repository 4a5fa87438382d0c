"""A client of a Substrate node on asyncio: calls, batches and subscriptions over whatever connection there is. It connects
when it must, once for all callers, asks reads again that were lost, and never a write."""

import asyncio
import contextlib
import itertools
import random
import weakref

from . import socket
from .errors import CallError, Closed, Indeterminate, Late, Lost, NotConnected, Refused
from .session import Session
from .shared import Shared
from .subscription import Subscription

PATIENCE = 30.0  # seconds for a call that has no deadline
TRIES = 10  # handshakes with each URL, before nobody is there
FIRST_WAIT, LONGEST_WAIT = 0.05, 1.0  # seconds between them: each is twice the one before, and a little more
BUSY = (429, 502, 503, 504)  # statuses after which it is worth to try again
FINAL = (1002, 1003, 1007, 1008, 1009)  # close codes that say: not like this again
READS = ("author_pendingExtrinsics", "author_hasKey", "author_hasSessionKeys")


def is_write(method):
    return method.startswith(("author_", "transaction", "sudo_")) and method not in READS


class Client:
    """`urls` are tried in turn, the first first. `in_flight`: no more unanswered requests than that."""

    def __init__(self, urls, in_flight=None, headers=None, deadline=None):
        self.urls, self.headers, self.deadline = list(urls), headers or {}, deadline or PATIENCE
        self.permits = asyncio.Semaphore(in_flight) if in_flight else contextlib.nullcontext()
        self.session, self.connecting, self.closed = None, Shared(), False
        self.ids, self.subscribed, self.restoring = itertools.count(1), set(), set()
        self.loop = asyncio.get_running_loop()

    # Connections

    async def connect(self):
        """The session that calls go over: the open one, or a new one, made once for all that wait."""
        if self.closed:
            raise Closed("the client is closed")
        if self.session and not self.session.lost:
            return self.session
        return await self.connecting.get("session", self.open_session)

    async def open_session(self):
        opened = await self.open_socket()
        if self.closed:
            opened.forget()
            raise Closed("the client is closed")
        client = weakref.ref(self)
        self.session = Session(opened, self.ids, lambda session: (owner := client()) and owner.lost(session))
        return self.session

    async def open_socket(self):
        """Tries the URLs in turn, and again after a while, as long as there is hope."""
        wait, draw = FIRST_WAIT, random.Random(len(self.urls))
        for last in [False] * (TRIES - 1) + [True]:
            errors = []
            for at, url in enumerate(self.urls):
                try:
                    opened = await socket.connect(url, self.headers)
                except NotConnected as error:
                    errors.append(error)
                else:
                    self.urls = self.urls[at:] + self.urls[:at]  # whoever answers is asked first from now on
                    return opened
            if last or not any(map(self.hopeful, errors)):
                raise errors[-1]
            await self.pause(max(self.asked_to_wait(errors), wait * draw.uniform(1, 1.25)))
            wait = min(2 * wait, LONGEST_WAIT)

    @staticmethod
    async def pause(seconds):
        """Back-off: how long to stay away is a time that the node says, or the client chooses."""
        await asyncio.sleep(seconds)

    @staticmethod
    def hopeful(error):
        """Whether it is worth to try again: who is busy now may not be later, and who says no means it."""
        return not isinstance(error, Refused) or error.status in BUSY

    @staticmethod
    def asked_to_wait(errors):
        """The shortest Retry-After of the busy ones, in seconds."""
        return min((error.wait or 0 for error in errors if isinstance(error, Refused) and error.status in BUSY), default=0)

    def lost(self, session):
        """A session ended by itself: its subscriptions go over another one."""
        if self.session is session:
            self.session = None
        for stream in self.subscribed:
            if stream.session is session and stream.live:
                stream.live = False
                task = self.loop.create_task(self.restore(stream))
                self.restoring.add(task)
                task.add_done_callback(self.restoring.discard)

    # Calls

    async def call(self, method, params, deadline=None):
        """The result of a request; raises a CallError (errors.py)."""
        async with self.within(self.until(deadline)):
            return await self.ask(method, params)

    def until(self, deadline):
        """When a call must have ended that has so many seconds from now on."""
        return self.loop.time() + (deadline or self.deadline)

    @contextlib.asynccontextmanager
    async def within(self, until):
        """The time that a call has for all that it does, whatever else comes meanwhile."""
        try:
            async with asyncio.timeout_at(until):
                yield
        except TimeoutError as error:
            raise Late("the deadline passed") from error

    async def ask(self, method, params, stream=None):
        """One request. What was lost is asked once more if it is a read, or if it never left; a stream, a few times."""
        for again in range(TRIES if stream else 1, -1, -1):
            async with self.permits:
                session = await self.connect()
                if stream:
                    stream.session = session
                try:
                    return await self.send(session, method, params, stream)
                except Lost as error:
                    self.give_up(method, error, again)

    @staticmethod
    async def send(session, method, params, stream):
        return await session.request(method, params, stream)

    @staticmethod
    def give_up(method, error, again):
        """Raises what a lost request ends with, unless it may be asked again."""
        if is_write(method) and error.sent:
            raise Indeterminate(f"{method} was lost: {error}") from error
        if not again or error.code in FINAL:
            raise error

    async def batch(self, calls, deadlines):
        """Calls, each (method, params), in one array: a list of awaitables of their results."""
        untils = [self.until(deadline) for deadline in deadlines]
        async with self.within(max(untils)), self.permits:
            futures = await (await self.connect()).batch(calls)
        return [self.member(*each) for each in zip(calls, futures, untils, strict=True)]

    async def member(self, call, future, until):
        """One call of a batch; a read that was lost is asked again alone."""
        async with self.within(until):
            try:
                return await future
            except Lost as error:
                self.give_up(call[0], error, again=True)
                return await self.ask(*call)

    # Subscriptions

    async def subscribe(self, method, params, unsubscribe, deadline=None):
        """A Subscription, to be iterated, once the node has accepted it."""
        stream = Subscription(method, params, unsubscribe)
        async with self.within(self.until(deadline)):
            await self.ask(method, params, stream)
        self.subscribed.add(stream)
        if stream.session.lost:  # it was accepted, and lost before anybody could say so
            self.lost(stream.session)
        return stream

    async def unsubscribe(self, stream):
        """Ends a subscription; on a lost connection there is nothing to tell anybody."""
        if stream not in self.subscribed:
            return
        self.subscribed.discard(stream)
        session = stream.session
        self.forget_stream(stream)
        stream.finish()
        if not session.lost:
            async with self.within(self.until(None)):
                with contextlib.suppress(Lost):
                    await session.request(stream.unsubscribe, [stream.given])

    @staticmethod
    def forget_stream(stream):
        stream.session.streams.pop(stream.key, None)

    async def restore(self, stream):
        """Subscribes again, once, and the user is told that items may lack. What a write was followed by is not asked
        again: that would be the write."""
        try:
            if is_write(stream.method):
                raise Indeterminate(f"the connection was lost, and with it the sight of {stream.method}")
            async with self.within(self.until(None)):
                await self.ask(stream.method, stream.params, stream)
        except CallError as error:
            self.subscribed.discard(stream)
            stream.finish(error)

    # The end

    async def close(self):
        """Calls and subscriptions end as closed, and the node gets a close frame."""
        self.closed = True
        for task in self.restoring:
            task.cancel()
        for stream in self.subscribed:
            stream.finish(Closed("the client was closed"))
        self.subscribed.clear()
        if self.session:
            await self.session.close()

    def pending(self):
        return len(self.session.pending) if self.session else 0

    def subscriptions(self):
        return len(self.subscribed)

    def __del__(self):
        """Forgotten without close: the socket goes, too."""
        session = getattr(self, "session", None)
        if session and not session.lost and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(session.forget)
