"""Metadata 14 and 15 of a runtime, written from the definition in frame-metadata: types of oracles/registry.py, and
pallets, calls, constants and APIs as rows of data."""

from dataclasses import dataclass, field
from hashlib import blake2b

from oracles.registry import encode_type
from oracles.samples import compact
from .scale import blob, listed, number, optional, text

HASHERS = ["Blake2_128", "Blake2_256", "Blake2_128Concat", "Twox128", "Twox256", "Twox64Concat", "Identity"]
OPTIONAL, DEFAULT = 0, 1
NO_DOCS = listed([])


@dataclass
class Item:
    """A storage item: of its value the type, of each argument (hasher, type), and `key` the tuple of several. An item
    without a default is optional."""

    name: str
    value: int
    arguments: list = field(default_factory=list)
    key: int | None = None
    default: bytes | None = None

    def encode(self):
        if self.arguments:
            hashers, keys = zip(*self.arguments, strict=True)
            key = keys[0] if self.key is None else self.key
            kind = b"\1" + listed(bytes([HASHERS.index(hasher)]) for hasher in hashers) + compact(key)
        else:
            kind = b"\0"
        modifier = OPTIONAL if self.default is None else DEFAULT
        default = b"\0" if self.default is None else self.default
        return text(self.name) + bytes([modifier]) + kind + compact(self.value) + blob(default) + NO_DOCS


@dataclass
class Pallet:
    """`calls`, `event` and `error` are types; a constant is (name, type, bytes)."""

    name: str
    index: int
    items: list = field(default_factory=list)
    calls: int | None = None
    event: int | None = None
    error: int | None = None
    constants: list = field(default_factory=list)

    def encode(self, version):
        storage = text(self.name) + listed(item.encode() for item in self.items) if self.items else None
        constants = listed(
            text(name) + compact(type) + blob(value) + NO_DOCS for name, type, value in self.constants
        )
        parts = [type_or_none(type) for type in (self.calls, self.event)] + [constants, type_or_none(self.error)]
        behind = NO_DOCS if version == 15 else b""
        return text(self.name) + optional(storage) + b"".join(parts) + bytes([self.index]) + behind


@dataclass
class Extrinsic:
    """`extensions` are (name, type, type of what is signed besides)."""

    type: int
    address: int
    call: int
    signature: int
    extra: int
    extensions: list

    def encode(self, version):
        extensions = listed(text(name) + compact(type) + compact(more) for name, type, more in self.extensions)
        if version == 14:
            return compact(self.type) + b"\x04" + extensions
        parts = (self.address, self.call, self.signature, self.extra)
        return b"\x04" + b"".join(map(compact, parts)) + extensions


@dataclass
class Runtime:
    """All that metadata says. An API is (name, [(method, [(argument, type)], type of its result)])."""

    types: object
    pallets: list
    extrinsic: Extrinsic
    runtime: int
    call: int
    event: int
    error: int
    apis: list

    def metadata(self, version):
        types = self.types.types
        encoded = listed(
            compact(id) + encode_type(types, type, self.types.parameters.get(id, [])) for id, type in enumerate(types)
        )
        pallets = listed(pallet.encode(version) for pallet in self.pallets)
        head = b"meta" + bytes([version]) + encoded + pallets + self.extrinsic.encode(version) + compact(self.runtime)
        if version == 14:
            return head
        outer = b"".join(map(compact, (self.call, self.event, self.error)))
        return head + listed(map(encode_api, self.apis)) + outer + listed([])


def type_or_none(type):
    return optional(None if type is None else compact(type))


def encode_api(api):
    name, methods = api
    return text(name) + listed(map(encode_method, methods)) + NO_DOCS


def encode_method(said):
    method, arguments, result = said
    inputs = listed(text(argument) + compact(type) for argument, type in arguments)
    return text(method) + inputs + compact(result) + NO_DOCS


def runtime_version(name, spec, apis):
    """A RuntimeVersion: (the node's JSON, its SCALE bytes). `apis` are (name, version)."""
    listed_apis = [(api_id(api), version) for api, version in apis]
    said = {
        "specName": name, "implName": name, "authoringVersion": 1, "specVersion": spec, "implVersion": 1,
        "apis": [["0x" + id.hex(), version] for id, version in listed_apis],
        "transactionVersion": 1, "systemVersion": 1, "stateVersion": 1,
    }
    data = text(name) * 2 + number(1, 4) + number(spec, 4) + number(1, 4) + listed(
        id + number(version, 4) for id, version in listed_apis
    ) + number(1, 4) + b"\1"
    return said, data


def api_id(name):
    return blake2b(name.encode(), digest_size=8).digest()
