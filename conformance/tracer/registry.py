"""The tracer's types, by name."""

from functools import cached_property

from oracles.registry import Registry


class Types(Registry):
    """A registry that makes each type once, when it is first named."""

    def __init__(self, spec):
        super().__init__()
        self.made = {}
        if spec == 2:
            self.struct("tracer::OnlySecond")  # all others have another number than in the first runtime

    def once(self, key, make):
        if key not in self.made:
            self.made[key] = make()
        return self.made[key]

    def plain(self, name):
        return self.once(name, lambda: self.add("primitive", name))

    def compacted(self, name):
        return self.once(("compact", name), lambda: self.compact(self.plain(name)))

    def fixed_point(self, name, places):
        return self.once(("fixed", name, places), lambda: self.fixed(self.plain(name), places))

    def typenum(self, value):
        return self.once(("typenum", value), lambda: super(Types, self).typenum(value))

    def byte_array(self, length):
        return self.once(("array", length), lambda: self.array(self.plain("u8"), length))

    def option_of(self, name):
        return self.once(("option", name), lambda: self.option(self.named(name)))

    def vector(self, name):
        return self.once(("vector", name), lambda: self.sequence(self.named(name)))

    def pair(self, *names):
        return self.once(names, lambda: self.tuple(*map(self.named, names)))

    def struct(self, path, **fields):
        """A composite of named fields; each a type, or the name of one."""
        return self.once(path, lambda: self.composite(
            *((name, self.named(type)) for name, type in fields.items()), path=path.split("::")))

    def enum(self, path, *variants):
        """Variants are (name, index, {field: type}) or (name, index, type…); types may be named."""
        return self.once(path, lambda: self.variant(
            *((name, index, *self.parts(fields)) for name, index, *fields in variants), path=path.split("::")))

    def parts(self, fields):
        if len(fields) == 1 and isinstance(fields[0], dict):
            return [(name, self.named(type)) for name, type in fields[0].items()]
        return [self.named(type) for type in fields]

    def named(self, type):
        """The id of a type that is an id, a primitive's name, or a name of this class."""
        if isinstance(type, int):
            return type
        return getattr(self, type) if hasattr(Types, type) else self.plain(type)

    nothing = cached_property(lambda self: self.tuple())
    bytes = cached_property(lambda self: self.sequence(self.plain("u8")))
    hash = cached_property(lambda self: self.composite(self.byte_array(32), path=["primitive_types", "H256"]))
    account = cached_property(
        lambda self: self.composite(self.byte_array(32), path=["sp_core", "crypto", "AccountId32"]))
    outcome = cached_property(lambda self: self.result(self.plain("u64"), self.plain("str")))
    reading = cached_property(lambda self: self.struct(
        "tracer::Reading", chain="u8", runtime="u32", block=self.compacted("u32"), key="u16", mark="u64", text="str"))
    choice = cached_property(lambda self: self.enum(
        "tracer::Choice", ("Narrow", 0, "u64"), ("Wide", 3, {"mark": "u128"}), ("Long", 7, "u16", "hash"),
        ("Nothing", 9)))

    @cached_property
    def by_number(self):
        key, value = self.plain("u16"), self.plain("u64")
        id = self.composite(self.sequence(self.tuple(key, value)), path=["BTreeMap"])
        self.parameters[id] = [("K", key), ("V", value)]
        return id
