"""bittensor 10.5.0, its AsyncSubtensor, as an adapter of protocol 1. Callers are tasks: one await after the other, or all at once by
asyncio.gather."""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "bittensor"))

import bittensor  # this and what follows: behind the line above
from bittensor.core.async_subtensor import AsyncSubtensor
from reads import FUNCTIONS, Reads, failure
from adapterkit import Client, serve

LEFT = "left"  # what a handler gives for its subscription to end


class Sdk(Client):
    name, version = "bittensor-async", bittensor.__version__
    can = {
        "modes": ["serial", "gathered"], "raw": True, "functions": FUNCTIONS, "cancel": True, "limit": 1024,
        "subscribe": ["heads", "finalized", "raw"], "reconnect": True, "endpoints": True, "drop": True, "stat": True,
    }
    failure = staticmethod(failure)

    async def connect(self):
        self.subtensor = AsyncSubtensor(self.urls[0], fallback_endpoints=self.urls[1:])
        await self.subtensor.initialize()
        self.reads = Reads(self.subtensor)

    async def close(self):
        await self.subtensor.close()

    async def raw(self, ask, method, params):
        return await self.reads.raw(method, params)

    async def function(self, ask, name, args):
        return await self.reads.function(ask, name, args)

    async def subscribe(self, ask, user):
        """A handler ends its subscription by giving a value: at the next item, as the SDK has no other way."""
        ask.left = asyncio.Event()
        if ask.kind is None:
            await self.notifications(ask, user)
            return

        accepted = []

        async def handle(block):
            if ask.left.is_set():
                return LEFT
            if not accepted:
                accepted.append(user.subscribed())
            header = block["header"]
            await user.item({"number": header["number"], "parent": header["parentHash"]})

        substrate = self.subtensor.substrate
        await substrate.subscribe_block_headers(handle, finalized_only=ask.kind == "finalized")

    async def notifications(self, ask, user):
        async def handle(message, id):
            ask.subscription = id
            if "params" in message:
                await user.item(message["params"]["result"])
            else:
                user.subscribed()
            return message, False

        asking = asyncio.create_task(self.subtensor.substrate.rpc_request(ask.method, ask.params, result_handler=handle))
        await asyncio.wait([asking, asyncio.create_task(ask.left.wait())], return_when=asyncio.FIRST_COMPLETED)
        if asking.done():
            await asking
        asking.cancel()

    async def unsubscribe(self, ask):
        if ask.kind is None:
            await self.subtensor.substrate.ws.unsubscribe(ask.subscription, method=ask.unsubscribe)
        ask.left.set()

    def pending(self):
        return len(self.subtensor.substrate.ws._received)

    def subscriptions(self):
        return len(self.subtensor.substrate.ws._received_subscriptions)


serve(Sdk)
