"""What a case says, as sentences: its calls, gates, rules, steps and checks. What an action does is told in the words of the table
in mocknode/SCRIPT.md."""

import json
import re
from functools import lru_cache

from testenv.paths import ROOT

EVENTS = {  # a match stands at the place
    "connecting": "a client{} connects", "opened": "a connection{} is open", "arrived": "a call{} arrives", "answered": "a reply{} is given out",
    "notified": "a notification{} is given out", "written": "a text{} is in the socket", "pinged": "the client{} pings",
    "ponged": "a pong{} comes", "subscribed": "a subscription{} begins", "unsubscribed": "a subscription{} is ended", "held": "a call{} is held",
    "released": "a call{} is let go", "closed": "a connection{} closes", "head": "the head moves{}", "finalized": "the finalized head moves{}",
    "signal": "the signal{} comes", "refused": "a message{} is refused", "fired": "a rule{} fires",
}
ORDERS = {
    "arrival": "in order of arrival", "reversed": "in reverse", "first_is_last": "the first one last", "last_is_first": "the last one first",
    "one_at_a_time": "one for each that comes", "shuffled": "shuffled", "next": "in another order each time",
}
SIGNS = {"<=": "at most ", ">=": "at least "}


def spelled(value):
    """As JSON; where JSON's own text stands, that text."""
    if isinstance(value, dict):
        if set(value) == {"json"}:
            return value["json"]
        return "{" + ", ".join(f"{name}: {spelled(part)}" for name, part in value.items()) + "}"
    if isinstance(value, list):
        return f"[{', '.join(map(spelled, value))}]"
    return json.dumps(value, ensure_ascii=False)


def short(value, limit=70):
    words = value if isinstance(value, str) else spelled(value)
    return words if len(words) <= limit else words[: limit - 3] + "..."


def listed(words, joint="or"):
    words = [str(word) for word in (words if isinstance(words, list) else [words])]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {joint} {words[-1]}"


def members(table, *without):
    """Members as they stand, for what has no words of its own."""
    return ", ".join(f"{name} {short(value)}" for name, value in table.items() if name not in without)


def counted(wanted):
    """ "at most 3", "1 to 4", "2" """
    wanted = str(wanted)
    for sign, words in SIGNS.items():
        wanted = wanted.replace(sign, words)
    return wanted.replace("..", " to ")


def ordinal(number):
    """ "3rd", "3rd to 5th", "3rd and later" """
    first, dots, last = str(number).partition("..")
    if dots:
        return f"{ordinal(first)} to {ordinal(last)}" if last else f"{ordinal(first)} and later"
    ending = "th" if first[-2:] in ("11", "12", "13") else {"1": "st", "2": "nd", "3": "rd"}.get(first[-1:], "th")
    return first + ending


# What the node does


def of_methods(methods):
    if methods == "{method read}":
        return "of storage"
    return f"of {listed(methods)}"


def of_request(glob):
    """A glob over canonical requests."""
    if key := re.search(r"\{key ([^}]+)\}", glob):
        where = re.search(r"@\{?(?:hash )?([^}*]+)\}?", glob)
        return f"for the key of {key[1]}" + (f" at block {where[1]}" if where else "")
    if where := re.fullmatch(r"\* @\{(?:hash )?([^}]+)\}", glob):
        return f"at block {where[1]}"
    return f"like `{short(glob)}`"


MATCHES = {
    "methods": of_methods, "request": lambda globs: " or ".join(map(of_request, globs if isinstance(globs, list) else [globs])),
    "name": lambda name: f"named {listed(name)}", "label": lambda label: f"of a connection labelled {listed(label)}",
    "connection": lambda number: f"on connection {listed(number)}", "occurrence": lambda number: f"asked for the {ordinal(number)} time",
    "stream": lambda name: f"of a stream of {listed(name)}", "rule": lambda name: f"of rule {listed(name)}",
}


def match_words(match):
    return " ".join(MATCHES[name](value) if name in MATCHES else f"with {name} {short(value)}" for name, value in (match or {}).items())


