"""The world of clients that block: each caller is a thread."""

import threading

from .desk import Ask, note
from .world import Teller, World, face, invoke


class Handle:
    """A connection, which is opened by whoever needs it first, while others wait."""

    def __init__(self, desk, urls, options, opened):
        self.urls, self.options = urls, options
        self.client, self.lock = desk.client(urls, **options), threading.Lock()
        self.opened, self.failed = opened, None

    def ready(self):
        """The error because of which it is no connection, or None."""
        with self.lock:
            if not self.opened:
                self.opened, self.failed = True, attempt(self.client.connect)
            return self.failed


class User(Teller):
    def item(self, value):
        does = self.told(value)
        if isinstance(does, Ask):
            self.world.play(does, self.client)
        elif does:
            does.wait()


def result_of(function, *arguments):
    """What a function gives, or the exception that it ends with."""
    try:
        return function(*arguments)
    except Exception as error:  # whatever the client's failure is: `failure` tells
        return error


def attempt(function, *arguments):
    """The exception that a function ends with, or None."""
    result = result_of(function, *arguments)
    return result if isinstance(result, Exception) else None


class Threads(World):
    def __init__(self, desk):
        super().__init__(desk, threading.Event)
        self.callers, self.others = [], []  # threads: of calls; of subscriptions and of what ends them

    def spawn(self, function, *arguments, among):
        among[:] = [thread for thread in among if thread.is_alive()]
        thread = threading.Thread(target=function, args=arguments, daemon=True)
        among.append(thread)
        thread.start()

    def make_handle(self, urls, options, lazy):
        return Handle(self.desk, urls, options, lazy)

    def start_opening(self, on, handle):
        self.spawn(lambda: self.desk.opened(on, handle.ready()), among=self.callers)

    def start_lane(self, lane, mode, handle, asked):
        if mode == "threaded":
            self.spawn(self.own_lane, lane, handle.urls, handle.options, among=self.callers)
        else:
            self.spawn(self.lane, lane, handle.ready, asked, among=self.callers)

    def start_subscription(self, ask, handle):
        self.spawn(self.subscription, ask, handle, among=self.others)

    def start_leaving(self, handle, ask):
        self.spawn(self.leave, handle, ask, among=self.others)

    def start_closing(self, on, client):
        self.spawn(self.closing, on, client, among=self.callers)

    def finish(self):
        """The end of input: calls end, then what is open is closed, and subscriptions with it."""
        while self.callers:
            self.callers.pop().join()
        self.release_all()
        for handle in self.handles.values():
            self.shut(handle.client)
        while self.others:
            self.others.pop().join()

    def lane(self, lane, ready, asked):
        """One caller: its calls, one after the other."""
        failed = ready()
        for ask in lane:
            if failed:
                for call in ask.calls():
                    self.desk.end(call, failed)
            else:
                self.play(ask, face(ask, asked))

    def own_lane(self, lane, urls, options):
        """One caller with a connection of its own."""
        client = self.desk.client(urls, **options)
        self.lane(lane, lambda: attempt(client.connect), (client, client))
        self.shut(client)

    def play(self, ask, client):
        """One call, from its start to its end, or a batch, each of whose calls ends for itself."""
        if ask.batch:
            asks = [call for call in ask.batch if self.desk.begin(call)]
            results = result_of(client.batch, asks) if asks else []
            if isinstance(results, Exception):
                results = [results] * len(asks)
            for call, result in zip(asks, results, strict=True):
                self.desk.end(call, result)
        elif self.desk.begin(ask):
            if client.can.get("cancel"):
                ask.cancel = lambda: client.cancel(ask)
            self.desk.end(ask, result_of(invoke, ask, client))

    def subscription(self, ask, handle):
        failed = handle.ready() or attempt(handle.client.subscribe, ask, User(self, ask, handle.client))
        self.subscribing.pop(ask.id, None)
        self.desk.ended(ask, failed)

    def leave(self, handle, ask):
        if failed := attempt(handle.client.unsubscribe, ask):  # the subscription has not ended well
            self.desk.ended(ask, failed)

    def closing(self, on, client):
        self.shut(client)
        self.desk.tell("closed", on=on)

    @staticmethod
    def shut(client):
        if failed := attempt(client.close):  # it is closed for its user, whatever came
            note(f"close: {failed!r}")
