"""What is asked of the chain, at which block, what is kept of it, and what the bytes are taken for."""

import asyncio
import json

from client import chain, scale
from client.chain import Chain, Snapshot
from client.client import Client
from client.errors import RpcError
from client.scale import Bytes, Types
from client.shared import Cache

from .table import breaks

# Which block


@breaks(Client, "ask")
async def pins_dropped(right, self, method, params, stream=None):
    """A read of the state is one of now."""
    return await right(self, method, params[:1] if method == "state_getStorage" else params, stream)


@breaks(Snapshot, "hash_of")
async def one_head_per_call(right, self, pin):
    """Each call finds its own head."""
    return await Chain.hash_of(self, pin)


@breaks(Chain, "keys_paged")
async def pages_unpinned(right, self, start, page, last, hash):
    """A page is one of now."""
    return await self.client.ask("state_getKeysPaged", [start, page, last])


@breaks(Chain, "keys_paged")
async def values_of_nothing(right, self, start, page, last, hash):
    """Values are asked for, whether or not there are keys."""
    keys = await right(self, start, page, last, hash)
    if not keys:
        await self.client.ask("state_queryStorageAt", [[], hash])
    return keys


@breaks(Chain, "hash_of")
async def last_pin_for_all(right, self, pin):
    """The block of a read is kept by the handle, and whoever asks last has changed it."""
    self.client.pin = await right(self, pin)
    await asyncio.sleep(0)  # a turn for the others, in which they change it: the race is forced
    return self.client.pin


@breaks(Chain, "hash_of")
async def unknown_block_is_now(right, self, pin):
    """Where a block is not known, the newest will do."""
    hash = await right(self, pin)
    known = await self.client.ask("chain_getHeader", [hash])
    return hash if known else await self.client.ask("chain_getHead", [])


@breaks(Chain, "hash_of")
async def zero_is_latest(right, self, pin):
    """`if block:`"""
    return await right(self, pin if pin and (pin.get("block") or pin.get("hash")) else None)


# What is kept


KEPT = {}  # of all clients


def kept(key_of, methods, keep=lambda result: True):
    """A memory of answers, with a key that lacks something."""

    async def ask(right, self, method, params, stream=None):
        if method not in methods:
            return await right(self, method, params, stream)
        key = key_of(self, method, params)
        if key not in KEPT:
            result = await right(self, method, params, stream)
            if keep(result):
                KEPT[key] = result
            return result
        return KEPT[key]

    return ask


READ = ("state_getStorage",)
breaks(Client, "ask", bug="cache_without_block")(kept(lambda self, method, params: (id(self), method, params[0]), READ))
breaks(Client, "ask", bug="block_hash_kept")(
    kept(lambda self, method, params: (id(self), method, json.dumps(params)), ("chain_getBlockHash",), bool))
breaks(Client, "ask", bug="null_kept")(
    kept(lambda self, method, params: (id(self), method, json.dumps(params)), ("chain_getBlockHash",)))


@breaks(Chain, "storage")
async def cache_without_endpoint(right, self, pin, *asked):
    """What is kept is kept by height, item and arguments, whichever chain it is of."""
    header = await self.fact("chain_getHeader", await self.hash_of(pin))
    key = header and (header["number"], json.dumps(asked))
    if key not in KEPT:
        KEPT[key] = await right(self, pin, *asked)
    return KEPT[key]


@breaks(Client, "ask")
async def errors_kept(right, self, method, params, stream=None):
    """What has failed will fail."""
    key = id(self), method, json.dumps(params)
    if key in KEPT:
        raise KEPT[key]
    try:
        return await right(self, method, params, stream)
    except RpcError as error:
        KEPT[key] = error
        raise


@breaks(Chain, "metadata_at")
async def metadata_per_caller(right, self, hash):
    """Whoever needs metadata gets it."""
    return await self.fetch_metadata(hash)


@breaks(Chain, "metadata_at")
async def trusts_old_metadata(right, self, hash):
    """A chain has one runtime: the first that was met."""
    if not hasattr(self.client, "metadata"):
        self.client.metadata = await self.cache.get("metadata", lambda: right(self, hash))
    return self.client.metadata


