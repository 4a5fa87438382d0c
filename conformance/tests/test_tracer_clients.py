"""Clients of others, unmodified, and our own on the tracer: every kind of storage, constants, runtime calls and events,
of both runtimes and at the block between them, compared with the generator's own values."""

import json

import pytest

from testenv.adapter import MODES, Adapter, call, ours
from testenv.command import value
from testenv.fixture import dump
from testenv.node import Node
from testenv.paths import ROOT
from testenv.programs import answers, guide, node_script
from tracer import words
from tracer.chain import NETUIDS, ODD_NETUID, UPGRADE
from tracer.rows import ROWS
from tracer.shapes import PapiShape, PolkadotShape, SdkShape
from tracer.values import Values

BLOCKS = [70, 71, UPGRADE, UPGRADE + 1, 196]
ALICE = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"
CALLS = [("mark", [3]), ("marks", [[1, 2]]), ("reading", []), ("wide", [1, ALICE]), ("wide", [2, ALICE])]
CONSTANTS = [
    "U64", "I128", "U64F64", "Hash", "Account", "Bytes", "Text", "Struct", "Enum", "Result", "ByNumber", "Bool",
]


@pytest.fixture(scope="module")
def node():
    with Node(ROOT / "fixtures" / "tracer") as node:
        yield node


@pytest.fixture
def space(node):
    """A space that must not have seen one unmatched request in the end."""
    space = node.space()
    yield space
    assert space.stats()["unmatched"] == 0, space.control("mock_unmatched")
    space.close()


def can_be_listed(row):
    return all(hasher == "Identity" or hasher.endswith("Concat") for hasher, _ in row.arguments)


def rows(block):
    """The items of a block's runtime; of the great map clients are asked elsewhere."""
    return [row for row in ROWS if block.executed_by in row.specs and row.name != "Big"]


def questions(values, block, constants_of):
    """[(question, due)]: all items, plain, by key or as a map; constants; calls; events."""
    found = []
    for row in rows(block):
        if row.arguments and can_be_listed(row):
            found.append(({"map": ["Tracer", row.name]}, values.map(block, row.name)))
        else:
            ((_, arguments), ) = row.keys
            said = values.asked(block, row.name, arguments)
            found.append(({"storage": ["Tracer", row.name, said]}, values.stored(block, "Tracer", row.name, arguments)))
    spec = constants_of or block.executed_by
    found += [({"constant": ["Tracer", name]}, values.constant(spec, name)) for name in CONSTANTS]
    found += [({"call": ["TracerApi", *each]}, due) for each, due in zip(CALLS, calls_due(values, block), strict=True)]
    found.append(({"events": True}, [record["event"] for record in values.stored(block, "System", "Events")]))
    return [({"at": block.name, "block": block.number, **question}, due) for question, due in found]


def calls_due(values, block):
    """In the order of CALLS."""
    alice = values.maker.accounts[0]
    two_keys = bytes([8, 1, 0, 2, 0])
    arguments = [b"\3\0", two_keys, b"", b"\1\0" + alice, b"\2\0" + alice]
    recorded = values.calls(block)
    return [recorded[f"TracerApi_{name}", data] for (name, _), data in zip(CALLS, arguments, strict=True)]


def wrong(asked, found):
    """What is wrong with each answer that is, in words. Entries of maps have no order."""
    for (question, due), got in zip(asked, found, strict=True):
        if "map" in question:
            due, got = ({dump(key): each for key, each in entries} for entries in (due, got))
        if got != due:
            yield question, words.difference(due, got), got, due


def ask(asked, tmp_path, program):
    file = tmp_path / "questions.json"
    file.write_text(json.dumps([question for question, _ in asked]))
    return json.loads(program(file).splitlines()[-1])


@pytest.mark.foreign
@pytest.mark.parametrize("version, constants_of", [("10.5.0", None), ("11.3.0", 2)])
def test_the_sdk(version, constants_of, space, tmp_path):
    """Neither has the hasher Twox256; constants of the newer one are those of the head's runtime."""
    values = Values(1, SdkShape)
    asked = [
        (question, due) for number in BLOCKS for question, due in questions(values, values.block(number), constants_of)
        if "ByTwox256" not in question.get("storage", [])
    ]
    found = ask(asked, tmp_path, lambda file: guide(version, "items", space.url(), tmp_path, file))
    found = [sdk_answer(question, got) for (question, _), got in zip(asked, found, strict=True)]
    assert list(wrong(asked, found)) == []


@pytest.mark.foreign
@pytest.mark.parametrize("version", ["9.0.4", "10.5.0", "11.3.0"])
def test_the_guide(version, space, tmp_path):
    """Its question of every chain, whether subnets exist; subnet 5 does after odd blocks."""
    for number, odd in (200, False), (99, True):
        space.control("mock_setHead", number)
        assert answers(guide(version, "gathered", space.url(), tmp_path)) == {
            netuid: netuid in NETUIDS or odd and netuid == ODD_NETUID for netuid in range(1, 8)}


