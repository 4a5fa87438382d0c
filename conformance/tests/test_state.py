"""Storage: values, pages of keys and sets of keys at every block, derived from facts alone."""

import hashlib

import pytest

from testenv.truth import ABSENT, KNOWN

pytestmark = pytest.mark.core

CODE = "0x3a636f6465"
NO_HASH = "0x" + "ee" * 32
NOT_FOUND = f"Header was not found in the database: {NO_HASH}"


def common_prefix(a, b):
    length = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    return a[: length - length % 2]


def known_keys(truth, block):
    return [k for k in truth.keys(block["hash"]) if truth.lookup(block["hash"], k)[0] == KNOWN]


def prefixes(truth, block):
    """The prefixes of the recorded maps: the first 32 bytes of keys, pallet and item."""
    return sorted({key[:66] for key in truth.keys(block["hash"]) if len(key) >= 66})


def test_every_value_at_the_head(socket, truth):
    hash = truth.head["hash"]
    for key in known_keys(truth, truth.head):
        assert socket.call("state_getStorage", key, hash) == truth.lookup(hash, key)[1]


def test_a_changing_key_at_every_block(socket, truth, rng):
    """The keys that change most, at each block: a stale or a swapped block shows."""
    blocks = truth.state_blocks()
    values = {}
    for block in blocks:
        for key in truth.sets[block["hash"]].own:
            values.setdefault(key, set()).add(truth.lookup(block["hash"], key)[1])
    busiest = sorted(values, key=lambda key: (-len(values[key]), key))[:20]
    assert len(values[busiest[0]]) > 10, "the recording has no key that changes often"
    for block in blocks:
        for key in busiest:
            condition, value = truth.lookup(block["hash"], key)
            if condition in (KNOWN, ABSENT):
                assert socket.call("state_getStorage", key, block["hash"]) == value


def test_sampled_keys_at_every_block(socket, truth, rng):
    for block in truth.state_blocks():
        for key in rng.sample(known_keys(truth, block), 10):
            assert socket.call("state_getStorage", key, block["hash"]) == (
                truth.lookup(block["hash"], key)[1]
            )


def test_an_absent_key_is_null(socket, truth, rng):
    for key in rng.sample(known_keys(truth, truth.head), 20):
        for near in (key + "00", key[:-2] + "%02x" % (int(key[-2:], 16) ^ 1)):
            condition, value = truth.lookup(truth.head["hash"], near)
            if condition in (KNOWN, ABSENT):
                assert socket.call("state_getStorage", near, truth.head["hash"]) == value


def test_without_a_hash_it_is_the_head(socket, truth):
    key = known_keys(truth, truth.head)[0]
    value = truth.lookup(truth.head["hash"], key)[1]
    assert socket.call("state_getStorage", key) == value
    assert socket.call("state_getStorage", key, None) == value


def test_hex_in_any_form_is_the_same_key(socket, truth):
    key = known_keys(truth, truth.head)[0]
    value = truth.lookup(truth.head["hash"], key)[1]
    for form in (key[2:], "0x" + key[2:].upper(), key[2:].upper()):
        assert socket.call("state_getStorage", form, truth.head["hash"]) == value


def test_hash_and_size_of_a_value(socket, truth, rng):
    hash = truth.head["hash"]
    for key in rng.sample(known_keys(truth, truth.head), 20):
        value = bytes.fromhex(truth.lookup(hash, key)[1][2:])
        digest = "0x" + hashlib.blake2b(value, digest_size=32).hexdigest()
        assert socket.call("state_getStorageHash", key, hash) == digest
        assert socket.call("state_getStorageSize", key, hash) == len(value)


def test_size_of_a_prefix_is_the_sum_of_its_values(socket, truth):
    hash = truth.head["hash"]
    for prefix in prefixes(truth, truth.head)[:40]:
        if truth.lookup(hash, prefix)[0] == KNOWN:
            continue
        sizes = [len(truth.lookup(hash, key)[1]) // 2 - 1
                 for key in truth.keys(hash) if key.startswith(prefix)]
        assert socket.call("state_getStorageSize", prefix, hash) == sum(sizes)


