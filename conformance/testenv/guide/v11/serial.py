"""The guide's first program in the API of SDK 11: one Subtensor, one question after the other."""

import sys

import bittensor as bt

ADDED = bt.storage.SubtensorModule.NetworksAdded

with bt.Subtensor(sys.argv[1]) as subtensor:
    for netuid in range(1, 8):
        print(netuid, subtensor.query(ADDED, [netuid]))
