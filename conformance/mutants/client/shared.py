"""What several callers need and one of them begins: they all wait for one task. It is nobody's own: a caller that is
cancelled takes nothing from the others, and only when none is left is the task cancelled, too."""

import asyncio


class Shared:
    def __init__(self):
        self.tasks = {}  # key: [task, callers that wait]

    async def get(self, key, make):
        """What `make()` gives for a key, made once for all that ask while it is being made; so is its error."""
        if key not in self.tasks:
            task = asyncio.get_running_loop().create_task(make())
            task.add_done_callback(lambda _: self.tasks.pop(key, None))
            task.add_done_callback(lambda task: task.cancelled() or task.exception())  # somebody has looked at it
            self.tasks[key] = [task, 0]
        entry = self.tasks[key]
        entry[1] += 1
        try:
            return await asyncio.shield(entry[0])
        finally:
            entry[1] -= 1
            if entry[1] == 0 and not entry[0].done():
                self.tasks.pop(key, None)
                entry[0].cancel()


class Cache:
    """Answers that never change, by all that they depend on; errors and what is not there (yet) are not kept. The least
    lately used goes first."""

    def __init__(self, size=1024):
        self.size, self.kept, self.shared = size, {}, Shared()

    async def get(self, key, make):
        if key in self.kept:
            self.kept[key] = self.kept.pop(key)
            return self.kept[key]
        value = await self.shared.get(key, make)
        if value is not None:
            self.keep(key, value)
        return value

    def keep(self, key, value):
        self.kept[key] = value
        if len(self.kept) > self.size:
            self.kept.pop(next(iter(self.kept)))
