"""The guide's first program: one Subtensor, one question after the other."""

import sys

import bittensor

with bittensor.Subtensor(network=sys.argv[1]) as subtensor:
    for netuid in range(1, 8):
        print(netuid, subtensor.subnet_exists(netuid))
