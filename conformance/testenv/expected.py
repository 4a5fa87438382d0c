"""What the named functions must give at a recorded block, worked out from the recording alone. What is plain in
storage is read here from its bytes; results of runtime calls come decoded by polkadot-api, in canonical JSON, and are
given their names and shapes here, from what the SDK documents. Nothing of the client is used."""

import ipaddress
import json
from hashlib import blake2b

import xxhash

from oracles.decoders import call_questions, failed, metadata_questions, storage_questions, theirs
from .keys import ALPHABET, account_of, item, system_account
from .paths import FIXTURE
from .truth import UNKNOWN

NOBODY = "5C4hrfjw9DjXZTzV3MwzrrAr9P1MJhSrvWGWqi1eSuyUpnhM"  # 32 zero bytes: who owns what nobody owns
RAO = 10**9
DEPOSIT = 500  # Balances.ExistentialDeposit of the runtime: EXISTENTIAL_DEPOSIT in its source


class NeedsDecoder(Exception):
    """The value comes of a runtime call, and no decoder was given."""


def u16(number):
    return number.to_bytes(2, "little")


def number_of(data):
    return int.from_bytes(data, "little")


def canonical(number):
    return number if number < 2**53 else str(number)


def ss58(account):
    data = b"\x2a" + account
    number = int.from_bytes(data + blake2b(b"SS58PRE" + data).digest()[:2], "big")
    digits = ""
    while number:
        number, digit = divmod(number, 58)
        digits = ALPHABET[digit] + digits
    return digits


def blake2_128_concat(address):
    account = account_of(address)
    return (blake2b(account, digest_size=16).digest() + account).hex()


def twox_64_concat(data):
    return (xxhash.xxh64(data, seed=0).intdigest().to_bytes(8, "little") + data).hex()


def elements(data, size):
    """The elements of a vector of fewer than 16,384, each of as many bytes."""
    if not data:
        return []
    width = {0: 1, 1: 2}[data[0] & 3]
    body = data[width:]
    assert len(body) == size * (number_of(data[:width]) >> 2)
    return [body[at:at + size] for at in range(0, len(body), size)]


def as_text(value):
    """Bytes, as canonical JSON has them, read as UTF-8; what is none stays as it is."""
    data = bytes.fromhex(value[2:]) if isinstance(value, str) else bytes(value)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return "0x" + data.hex()


def maybe(change, value):
    return None if value is None else change(value)


def renamed(wire, names):
    """Members in another order, or with another name: {name here: name in the runtime}."""
    return {name: wire[source] for name, source in names.items()}


def plainly(*names):
    return {name: name for name in names}


IDENTITY = ["subnet_name", "github_repo", "subnet_contact", "subnet_url", "logo_url", "discord", "description",
            "additional"]


def identity(wire):
    return {name: as_text(wire[name]) for name in wire}


def address(wire):
    return {**wire, "ip": str(ipaddress.ip_address(int(wire["ip"])))}


def neuron(wire, full):
    stake = canonical(sum(int(amount) for _, amount in wire["stake"]))
    shown = {
        **renamed(wire, plainly("hotkey", "coldkey", "uid", "netuid", "active")),
        "stake": stake, "stake_dict": wire["stake"], "total_stake": stake,
        **renamed(wire, plainly(
            "rank", "emission", "incentive", "consensus", "trust", "validator_trust", "dividends", "last_update",
            "validator_permit", "pruning_score",
        )),
        "prometheus_info": address(wire["prometheus_info"]), "axon_info": address(wire["axon_info"]),
    }
    return shown | renamed(wire, plainly("weights", "bonds")) if full else shown


def stake_info(wire):
    return renamed(wire, {"hotkey_ss58": "hotkey", "coldkey_ss58": "coldkey", **plainly(
        "netuid", "stake", "locked", "emission", "tao_emission", "drain", "is_registered",
    )})


