"""Foreign programs: the SDKs' Python, Node's JavaScript, our own examples. Each runs in a scratch home, so
that no configuration or cache of a person is read or written."""

import os
import re
import subprocess

from .paths import BIN, GUIDE, NPM, PATIENCE, ROOT, sdk_python

LOOPBACK_ONLY = ["unshare", "--map-root-user", "--net"]


def environment(home):
    """Nothing of the caller's but the path; every cache in the scratch folder."""
    home.mkdir(parents=True, exist_ok=True)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "NO_PROXY": "127.0.0.1,localhost",
        "BITTENSOR_RUNTIME_CACHE_DIR": str(home / "runtime-cache"),
        "BTCLI_TOKEN_SYMBOLS_CACHE": str(home / "token-symbols"),
    }


def run(command, home, timeout=120, **options):
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=timeout * PATIENCE,
        env=environment(home), cwd=home, check=False, stdin=subprocess.DEVNULL, **options,
    )
    assert done.returncode == 0, (
        f"{' '.join(map(str, command))}\nexit status {done.returncode}\n"
        f"{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
    )
    return done.stdout


def guide(version, program, url, home, *arguments):
    """One of the guide's programs with one version of the SDK."""
    folder = GUIDE / f"v{version.split('.')[0]}"
    return run([sdk_python(version), folder / f"{program}.py", url, *arguments], home)


def example(mode, url, home):
    return run([BIN / mode, url], home, timeout=60)


def node_script(name, url, home, *arguments):
    """A JavaScript program beside this file; its packages are in the cache folder."""
    script = ROOT / "conformance" / "testenv" / "npm" / name
    copy = NPM / name
    if not copy.exists() or copy.read_bytes() != script.read_bytes():
        copy.write_bytes(script.read_bytes())
    return run(["node", copy, url, *arguments], home)


# "1 True" of the Python programs, "subnet 1: exists" of ours.
ANSWER = re.compile(r"^(?:subnet )?(\d+):? (True|False|exists|absent)$", re.MULTILINE)


def answers(text):
    """{netuid: bool} of an output that has one line per netuid; a netuid answered twice is an error."""
    found = ANSWER.findall(text)
    assert len({netuid for netuid, _ in found}) == len(found), text
    return {int(netuid): answer in ("True", "exists") for netuid, answer in found}