def test_hash_and_size_of_an_absent_key_are_null(socket, truth):
    absent = prefixes(truth, truth.head)[0] + "ff" * 40
    assert truth.lookup(truth.head["hash"], absent)[0] == ABSENT
    assert socket.call("state_getStorageHash", absent, truth.head["hash"]) is None
    assert socket.call("state_getStorageSize", absent, truth.head["hash"]) is None


@pytest.mark.parametrize("size", [7, 1000])
def test_pages_of_every_map_at_the_head(socket, truth, size):
    hash = truth.head["hash"]
    for prefix in prefixes(truth, truth.head):
        keys, start = [], None
        while page := socket.call("state_getKeysPaged", prefix, size, start, hash):
            assert len(page) <= size
            keys, start = keys + page, page[-1]
        assert keys == [key for key in truth.keys(hash) if key.startswith(prefix)]


def test_pages_of_one_key(socket, truth):
    """Every step of the longest map, a key at a time."""
    hash = truth.head["hash"]
    longest = max(prefixes(truth, truth.head), key=lambda p: len(truth.page(hash, p, 10**9)))
    expected = truth.page(hash, longest, 200)
    start = None
    for key in expected:
        assert socket.call("state_getKeysPaged", longest, 1, start, hash) == [key]
        start = key


def test_pages_over_the_whole_state(socket, truth):
    """From after :code on, of which the recording may know less; longer pages than any map's."""
    hash, keys = truth.head["hash"], truth.keys(truth.head["hash"])
    start = next(key for key in keys if key > CODE)
    expected = keys[keys.index(start) + 1:]
    for size in (100, 1000):
        found, after = [], start
        while page := socket.call("state_getKeysPaged", "0x", size, after, hash):
            found, after = found + page, page[-1]
            assert len(page) == size or after == keys[-1]
        assert found == expected and len(found) > 800


def test_start_keys_that_are_no_keys(socket, truth, rng):
    """Before, between, after and beside the keys of a map; longer and shorter than any."""
    hash = truth.head["hash"]
    for prefix in rng.sample(prefixes(truth, truth.head), 12):
        keys = truth.page(hash, prefix, 10**9)
        some = rng.choice(keys)
        for start in (prefix, prefix + "00", some + "00", some[:-2], some + "ffffffff", prefix + "ff" * 80,
                      "0x", "0x00", "0xff", prefix[:-2]):
            for size in (1, 7, 1000):
                assert socket.call("state_getKeysPaged", prefix, size, start, hash) == (
                    truth.page(hash, prefix, size, after=start)
                ), (prefix, start, size)


def test_pages_at_every_block(socket, truth, rng):
    for block in truth.state_blocks():
        for prefix in rng.sample(prefixes(truth, block), 3):
            assert socket.call("state_getKeysPaged", prefix, 1000, None, block["hash"]) == (
                truth.page(block["hash"], prefix, 1000)
            )


def test_short_prefixes_of_odd_places(socket, truth, rng):
    """Prefixes that end inside a pallet's or an item's hash: never asked when it was recorded."""
    hash, keys = truth.head["hash"], truth.keys(truth.head["hash"])
    for _ in range(40):
        key = rng.choice([key for key in keys if key > "0x3b"])
        prefix = key[: rng.randrange(4, len(key) + 1, 2)]
        assert socket.call("state_getKeysPaged", prefix, 1000, None, hash) == (
            truth.page(hash, prefix, 1000)
        ), prefix


def test_a_page_of_nothing(socket, truth):
    assert socket.call("state_getKeysPaged", prefixes(truth, truth.head)[0], 0) == []


def test_over_a_thousand_is_4002(socket):
    error = socket.error("state_getKeysPaged", "0x26", 1001)
    assert error.code == 4002
    assert error.message == "count exceeds maximum value. value: 1001, max: 1000"


