"""What each command of a driver begins, whoever the callers are: tasks.py and threads.py say what a caller is."""

import contextlib
import gc

from .client import Failed
from .desk import Ask, Refused, lanes


class World:
    """`event` makes what a handler that holds waits for. A subclass has `make_handle`, and begins what `start_…` says."""

    def __init__(self, desk, event):
        self.desk, self.event = desk, event
        self.handles, self.handlers, self.subscribing = {}, {}, {}

    def handle(self, on):
        if on not in self.handles:
            raise Refused(f"there is no handle {on}: open it")
        return self.handles[on]

    def open(self, on, urls, lazy=False, deadline_ms=None, **options):
        if deadline_ms is not None:
            options["deadline"] = deadline_ms / 1000
        handle = self.handles[on] = self.make_handle(urls, options, lazy and self.desk.client.can.get("lazy", False))
        if lazy:
            self.desk.opened(on)
        else:
            self.start_opening(on, handle)

    def run(self, on, mode, **command):
        handle, dealt = self.handle(on), lanes({"mode": mode, **command})
        self.desk.accept([ask for lane in dealt for ask in lane])
        client = unpinned = handle.client
        if mode == "gathered" and client.can.get("snapshot"):
            unpinned = client.snapshot()
        for lane in dealt:
            self.start_lane(lane, mode, handle, (client, unpinned))

    def cancel(self, id):
        if id in self.subscribing:
            raise Refused(f"{id} is a subscription: unsubscribe ends it")
        ask = self.desk.asks.get(id)
        if ask and ask.cancel is None:
            self.desk.end(ask, Failed("cancelled", "before it was handed to the client"))
        elif ask:
            with contextlib.suppress(RuntimeError):  # the loop of its thread has ended, and so has the call
                ask.cancel()

    def subscribe(self, on, **command):
        handle = self.handle(on)
        (ask,) = self.desk.accept([Ask(command)])
        self.subscribing[ask.id] = handle, ask
        self.start_subscription(ask, handle)

    def unsubscribe(self, id):
        if id not in self.subscribing:
            raise Refused(f"there is no subscription {id}")
        self.start_leaving(*self.subscribing[id])

    def handler(self, id, does):
        self.release(id)
        self.handlers[id] = self.event() if does == "hold" else does

    def release(self, id):
        if isinstance(self.handlers.get(id), self.event):
            self.handlers.pop(id).set()

    def release_all(self):
        for id in list(self.handlers):
            self.release(id)

    def close(self, on):
        self.start_closing(on, self.handle(on).client)

    def drop(self, on):
        self.handle(on)
        del self.handles[on]
        gc.collect()
        self.desk.tell("closed", on=on)

    def stat(self, id):
        gc.collect()
        self.desk.stat(id, [handle.client for handle in self.handles.values()])


def face(ask, asked):
    """What a call is asked of, of (client, what has one head for the unpinned calls of a run)."""
    return asked[ask.function is not None and ask.pin is None]


def invoke(ask, client):
    """Hands a call to the client."""
    if ask.method:
        return client.raw(ask, ask.method, ask.params)
    return client.function(ask, ask.function, ask.args)


class Teller:
    """The user of a subscription, as far as all are equal: what the client tells him becomes events."""

    def __init__(self, world, ask, client):
        self.world, self.ask, self.client, self.count = world, ask, client, 0

    def subscribed(self):
        self.world.desk.tell("subscribed", id=self.ask.id)

    def lag(self, lost):
        self.world.desk.tell("lag", id=self.ask.id, lost=lost)

    def gap(self, first=None, last=None):
        self.world.desk.tell("gap", id=self.ask.id, **{"from": first, "to": last})

    def told(self, value):
        """Tells an item and gives what the handler does with it: None, an event to wait for, or a call to make."""
        self.count += 1
        self.world.desk.tell("item", id=self.ask.id, n=self.count, value=value)
        does = self.world.handlers.get(self.ask.id)
        if not isinstance(does, dict):
            return does
        (ask,) = self.world.desk.accept([Ask({**does["call"], "id": f"{self.ask.id}/{self.count}"})])
        return ask
