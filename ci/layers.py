"""Checks that dependencies point down: who may include whom, who may link whom, and which files may know a
socket, a thread or a clock. Prints FILE:LINE for each edge that is not allowed; the tables below are the whole
truth. What is linked is read from the objects of a build folder.

    layers.py [BUILD]      build/strict, unless another is named
"""

import re
import sys
from pathlib import Path

import links
from source import ROOT, code, includes, resolve, sources

# A part is a folder. It may include itself and what stands here, nothing else of the repository.
# "substrate/*" and "subtensor/*" are the public headers of the client.
BASE_API = ("substrate/base.h", "substrate/hash.h", "substrate/ss58.h")
MIRROR = ("base", *BASE_API)  # all that the node may know of the client, so that no bug is mirrored
ALLOWED = {
    "base": BASE_API,
    "codec": ("base", *BASE_API, "substrate/metadata.h", "substrate/scale.h", "substrate/block.h"),
    "session": ("base", *BASE_API, "substrate/call.h", "substrate/connection.h"),
    "query": ("base", "codec", "substrate/*"),
    "subtensor": ("base", "codec", "query", "substrate/*", "subtensor/*"),
    "transport": ("base", "substrate/*"),
    "engine": ("base", "session", "transport", "substrate/*"),
    "run": ("base", "query", "session", "engine", "substrate/*", "subtensor/*"),
    "document": MIRROR,
    "rpc": MIRROR,
    "fixture": (*MIRROR, "document", "rpc"),
    "chain": (*MIRROR, "fixture"),
    "view": (*MIRROR, "fixture", "chain"),
    "methods": (*MIRROR, "rpc", "view"),
    "script": (*MIRROR, "rpc", "methods", "document", "wire/shape.h"),  # a shape is data, no socket
    "space": (*MIRROR, "rpc", "fixture", "chain", "view", "methods", "script", "wire/shape.h",
              "wire/budget.h"),  # likewise
    "control": (*MIRROR, "document", "rpc", "fixture", "chain", "view", "methods", "script", "space",
                "wire"),
    "wire": MIRROR,
    "tools": (*MIRROR, "substrate/*", "document", "rpc", "fixture", "chain", "methods"),  # of fixtures
    "record": (*MIRROR, "substrate/*", "document", "rpc", "fixture", "methods", "wire", "tools"),
    "record/plan": (*MIRROR, "substrate/*", "document", "rpc", "fixture", "methods", "tools", "record"),
    "record/proxy": (*MIRROR, "substrate/*", "rpc", "fixture", "methods", "wire", "tools", "record",
                     "record/plan"),
    "command": ("base", "substrate/*", "subtensor/*"),  # client/tools; JSON stays raw text: ids of any size
    "examples": ("substrate/*", "subtensor/*"),
}
# The doors of a part: whoever is not of it may include these headers only. Nobody but script/ decides about delay and
# order, so its gates, draws and queue are nobody else's to know.
DOORS = {
    "script": ("awaited.h", "event.h", "host.h", "profile.h", "reply.h", "script.h"),
}
# Who may read a latency: the command line, and the control call of that name.
LATENCY = ("mocknode/src/script", "mocknode/src/control")
# No I/O, no clock, no thread.
PURE = ("codec", "session", "query", "subtensor", "document", "rpc", "chain", "view", "methods", "script")
TOLD = ("space",)  # may write a file, but is told the time
SOCKETS = ("sys/socket.h", "netinet/in.h", "netinet/tcp.h", "arpa/inet.h", "netdb.h", "sys/un.h",
           "poll.h", "sys/select.h", "sys/epoll.h")
