"""Storage keys: what the name of an item and its arguments become."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Callable

import xxhash


def twox(data, words):
    return b"".join(xxhash.xxh64(data, seed=seed).intdigest().to_bytes(8, "little") for seed in range(words))


def blake2(data, size):
    return blake2b(data, digest_size=size).digest()


@dataclass
class Hasher:
    """`size` bytes of `hash`, and behind them the argument itself, if it is `plain`."""

    hash: Callable
    size: int
    plain: bool = False

    def key(self, argument):
        return self.hash(argument) + (argument if self.plain else b"")


# In the order of their indices in metadata.
HASHERS = [
    Hasher(lambda data: blake2(data, 16), 16), Hasher(lambda data: blake2(data, 32), 32),
    Hasher(lambda data: blake2(data, 16), 16, plain=True),
    Hasher(lambda data: twox(data, 2), 16), Hasher(lambda data: twox(data, 4), 32),
    Hasher(lambda data: twox(data, 1), 8, plain=True), Hasher(lambda data: b"", 0, plain=True),
]


def prefix(item):
    """What the keys of all entries of an item begin with."""
    return twox(item.pallet.encode(), 2) + twox(item.name.encode(), 2)
