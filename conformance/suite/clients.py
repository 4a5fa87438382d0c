"""Clients by name, folder or command: the command that starts an adapter, with what it stands on."""

import os
import shlex
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from testenv.paths import BIN, CACHE, NPM, ROOT
from .problem import Problem, known, nearest

ADAPTERS = ROOT / "conformance" / "adapters"
MUTANTS = ROOT / "conformance" / "mutants"
OURS = "right"  # the smallest right client; a mutant is it, with a bug


@dataclass(frozen=True)
class Client:
    name: str
    command: tuple
    folder: Path | None = None
    bug: str | None = None
    environment: dict = field(default_factory=dict, compare=False, hash=False)


def environment(name):
    """A Python environment that ci/test makes, by its name."""
    variable = {"bittensor-9.0.4": "V9", "bittensor-10.5.0": "V10", "bittensor-11.3.0": "V11"}.get(name)
    return os.environ.get(variable or "") or str(CACHE / f"venv-{name}")


def filled(word, folder):
    places = {"{here}": str(folder), "{bin}": str(BIN), "{npm}": str(NPM), "{python}": sys.executable}
    for place, what in places.items():
        word = word.replace(place, what)
    while "{env " in word:
        name = word.split("{env ", 1)[1].split("}", 1)[0]
        word = word.replace(f"{{env {name}}}", environment(name))
    return word


def described(folder):
    """The client of a folder with an adapter.toml."""
    path = folder / "adapter.toml"
    try:
        data = tomllib.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise Problem(f"{path}: {error}") from error
    known(path, data, ("name", "version", "command", "reuse"), ("name", "command"))
    return Client(data["name"], tuple(filled(word, folder) for word in data["command"]), folder)


def adapters():
    return {client.name: client for client in (described(path.parent) for path in sorted(ADAPTERS.glob("*/adapter.toml")))}


def bugs():
    """The bugs that the right client can be given: {name: entry of mutants/bugs.toml}."""
    path = MUTANTS / "bugs.toml"
    return tomllib.loads(path.read_text()) if path.exists() else {}


def right():
    return Client(OURS, (sys.executable, str(MUTANTS / "adapter.py")), MUTANTS)


def mutant(bug):
    return Client(f"mutant:{bug}", (*right().command, "--bug", bug), MUTANTS, bug)


def client_of(word):
    """What --adapter names: a known client, `mutant:BUG`, a folder, or a command."""
    by_name = {**adapters(), OURS: right()}
    if word in by_name:
        return by_name[word]
    if word.startswith("mutant:"):
        bug = word.removeprefix("mutant:")
        if bug not in bugs():
            raise Problem(f"--adapter: there is no mutant {bug}{nearest(bug, bugs())}")
        return mutant(bug)
    if (Path(word) / "adapter.toml").exists():
        return described(Path(word).resolve())
    command = shlex.split(word)
    if len(command) == 1 and not Path(command[0]).exists() and "/" not in command[0]:
        raise Problem(f"--adapter: there is no client {word}{nearest(word, by_name)}, and no such command")
    return Client(Path(command[-1]).stem, tuple(command))
