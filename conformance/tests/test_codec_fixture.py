"""The client's codec on everything that is recorded, without the help of others: all of it is read and written back
to the same bytes, and a few values are what plain Python makes of their bytes."""

from fractions import Fraction

import pytest

from oracles.decoders import (
    call_questions, extrinsic_questions, failed, metadata_questions, none, not_written_back, ours,
    storage_questions, text,
)
from oracles.samples import compact, numbers
from testenv.keys import account_of, item, network_added, system_account, twox128
from testenv.paths import FIXTURE

ALICE = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
ACCOUNT = "d43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"
# Keys that no metadata names: the versions that pallets keep of their storage, and well-known keys.
VERSION = twox128(":__STORAGE_VERSION__:").hex()
WELL_KNOWN = {"0x" + name.encode().hex() for name in (":code", ":ethereum_schema")}


@pytest.fixture(scope="module")
def metadata(truth):
    """The files of metadata of spec 293, by version."""
    blobs = truth.runtimes[293]["metadata"]
    return {int(version): FIXTURE / "blobs" / name for version, name in blobs.items()}


@pytest.fixture(scope="module")
def summary(metadata):
    return ours(metadata[15], [{"kind": "summary"}])[0]


def nameless(key):
    return key in WELL_KNOWN or key[34:] == VERSION


def test_all_storage_is_written_back(metadata):
    questions = storage_questions(FIXTURE)
    answers = ours(metadata[15], questions)
    unnamed = [question["key"] for question in questions if nameless(question["key"])]
    assert len(unnamed) >= 2 and len(questions) > 3900
    errors = [question["key"] for question, answer in zip(questions, answers, strict=True) if failed(answer)]
    assert sorted(errors) == sorted(unnamed)
    named = [pair for pair in zip(questions, answers, strict=True) if not failed(pair[1])]
    none(not_written_back(*map(list, zip(*named, strict=True))))


def test_all_calls_and_extrinsics_are_written_back(metadata):
    questions = call_questions(FIXTURE) + extrinsic_questions(FIXTURE)
    assert len(questions) > 800
    none(not_written_back(questions, ours(metadata[15], questions)))


def test_storage_reads_the_same_by_either_metadata(metadata):
    """Versions 14 and 15 number types differently where the runtime's APIs add some."""
    questions = storage_questions(FIXTURE)
    fourteen, fifteen = (ours(metadata[version], questions) for version in (14, 15))
    none([pair for pair in zip(questions, fourteen, fifteen, strict=True) if text(pair[1:2]) != text(pair[2:])])


def test_all_constants_and_defaults_are_written_back(metadata, summary):
    questions = metadata_questions(summary)
    assert len(questions) > 150
    none(not_written_back(questions, ours(metadata[15], questions)))


def number(hex, start=0, size=None):
    """An unsigned integer out of the middle of bytes."""
    data = bytes.fromhex(hex[2:])
    return int.from_bytes(data[start:][:size], "little")


def test_values_that_plain_python_reads(truth, metadata):
    """One of each way in which canonical JSON is not just the bytes."""
    head = truth.head["hash"]
    keys = {
        "account": system_account(ALICE),
        "boolean": network_added(2),
        "tempo": item("SubtensorModule", "Tempo") + "0200",
        "moment": item("Timestamp", "Now"),
        "owner": item("SubtensorModule", "SubnetOwner") + "0200",
        "price": item("SubtensorModule", "SubnetMovingPrice") + "0200",
    }
    raw = {name: truth.lookup(head, key)[1] for name, key in keys.items()}
    questions = [{"kind": "storage", "key": keys[name], "value": raw[name]} for name in keys]
    got = {name: answer for name, answer in zip(keys, ours(metadata[15], questions), strict=True)}
    account = raw["account"]
    assert got["account"]["item"] == "System.Account" and got["account"]["args"] == [ALICE]
    assert got["account"]["value"] == {
        "nonce": number(account, 0, 4), "consumers": number(account, 4, 4), "providers": number(account, 8, 4),
        "sufficients": number(account, 12, 4),
        "data": {
            "free": number(account, 16, 8), "reserved": number(account, 24, 8), "frozen": number(account, 32, 8),
            "flags": [str(number(account, 40, 16))],  # 2^127: more than a JSON number carries
        },
    }
    assert number(account, 40, 16) > 2**53
    assert got["boolean"]["value"] is True and got["boolean"]["args"] == [2]
    assert (got["tempo"]["value"], got["tempo"]["args"]) == (number(raw["tempo"]), [2])
    assert got["moment"]["value"] == number(raw["moment"])
    assert account_of(got["owner"]["value"]).hex() == raw["owner"][2:]
    assert Fraction(got["price"]["value"]) == Fraction(number(raw["price"]), 2**32)
    assert 0 < Fraction(got["price"]["value"]) < 1


