"""Which heads a space had, and when: what an unpinned read may have seen. Only the node moves heads, so this is an interval test."""

from .oracle import TRACERS, oracle_of


class Heads:
    """The heads of a space in order: [(from when on, hash, number)]."""

    def __init__(self, history, space):
        self.oracle = oracle_of(history.cell["spaces"][space]["fixture"])
        moves = history.journal(space).of("head")
        first = moves[0]["from"] if moves else {"hash": history.facts[space]["head"], "number": None}
        self.list = [(0, first["hash"], first["number"])]
        self.recorded = {first["hash"]: first["hash"]}
        for move in moves:
            self.list.append((move["clock"], move["to"]["hash"], move["to"]["number"]))
            known = move["to"]["hash"] in self.oracle.truth.by_hash
            # A made block that changes nothing has the values of the one before it.
            before = self.recorded.get(move["from"]["hash"], move["from"]["hash"])
            self.recorded[move["to"]["hash"]] = move["to"]["hash"] if known else before

    def between(self, start, end):
        """Hashes of the heads that were current at some time from `start` to `end`."""
        found = []
        for at, (since, hash, _) in enumerate(self.list):
            until = self.list[at + 1][0] if at + 1 < len(self.list) else None
            if since <= end and (until is None or until >= start):
                found.append(hash)
        return found

    def value(self, call, hash):
        """What a call's value is at a head."""
        hash, data = self.recorded[hash], call.data
        if "key" in data and call.expect["unpinned"] == "raw":
            return self.oracle.raw(hash, data["key"])["value"]
        if call.expect["unpinned"] == "storage" and self.oracle.fixture in TRACERS:
            encoded = [bytes.fromhex(part) for part in data["encoded"]]
            return self.oracle.stored(hash, *data["item"], encoded)["value"]
        if call.expect["unpinned"] == "map":
            return self.oracle.entries_of_map(hash, data["item"][1])["entries"]
        raise ValueError(call.id)


def window(history, call):
    """From before the driver wrote the command until it had read the end."""
    return history.asked_at.get(call.id, call.started or 0), call.ends[0][0]
