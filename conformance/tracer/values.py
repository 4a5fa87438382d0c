"""What a tracer has at each block, in the canonical JSON of client/src/codec/value.h: the generator's own bytes, read
by plain Python (oracles/plain.py) from the types that it wrote."""

from dataclasses import dataclass

from oracles.plain import Plain
from .chain import made
from .rows import ROWS, storage_key

ROW = {row.name: row for row in ROWS}


@dataclass
class Answer:
    """A value as bytes, or None where there is none, and the id of its type in a runtime."""

    data: bytes | None
    spec: int
    type: int


class Values:
    """What the tracer of a number has; `read` is what makes JSON of bytes."""

    def __init__(self, chain, reader=Plain):
        self.maker = made(chain)
        self.runtimes = self.maker.runtimes
        self.readers = {spec: reader(runtime.types.types) for spec, runtime in self.runtimes.items()}
        self.items = {
            (spec, pallet.name, item.name): item
            for spec, runtime in self.runtimes.items() for pallet in runtime.pallets for item in pallet.items
        }

    def block(self, number):
        return self.maker.canonical[number]

    def json(self, answer):
        return None if answer.data is None else self.readers[answer.spec].read(answer.type, answer.data)

    def stored(self, block, pallet, name, arguments=()):
        """An entry after a block, or its item's default. `arguments` are encoded."""
        item = self.items[block.executed_by, pallet, name]
        hashed = zip((hasher for hasher, _ in item.arguments), arguments, strict=True)
        data = block.state.get(storage_key(pallet, name, *hashed), item.default)
        return self.json(Answer(data, block.executed_by, item.value))

    def arguments(self, block, name, arguments, reader=None):
        """Encoded arguments of an item of the pallet Tracer as JSON."""
        item = self.items[block.executed_by, "Tracer", name]
        reader = reader or self.readers[block.executed_by]
        return [reader.read(type, part) for (_, type), part in zip(item.arguments, arguments, strict=True)]

    def asked(self, block, name, arguments):
        """The same in canonical JSON, as questions have them."""
        plain = Plain(self.runtimes[block.executed_by].types.types)
        return self.arguments(block, name, arguments, plain)

    def map(self, block, name):
        """[(arguments as JSON, value)] of a map of the pallet Tracer, of those of its row's keys that are there."""
        type, read = self.items[block.executed_by, "Tracer", name].value, self.readers[block.executed_by].read
        found = [(arguments, block.state.get(ROW[name].key(arguments))) for _, arguments in ROW[name].keys]
        return [
            (self.arguments(block, name, arguments), read(type, data)) for arguments, data in found if data is not None
        ]

    def constant(self, spec, name):
        """Of the pallet Tracer."""
        (tracer,) = [pallet for pallet in self.runtimes[spec].pallets if pallet.name == "Tracer"]
        ((_, type, data),) = [constant for constant in tracer.constants if constant[0] == name]
        return self.json(Answer(data, spec, type))

    def calls(self, block):
        """{(function, encoded arguments): result} of what is recorded at a block."""
        results = {
            f"{api}_{method}": result
            for api, methods in self.runtimes[block.runtime].apis for method, _, result in methods
        }
        return {
            (function, arguments): self.json(Answer(data, block.runtime, results[function]))
            for (function, arguments), data in self.maker.calls(block).items()
        }
