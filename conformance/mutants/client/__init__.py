"""The smallest right client of a Substrate node, as a model: client.py has calls, batches and subscriptions, chain.py what
the bytes mean, blocking.py both for threads."""

from .blocking import Blocking
from .chain import Chain
from .client import Client

__all__ = ["Blocking", "Chain", "Client"]