def event_words(event, match=None):
    match = dict(match or {})
    named = f" {listed(match.pop('name'))}" if event in ("signal", "ponged") and "name" in match else ""
    about = match_words(match)
    return EVENTS.get(event, event + "{}").replace("{}", named + (f" {about}" if about else ""))


def until_words(until):
    """Of a condition of a script or of a step."""
    if isinstance(until, dict) and "rule" in until:
        return f"rule {until['rule']} has fired"
    if not isinstance(until, dict) or not {"signal", "event"} & set(until):
        return short(until)
    if "signal" in until:
        return f"the signal {until['signal']} comes"
    count = f" {until['count']} times" if until.get("count", 1) != 1 else ""
    return event_words(until["event"], until.get("match")) + count


WHENS = {
    "nth": lambda n: f"the {ordinal(n)} of them", "first": lambda n: f"the first {n} of them" if n != 1 else "the first of them",
    "every": lambda n: f"each {ordinal(n)} of them", "times": lambda n: "once" if n == 1 else f"at most {n} times",
    "in_flight": lambda n: f"while {n} are in flight", "open": lambda n: f"while {n} are open", "chance": lambda n: f"with a chance of {n}",
    "after": lambda mark: f"after {until_words(mark)}", "until": lambda mark: f"until {until_words(mark)}",
    "per": lambda what: f"for each {what}",
}


@lru_cache
def actions():
    """{action: what it does}, of the table in SCRIPT.md."""
    rows = [re.split(r"(?<!\\)\|", line) for line in (ROOT / "mocknode" / "SCRIPT.md").read_text().splitlines() if line.startswith("| `")]
    return {row[1].strip(" `"): row[5].strip() for row in rows if len(row) == 7}


def hold_words(value):
    if not isinstance(value, dict):
        return f"it waits at gate {value}"
    where = [f"at gate {value['gate']}"] if "gate" in value else []
    where += [f"until {until_words(value['until'])}"] if "until" in value else []
    return f"it waits {', or '.join(where)}"


def error_words(value):
    value = value if isinstance(value, dict) else {"code": value}
    return f"the answer is the error {value.get('code')} ({members(value, 'code')})" if len(value) > 1 else f"the answer is the error {value.get('code')}"


ACTIONS = {  # of which the table's words say less than the case does
    "hold": hold_words, "error": error_words,
    "result": lambda value: f"the answer is {short(value['result'] if isinstance(value, dict) and set(value) == {'result'} else value)}",
    "advance": lambda n: "the head goes on by a block" if n in (1, True) else f"the head goes on by {short(n)} blocks",
    "notify": lambda value: f"a notification {short(value.get('value'))} to streams of {value.get('stream')}" if isinstance(value, dict) else f"a notification {short(value)}",
    "set_head": lambda block: f"the head is block {short(block)}", "close": lambda value: f"a close frame ({short(value)}), behind what was given out",
}


def action_words(action):
    (name, value), = action.items()
    if name in ACTIONS:
        return ACTIONS[name](value)
    does = actions().get(name, name)
    if value is True or value == {}:
        return does
    if isinstance(value, dict):
        told = {member: until_words(part) if member == "until" else part for member, part in value.items()}
        return f"{does} ({members(told)})"
    return f"{does} ({short(value)})"


def target_words(target):
    if target in (None, "this"):
        return ""
    return " on all connections" if target == "all" else f" on {match_words(target) or short(target)}"


def rule_words(rule, number):
    """ "e3: when a call arrives for the key of reads.3, the answer is that error (code -32009)" """
    when = ", ".join(WHENS[name](value) if name in WHENS else f"{name} {short(value)}" for name, value in rule.get("when", {}).items())
    cause = event_words(rule["on"], rule.get("match")) + (f", {when}" if when else "")
    return f"{rule.get('name', f'rules[{number}]')}: when {cause}: {'; '.join(map(action_words, rule['do']))}{target_words(rule.get('target'))}"


