"""Follows the chain by subscriptions: five headers, the next block, and one that is named."""

import itertools
import sys

import bittensor as bt

with bt.Subtensor(sys.argv[1]) as subtensor:
    numbers = [header.number for header in itertools.islice(subtensor.blocks(), 5)]
    print(*numbers)
    following = subtensor.wait_for_block(timeout=60)
    print(following.number, subtensor.wait_for_block(following.number + 3, timeout=60).number)
