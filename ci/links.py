"""What the objects of a build really link: which part's code refers to which part's symbols, whatever it includes.
A prototype written by hand, or a header of one part that stands in another, is seen here and nowhere else."""

import json
import re
import subprocess
from functools import lru_cache
from pathlib import Path

from source import INCLUDE_PATH, ROOT, code

# What a symbol of the system is for. A part that is pure links none of these, nor the project's own clock; one
# that is told the time links no clock.
CLOCK = "the clock"
IMPURE = {
    "I/O": "fopen fdopen freopen fread fwrite fgets fputs fputc puts printf fprintf vfprintf open openat creat "
           "read write close pread pwrite stat fstat lstat opendir readdir mkdir unlink rename fsync",
    "a socket": "socket connect bind listen accept accept4 recv send sendto recvfrom recvmsg sendmsg shutdown "
                "getaddrinfo poll select epoll_create1 epoll_ctl epoll_wait",
    CLOCK: "clock_gettime gettimeofday time clock nanosleep substrate_now_us",
    "a thread": "pthread_create pthread_mutex_lock pthread_cond_wait pthread_once sem_wait thrd_create mtx_lock "
                "signal sigaction raise kill fork",
}
WHAT_IT_IS = {symbol: what for what, symbols in IMPURE.items() for symbol in symbols.split()}
# A library's symbols by how they begin, and its header in the table of who may include it.
LIBRARIES = {"lws_": "libwebsockets.h", "json_": "jansson.h", "crypto_": "sodium.h", "XXH": "xxhash.h",
             "ZSTD_": "zstd.h"}
OUTPUT = re.compile(r" -o (\S+)")


def compiled(build):
    """(source relative to the root, object) of each file that a build folder compiles."""
    for entry in json.loads((Path(build) / "compile_commands.json").read_text()):
        source = Path(entry["file"]).resolve()
        if source.is_relative_to(ROOT):
            yield source.relative_to(ROOT), Path(entry["directory"]) / OUTPUT.search(entry["command"]).group(1)


def symbols(objects):
    """{object: (defined, needed)} of global symbols, by nm."""
    found = {str(path): (set(), set()) for path in objects}
    done = subprocess.run(["nm", "-A", "-P", "-g", *found], capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        path, _, rest = line.partition(": ")
        name, kind = rest.split()[:2]
        found[path][kind in "Uwv"].add(name)
    return found


@lru_cache(maxsize=None)
def named_by(entry):
    """The words of the headers that an entry of the table stands for: one of a name, or all of "folder/*"."""
    found = []
    for folder in INCLUDE_PATH:
        found += (ROOT / folder).glob(entry[:-1] + "**/*.h" if entry.endswith("/*") else entry)
    return {word for path in found for word in re.findall(r"\w+", code(path.read_text()))}


class Rules:
    """The tables of layers.py, as far as they bind what is linked."""

    def __init__(self, part_of, allowed, reserved, pure, told):
        self.part_of, self.allowed, self.reserved = part_of, allowed, reserved
        self.pure, self.told = pure, told

    def may_use(self, part, target, symbol):
        """Whether a part may refer to a symbol that the other defines: it may include all of that, or a header
        that has the symbol."""
        return any(entry == target or (entry.endswith((".h", "/*")) and symbol in named_by(entry))
                   for entry in self.allowed[part])

    def system_problem(self, source, part, symbol):
        for prefix, header in LIBRARIES.items():
            places = self.reserved[header]
            if symbol.startswith(prefix) and not any(
                    str(source) == place or str(source).startswith(place + "/") for place in places):
                return f"links {symbol}: only {' and '.join(places)} may use <{header}>"
        what = WHAT_IT_IS.get(symbol)
        if what and part in self.pure:
            return f"links {symbol}: {part} knows neither I/O, clock nor thread, and this is {what}"
        if what == CLOCK and part in self.told:
            return f"links {symbol}: {part} is told the time"
        return None


def problems(objects, rules):
    """Lines for what the objects, (source, object) each, link and must not; and how many edges there are."""
    table = symbols(path for _, path in objects)
    parts = {source: rules.part_of(source) for source, _ in objects}
    home = {name: source for source, path in objects if parts[source] for name in table[str(path)][0]}
    found, edges = [], set()
    for source, path in objects:
        part = parts[source]
        if part not in rules.allowed:
            continue
        for symbol in sorted(table[str(path)][1]):
            target = parts.get(home.get(symbol))
            problem = rules.system_problem(source, part, symbol)
            if target is not None and target != part:
                edges.add((part, target))
                if not rules.may_use(part, target, symbol):
                    problem = f"{part} must not link {symbol} of {home[symbol]}"
            if problem:
                found.append(f"{source}:1: {problem}")
    return sorted(set(found)), len(edges)
