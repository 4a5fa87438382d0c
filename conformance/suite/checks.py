"""The table of checks. Each is a pure function of a history and of what the case says, and gives what is wrong: findings with
the calls they are about, what was due and what came, and nothing that varies between two runs: no times, ordinals of connections.
A new check is a row here and a line in the table of cases/README.md."""

import json
from collections import Counter
from dataclasses import dataclass, field

from tracer.words import difference
from .braces import calculated
from .content import given
from .heads import Heads, window
from .history import agrees, ids_of
from .words import moment_words

CHECKS = {}


@dataclass
class Finding:
    message: str
    calls: list = field(default_factory=list)
    due: object = None
    got: object = None
    check: str = ""
    level: str = "must"


@dataclass
class Row:
    name: str
    says: str
    function: object
    members: tuple
    needed: tuple
    always: bool


def check(says, *members, needed=(), always=False):
    def kept(function):
        name = function.__name__.removeprefix("check_")
        CHECKS[name] = Row(name, says, function, members, needed, always)
        return function

    return kept


def text(value):
    return json.dumps(exact(value), sort_keys=True)


def exact(value):
    """Integers that not every reader of JSON keeps are as good as their decimal texts."""
    if isinstance(value, int) and not -(2**53) < value < 2**53:
        return str(value)
    if isinstance(value, list):
        return [exact(one) for one in value]
    return {name: exact(one) for name, one in value.items()} if isinstance(value, dict) else value


def shown(value, limit=200):
    told = text(value)
    return told if len(told) <= limit else told[: limit - 3] + "..."


def holds(count, wanted):
    """`wanted`: a number, or "<=3", ">=1", "1 or 32", "2..5"; where a number is, arithmetic may be."""
    wanted = str(wanted)
    if " or " in wanted:
        return any(holds(count, one) for one in wanted.split(" or "))
    if ".." in wanted:
        low, high = wanted.split("..")
        return number(low) <= count <= number(high)
    for sign, compares in (("<=", count.__le__), (">=", count.__ge__)):
        if wanted.startswith(sign):
            return compares(number(wanted[2:]))
    return count == number(wanted)


def number(words):
    return calculated(words, "a check")


def told(end):
    """An end in few words."""
    if end["outcome"] == "ok":
        return f"the value {shown(end.get('value'))}"
    code = f" {end['code']}" if "code" in end else ""
    words = [str(end["message"])[:120]] if end.get("message") else []
    words += [f"data {shown(end['data'], 80)}"] if end.get("data") is not None else []
    return f"{end['outcome']}{code}" + (f" ({', '.join(words)})" if words else "")


# Always looked at

@check("each call that was asked ends exactly once", always=True)
def check_ends(history):
    asked = {id for record in history.records for id in asked_in(record.get("sent", {}))}
    if history.notes("stopped") or any(history.notes("exit")):
        asked = set()  # the driver gave it up; or it crashed, and what it had said by then is chance
    for call in history.calls.values():
        kind = "subscription" if "subscribe" in call.data else "call"
        if len(call.ends) > 1:
            yield Finding(f"{kind} {call.id} has {len(call.ends)} ends: {', '.join(told(end) for _, end in call.ends)}", [call.id])
        if call.id in asked and not call.ends:
            yield Finding(f"{kind} {call.id} has no end", [call.id])
    for event in history.strangers:
        yield Finding(f"{event['event']} of {event['id']}, which was not asked", [event["id"]])


def asked_in(command):
    yield from ids_of(command)
    if command.get("op") == "subscribe":
        yield command["id"]


@check("each value is the oracle's, and that of serial mode; each error is what the node said", always=True)
def check_values(history):
    judged = outcomes_of_case(history)
    for call in history.asked():
        if call.end is None:
            continue
        if message := wrong_value(history, call, call.id in judged):
            yield Finding(f"{call.id}: {message[0]}", [call.id], *message[1:])