@breaks(Chain, "writer_of")
async def own_runtime_for_block(right, self, hash):
    """A block was written by the runtime that is there after it."""
    return await self.metadata_at(hash)


@breaks(Cache, "get")
async def fetching_error_kept(right, self, key, make):
    """A fact that could not be fetched once is none."""
    if (id(self), key) in KEPT:
        raise KEPT[id(self), key]
    try:
        return await right(self, key, make)
    except RpcError as error:
        KEPT[id(self), key] = error
        raise


@breaks(Chain, "fetch_metadata", bug="fetching_error_kept")
@breaks(Chain, "fetch_metadata")
async def needs_metadata_15(right, self, hash):
    """Every runtime has metadata 15."""
    answer = await self.client.ask("state_call", ["Metadata_metadata_at_version", "0x0f000000", hash])
    return chain.Metadata(scale.unhex(answer)[5:])


# What an answer means


@breaks(Client, "ask")
async def error_becomes_default(right, self, method, params, stream=None):
    """Where no value can be read, there is none."""
    try:
        return await right(self, method, params, stream)
    except RpcError:
        if method != "state_getStorage":
            raise
        return None


@breaks(Chain, "values")
async def changes_by_position(right, self, keys, hash):
    """The n-th change is of the n-th key."""
    (answer,) = await self.client.ask("state_queryStorageAt", [keys, hash])
    return dict(zip(keys, [value for _, value in answer["changes"]], strict=False))


@breaks(chain, "value_of")
def default_ignored(right, metadata, item, data):
    """What is not there is null."""
    return (None, "absent") if data is None else right(metadata, item, data)


@breaks(chain, "value_of")
def absent_is_zero(right, metadata, item, data):
    """What is not there is nought."""
    value, presence = right(metadata, item, data)
    return (0, presence) if presence == "absent" else (value, presence)


@breaks(chain, "unhex")
def hex_is_forgiving(right, text):
    """Where a digit lacks there is a nought."""
    return right("0x" + "0" * (len(text) % 2) + text[2:])


@breaks(scale, "number")
def integers_are_doubles(right, value):
    """A number is a double."""
    return right(int(float(value)))


@breaks(scale, "fraction")
def fractions_are_doubles(right, value, places):
    """So is one with a point."""
    return repr(value / 2**places)


@breaks(Bytes, "compact")
def four_byte_compacts_are_two(right, self):
    """Compact integers have one, two or many bytes."""
    if self.data[self.at:self.at + 1] and self.data[self.at] & 3 == 2:
        return self.integer(2) >> 2
    return right(self)


@breaks(Types, "read")
def trailing_bytes_ignored(right, self, id, data):
    """What is left over is no harm."""
    return self.of(id, Bytes(data))


@breaks(Bytes, "take")
def short_values_are_padded(right, self, count):
    """What is missing is nought."""
    self.data = bytes(self.data).ljust(self.at + count, b"\0")
    return right(self, count)


@breaks(Types, "read", bug="short_values_are_padded")
def read_padded(right, self, id, data):
    return self.of(id, Bytes(data))


@breaks(Bytes, "count")
def lengths_are_clipped(right, self):
    """There are as many items as there are bytes for."""
    return min(self.compact(), len(self.data) - self.at)


@breaks(Types, "items", bug="lengths_are_clipped")
def as_far_as_it_goes(right, self, inner, count, source):
    try:
        return right(self, inner, count, source)
    except scale.Undecodable:
        source.at = len(source.data)
        return []


@breaks(Types, "read")
def decode_error_kills_connection(right, self, id, data):
    """What cannot be decoded came over a connection that cannot be trusted."""
    try:
        return right(self, id, data)
    except scale.Undecodable:
        for session in SESSIONS:
            session.end(scale.Undecodable("the connection was given up"))
            session.socket.forget()
        raise


SESSIONS = []


@breaks(Client, "open_session", bug="decode_error_kills_connection")
async def remember_session(right, self):
    SESSIONS.append(await right(self))
    return SESSIONS[-1]


@breaks(Chain, "storage")
async def permit_held_for_metadata(right, self, *arguments):
    """A read holds its place while it gets what it needs to be understood."""
    async with self.client.permits:
        return await right(self, *arguments)
