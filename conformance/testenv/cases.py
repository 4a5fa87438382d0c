"""What each function of the registry is asked in tests: a line for each. Whoever adds a function adds one here, and
its expected value to expected.py; a test sees to it."""

from .expected import NOBODY

ALICE = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"  # owns subnets 2, 3 and 4; is no hotkey
BOB = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty"  # a coldkey with stakes
DAVE = "5FLSigC9HGRKVhB9FiEo4Y3koPsNmBmLJbpXg2mp1hXcS59Y"  # another
HOTKEY = "5Fero7KJfc1576wm8heUgHW4jqonH6cnE6C8RULPt3x7DW5o"  # Bob's, in subnets 0 and 2
PARENT = "5C7cqZH5MGhvCwtxH3271gLgHqXSxT1RuTm4y7Za44XEU9FL"  # Dave's; has a child in subnet 2

# Registrations lie between 6 and 10, epochs between 10 and 51, and new tempos between 69 and 72; 5 exists at 69 only.
BLOCKS = [6, 10, 51, 69, 72, 73]
NETUIDS = range(8)
SUBNETS = [[netuid] for netuid in NETUIDS]
FAR_SUBNETS = [*SUBNETS, [258], [65535]]  # 258 is 2 to whoever keeps one byte of it
HOTKEYS = [[HOTKEY], [PARENT], [ALICE], [NOBODY]]
HOTKEYS_ON_SUBNETS = [*([*hotkey, netuid] for hotkey in HOTKEYS for netuid in NETUIDS), [HOTKEY, 258]]
NEURONS = [[netuid, uid] for netuid in NETUIDS for uid in (0, 1)]
ALL_FIELDS = list(range(74))
PRICE = "SwapRuntimeApi_current_alpha_price"


class Line:
    """The argument lists of a function; one of them, and two blocks at which its values are not the same."""

    def __init__(self, arguments, differs=None):
        self.arguments, self.differs = arguments, differs