def outcomes_of_case(history):
    """Calls of which the case itself says how they may end."""
    return {call.id for check in history.cell["checks"] if check["check"] == "outcome" for call in history.asked(check["calls"])}


def acceptable(history, call):
    """The outcomes that a call may have, or None where only the case knows."""
    if call.expect and "unpinned" not in call.expect and "key" not in call.data:
        return [call.expect]
    found = []
    arrivals = history.arrivals_of(call)
    for content in [given(history, arrival) for arrival in arrivals] or [None]:
        if content and content.get("untellable") == "hex" and "function" in call.data["ask"]:
            content = None  # another spelling of the same value
        if content and "untellable" in content:
            return None
        if content and content.get("scripted") and "method" not in call.data["ask"]:
            return None  # the client decodes what the script gave
        found.append(content or call.expect)
    return None if any(one is None for one in found) else found


def wrong_value(history, call, judged):
    """(words, due, got), or None."""
    end, due = call.end, acceptable(history, call)
    if due is None:
        return wrong_beside_serial(history, call)
    if any("unpinned" in one for one in due):
        return wrong_at_heads(history, call, judged, [one for one in due if "unpinned" not in one])
    if any(same(one, end) for one in due) or (judged and end["outcome"] != "ok"):
        return None
    wanted = next((one for one in due if one["outcome"] == end["outcome"]), due[-1])
    return words_of(call, wanted, end)


def same(due, end):
    if due["outcome"] != end["outcome"]:
        return False
    if due["outcome"] == "ok":
        if "entries" in due:
            return same_entries(due["entries"], end.get("value") or [], due.get("lacking", 0))
        return "value" not in due or text(due["value"]) == text(end.get("value"))
    if "codes" in due:
        return end.get("code") in due["codes"]
    # A client may keep the message and data to itself; what it does say must be the node's.
    kept = [name for name in ("code", "message", "data") if name in due and (name == "code" or name in end)]
    return all(text(due[name]) == text(end.get(name)) for name in kept)


def same_entries(due, got, lacking=0):
    """Whether these are the entries, each once, in any order; `lacking` of them need not be there."""
    due, got = Counter(map(text, due)), Counter(map(text, got))
    return not got - due and sum((due - got).values()) <= lacking


def words_of(call, due, end):
    if due["outcome"] == "ok" == end["outcome"]:
        if "entries" in due:
            return map_words(due["entries"], end.get("value"))
        return difference(due["value"], end.get("value")) or "another value", due["value"], end.get("value")
    codes = {"code": " or ".join(map(str, due["codes"]))} if "codes" in due else {}
    wanted = f"the value {shown(due.get('value'))}" if due["outcome"] == "ok" else told({**due, **codes})
    return f"{told(end)} given where {wanted} is due", {k: v for k, v in due.items() if k != "entries"}, end


def map_words(due, got):
    if not isinstance(got, list):
        return f"no list of entries: {shown(got)}", None, got
    wanted, came = {text(key): value for key, value in due}, Counter(text(entry[0]) for entry in got)
    twice = [key for key, count in came.items() if count > 1]
    lost, more = [key for key in wanted if key not in came], [key for key in came if key not in wanted]
    wrong = [(key, wanted[key], value) for key, value in ((text(entry[0]), entry[1]) for entry in got)
             if key in wanted and text(wanted[key]) != text(value)]
    parts = [f"{len(keys)} entries {what}, the first {keys[0]}"
             for keys, what in ((twice, "twice"), (lost, "lost"), (more, "that are not there")) if keys]
    if wrong:
        parts.append(f"{len(wrong)} wrong values, the first of {wrong[0][0]}: {difference(wrong[0][1], wrong[0][2])}")
    return "; ".join(parts), (wrong[0][1] if wrong else len(due)), (wrong[0][2] if wrong else len(got))


