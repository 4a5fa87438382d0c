"""The tracer's blocks: what is written in each, and the facts that follow. The state after a block is a dict of hex
keys to bytes; nothing here is random, so that every run makes the same chain."""

from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b

from oracles.samples import compact
from testenv.keys import account_of
from .kinds import EDGES
from .marks import CALL, CHAINS, EVENT, EXTRINSIC, HEADER, Mark
from .metadata import runtime_version
from .rows import BIG, EDGE_ROWS, FIRST_BIG, HOT, NEIGHBOURS, ONLY_FIRST, ONLY_SECOND, RARE, STILL, storage_key
from .runtimes import APIS, NAME, SLOT, SYSTEM, TIMESTAMP, TRACER, make_runtime
from .scale import blob, listed, number, optional, text

LAST, UPGRADE, FINALIZED_BEHIND = 200, 100, 4
FORK_FROM, FORK_LENGTH = 120, 3  # blocks 121 to 123 once more, on block 120
PRUNED = range(1, 21)  # their state is gone; that of the genesis is kept, as nodes do
BIG_KEYS, ADDED, REMOVED, CHANGED = 5000, 8, 8, 9  # of the map Big: at genesis, and in each block
FIRST_SLOT = 143_333_334
NETUIDS, ODD_NETUID = (0, 1, 2, 3, 4, 6), 5  # subnets that always are, and one that is after odd blocks only
ALICE, BOB = (account_of(address) for address in (
    "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY", "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty"))
CODE = "0x3a636f6465"


def hash_of(data):
    return blake2b(data, digest_size=32).digest()


def hexed(data):
    return "0x" + data.hex()


def subnet(item, netuid):
    return storage_key("SubtensorModule", item, ("Identity", number(netuid, 2)))


@dataclass
class Block:
    """A block and the whole state after it. `executed_by` is the runtime that ran it, `runtime` the one in force after."""

    number: int
    fork: bool
    parent: "Block | None"
    executed_by: int
    runtime: int
    extrinsics: list = field(default_factory=list)
    logs: list = field(default_factory=list)
    state: dict = field(default_factory=dict)
    header: dict = field(default_factory=dict)
    hash: bytes = bytes(32)
    state_root: bytes = b""

    @property
    def name(self):
        return hexed(self.hash)


def changed(before, block):
    """[(key, value or None)] of what a block's state has otherwise than one before it, by key."""
    old, new = before.state if before else {}, block.state
    keys = {key for key, value in new.items() if old.get(key) != value} | (old.keys() - new.keys())
    return [(key, new.get(key)) for key in sorted(keys)]


def big_changes(height):
    """Of the map Big in a block: the numbers of entries (added, changed, removed). Entries are taken away from the
    oldest on, and changed ones lie scattered among the others."""
    added = range(BIG_KEYS + (height - 1) * ADDED, BIG_KEYS + height * ADDED)
    removed = range((height - 1) * REMOVED, height * REMOVED)
    first, count = height * REMOVED, BIG_KEYS - REMOVED
    changed = {first + (height * 997 + at * 523) % count for at in range(CHANGED)}
    assert len(changed) == CHANGED
    return added, sorted(changed), removed


