"""Where things are. Each can be set from outside, so that one suite tests any build of any node."""

import os
import shlex
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "subtensor-mock"
# The folder of built programs, and the command that is the node: it may have a wrapper before it.
BIN = Path(os.environ.get("BIN") or ROOT / "build" / "bin")
MOCKNODE = shlex.split(os.environ.get("MOCKNODE") or str(BIN / "mocknode"))
# The client's command; it may have a wrapper, too.
SUBTENSOR = shlex.split(os.environ.get("SUBTENSOR") or str(BIN / "subtensor"))
FIXTURE = ROOT / "fixtures" / "subtensor-293"
TRACER = ROOT / "fixtures" / "tracer"
GUIDE = ROOT / "conformance" / "testenv" / "guide"
# Under valgrind or a sanitizer everything is slower; waiting longer never makes a good run fail.
PATIENCE = 10 if len(MOCKNODE) + len(SUBTENSOR) > 2 else 1
NPM = Path(os.environ.get("NPM") or CACHE / "npm")


def sdk_python(version):
    """The Python that has one version of the bittensor SDK: made by ci/test, or named by V9, V10, V11."""
    folder = os.environ.get(f"V{version.split('.')[0]}") or CACHE / f"venv-bittensor-{version}"
    return Path(folder) / "bin" / "python"