def gate_words(gate):
    size = f"{gate['n']} calls" if "n" in gate else "calls"
    more = [f"or until none came for {gate['settled']}"] if "settled" in gate else []
    more += [f"or for {gate['limit']}"] if "limit" in gate else []
    more += ["and so again"] if gate.get("again") else []
    order = ORDERS.get(gate.get("order"), gate.get("order") or "in order of arrival")
    return f"gate {gate['name']}: holds until {size} are there, lets them go {order}" + "".join(f", {one}" for one in more)


def script_words(script):
    """Lines that tell a script."""
    if "start" in script:
        yield "at the start: " + "; ".join(map(action_words, script["start"]))
    yield from map(gate_words, script.get("gates", []))
    for number, rule in enumerate(script.get("rules", [])):
        yield rule_words(rule, number)
    for name, value in script.items():
        if name not in ("start", "gates", "rules"):
            yield f"{name}: {short(value)}"


# What is asked


def pin_words(pin):
    if pin in (None, "head"):
        return "at the head" if pin else ""
    if pin == "none":
        return "unpinned"
    if isinstance(pin, list):
        return f"at {listed(pin, 'and')} in turn"
    return f"at {short(pin)}"


def call_words(name, call):
    match call:
        case {"raw": method}:
            what = method + (f" {short(call['params'])}" if "params" in call else "")
        case {"read": key}:
            what = f"{'value' if call.get('as') == 'storage' else 'bytes'} of {key}"
        case {"storage": item}:
            what = f"value of {item}"
        case {"map": item}:
            what = f"all entries of {item}"
        case {"subscribe": kind}:
            what = f"subscription of {kind if isinstance(kind, str) else kind['method']}"
        case _:
            what = f"function {call.get('function')}"
    times = f"{call['n']} × " if "n" in call else ""
    batch = " in one batch" if call.get("batch") else ""
    rest = members(call, "raw", "params", "read", "as", "storage", "map", "subscribe", "function", "n", "batch", "pin")
    return f"{name}: {times}{what} {pin_words(call.get('pin'))}".strip() + batch + (f"; {rest}" if rest else "")


# What the driver does


def condition_words(condition):
    match condition:
        case "hello":
            return "the adapter says hello"
        case {"end": "all calls"}:
            return "all calls have ended"
        case {"end": name}:
            return f"{name} has ended"
        case {"ends": count}:
            return f"{count} calls have ended"
        case {"started": name}:
            return f"{name} was handed to the client"
        case {"items": name}:
            return f"{name} was given {condition.get('n', 1)} item{'s' * (condition.get('n', 1) != 1)}"
        case {"event": event}:
            return until_words({**condition, "event": event})
        case {"any": several}:
            return " or ".join(map(condition_words, several))
        case {"opened": name} | {"closed": name}:
            return f"{listed(name, 'and')} is {next(iter(condition))}"
        case {"exit": name}:
            return f"the adapter of {name} has ended"
        case {"subscribed": name}:
            return f"{name} is subscribed"
    return short(condition)


STEPS = {
    "start": "{} is asked", "cancel": "{} is cancelled", "unsubscribe": "{} is unsubscribed", "close": "{} is closed",
    "drop": "{} is dropped without a close", "open": "{} is opened", "release": "the handler of {} returns", "stat": "the client is asked what it keeps ({})",
    "signal": "the node is given the signal {}",
}


def step_words(step):
    """Lines that tell a step."""
    after = " and ".join(map(condition_words, step.get("after", [])))
    when = f"when {after}: " if after else ""
    if "steps" in step:
        yield f"{when}{step['times']} times:"
        for inner in step["steps"]:
            yield from (f"  {line}" for line in step_words(inner))
        return
    op = next(op for op in STEPS if op in step)
    space = f" in {step['space']}" if "space" in step else ""
    yield when + STEPS[op].format(listed(step[op], "and")) + space


# What must hold


def outcome_words(calls=None, n=None, code=None, value=..., never=..., holding=None, **more):
    ends = listed(more["in"]) + (f" with code {code}" if code is not None else "")
    ends += f", with the value {short(value)}" if value is not ... else ""
    ends += f", never with the value {short(never)}" if never is not ... else ""
    ends += f", with a value that holds {short(holding)}" if holding else ""
    return f"{listed(calls, 'and')} ends {ends}" if n is None else f"of {listed(calls, 'and')}, {counted(n)} end {ends}"


