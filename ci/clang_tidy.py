"""Runs clang-tidy over the sources of a build folder's compile_commands.json, two at a time. A file that
was clean is not looked at again until it, a header it includes, its flags or the configuration change:
the digests of clean files are kept in the cache folder.

    clang_tidy.py BUILD-FOLDER CACHE-FOLDER
"""

import hashlib
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path

from source import ROOT, includes, resolve

TOOL = "clang-tidy-14"


@lru_cache(None)
def closure(path):
    """A file and all of the repository's headers below it."""
    todo, seen = [path], set()
    while todo:
        file = todo.pop()
        if file in seen:
            continue
        seen.add(file)
        todo += [found for _, name in includes(file) if (found := resolve(file, name))]
    return sorted(seen)


def digest(path, command, version):
    state = hashlib.sha256(f"{version}\0{command}\0".encode())
    state.update((ROOT / ".clang-tidy").read_bytes())
    for file in closure(path):
        state.update(f"{file}\0".encode() + (ROOT / file).read_bytes())
    return state.hexdigest()


def check(build, path):
    done = subprocess.run(
        [TOOL, "--quiet", "-p", build, path], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return None if done.returncode == 0 else done.stdout + (done.stderr if not done.stdout else "")


def main():
    build, cache = sys.argv[1], Path(sys.argv[2])
    cache.mkdir(parents=True, exist_ok=True)
    version = subprocess.run([TOOL, "--version"], capture_output=True, text=True, check=True).stdout
    todo = []
    for entry in json.loads((Path(build) / "compile_commands.json").read_text()):
        path = Path(entry["file"]).relative_to(ROOT)
        stamp = cache / digest(path, entry["command"], version)
        if not stamp.exists():
            todo.append((path, stamp))
    failed = 0
    with ThreadPoolExecutor(2) as pool:
        for (path, stamp), problems in zip(todo, pool.map(lambda job: check(build, job[0]), todo)):
            if problems is None:
                stamp.touch()
            else:
                failed += 1
                print(problems.strip())
    print(f"clang-tidy: {len(todo)} files looked at, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
