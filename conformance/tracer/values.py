"""What a tracer has at each block, in the canonical JSON of client/src/codec/value.h: the generator's own bytes, read by
plain Python (oracles/plain.py) from the types that it wrote."""

from dataclasses import dataclass
from functools import lru_cache

from oracles.plain import Plain
from .chain import Maker
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
        self.maker = Maker(chain)
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

    def map(self, block, name):
        """{arguments as JSON: value} of a map of the pallet Tracer whose rows name all of its keys."""
        item = self.items[block.executed_by, "Tracer", name]
        reader = self.readers[block.executed_by]
        found = []
        for _, arguments in ROW[name].keys:
            data = block.state.get(ROW[name].key(arguments))
            if data is not None:
                said = [reader.read(type, part) for (_, type), part in zip(item.arguments, arguments, strict=True)]
                found.append((said, reader.read(item.value, data)))
        return found

    def constant(self, spec, name):
        (tracer,) = [pallet for pallet in self.runtimes[spec].pallets if pallet.name == "Tracer"]
        ((_, type, data),) = [constant for constant in tracer.constants if constant[0] == name]
        return self.json(Answer(data, spec, type))

    @lru_cache(maxsize=None)
    def methods(self, spec):
        return {
            f"{api}_{method}": (arguments, result)
            for api, methods in self.runtimes[spec].apis for method, arguments, result in methods
        }

    def calls(self, block):
        """{(function, arguments as JSON text): result} of what is recorded at a block."""
        found = {}
        for (function, arguments), data in self.maker.calls(block).items():
            result = self.methods(block.runtime)[function][1]
            found[function, arguments] = self.json(Answer(data, block.runtime, result))
        return found
