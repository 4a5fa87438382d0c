"""Reads beside the guide: block, balance, neurons and metagraph, printed as one JSON object."""

import asyncio
import json
import sys

import bittensor as bt


async def main():
    url, coldkey, netuid = sys.argv[1], sys.argv[2], int(sys.argv[3])
    async with bt.Subtensor(url) as client:
        balance = await client.balances.get(coldkey)
        neurons = await client.neurons.all(netuid)
        metagraph = await client.subnets.metagraph(netuid)
        print(json.dumps({
            "block": await client.block(),
            "balance": balance.rao,
            "neurons": [{"uid": neuron.uid, "hotkey": neuron.hotkey} for neuron in neurons],
            "metagraph": {
                "netuid": metagraph.netuid,
                "block": metagraph.block,
                "neurons": len(metagraph.neurons),
                "tempo": metagraph.tempo,
            },
        }))


asyncio.run(main())
