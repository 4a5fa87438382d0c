"""A waterfall as SVG: rows by socket and caller; each call from its arrival over its answer to the last byte written. The classes
are those of style.css."""

from ..checks import told
from .markup import tag

LEFT, WIDTH, ROW, HEAD, TOP, LABEL_STEP = 118, 760, 11, 18, 6, 10
WORDS = 3  # findings that are written beside their bars
MARKS = 12  # above that, finalized heads have no words


def step_of(lanes):
    """The width of a column, one for all waterfalls of a cell, so that their lengths can be compared."""
    return max(1.5, min(12.0, WIDTH / max(1, *(len(one.columns) for one in lanes))))


def short(value, limit=60):
    value = str(value)
    return value if len(value) <= limit else value[: limit - 1] + "…"


def number(value):
    return f"{value:.1f}".removesuffix(".0")


class Picture:
    def __init__(self, lanes, step):
        self.lanes, self.step = lanes, step
        self.under, self.over, self.middles = [], [], {}  # of `middles`: {id of a bar: y}
        self.end = self.width = LEFT + len(lanes.columns) * step
        self.closed = {(socket.space, socket.conn): self.x(socket.space, socket.closed) for socket in lanes.sockets if socket.closed}
        self.words = WORDS

    def x(self, space, seq):
        return LEFT + self.lanes.columns[space, seq] * self.step

    def line(self, x1, y1, x2, y2, kind):
        return tag("path", d=f"M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}", class_=kind)

    def box(self, x1, y, x2, height, kind, *inside):
        return tag("rect", *inside, x=number(x1), y=number(y), width=number(max(x2 - x1, 1.5)), height=number(height), class_=kind)

    def text(self, x, y, words, kind=None, anchor=None):
        return tag("text", words, x=number(x), y=number(y), class_=kind, text_anchor=anchor)

    def drawn(self, about):
        top = self.marks()
        y = top
        for socket in self.lanes.sockets:
            y = self.socket(socket, y)
        height = y + 16
        for mark in self.lanes.marks:
            x = self.x(*mark.place)
            self.under.append(self.line(x, top - 2, x, y, f"at {mark.kind}"))
        self.swaps()
        self.clock(y)
        width = max(self.end + (190 if self.words < WORDS else 12), self.width)
        return tag("svg", self.under, self.over, viewBox=f"0 0 {number(width)} {number(height)}", width=number(width),
                   height=number(height), role="img", aria_label=about, class_="waterfall")

    def marks(self):
        """Heads, signals and rules above the rows, their words where there is room for them."""
        levels = [LEFT - 1.0] * 4
        lowest = 0
        told = self.lanes.marks if len(self.lanes.marks) <= MARKS else [mark for mark in self.lanes.marks if mark.kind != "finalized"]
        for mark in told:
            x, words = self.x(*mark.place), short(mark.says, 34)
            level = next((level for level, until in enumerate(levels) if until < x), None)
            if level is None:
                continue
            levels[level] = x + 5.2 * len(words) + 8
            self.width = max(self.width, levels[level])
            lowest = max(lowest, level + 1)
            self.over.append(self.text(x + 2, TOP + LABEL_STEP * level + 6, words, f"mark {mark.kind}"))
        return TOP + LABEL_STEP * lowest + 6

    def socket(self, socket, y):
        begin = self.x(socket.space, socket.opened) if socket.opened else LEFT
        end = self.x(socket.space, socket.closed) if socket.closed else self.end
        height = HEAD + ROW * len(socket.rows)
        self.under.append(self.box(begin, y, end, height - 2, "socket", tag("title", f"socket {socket.conn}")))
        where = f" of {socket.space}" if len({one.space for one in self.lanes.sockets}) > 1 else ""
        self.over.append(self.text(4, y + 11, short(f"socket {socket.conn}{where}" + (f" · {socket.label}" if socket.label else ""), 24), "head"))
        if socket.closed:
            self.over.append(self.text(end - 3, y + 10, f"closed: {socket.how}", "mark", "end"))
        for seq in socket.notified:
            if (socket.space, seq) in self.lanes.columns:
                x = self.x(socket.space, seq)
                self.over.append(self.box(x - 0.7, y + 2, x + 0.8, HEAD - 6, "note", tag("title", "a notification")))
        y += HEAD
        for label, bars in socket.rows:
            self.over.append(self.text(12, y + 8, short(label, 20), "row"))
            for bar in bars:
                self.bar(bar, y)
            y += ROW
        return y

    def bar(self, bar, y):
        space, arrival = bar.arrival.space, bar.arrival
        begin = self.x(space, arrival.seq)
        answered = self.x(space, arrival.answered[0]) if arrival.answered else None
        written = self.x(space, arrival.written[-1]) if arrival.written else None
        self.middles[id(bar)] = y + 4.5
        kind, inside = tone_of(bar), tag("title", told_bar(bar))
        until = answered or written or self.closed.get(bar.key, self.end)  # what is unanswered ends with its socket
        parts = []
        if bar.released:
            released = self.x(space, bar.released)
            parts.append(self.box(begin, y + 3, released, 3, "held"))
            parts.append(self.box(released, y + 1, until, 7, "work"))
        else:
            parts.append(self.box(begin, y + 1, until, 7, "work" if answered or written else "open"))
        parts.append(self.line(begin, y + 0.5, begin, y + 8.5, "came"))
        if answered is not None:
            last = written if written is not None else self.closed.get(bar.key, self.end)
            parts.append(self.box(answered, y + 1, last + self.step, 7, "sent" if written is not None else "open"))
        for seq, name, did in bar.fired:
            x = self.x(space, seq) if (space, seq) in self.lanes.columns else begin
            parts.append(tag("path", tag("title", f"rule {name}: {', '.join(did)}"), class_="fault",
                             d=f"M{number(x)} {number(y + 0.5)}l4 4l-4 4l-4-4z"))
        self.over.append(tag("g", inside, parts, class_=kind))
        if bar.wrong and self.words:
            self.words -= 1
            x = (written if written is not None else until) + self.step + 4
            words = short(bar.wrong, max(20, int((self.end + 185 - x) / 5)))
            self.over.append(self.text(x, y + 8, words, "wrong"))

    def swaps(self):
        """Lines from the reply that has a value to the call that was given it."""
        for owner, bar in self.lanes.swaps:
            if id(owner) in self.middles and id(bar) in self.middles and owner.arrival.written:
                x1 = self.x(owner.arrival.space, owner.arrival.written[-1]) + self.step
                x2 = self.x(bar.arrival.space, bar.arrival.written[-1]) + self.step if bar.arrival.written else x1
                y1, y2 = self.middles[id(owner)], self.middles[id(bar)]
                bow = max(x1, x2) + 14
                self.over.append(tag("path", tag("title", f"the value of {owner.call.id} was given to {bar.call.id}"), class_="swap",
                                     d=f"M{number(x1)} {number(y1)}C{number(bow)} {number(y1)} {number(bow)} {number(y2)} {number(x2)} {number(y2)}"))

    def clock(self, y):
        """Times of some columns, for order is not time."""
        clocks = self.lanes.clocks
        if not clocks:
            return
        count = len(clocks)
        for at in sorted({round(part * (count - 1) / 5) for part in range(6)}):
            x = LEFT + at * self.step
            self.under.append(self.line(x, y, x, y + 3, "tick"))
            self.over.append(self.text(x, y + 12, f"{(clocks[at] - clocks[0]) / 1e6:.1f} ms", "tick", "start" if at == 0 else "end" if at == count - 1 else "middle"))


def tone_of(bar):
    end = bar.call.end if bar.call else None
    if bar.wrong:
        return "bar wrong"
    if bar.call is None:
        return "bar own"
    if end is None:
        return "bar endless"
    return "bar good" if end["outcome"] == "ok" else "bar error"


def told_bar(bar):
    """What stands at a bar when one points at it."""
    arrival = bar.arrival
    who = f"{bar.call.id}{' sent again' if bar.again else ''}, caller {bar.call.lane}" if bar.call else "asked by the client for itself"
    lines = [who, short(arrival.request, 90), f"id {arrival.event.get('id')}, arrived {arrival.seq}"
             + (f", held until {bar.released}" if bar.released else "")
             + (f", answered {arrival.answered[0]}" if arrival.answered else ", not answered")
             + (f", written {arrival.written[-1]}" if arrival.written else "")]
    if bar.call and bar.call.end:
        lines.append("ended: " + short(told(bar.call.end), 90))
    elif bar.call:
        lines.append("has no end")
    if bar.wrong:
        lines.append(short(bar.wrong, 160))
    return "\n".join(lines)


def waterfall(lanes, step, about):
    return Picture(lanes, step).drawn(about)