def wrong_at_heads(history, call, judged, others):
    if any(same(one, call.end) for one in others) or (judged and call.end["outcome"] != "ok"):
        return None
    if call.end["outcome"] != "ok":
        return f"{told(call.end)} given where a value is due", None, call.end
    heads = heads_of(history, call)
    start, end = window(history, call)
    current = heads.between(start, end)
    values = [heads.value(call, hash) for hash in current]
    got, equal = call.end.get("value"), same_entries if call.expect["unpinned"] == "map" else lambda one, other: text(one) == text(other)
    if any(equal(value, got) for value in values):
        return None
    about = difference(values[-1], got) if equal is not same_entries else map_words(values[-1], got)[0]
    return f"of none of the heads that were current while it was asked: {about or 'another value'}", shown(values[-1]), got


def heads_of(history, call):
    space = history.cell["handles"][call.data["on"]]["space"]
    if not hasattr(history, "heads"):
        history.heads = {}
    if space not in history.heads:
        history.heads[space] = Heads(history, space)
    return history.heads[space]


def wrong_beside_serial(history, call):
    other = history.serial.calls.get(call.id) if history.serial and call.end["outcome"] == "ok" else None
    if other is None or other.end is None or other.end["outcome"] != "ok" or text(other.end.get("value")) == text(call.end.get("value")):
        return None
    about = difference(other.end.get("value"), call.end.get("value"))
    return f"another value than in serial mode: {about}", other.end.get("value"), call.end.get("value")


@check("what the client sends is whole and allowed: no frame or message was refused", always=True)
def check_frames(history):
    refused = [event for journal in history.journals.values() for event in journal.of("refused")]
    if len(refused) > history.cell["refused"]:
        for event in refused:
            yield Finding(f"the node refused a message: {event['why']}", due="a JSON-RPC call", got=event.get("first"))


@check("no id is used while a call with it is unanswered on that connection", always=True)
def check_ids(history):
    for name, journal in history.journals.items():
        open_ids = {}
        for event in journal:
            if event["event"] == "arrived" and "id" in event and not event.get("post"):
                key = event["conn"], text(event["id"])
                if key in open_ids:
                    yield Finding(f"id {event['id']} was sent again while it was unanswered: {event['request'][:80]}")
                open_ids[key] = event["seq"]
            if event["event"] == "answered" and "call" in event:
                about = journal.by_seq.get(event["call"], {})
                open_ids.pop((event["conn"], text(about.get("id"))), None)


@check("the adapter keeps to its protocol", always=True)
def check_protocol(history):
    for record in history.records:
        note = record.get("note", {})
        if "bad_line" in note:
            yield Finding(f"a line that is no event: {note['why']}", got=note["bad_line"][:200])
    for _, event in history.got("refused"):
        yield Finding(f"the adapter refused line {event['line']}: {event['message']}")


# What cases ask for

@check("how calls may end", "calls", "in", "code", "value", "never", "holding", "n", needed=("calls", "in"))
def check_outcome(history, calls, code=None, value=..., never=..., holding="", n=None, **more):
    allowed = more["in"]
    right = []
    for call in history.asked(calls):
        if call.end is None:
            continue
        end = call.end
        fits = end["outcome"] in allowed and (code is None or end["outcome"] != "rpc" or end.get("code") == code)
        fits = fits and (value is ... or end["outcome"] != "ok" or text(end.get("value")) == text(value))
        fits = fits and holding in text(end.get("value"))
        fits = fits and (never is ... or text(end.get("value")) != text(never))
        right.append(fits)
        if not fits and n is None:
            wanted = " or ".join(allowed) + (f" {code}" if code is not None else "")
            yield Finding(f"{call.id}: {told(end)} given where {wanted} is due", [call.id], wanted, end)
    if n is not None and not holds(sum(right), n):
        yield Finding(f"{sum(right)} calls of {calls} ended {' or '.join(allowed)}, where {n} are due", due=n, got=sum(right))


