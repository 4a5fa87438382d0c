"""Waits for blocks as programs of subnets do: for the next one, and for one that is named."""

import sys

import bittensor

with bittensor.Subtensor(network=sys.argv[1]) as subtensor:
    begin = subtensor.get_current_block()
    print(subtensor.wait_for_block())
    print(subtensor.wait_for_block(begin + 4))
    print(begin, subtensor.get_current_block())
