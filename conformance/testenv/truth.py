"""A recording, read by independent code: fixtures/FORMAT.md in plain dicts. What the node must answer is
worked out here, slowly and plainly, and compared with what it does answer."""

import json
from bisect import bisect_right
from pathlib import Path

KNOWN, ABSENT, PRESENT, UNKNOWN = "known", "absent", "present", "unknown"


def lines(path):
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines()]


class Set:
    """A state set: what is known of the storage after one block."""

    def __init__(self, head, base):
        self.base, self.own = base, {}
        covered = head.get("covered", [])  # a pruned set has none
        self.covered = base.covered if covered == "base" else covered
        self.content = dict(base.content) if base else {}

    def change(self, line):
        fact = (PRESENT, None) if "present" in line else (KNOWN, line["value"])
        if fact == (KNOWN, None):
            fact = (ABSENT, None)
        self.own[line["key"]] = self.content[line["key"]] = fact

    def covers(self, key):
        return any(start <= key and (end is None or key < end) for start, end in self.covered)

    def lookup(self, key):
        """(condition, value) of a key, by the three rules of the format."""
        if key in self.own:
            return self.own[key]
        if self.covers(key):
            return self.content.get(key, (ABSENT, None))
        return UNKNOWN, None

    def keys(self):
        """All keys that are there, as far as is known, in order."""
        return sorted(key for key in self.content if self.lookup(key)[0] in (KNOWN, PRESENT))


class Truth:
    def __init__(self, folder):
        folder = self.folder = Path(folder)
        self.manifest = json.loads((folder / "manifest.json").read_text())
        self.genesis = self.manifest["genesis"]["hash"]
        self.blocks = lines(folder / "blocks.jsonl")
        self.by_hash = {block["hash"]: block for block in self.blocks}
        self.canonical = {b["number"]: b for b in self.blocks if not b.get("fork")}
        self.head = self.by_hash[self.manifest["head"]]
        self.finalized = self.by_hash[self.manifest["finalized"]]
        self.runtimes = {r["spec_version"]: r for r in lines(folder / "runtimes.jsonl")}
        self.calls = lines(folder / "calls.jsonl")
        self.sets = {}
        self._read_sets(lines(folder / "state.jsonl"))
        self._keys = {}

    def _read_sets(self, state):
        bodies, heads = {}, {}
        for line in state:
            if "set" in line:
                current = bodies[line["set"]] = []
                heads[line["set"]] = line
            else:
                current.append(line)
        for block in heads:
            self._make_set(block, heads, bodies)

    def _make_set(self, block, heads, bodies):
        chain = []
        while block is not None and block not in self.sets:
            chain.append(block)
            block = heads[block].get("base")
        for block in reversed(chain):
            base = heads[block].get("base")
            self.sets[block] = Set(heads[block], self.sets[base] if base else None)
            for line in bodies[block]:
                self.sets[block].change(line)

    def state_blocks(self):
        """The blocks whose state is recorded, by number."""
        return sorted((self.by_hash[hash] for hash in self.sets), key=lambda b: b["number"])

    def lookup(self, hash, key):
        return self.sets[hash].lookup(key) if hash in self.sets else (UNKNOWN, None)

    def keys(self, hash):
        if hash not in self._keys:
            self._keys[hash] = self.sets[hash].keys()
        return self._keys[hash]

    def page(self, hash, prefix, count, after=None):
        """What state_getKeysPaged must give, for stretches that are covered."""
        keys = self.keys(hash)
        begin = bisect_right(keys, after) if after is not None else 0
        return [key for key in keys[begin:] if key.startswith(prefix)][:count]

    def metadata(self, spec_version, version):
        name = self.runtimes[spec_version]["metadata"][str(version)]
        return (self.folder / "blobs" / name).read_bytes()
