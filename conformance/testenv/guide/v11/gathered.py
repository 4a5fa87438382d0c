"""The guide's third program in the API of SDK 11: one client, seven questions at one snapshot."""

import asyncio
import sys

import bittensor as bt

ADDED = bt.storage.SubtensorModule.NetworksAdded


async def main():
    async with bt.Subtensor(sys.argv[1]) as client:
        snapshot = await client.at()
        answers = await asyncio.gather(
            *[snapshot.query(ADDED, [netuid]) for netuid in range(1, 8)]
        )
        for netuid, exists in enumerate(answers, 1):
            print(netuid, exists)


asyncio.run(main())
