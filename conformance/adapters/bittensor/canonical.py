"""What bittensor 10.5.0 gives, in the canonical JSON of client/include/subtensor/functions.h: amounts in rao, the
chain's own integers where the SDK divides, lists of pairs where it has dictionaries. Only what can be undone without
a doubt is undone. Whatever the SDK drops, rounds or adds stays as it is: the table of deviations is the place for
that, not this file."""

import dataclasses
import datetime
import ipaddress
from decimal import Decimal
from enum import Enum

U16_MAX, U64_SPAN = 2**16 - 1, 2**64
SAFE_INTEGER = 2**53 - 1


class NotUndone(Exception):
    """A number that did not come from where this file says it comes from."""


def integer(value):
    """Canonical JSON has decimal strings for what a double cannot hold."""
    return value if abs(value) <= SAFE_INTEGER else str(value)


def share16(value):
    """The SDK divides by 65535; each of the 65536 shares has a double of its own."""
    number = round(value * U16_MAX)
    if number / U16_MAX != value:
        raise NotUndone(f"{value!r} is no integer by {U16_MAX}")
    return number


def share64(value):
    """The SDK divides by 2^64 - 1, which as a double is 2^64: what is left is the integer, rounded to 53 bits."""
    return integer(int(Decimal(value) * U64_SPAN))


def rao(value):
    """The SDK divides by 10^9. Up to 2^52 rao, neighbours are doubles of their own."""
    number = round(value * 1e9)
    if number / 1e9 != value or number >= 2**52:
        raise NotUndone(f"{value!r} TAO is no number of rao")
    return number


def point(value):
    """A double, exactly: what is left of a fixed-point number, all of it up to 53 bits."""
    text = format(Decimal(value), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def each(undo):
    return lambda values: None if values is None else [undo(value) for value in values]


def optional(undo):
    return lambda value: None if value is None else undo(value)


def pairs(undo_key=lambda key: key, undo=None):
    """A dictionary as a list of pairs, in its own order."""
    return lambda held: [[undo_key(key), undo(value) if undo else plain(value)] for key, value in held.items()]


def chain_axons(axons):
    """Of a metagraph the SDK keeps the chain's own axons, whose addresses are integers."""
    return None if axons is None else [{**axon, "ip": str(ipaddress.ip_address(axon["ip"]))} for axon in axons]


SHARES = dict.fromkeys(["incentive", "consensus", "validator_trust", "dividends"], share16)
NEURON = {**SHARES, "emission": rao, "stake_dict": pairs()}
UNDO = {
    "NeuronInfo": NEURON,
    "NeuronInfoLite": NEURON,
    "DelegateInfo": {"take": share16, "total_stake": pairs(), "nominators": pairs(undo=pairs())},
    "DynamicInfo": {"moving_price": point},
    "SubnetHyperparameters": {"alpha_sigmoid_steepness": optional(point)},
    "SubnetInfo": {"connection_requirements": pairs(int, share16)},
    "MetagraphInfo": {
        **dict.fromkeys(["min_allowed_weights", "max_weights_limit", "alpha_high", "alpha_low"], optional(share16)),
        **dict.fromkeys(
            ["difficulty", "min_difficulty", "max_difficulty", "adjustment_alpha", "bonds_moving_avg"],
            optional(share64),
        ),
        **dict.fromkeys(
            ["pruning_score", "dividends", "incentives", "consensus", "trust", "rank"], each(share16),
        ),
        "axons": chain_axons,
    },
}


def plain(value):
    """Of any value: dataclasses as objects, amounts in rao, enums by name."""
    kind = type(value).__name__
    if kind == "Balance":
        return integer(value.rao)
    if dataclasses.is_dataclass(value):
        return record(kind, value)
    if isinstance(value, dict):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if isinstance(value, datetime.datetime):
        return integer(round(value.timestamp() * 1000))
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, int) and not isinstance(value, bool):
        return integer(value)
    if hasattr(value, "value") and hasattr(value, "decode"):
        return plain(value.value)  # a value of scalecodec
    if value is None or isinstance(value, (bool, float, str)):
        return value
    raise NotUndone(f"a {kind}")


