"""What the bytes of a chain mean: storage, maps, constants, runtime calls and events, each at one block and read with the
runtime that wrote it."""

from .errors import NotFound, RpcError, WrongArgument
from .hashers import prefix
from .metadata import Metadata
from .scale import Bytes, unhex
from .shared import Cache

PAGE = 1000  # entries of a map that are asked for at once
NO_PARENT = "0x" + 64 * "0"


class Chain:
    """Reads a chain through a client (client.py). `pin` is {"block": n}, {"hash": …} or None: the head of now. A deadline
    stands around whatever is read: `async with client.within(client.until(5))`."""

    def __init__(self, client, cache=None):
        self.client, self.cache = client, cache or Cache()

    def snapshot(self):
        return Snapshot(self.client, self.cache)

    async def hash_of(self, pin):
        if pin is None:
            return await self.client.ask("chain_getHead", [])
        if "hash" in pin:
            return pin["hash"]
        found = await self.client.ask("chain_getBlockHash", [pin["block"]])
        if found is None:
            raise NotFound(f"there is no block {pin['block']}")
        return found

    # Facts that never change

    async def fact(self, method, *params):
        """An answer that depends on a block's hash alone, of the chain that this connection is of."""
        return await self.cache.get((await self.chain(), method, params), lambda: self.client.ask(method, list(params)))

    async def chain(self):
        """The genesis hash, asked anew of each connection: another endpoint may be another chain."""
        session = await self.client.connect()
        if getattr(session, "genesis", None) is None:
            session.genesis = await self.cache.shared.get(session, lambda: self.client.ask("chain_getBlockHash", [0]))
        return session.genesis

    async def metadata_at(self, hash):
        """The metadata of the runtime that a block's state has in `:code`; fetched once for each chain and version."""
        version = await self.fact("state_getRuntimeVersion", hash)
        key = await self.chain(), "metadata", version["specVersion"]
        return await self.cache.get(key, lambda: self.fetch_metadata(hash))

    async def fetch_metadata(self, hash):
        """Metadata 15, which has runtime APIs, or 14 of a runtime that has no other."""
        try:
            answer = Bytes(unhex(await self.client.ask("state_call", ["Metadata_metadata_at_version", "0x0f000000", hash])))
            if (data := answer.optional(lambda: answer.take(answer.compact()))) is not None:
                return Metadata(data)
        except RpcError:
            pass
        return Metadata(unhex(await self.client.ask("state_getMetadata", [hash])))

    async def writer_of(self, hash):
        """The metadata of the runtime that executed a block and wrote its values: the one of the parent's state."""
        header = await self.fact("chain_getHeader", hash)
        if header is None:
            raise NotFound(f"there is no block {hash}")
        parent = header["parentHash"]
        return await self.metadata_at(hash if parent == NO_PARENT else parent)

    # Reads

    async def storage(self, pin, pallet, name, *arguments):
        """(value, presence)"""
        hash = await self.hash_of(pin)
        metadata = await self.writer_of(hash)
        item = metadata.item(pallet, name)
        if len(arguments) != len(item.arguments):
            raise WrongArgument(f"{pallet}.{name} has {len(item.arguments)} arguments")
        data = await self.client.ask("state_getStorage", [key_of(metadata, item, arguments), hash])
        return value_of(metadata, item, data)

    async def map(self, pin, pallet, name, *arguments, page=None):
        """[[[arguments…], value], …] of all entries whose first arguments are these: all pages at one block."""
        hash = await self.hash_of(pin)
        metadata = await self.writer_of(hash)
        item = metadata.item(pallet, name)
        if len(arguments) >= len(item.arguments):
            raise WrongArgument(f"{pallet}.{name} is no map of more than {len(arguments)} arguments")
        start, entries, last = key_of(metadata, item, arguments), [], None
        while keys := await self.keys_paged(start, page or PAGE, last, hash):
            values = await self.values(keys, hash)
            for key in keys:
                if values.get(key) is not None:
                    entries.append([arguments_of(metadata, item, key), metadata.types.read(item.value, unhex(values[key]))])
            last = keys[-1]
        return entries

    async def keys_paged(self, start, page, last, hash):
        """The next keys behind the last one; only where there are none, there are no more."""
        return await self.client.ask("state_getKeysPaged", [start, page, last, hash])

    async def values(self, keys, hash):
        """{key: value} as the node has them; the order of its answer says nothing."""
        (answer,) = await self.client.ask("state_queryStorageAt", [keys, hash])
        return dict(answer["changes"])

    async def constant(self, pin, pallet, name):
        metadata = await self.metadata_at(await self.hash_of(pin))
        return metadata.types.read(*metadata.constant(pallet, name))

    async def runtime_call(self, pin, api, method, *arguments):
        """A runtime call is executed by the runtime that the block's state has."""
        hash = await self.hash_of(pin)
        metadata = await self.metadata_at(hash)
        types, result = metadata.method(api, method)
        if len(arguments) != len(types):
            raise WrongArgument(f"{api}.{method} has {len(types)} arguments")
        data = b"".join(metadata.types.write(*each) for each in zip(types, arguments, strict=True))
        answer = await self.client.ask("state_call", [f"{api}_{method}", "0x" + data.hex(), hash])
        return metadata.types.read(result, unhex(answer))

    async def events(self, pin):
        """[{phase, extrinsic, pallet, name, fields, topics}] of a block."""
        records, _ = await self.storage(pin, "System", "Events")
        return [event_of(record) for record in records]


class Snapshot(Chain):
    """Unpinned reads of one head, which is found once, by whoever needs it first."""

    def __init__(self, client, cache):
        super().__init__(client, cache)
        self.head = Cache()

    async def hash_of(self, pin):
        if pin is not None:
            return await super().hash_of(pin)
        return await self.head.get("head", lambda: self.client.ask("chain_getHead", []))


def key_of(metadata, item, arguments):
    parts = zip(item.arguments, arguments, strict=False)
    hashed = [hasher.key(metadata.types.write(type, argument)) for (hasher, type), argument in parts]
    return "0x" + (prefix(item) + b"".join(hashed)).hex()


def arguments_of(metadata, item, key):
    """The arguments that stand in a key; of one that is only hashed, null."""
    source, arguments = Bytes(unhex(key)[32:]), []
    for hasher, type in item.arguments:
        source.take(hasher.size)
        arguments.append(metadata.types.of(type, source) if hasher.plain else None)
    return arguments


def value_of(metadata, item, data):
    """(value, presence). Nothing is stored where the answer is null, and only there."""
    if data is not None:
        return metadata.types.read(item.value, unhex(data)), "present"
    if item.default is not None:
        return metadata.types.read(item.value, item.default), "default"
    return None, "absent"


def event_of(record):
    phase, event = record["phase"], record["event"]
    extrinsic = {"extrinsic": phase["value"][0]} if phase["type"] == "ApplyExtrinsic" else {}
    (inner,) = event["value"]
    return {"phase": phase["type"], **extrinsic, "pallet": event["type"], "name": inner["type"],
            "fields": inner["value"], "topics": record["topics"]}
