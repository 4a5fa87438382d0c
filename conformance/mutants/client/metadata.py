"""Metadata 14 and 15, as far as a reader of the state needs it: types, storage items, constants, and (15) runtime APIs."""

from dataclasses import dataclass

from .errors import NotFound, Undecodable
from .hashers import HASHERS
from .scale import Bytes, Types

PRIMITIVES = ["bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "u256", "i8", "i16", "i32", "i64", "i128", "i256"]
OPTIONAL, DEFAULT = 0, 1


@dataclass
class Item:
    """A storage item: of each argument (hasher, type); its default as bytes, or None if it is optional."""

    pallet: str
    name: str
    arguments: list
    value: int
    default: bytes | None


class Metadata:
    def __init__(self, data):
        self.source = source = Bytes(data)
        if source.take(4) != b"meta":
            raise Undecodable("this is no metadata")
        self.version = source.integer(1)
        if self.version not in (14, 15):
            raise Undecodable(f"metadata {self.version} is none that this client reads")
        self.types = Types(self.read_types())
        self.items, self.constants, self.apis = {}, {}, {}
        source.listed(self.read_pallet)
        if self.version == 15:
            self.skip_extrinsic()
            source.listed(self.read_api)

    # What is asked of it

    def item(self, pallet, name):
        return self.found(self.items, (pallet, name), "storage item")

    def constant(self, pallet, name):
        """(type, bytes)"""
        return self.found(self.constants, (pallet, name), "constant")

    def method(self, api, name):
        """([types of the arguments], type of the result)"""
        return self.found(self.apis, (api, name), "runtime API with a method")

    @staticmethod
    def found(table, key, what):
        if key not in table:
            raise NotFound(f"there is no {what} {key[0]}.{key[1]}")
        return table[key]

    # How it is written

    def read_types(self):
        source, types = self.source, []
        for number in range(source.count()):
            if source.compact() != number:
                raise Undecodable("types are not numbered from 0 on")
            path = source.listed(source.text)
            parameters = source.listed(lambda: (source.text(), source.optional(source.compact)))
            kind, what = self.read_definition()
            source.listed(source.text)
            types.append(self.shape(types, path, parameters, kind, what))
        return types

    def shape(self, types, path, parameters, kind, what):
        """(path, kind, what) of a type. An Option is a kind of its own; of a fixed-point number there are its bits'
        type and its places."""
        if path == ["Option"]:
            return path, "option", parameters[0][1]
        if path[:1] == ["substrate_fixed"]:
            return path, kind, (what[0][1], places(types, parameters[0][1]))
        return path, kind, what

    def read_definition(self):
        source, kind = self.source, self.source.integer(1)
        if kind == 0:
            return "composite", self.read_fields()
        if kind == 1:
            variants = source.listed(self.read_variant)
            return "variant", {index: (name, fields) for name, fields, index in variants}
        if kind == 2:
            return "sequence", source.compact()
        if kind == 3:
            return "array", (source.integer(4), source.compact())
        if kind == 4:
            return "tuple", source.listed(source.compact)
        if kind == 5:
            return "primitive", PRIMITIVES[source.integer(1)]
        if kind == 6:
            return "compact", source.compact()
        return "bits", (source.compact(), source.compact())

    def read_fields(self):
        source = self.source

        def field():
            name, type = source.optional(source.text), source.compact()
            source.optional(source.text), source.listed(source.text)  # the type's name in Rust, and its docs
            return name, type

        return source.listed(field)

    def read_variant(self):
        source = self.source
        name, fields, index = source.text(), self.read_fields(), source.integer(1)
        source.listed(source.text)
        return name, fields, index

    def read_pallet(self):
        source, pallet = self.source, self.source.text()
        source.optional(self.read_storage)
        source.optional(source.compact), source.optional(source.compact)  # calls, events
        source.listed(lambda: self.read_constant(pallet))
        source.optional(source.compact), source.integer(1)  # errors; the index
        if self.version == 15:
            source.listed(source.text)

    def read_storage(self):
        prefix = self.source.text()
        self.source.listed(lambda: self.read_item(prefix))

    def read_item(self, pallet):
        source = self.source
        name, modifier, arguments = source.text(), source.integer(1), []
        if source.integer(1) == 1:
            hashers, key = source.listed(lambda: HASHERS[source.integer(1)]), source.compact()
            keys = [key] if len(hashers) == 1 else self.types.types[key][2]
            arguments = list(zip(hashers, keys, strict=True))
        value, default = source.compact(), source.take(source.compact())
        source.listed(source.text)
        self.items[pallet, name] = Item(pallet, name, arguments, value, default if modifier == DEFAULT else None)

    def read_constant(self, pallet):
        source = self.source
        name, type, value = source.text(), source.compact(), source.take(source.compact())
        source.listed(source.text)
        self.constants[pallet, name] = type, value

    def skip_extrinsic(self):
        source = self.source
        source.integer(1), [source.compact() for _ in range(4)]
        source.listed(lambda: (source.text(), source.compact(), source.compact()))
        source.compact()

    def read_api(self):
        source, api = self.source, self.source.text()

        def method():
            name = source.text()
            arguments = source.listed(lambda: (source.text(), source.compact())[1])
            self.apis[api, name] = arguments, source.compact()
            source.listed(source.text)

        source.listed(method)
        source.listed(source.text)


def places(types, id):
    """The number that a type of crate typenum is: UInt<above, low bit>, UTerm for 0."""
    path, _, what = types[id]
    if path[-1] == "UTerm":
        return 0
    above, low = (type for _, type in what)
    return 2 * places(types, above) + int(types[low][0][-1][1])
