"""From lines to a world: clients of asyncio are asked by tasks, all others by threads."""

import asyncio
import inspect
import os
import sys

from .desk import Desk, Refused
from .tasks import Tasks
from .threads import Threads


def serve(client):
    """Runs the adapter of a class derived from Client to the end of input."""
    # Whatever a client prints is for people: events have the standard output for themselves.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    desk = Desk(client, out)
    desk.hello()
    if inspect.iscoroutinefunction(client.connect):
        asyncio.run(run_tasks(desk))
    else:
        world = Threads(desk)
        for number, line in enumerate(sys.stdin, 1):
            take(desk, world, number, line)
        world.finish()


async def run_tasks(desk):
    world, number = Tasks(desk), 0
    while line := await asyncio.to_thread(sys.stdin.readline):
        number += 1
        take(desk, world, number, line)
    await world.finish()


def take(desk, world, number, line):
    """Begins what a line asks; one that asks nothing is refused as a whole."""
    try:
        command = desk.command(line)
        op = command.pop("op")
        if op == "hello":
            desk.greeted = True
        else:
            getattr(world, op)(**command)
    except Refused as refused:
        desk.tell("refused", line=number, message=str(refused))