def moment(history, mark):
    """[times] of what a mark names: {end = CALL}, {started = CALL}, {sent = OP, of = NAME}, {item = SUBSCRIPTION, n}, {event, match, count}."""
    if "end" in mark:
        return [call.ends[0][0] for call in history.named(mark["end"]) if call.ends]
    if "started" in mark:
        return [call.started for call in history.named(mark["started"]) if call.started]
    if "sent" in mark:
        names = {"on": mark["of"]} if mark["sent"] in ("close", "drop", "open") else {"id": mark["of"]} if "of" in mark else {}
        return history.sent(mark["sent"], **names)
    if "item" in mark:
        return [t for t, event in history.items(mark["item"]) if event["n"] == mark.get("n", 1)]
    events = history.journal(mark.get("space")).of(mark["event"], mark.get("match"))
    return [event["clock"] for event in events[mark.get("count", 1) - 1:][:1]]


@check("all of one happen before another does", "first", "then", "least", needed=("first", "then"))
def check_order(history, first, then, least=None):
    """`least`: and so much time lies between; a lower bound, which load cannot break."""
    before, after = moment(history, first), moment(history, then)
    if not before or not after:
        yield Finding(f"this did not happen: {moment_words(first if not before else then)}")
        return
    gap = min(after) - max(before)
    wanted = duration(least) if least else 0
    if gap < wanted:
        came = f"came less than {least} after" if least and gap >= 0 else "came before"
        yield Finding(f"this {came} what is first: {moment_words(then)}; first: {moment_words(first)}")


@check("so much time lies between one event and the next; a lower bound", "event", "match", "least", "space", needed=("event", "least"))
def check_apart(history, event, least, match=None, space=None):
    clocks = [one["clock"] for one in history.journal(space).of(event, match)]
    for before, after in zip(clocks, clocks[1:], strict=False):
        if after - before < duration(least):
            yield Finding(f"{event} came less than {least} after the one before")
            return


@check("texts that the node filled to a size came whole", "calls", needed=("calls",))
def check_filled(history, calls):
    for call in history.asked(calls):
        sizes = [size for arrival in history.arrivals_of(call) if (size := filled_size(history, arrival))]
        if call.end and call.end["outcome"] == "ok" and sizes and len(text(call.end.get("value"))) not in sizes:
            yield Finding(f"{call.id}: a text of {len(text(call.end.get('value')))} bytes, where {sizes[0]} are due", [call.id], sizes[0])


def filled_size(history, arrival):
    """How long the result is that `fill` gave, with its quotes; None where it gave none."""
    for name, did in arrival.fired:
        for action in history.rule(arrival.space, name)["do"]:
            if "fill" in action and "fill" in did:
                fill, id = action["fill"], arrival.event["id"]
                around = len('{"jsonrpc":"2.0","id":,"result":}') + len(id if isinstance(id, str) else text(id))
                return fill.get("result") or fill["message"] - around
    return None


def duration(words):
    for unit, factor in (("us", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000)):
        if str(words).endswith(unit):
            return int(float(str(words)[: -len(unit)]) * factor)
    raise ValueError(f"{words!r} is no time: it needs us, ms or s")


@check("how often something stands in the event journal", "event", "match", "is", "space", "per", needed=("event", "is"))
def check_count(history, event, match=None, space=None, per=None, **more):
    found = history.journal(space).of(event, match)
    if per:
        counts = Counter(str(one.get({"connection": "conn", "request": "request"}[per])) for one in found)
        for name, count in counts.items():
            if not holds(count, more["is"]):
                which = "one connection" if per == "connection" else f"{per} {name[:100]}"
                yield Finding(f"{count} {event} of {which}, where {more['is']} are due", due=more["is"], got=count)
    elif not holds(len(found), more["is"]):
        yield Finding(f"{len(found)} events {event} {shown(match or {})}, where {more['is']} are due", due=more["is"], got=len(found))