class Maker:
    """Makes one tracer: `chain` is its number."""

    accounts = (ALICE, BOB)

    def __init__(self, chain):
        self.chain = chain
        self.runtimes = {spec: make_runtime(chain, spec) for spec in (1, 2)}
        self.canonical = [self.genesis()]
        while len(self.canonical) <= LAST:
            self.canonical.append(self.next(self.canonical[-1], False))
        self.forked = [self.canonical[FORK_FROM]]
        for _ in range(FORK_LENGTH):
            self.forked.append(self.next(self.forked[-1], True))
        self.forked = self.forked[1:]
        self.blocks = sorted(self.canonical + self.forked, key=lambda block: (block.number, block.hash))

    def mark(self, block, key, kind=0):
        return Mark(self.chain, block.executed_by, block.number, key, kind, block.fork)

    # ---- blocks

    def genesis(self):
        block = Block(0, False, None, 1, 1)
        for row in EDGE_ROWS:
            for (_, arguments), value in zip(row.keys, EDGES[row.kind], strict=True):
                block.state[row.key(arguments)] = value
        for row in (STILL, RARE, NEIGHBOURS):
            self.write(block, row)
        for entry in range(BIG_KEYS):
            self.write_big(block, entry)
        block.state[CODE] = self.code(1)
        block.state[storage_key("System", "LastRuntimeUpgrade")] = compact(1) + text(NAME)
        for netuid in NETUIDS:
            block.state[subnet("NetworksAdded", netuid)] = b"\1"
            block.state[subnet("TokenSymbol", netuid)] = blob(b"T%d" % netuid)
        self.write_hot(block)
        self.seal(block)
        return block

    def next(self, parent, fork):
        height = parent.number + 1
        runtime = 2 if height >= UPGRADE else 1
        block = Block(height, fork, parent, parent.runtime, runtime, state=dict(parent.state))
        block.logs = [b"\x06aura" + blob(number(FIRST_SLOT + height, 8))]
        block.extrinsics = self.extrinsics(block)
        self.write_system(block)
        self.write_hot(block)
        added, changed, removed = big_changes(height)
        for entry in (*added, *changed):
            self.write_big(block, entry)
        for entry in removed:
            del block.state[BIG.key([number(entry, 4)])]
        if height % 10 == 0:
            self.write(block, RARE)
        if height % 25 == 0:
            self.write(block, NEIGHBOURS)
        if height == UPGRADE:
            block.state[CODE] = self.code(2)
            block.logs.append(b"\x08")
        if height == UPGRADE + 1:  # the first block of the second runtime migrates
            del block.state[ONLY_FIRST.key([])]
            block.state[storage_key("System", "LastRuntimeUpgrade")] = compact(2) + text(NAME)
        self.write_events(block)
        self.seal(block)
        return block

    def seal(self, block):
        """Makes the header. There are no tries here: a state root is a mark, and a hash of the parent's root and of what
        has changed since."""
        parent, before = (block.parent.hash, block.parent.state_root) if block.parent else (bytes(32), b"")
        changes = b"".join(key.encode() + optional(value) for key, value in changed(block.parent, block))
        state_root = self.mark(block, 0, HEADER).wide() + blake2b(before + changes, digest_size=16).digest()
        block.state_root = state_root
        extrinsics_root = hash_of(listed(map(blob, block.extrinsics)))
        block.hash = hash_of(parent + compact(block.number) + state_root + extrinsics_root + listed(block.logs))
        block.header = {
            "parentHash": hexed(parent), "number": hex(block.number), "stateRoot": hexed(state_root),
            "extrinsicsRoot": hexed(extrinsics_root), "digest": {"logs": [hexed(log) for log in block.logs]},
        }

    # ---- what is written

    def write(self, block, row):
        for key, arguments in row.keys:
            block.state[row.key(arguments)] = row.kind_in(block.executed_by).value(self.mark(block, key))

    def write_hot(self, block):
        for row in HOT:
            if row.comes_and_goes and block.number % 2:
                for _, arguments in row.keys:
                    block.state.pop(row.key(arguments), None)
            else:
                self.write(block, row)
        self.write(block, ONLY_FIRST if block.executed_by == 1 else ONLY_SECOND)

    def write_big(self, block, entry):
        block.state[BIG.key([number(entry, 4)])] = self.mark(block, FIRST_BIG + entry).wide()

    def write_system(self, block):
        state, parent = block.state, block.parent
        state[storage_key("System", "Number")] = number(block.number, 4)
        state[storage_key("System", "ParentHash")] = parent.hash
        state[storage_key("System", "BlockHash", ("Twox64Concat", number(parent.number, 4)))] = parent.hash
        state[storage_key("System", "Digest")] = listed(block.logs)
        state[storage_key("Timestamp", "Now")] = number(now(block.number), 8)
        if block.number % 2:
            state[subnet("NetworksAdded", ODD_NETUID)] = b"\1"
        else:
            state.pop(subnet("NetworksAdded", ODD_NETUID), None)
        for key, account in enumerate((ALICE, BOB), 1):
            state[storage_key("System", "Account", ("Blake2_128Concat", account))] = self.account(block, key)

    def account(self, block, key):
        """Nonce, consumers, providers, sufficients; free is a mark, reserved another, frozen 0, flags as a chain's."""
        nonce = block.number if key == 1 else 0
        marks = self.mark(block, 900 + key).narrow() + self.mark(block, 910 + key).narrow()
        counts = b"".join(number(count, 4) for count in (nonce, 0, 1, 0))
        return counts + marks + number(0, 8) + number(1 << 127, 16)

    def write_events(self, block):
        events = self.events(block)
        block.state[storage_key("System", "Events")] = listed(events)
        block.state[storage_key("System", "EventCount")] = number(len(events), 4)

    def events(self, block):
        mark, tracer, system = self.mark(block, 1, EVENT), bytes([TRACER]), bytes([SYSTEM])
        success = system + b"\0" + compact(block.number + 2**20) + compact(2**14)
        marked = self.mark(block, 2, EVENT).wide()
        if block.executed_by == 1:
            own = [b"\0" + number(1, 2) + mark.narrow(), b"\1" + marked,
                   b"\2" + text(self.mark(block, 3, EVENT).text())]
        else:
            own = [b"\1" + mark.wide() + compact(1) + ALICE, b"\2" + marked,
                   b"\5" + self.mark(block, 3, EVENT).narrow() + blob(self.mark(block, 4, EVENT).wide())]
        topics = listed([])
        events = [b"\0" + number(0, 4) + success + b"\2\0" + topics]
        if block.number == UPGRADE + 1:
            events.insert(0, b"\2" + tracer + b"\0" + number(1, 4) + number(2, 4) + topics)
        events += [b"\0" + number(1, 4) + tracer + event + topics for event in own]
        if block.runtime != block.executed_by:
            events.append(b"\0" + number(1, 4) + system + b"\2" + topics)
        return [*events, b"\0" + number(1, 4) + success + b"\0\0" + listed([self.mark(block, 5, EVENT).long()])]

    def code(self, spec):
        """Stands for the runtime: a hash of its metadata."""
        return b"\0asm" + hash_of(self.runtimes[spec].metadata(15))

    def extrinsics(self, block):
        """The timestamp, and a signed call; its signature is a mark and verifies nowhere."""
        stamp = bytes([4, TIMESTAMP, 0]) + compact(now(block.number))
        mark = self.mark(block, 0, EXTRINSIC)
        touch = bytes([TRACER, 0]) + number(1, 2) + mark.wide() + text(mark.text())
        if block.runtime != block.executed_by:
            touch = bytes([SYSTEM, 11]) + blob(self.code(block.runtime))
        signed = b"\x84\0" + ALICE + b"\1" + mark.long() * 2 + b"\0" + compact(block.number - 1) + compact(0)
        return [blob(stamp), blob(signed + touch)]

    # ---- calls

    def calls(self, block):
        """Recorded runtime calls at a block, run by the runtime in force after it: {(function, arguments): result}."""
        def mark(key):
            return Mark(self.chain, block.runtime, block.number, key, CALL, block.fork)

        reading = mark(0)
        found = {
            ("TracerApi_reading", b""): number(self.chain, 1) + number(block.runtime, 4) + compact(block.number)
            + number(0, 2) + reading.narrow() + text(reading.text()),
            ("TracerApi_marks", listed(number(key, 2) for key in (1, 2))):
                listed(number(key, 2) + mark(key).narrow() for key in (1, 2)),
            ("TracerApi_wide", number(1, 2) + ALICE): b"\1" + mark(1).wide(),
            ("TracerApi_wide", number(2, 2) + ALICE): b"\0",
        }
        for key in range(8):
            found["TracerApi_mark", number(key, 2)] = mark(key).narrow()
        for account, nonce in ((ALICE, block.number), (BOB, 0)):
            found["AccountNonceApi_account_nonce", account] = number(nonce, 4)
        return found

    def version(self, spec):
        return runtime_version(NAME, spec, APIS)

    @property
    def name(self):
        return CHAINS[self.chain]


def now(height):
    return (FIRST_SLOT + height) * SLOT


@lru_cache
def made(chain):
    """The tracer of that number, made once."""
    return Maker(chain)
