"""The real SDK, bittensor 10.5.0, as a client of conformance's adapter protocol 0 (../PROTOCOL.md):

    python adapter.py URL < lines > events
"""

import asyncio
import json
import os
import sys

# The SDK writes its log on standard output, where events go: it gets standard error instead.
EVENTS = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

import bittensor  # behind the line above
from sdk import Sdk, functions

PROTOCOL = 0
MODES = ["serial", "threaded", "gathered"]


class BadLine(Exception):
    """A line that asks nothing that there is."""


def tell(event):
    EVENTS.write(json.dumps(event, ensure_ascii=False) + "\n")
    EVENTS.flush()


def known(asked, *names):
    """Refuses what is misspelt: it would be a silent default."""
    for name in asked:
        if name not in names:
            raise BadLine(f"there is no member {name} here")


def checked(call):
    known(call, "op", "mode", "id", "function", "args", "pin", "deadline_ms")
    if not isinstance(call["id"], (str, int)) or not isinstance(call["function"], str):
        raise BadLine("id must be a string or an integer, and function a name")
    return call


def wanted(line):
    """A line, taken apart: (operation, what Sdk has to be given for it)."""
    try:
        asked = json.loads(line)
        operation, mode = asked["op"], asked.get("mode", "gathered")
        if mode not in MODES:
            raise BadLine(f"there is no mode {mode}")
        if operation == "call":
            return "run", (mode, [checked(asked)])
        if operation == "run":
            known(asked, "op", "mode", "threads", "calls", "pin", "deadline_ms")
            shared = {name: asked[name] for name in ("pin", "deadline_ms") if name in asked}
            return "run", (mode, [{**shared, **checked(call)} for call in asked["calls"]], asked.get("threads"))
        if operation in ("cancel", "stats"):
            known(asked, "op", "id")
            return operation, (asked["id"],)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadLine(f"no line of the protocol: {error!r}") from error
    raise BadLine(f"there is no operation {operation}")


async def lines():
    """The lines of standard input, read beside what is being asked."""
    while line := await asyncio.to_thread(sys.stdin.readline):
        yield line


async def main(url):
    tell({
        "event": "hello", "protocol": PROTOCOL, "name": "bittensor", "version": bittensor.__version__,
        "language": "Python", "modes": MODES, "functions": functions(),
    })
    sdk, runs, number = Sdk(url, tell), [], 0
    async for line in lines():
        number += 1
        try:
            operation, about = wanted(line)
        except BadLine as error:
            tell({"event": "refused", "line": number, "message": str(error)})
            continue
        if operation == "run":
            runs.append(asyncio.create_task(sdk.run(*about)))
        elif operation == "cancel":
            sdk.cancel(*about)
        else:
            tell({"event": "stats", "id": about[0], "calls": len(sdk.asking)})
    await asyncio.gather(*runs)
    await sdk.close()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python adapter.py URL < lines > events")
    asyncio.run(main(sys.argv[1]))
