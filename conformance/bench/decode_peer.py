"""What decode.c is measured beside, in Python: decode_peer.py NAME FOLDER answers the same lines, WHAT MS FILE,
with bt_decode, bittensor_core or async_substrate (async-substrate-interface) of the environment that runs it. Each has
one way for each value: WHAT and WHAT_generic, which are two things to decode.c, are the same here."""

import json
import sys
import time
from pathlib import Path

SPEC, TRANSACTION, PREFIX = 293, 1, 42
METHODS = {"neurons_lite": ("NeuronInfoRuntimeApi", "get_neurons_lite"),
           "metagraph": ("SubnetInfoRuntimeApi", "get_metagraph")}
PASSES_MIN = 3


def counts(types, pallets, apis):
    return {"types": len(types), "pallets": len(pallets), "apis": len(apis)}


def compact(length):
    """SCALE's length of 4 bytes."""
    return (length << 2 | 2).to_bytes(4, "little")


def bt_decode(folder):
    """What is timed, and how its value is shown, for each subject: here metadata into the registry that values are
    decoded with, neurons by structs of Rust, and a metagraph by the registry."""
    import bt_decode as crate

    metadata = (folder / "metadata.bin").read_bytes()
    wrapped = b"\x01" + compact(len(metadata)) + metadata  # as Metadata_metadata_at_version gives it
    neurons = (folder / "neurons_lite.bin").read_bytes()
    metagraph = (folder / "metagraph.bin").read_bytes()
    whole = crate.MetadataV15.decode_from_metadata_option(wrapped)
    shown = json.loads(whole.to_json())
    registry = crate.PortableRegistry.from_metadata_v15(whole)
    output = next(method["output"] for api in shown["apis"] if api["name"] == METHODS["metagraph"][0]
                  for method in api["methods"] if method["name"] == METHODS["metagraph"][1])

    def parse():
        found = crate.MetadataV15.decode_from_metadata_option(wrapped)
        return found, crate.PortableRegistry.from_metadata_v15(found)

    def plain(neuron):
        names = ("uid", "emission", "trust", "validator_trust", "dividends", "last_update", "stake")
        return {name: getattr(neuron, name) for name in names} | {"hotkey": "0x" + bytes(neuron.hotkey).hex()}

    return {
        "metadata": (parse, lambda value: counts(json.loads(value[1].registry)["types"], shown["pallets"],
                                                 shown["apis"])),
        "neurons_lite": (lambda: crate.NeuronInfoLite.decode_vec(neurons),
                         lambda value: [plain(each) for each in value]),
        "metagraph": (lambda: crate.decode(f"scale_info::{output}", registry, metagraph), lambda value: value),
    }


def bittensor_core(folder):
    import bittensor_core as crate

    metadata = (folder / "metadata.bin").read_bytes()
    runtime = crate.Runtime(metadata, SPEC, TRANSACTION, PREFIX)
    apis = runtime.runtime_api_map()

    def reader(name):
        api, method = METHODS[name]
        data, output = (folder / f"{name}.bin").read_bytes(), apis[api][method]["output"]
        return lambda: runtime.decode(output, data, True), lambda value: value

    def shown(_):
        whole = runtime.metadata_ir()
        whole = json.loads(whole) if isinstance(whole, str) else whole
        return counts(json.loads(runtime.registry_json())["types"], whole["pallets"], apis)

    return {"metadata": (lambda: crate.Runtime(metadata, SPEC, TRANSACTION, PREFIX), shown),
            "neurons_lite": reader("neurons_lite"), "metagraph": reader("metagraph")}


def async_substrate(folder):
    from async_substrate_interface.types import Runtime
    from async_substrate_interface.utils.decoding import scale_decode

    runtime = Runtime.deserialize({
        "chain": "bittensor", "type_registry": {}, "metadata_value": (folder / "metadata.bin").read_bytes(),
        "metadata_v15": None, "runtime_info": {"specVersion": SPEC, "transactionVersion": TRANSACTION},
        "ss58_format": PREFIX})

    def reader(name):
        api, method = METHODS[name]
        data = (folder / f"{name}.bin").read_bytes()
        output = f"scale_info::{runtime.runtime_api_map[api][method]['output']}"
        return lambda: scale_decode(output, data, runtime=runtime).value, lambda value: value

    return {"neurons_lite": reader("neurons_lite"), "metagraph": reader("metagraph")}


def measure(decode, ms):
    each = []
    until, cpu = time.perf_counter() + ms / 1000, time.process_time()
    before = 0.0
    while len(each) < PASSES_MIN or before < until:
        before = time.perf_counter()
        decode()
        each.append(time.perf_counter() - before)
    used = (time.process_time() - cpu) / len(each)
    return {"passes": len(each), "us": sorted(each)[len(each) // 2] * 1e6, "cpu_us": used * 1e6}


def account(value):
    """Bytes in JSON, which has none."""
    if isinstance(value, (bytes, bytearray)):
        return "0x" + value.hex()
    raise TypeError(f"{type(value).__name__} is not shown")


def main():
    name, folder = sys.argv[1], Path(sys.argv[2])
    peers = {"bt_decode": bt_decode, "bittensor_core": bittensor_core, "async_substrate": async_substrate}
    subjects = peers[name](folder)
    for line in sys.stdin:
        subject, ms, path = line.rstrip("\n").split(" ", 2)
        decode, show = subjects[subject.removesuffix("_generic")]
        Path(path).write_text(json.dumps(show(decode()), default=account), encoding="utf-8")
        print(json.dumps(measure(decode, int(ms))), flush=True)


if __name__ == "__main__":
    main()
