"""The guide's second program: a thread and a Subtensor of its own for each netuid."""

import sys
from concurrent.futures import ThreadPoolExecutor

import bittensor


def subnet_exists(netuid):
    with bittensor.Subtensor(network=sys.argv[1]) as subtensor:
        return netuid, subtensor.subnet_exists(netuid)


with ThreadPoolExecutor() as executor:
    for netuid, exists in executor.map(subnet_exists, range(1, 8)):
        print(netuid, exists)
