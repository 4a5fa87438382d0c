"""bittensor 10.5.0, its Subtensor, as an adapter of protocol 1. Callers are threads: one after the other, each with a Subtensor of
its own, or several on one, as programs do it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "bittensor"))

import bittensor  # this and what follows: behind the line above
from bittensor.core.subtensor import Subtensor
from reads import FUNCTIONS, Reads, failure, now
from adapterkit import Client, serve


class Sdk(Client):
    name, version = "bittensor", bittensor.__version__
    can = {
        "modes": ["serial", "threaded", "shared"], "raw": True, "functions": FUNCTIONS, "reconnect": True,
        "endpoints": True, "drop": True,
    }
    failure = staticmethod(failure)

    def connect(self):
        self.subtensor = Subtensor(self.urls[0], fallback_endpoints=self.urls[1:])
        self.reads = Reads(self.subtensor)

    def close(self):
        self.subtensor.close()

    def raw(self, ask, method, params):
        return now(self.reads.raw(method, params))

    def function(self, ask, name, args):
        return now(self.reads.function(ask, name, args))


serve(Sdk)