def count_words(event, match=None, per=None, space=None, **more):
    return (f"{counted(more['is'])} × {event_words(event, match)}" + (f", for each {per}" if per else "") + (f", in {space}" if space else ""))


def connections_words(opened=None, with_calls=None, open_at_end=None, space=None):
    parts = [f"{counted(count)} {what}" for count, what in ((opened, "opened"), (with_calls, "with calls"), (open_at_end, "open at the end"))
             if count is not None]
    return f"of connections, {', '.join(parts)}" + (f", in {space}" if space else "")


def subscriptions_words(at_most=None, at_end=None, space=None):
    parts = [f"{counted(count)} {when}" for count, when in ((at_most, "live at a time"), (at_end, "live at the end")) if count is not None]
    return f"of subscriptions, {', '.join(parts)}"


def items_words(of, n=None, heads=None, values=None):
    parts = [f"{counted(n)} of them"] if n is not None else []
    parts += ["heads that grow by one, or a word about those that lack"] if heads is True else [f"the heads {short(heads)}"] if heads else []
    parts += [f"the items {short(values)}"] if values is not None else []
    return f"the handler of {of} is given items in order, none twice" + "".join(f"; {part}" for part in parts)


def moment_words(mark):
    match mark:
        case {"sent": op}:
            return f"the driver says {op}" + (f" {mark['of']}" if "of" in mark else "")
        case {"item": name}:
            return f"{name} is given item {mark.get('n', 1)}"
    return condition_words(mark)


CLAIMS = {
    "outcome": outcome_words, "count": count_words, "connections": connections_words, "items": items_words,
    "subscriptions": subscriptions_words,
    "stat": lambda stat, **kept: f"the client says that it keeps {', '.join(f'{counted(count)} {what}' for what, count in kept.items())} ({stat})",
    "memory": lambda first, then, by: f"from {first} to {then} the process grows by at most {by} bytes",
    "handler_calls": lambda of, n=None: f"the calls of the handler of {of} end well" + (f": {counted(n)} of them" if n is not None else ""),
    "ended": lambda of, **more: f"the subscription {of} ends {listed(more['in'])}",
    "opened": lambda of, **more: f"opening {of} ends {listed(more['in'])}",
    "sent_again": lambda calls=None, space=None, **more: f"of {listed(calls, 'and') if calls else 'all calls'}, {counted(more['is'])} requests are sent again",
    "order": lambda first, then, least=None: f"{moment_words(then)} only after {moment_words(first)}" + (f", {least} later or more" if least else ""),
    "rounds": lambda calls=None, **more: f"{listed(calls, 'and') if calls else 'all calls'} take {counted(more['is'])} rounds, one after the other",
    "one_head": lambda calls: f"the values of {listed(calls, 'and')} are all of one head that was current meanwhile",
    "in_flight": lambda space=None, **more: f"{counted(more['is'])} calls are in flight on a connection",
    "closed": lambda code=1000, space=None: f"the client ends its connections with a close frame of {code}",
    "told": lambda of, outcomes=None, **more: f"the user of {of} is told: {listed(more['any'])}" + (f" {listed(outcomes)}" if outcomes else ""),
    "apart": lambda event, least, match=None, space=None: f"at least {least} lie between {event_words(event, match)} and the next time",
}


def check_words(check):
    from .checks import CHECKS  # whose findings use these words

    name = check["check"]
    given = {member: value for member, value in check.items() if member not in ("check", "level")}
    try:
        return CLAIMS[name](**given)
    except (KeyError, TypeError):  # a row without a sentence of its own, or with a member that has none
        return CHECKS[name].says + (f": {members(given)}" if given else "")


def happened_words(happened):
    count = counted(happened.get("is", f">={happened.get('count', 1)}"))
    return f"{count} × {event_words(happened['event'], happened.get('match'))}"
