"""What each part of the benchmark needs beside this repository, and how ci/lib.sh makes or installs it. All of it
is said at the start, before anything is measured."""

import subprocess

from bench import HERE, ROOT, BenchError, say

TESTENV = ROOT / "conformance" / "testenv"
# What a part needs: a line for a shell that has sourced ci/lib.sh.
VALGRIND = "install_packages valgrind"
OPENSSL = "install_packages openssl"
JSONRPSEE = f'cargo_program "{HERE}/jsonrpsee" bench-jsonrpsee'
PEERS = f'npm_packages "{HERE}" bench-peers'
NPM = "npm_packages"
SDK_10 = f'python_env bittensor-10.5.0 "{TESTENV}/requirements-bittensor-10.5.0.txt"'
SDK_11 = f'python_env bittensor-11.3.0 "{TESTENV}/requirements-bittensor-11.3.0.txt"'
BT_DECODE = f'python_env bt-decode "{HERE}/requirements-bt-decode.txt" --no-deps'
NEEDS = {
    "node": (JSONRPSEE,),
    "idle": (OPENSSL,),
    "blocks": (),
    "client": (PEERS,),
    "decode": (NPM, SDK_10, SDK_11, BT_DECODE),
    "exists": (PEERS, SDK_10),
    "first": (),
    "instructions": (VALGRIND,),
}


def shell(line, only_say=False):
    """What a line of shell prints on standard output; what it says goes to standard error."""
    done = subprocess.run(
        ["bash", "-euc", f'. "{ROOT}/ci/lib.sh"; {"SAY_ONLY=yes; " if only_say else ""}{line}'],
        stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise BenchError(f"{line}: failed; see above")
    return done.stdout.strip()


def prepare(parts):
    """Says what is lacking for these parts, then makes it. Gives the printed place of each need."""
    needs = list(dict.fromkeys(need for part in parts for need in NEEDS[part]))
    say(f"to be measured: {', '.join(parts)}")
    for need in needs:
        shell(need, only_say=True)
    return {need: shell(need) for need in needs}
