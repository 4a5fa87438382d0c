"""The few storage keys that tests make by themselves, by independent code."""

import hashlib

import xxhash

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def twox128(text):
    return b"".join(
        xxhash.xxh64(text.encode(), seed=seed).intdigest().to_bytes(8, "little") for seed in (0, 1)
    )


def item(pallet, name):
    """The prefix of a storage item."""
    return "0x" + (twox128(pallet) + twox128(name)).hex()


def network_added(netuid):
    """SubtensorModule.NetworksAdded: the map's hasher is the identity."""
    return item("SubtensorModule", "NetworksAdded") + netuid.to_bytes(2, "little").hex()


def system_account(address):
    account = account_of(address)
    hash = hashlib.blake2b(account, digest_size=16).digest()
    return item("System", "Account") + (hash + account).hex()


def account_of(address):
    """The 32 bytes of an SS58 address with a prefix of one byte."""
    number = 0
    for character in address:
        number = number * 58 + ALPHABET.index(character)
    return number.to_bytes(35, "big")[1:33]


def existing_subnets(truth, hash, netuids=range(1, 8)):
    """{netuid: exists} at a block, as the recording has it."""
    return {netuid: truth.lookup(hash, network_added(netuid))[1] == "0x01" for netuid in netuids}
