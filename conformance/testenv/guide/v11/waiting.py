"""Waits for blocks as SDK 11.3.0 does: three on, then finalized ones; prints the numbers."""

import asyncio
import os
import sys

from bittensor import Subtensor


async def main():
    async with Subtensor(sys.argv[1]) as client:
        begin = await client.block()
        reached = await client.wait_for_block(begin + 3, timeout=60)
        finalized = []
        async for header in client.blocks(finalized=True):
            finalized.append(header.number)
            if len(finalized) == 3:
                break
        print(begin, reached.number, *finalized, flush=True)
        os._exit(0)  # left with heads unread, this SDK's client may never end


asyncio.run(main())
