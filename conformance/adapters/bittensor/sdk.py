"""Asking the SDK in each of its ways: one await after the other, asyncio.gather, threads with a Subtensor each. A call
has a function's name, its arguments and its pin; its end is a value, or the exception that the SDK raised."""

import asyncio
import inspect
import threading
from concurrent.futures import ThreadPoolExecutor

from bittensor.core.async_subtensor import AsyncSubtensor
from bittensor.core.subtensor import Subtensor

from canonical import NotUndone, Refused, canonical

# They say which block by themselves, or are about the head.
UNPINNED = {"get_current_block", "get_block_hash"}
THREADS = 7


class CannotAsk(Exception):
    """The SDK has no such function, or does not take these arguments."""


def functions():
    return sorted(name for name, _ in inspect.getmembers(AsyncSubtensor, callable) if not name.startswith("_"))


def pinned(call):
    pin = call.get("pin") or {}
    if not pin or call["function"] in UNPINNED:
        return {}
    return {"block": pin["block"]} if "block" in pin else {"block_hash": pin["hash"]}


def prepared(subtensor, call):
    """The SDK's method with all of its arguments, to be called without any."""
    method, args = getattr(subtensor, call["function"], None), call.get("args", [])
    if method is None or call["function"].startswith("_"):
        raise CannotAsk(f"the SDK has no function {call['function']}")
    listed, named = (args, {}) if isinstance(args, list) else ([], dict(args))
    if call["function"] == "get_balances":  # the one that takes any number of arguments
        listed = listed[0] if listed else named.pop("addresses")
    named |= pinned(call)
    try:
        inspect.signature(method).bind(*listed, **named)
    except TypeError as error:
        raise CannotAsk(f"{call['function']}: {error}") from error
    return lambda: method(*listed, **named)


def given(call):
    """The arguments that a map was asked with."""
    args = call.get("args", [])
    return (args.get("params") if isinstance(args, dict) else next(iter(args[2:]), None)) or []


def ended(call, value):
    shown = canonical(call["function"], value, given(call) if call["function"] == "query_map" else ())
    presence = "absent" if shown is None else "present"  # of a default the SDK does not tell
    return {"event": "end", "id": call["id"], "outcome": "ok", "presence": presence, "value": shown}


def failed(call, error):
    """How a call ends that raised: the message begins with the name of the exception."""
    outcome = {CannotAsk: "unimplemented", NotUndone: "not_canonical"}.get(type(error), "raised")
    plain = isinstance(error, (CannotAsk, Refused))
    message = str(error) if plain else f"{type(error).__name__}: {error}"
    return {"event": "end", "id": call["id"], "outcome": outcome, "message": message}


async def ask(subtensor, call):
    try:
        async with asyncio.timeout(call["deadline_ms"] / 1000 if call.get("deadline_ms") else None):
            value = await prepared(subtensor, call)()
            if hasattr(value, "__aiter__"):  # of a map
                value = [entry async for entry in value]
        return ended(call, value)
    except asyncio.CancelledError:
        return {"event": "end", "id": call["id"], "outcome": "cancelled", "message": "cancelled"}
    except TimeoutError:
        return {"event": "end", "id": call["id"], "outcome": "timeout", "message": "the deadline has passed"}
    except Exception as error:  # whatever the SDK raises is how the call ended
        return failed(call, error)


def ask_in_thread(subtensor, call):
    try:
        value = prepared(subtensor, call)()
        return ended(call, list(value) if hasattr(value, "records") else value)
    except Exception as error:
        return failed(call, error)


class Sdk:
    """Runs of calls in the three modes. `tell` is given each end. The asynchronous modes share one AsyncSubtensor, as
    a program would; each thread has a Subtensor of its own."""

    def __init__(self, url, tell):
        self.url, self.tell = url, tell
        self.opening, self.subtensor = asyncio.Lock(), None
        self.asking = {}

    async def opened(self):
        async with self.opening:
            if self.subtensor is None:
                subtensor = AsyncSubtensor(self.url)
                await subtensor.initialize()
                self.subtensor = subtensor
        return self.subtensor

    async def close(self):
        if self.subtensor is not None:
            await self.subtensor.close()

    async def run(self, mode, calls, threads=None):
        if mode == "threaded":
            await asyncio.to_thread(self.threaded, calls, threads or THREADS)
            return
        subtensor = await self.opened()
        if mode == "gathered":
            await asyncio.gather(*(self.one(subtensor, call) for call in calls))
            return
        for call in calls:
            await self.one(subtensor, call)

    async def one(self, subtensor, call):
        task = self.asking[call["id"]] = asyncio.ensure_future(ask(subtensor, call))
        self.tell(await task)
        del self.asking[call["id"]]

    def cancel(self, id):
        if id in self.asking:
            self.asking[id].cancel()

    def threaded(self, calls, threads):
        mine, all_of_them = threading.local(), []

        def one(call):
            if not hasattr(mine, "subtensor"):
                mine.subtensor = Subtensor(self.url)
                all_of_them.append(mine.subtensor)
            self.tell(ask_in_thread(mine.subtensor, call))

        try:
            with ThreadPoolExecutor(max_workers=threads) as pool:
                list(pool.map(one, calls))
        finally:
            for subtensor in all_of_them:
                subtensor.close()
