"""The event journal of a space, and questions to it: what happened, how often, in which order, by which rule."""

from fnmatch import fnmatchcase


def at_least(times, expected):
    """`expected`: a number, or ">=N"."""
    return times >= int(expected[2:]) if isinstance(expected, str) else times == expected


OF_A_CALL = ("call", "request", "id", "method", "occurrence")


class Events(list):
    """All events of a space in order. One about a call, or about the text of its answer, has the members of the call's
    arrival beside its own: `request`, `id`, `method`, `occurrence`, and `call`, the seq of that arrival. `fired`,
    `missed` and `ponged` have `rule`; `fired` also which of its actions took effect (`did`) or not."""

    def __init__(self, space, whole=True):
        super().__init__()
        said = {"first": 1, "next": 1, "events": [None]}
        while said["events"]:  # so many bytes are told at a time
            said = space.control("mock_events", {"from": said["next"]})
            assert said["first"] <= 1 or not whole, "the journal has lost events"
            self.extend(said["events"])
        self.by_seq = {event["seq"]: event for event in self}
        for event in self:
            about = self.by_seq.get(event.get("text") or event.get("call"), {})
            for name in OF_A_CALL:
                if name in about:
                    event.setdefault(name, about[name])
            if event["event"] in ("fired", "missed", "ponged") and "name" in event:
                event["rule"] = event["name"]
            if event["event"] == "fired":
                event["did"] = [a["action"] for a in event["actions"] if "why_not" not in a]
                event["did_not"] = [a["action"] for a in event["actions"] if "why_not" in a]

    def of(self, event=None, **members):
        """Those of a kind whose members are as given; texts may be globs."""
        return [e for e in self if (event is None or e["event"] == event)
                and all(agrees(e.get(name), wanted) for name, wanted in members.items())]

    def one(self, event=None, **members):
        found = self.of(event, **members)
        assert len(found) == 1, f"{len(found)} of {event} {members}, expected one: {self.told()}"
        return found[0]

    def seqs(self, event=None, **members):
        return [e["seq"] for e in self.of(event, **members)]

    def in_order(self, *patterns):
        """Whether events like these happened one after another, others between them or not."""
        at = 0
        for pattern in patterns:
            later = [seq for seq in self.seqs(**pattern) if seq > at]
            assert later, f"no {pattern} after seq {at}: {self.told()}"
            at = later[0]

    def fired(self, rule):
        return self.of("fired", rule=rule)

    def told(self):
        """All of it, a line each, for messages of failed tests."""
        lines = [str({k: v for k, v in event.items() if k != "clock"}) for event in self]
        return "\n" + "\n".join(line[:300] for line in lines[:400])


def agrees(value, wanted):
    if isinstance(wanted, str) and isinstance(value, str):
        return fnmatchcase(value, wanted) if "*" in wanted else value == wanted
    return value == wanted
