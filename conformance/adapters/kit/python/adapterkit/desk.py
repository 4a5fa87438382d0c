"""What was asked and has not ended, and the events that tell of it: each call starts at most once and ends exactly
once, whichever thread says so. Knows nothing of how clients are called."""

import json
import sys
import threading

from .client import MISSING, Failed, Value
from .schema import command_problem

PROTOCOL = 1
# What a client must be able to do for an operation, and for a member of open or of a call.
NEEDS = {"cancel": "cancel", "drop": "drop", "in_flight": "in_flight", "headers": "headers", "deadline_ms": "deadline"}


class Refused(Exception):
    """A line that asks nothing."""


class Ask:
    """A call, a batch of calls or a subscription, as it was asked; `cancel`, once it runs, ends it."""

    def __init__(self, asked, pin=None, deadline_ms=None):
        self.id, self.lane = asked.get("id"), 1
        self.method, self.params = asked.get("method"), asked.get("params", [])
        self.function, self.args = asked.get("function"), asked.get("args", [])
        self.kind, self.unsubscribe = asked.get("kind"), asked.get("unsubscribe")
        self.pin, self.page = asked.get("pin", pin), asked.get("page")
        milliseconds = asked.get("deadline_ms", deadline_ms)
        self.deadline = None if milliseconds is None else milliseconds / 1000
        self.batch = [Ask(each, pin, milliseconds) for each in asked.get("batch", [])]
        self.cancel = None

    def calls(self):
        return self.batch or [self]


class Desk:
    def __init__(self, client, out):
        self.client, self.out, self.lock = client, out, threading.Lock()
        self.asks, self.greeted = {}, False

    def tell(self, event, **members):
        line = json.dumps({"event": event, **members}) + "\n"
        with self.lock:
            self.out.write(line)
            self.out.flush()

    def hello(self):
        kind = self.client
        self.tell("hello", protocols=[PROTOCOL], name=kind.name, version=kind.version, language=kind.language, can=kind.can)

    # Lines

    def command(self, line):
        """A line as a command that can be carried out; else raises Refused."""
        try:
            command = json.loads(line)
        except ValueError as error:
            raise Refused(f"no JSON: {error}") from error
        if problem := command_problem(command):
            raise Refused(problem)
        if not self.greeted and command["op"] != "hello":
            raise Refused("the first line is {\"op\":\"hello\",\"protocol\":1}")
        self.check_can(command)
        return command

    def check_can(self, command):
        can, op = self.client.can, command["op"]
        wanted = [NEEDS[name] for name in (op, *command) if name in NEEDS]
        if op == "run":
            self.need(command["mode"] in can["modes"], f"runs that are {command['mode']}")
            for call in command["calls"]:
                wanted += ["batch" if "batch" in call else "raw"] if "function" not in call else []
                self.need(call.get("function") in (None, *can.get("functions", ())), f"function {call.get('function')}")
                wanted += ["deadline"] if "deadline_ms" in call else []
        if op == "subscribe":
            kind = command.get("kind", "raw")
            self.need(kind in can.get("subscribe", ()), f"subscriptions of kind {kind}")
        for name in wanted:
            self.need(can.get(name), name)

    def need(self, can, what):
        if not can:
            raise Refused(f"{self.client.name} has no {what}: see can in its hello")

    def accept(self, asks):
        """Takes in new asks, all or none."""
        ids = [call.id for ask in asks for call in ask.calls()]
        with self.lock:
            used = next((id for id in ids if id in self.asks), None)
            if used is not None or len(set(ids)) < len(ids):
                raise Refused(f"the id {used or 'of two calls'} is in use")
            self.asks.update((call.id, call) for ask in asks for call in ask.calls())
        return asks

    # Events of calls

    def begin(self, ask):
        """Tells that a call is handed to the client; false when it was cancelled before."""
        with self.lock:
            if ask.id not in self.asks:
                return False
        self.tell("started", id=ask.id, lane=ask.lane)
        return True

    def end(self, ask, result):
        """The result of a call: a value, a Value, or an exception. Only its first end counts."""
        said = self.outcome(result)
        if said["outcome"] == "ok":
            told = result if isinstance(result, Value) else Value(result, None)
            said |= {"value": told.value} | ({"presence": told.presence} if told.presence else {})
        if self.take(ask):
            self.tell("end", id=ask.id, lane=ask.lane, **said)

    def take(self, ask):
        with self.lock:
            return self.asks.pop(ask.id, None) is ask

    def outcome(self, result):
        """{outcome, code, message, data} of a result, as far as there are such."""
        if not isinstance(result, BaseException):
            return {"outcome": "ok"}
        failed = result if isinstance(result, Failed) else self.client.failure(result)
        said = {"outcome": failed.outcome, "message": failed.message}
        if failed.code is not None:
            said["code"] = failed.code
        if failed.data is not MISSING:
            said["data"] = failed.data
        return said

    # Events of subscriptions

    def ended(self, ask, result=None):
        said = self.outcome(result)
        said.pop("data", None)
        if self.take(ask):
            self.tell("ended", id=ask.id, **said)

    def opened(self, on, result=None):
        said = self.outcome(result)
        self.tell("opened", on=on, outcome=said["outcome"], **({"message": said["message"]} if "message" in said else {}))

    def stat(self, id, clients):
        """What the clients say of themselves, in sums; what one cannot tell is left out."""
        said = {}
        for name in ("pending", "subscriptions"):
            counts = [getattr(client, name)() for client in clients]
            if None not in counts and self.client.can.get("stat"):
                said[name] = sum(counts)
        with open("/proc/self/status", encoding="ascii") as status:
            resident = next(line.split()[1] for line in status if line.startswith("VmRSS:"))
        self.tell("stat", id=id, memory=int(resident) * 1024, **said)


def lanes(command):
    """The calls of a run by caller: a list of lists, dealt out in turn."""
    asks = [Ask(call, command.get("pin"), command.get("deadline_ms")) for call in command["calls"]]
    count = {"serial": 1, "gathered": len(asks)}.get(command["mode"], command.get("threads", len(asks)))
    dealt = [asks[at::count] for at in range(min(count, len(asks)))]
    for number, lane in enumerate(dealt, 1):
        for call in (call for ask in lane for call in ask.calls()):
            call.lane = number
    return dealt


def note(text):
    """For people."""
    print(text, file=sys.stderr, flush=True)
