"""The loop of an adapter (../../../PROTOCOL-1.md) for clients in Python: an adapter describes its client in a class, and
hands that to `serve`. ../../../README.md tells how."""

from .client import Client, Failed, Value, canonical
from .desk import Ask
from .serve import serve

__all__ = ["Ask", "Client", "Failed", "Value", "canonical", "serve"]