def sdk_answer(question, got):
    """Of one argument it gives no list of it; events have their parts flat."""
    if "map" in question:
        return [(key if isinstance(key, list) else [key], each) for key, each in got]
    if "events" in question:
        return [{event["module_id"]: variant(event["event_id"], event["attributes"])} for event in got]
    return got


def variant(name, value):
    return name if value is None else {name: value}


@pytest.mark.foreign
def test_polkadot_js(space, tmp_path):
    values = Values(1, PolkadotShape)
    asked = [each for number in BLOCKS for each in questions(values, values.block(number), None)]
    asked = [(question, js_events(due) if "events" in question else due) for question, due in asked]
    found = ask(asked, tmp_path, lambda file: node_script("polkadot_items.mjs", space.url(), tmp_path, file))
    assert list(wrong(asked, found)) == []


def js_events(events):
    """[pallet, name, [fields]], without their names."""
    return [[pallet.lower(), *name_and_fields(event)] for each in events for pallet, event in each.items()]


def name_and_fields(event):
    if isinstance(event, str):
        return event, []
    ((name, fields),) = event.items()
    if isinstance(fields, dict):
        return name, list(fields.values())
    return name, fields if isinstance(fields, list) else [fields]


@pytest.mark.foreign
def test_polkadot_api(space, tmp_path):
    """It takes the code after a block for the one that ran it, so the upgrading block is not asked; and its constants
    are those of the head's runtime."""
    values = Values(1, PapiShape)
    asked = [
        each for number in BLOCKS if number != UPGRADE for each in questions(values, values.block(number), 2)
    ]
    found = ask(asked, tmp_path, lambda file: node_script("papi_items.mjs", space.url(), tmp_path, file))
    assert list(wrong(asked, found)) == []


@pytest.mark.parametrize("number", BLOCKS)
def test_our_own_command(number, space):
    values = Values(1)
    block = values.block(number)

    def ask(*arguments):
        return value("--json", "--block", number, *arguments, url=space.url())

    for row in rows(block):
        if row.arguments and can_be_listed(row):
            got = [(entry["args"], entry["value"]) for entry in ask("storage", "Tracer", row.name)]
            assert sorted(map(dump, got)) == sorted(map(dump, values.map(block, row.name))), row.name
        for _, arguments in row.keys[:2]:
            said = values.asked(block, row.name, arguments)
            due = values.stored(block, "Tracer", row.name, arguments)
            assert words.difference(due, ask("storage", "Tracer", row.name, *said), number) is None, (row.name, said)
    for name in CONSTANTS:
        assert ask("constant", "Tracer", name) == values.constant(block.executed_by, name)
    for (name, said), due in zip(CALLS, calls_due(values, block), strict=True):
        assert ask("runtime-call", "TracerApi", name, *map(argument, said)) == due, name
    got = [
        {"type": each["pallet"], "value": [{"type": each["name"], "value": each["fields"]}]} for each in ask("events")
    ]
    assert got == [record["event"] for record in values.stored(block, "System", "Events")]


def argument(said):
    return dump(said) if isinstance(said, list) else said


@pytest.mark.parametrize("mode", MODES)
def test_our_own_command_reads_neighbours(mode, space):
    """Keys that differ in their last byte, in each mode."""
    values = Values(1)
    block = values.block(150)
    (row,) = [row for row in ROWS if row.name == "ByIdentity"]
    got = value("--json", "--block", 150, "--mode", mode, "storage", "Tracer", row.name, "0..10", url=space.url())
    due = [values.stored(block, "Tracer", row.name, arguments) for _, arguments in row.keys]
    assert [words.difference(one, each["value"], 150) for one, each in zip(due, got, strict=True)] == [None] * 11


@pytest.mark.parametrize("mode", MODES)
def test_our_own_client_across_the_upgrade(mode, space, tmp_path):
    """One run, its pins on both sides of the upgrade by turns: each is decoded by its own runtime."""
    values = Values(1)
    numbers = [UPGRADE + away for away in (-1, 1, 0, 2, -30, 50) for _ in range(3)]
    calls, due = [], []
    for number in numbers:
        block = values.block(number)
        for name in ("ByIdentity", "ByTwox64", "DoubleByAccount", "EdgesI96F32"):
            calls.append(call("query_map", "Tracer", name, block=number))
            due.append([{"args": said, "value": each} for said, each in values.map(block, name)])
        calls.append(call("query_runtime_api", "TracerApi", "reading", block=number))
        due.append(values.calls(block)["TracerApi_reading", b""])
        calls.append(call("query_constant", "Tracer", "Struct", block=number))
        due.append(values.constant(block.executed_by, "Struct"))
    with Adapter(ours(space.url()), tmp_path) as adapter:
        ends = adapter.run(mode, calls, threads=8)
    for asked, end, wanted in zip(calls, ends, due, strict=True):
        assert end["outcome"] == "ok", (asked, end)
        got = end["value"]
        if asked["function"] == "query_map":
            got, wanted = (sorted(each, key=dump) for each in (got, wanted))
        assert got == wanted, (asked, words.difference(wanted, got, asked["pin"]["block"]))
