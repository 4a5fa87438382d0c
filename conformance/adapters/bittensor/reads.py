"""The calls of protocol 1, asked of a Subtensor or of an AsyncSubtensor: written once, for what either gives is awaited if it
can be."""

import inspect
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "kit" / "python"))

import websockets  # this and what follows: behind the line above
from adapterkit import Failed
from async_substrate_interface import errors

from canonical import canonical
from sdk import CannotAsk, functions, given, prepared
from values import Shown, number_of, shown_object, types_of

GENERIC = ["storage", "map", "constant", "runtime-call"]
FUNCTIONS = [*GENERIC, *functions()]
# The SDK's exceptions have neither the node's code nor its data. The first that fits tells the outcome.
OUTCOMES = [
    (errors.StorageFunctionNotFound, "not_found"), (errors.BlockNotFound, "not_found"), (CannotAsk, "argument"),
    (errors.MaxRetriesExceeded, "closed"), (errors.SubstrateRequestException, "rpc"), (TimeoutError, "timeout"),
    (websockets.ConnectionClosed, "closed"), (websockets.InvalidHandshake, "connect"), (ConnectionError, "connect"),
    (OSError, "connect"),
]


async def settled(value):
    return await value if inspect.isawaitable(value) else value


def now(coroutine):
    """The result of a coroutine that never waits: of one that asks a Subtensor."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("a Subtensor gives no awaitables")


def failure(error):
    outcome = next((outcome for kind, outcome in OUTCOMES if isinstance(error, kind)), "other")
    own = type(error) is errors.SubstrateRequestException  # the node's own words
    return Failed(outcome, str(error) if own else f"{type(error).__name__}: {error}")


class Reads:
    def __init__(self, subtensor):
        self.subtensor, self.substrate = subtensor, subtensor.substrate

    async def raw(self, method, params):
        return (await settled(self.substrate.rpc_request(method, params)))["result"]

    async def function(self, ask, name, args):
        if name in GENERIC:
            return await getattr(self, name.replace("-", "_"))(ask, *args)
        call = {"function": name, "args": args, "pin": ask.pin}
        value = await settled(prepared(self.subtensor, call)())
        if hasattr(value, "records"):  # of a map
            value = await self.exhausted(value)
        return canonical(name, value, given(call) if name == "query_map" else ())

    async def hash(self, pin):
        """Of a pinned call the block's hash; of any other None: the SDK finds the head, or lets the node do so."""
        if pin is None or "hash" in pin:
            return pin and pin["hash"]
        return await settled(self.substrate.get_block_hash(pin["block"]))

    async def storage(self, ask, pallet, item, *arguments):
        block = await self.hash(ask.pin)
        return shown_object(await settled(self.substrate.query(pallet, item, list(arguments), block_hash=block)))

    async def constant(self, ask, pallet, name):
        return shown_object(await settled(self.substrate.get_constant(pallet, name, block_hash=await self.hash(ask.pin))))

    async def runtime_call(self, ask, api, method, *arguments):
        block = await self.hash(ask.pin)
        value = await settled(self.substrate.runtime_call(api, method, list(arguments), block_hash=block))
        runtime = await self.runtime(block)
        return Shown(types_of(runtime.metadata)).of(runtime.runtime_api_map[api][method]["output"], value)

    async def map(self, ask, pallet, item, *leading):
        block = await self.hash(ask.pin)
        page = {"page_size": ask.page} if ask.page else {}
        entries = await self.exhausted(await settled(
            self.substrate.query_map(pallet, item, list(leading), block_hash=block, **page)))
        runtime = await self.runtime(block)
        described = runtime.metadata.get_metadata_pallet(pallet).get_storage_function(item)
        value_type = number_of(described.get_value_type_string())
        types = [number_of(name) for name in described.get_params_type_string()][len(leading):]
        shown = Shown(types_of(runtime.metadata))
        return [
            [[*leading, *map(shown.of, types, key if len(types) > 1 else [key])], shown.of(value_type, value)]
            for key, value in entries
        ]

    async def exhausted(self, entries):
        return [each async for each in entries] if hasattr(entries, "__aiter__") else list(entries)

    async def runtime(self, block):
        """That which a call has just used: a Subtensor has it, an AsyncSubtensor keeps it by its block."""
        return self.substrate.runtime or await settled(self.substrate.init_runtime(block_hash=block))