TIME_AND_THREADS = ("pthread.h", "threads.h", "time.h", "sys/time.h", "semaphore.h", "signal.h")
# A system header that only these files or folders may include.
RESERVED = {
    "libwebsockets.h": ("client/src/transport/lws.c",),
    "sys/epoll.h": ("mocknode/src/wire",),
    "openssl/ssl.h": ("mocknode/src/wire/tls.c",),
    "openssl/evp.h": ("mocknode/src/wire/handshake.c",),
    "openssl/rand.h": ("mocknode/src/wire/handshake.c",),
    "jansson.h": ("conformance",),
    "sodium.h": ("client/src/base",),
    "xxhash.h": ("client/src/base",),
    "zstd.h": ("mocknode/src/record",),
}
# Delay and order are decided in script/ alone: the parts that carry it out name neither gate nor latency, but for
# the figure that the journal has; recorded latencies are facts.
CARRY_OUT = ("rpc", "chain", "view", "methods", "space", "wire")
DECIDED = re.compile(r"\b(?:\w*_)?(?:gates?|latency)(?:_\w+)?\b")
FIGURE = "latency_us"


def part_of(path):
    """The part that a file belongs to, or None for what may include anything (tests, main). A folder in
    a folder is a part of its own, for which the outer one is another."""
    parts = Path(path).parts
    if parts[:2] in (("client", "src"), ("mocknode", "src")) and len(parts) > 3:
        return "/".join(parts[2:-1])
    if parts[:2] in (("client", "examples"), ("client", "tools")):
        return {"tools": "command"}.get(parts[1], parts[1])
    return None


def public_name(path):
    parts = Path(path).parts
    return "/".join(parts[2:]) if parts[:2] == ("client", "include") else None


def allowed(part, target):
    name = public_name(target)
    if name:
        return name in ALLOWED[part] or name.split("/")[0] + "/*" in ALLOWED[part]
    return part_of(target) in (part, *ALLOWED[part]) or "/".join(Path(target).parts[2:]) in ALLOWED[part]


def behind_door(part, path, target):
    """Whether a header is one that its part keeps to itself."""
    home = part_of(target)
    if home == part or home not in DOORS or Path(target).name in DOORS[home]:
        return False
    return Path(target).name != "latency.h" or not str(path).startswith(LATENCY)


def system_problem(path, part, name):
    reserved = RESERVED.get(name)
    if reserved and not any(str(path) == place or str(path).startswith(place + "/") for place in reserved):
        return f"only {' and '.join(reserved)} may include <{name}>"
    if part in PURE and name in SOCKETS + TIME_AND_THREADS:
        return f"{part} does no I/O, reads no clock and starts no thread: not <{name}>"
    return None


def problem(path, name):
    part, target = part_of(path), resolve(path, name)
    if str(path).startswith("conformance/"):
        return None
    if target is None:
        return system_problem(path, part, name)
    if public_name(path):
        return None if public_name(target) else "a public header includes only public headers"
    if part is None:
        return None
    if part not in ALLOWED:
        return f"the folder {part} is not in the table of ci/layers.py"
    if behind_door(part, path, target):
        return f"{target} is for {part_of(target)} alone"
    return None if allowed(part, target) else f"{part} must not include {target}"


def decisions(path):
    """(line, word) of each name of a gate or a latency in a file that must have none."""
    if part_of(path) not in CARRY_OUT:
        return
    for number, line in enumerate(code((ROOT / path).read_text()).split("\n"), 1):
        for word in DECIDED.findall(line):
            if word != FIGURE:
                yield number, f"{word}: delay and order are script/'s to decide"


def main():
    build = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "strict"
    found = [
        f"{path}:{line}: {text}"
        for path in sources()
        for line, name in includes(path)
        if (text := problem(path, name))
    ]
    found += [f"{path}:{line}: {text}" for path in sources() for line, text in decisions(path)]
    if not (build / "compile_commands.json").exists():
        found.append(f"{build} is no build folder: there is nothing to read what is linked from")
    else:
        rules = links.Rules(part_of, ALLOWED, RESERVED, PURE, TOLD)
        linked, edges = links.problems(list(links.compiled(build)), rules)
        found += linked
    print("\n".join(found) if found else
          f"layers: every include points down, and so do the {edges} edges between parts that objects link")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
