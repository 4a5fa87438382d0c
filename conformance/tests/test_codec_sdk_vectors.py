"""The client's codec on newer runtimes, by what others recorded of them: the source distributions of the Bittensor
SDK 11.0.0 and 11.1.0 hold metadata 14 and 15 of specs 419 and 439, values of all types and answers of a node, raw
and as the SDK decodes them; the crate bittensor-rs 0.1.1 holds metadata 16 of spec 365."""

import json

import pytest

from oracles.decoders import (
    different, failed, metadata_questions, none, not_written_back, ours, same_metadata, text, theirs,
)
from oracles.packages import CRATE, SDK_11_0, SDK_11_1, member
from oracles.sdk_shape import OutOfRange, Shape, trimmed

pytestmark = pytest.mark.foreign


class Recorded:
    """What one SDK's source distribution holds, with the metadata as files, and polkadot-api's types."""

    def __init__(self, package, folder):
        self.golden = json.loads(member(package, "tests/fixtures/golden.json"))
        self.corpus = json.loads(member(package, "tests/fixtures/shape_corpus/corpus.json"))
        self.files = {}
        for version in (14, 15):
            data = bytes.fromhex(self.golden["metadata"][f"v{version}_hex"][2:])
            self.files[version] = folder / f"metadata-{version}"
            # Behind what wraps it in the answer of a runtime call.
            self.files[version].write_bytes(data[data.index(b"meta"):])
        self.file = self.files[15]
        self.summary, self.types = theirs(self.file, [{"kind": "summary"}, {"kind": "types"}])
        self.shape = Shape(self.types)

    def ours(self, questions, members):
        """The codec's answers: written back to the same bytes, and their members the same as polkadot-api's."""
        answers = ours(self.file, questions)
        none(not_written_back(questions, answers))
        none(different(questions, answers, theirs(self.file, questions), members))
        return answers

    def item(self, case):
        (pallet,) = [each for each in self.summary["pallets"] if each["name"] == case["pallet"]]
        (item,) = [each for each in pallet["storage"] if each["name"] == case["storage_function"]]
        return item

    def shown(self, ids, values):
        return [self.shape.of(id, value) for id, value in zip(ids, values, strict=True)]


@pytest.fixture(scope="module", params=[SDK_11_0, SDK_11_1], ids=["spec 419", "spec 439"])
def recorded(request, tmp_path_factory):
    return Recorded(request.param, tmp_path_factory.mktemp("sdk"))


@pytest.mark.parametrize("version", [14, 15])
def test_metadata(recorded, version):
    same_metadata(recorded.files[version])


def test_constants_and_defaults(recorded):
    questions = metadata_questions(recorded.summary)
    assert len(questions) > 150
    recorded.ours(questions, ["value"])


def same(shown, recorded):
    """Equal, also in kind (1 is not true); the SDK's files have members in alphabetical order."""
    return json.dumps(shown, sort_keys=True) == json.dumps(trimmed(recorded), sort_keys=True)


# How many samples there are, and how many of them no runtime would read: their bytes are made up from the types, with
# a number also for Compact<()>, which has no bytes, and with compact integers that their types cannot hold.
MISMADE = {419: (2745, 9, 118), 439: (2796, 10, 129)}


def test_values_of_all_types(recorded):
    samples = [(entry["id"], sample) for entry in recorded.corpus["types"] for sample in entry["samples"]]
    questions = [{"kind": "type", "type": id, "hex": sample["scale_hex"]} for id, sample in samples]
    got, want = ours(recorded.file, questions), theirs(recorded.file, questions)
    refused, out_of_range, good, wrong = [], [], [], []
    for question, (id, sample), answer, expected in zip(questions, samples, got, want, strict=True):
        if failed(expected) or not expected["exact"]:
            refused.append((question, answer, expected))
            continue
        try:
            recorded.shape.of(id, expected["value"])
        except OutOfRange:
            out_of_range.append((question, answer, expected))
            continue
        good.append((question, answer, expected))
        if failed(answer) or not same(recorded.shape.of(id, answer["value"]), sample["decoded"]):
            wrong.append((question, answer, sample["decoded"]))
    none(wrong)
    none(different(*map(list, zip(*good, strict=True)), ["value"]))
    none(not_written_back([question for question, _, _ in good], [answer for _, answer, _ in good]))
    none([each for each in refused + out_of_range if not failed(each[1])])
    assert all("too great" in answer["error"] for _, answer, _ in out_of_range)
    assert (len(samples), len(refused), len(out_of_range)) == MISMADE[recorded.corpus["spec_version"]]