def test_numbers_at_the_edges(metadata):
    """Plain, compact and fixed-point ones; Python's integers and fractions say what they are."""
    (answer,) = ours(metadata[15], [{"kind": "types"}])
    types, cases = answer["types"], []
    for id, type in enumerate(types):
        if "fixed" in type:
            bits, places, signed = type["fixed"]
            for number in numbers(f"{'i' if signed else 'u'}{bits}"):
                cases.append((id, number.to_bytes(bits // 8, "little", signed=signed), decimal(number, places)))
            continue
        inner = types[type["compact"]] if "compact" in type else type
        name = inner.get("primitive", "")
        if name[:1] in ("u", "i"):
            for number in numbers(name):
                plain = number.to_bytes(int(name[1:]) // 8, "little", signed=name[0] == "i")
                shown = number if abs(number) < 2**53 else str(number)
                cases.append((id, compact(number) if "compact" in type else plain, shown))
    questions = [{"kind": "type", "type": id, "hex": "0x" + data.hex()} for id, data, _ in cases]
    answers = ours(metadata[15], questions)
    none(not_written_back(questions, answers))
    none([
        (question, answer, shown) for question, answer, (_, _, shown) in zip(questions, answers, cases, strict=True)
        if text(answer["value"]) != text(shown)
    ])
    assert len(cases) > 150


def decimal(number, places):
    """number / 2^places, by hand: all digits, none for show."""
    whole, rest = divmod(abs(number), 2**places)
    digits = ""
    while rest:
        digit, rest = divmod(rest * 10, 2**places)
        digits += str(digit)
    return ("-" if number < 0 else "") + str(whole) + ("." + digits if digits else "")


@pytest.mark.parametrize("say", [
    lambda value: str(value) if type(value) is int else value,
    lambda value: list(bytes.fromhex(value[2:])) if str(value).startswith("0x") else value,
    lambda value: dict(reversed(value.items())) if isinstance(value, dict) else value,
    lambda value: "0x" + account_of(value).hex() if str(value)[:1] == "5" and len(str(value)) == 48 else value,
], ids=["integers as text", "bytes as numbers", "members reversed", "accounts as bytes"])
def test_what_else_is_taken(metadata, summary, say):
    """JSON that says the same in another way gives the same bytes."""
    def other(value):
        if isinstance(value, dict):
            value = {name: other(part) for name, part in value.items()}
        elif isinstance(value, list):
            value = [other(part) for part in value]
        return say(value)

    types = {f"{p['name']}.{i['name']}": i["value"] for p in summary["pallets"] for i in p["storage"]}
    questions = [each for each in storage_questions(FIXTURE) if each["value"] and not nameless(each["key"])]
    values = ours(metadata[15], questions)
    said = [other(answer["value"]) for answer in values]
    changed = [
        (question, answer, json) for question, answer, json in zip(questions, values, said, strict=True)
        if text(json) != text(answer["value"])
    ]
    assert len(changed) > 100
    again = ours(metadata[15], [
        {"kind": "encode", "type": types[answer["item"]], "json": json} for _, answer, json in changed
    ])
    none([
        (question, json, got) for (question, _, json), got in zip(changed, again, strict=True)
        if got.get("again") != question["value"]
    ])
