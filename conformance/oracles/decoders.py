"""Two decoders as child processes: the client's codec behind codec_tool, and polkadot-api behind polkadot_api.mjs.
Both take the same questions, lines of JSON, thousands in one go; and what the tests ask them about a recording."""

import json
import subprocess
from pathlib import Path

from testenv.paths import BIN, NPM, PATIENCE, ROOT
from testenv.truth import lines

SCRIPT = ROOT / "conformance" / "oracles" / "polkadot_api.mjs"


def text(value):
    """JSON as canonical as the codec's: the order of members and the kinds of values count."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def ask(command, questions):
    done = subprocess.run(
        [str(part) for part in command], input="".join(text(each) + "\n" for each in questions), check=False,
        capture_output=True, text=True, timeout=120 * PATIENCE,
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.stderr[-2000:]}"
    answers = done.stdout.splitlines()
    assert len(answers) == len(questions), f"{len(questions)} questions, {len(answers)} answers"
    return answers


def ours(metadata, questions):
    """The codec's answers; each line must be canonical as a whole, so that nothing is said twice or spaced out."""
    answers = []
    for line in ask([BIN / "codec_tool", metadata], questions):
        answers.append(json.loads(line))
        assert text(answers[-1]) == line, f"not canonical: {line[:500]}"
    return answers


def polkadot_api(metadata):
    """The command that asks polkadot-api. The script finds its packages beside itself, in the cache folder."""
    copy = NPM / SCRIPT.name
    assert NPM.is_dir(), f"the npm packages are not in {NPM}; ./ci/test installs them"
    if not copy.exists() or copy.read_bytes() != SCRIPT.read_bytes():
        copy.write_bytes(SCRIPT.read_bytes())
    return ["node", str(copy), str(metadata)]


def theirs(metadata, questions):
    """polkadot-api's answers."""
    return [json.loads(line) for line in ask(polkadot_api(metadata), questions)]


def failed(answer):
    return "error" in answer


# What a question holds that the codec must write again from its own JSON: its answer's member -> the question's.
AGAIN = {
    "type": {"again": "hex"}, "extrinsic": {"again": "hex"}, "constant": {"again": "hex"}, "events": {},
    "storage": {"again": "value", "key": "key"}, "call": {"again": "result", "args_again": "args"},
}


def not_written_back(questions, answers):
    """The questions whose bytes did not come back, with the answers. A key whose hasher has lost an argument
    cannot come back: its answer is null."""
    wrong = []
    for question, answer in zip(questions, answers, strict=True):
        pairs = AGAIN[question["kind"]].items()
        if failed(answer) or any(answer.get(got) not in (None, question[want]) for got, want in pairs):
            wrong.append((question, answer))
    return wrong


def different(questions, answers, expected, members):
    """The questions of which a member is not the same in both answers; what polkadot-api read inexactly counts."""
    wrong = []
    for question, got, want in zip(questions, answers, expected, strict=True):
        same = all(text(got.get(name)) == text(want.get(name)) for name in members)
        if failed(got) or failed(want) or not same or want.get("exact", True) is not True:
            wrong.append((question, got, want))
    return wrong


def none(wrong):
    """Fails with the smallest of what is wrong, both sides of it."""
    if wrong:
        smallest = min(wrong, key=lambda each: len(text(each[0])))
        raise AssertionError(
            f"{len(wrong)} wrong, the smallest:\n" + "\n".join(text(part)[:1500] for part in smallest)
        )


def same_metadata(file):
    """Fails unless both read the same: all types, pallets, storage, constants, APIs and extensions.
    Gives the summary and the types, as polkadot-api has them."""
    questions = [{"kind": "summary"}, {"kind": "types"}]
    got, want = ours(file, questions), theirs(file, questions)
    assert len(want[0]["pallets"]) > 20 and want[0].pop("types") == len(want[1])
    if want[0]["version"] == 14:
        # Version 14 does not name the outer enums; polkadot-api then knows the call's only.
        got[0]["outer"].update(event=None, error=None)
    for name in want[0]:
        assert text(got[0][name]) == text(want[0][name]), name
    none([pair for pair in zip(enumerate(want[1]), got[1]["types"], want[1], strict=True) if pair[1] != pair[2]])
    return want


# ---- what a recording holds


def unique(questions):
    return list({text(each): each for each in questions}.values())


def storage_questions(folder):
    """Each key with each value that it has in any block."""
    facts = [line for line in lines(Path(folder) / "state.jsonl") if "key" in line]
    return unique({"kind": "storage", "key": fact["key"], "value": fact.get("value")} for fact in facts)


def call_questions(folder):
    """Each runtime call: arguments and result."""
    questions = []
    for call in lines(Path(folder) / "calls.jsonl"):
        if call["method"] == "state_call" and "result" in call:
            api, method = call["params"][0].split("_", 1)
            questions.append({
                "kind": "call", "api": api, "method": method, "args": call["params"][1], "result": call["result"],
            })
    return unique(questions)


def extrinsic_questions(folder):
    blocks = lines(Path(folder) / "blocks.jsonl")
    return unique({"kind": "extrinsic", "hex": hex} for block in blocks for hex in block.get("extrinsics") or [])


def metadata_questions(summary):
    """Each constant, and the default of each storage item that has one."""
    constants = [
        {"kind": "constant", "pallet": pallet["name"], "name": name, "hex": hex}
        for pallet in summary["pallets"] for name, _, hex in pallet["constants"]
    ]
    defaults = [
        {"kind": "type", "type": item["value"], "hex": item["fallback"]}
        for pallet in summary["pallets"] for item in pallet["storage"] if not item["optional"]
    ]
    return constants + unique(defaults)