@check("how often requests were sent again", "calls", "is", "space", needed=("is",))
def check_sent_again(history, calls=None, space=None, **more):
    asked = Counter((history.cell["handles"][call.data["on"]]["space"], call.data.get("request")) for call in history.asked(calls))
    again = 0
    for (space, request), count in asked.items():
        if request:
            again += max(0, len(history.arrived(request, space)) - count)
    if not holds(again, more["is"]):
        yield Finding(f"{again} requests were sent again, where {more['is']} are due", due=more["is"], got=again)


def carrying(history):
    """{(space, connection)} that carried calls."""
    return {arrival.conn for arrival in history.arrivals}


@check("how many connections there were", "opened", "with_calls", "open_at_end", "space")
def check_connections(history, opened=None, with_calls=None, open_at_end=None, space=None):
    spaces = [space] if space else list(history.journals)
    began = {(name, event["conn"]) for name in spaces for event in history.journals[name].of("opened")}
    ended = {(name, event["conn"]) for name in spaces for event in history.journals[name].of("closed")}
    numbers = (("opened", len(began), opened), ("with calls", len({c for c in carrying(history) if c[0] in spaces}), with_calls),
               ("open at the end", len(began - ended), open_at_end))
    for what, count, wanted in numbers:
        if wanted is not None and not holds(count, wanted):
            yield Finding(f"{count} connections {what}, where {wanted} are due", due=wanted, got=count)


@check("how the client ends its connections", "code", "space")
def check_closed(history, code=1000, space=None):
    for event in history.journal(space).of("closed"):
        if event["by"] == "reset" or (event["by"] == "peer" and event.get("code") != code):
            how = "was reset by the client" if event["by"] == "reset" else f"was ended with {event.get('code', 'no close frame')}"
            yield Finding(f"a connection {how}, where a close frame with {code} is due", due=code, got=event.get("code"))


@check("how many subscriptions live at most, and were never ended; a client's own watch on the runtime is no matter", "at_most", "at_end",
       "space")
def check_subscriptions(history, at_most=None, at_end=None, space=None):
    live, most, left = {}, 0, 0
    for event in history.journal(space):
        if event["event"] == "subscribed" and event["name"] != "runtimeVersion":
            live[event["seq"]] = event
        elif event["event"] == "unsubscribed":
            alike = [seq for seq, one in live.items() if (one["conn"], one["name"]) == (event["conn"], event["name"])]
            named = [seq for seq in alike if live[seq].get("subscription") == event.get("subscription")]
            live.pop(next(iter(named or alike), None), None)  # a script may have given it another name than it began with
        elif event["event"] == "closed":
            gone = {seq for seq, one in live.items() if one["conn"] == event["conn"]}
            live = {seq: one for seq, one in live.items() if seq not in gone}
            left += len(gone) if event["by"] == "peer" else 0  # its user ended it, or not, before the client went
        most = max(most, len(live))
    for what, count, wanted in (("at most", most, at_most), ("at the end", left + len(live), at_end)):
        if wanted is not None and not holds(count, wanted):
            yield Finding(f"{count} subscriptions live {what}, where {wanted} are due", due=wanted, got=count)


@check("what a stat says: pending requests, subscriptions", "stat", "pending", "subscriptions", needed=("stat",))
def check_stat(history, stat, pending=None, subscriptions=None):
    said = next((event for _, event in history.got("stat") if event["id"] == stat), None)
    if said is None:
        yield Finding(f"stat {stat} was not answered")
        return
    for name, wanted in (("pending", pending), ("subscriptions", subscriptions)):
        if wanted is not None and name in said and not holds(said[name], wanted):
            yield Finding(f"the client still keeps {said[name]} {name}, where {wanted} are due", due=wanted, got=said[name])