def test_all_keys_of_a_prefix(socket, truth):
    hash = truth.head["hash"]
    for prefix in prefixes(truth, truth.head)[:20]:
        assert socket.call("state_getKeys", prefix, hash) == truth.page(hash, prefix, 10**9)


def test_key_sets_never_recorded_together(socket, truth, rng):
    for block in rng.sample(truth.state_blocks(), 12):
        keys = rng.sample(known_keys(truth, block), 30) + [prefixes(truth, block)[0] + "ff" * 33]
        rng.shuffle(keys)
        assert socket.call("state_queryStorageAt", keys, block["hash"]) == [
            {"block": block["hash"],
             "changes": [[key, truth.lookup(block["hash"], key)[1]] for key in keys]}
        ]


def change_sets(truth, blocks, keys):
    """What a node tells of keys over a range of blocks: of each, at each block, its value, unless that is the
    last one that was told of it."""
    last, sets = {}, []
    for block in blocks:
        changes = []
        for key in ("0x" + key.lower().removeprefix("0x") for key in keys):
            value = truth.lookup(block["hash"], key)[1]
            if key not in last or last[key] != value:
                changes.append([key, value])
            last[key] = value
        if changes:
            sets.append({"block": block["hash"], "changes": changes})
    return sets


def spelled(rng, key):
    """The same bytes in another spelling."""
    return rng.choice([key, key[2:], "0x" + key[2:].upper(), key[2:].upper()])


def test_keys_that_are_asked_again(socket, truth, rng):
    """A key is its bytes, however it is spelled, and one that is repeated is told once."""
    blocks = truth.state_blocks()
    busy = sorted({key for block in blocks[-6:] for key in truth.sets[block["hash"]].own
                   if all(truth.lookup(b["hash"], key)[0] in (KNOWN, ABSENT) for b in blocks)})
    for _ in range(10):
        first = rng.randrange(len(blocks) - 8)
        pool = rng.sample(busy, 6) + [rng.choice(busy) + "ff"]
        keys = [spelled(rng, key) for key in rng.choices(pool, k=20)]
        assert socket.call("state_queryStorageAt", keys, blocks[first]["hash"]) == (
            change_sets(truth, blocks[first : first + 1], keys))
        assert socket.call(
            "state_queryStorage", keys, blocks[first]["hash"], blocks[first + 7]["hash"]
        ) == change_sets(truth, blocks[first : first + 8], keys)


def test_query_without_keys_or_hash(socket, truth):
    key = known_keys(truth, truth.head)[0]
    assert socket.call("state_queryStorageAt", []) == []
    assert socket.call("state_queryStorageAt", [key]) == [
        {"block": truth.head["hash"], "changes": [[key, truth.lookup(truth.head["hash"], key)[1]]]}
    ]


@pytest.mark.parametrize("method, params", [
    ("state_getStorage", ["0x1234"]),
    ("state_getStorageHash", ["0x1234"]),
    ("state_getStorageSize", ["0x1234"]),
    ("state_getKeysPaged", ["0x1234", 10, None]),
    ("state_getKeys", ["0x1234"]),
])
def test_storage_at_an_unknown_block_is_4003(socket, method, params):
    error = socket.error(method, *params, NO_HASH)
    assert (error.code, error.message) == (4003, f"Client error: UnknownBlock: {NOT_FOUND}")


@pytest.mark.parametrize("method, params", [
    ("state_call", ["Core_version", "0x"]),
    ("state_getMetadata", []),
    ("state_getRuntimeVersion", []),
])
def test_a_runtime_at_an_unknown_block_is_4003(socket, method, params):
    error = socket.error(method, *params, NO_HASH)
    assert (error.code, error.message) == (
        4003, f"Client error: Api called for an unknown Block: {NOT_FOUND}"
    )


def test_a_query_at_an_unknown_block_is_4001(socket):
    error = socket.error("state_queryStorageAt", ["0x1234"], NO_HASH)
    assert error.code == 4001
    assert error.message == (
        f"Cannot resolve a block range [{NO_HASH} ... {NO_HASH}]. UnknownBlock: {NOT_FOUND}"
    )
