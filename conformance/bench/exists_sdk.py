"""What exists.c is measured beside: AsyncSubtensor of bittensor 10.5.0, subnet_exists of the first COUNT netuids in one
asyncio.gather, pinned to the head. A hundred before that warm up, and find out the runtime."""

import argparse
import asyncio
import json
import os
import sys
import time

# The SDK writes its log on standard output, where the figures go: it gets standard error instead.
FIGURES = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

from bittensor.core.async_subtensor import AsyncSubtensor  # behind the lines above

WARM_UP = 100


async def measure(options):
    exist = {int(text) for text in options.exist.split(",") if text}
    subtensor = AsyncSubtensor(options.url)
    await subtensor.initialize()
    head = await subtensor.substrate.get_chain_head()

    async def ask(count):
        return await asyncio.gather(*(subtensor.subnet_exists(netuid, block_hash=head) for netuid in range(count)),
                                    return_exceptions=True)

    await ask(min(WARM_UP, options.count))
    each, lost, wrong, cpu = [], 0, 0, time.process_time()
    until = time.perf_counter() + options.ms / 1000
    while not each or (time.perf_counter() < until and lost == 0):
        before = time.perf_counter()
        answers = await ask(options.count)
        each.append(time.perf_counter() - before)
        lost += sum(not isinstance(answer, bool) for answer in answers)
        wrong += sum(isinstance(answer, bool) and answer != (netuid in exist) for netuid, answer in enumerate(answers))
    used = (time.process_time() - cpu) / len(each)
    await subtensor.close()
    return {"passes": len(each), "us": sorted(each)[len(each) // 2] * 1e6, "cpu_us": used * 1e6, "lost": lost,
            "wrong": wrong}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", required=True)
    parser.add_argument("--exist", required=True)
    parser.add_argument("--count", type=int, default=10000)
    parser.add_argument("--ms", type=int, default=1000)
    options = parser.parse_args(sys.argv[1:])
    print(json.dumps(asyncio.run(measure(options))), file=FIGURES, flush=True)


if __name__ == "__main__":
    main()