@check("the process does not grow between two stats", "first", "then", "by", needed=("first", "then", "by"))
def check_memory(history, first, then, by):
    said = {event["id"]: event.get("memory") for _, event in history.got("stat")}
    if said.get(first) and said.get(then) and said[then] > said[first] + by:
        yield Finding(f"the client grew by more than {by:,} bytes from stat {first} to {then}")


@check("the longest chain of calls of which each arrived after the one before was written", "is", "calls", needed=("is",))
def check_rounds(history, calls=None, **more):
    count = rounds(history, history.asked(calls))
    if not holds(count, more["is"]):
        yield Finding(f"{count} rounds, where {more['is']} are due", due=more["is"], got=count)


def rounds(history, calls):
    """By sequence numbers, never by time."""
    wanted = {(history.cell["handles"][call.data["on"]]["space"], call.data.get("request")) for call in calls}
    longest = 0
    for name in history.journals:
        counted = {arrival.seq: arrival for space, request in wanted if space == name and request
                   for arrival in history.arrived(request, name)}
        marks = [(seq, 0, arrival) for seq, arrival in counted.items()]
        marks += [(arrival.written[0], 1, arrival) for arrival in counted.values() if arrival.written]
        reached, depth = 0, {}
        for _, is_written, arrival in sorted(marks, key=lambda mark: mark[:2]):
            if is_written:
                reached = max(reached, depth[arrival.seq])
            else:
                depth[arrival.seq] = reached + 1
        longest = max(longest, max(depth.values(), default=0))
    return longest


@check("values of unpinned calls are all of one head that was current meanwhile", "calls", needed=("calls",))
def check_one_head(history, calls):
    asked = [call for call in history.asked(calls) if call.end and call.end["outcome"] == "ok"]
    if not asked:
        return
    heads = heads_of(history, asked[0])
    start, end = min(window(history, call)[0] for call in asked), max(window(history, call)[1] for call in asked)
    current = heads.between(start, end)
    if not any(all(text(heads.value(call, hash)) == text(call.end.get("value")) for call in asked) for hash in current):
        yield Finding(f"the values of {calls} are of no single one of the heads that were current",
                      [call.id for call in asked], due="one head", got=[shown(call.end.get("value"), 60) for call in asked][:8])


@check("equal calls have either one value or as many as arrived, each once", "calls", needed=("calls",))
def check_distinct(history, calls):
    values = [text(call.end.get("value")) for call in history.asked(calls) if call.end and call.end["outcome"] == "ok"]
    if len(set(values)) not in (1, len(values)):
        twice = [value for value, count in Counter(values).items() if count > 1]
        yield Finding(f"{len(values)} equal calls have {len(set(values))} different values; {twice[0]} was given more than once")


def numbers_of(history, id):
    numbers = [event["value"].get("number") for _, event in history.items(id) if isinstance(event["value"], dict)]
    return [int(number, 16) if isinstance(number, str) else number for number in numbers]


@check("what a subscription's handler was given: in order, none twice, none lost without a word", "of", "n", "heads", "values",
       needed=("of",))
def check_items(history, of, n=None, heads=None, values=None):
    """`heads`: numbers grow by one; after a gap or lag that the client tells, by more. `values`: the very items."""
    items = history.items(of)
    order = [event["n"] for _, event in items]
    if order != list(range(1, len(order) + 1)):
        yield Finding(f"items of {of} are numbered {order[:20]}", [of])
    if n is not None and not holds(len(items), n):
        yield Finding(f"{len(items)} items of {of}, where {n} are due", [of], n, len(items))
    if values is not None and [event["value"] for _, event in items] != values:
        yield Finding(f"other items of {of} than the node sent", [of], values, [event["value"] for _, event in items])
    if heads:
        yield from wrong_heads(history, of, heads)