def record(kind, value):
    undo = UNDO.get(kind, {})
    shown = {}
    for field in dataclasses.fields(value):
        held = getattr(value, field.name)
        shown[field.name] = plain(undo[field.name](held) if field.name in undo else held)
    if kind == "SubnetHyperparameters":
        shown |= {name: plain(held) for name, held in shown.pop("hyperparameters").items()}
    return shown


class Refused(Exception):
    """The SDK gave an error as a value."""


def children(answer):
    success, held, message = answer
    if not success:
        raise Refused(message)
    return [[share64(proportion), account] for proportion, account in held]


# ---- blocks: scalecodec has calls and digests in forms of its own, from which the chain's can be told

ITEMS_OF_DIGESTS = {"Consensus": 4, "Seal": 5, "PreRuntime": 6}  # sp_runtime::generic::DigestItem


def digest(log):
    """The bytes of an item of a digest: its variant, four letters of an engine, and data with its length."""
    ((kind, (engine, data)),) = log.value.items()
    data = bytes.fromhex(data[2:])
    if len(data) > 63:
        raise NotUndone(f"a digest of {len(data)} bytes")
    return "0x" + (bytes([ITEMS_OF_DIGESTS[kind]]) + bytes.fromhex(engine[2:]) + bytes([len(data) << 2]) + data).hex()


def header(held):
    return {**held, "number": hex(held["number"]), "digest": {"logs": [digest(log) for log in held["digest"]["logs"]]}}


def variant(held):
    """{"Sr25519": "0x…"}: a variant and its only field."""
    ((kind, value),) = held.items()
    return {"type": kind, "value": [value]}


def runtime_call(held):
    """A call, and the calls in it; a call has its indices and its hash beside its names."""
    if isinstance(held, list):
        return [runtime_call(part) for part in held]
    if not isinstance(held, dict) or "call_module" not in held:
        return plain(held)
    named = {argument["name"]: runtime_call(argument["value"]) for argument in held["call_args"]}
    return {"type": held["call_module"], "value": [{"type": held["call_function"], "value": named or None}]}


def extrinsic(held):
    shown = {"hash": held["extrinsic_hash"], "signed": "signature" in held, "call": runtime_call(held["call"])}
    if shown["signed"]:
        shown |= {
            "address": {"type": "Id", "value": [held["address"]]}, "signature": variant(held["signature"]),
            "extensions": {
                "CheckMortality": [{"type": "Immortal", "value": None} if held["era"] == "00" else plain(held["era"])],
                "CheckNonce": [held["nonce"]], "ChargeTransactionPayment": [held["tip"]],
                "CheckMetadataHash": {"mode": {"type": held["mode"]["mode"], "value": None}},
            },
        }
    return shown


def block_info(info):
    return None if info is None else {
        "number": info.number, "hash": info.hash, "timestamp": info.timestamp, "header": header(info.header),
        "extrinsics": [extrinsic(each.value_serialized) for each in info.extrinsics], "explorer": info.explorer,
    }


def entries(held, given):
    """Of a map: the SDK leaves out the arguments that were given."""
    return [
        {"args": [*given, *(key if isinstance(key, tuple) else [key])], "value": plain(value)} for key, value in held
    ]


def metagraph(graph):
    """What of it is not only an array of 32-bit floats: the neurons, and what they were read with."""
    return {
        **{name: getattr(graph, name) for name in ("netuid", "mechid", "lite")}, "block": int(graph.block.item()),
        **{name: plain(getattr(graph, name)) for name in ("neurons", "mechanism_count", "emissions_split")},
    }


SHOWN = {
    "metagraph": metagraph,
    "get_balances": pairs(),
    "get_children": children,
    "get_block_info": block_info,
    "state_call": lambda answer: answer["result"],
}


def canonical(function, value, given=()):
    """The canonical JSON of what a function gave; `given` are the arguments that a map was asked with."""
    if function == "query_map":
        return entries(value, given)
    return SHOWN.get(function, plain)(value)
