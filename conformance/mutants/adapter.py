"""The smallest right client (client/) as a client of adapter protocol 1, and its bugs, switched on by name:

    python adapter.py [--bug NAME]… < lines > events
"""

import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "adapters" / "kit" / "python")]

from adapterkit import Client as Kit  # behind the path
from adapterkit import Failed, Value, serve
from bugs import BUGS, switch_on
from client import Chain, Client
from client.errors import CallError, RpcError
from client.subscription import Gap, Lag

STREAMS = {
    "heads": ("chain_subscribeNewHeads", [], "chain_unsubscribeNewHeads"),
    "finalized": ("chain_subscribeFinalizedHeads", [], "chain_unsubscribeFinalizedHeads"),
}


def failure(error):
    """The Failed that an exception of the client is."""
    if isinstance(error, RpcError):
        return Failed("rpc", str(error.message), error.code, **error.data)
    return Failed(error.outcome if isinstance(error, CallError) else "other", str(error) or repr(error))


def head(item):
    return {"number": int(item["number"], 16), "parent": item["parentHash"]}


class Right(Kit):
    name, version = "right", "1"
    can = {
        "modes": ["serial", "threaded", "gathered", "shared"], "raw": True, "batch": True, "cancel": True,
        "deadline": True, "lazy": True, "drop": True, "in_flight": True, "reconnect": True, "endpoints": True,
        "headers": True, "heartbeat": True, "snapshot": True, "stat": True, "subscribe": ["heads", "finalized", "raw"],
        "functions": ["storage", "map", "constant", "runtime-call", "events"],
    }
    failure = staticmethod(failure)

    def __init__(self, urls, **options):
        super().__init__(urls, **options)
        self.client = Client(urls, **options)
        self.chain = Chain(self.client)

    async def connect(self):
        async with self.client.within(self.client.until(None)):
            await self.client.connect()

    async def close(self):
        await self.client.close()

    async def raw(self, ask, method, params):
        return await self.client.call(method, params, ask.deadline)

    async def batch(self, asks):
        return await self.client.batch([(ask.method, ask.params) for ask in asks], [ask.deadline for ask in asks])

    def snapshot(self):
        whole = object.__new__(Right)
        whole.client, whole.chain = self.client, self.chain.snapshot()
        return whole

    async def function(self, ask, name, args):
        more = {"page": ask.page} if name == "map" else {}
        async with self.client.within(self.client.until(ask.deadline)):
            value = await getattr(self.chain, name.replace("-", "_"))(ask.pin, *args, **more)
        return Value(*value) if name == "storage" else value

    async def subscribe(self, ask, user):
        asked = STREAMS[ask.kind] if ask.kind else (ask.method, ask.params, ask.unsubscribe)
        ask.stream = await self.client.subscribe(*asked)
        user.subscribed()
        async for item in ask.stream:
            if isinstance(item, Gap):
                user.gap()
            elif isinstance(item, Lag):
                user.lag(item.lost)
            else:
                await user.item(head(item) if ask.kind else item)

    async def unsubscribe(self, ask):
        await self.client.unsubscribe(ask.stream)

    def pending(self):
        return self.client.pending()

    def subscriptions(self):
        return self.client.subscriptions()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bug", action="append", default=[], choices=BUGS, metavar="NAME", help="as bugs.toml has them")
    for name in parser.parse_args().bug:
        switch_on(name)
        Right.name = f"mutant:{name}"
    serve(Right)


if __name__ == "__main__":
    main()
