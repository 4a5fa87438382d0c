"""Generic reads of any chain: the questions of ../v10/items.py, in this SDK's words. A block is named by its height, and
constants are always those of the head's runtime."""

import asyncio
import json
import sys

import bittensor as bt


def walk(value):
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (bytes, bytearray)):
        return "0x" + value.hex()
    if isinstance(value, dict):
        return {str(name): walk(part) for name, part in value.items()}
    return [walk(part) for part in value] if isinstance(value, (list, tuple)) else str(value)


async def answer(client, question):
    block = question["block"]
    if "storage" in question:
        pallet, item, arguments = question["storage"]
        return await client.query((pallet, item), arguments, block=block)
    if "map" in question:
        return await client.query_map(tuple(question["map"]), block=block)
    if "constant" in question:
        return await client.constant(tuple(question["constant"]))
    if "call" in question:
        api, method, arguments = question["call"]
        return await client.runtime((api, method), arguments, block=block)
    return [record["event"] for record in await client.query(("System", "Events"), block=block)]


async def main():
    url, questions = sys.argv[1], json.load(open(sys.argv[2]))
    async with bt.Subtensor(url) as client:
        print(json.dumps([walk(await answer(client, question)) for question in questions]))


asyncio.run(main())
