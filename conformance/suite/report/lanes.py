"""Of a history, what a waterfall draws: calls as the node saw them, in rows by socket and caller, and marks on the line of time.
Columns are events in their order: order matters more than time, and one column is one event of what is drawn."""

from dataclasses import dataclass, field

from ..checks import text

MOST, SWAPS = 40, 4  # calls of a mode that are drawn; lines between them


@dataclass(eq=False)
class Bar:
    """A call as the node saw it; seqs of its events, None where there was none."""

    arrival: object
    call: object = None  # the case's, None where the client asked for itself
    again: bool = False  # sent once more
    released: int | None = None
    fired: list = field(default_factory=list)  # [(seq, rule, actions)]
    wrong: str | None = None  # what is found about its call

    @property
    def key(self):
        return self.arrival.space, self.arrival.event["conn"]

    @property
    def seqs(self):
        return [self.arrival.seq, self.released, *self.arrival.answered[:1], *self.arrival.written[-1:]]


@dataclass
class Socket:
    space: str
    conn: int
    label: str = ""
    opened: int | None = None
    closed: int | None = None
    how: str = ""
    rows: list = field(default_factory=list)  # [(label, [bars])]
    notified: list = field(default_factory=list)  # seqs


@dataclass
class Mark:
    """On the line of time: a head, a signal, a rule that fired on no call."""

    place: tuple  # (space, seq)
    kind: str
    says: str


@dataclass
class Lanes:
    sockets: list
    marks: list
    swaps: list  # [(bar that has the value, bar whose call was given it)]
    columns: dict  # {(space, seq): number}
    clocks: list  # of the columns, ns
    left_out: int  # calls that are not drawn
    bars: list


def bars_of(history, wrong):
    """Each arrival with the call that made it: of equal requests, the first arrival belongs to the first that was started."""
    bars = {(arrival.space, arrival.seq): Bar(arrival) for arrival in history.arrivals}
    asked = sorted((call for call in history.calls.values() if call.started or call.data.get("request")), key=lambda call: call.started or 0)
    for call in asked:
        mine = [bars[arrival.space, arrival.seq] for arrival in history.arrivals_of(call)]
        free = next((bar for bar in mine if bar.call is None), None)
        if free:
            free.call, free.wrong = call, wrong.get(call.id)
    for call in asked:
        for bar in (bars[arrival.space, arrival.seq] for arrival in history.arrivals_of(call)):
            if bar.call is None:
                bar.call, bar.again, bar.wrong = call, True, wrong.get(call.id)
    for space, journal in history.journals.items():
        for event in journal:
            about = bars.get((space, event.get("call")))
            if event["event"] == "released" and about:
                about.released = event["seq"]
            cause = bars.get((space, event.get("cause", {}).get("event")))
            if event["event"] == "fired" and cause:
                did = [action["action"] for action in event["actions"] if action.get("took_effect")]
                if set(did) - {"hold", "delay"}:
                    cause.fired.append((event["seq"], event["name"], did))
    return list(bars.values())


def chosen(bars):
    """Those that are drawn: first of calls with findings, then the earliest."""
    wrong = [bar for bar in bars if bar.wrong][: MOST - 8]
    others = [bar for bar in bars if bar not in wrong][: MOST - len(wrong)]
    return sorted(wrong + others, key=lambda bar: (bar.arrival.event["clock"], bar.arrival.seq))


def rows_of(bars):
    """[(label, bars)]: a row for each caller, more where its calls overlap."""
    rows = []
    for bar in bars:
        lane = bar.call.lane if bar.call else None
        label = f"caller {lane}" if lane is not None else bar.call.data["group"] if bar.call else "its own"
        row = next((row for row in rows if row[0] == label and ends(row[1][-1]) <= bar.arrival.seq), None)
        if row:
            row[1].append(bar)
        else:
            rows.append((label, [bar]))
    by_label = list(dict.fromkeys(label for label, _ in rows))
    rows.sort(key=lambda row: by_label.index(row[0]))
    return [(row[1][0].call.id if len(row[1]) == 1 and row[1][0].call else row[0], row[1]) for row in rows]


def ends(bar):
    seqs = [seq for seq in bar.seqs if seq is not None]
    return max(seqs) if bar.arrival.written else float("inf")


def sockets_of(history, bars):
    sockets = {}
    for space, journal in history.journals.items():
        for event in journal:
            if "conn" not in event:
                continue
            socket = sockets.setdefault((space, event["conn"]), Socket(space, event["conn"], event.get("label", "")))
            if event["event"] == "opened":
                socket.opened = event["seq"]
            elif event["event"] == "closed":
                socket.closed = event["seq"]
                socket.how = f"{event['by']} {event.get('code', '')}".strip()
            elif event["event"] == "notified":
                socket.notified.append(event["seq"])
    for key, socket in sockets.items():
        socket.rows = rows_of([bar for bar in bars if bar.key == key])
    return [socket for socket in sockets.values() if socket.rows or socket.notified or socket.opened]


def marks_of(history, bars):
    about = {(bar.arrival.space, bar.arrival.seq) for bar in bars}
    for space, journal in history.journals.items():
        for event in journal:
            place = space, event["seq"]
            match event["event"]:
                case "head" | "finalized":
                    yield Mark(place, event["event"], f"{event['event']} {event['to']['number']}")
                case "signal":
                    yield Mark(place, "signal", f"signal {event['name']}")
                case "fired" if (space, event.get("cause", {}).get("event")) not in about:
                    did = [action["action"] for action in event["actions"] if action.get("took_effect")]
                    if did:
                        yield Mark(place, "fired", f"{event['name']}: {', '.join(did)}")


def swaps_of(bars):
    """Whose value a call was given, where that is another call's."""
    owners = {}
    for bar in bars:
        if bar.call and bar.call.expect and bar.call.expect.get("value") is not None:
            owners.setdefault(text(bar.call.expect["value"]), bar)
    for bar in bars:
        end = bar.call.end if bar.call else None
        if bar.wrong and end and end["outcome"] == "ok" and end.get("value") is not None:
            owner = owners.get(text(end["value"]))
            if owner and owner is not bar and owner.call is not bar.call:
                yield owner, bar


def lanes_of(history, findings):
    wrong = {}
    for finding in findings:
        for call in finding["calls"]:
            wrong.setdefault(call, finding["message"])
    every = bars_of(history, wrong)
    bars = chosen(every)
    sockets, marks = sockets_of(history, bars), list(marks_of(history, every))[:60]
    places = {(bar.arrival.space, seq) for bar in bars for seq in bar.seqs if seq is not None}
    places |= {mark.place for mark in marks}
    for socket in sockets:
        places |= {(socket.space, seq) for seq in (socket.opened, socket.closed, *socket.notified[:200]) if seq is not None}
    clock = {(space, event["seq"]): event["clock"] for space, journal in history.journals.items() for event in journal}
    ordered = sorted(places, key=lambda place: (clock[place], place))
    return Lanes(sockets, marks, list(swaps_of(bars))[:SWAPS], {place: at for at, place in enumerate(ordered)},
                 [clock[place] for place in ordered], len(every) - len(bars), bars)
