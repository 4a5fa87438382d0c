"""Deadlines, cancels, limits, and what is asked again."""

import asyncio
import contextlib
import os

from client import client, session
from client.client import Client
from client.errors import Closed, Lost, RpcError
from client.session import Session

from .table import breaks

# Deadlines


@breaks(Client, "until")
def no_deadline(right, self, deadline):
    """A deadline is a wish."""
    return right(self, 1e6)


@breaks(Client, "within")
@contextlib.asynccontextmanager
async def deadline_renewed_by_traffic(right, self, until):
    """The deadline begins anew with each message, whosever it is."""
    time, task = until - self.loop.time(), asyncio.current_task()
    late = False

    def look():
        nonlocal late, timer
        heard = getattr(self.session, "heard", 0) if self.session else 0
        if self.loop.time() - max(heard, begun) >= time:
            late = True
            task.cancel()
        else:
            timer = self.loop.call_at(max(heard, begun) + time, look)

    begun = self.loop.time()
    timer = self.loop.call_later(time, look)
    try:
        yield
    except asyncio.CancelledError:
        if late:
            raise client.Late("the deadline passed") from None
        raise
    finally:
        timer.cancel()


@breaks(Session, "take", bug="deadline_renewed_by_traffic")
def remember_when(right, self, text):
    self.heard = self.reading.get_loop().time()
    right(self, text)


@breaks(Client, "call")
async def deadline_renewed_by_reconnect(right, self, method, params, deadline=None):
    """Each new connection has the whole deadline again, and what was lost is asked on it."""
    while True:
        try:
            return await right(self, method, params, deadline)
        except Lost:
            await self.pause(client.FIRST_WAIT)


@breaks(Client, "within")
@contextlib.asynccontextmanager
async def timeout_closes_connection(right, self, until):
    """A call whose deadline passes takes the connection with it."""
    try:
        async with right(self, until):
            yield
    except client.Late:
        if self.session:
            self.session.end(Closed("a call was too late"))
            self.session.socket.forget()
        raise


@breaks(Client, "within")
@contextlib.asynccontextmanager
async def poisoned_after_timeout(right, self, until):
    """What a call ended with is what the next one begins with."""
    if error := getattr(self, "poison", None):
        raise error
    try:
        async with right(self, until):
            yield
    except client.Late as error:
        self.poison = error
        raise


# Cancels


@breaks(Session, "forget_request")
def cancel_leaks(right, self, id):
    """A request that nobody waits for any more stays where it is."""
    if (entry := self.pending.get(id)) and entry.future.done() and not entry.future.cancelled():
        right(self, id)


@breaks(Client, "__init__")
def permit_leaked_by_cancel(right, self, *arguments, **options):
    """There are 4,096 places for calls, and who is cancelled does not give his back."""
    right(self, *arguments, **{"in_flight": 4096, **options})


@breaks(Client, "send", bug="permit_leaked_by_cancel")
async def keep_the_permit(right, session, method, params, stream):
    try:
        return await right(session, method, params, stream)
    except asyncio.CancelledError:
        session.permits._value -= 1
        raise


@breaks(Client, "open_session", bug="permit_leaked_by_cancel")
async def tell_of_permits(right, self):
    opened = await right(self)
    opened.permits = self.permits
    return opened


@breaks(Session, "request")
async def cancel_ends_reader(right, self, method, params, stream=None):
    """A cancelled call ends what reads for all."""
    try:
        return await right(self, method, params, stream)
    except asyncio.CancelledError:
        self.reading.cancel()
        raise


@breaks(client.Shared, "get")
async def cancel_kills_followers(right, self, key, make):
    """Who is first does the work for all, and when he leaves, so does it."""
    if key not in self.tasks:
        task = asyncio.ensure_future(make())
        task.add_done_callback(lambda _: self.tasks.pop(key, None))
        self.tasks[key] = [task, 0]
    return await self.tasks[key][0]


# Limits


@breaks(Client, "__init__")
def limit_ignored(right, self, urls, in_flight=None, **options):
    """The limit is an argument that does nothing."""
    right(self, urls, **options)


# What is asked again


@breaks(client, "is_write")
def writes_sent_again(right, method):
    """A lost request is a lost request."""
    return False


@breaks(client, "is_write")
def watch_replayed(right, method):
    """A subscription is asked again, whatever it subscribes to."""
    return right(method) and "AndWatch" not in method


@breaks(Session, "request")
async def asks_again_what_was_answered(right, self, method, params, stream=None):
    """What was asked on the last connection is asked again on the next: all of it."""
    LOG.append((method, params))
    return await right(self, method, params, stream)


LOG = []


@breaks(Client, "open_session", bug="asks_again_what_was_answered")
async def ask_all_again(right, self):
    before = list(LOG)
    opened = await right(self)
    for method, params in before:
        await opened.send(session.envelope(opened.expect(), method, params))
    return opened


