"""What the named functions must give of a runtime whose metadata there is, but no chain to record: a recording is made
up. Whatever is looked at for the first time is made then, of the types that polkadot-api reads in the metadata; what
it means is what polkadot-api decodes. So every field is tried with numbers as great as its type takes, with options
of both kinds and with texts that are none."""

import json
import subprocess
from hashlib import blake2b

from oracles.decoders import failed, polkadot_api, text
from oracles.packages import CRATE, SDK_11_0, SDK_11_1, member
from oracles.samples import Samples, compact, numbers
from .expected import Expected, as_text, canonical, delegate, dynamic_info, maybe, metagraph_info, number_of, twox_64_concat, u16, vector
from .fixture import Copy
from .keys import item
from .paths import FIXTURE
from .truth import Truth

HEAD = 73
U64_MAX = 2**64 - 1
ABSENT_IN = 4  # of so many options of storage one is not there
METAGRAPH_FIELDS = 74
# Of metagraphs: behind those fields, and not in what the SDK 10.5.0 gives.
LATER_FIELDS = {"collateral_locked", "collateral_min", "collateral_earned"}
ALL_SUBNETS = "SubnetInfoRuntimeApi_get_all_dynamic_info"
ALL_PRICES = "SwapRuntimeApi_current_alpha_price_all"
MECHAGRAPH = "SubnetInfoRuntimeApi_get_selective_mechagraph"


class Decoder:
    """polkadot-api, asked one question after the other."""

    def __init__(self, metadata):
        self.process = subprocess.Popen(
            polkadot_api(metadata), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )

    def ask(self, kind, **question):
        self.process.stdin.write(text({"kind": kind, **question}) + "\n")
        answer = json.loads(self.process.stdout.readline())
        assert not failed(answer) and (kind == "types" or answer.get("exact", True)), (kind, question, answer)
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)


class Tame(Samples):
    """Numbers and texts as chains have them, so that whoever reads them as doubles or as text can."""

    def of(self, id, depth=0):
        if "sequence" in self.types[id] and self.is_byte(self.types[id]["sequence"]):
            count = self.rng.randrange(40)
            letters = bytes(self.rng.choice(b"abcdefghijklmnopqrstuvwxyz") for _ in range(count))
            compacted = "compact" in self.types[self.types[id]["sequence"]]
            return compact(count) + (b"".join(map(compact, letters)) if compacted else letters)
        return super().of(id, depth)

    def is_byte(self, id):
        return self.types[self.types[id].get("compact", id)].get("primitive") == "u8"

    def number(self, name):
        return self.rng.randrange(min(2**31, max(numbers(name)) + 1))

    def variant(self, type, depth):
        """A whole value may be None, and an item of a list; nothing in a struct is that was asked for."""
        if type["path"] == ["Option"] and depth > 1:
            return b"\1" + self.of(type["variant"][1][2][0][1], depth + 1)
        return super().variant(type, depth)


class Plain:
    """Values without what their types only wrap: a NetUid is its number, a BoundedVec its elements."""

    def __init__(self, types):
        self.types = types

    def of(self, id, value):
        type = self.types[id]
        if "composite" in type and isinstance(value, (list, dict)):
            return self.composite(type["composite"], value)
        if "compact" in type:
            return self.of(type["compact"], value)
        if "tuple" in type:
            return [self.of(inner, part) for inner, part in zip(type["tuple"], value, strict=True)]
        if "sequence" in type or "array" in type:
            inner = type["sequence"] if "sequence" in type else type["array"][0]
            return value if isinstance(value, str) else [self.of(inner, part) for part in value]
        return self.variant(type, value) if "variant" in type and value is not None else value

    def composite(self, fields, value):
        if isinstance(value, dict):
            return {name: self.of(inner, value[name]) for name, inner, _ in fields}
        parts = [self.of(inner, part) for (_, inner, _), part in zip(fields, value, strict=True)]
        return parts[0] if len(parts) == 1 else parts

    def variant(self, type, value):
        """Of options the value, of nested ones and of other variants {type, value}."""
        chosen = value["type"] if isinstance(value, dict) and value.keys() == {"type", "value"} else "Some"
        (fields,) = [fields for name, _, fields in type["variant"] if name == chosen]
        if not isinstance(value, dict) or value.keys() != {"type", "value"}:
            return self.of(fields[0][1], value)
        if value["value"] is None:
            return value
        nested = type["path"] == ["Option"]
        shown = self.of(fields[0][1], value["value"]) if nested else self.composite(fields, value["value"])
        return {**value, "value": shown}


