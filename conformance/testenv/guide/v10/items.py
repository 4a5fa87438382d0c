"""Generic reads of any chain: questions as JSON in a file, answers as one JSON list. `walk` makes plain JSON of what
the SDK gives; integers become text, so that none is rounded on its way.

    python reads.py URL QUESTIONS

A question has `at`, a block hash, `block`, its height, and one of `storage` [pallet, item, arguments], `map` [pallet,
item], `constant` [pallet, name], `call` [api, method, arguments], `events`."""

import json
import sys

import bittensor


def walk(value):
    value = getattr(value, "value", value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, dict):
        return {str(name): walk(part) for name, part in value.items()}
    return [walk(part) for part in value] if isinstance(value, (list, tuple)) else str(value)


def answer(substrate, question):
    at = question["at"]
    if "storage" in question:
        pallet, item, arguments = question["storage"]
        return substrate.query(pallet, item, arguments, block_hash=at)
    if "map" in question:
        pallet, item = question["map"]
        return list(substrate.query_map(pallet, item, block_hash=at))
    if "constant" in question:
        return substrate.get_constant(*question["constant"], block_hash=at)
    if "call" in question:
        api, method, arguments = question["call"]
        return substrate.runtime_call(api, method, arguments, block_hash=at)
    return [event["event"] for event in substrate.get_events(at)]


def main():
    url, questions = sys.argv[1], json.load(open(sys.argv[2]))
    with bittensor.Subtensor(network=url) as subtensor:
        print(json.dumps([walk(answer(subtensor.substrate, question)) for question in questions]))


main()
