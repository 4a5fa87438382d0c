"""The client's codec beside polkadot-api's on all that is recorded: metadata, storage, runtime calls, constants,
extrinsics, events. Values must be the same to the letter, in canonical JSON."""

from hashlib import blake2b

import pytest

from oracles.decoders import (
    call_questions, different, extrinsic_questions, failed, metadata_questions, none, not_written_back, ours,
    same_metadata, storage_questions, text, theirs, unique,
)
from oracles.packages import CRATE, member
from oracles.registry import unusual
from oracles.samples import Samples, compact
from testenv.keys import item
from testenv.paths import FIXTURE

pytestmark = pytest.mark.foreign

EVENTS = item("System", "Events")


@pytest.fixture(scope="module")
def metadata(truth):
    blobs = truth.runtimes[293]["metadata"]
    return {int(version): FIXTURE / "blobs" / name for version, name in blobs.items()}


@pytest.mark.parametrize("version", [14, 15])
def test_metadata(metadata, version):
    same_metadata(metadata[version])


def test_storage(metadata):
    questions = storage_questions(FIXTURE)
    got, want = ours(metadata[15], questions), theirs(metadata[15], questions)
    # Both know nothing of :code and of the versions of pallets; test_codec_fixture.py says which keys.
    unknown = [failed(a) and failed(b) for a, b in zip(got, want, strict=True)]
    known = [each for each, out in zip(zip(questions, got, want, strict=True), unknown, strict=True) if not out]
    assert len(known) > 3900
    assert sum(question["value"] is None for question, _, _ in known) > 0
    none(different(*map(list, zip(*known, strict=True)), ["item", "args", "value"]))


def test_runtime_calls(metadata):
    questions = call_questions(FIXTURE)
    assert len({question["method"] for question in questions}) > 25
    got, want = ours(metadata[15], questions), theirs(metadata[15], questions)
    none(different(questions, got, want, ["args", "value"]))


def test_constants_and_defaults(metadata):
    (summary,) = theirs(metadata[15], [{"kind": "summary"}])
    questions = metadata_questions(summary)
    assert len(questions) > 150
    none(different(questions, ours(metadata[15], questions), theirs(metadata[15], questions), ["value"]))


@pytest.mark.parametrize("spec", [293, 365])
def test_made_up_values_of_all_types(metadata, tmp_path, rng, spec):
    file = metadata[15]
    if spec == 365:
        file = tmp_path / "metadata-16"
        file.write_bytes(member(CRATE, "metadata/finney.scale"))
    assert read_alike(file, rng, 5) > 2000


def test_shapes_that_the_recorded_runtimes_do_not_have(tmp_path, rng):
    file, registry = tmp_path / "metadata-14", unusual()
    file.write_bytes(registry.metadata())
    (types,) = theirs(file, [{"kind": "types"}])
    assert types == registry.types
    assert text(ours(file, [{"kind": "types"}])) == text([{"types": types}])
    read_alike(file, rng, 20)


def read_alike(file, rng, count):
    """Made-up values of each type of a metadata; gives how many."""
    (types,) = theirs(file, [{"kind": "types"}])
    samples = Samples(types, rng)
    questions = unique(
        {"kind": "type", "type": id, "hex": "0x" + samples.of(id).hex()}
        for id in range(len(types)) if samples.has_values(id) for _ in range(count)
    )
    answers = ours(file, questions)
    none(not_written_back(questions, answers))
    none(different(questions, answers, theirs(file, questions), ["value"]))
    return len(questions)


def test_extrinsics(metadata):
    want = extrinsics_read_alike(metadata[15], extrinsic_questions(FIXTURE))
    assert {answer["signed"] for answer in want} == {True, False}


def extrinsics_read_alike(file, questions):
    """The hash is no question of decoding: it is blake2b-256 of all the bytes. Gives polkadot-api's answers."""
    got, want = ours(file, questions), theirs(file, questions)
    none(not_written_back(questions, got))
    wrong = []
    for question, answer, expected in zip(questions, got, want, strict=True):
        hash = blake2b(bytes.fromhex(question["hex"][2:]), digest_size=32).hexdigest()
        if text(answer.get("extrinsic")) != text({"hash": "0x" + hash, **expected}):
            wrong.append((question, answer, expected))
    none(wrong)
    return want


def test_made_up_extrinsics(metadata, rng):
    """With all kinds of addresses and signatures, and eras as they come."""
    summary, types = theirs(metadata[15], [{"kind": "summary"}, {"kind": "types"}])
    samples, outer = Samples(types, rng), summary["outer"]["call"]
    signed = [summary["address"], summary["signature"], *(type for _, type, _ in summary["extensions"])]
    questions = []
    for _ in range(200):
        head, parts = rng.choice([(b"\x04", []), (b"\x05", []), (b"\x84", signed), (b"\x84", signed)])
        body = head + b"".join(samples.of(type) for type in [*parts, outer])
        questions.append({"kind": "extrinsic", "hex": "0x" + (compact(len(body)) + body).hex()})
    # What polkadot-api cannot read in a call is left to the test of all types.
    known = [each for each, answer in zip(questions, theirs(metadata[15], questions), strict=True) if not failed(answer)]
    assert len(known) > 100
    want = [answer for answer in extrinsics_read_alike(metadata[15], known) if answer["signed"]]
    assert {answer["signature"]["type"] for answer in want} == {"Ed25519", "Sr25519", "Ecdsa"}
    assert {answer["address"]["type"] for answer in want} == {"Id", "Index", "Raw", "Address32", "Address20"}


def test_events(metadata):
    """Events by name, and why an extrinsic failed by name: from polkadot-api's reading of System.Events."""
    values = [each for each in storage_questions(FIXTURE) if each["key"] == EVENTS and each["value"]]
    questions = [{"kind": "events", "hex": each["value"]} for each in values]
    got, records = ours(metadata[15], questions), theirs(metadata[15], values)
    summary, types = theirs(metadata[15], [{"kind": "summary"}, {"kind": "types"}])
    wrong, failures = [], []
    for question, answer, record in zip(questions, got, records, strict=True):
        want = [event(each, summary, types) for each in record["value"]]
        failures += [each["error"] for each in want if "error" in each]
        if text(answer.get("events")) != text(want):
            wrong.append((question, answer, want))
    none(wrong)
    assert {error["kind"] for error in failures} == {"Module", "Arithmetic"}


def event(record, summary, types):
    """An event as client/src/codec/block.h shows it, from canonical JSON of an EventRecord."""
    phase, outer = record["phase"], record["event"]
    inner = outer["value"][0]
    shown = {
        "phase": phase["type"], "extrinsic": phase["value"][0] if phase["value"] else None,
        "pallet": outer["type"], "name": inner["type"], "fields": inner["value"], "topics": record["topics"],
    }
    if inner["type"] == "ExtrinsicFailed":
        shown["error"] = dispatch_error(inner["value"]["dispatch_error"], summary, types)
    return shown


def dispatch_error(error, summary, types):
    """A pallet's own error is its index and the variant's; another is a name, with a reason perhaps."""
    if error["type"] != "Module":
        reason = error["value"][0]["type"] if error["value"] else None
        return {"kind": error["type"], "pallet": None, "name": reason}
    module = error["value"][0]
    (pallet,) = [each for each in summary["pallets"] if each["index"] == module["index"]]
    (name,) = [
        name for name, index, _ in types[pallet["errors"]]["variant"] if index == int(module["error"][2:4], 16)
    ]
    return {"kind": "Module", "pallet": pallet["name"], "name": name}
