"""Every named function on runtimes that no recorded chain has: specs 419 and 439, whose numbers stand in types of
their own, and 365, with metadata 16. The recordings are made up of their metadata; values as polkadot-api reads them."""

import json

import pytest

from oracles.packages import CRATE, SDK_11_0, SDK_11_1, member
from testenv.adapter import MODES, Adapter, call, ours
from testenv.cases import ALICE, ALL_FIELDS, BOB, HOTKEY, TABLE
from testenv.expected import NOBODY
from testenv.made import Decoder, Made

pytestmark = pytest.mark.foreign

HEAD = 73
THREADS = 16
NETUIDS = [1, 2, 258, 4095]
HOTKEYS = [HOTKEY, ALICE, BOB]
SUBNETS = [[netuid] for netuid in NETUIDS]
MECHANISMS = [*SUBNETS, [2, 1], [258, 15]]
NEURONS = [[netuid, uid] for netuid in NETUIDS for uid in (0, 1, 258)]
ASKED = {
    **dict.fromkeys(["get_balance", "get_stake_info_for_coldkey"], [[each] for each in HOTKEYS]),
    **dict.fromkeys(
        ["does_hotkey_exist", "get_hotkey_owner", "get_netuids_for_hotkey", "is_hotkey_registered_any"],
        [[hotkey] for hotkey in [*HOTKEYS, NOBODY]],
    ),
    **dict.fromkeys(
        ["get_children", "get_uid_for_hotkey_on_subnet", "is_hotkey_registered"],
        [[hotkey, netuid] for hotkey in HOTKEYS for netuid in NETUIDS],
    ),
    **dict.fromkeys(
        ["get_timestamp", "get_total_subnets", "get_all_subnets_netuid", "all_subnets", "get_delegates"], [[]],
    ),
    **dict.fromkeys(
        ["subnet_exists", "tempo", "get_subnet_price", "get_subnet_hyperparameters", "get_subnet_info", "subnet",
         "neurons", "neurons_lite"], [[0], *SUBNETS],
    ),
    **dict.fromkeys(["weights", "bonds"], MECHANISMS),
    **dict.fromkeys(["blocks_since_last_update", "get_commitment"], NEURONS),
    "get_balances": [[[*HOTKEYS, NOBODY]]],
    "neuron_for_uid": [[uid, netuid] for netuid, uid in NEURONS],
    "get_metagraph_info": [*MECHANISMS, [2, 1, ALL_FIELDS], [2, 1, [5]], [258, 0, [0, 72, 4]]],
    "metagraph": [*MECHANISMS, [2, 0, False], [258, 1, False]],
    "get_stake": [[coldkey, hotkey, netuid] for coldkey in (BOB, ALICE) for hotkey in HOTKEYS for netuid in NETUIDS],
}
# About blocks, which are those of another runtime here, or by the names of the metadata: the codec's tests have them.
OTHERS = {
    "get_block_hash", "get_current_block", "get_block_info", "get_existential_deposit", "query_map", "query_constant",
    "query_runtime_api", "state_call",
}


def metadata_of(package):
    data = bytes.fromhex(json.loads(member(package, "tests/fixtures/golden.json"))["metadata"]["v15_hex"][2:])
    return data[data.index(b"meta"):]


RUNTIMES = {
    365: lambda: member(CRATE, "metadata/finney.scale"), 419: lambda: metadata_of(SDK_11_0),
    439: lambda: metadata_of(SDK_11_1),
}


@pytest.mark.parametrize("spec_version", RUNTIMES)
def test_each_function(spec_version, tmp_path, start, rng):
    assert set(ASKED) == set(TABLE) - OTHERS
    metadata = RUNTIMES[spec_version]()
    (tmp_path / "metadata").write_bytes(metadata)
    decoder = Decoder(tmp_path / "metadata")
    made = Made(decoder, HEAD, rng)
    questions = [(function, arguments) for function, lists in ASKED.items() for arguments in lists]
    for function, arguments in questions:
        getattr(made, function)(HEAD, *arguments)
    made.freeze()
    wanted = [getattr(made, function)(HEAD, *arguments) for function, arguments in questions]
    decoder.close()
    node = start(made.write(tmp_path / "recording", metadata, spec_version))
    calls = [call(function, *arguments, block=HEAD) for function, arguments in questions]
    with Adapter(ours(node.url), tmp_path) as adapter:
        ends = {mode: adapter.run(mode, calls, threads=THREADS) for mode in MODES}
    wrong = [
        (mode, *each, end, want)
        for mode in MODES for each, end, want in zip(questions, ends[mode], wanted, strict=True)
        if end["outcome"] != "ok" or end["value"] != want
    ]
    if wrong:
        first = min(wrong, key=lambda each: len(json.dumps(each)))
        names = sorted({function for _, function, *_ in wrong})
        raise AssertionError(f"{len(wrong)} wrong, of {names}; the smallest:\n" + "\n".join(
            json.dumps(part, ensure_ascii=False)[:2000] for part in first
        ))