@breaks(Client, "give_up")
def asks_for_ever(right, method, error, again):
    """What was lost is asked again, whatever the node said, until it has an answer."""


@breaks(Client, "ask", bug="asks_for_ever")
async def ask_on(right, self, method, params, stream=None):
    while (result := await right(self, method, params, stream)) is None and method == "state_getStorage":
        await asyncio.sleep(0)  # a turn for the others: a kept answer comes without one
    return result


@breaks(Session, "end")
def close_is_no_error(right, self, error):
    """Who is closed with a close frame has been answered: with nothing."""
    if getattr(error, "code", None):
        for entry in self.pending.values():
            if not entry.future.done():
                entry.future.set_result(None)
    right(self, error)


@breaks(Client, "ask")
async def late_asked_again(right, self, method, params, stream=None):
    """A call whose deadline passes is asked once more."""
    try:
        return await right(self, method, params, stream)
    except asyncio.CancelledError:
        self.loop.create_task(right(self, method, params, stream))
        raise


@breaks(Client, "call")
async def late_is_null(right, self, method, params, deadline=None):
    """A call whose deadline passes has no value: null."""
    try:
        return await right(self, method, params, deadline)
    except client.Late:
        return None


@breaks(Client, "ask")
async def flushes_twice(right, self, method, params, stream=None):
    """On a new connection what waits is sent, by whoever waits and by whoever opens it."""
    opened = self.session
    if (opened is None or opened.lost) and getattr(self, "was_open", False):
        session_ = await self.connect()
        await session_.send(session.envelope(session_.expect(), method, params))
    self.was_open = True
    return await right(self, method, params, stream)


@breaks(Client, "ask")
async def no_reconnect(right, self, method, params, stream=None):
    """A connection that has ended is the client's end."""
    if self.session is None and getattr(self, "was_open", False):
        raise Lost("the connection has ended")
    try:
        return await right(self, method, params, stream)
    finally:
        self.was_open = True


def again_after(*codes, times=1):
    async def ask(right, self, method, params, stream=None):
        for left in range(times, -1, -1):
            try:
                return await right(self, method, params, stream)
            except RpcError as error:
                if not left or (codes and error.code not in codes):
                    raise
    return ask


@breaks(Client, "ask")
async def rate_limit_hammered(right, self, method, params, stream=None):
    """Who is told to go slow asks five times at once."""
    try:
        return await right(self, method, params, stream)
    except RpcError as error:
        if error.code != -32999:
            raise
        return (await asyncio.gather(*(right(self, method, params, stream) for _ in range(5))))[0]


breaks(Client, "ask", bug="errors_asked_again")(again_after())
breaks(Client, "ask", bug="too_big_retried")(again_after(-32008, -32702))


@breaks(Client, "ask")
async def busy_asks_all_again(right, self, method, params, stream=None):
    """When the node is busy, all that was asked is asked again."""
    LOG.append((method, params))
    try:
        return await right(self, method, params, stream)
    except RpcError as error:
        if error.code != -32009:
            raise
        opened = await self.connect()
        for asked in LOG:
            await opened.send(session.envelope(opened.expect(), *asked))
        raise


@breaks(Client, "subscribe")
async def subscribe_retried(right, self, *arguments):
    """A refused subscription is asked for again, five times."""
    for left in range(5, -1, -1):
        try:
            return await right(self, *arguments)
        except RpcError:
            if not left:
                raise
    raise AssertionError("not reached")


@breaks(Session, "result_of")
def rpc_error_is_disconnect(right, message):
    """An error is a connection that has to be opened anew."""
    if isinstance(message.get("error"), dict):
        raise Lost("an error", code=1011)
    return right(message)


@breaks(Session, "reply", bug="rpc_error_is_disconnect")
def reply_or_end(right, self, message):
    try:
        right(self, message)
    except Lost as error:
        self.end(error)
        self.socket.forget()
        self.on_lost(self)


@breaks(Client, "close")
async def close_reconnects(right, self):
    """What waits when the client is closed is asked again."""
    session, self.session = self.session, None
    if session:
        session.end(Lost("the connection ended"))
        await session.socket.close()


@breaks(Session, "close")
async def close_forgets_calls(right, self):
    """Who waits when the client is closed still waits."""
    self.on_lost = lambda session: None
    self.pending = {}
    await right(self)


@breaks(Client, "send")
async def asked_again_of_now(right, session, method, params, stream):
    """What is asked again on another connection is asked of the head of now."""
    key = method, str(params)
    if method == "state_getStorage" and len(params) > 1 and ASKED.setdefault(key, session) is not session:
        params = [params[0], await session.request("chain_getHead", [])]
    return await right(session, method, params, stream)


ASKED = {}


# Nobody must notice


@breaks(Client, "call")
async def random_requests(right, self, method, params, deadline=None):
    """What is asked is not decided by what was asked for."""
    await self.ask("chain_getBlockHash", [2**31 + int.from_bytes(os.urandom(3), "big")])
    return await right(self, method, params, deadline)