def storage_question(case):
    return {"kind": "storage", "key": case["key_hex"], "value": case.get("raw_hex")}


def test_storage_keys_and_values(recorded):
    cases = recorded.golden["storage_keys"] + recorded.golden["storage_values"]
    answers = recorded.ours([storage_question(case) for case in cases], ["item", "args", "value"])
    for case, answer in zip(cases, answers, strict=True):
        item = recorded.item(case)
        assert answer["item"] == f"{case['pallet']}.{case['storage_function']}"
        assert same(recorded.shown(item["keys"], answer["args"]), case["params"])
        if case.get("raw_hex"):
            assert same(recorded.shape.of(item["value"], answer["value"]), case["decoded"])
        elif "decoded" in case:  # absent: the SDK shows the default
            (default,) = recorded.ours([{"kind": "type", "type": item["value"], "hex": item["fallback"]}], ["value"])
            assert same(recorded.shape.of(item["value"], default["value"]), case["decoded"])


def test_maps(recorded):
    """Pages of a map, as the node gave them; the last arguments are those that the prefix does not say."""
    for case in recorded.golden["query_maps"]:
        questions = [{"kind": "storage", "key": key, "value": value} for key, value in case["raw_changes"]]
        answers, item = recorded.ours(questions, ["item", "args", "value"]), recorded.item(case)
        fixed = len(case["params"])
        assert {question["key"] for question in questions} == set(case["raw_keys"])
        pairs = []
        for answer in answers:
            args = recorded.shown(item["keys"], answer["args"])
            assert args[:fixed] == case["params"]
            pairs.append([args[fixed], recorded.shape.of(item["value"], answer["value"])])
        assert len(item["keys"]) == fixed + 1 and same(pairs, case["pairs"])


def test_runtime_calls(recorded):
    methods = {
        (api["name"], name): ([type for _, type in inputs], output)
        for api in recorded.summary["apis"] for name, inputs, output in api["methods"]
    }
    cases = recorded.golden["runtime_calls"]
    questions = [
        {"kind": "call", "api": case["api"], "method": case["method"],
         "args": "0x" + case["encoded_params_hex"], "result": case["raw_hex"]}
        for case in cases
    ]
    for case, answer in zip(cases, recorded.ours(questions, ["args", "value"]), strict=True):
        inputs, output = methods[case["api"], case["method"]]
        assert same(recorded.shown(inputs, answer["args"]), case["params"])
        assert same(recorded.shape.of(output, answer["value"]), case["decoded"])


def test_constants(recorded):
    said = {(pallet["name"], name): (type, hex)
            for pallet in recorded.summary["pallets"] for name, type, hex in pallet["constants"]}
    for case in recorded.golden["constants"]:
        type, hex = said[case["module"], case["name"]]
        question = {"kind": "constant", "pallet": case["module"], "name": case["name"], "hex": hex}
        (answer,) = recorded.ours([question], ["value"])
        assert same(recorded.shape.of(type, answer["value"]), case["decoded"])


def test_addresses(recorded):
    account = [type["path"] for type in recorded.types].index(["sp_core", "crypto", "AccountId32"])
    cases = recorded.golden["ss58"]
    questions = [{"kind": "type", "type": account, "hex": case["public_key_hex"]} for case in cases]
    answers = recorded.ours(questions, ["value"])
    assert [answer["value"] for answer in answers] == [case["address"] for case in cases]


def test_calls(recorded):
    """The arguments of calls that hold other calls are described in words; polkadot-api reads those."""
    outer, cases = recorded.summary["outer"]["call"], recorded.golden["calls"]
    questions = [{"kind": "type", "type": outer, "hex": case["data_hex"]} for case in cases]
    compared = 0
    for case, answer in zip(cases, recorded.ours(questions, ["value"]), strict=True):
        shown = recorded.shape.of(outer, answer["value"])
        assert (shown["call_module"], shown["call_function"]) == (case["module"], case["function"])
        if case["module"] in ("Balances", "SubtensorModule"):
            compared += same(dict(shown["call_args"]), case["params"])
    assert compared == 6


