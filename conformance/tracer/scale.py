"""SCALE by hand: what the tracer's generator writes values with, from the definition of SCALE alone."""

from oracles.samples import compact


def number(value, size):
    return value.to_bytes(size, "little", signed=value < 0)


def listed(parts):
    parts = list(parts)
    return compact(len(parts)) + b"".join(parts)


def blob(data):
    return compact(len(data)) + data


def text(value):
    return blob(value.encode())


def optional(data):
    return b"\0" if data is None else b"\1" + data
