"""As much SCALE as headers and made blocks need, by independent code."""

import hashlib

import xxhash

from .keys import item


def compact(number):
    if number < 1 << 6:
        return bytes([number << 2])
    if number < 1 << 14:
        return (number << 2 | 1).to_bytes(2, "little")
    if number < 1 << 30:
        return (number << 2 | 2).to_bytes(4, "little")
    data = number.to_bytes((number.bit_length() + 7) // 8, "little")
    return bytes([len(data) - 4 << 2 | 3]) + data


def raw(text):
    return bytes.fromhex(text[2:])


def blake2_256(data):
    return "0x" + hashlib.blake2b(data, digest_size=32).hexdigest()


def digest(header):
    """The digest of a header as JSON, encoded."""
    logs = [raw(log) for log in header["digest"]["logs"]]
    return compact(len(logs)) + b"".join(logs)


def header_hash(header):
    return blake2_256(
        raw(header["parentHash"]) + compact(int(header["number"], 16)) + raw(header["stateRoot"])
        + raw(header["extrinsicsRoot"]) + digest(header)
    )


def block_hash_key(number):
    """System.BlockHash is a map of u32 by twox_64_concat."""
    key = number.to_bytes(4, "little")
    return item("System", "BlockHash") + (xxhash.xxh64(key, seed=0).intdigest().to_bytes(8, "little") + key).hex()


def fixed(number, size):
    return "0x" + number.to_bytes(size, "little").hex()