def extrinsics(recorded, texts):
    """The codec's reading, beside polkadot-api's, written back."""
    questions = [{"kind": "extrinsic", "hex": text} for text in texts]
    answers = ours(recorded.file, questions)
    none(not_written_back(questions, answers))
    shown = [answer["extrinsic"] for answer in answers]
    for each, expected in zip(shown, theirs(recorded.file, questions), strict=True):
        assert text({"hash": each["hash"], **expected}) == text(each)
    return shown


def signed_parts(recorded, shown):
    """What the SDK shows of a signed extrinsic, beside its call."""
    extensions = {
        name: recorded.shape.of(type, shown["extensions"][name])
        for name, type, _ in recorded.summary["extensions"] if name in shown["extensions"]
    }
    (tip,) = [each for name, each in extensions.items() if name.startswith("ChargeTransactionPayment")]
    return {
        "address": recorded.shape.of(recorded.summary["address"], shown["address"]),
        "signature": recorded.shape.of(recorded.summary["signature"], shown["signature"]),
        "era": extensions["CheckMortality"], "nonce": extensions["CheckNonce"], "tip": tip,
    }


def test_extrinsics_that_the_sdk_made(recorded):
    cases = recorded.golden["extrinsics"]
    made = extrinsics(recorded, [case["extrinsic_hex"] for case in cases])
    outer = recorded.summary["outer"]["call"]
    questions = [{"kind": "type", "type": outer, "hex": case["call_data_hex"]} for case in cases]
    calls = recorded.ours(questions, ["value"])
    for case, shown, call in zip(cases, made, calls, strict=True):
        era = case["era"] if case["era"] == "00" else [case["era"]["period"], case["era"]["current"] % 64]
        assert (shown["version"], shown["signed"], shown["hash"]) == (4, True, case["extrinsic_hash"])
        assert text(shown["call"]) == text(call["value"])
        assert signed_parts(recorded, shown) == {
            "address": case["address"], "signature": {"Sr25519": case["signature_hex"]},
            "era": era, "nonce": case["nonce"], "tip": case["tip"],
        }


def test_extrinsics_of_a_block(recorded):
    block = recorded.golden["block"]
    outer, signed = recorded.summary["outer"]["call"], 0
    made = extrinsics(recorded, block["raw"]["block"]["extrinsics"])
    for shown, case in zip(made, block["decoded_extrinsics"], strict=True):
        assert shown["hash"] == case["extrinsic_hash"] and shown["signed"] == ("signature" in case)
        assert same(recorded.shape.of(outer, shown["call"]), case["call"])
        if shown["signed"]:
            parts = signed_parts(recorded, shown)
            assert same(parts, {name: case[name] for name in parts})
            signed += 1
    assert signed == 1


def test_events(recorded):
    """As one value, and event by event; those of one extrinsic are the SDK's receipt."""
    golden = recorded.golden
    item = recorded.item({"pallet": "System", "storage_function": "Events"})
    raw = golden["events"]["raw_hex"]
    (value,) = recorded.ours([{"kind": "type", "type": item["value"], "hex": raw}], ["value"])
    shown = recorded.shape.of(item["value"], value["value"])
    assert same(shown, golden["events"]["decoded"])
    receipt = golden["receipt"]
    caused = [each for each in shown if each["extrinsic_idx"] == receipt["extrinsic_idx"]]
    assert same(caused, receipt["triggered_events"])
    (answer,) = ours(recorded.file, [{"kind": "events", "hex": raw}])
    named = [[each[name] for name in ("phase", "extrinsic", "pallet", "name")] for each in answer["events"]]
    assert named == [
        [each[name] for name in ("phase", "extrinsic_idx", "module_id", "event_id")]
        for each in golden["events"]["decoded"]
    ]


def test_metadata_16(tmp_path):
    """Of spec 365: all of it as polkadot-api reads it, and its constants and defaults as values."""
    file = tmp_path / "metadata-16"
    file.write_bytes(member(CRATE, "metadata/finney.scale"))
    summary, _ = same_metadata(file)
    assert summary["version"] == 16 and summary["versions"] == [4, 5]
    questions = metadata_questions(summary)
    answers = ours(file, questions)
    assert len(questions) > 150
    none(not_written_back(questions, answers))
    none(different(questions, answers, theirs(file, questions), ["value"]))