def wrong_heads(history, of, heads):
    numbers = numbers_of(history, of)
    words = [t for t, event in history.got("gap", "lag") if event["id"] == of]
    times = [t for t, _ in history.items(of)]
    for at, (before, after) in enumerate(zip(numbers, numbers[1:], strict=False)):
        told = any(times[at] <= t <= times[at + 1] for t in words)  # a node says its head anew to who subscribes again
        if after < before or (after == before and not told):
            yield Finding(f"{of}: head {after} after head {before}", [of], before + 1, after)
            return
        if after > before + 1 and not any(t <= times[at + 1] for t in words):
            yield Finding(f"{of}: heads {before + 1} to {after - 1} are lost, and nobody said so", [of], before + 1, after)
            return
    if isinstance(heads, list) and numbers != heads:
        yield Finding(f"{of}: heads {numbers[:20]}, where {heads[:20]} are due", [of], heads, numbers)


@check("the client tells its user that something is lost: one of these events", "of", "any", "outcomes", needed=("of", "any"))
def check_told(history, of, outcomes=None, **more):
    for _, event in history.got(*more["any"]):
        if event["id"] == of and (outcomes is None or event.get("outcome") in outcomes):
            return
    yield Finding(f"the user of {of} was told nothing: no {' or '.join(more['any'])}", [of])


@check("how a subscription ended", "of", "in", needed=("of", "in"))
def check_ended(history, of, **more):
    end = history.calls[of].end
    if end is None or end["outcome"] not in more["in"]:
        yield Finding(f"{of} ended {end['outcome'] if end else 'never'}, where {' or '.join(more['in'])} is due", [of], more["in"], end)


@check("how a handle opened", "of", "in", needed=("of", "in"))
def check_opened(history, of, **more):
    said = next((event for _, event in history.got("opened") if event["on"] == of), None)
    if said is None or said["outcome"] not in more["in"]:
        yield Finding(f"{of} opened {said['outcome'] if said else 'never'}, where {' or '.join(more['in'])} is due", [of], more["in"], said)


@check("every handler's own call ended well", "of", "n", needed=("of",))
def check_handler_calls(history, of, n=None):
    ends = [event for _, event in history.got("end") if str(event["id"]).startswith(f"{of}/")]
    for event in ends:
        if event["outcome"] != "ok":
            yield Finding(f"the handler's call {event['id']} ended {told(event)}", [event["id"]])
    if n is not None and not holds(len(ends), n):
        yield Finding(f"{len(ends)} calls of the handler of {of} ended, where {n} are due", [of], n, len(ends))


@check("no more calls in flight on a connection than this", "is", "space", needed=("is",))
def check_in_flight(history, space=None, **more):
    most = max((peak for (name, _), peak in peaks(history).items() if space in (None, name)), default=0)
    if not holds(most, more["is"]):
        yield Finding(f"{most} calls in flight on one connection, where {more['is']} are due", due=more["is"], got=most)


def peaks(history):
    """{(space, connection): the most calls that were unanswered at once}."""
    found = {}
    for name, journal in history.journals.items():
        open_calls = {}
        for event in journal:
            if event["event"] == "arrived" and not event.get("post"):
                calls = open_calls.setdefault(event["conn"], set())
                calls.add(event["seq"])
                found[name, event["conn"]] = max(found.get((name, event["conn"]), 0), len(calls))
            elif event["event"] == "answered":
                open_calls.get(event["conn"], set()).discard(event.get("call"))
            elif event["event"] == "closed":
                open_calls.pop(event["conn"], None)
    return found


@check("equal canonical journals in all runs of the cell", "space")
def check_same_journal(history, space=None):
    for other in history.runs:
        for name in [space] if space else history.journals:
            mine, others = ((one.folder / f"canonical.{name}.txt").read_text() for one in (history, other))
            if mine != others:
                at = next(i for i, (a, b) in enumerate(zip(mine + "\0", others + "\1", strict=False)) if a != b)
                yield Finding(f"the canonical journal of {name} differs between two runs, from byte {at} on",
                              due=mine[at:at + 80], got=others[at:at + 80])
