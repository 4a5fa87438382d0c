"""How many connections there are, when they are opened, and when they are given up."""

import asyncio

from client import client, socket
from client.client import Client
from client.session import Session
from client.socket import Socket

from .table import breaks


@breaks(Client, "connect")
async def each_connects(right, self):
    """Whoever finds no connection opens one, whoever else does."""
    if self.session and not self.session.lost:
        return await right(self)
    return await self.open_session()


@breaks(Client, "ask")
async def opens_per_call(right, self, method, params, stream=None):
    """When a call has its answer, and nobody else waits, the connection is closed."""
    result = await right(self, method, params, stream)
    if self.session and not self.session.pending and not self.subscribed:
        session, self.session = self.session, None
        await session.close()
    return result


@breaks(Client, "asked_to_wait")
def retry_after_ignored(right, errors):
    """Nobody reads the headers of an answer that is no 101."""
    return 0


@breaks(Client, "open_socket")
async def refusal_retried(right, self):
    """Who says no is asked until he says yes."""
    while True:
        try:
            return await right(self)
        except client.Refused:
            await self.pause(client.FIRST_WAIT / 10)


@breaks(Client, "open_socket")
async def refusal_is_everybodys(right, self):
    """When one connection is refused, none is good."""
    try:
        return await right(self)
    finally:
        if any(self.refused for self in ALL):
            for each in ALL:
                each.closed = True


ALL = []


@breaks(Client, "__init__", bug="refusal_is_everybodys")
def remember(right, self, *arguments, **options):
    right(self, *arguments, **options)
    self.refused = False
    ALL.append(self)


@breaks(Client, "hopeful", bug="refusal_is_everybodys")
def refuse_all(right, error):
    ALL[-1].refused = ALL[-1].refused or isinstance(error, client.Refused)
    return right(error)


@breaks(Client, "connect")
async def each_fails_over(right, self):
    """Whoever finds no connection takes the next endpoint, whoever else does."""
    if self.session and not self.session.lost or not getattr(self, "was_open", False):
        self.was_open = True
        return await right(self)
    self.urls = self.urls[1:] + self.urls[:1]
    return await self.open_session()


@breaks(Client, "pause")
async def no_back_off(right, seconds):
    """Again, at once."""


@breaks(Client, "connect")
async def handshake_without_deadline(right, self):
    """A connection that is being opened is waited for."""
    while True:
        task = asyncio.ensure_future(right(self))
        done = False
        while not done:
            try:
                await asyncio.wait([task])
                done = True
            except asyncio.CancelledError:
                continue
        return task.result()


@breaks(socket, "connect", bug="handshake_without_deadline")
async def shake_hands_at_leisure(right, url, headers):
    return await socket.shake_hands(url, headers)


@breaks(Client, "open_session")
async def opens_a_spare(right, self):
    """A second connection is opened, should the first one end."""
    self.spare = await self.open_socket()
    return await right(self)


@breaks(Client, "__del__")
def drop_leaks_socket(right, self):
    """What is forgotten stays open."""
    KEPT.append(self.session)


KEPT = []


@breaks(Socket, "close")
async def never_closes(right, self):
    """The connection is left to whoever finds it."""
    KEPT.append(self)


@breaks(Session, "__init__")
def old_socket_still_heard(right, self, opened, ids, on_lost):
    """Each connection counts its ids from 1, and a socket that was given up is still read: what it says has a reader."""
    right(self, opened, client.itertools.count(1), on_lost)
    if OLD:
        OLD[-1].pending = self.pending
    OLD.append(self)


OLD = []


@breaks(Socket, "abandon", bug="old_socket_still_heard")
def read_on(right, self):
    session = next(each for each in OLD if each.socket is self)

    async def linger():
        async for text in self.messages():
            session.take(text)

    asyncio.ensure_future(linger())
