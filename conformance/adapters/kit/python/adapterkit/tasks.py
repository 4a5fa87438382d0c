"""The world of asyncio clients: each caller is a task. A thread of a threaded run has a loop and a connection of its own;
threads of a shared run give their calls to the loop of the handle, and wait."""

import asyncio
import inspect
import threading

from .client import Failed
from .desk import Ask, note
from .world import Teller, World, face, invoke


class Handle:
    """A connection, which is opened by whoever needs it first, while others wait."""

    def __init__(self, desk, urls, options, opened):
        self.urls, self.options = urls, options
        self.client, self.lock = desk.client(urls, **options), asyncio.Lock()
        self.opened, self.failed = opened, None

    async def ready(self):
        """The error because of which it is no connection, or None."""
        async with self.lock:
            if not self.opened:
                self.opened, self.failed = True, await attempt(self.client.connect())
            return self.failed


class User(Teller):
    async def item(self, value):
        does = self.told(value)
        if isinstance(does, Ask):
            await self.world.play(does, self.client)
        elif does:
            await does.wait()


async def result_of(awaitable):
    """What an awaitable gives, or the exception that it ends with."""
    try:
        return await awaitable
    except (Exception, asyncio.CancelledError) as error:  # whatever the client's failure is: `failure` tells
        return error


async def attempt(awaitable):
    """The exception that an awaitable ends with, or None."""
    result = await result_of(awaitable)
    return result if isinstance(result, BaseException) else None


async def handed(desk, ask, client):
    """Hands a call to the client, unless it was cancelled before; gives what it gives."""
    if not desk.begin(ask):
        raise asyncio.CancelledError
    return await invoke(ask, client)


class Tasks(World):
    def __init__(self, desk):
        super().__init__(desk, asyncio.Event)
        self.loop, self.running = asyncio.get_running_loop(), set()

    def spawn(self, coroutine):
        task = self.loop.create_task(coroutine)
        self.running.add(task)
        task.add_done_callback(self.running.discard)

    def spawn_thread(self, function, *arguments):
        """A thread, and a task that waits for its end."""
        done = self.loop.create_future()

        def body():
            try:
                function(*arguments)
            finally:
                self.loop.call_soon_threadsafe(done.set_result, None)

        async def wait():
            await done

        threading.Thread(target=body, daemon=True).start()
        self.spawn(wait())

    def make_handle(self, urls, options, lazy):
        return Handle(self.desk, urls, options, lazy)

    def start_opening(self, on, handle):
        async def opening():
            self.desk.opened(on, await handle.ready())

        self.spawn(opening())

    def start_lane(self, lane, mode, handle, asked):
        if mode == "threaded":
            self.spawn_thread(lambda: asyncio.run(self.own_lane(lane, handle.urls, handle.options)))
        elif mode == "shared":
            self.spawn_thread(self.shared_lane, lane, handle.ready, asked)
        else:
            self.spawn(self.lane(lane, handle.ready, asked))

    def start_subscription(self, ask, handle):
        self.spawn(self.subscription(ask, handle))

    def start_leaving(self, handle, ask):
        self.spawn(self.leave(handle, ask))

    def start_closing(self, on, client):
        self.spawn(self.closing(on, client))

    async def finish(self):
        """The end of input: calls end, then what is open is closed, and subscriptions with it."""
        while self.running and any(id not in self.subscribing for id in self.desk.asks):
            await asyncio.wait(self.running, return_when=asyncio.FIRST_COMPLETED)
        self.release_all()
        for handle in self.handles.values():
            await self.shut(handle.client)
        if self.running:
            await asyncio.wait(self.running)

    async def lane(self, lane, ready, asked):
        """One caller: its calls, one after the other."""
        failed = await ready()
        for ask in lane:
            if failed:
                for call in ask.calls():
                    self.desk.end(call, failed)
            else:
                await self.play(ask, face(ask, asked))

    async def own_lane(self, lane, urls, options):
        """One caller with a connection of its own."""
        client = self.desk.client(urls, **options)
        await self.lane(lane, lambda: attempt(client.connect()), (client, client))
        await self.shut(client)

    def shared_lane(self, lane, ready, asked):
        """One caller in a thread of its own, on the connection of all."""
        for ask in lane:
            asyncio.run_coroutine_threadsafe(self.lane([ask], ready, asked), self.loop).result()

    async def play(self, ask, client):
        """One call, from its start to its end, or a batch, each of whose calls ends for itself."""
        if ask.batch:
            asks = [call for call in ask.batch if self.desk.begin(call)]
            results = await result_of(client.batch(asks)) if asks else []
            if isinstance(results, BaseException):
                results = [results] * len(asks)
            await asyncio.gather(*(self.end(call, result) for call, result in zip(asks, results, strict=True)))
        else:
            await self.end(ask, handed(self.desk, ask, client))

    async def end(self, ask, result):
        """The end of a call; what has to be awaited for it is a task that a cancel may end."""
        if inspect.isawaitable(result):
            loop, task = asyncio.get_running_loop(), asyncio.ensure_future(result)
            ask.cancel = lambda: loop.call_soon_threadsafe(task.cancel)
            await asyncio.wait([task])
            result = Failed("cancelled") if task.cancelled() else task.exception() or task.result()
        self.desk.end(ask, result)

    async def subscription(self, ask, handle):
        failed = await handle.ready() or await attempt(handle.client.subscribe(ask, User(self, ask, handle.client)))
        self.subscribing.pop(ask.id, None)
        self.desk.ended(ask, failed)

    async def leave(self, handle, ask):
        if failed := await attempt(handle.client.unsubscribe(ask)):  # the subscription has not ended well
            self.desk.ended(ask, failed)

    async def closing(self, on, client):
        await self.shut(client)
        self.desk.tell("closed", on=on)

    @staticmethod
    async def shut(client):
        if failed := await attempt(client.close()):  # it is closed for its user, whatever came
            note(f"close: {failed!r}")
