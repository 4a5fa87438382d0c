"""Writes the tracers' recordings, fixtures/tracer and fixtures/tracer-2, byte for byte:

    cd conformance && PYTHON -m tracer.make [FOLDER]

PYTHON is one with xxhash, as that of the tests has it. FOLDER is the folder of the recordings, else fixtures."""

import json
import sys
from hashlib import blake2b
from pathlib import Path

from .chain import FINALIZED_BEHIND, PRUNED, changed, hexed, made
from .marks import CHAINS
from .scale import listed, number

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
VERSIONS = (14, 15)
SYSTEM = {
    "system_chainType": "Development", "system_health": {"peers": 0, "isSyncing": False, "shouldHavePeers": False},
    "system_localListenAddresses": [], "system_nodeRoles": ["Archive"], "system_version": "1.0.0-tracer",
    "system_localPeerId": "12D3KooWTracerTracerTracerTracerTracerTracerTracer42",
    "system_properties": {"ss58Format": 42, "tokenDecimals": 9, "tokenSymbol": "TRC"},
}


def digest(data):
    return blake2b(data, digest_size=32).hexdigest()


def dumped(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def lines(values):
    return "".join(dumped(value) + "\n" for value in values).encode()


def blocks(maker):
    return [
        {"hash": block.name, "number": block.number, **({"fork": True} if block.fork else {}), "runtime": block.runtime,
         "header": block.header, "extrinsics": [hexed(extrinsic) for extrinsic in block.extrinsics],
         "justifications": None}
        for block in maker.blocks
    ]


def runtimes(maker):
    """(the lines, the blobs that they name)"""
    found, blobs = [], {}
    for spec, runtime in maker.runtimes.items():
        named = {str(version): runtime.metadata(version) for version in VERSIONS}
        blobs.update({digest(data): data for data in named.values()})
        version, core_version = maker.version(spec)
        found.append({
            "spec_version": spec, "version": version, "core_version": hexed(core_version),
            "metadata_versions": hexed(listed(number(each, 4) for each in VERSIONS)),
            "metadata": {name: digest(data) for name, data in named.items()},
            "exports": sorted(f"{api}_{method}" for api, methods in runtime.apis for method, _, _ in methods),
        })
    return found, blobs


def state(maker):
    """Each block's set on its parent's, or on the last one before that whose state is there."""
    kept = {}
    for block in maker.blocks:
        if block.number in PRUNED:
            yield {"set": block.name, "pruned": True}
            continue
        base = block.parent
        while base is not None and base.hash not in kept:
            base = base.parent
        yield {"set": block.name, "base": base.name if base else None, "covered": "base" if base else [["0x", None]]}
        for key, value in changed(base, block):
            yield {"key": key, "value": None if value is None else hexed(value)}
        kept[block.hash] = block


def calls(maker):
    """By method, parameters and block."""
    at = [
        ([function, hexed(arguments)], block, result) for block in maker.blocks if block.number not in PRUNED
        for (function, arguments), result in maker.calls(block).items()
    ]
    for params, block, result in sorted(at, key=lambda each: (each[0], each[1].number, each[1].hash)):
        yield {"method": "state_call", "params": params, "at": block.name, "result": hexed(result)}
    system = {**SYSTEM, "system_chain": maker.name, "system_name": "tracer-node"}
    yield from ({"method": method, "params": [], "result": system[method]} for method in sorted(system))


def files(chain):
    """{name: bytes} of one tracer's recording."""
    maker = made(chain)
    runtime_lines, blobs = runtimes(maker)
    facts = {
        "blocks.jsonl": lines(blocks(maker)), "calls.jsonl": lines(calls(maker)),
        "runtimes.jsonl": lines(runtime_lines), "state.jsonl": lines(state(maker)),
    }
    head, genesis = maker.canonical[-1], maker.canonical[0]
    manifest = {
        "format": 1, "chain": maker.name, "genesis": {"hash": genesis.name, "assigned": False}, "head": head.name,
        "finalized": maker.canonical[-1 - FINALIZED_BEHIND].name,
        "provenance": {"made": "conformance/tracer: no chain, and no node, ever said this"}, "redacted": [],
        "files": {name: {"bytes": len(data), "blake2_256": digest(data)} for name, data in facts.items()},
    }
    return {"manifest.json": lines([manifest]), **facts, **{f"blobs/{name}": data for name, data in blobs.items()}}


def write(folder, chain):
    """Makes a folder what the generator says; only a README may stand beside."""
    wanted = files(chain)
    (folder / "blobs").mkdir(parents=True, exist_ok=True)
    for path in folder.rglob("*"):
        name = str(path.relative_to(folder))
        if path.is_file() and name not in wanted and name != "README.md":
            path.unlink()
    for name, data in wanted.items():
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    where = Path(sys.argv[1]) if len(sys.argv) > 1 else FIXTURES
    for chain, name in CHAINS.items():
        write(where / name, chain)