def delegate(wire):
    totals = {}
    for _, stakes in wire["nominators"]:
        for netuid, amount in stakes:
            totals[netuid] = totals.get(netuid, 0) + int(amount)
    return {
        "hotkey_ss58": wire["delegate_ss58"], "owner_ss58": wire["owner_ss58"], "take": wire["take"],
        "total_stake": [[netuid, canonical(amount)] for netuid, amount in totals.items()],
        **renamed(wire, plainly(
            "nominators", "registrations", "validator_permits", "return_per_1000", "total_daily_return",
        )),
    }


def hyperparameters(wire):
    return {{"max_weights_limit": "max_weight_limit"}.get(name, name): value for name, value in wire.items()}


def subnet_info(wire):
    return {
        **renamed(wire, {
            **plainly("netuid", "rho", "kappa", "difficulty", "immunity_period", "max_allowed_validators",
                      "min_allowed_weights"),
            "max_weight_limit": "max_weights_limit", **plainly("scaling_law_power", "subnetwork_n"),
            "max_n": "max_allowed_uids", "blocks_since_epoch": "blocks_since_last_step", "tempo": "tempo",
            "modality": "network_modality", "connection_requirements": "network_connect",
            **plainly("emission_value", "burn"), "owner_ss58": "owner",
        }),
        "identity": maybe(identity, wire["identity"]),
    }


def dynamic_info(wire, price):
    return {
        **renamed(wire, plainly("netuid", "owner_hotkey", "owner_coldkey")),
        "subnet_name": as_text(wire["subnet_name"]), "symbol": as_text(wire["token_symbol"]),
        **renamed(wire, plainly(
            "tempo", "last_step", "blocks_since_last_step", "emission", "alpha_in", "alpha_out", "tao_in",
        )),
        "price": price, "k": canonical(int(wire["tao_in"]) * int(wire["alpha_in"])),
        "is_dynamic": wire["netuid"] > 0,
        **renamed(wire, plainly(
            "alpha_out_emission", "alpha_in_emission", "tao_in_emission", "pending_alpha_emission",
            "pending_root_emission", "network_registered_at", "subnet_volume",
        )),
        "subnet_identity": maybe(identity, wire["subnet_identity"]), "moving_price": wire["moving_price"],
    }


def asked(value):
    """A nested option: what was not asked for, and what was asked for and is not there, are both null."""
    return value["value"] if isinstance(value, dict) and value.keys() == {"type", "value"} else value


def metagraph_info(wire):
    """The chain numbers the mechanisms of subnet n as n, 4096 + n and so on."""
    mechid, netuid = divmod(wire["netuid"], 4096)
    return {
        "netuid": netuid, "mechid": mechid, **{name: value for name, value in wire.items() if name != "netuid"},
        "name": maybe(as_text, wire["name"]), "symbol": maybe(as_text, wire["symbol"]),
        "identity": maybe(identity, asked(wire["identity"])),
        "identities": maybe(lambda each: [maybe(identity, one) for one in each], wire["identities"]),
        "axons": maybe(lambda each: list(map(address, each)), wire["axons"]),
        "validators": wire.get("validators"),
        "commitments": maybe(
            lambda each: [[hotkey, "0x" + bytes(data).hex()] for hotkey, data in each], wire.get("commitments"),
        ),
    }


class Decoded:
    """What polkadot-api makes of the recorded storage, of the results of runtime calls and of constants."""

    def __init__(self, metadata):
        self.calls, self.arguments = {}, {}
        for asked, answer in self.answers(metadata, call_questions(FIXTURE)):
            function = f"{asked['api']}_{asked['method']}"
            self.calls[function, asked["args"], asked["result"]] = answer["value"]
            self.arguments[function, json.dumps(answer["args"])] = asked["args"]
        self.entries = {
            (asked["key"], asked["value"]): answer
            for asked, answer in self.answers(metadata, storage_questions(FIXTURE), some=True)
        }
        (summary,) = theirs(metadata, [{"kind": "summary"}])
        self.constants = {
            (asked["pallet"], asked["name"]): answer["value"]
            for asked, answer in self.answers(metadata, metadata_questions(summary)) if asked["kind"] == "constant"
        }

    @staticmethod
    def answers(metadata, questions, some=False):
        """Questions with their answers; of storage, some keys are of no pallet and have none."""
        pairs = zip(questions, theirs(metadata, questions), strict=True)
        good = [(asked, answer) for asked, answer in pairs if not failed(answer) and answer.get("exact", True)]
        assert some or len(good) == len(questions)
        return good