class Made(Expected):
    """Asked before `freeze`, a function makes what it reads; asked after, it says what it must give."""

    def __init__(self, decoder, block, rng, samples=Samples):
        self.polkadot_api, self.block, self.rng = decoder, block, rng
        self.summary = decoder.ask(kind="summary")
        types = decoder.ask(kind="types")
        self.samples, self.plain = samples(types, rng), Plain(types)
        self.state, self.results, self.frozen = {}, {}, False
        self.items = {
            item(pallet["name"], each["name"]): each for pallet in self.summary["pallets"] for each in pallet["storage"]
        }
        self.methods = {
            f"{api['name']}_{name}": output for api in self.summary["apis"] for name, _, output in api["methods"]
        }

    def freeze(self):
        self.frozen = True

    # ---- making

    def sample(self, type, good=lambda data: True):
        return next(data for data in iter(lambda: self.samples.of(type), None) if good(data))

    def stored(self, block, key):
        if key not in self.state and not self.frozen:
            self.state[key] = self.make_entry(key)
        return self.state.get(key)

    def make_entry(self, key):
        kind = self.items[key[:66]]
        if kind["optional"] and self.rng.randrange(ABSENT_IN) == 0:
            return None
        if kind["name"] == "LastUpdate":  # no update is later than the block
            updates = [self.rng.randrange(self.block + 1) for _ in range(self.rng.randrange(4))]
            return vector([update.to_bytes(8, "little") for update in updates])
        return self.sample(kind["value"])

    def entries(self, block, prefix):
        """All of the maps that are asked have one more argument, of 16 bits, that stands in the key as it is."""
        if not self.frozen:
            for _ in range(self.rng.randrange(4)):
                self.stored(block, prefix + u16(self.rng.randrange(2**16)).hex())
        return {
            bytes.fromhex(key[len(prefix):]): value for key, value in sorted(self.state.items())
            if key.startswith(prefix) and value is not None
        }

    def raw(self, block, function, arguments=""):
        asked = (function, arguments)
        if asked not in self.results:
            assert not self.frozen, asked
            data = self.sample(
                self.methods[function], lambda data: self.fit(function, arguments, "0x" + data.hex()))
            self.results[asked] = "0x" + (of_its_mechanism(arguments, data) if function == MECHAGRAPH else data).hex()
        return self.results[asked]

    def fit(self, function, arguments, result):
        return self.sound(function, arguments, result) and self.telling(function, arguments, result)

    def telling(self, function, arguments, result):
        """Some delegate has stakes in two subnets whose numbers have one low byte, and two totals."""
        if not function.startswith("DelegateInfoRuntimeApi"):
            return True
        totals = [delegate(each)["total_stake"] for each in self.decoded_call(function, arguments, result)]
        return any(len({netuid % 256 for netuid, _ in total}) < len(total) for total in totals)

    def sound(self, function, arguments, result):
        """No chain has more than 2^64 rao, and all have subnets, each once."""
        value = self.decoded_call(function, arguments, result)
        if function == ALL_SUBNETS:
            netuids = [each["netuid"] for each in value if each is not None]
            return max(netuids, default=0) > 255 and len(set(netuids)) == len(netuids)
        if function.startswith("NeuronInfoRuntimeApi"):
            neurons = value if isinstance(value, list) else [value] if value else []
            return all(sum(int(amount) for _, amount in each["stake"]) <= U64_MAX for each in neurons)
        if function.startswith("DelegateInfoRuntimeApi"):
            return all(int(total) <= U64_MAX for each in value for _, total in delegate(each)["total_stake"])
        return True

    def decoded_call(self, function, arguments, result):
        api, method = function.split("_", 1)
        question = {"kind": "call", "api": api, "method": method, "args": "0x" + arguments, "result": result}
        return self.plain.of(self.methods[function], self.polkadot_api.ask(**question)["value"])

    def call(self, block, function, arguments=""):
        return self.decoded_call(function, arguments, self.raw(block, function, arguments))

    def decoded_entry(self, key):
        value = self.stored(self.block, key)
        return maybe(lambda data: self.plain.of(self.items[key[:66]]["value"], self.polkadot_api.ask(
            kind="storage", key=key, value="0x" + data.hex())["value"]), value)

    def write(self, folder, metadata, spec_version):
        """A recording: the blocks of another one, with this runtime, and what was made at its head."""
        copy = Copy(folder)
        digest, version = blake2b(metadata, digest_size=32).hexdigest(), metadata[4]
        (folder / "blobs" / digest).write_bytes(metadata)
        (runtime,) = copy.read("runtimes.jsonl")
        copy.write("runtimes.jsonl", [{
            "spec_version": spec_version, "version": {**runtime["version"], "specVersion": spec_version},
            "metadata": {str(version): digest},
        }])
        blocks = copy.read("blocks.jsonl")
        copy.write("blocks.jsonl", [{**each, "runtime": spec_version} for each in blocks])
        parent, head = [each["hash"] for each in blocks if each["number"] in (self.block - 1, self.block)]
        copy.write("state.jsonl", [
            {"set": head, "base": None, "covered": [["0x", None]]},
            *({"key": key, "value": "0x" + value.hex()} for key, value in sorted(self.state.items()) if value is not None),
        ])
        # Clients ask for metadata 15, and are given what there is.
        results = {**self.results}
        if version != 15:
            results["Metadata_metadata_at_version", "0f000000"] = "0x01" + (compact(len(metadata)) + metadata).hex()
        copy.write("calls.jsonl", [
            {"method": "state_call", "params": [function, "0x" + arguments], "at": at, "result": result}
            for (function, arguments), result in sorted(results.items())
            for at in ([parent, head] if function.startswith("Metadata") else [head])
        ])
        return copy.seal()

    # ---- what newer runtimes have otherwise

    def number(self, block, key):
        return maybe(canonical, super().number(block, key))

    def all_subnets(self, block):
        """Where there is one call for all prices, each subnet has one in it."""
        found = list(filter(None, self.call(block, ALL_SUBNETS)))
        if ALL_PRICES not in self.methods:
            return [dynamic_info(wire, self.get_subnet_price(block, wire["netuid"])) for wire in found]
        if not self.frozen:
            netuids = [each["netuid"] for each in found]
            others = [netuid ^ 256 for netuid in netuids if netuid ^ 256 not in netuids]  # one low byte, two prices
            entries = [u16(netuid) + self.rng.randbytes(8) for netuid in others + netuids]
            self.results[ALL_PRICES, ""] = "0x" + vector(entries).hex()
        prices = {each["netuid"]: each["price"] for each in self.call(block, ALL_PRICES)}
        return [dynamic_info(wire, prices[wire["netuid"]]) for wire in found]

    def get_metagraph_info(self, block, netuid, mechid=0, indices=None):
        if MECHAGRAPH not in self.methods:
            return super().get_metagraph_info(block, netuid, mechid, indices)
        chosen = list(range(METAGRAPH_FIELDS)) if indices is None else indices if 0 in indices else [0, *indices]
        listed = vector([u16(index) for index in chosen])
        wire = self.call(block, MECHAGRAPH, (u16(netuid) + bytes([mechid]) + listed).hex())
        return maybe(metagraph_info, wire and {name: wire[name] for name in wire if name not in LATER_FIELDS})

    def metagraph(self, block, netuid, mechid=0, lite=True):
        """All of it is asked at once, whether there is a metagraph or not."""
        key = twox_64_concat(u16(netuid))
        info, parts = self.get_metagraph_info(block, netuid, mechid), {
            "neurons": (self.neurons_lite if lite else self.neurons)(block, netuid),
            "state": self.call(block, "SubnetInfoRuntimeApi_get_subnet_state", u16(netuid).hex()),
            "mechanism_count": 1, "emissions_split": None,
        }
        if MECHAGRAPH in self.methods:
            for name, of in ("mechanism_count", "MechanismCountCurrent"), ("emissions_split", "MechanismEmissionSplit"):
                parts[name] = self.decoded_entry(item("SubtensorModule", of) + key)
        return info and {
            "netuid": info["netuid"], "mechid": info["mechid"], "lite": lite, "block": block, "info": info, **parts,
        }

    def get_commitment(self, block, netuid, uid):
        hotkey = self.stored(block, item("SubtensorModule", "Keys") + (u16(netuid) + u16(uid)).hex())
        held = hotkey and self.decoded_entry(
            item("Commitments", "CommitmentOf") + u16(netuid).hex() + twox_64_concat(hotkey))
        return maybe(lambda registration: commitment_text(registration["info"]["fields"]), held)


