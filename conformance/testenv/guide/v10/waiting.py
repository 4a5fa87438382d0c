"""Waits for blocks as SDK 10.5.0 does: three on, then the next one; prints the numbers."""

import asyncio
import sys

from bittensor import AsyncSubtensor


async def main():
    async with AsyncSubtensor(sys.argv[1]) as subtensor:
        begin = await subtensor.get_current_block()
        assert await subtensor.wait_for_block(begin + 3)
        reached = await subtensor.get_current_block()
        assert await subtensor.wait_for_block()
        print(begin, reached, await subtensor.get_current_block())


asyncio.run(main())