class Expected:
    """A method for each function, whose first argument is the number of a block."""

    def __init__(self, truth, decoded=None):
        self.truth, self.decoded = truth, decoded
        self.results = {
            (call["params"][0], call["params"][1], call["at"]): call["result"]
            for call in truth.calls if call["method"] == "state_call" and "result" in call
        }

    @classmethod
    def with_decoder(cls, truth):
        """Decodes everything that is recorded, with polkadot-api."""
        return cls(truth, Decoded(FIXTURE / "blobs" / truth.runtimes[293]["metadata"]["15"]))

    # ---- reading

    def hash(self, block):
        return self.truth.canonical[block]["hash"]

    def stored(self, block, key):
        """The bytes under a key; None: there is nothing."""
        condition, value = self.truth.lookup(self.hash(block), key)
        assert condition != UNKNOWN, key
        return maybe(lambda hex: bytes.fromhex(hex[2:]), value)

    def number(self, block, key):
        return maybe(number_of, self.stored(block, key))

    def entries(self, block, prefix):
        """{what follows the prefix in the key: the value} in order of keys."""
        keys = self.truth.page(self.hash(block), prefix, None)
        return {bytes.fromhex(key[len(prefix):]): self.stored(block, key) for key in keys}

    def raw(self, block, function, arguments=""):
        return self.results[function, "0x" + arguments, self.hash(block)]

    def call(self, block, function, arguments=""):
        return self.decoder(function).calls[function, "0x" + arguments, self.raw(block, function, arguments)]

    def decoder(self, what):
        if self.decoded is None:
            raise NeedsDecoder(what)
        return self.decoded

    # ---- the chain

    def get_block_hash(self, block, wanted=None):
        return self.hash(block if wanted is None else wanted)

    def get_current_block(self, block):
        return block

    def get_block_info(self, block):
        """The header is the node's own; of extrinsics only the bytes are looked at here, by their hashes."""
        recorded = self.truth.canonical[block]
        return {
            "number": block, "hash": recorded["hash"], "timestamp": self.get_timestamp(block),
            "header": recorded["header"], "extrinsics": [
                "0x" + blake2b(bytes.fromhex(each[2:]), digest_size=32).hexdigest() for each in recorded["extrinsics"]
            ],
        }

    def get_timestamp(self, block):
        return self.number(block, item("Timestamp", "Now"))

    def get_existential_deposit(self, block):
        return DEPOSIT

    # ---- accounts

    def get_balance(self, block, address):
        account = self.stored(block, system_account(address))
        return canonical(number_of(account[16:24])) if account else 0

    def get_balances(self, block, addresses):
        return [[address, self.get_balance(block, address)] for address in addresses]

    def does_hotkey_exist(self, block, hotkey):
        return self.get_hotkey_owner(block, hotkey) is not None

    def get_hotkey_owner(self, block, hotkey):
        owner = self.stored(block, item("SubtensorModule", "Owner") + blake2_128_concat(hotkey))
        return ss58(owner) if owner and any(owner) else None

    def get_netuids_for_hotkey(self, block, hotkey):
        prefix = item("SubtensorModule", "IsNetworkMember") + blake2_128_concat(hotkey)
        return [number_of(key) for key, value in self.entries(block, prefix).items() if value == b"\1"]

    def get_uid_for_hotkey_on_subnet(self, block, hotkey, netuid):
        return self.number(block, item("SubtensorModule", "Uids") + u16(netuid).hex() + blake2_128_concat(hotkey))

    def is_hotkey_registered(self, block, hotkey, netuid=None):
        if netuid is None:
            return self.is_hotkey_registered_any(block, hotkey)
        return self.get_uid_for_hotkey_on_subnet(block, hotkey, netuid) is not None

    def is_hotkey_registered_any(self, block, hotkey):
        return bool(self.get_netuids_for_hotkey(block, hotkey))

    def get_children(self, block, hotkey, netuid):
        rows = self.stored(block, item("SubtensorModule", "ChildKeys") + blake2_128_concat(hotkey) + u16(netuid).hex())
        return [[canonical(number_of(row[:8])), ss58(row[8:])] for row in elements(rows, 40)]

    # ---- subnets

    def subnet_exists(self, block, netuid):
        return self.stored(block, item("SubtensorModule", "NetworksAdded") + u16(netuid).hex()) == b"\1"

    def tempo(self, block, netuid):
        if not self.subnet_exists(block, netuid):
            return None
        return self.number(block, item("SubtensorModule", "Tempo") + u16(netuid).hex())

    def get_total_subnets(self, block):
        return self.number(block, item("SubtensorModule", "TotalNetworks"))

    def get_all_subnets_netuid(self, block):
        added = self.entries(block, item("SubtensorModule", "NetworksAdded"))
        return [number_of(key) for key, value in added.items() if value == b"\1"]

    def get_subnet_price(self, block, netuid):
        if netuid == 0:
            return RAO
        return canonical(number_of(bytes.fromhex(self.raw(
            block, "SwapRuntimeApi_current_alpha_price", u16(netuid).hex())[2:])))

    def get_subnet_hyperparameters(self, block, netuid):
        wire = self.call(block, "SubnetInfoRuntimeApi_get_subnet_hyperparams_v2", u16(netuid).hex())
        return maybe(hyperparameters, wire)

    def get_subnet_info(self, block, netuid):
        return maybe(subnet_info, self.call(block, "SubnetInfoRuntimeApi_get_subnet_info_v2", u16(netuid).hex()))

    def subnet(self, block, netuid):
        wire = self.call(block, "SubnetInfoRuntimeApi_get_dynamic_info", u16(netuid).hex())
        return maybe(lambda found: dynamic_info(found, self.get_subnet_price(block, netuid)), wire)

    def all_subnets(self, block):
        found = filter(None, self.call(block, "SubnetInfoRuntimeApi_get_all_dynamic_info"))
        return [dynamic_info(wire, self.get_subnet_price(block, wire["netuid"])) for wire in found]

    # ---- neurons

    def neurons(self, block, netuid):
        return [neuron(wire, True) for wire in self.call(block, "NeuronInfoRuntimeApi_get_neurons", u16(netuid).hex())]

    def neurons_lite(self, block, netuid):
        wires = self.call(block, "NeuronInfoRuntimeApi_get_neurons_lite", u16(netuid).hex())
        return [neuron(wire, False) for wire in wires]

    def neuron_for_uid(self, block, uid, netuid):
        wire = self.call(block, "NeuronInfoRuntimeApi_get_neuron", (u16(netuid) + u16(uid)).hex())
        return maybe(lambda found: neuron(found, True), wire)

    def rows(self, block, name, netuid, mechid):
        prefix = item("SubtensorModule", name) + u16(mechid * 4096 + netuid).hex()
        return [
            [number_of(uid), [[number_of(row[:2]), number_of(row[2:])] for row in elements(values, 4)]]
            for uid, values in self.entries(block, prefix).items()
        ]

    def weights(self, block, netuid, mechid=0):
        return self.rows(block, "Weights", netuid, mechid)

    def bonds(self, block, netuid, mechid=0):
        return self.rows(block, "Bonds", netuid, mechid)

    def blocks_since_last_update(self, block, netuid, uid):
        updates = elements(self.stored(block, item("SubtensorModule", "LastUpdate") + u16(netuid).hex()), 8)
        return block - number_of(updates[uid]) if uid < len(updates) else None

    def get_metagraph_info(self, block, netuid, mechid=0, indices=None):
        """This runtime has no mechanisms; whoever does not choose asks for everything."""
        if indices is None:
            wire = self.call(block, "SubnetInfoRuntimeApi_get_metagraph", u16(netuid).hex())
        else:
            chosen = indices if 0 in indices else [0, *indices]
            listed = vector([u16(index) for index in chosen])
            wire = self.call(
                block, "SubnetInfoRuntimeApi_get_selective_metagraph", (u16(netuid) + listed).hex())
        return maybe(metagraph_info, wire)

    def metagraph(self, block, netuid, mechid=0, lite=True):
        info = self.get_metagraph_info(block, netuid, mechid)
        return info and {
            "netuid": netuid, "mechid": mechid, "lite": lite, "block": block,
            "neurons": (self.neurons_lite if lite else self.neurons)(block, netuid), "info": info,
            "state": self.call(block, "SubnetInfoRuntimeApi_get_subnet_state", u16(netuid).hex()),
            "mechanism_count": 1, "emissions_split": None,
        }

    def get_commitment(self, block, netuid, uid):
        """The first of the fields, as text or, when it is none, its bytes; variants 1 to 129 of Data hold up to 128
        bytes, those behind them a hash."""
        hotkey = self.stored(block, item("SubtensorModule", "Keys") + (u16(netuid) + u16(uid)).hex())
        data = hotkey and self.stored(
            block, item("Commitments", "CommitmentOf") + u16(netuid).hex() + twox_64_concat(hotkey))
        if not data:
            return None
        length, kind, field = data[12], data[13], data[14:]  # behind the deposit and the block
        assert length == 4 and 0 < kind < 134, "the recording has commitments of one field only"
        return as_text("0x" + field[:kind - 1 if kind < 130 else 32].hex())

    # ---- stakes

    def get_stake(self, block, coldkey, hotkey, netuid):
        wire = self.call(
            block, "StakeInfoRuntimeApi_get_stake_info_for_hotkey_coldkey_netuid",
            (account_of(hotkey) + account_of(coldkey) + u16(netuid)).hex())
        return maybe(lambda found: found["stake"], wire)

    def get_stake_info_for_coldkey(self, block, coldkey):
        wires = self.call(block, "StakeInfoRuntimeApi_get_stake_info_for_coldkey", account_of(coldkey).hex())
        return [stake_info(wire) for wire in wires if int(wire["stake"]) > 0]

    def get_delegates(self, block):
        return list(map(delegate, self.call(block, "DelegateInfoRuntimeApi_get_delegates")))

    # ---- the generic ones

    def state_call(self, block, method, data):
        return self.raw(block, method, data.removeprefix("0x"))

    def query_constant(self, block, module, name):
        return self.decoder(name).constants[module, name]

    def query_runtime_api(self, block, api, method, params=()):
        function = f"{api}_{method}"
        arguments = self.decoder(function).arguments[function, json.dumps(list(params))]
        return self.call(block, function, arguments.removeprefix("0x"))

    def query_map(self, block, module, name, params=()):
        found = []
        for key in self.truth.page(self.hash(block), item(module, name), None):
            entry = self.decoder(key).entries[key, self.truth.lookup(self.hash(block), key)[1]]
            if entry["args"][:len(params)] == list(params):
                found.append({"args": entry["args"], "value": entry["value"]})
        return found


def vector(parts):
    return bytes([len(parts) << 2]) + b"".join(parts) if len(parts) < 64 else (
        (len(parts) << 2 | 1).to_bytes(2, "little") + b"".join(parts))