def of_its_mechanism(arguments, data):
    """A metagraph, if it is one, with the number of the mechanism that was asked for: its first field."""
    netuid, mechid = number_of(bytes.fromhex(arguments[:4])), int(arguments[4:6], 16)
    after = 1 + {0: 1, 1: 2, 2: 4, 3: 5}[data[1] & 3] if data[0] else None
    return data[:1] + compact(4096 * mechid + netuid) + data[after:] if data[0] else data


def commitment_text(fields):
    """Of the first field: bytes of any length, or a hash; a field that holds nothing has no bytes."""
    if not fields or fields[0]["value"] is None:
        return ""
    return as_text(fields[0]["value"]) if isinstance(fields[0]["value"], str) else None


def golden(package):
    data = bytes.fromhex(json.loads(member(package, "tests/fixtures/golden.json"))["metadata"]["v15_hex"][2:])
    return data[data.index(b"meta"):]  # behind what wraps it in the answer of a runtime call


RUNTIMES = {
    293: lambda: Truth(FIXTURE).metadata(293, 15), 365: lambda: member(CRATE, "metadata/finney.scale"),
    419: lambda: golden(SDK_11_0), 439: lambda: golden(SDK_11_1),
}


def made(folder, spec_version, choose, rng, samples=Samples, kind=Made):
    """(a recording, [(function, arguments)], what each must give at its head): `choose` says which questions, and is
    given whether the runtime has mechanisms."""
    metadata = RUNTIMES[spec_version]()
    file = folder / "metadata"
    file.write_bytes(metadata)
    decoder = Decoder(file)
    recording = kind(decoder, HEAD, rng, samples)
    questions = choose(MECHAGRAPH in recording.methods)

    def answers():
        return [getattr(recording, function)(HEAD, *arguments) for function, arguments in questions]

    answers()
    recording.freeze()
    wanted = answers()
    decoder.close()
    return recording.write(folder / "recording", metadata, spec_version), questions, wanted