TABLE = {
    "get_block_hash": Line([[], [5], [73]], ([], 6, 10)),
    "get_current_block": Line([[]], ([], 6, 10)),
    "get_block_info": Line([[]], ([], 6, 69)),
    "get_timestamp": Line([[]], ([], 6, 10)),
    "get_existential_deposit": Line([[]]),  # a constant of the one runtime that is recorded
    "get_balance": Line([[ALICE], [BOB], [HOTKEY], [NOBODY]], ([ALICE], 10, 51)),
    "get_balances": Line([[[ALICE, NOBODY, HOTKEY, BOB]], [[BOB, ALICE, BOB]], [[]]], ([[BOB, ALICE]], 10, 51)),
    "does_hotkey_exist": Line(HOTKEYS, ([HOTKEY], 6, 10)),
    "get_hotkey_owner": Line(HOTKEYS, ([HOTKEY], 6, 10)),
    "get_netuids_for_hotkey": Line(HOTKEYS, ([HOTKEY], 6, 51)),
    "get_uid_for_hotkey_on_subnet": Line(HOTKEYS_ON_SUBNETS, ([HOTKEY, 2], 6, 10)),
    "is_hotkey_registered": Line([*HOTKEYS, *HOTKEYS_ON_SUBNETS], ([HOTKEY, 2], 6, 10)),
    "is_hotkey_registered_any": Line(HOTKEYS, ([HOTKEY], 6, 10)),
    "get_children": Line(HOTKEYS_ON_SUBNETS, ([PARENT, 2], 10, 51)),
    "subnet_exists": Line(FAR_SUBNETS, ([5], 69, 72)),
    "tempo": Line(FAR_SUBNETS, ([2], 69, 72)),
    "get_total_subnets": Line([[]], ([], 51, 69)),
    "get_all_subnets_netuid": Line([[]], ([], 51, 69)),
    "get_subnet_price": Line(SUBNETS, ([2], 10, 51)),
    "get_subnet_hyperparameters": Line(SUBNETS, ([2], 69, 72)),
    "get_subnet_info": Line(SUBNETS, ([2], 6, 10)),
    "subnet": Line(SUBNETS, ([2], 72, 73)),
    "all_subnets": Line([[]], ([], 51, 69)),
    "neurons": Line(SUBNETS, ([2], 10, 51)),
    "neurons_lite": Line(SUBNETS, ([2], 10, 51)),
    "neuron_for_uid": Line([[uid, netuid] for netuid, uid in [*NEURONS, [2, 9]]], ([1, 2], 10, 51)),
    "weights": Line([*FAR_SUBNETS, [2, 0], [2, 1]], ([2], 10, 51)),
    "bonds": Line([*FAR_SUBNETS, [2, 0], [2, 1]], ([2], 10, 51)),
    "blocks_since_last_update": Line([*NEURONS, [2, 9], [2, 257], [258, 1]], ([2, 1], 72, 73)),
    "get_commitment": Line([*NEURONS, [2, 2], [2, 4], [2, 9], [2, 257]], ([2, 1], 10, 51)),
    "get_metagraph_info": Line(
        [*SUBNETS, *([netuid, 0, fields] for netuid in NETUIDS for fields in ([5], ALL_FIELDS))], ([2], 72, 73),
    ),
    "metagraph": Line([*SUBNETS, [2, 0, True], [2, 0, False], [7, 0, False]], ([2], 72, 73)),
    "get_stake": Line(
        [[coldkey, hotkey, netuid] for coldkey in (BOB, DAVE) for hotkey in (HOTKEY, NOBODY) for netuid in NETUIDS],
        ([BOB, HOTKEY, 2], 10, 51),
    ),
    "get_stake_info_for_coldkey": Line([[ALICE], [BOB], [DAVE], [NOBODY]], ([BOB], 10, 51)),
    "get_delegates": Line([[]], ([], 51, 69)),
    "query_constant": Line([["Balances", "ExistentialDeposit"], ["System", "BlockWeights"]]),
    "query_map": Line(
        [["SubtensorModule", "Tempo"], ["SubtensorModule", "Uids", [2]], ["SubtensorModule", "IsNetworkMember"],
         ["Swap", "AlphaSqrtPrice"]],
        (["SubtensorModule", "Tempo"], 69, 72),
    ),
    "query_runtime_api": Line(
        [["SwapRuntimeApi", "current_alpha_price", [2]], ["SubnetInfoRuntimeApi", "get_dynamic_info", [2]],
         ["SubnetInfoRuntimeApi", "get_dynamic_info", [7]], ["NeuronInfoRuntimeApi", "get_neuron", [2, 1]]],
        (["SwapRuntimeApi", "current_alpha_price", [2]], 10, 51),
    ),
    "state_call": Line([[PRICE, "0x0200"], [PRICE, "0700"]], ([PRICE, "0x0200"], 10, 51)),
}


def questions(blocks):
    """[(function, arguments, block)] of the whole table."""
    return [
        (function, arguments, block)
        for function, line in TABLE.items() for block in blocks for arguments in line.arguments
    ]


# About blocks, which are those of another runtime in made-up recordings, or by the names of the metadata: the codec's
# tests have them.
NOT_MADE = {
    "get_block_hash", "get_current_block", "get_block_info", "get_existential_deposit", "query_map", "query_constant",
    "query_runtime_api", "state_call",
}
OTHER_MECHANISMS = [[2, 1], [258, 15]]


def made_questions(has_mechanisms):
    """[(function, arguments)] of what made-up recordings are asked. Where a subnet has one mechanism only, others are
    an error. Of 64 fields the list is the shortest whose length takes two bytes."""
    questions = [
        (function, arguments)
        for function, line in TABLE.items() if function not in NOT_MADE for arguments in line.arguments
    ]
    return questions if not has_mechanisms else questions + [
        (function, [*of, *more]) for of in OTHER_MECHANISMS
        for function, more in (("get_metagraph_info", []), ("get_metagraph_info", [ALL_FIELDS[:64]]), ("metagraph", [False]))
    ]
