"""The modes in which calls are asked, and the numbers that the node must see of each."""

from dataclasses import asdict, dataclass

MODES = ("serial", "threaded", "gathered", "shared")
THREADS = 8


@dataclass(frozen=True)
class Mode:
    """`sockets` carry calls; on one of them `each` calls are in flight at once, in all `in_flight`."""

    name: str
    threads: int
    in_flight: int
    sockets: int

    @property
    def each(self):
        return self.in_flight // self.sockets

    def told(self):
        return {**asdict(self), "each": self.each}


def mode_of(name, calls, threads=THREADS, limit=None):
    """The numbers of a mode for so many calls. `limit`: no more can be in flight on a connection."""
    threads = max(1, min(threads, calls))
    match name:
        case "serial":
            return Mode(name, 1, 1, 1)
        case "threaded":
            return Mode(name, threads, threads, threads)
        case "shared":
            return Mode(name, threads, min(threads, limit or threads), 1)
        case "gathered":
            return Mode(name, 1, max(1, min(calls, limit or calls)), 1)
    raise ValueError(name)
