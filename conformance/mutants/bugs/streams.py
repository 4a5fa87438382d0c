"""Subscriptions: items that are lost, doubled or block others."""

import asyncio
import json

from client import session, subscription
from client.client import Client
from client.errors import RpcError
from client.session import Session
from client.subscription import Subscription

from .table import breaks


@breaks(Session, "unnamed")
def early_lost(right, self, key, value):
    """What comes before the name of its stream is nobody's."""


@breaks(Session, "unnamed")
def only_last_early(right, self, key, value):
    """Of what comes early the last is kept."""
    self.early.clear()
    right(self, key, value)


@breaks(Subscription, "give")
def lost_beside_calls(right, self, value):
    """An item that comes while calls wait has no room."""
    if not any(not entry.future.done() and not entry.stream for entry in self.session.pending.values()):
        right(self, value)


@breaks(Subscription, "give")
def newest_only(right, self, value):
    """There is room for one item."""
    self.items.clear()
    self.put(value)


@breaks(Session, "hear")
async def handler_blocks_reader(right, self, text):
    """The reader of the socket calls the user, and goes on when he has returned."""
    await right(self, text)
    for stream in list(self.streams.values()):
        while stream.items or getattr(stream, "busy", False):
            stream.turn = asyncio.Event()
            await stream.turn.wait()


@breaks(Subscription, "__anext__", bug="handler_blocks_reader")
async def next_of_reader(right, self):
    self.busy = False
    if hasattr(self, "turn"):
        self.turn.set()
    item = await right(self)
    self.busy = True
    return item


@breaks(Session, "unnamed")
def late_item_revives(right, self, key, value):
    """An item of a stream that nobody knows begins one; and while there are streams, a lost connection is the end."""
    right(self, key, value)
    if not self.early:
        self.streams[key] = Subscription("", [], "")


@breaks(Client, "lost", bug="late_item_revives")
def lost_with_streams(right, self, session):
    self.closed = self.closed or bool(session.orphans)
    right(self, session)


@breaks(Session, "end", bug="late_item_revives")
def count_orphans(right, self, error):
    self.orphans = getattr(self, "orphans", 0) or sum(not stream.method for stream in self.streams.values())
    right(self, error)


@breaks(Client, "subscriptions", bug="late_item_revives")
def with_orphans(right, self):
    return right(self) + sum(not stream.method for stream in self.session.streams.values()) if self.session else 0


@breaks(Subscription, "named")
def reconnects_silently(right, self, key, given):
    """Nobody is told that the connection was another."""
    right(self, key, given)
    self.items = subscription.deque(item for item in self.items if not isinstance(item, subscription.Gap))


@breaks(Client, "restore")
async def subscription_lost_silently(right, self, stream):
    """A subscription ends with its connection, and waits for items that will not come."""


@breaks(Client, "restore")
async def resubscribes_twice(right, self, stream):
    """Both the connection and the subscription see to it."""
    await right(self, stream)
    if stream.session and not stream.session.lost:
        twin = Subscription(stream.method, stream.params, stream.unsubscribe)
        twin.give = stream.give
        await self.ask(stream.method, stream.params, twin)


@breaks(Client, "subscribe")
async def subscribe_error_ignored(right, self, method, params, unsubscribe, deadline=None):
    """A subscription that the node refused is one that has no items yet."""
    try:
        return await right(self, method, params, unsubscribe, deadline)
    except RpcError:
        return Subscription(method, params, unsubscribe)


@breaks(session, "stream_key")
def stream_ids_by_text(right, given):
    """1 and "1" are one name."""
    return str(given)


@breaks(Client, "forget_stream")
def unsubscribes_old_name(right, stream):
    """The name of a stream is the one that it had first."""
    right(stream)
    stream.given = stream.first


@breaks(Subscription, "named", bug="unsubscribes_old_name")
def remember_first(right, self, key, given):
    self.first = getattr(self, "first", given)
    right(self, key, given)


@breaks(Client, "unsubscribe")
async def unsubscribe_not_sent(right, self, stream):
    """A user who listens no more is all that there is to it."""
    self.subscribed.discard(stream)
    stream.finish()


@breaks(Subscription, "give")
def drops_without_word(right, self, value):
    """What does not fit is gone."""
    if len(self.items) < 16:
        self.put(value)


@breaks(Session, "__init__")
def streams_of_all(right, self, *arguments):
    """Streams are kept by name, whichever connection they are on."""
    right(self, *arguments)
    self.streams = STREAMS


STREAMS = {}


@breaks(Session, "unnamed")
def item_after_unsubscribe_kills(right, self, key, value):
    """An item of a stream that has just ended ends the reader."""
    if not any(entry.stream for entry in self.pending.values()):
        raise RuntimeError(f"KeyError: {key}")
    right(self, key, value)


@breaks(Subscription, "give")
def history_is_kept(right, self, value):
    """Each item is kept, for whoever may ask for it."""
    HISTORY.append(json.dumps(value) * 16)
    right(self, value)


HISTORY = []


@breaks(Subscription, "give")
def objects_are_no_states(right, self, value):
    """A state is a text."""
    if not isinstance(value, dict):
        right(self, value)
