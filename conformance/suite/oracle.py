"""What a call must give, by code that shares nothing with a client: of a tracer what its generator wrote (tracer/values.py), of any
other recording what testenv/truth.py reads there. Values are canonical JSON."""

from functools import lru_cache

from testenv.paths import ROOT
from testenv.truth import Truth
from tracer.chain import PRUNED
from tracer.rows import ROWS, storage_key
from tracer.values import Values

TRACERS = {"tracer": 1, "tracer-2": 2}
PRUNED_STATE = {"outcome": "rpc", "code": 4003}
NAMED = {"hot": "Tracer", "neighbours": "Tracer.Neighbours", "big": "Tracer.Big"}


@lru_cache
def oracle_of(fixture):
    return (Tracer if fixture in TRACERS else Recording)(fixture)


class Recording:
    """Any recording: raw reads only."""

    def __init__(self, fixture):
        self.fixture, self.truth = fixture, Truth(ROOT / "fixtures" / fixture)
        self.head, self.genesis = self.truth.head, self.truth.genesis

    def hash(self, number):
        return self.truth.canonical[number]["hash"]

    def fork(self, number):
        """The hash of a block beside the canonical chain."""
        return next(block["hash"] for block in self.truth.blocks if block.get("fork") and block["number"] == number)

    def raw(self, hash, key):
        """Of `state_getStorage`."""
        condition, value = self.truth.lookup(hash, key)
        assert condition in ("known", "absent"), f"{self.fixture} does not know {key} at {hash}"
        return {"outcome": "ok", "value": value}


class Tracer(Recording):
    def __init__(self, fixture):
        super().__init__(fixture)
        self.values = Values(TRACERS[fixture])
        self.blocks = {block.name: block for block in self.values.maker.blocks}
        self.rows = {row.name: row for row in ROWS}

    def entries(self, what):
        """[(item, number of the key, encoded arguments)] that `read` of a case names."""
        if what == "hot":
            return [(row.name, key, arguments) for row in ROWS for key, arguments in row.keys if key <= 64]
        row = self.rows[NAMED.get(what, what).removeprefix("Tracer.")]
        if row.name == "Big":
            height = self.head["number"]
            return [("Big", 1000 + entry, (entry.to_bytes(4, "little"),)) for entry in range(8 * height, 5000 + 8 * height)]
        return [(row.name, key, arguments) for key, arguments in row.keys]

    def key(self, item, arguments, pallet="Tracer"):
        return self.rows[item].key(arguments) if pallet == "Tracer" else storage_key(pallet, item)

    def arguments(self, item, arguments):
        """Encoded arguments as canonical JSON."""
        return self.values.asked(self.values.block(200), item, arguments)

    def raw(self, hash, key):
        block = self.blocks[hash]
        if block.number in PRUNED and not block.fork:
            return PRUNED_STATE
        value = block.state.get(key)
        return {"outcome": "ok", "value": None if value is None else "0x" + value.hex()}

    def stored(self, hash, pallet, item, arguments):
        block = self.blocks[hash]
        if block.number in PRUNED and not block.fork:
            return PRUNED_STATE
        return {"outcome": "ok", "value": self.values.stored(block, pallet, item, arguments)}

    def entries_of_map(self, hash, item):
        block = self.blocks[hash]
        if item == "Big":
            rows = self.big(block)
        else:
            rows = self.values.map(block, item)
        return {"outcome": "ok", "entries": [[list(arguments), value] for arguments, value in rows]}

    def big(self, block):
        type = self.values.items[block.executed_by, "Tracer", "Big"].value
        read, row = self.values.readers[block.executed_by].read, self.rows["Big"]
        first = 8 * block.number
        for entry in range(first, first + 5000):
            data = block.state[row.key([entry.to_bytes(4, "little")])]
            yield [entry], read(type, data)
