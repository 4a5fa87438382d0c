"""Blocks that a space makes, made again by independent code (scale.py).
What they say stands in mocknode/README.md, "Blocks"."""

from .keys import item
from .scale import blake2_256, block_hash_key, compact, header_hash, raw

SLOT_MS = 12_000
NOW = item("Timestamp", "Now")
EVENTS = item("System", "Events")
CODE = "0x3a636f6465"
AURA = bytes.fromhex("0661757261") + b"\x20"
SEAL, NEW_RUNTIME = b"\x05", b"\x08"


def vector(data):
    return compact(len(data)) + data


def stamp(extrinsics, time_before, time):
    """The recorded extrinsic that sets the time, with another one."""
    for text in extrinsics:
        tail = compact(time_before)
        if raw(text).endswith(tail):
            body = raw(text)
            middle = body[{0: 1, 1: 2, 2: 4}[body[0] & 3] : -len(tail)]
            return "0x" + vector(middle + compact(time)).hex()
    raise ValueError("no extrinsic sets the time")


def time_of(value):
    return int.from_bytes(raw(value), "little")


def make(parent_hash, parent, time, stamped, storage=None, extrinsics=(), ordinal=0, new_logs=(), own=None):
    """(hash, header, extrinsics, changes) of a block on a header. `stamped`: its first extrinsic."""
    number = int(parent["number"], 16) + 1
    logs = []
    for log in map(raw, parent["digest"]["logs"]):
        if log.startswith(AURA):
            log = AURA + (time // SLOT_MS).to_bytes(8, "little")
        if not log.startswith((SEAL, NEW_RUNTIME)):
            logs.append(log)
    logs += map(raw, new_logs)
    changes = {
        item("System", "Number"): number.to_bytes(4, "little"),
        item("System", "ParentHash"): raw(parent_hash),
        block_hash_key(number - 1): raw(parent_hash),
        item("System", "Digest"): compact(len(logs)) + b"".join(logs),
        EVENTS: b"\0",
        item("System", "EventCount"): bytes(4),
        NOW: time.to_bytes(8, "little"),
    }
    changes.update(own or {})
    changes.update({key: value and raw(value) for key, value in (storage or {}).items()})
    body = [stamped, *extrinsics]
    state = raw(parent["stateRoot"]) + compact(len(changes))
    for key, value in sorted((raw(key), value) for key, value in changes.items()):
        state += vector(key) + (b"\0" if value is None else b"\1" + vector(value))
    header = {
        "parentHash": parent_hash,
        "number": hex(number),
        "stateRoot": blake2_256(state + ordinal.to_bytes(4, "little")),
        "extrinsicsRoot": blake2_256(compact(len(body)) + b"".join(map(raw, body))),
        "digest": {"logs": ["0x" + log.hex() for log in logs]},
    }
    return header_hash(header), header, body, changes
