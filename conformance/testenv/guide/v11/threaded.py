"""The guide's second program in the API of SDK 11: a thread and a Subtensor for each netuid."""

import sys
from concurrent.futures import ThreadPoolExecutor

import bittensor as bt

ADDED = bt.storage.SubtensorModule.NetworksAdded


def subnet_exists(netuid):
    with bt.Subtensor(sys.argv[1]) as subtensor:
        return netuid, subtensor.query(ADDED, [netuid])


with ThreadPoolExecutor() as executor:
    for netuid, exists in executor.map(subnet_exists, range(1, 8)):
        print(netuid, exists)
