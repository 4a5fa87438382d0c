"""The tracers: remade byte for byte by their command, sound to `mocknode verify`, and of the shape that their README
says."""

import pytest

from oracles.plain import Plain
from testenv.fixture import run
from testenv.paths import ROOT
from testenv.truth import ABSENT, KNOWN, UNKNOWN, Truth
from tracer import make
from tracer.chain import BIG_KEYS, FORK_FROM, FORK_LENGTH, LAST, PRUNED, UPGRADE
from tracer.kinds import KINDS
from tracer.marks import CHAINS
from tracer.rows import BIG, HOT, ROWS
from tracer.values import Values

BYTES_MAX = 6_000_000
FOLDERS = {chain: ROOT / "fixtures" / name for chain, name in CHAINS.items()}


@pytest.fixture(scope="module")
def tracer():
    return Truth(FOLDERS[1])


@pytest.fixture(scope="module")
def values():
    return Values(1)


@pytest.mark.parametrize("chain", CHAINS)
def test_remade_byte_for_byte(chain):
    folder = FOLDERS[chain]
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    wanted = make.files(chain)
    assert found.keys() - {"README.md"} == wanted.keys()
    assert [name for name in wanted if found[name] != wanted[name]] == []
    assert sum(map(len, found.values())) <= BYTES_MAX


@pytest.mark.parametrize("chain", CHAINS)
def test_verified_and_in_the_recorders_own_form(chain, tmp_path):
    done = run("verify", FOLDERS[chain])
    assert done.returncode == 0, done.stderr
    assert run("merge", FOLDERS[chain], FOLDERS[chain], "--out", tmp_path / "merged").returncode == 0
    for name in make.files(chain):
        if name != "manifest.json":
            assert (tmp_path / "merged" / name).read_bytes() == (FOLDERS[chain] / name).read_bytes(), name


def test_another_genesis_with_the_same_keys(tracer):
    other = Truth(FOLDERS[2])
    assert other.genesis != tracer.genesis
    for number in (0, 70, LAST):
        ours, theirs = ([truth.canonical[number]["hash"]] for truth in (tracer, other))
        assert tracer.keys(*ours) == other.keys(*theirs)


def test_blocks(tracer):
    assert sorted(tracer.canonical) == list(range(LAST + 1))
    assert (tracer.head["number"], tracer.finalized["number"]) == (LAST, LAST - 4)
    assert [block["number"] for block in tracer.blocks if block.get("fork")] == [
        FORK_FROM + at for at in range(1, FORK_LENGTH + 1)]
    assert all(block["runtime"] == (2 if block["number"] >= UPGRADE else 1) for block in tracer.blocks)
    key = ROWS[0].key([])
    unknown = {block["number"] for block in tracer.blocks if tracer.lookup(block["hash"], key)[0] == UNKNOWN}
    assert unknown == set(PRUNED)


def test_hot_keys_change_in_each_block(tracer):
    """64 of them, of each kind that there is, in values and in hashers."""
    keys = [row.key(arguments) for row in HOT for _, arguments in row.keys]
    assert len(set(keys)) == 64
    assert {row.kind for row in HOT} >= KINDS.keys()
    for block in tracer.blocks:
        if block["number"] - 1 in PRUNED or block["number"] in (0, *PRUNED):
            continue
        parent = block["header"]["parentHash"]
        same = [key for key in keys if tracer.lookup(block["hash"], key) == tracer.lookup(parent, key)]
        assert same == [], block["number"]


def test_25_of_5000_entries_change_in_each_block(tracer):
    prefix = BIG.key([bytes(4)])[:66]

    def entries(number):
        content = tracer.sets[tracer.canonical[number]["hash"]].content
        return {key: value for key, (condition, value) in content.items()
                if key.startswith(prefix) and condition == KNOWN}

    before = entries(PRUNED[-1] + 1)
    assert len(before) == BIG_KEYS
    for number in range(PRUNED[-1] + 2, LAST + 1):
        after = entries(number)
        changed = [key for key in before.keys() & after.keys() if before[key] != after[key]]
        counts = len(after.keys() - before.keys()), len(before.keys() - after.keys()), len(changed)
        assert counts == (8, 8, 9), number
        before = after


def test_what_is_recorded_is_what_is_due(tracer, values):
    """Each item of each runtime, read from the recording."""
    for number in (0, 70, 71, UPGRADE, UPGRADE + 1, LAST):
        block, hash = values.block(number), tracer.canonical[number]["hash"]
        for row in ROWS:
            if block.executed_by not in row.specs:
                continue
            item = values.items[block.executed_by, "Tracer", row.name]
            for _, arguments in row.keys:
                condition, data = tracer.lookup(hash, row.key(arguments))
                assert condition in (KNOWN, ABSENT)
                read = Plain(values.runtimes[block.executed_by].types.types).read
                found = data and read(item.value, bytes.fromhex(data[2:]))
                default = None if item.default is None else read(item.value, item.default)
                due = values.stored(block, "Tracer", row.name, arguments)
                assert (default if data is None else found) == due, (number, row.name)


def test_the_runtimes_differ(tracer):
    """Each type has another number, and an event of one name has another shape and another index."""
    first, second = (Values(1).runtimes[spec] for spec in (1, 2))
    assert not [id for id, type in enumerate(first.types.types) if second.types.types[id] == type and type["path"]]

    def events(runtime):
        (type,) = [type for type in runtime.types.types if type["path"] == ["tracer", "pallet", "Event"]]
        return {name: (index, [field[0] for field in fields]) for name, index, fields in type["variant"]}

    assert events(first)["Moved"] == (0, ["key", "mark"]) and events(second)["Moved"] == (1, ["mark", "key", "by"])
    assert events(first)["OnlyFirst"][0] == events(second)["Marked"][0] == 2
    for spec in (1, 2):
        assert max(len(tracer.metadata(spec, version)) for version in (14, 15)) < 12_000
