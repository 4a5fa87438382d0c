"""The bugs of ../bugs.toml, each a few lines that stand in place of a method of the right client (../client). They know no
case: whatever a bug does, it does to any node."""

from . import calls, connections, frames, reading, replies, streams
from .table import BUGS, switch_on

__all__ = ["BUGS", "calls", "connections", "frames", "reading", "replies", "streams", "switch_on"]
