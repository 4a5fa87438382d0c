"""The guide's third program: one AsyncSubtensor, seven questions at one block, gathered."""

import asyncio
import sys

import bittensor


async def main():
    async with bittensor.AsyncSubtensor(network=sys.argv[1]) as subtensor:
        block_hash = await subtensor.get_block_hash()
        answers = await asyncio.gather(
            *[subtensor.subnet_exists(netuid, block_hash=block_hash) for netuid in range(1, 8)]
        )
        for netuid, exists in enumerate(answers, 1):
            print(netuid, exists)


asyncio.run(main())
