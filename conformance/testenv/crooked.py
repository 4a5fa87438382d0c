"""The smallest right client as an adapter, spoilt from outside, for tests of the suite itself:

    python crooked.py order|default|hang|crash|garbage < lines > events
"""

import asyncio
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "mutants"))

from adapter import Right  # behind the path
from adapterkit import serve
from client.errors import RpcError


class Crooked(Right):
    fault = "none"

    def __init__(self, urls, **options):
        super().__init__(urls, **options)
        self.waiting, self.count = [], 0

    async def raw(self, ask, method, params):
        return await getattr(self, self.fault)(super().raw(ask, method, params))

    async def order(self, asking):
        """Whatever comes belongs to the call that waits longest."""
        mine = asyncio.get_running_loop().create_future()
        self.waiting.append(mine)
        try:
            value = await asking
        except RpcError as error:
            value = error
        self.waiting.pop(0).set_result(value)
        value = await mine
        if isinstance(value, RpcError):
            raise value
        return value

    async def default(self, asking):
        """An error is nothing."""
        try:
            return await asking
        except RpcError:
            return None

    async def hang(self, asking):
        """The 17th answer is lost."""
        value = await asking
        self.count += 1
        return await asyncio.get_running_loop().create_future() if self.count == 17 else value

    async def crash(self, asking):
        value = await asking
        self.count += 1
        if self.count == 17:
            os._exit(3)
        return value

    async def garbage(self, asking):
        """A markup where a value is due."""
        await asking
        return "</script><script>alert('x')</script>\x1b"


if __name__ == "__main__":
    Crooked.fault = Crooked.name = sys.argv[1]
    serve(Crooked)
