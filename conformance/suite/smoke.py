"""An adapter checked alone: that it starts, says what it can, answers a little in each of its modes, refuses what is no command and
goes on, and ends. Nothing here is about the client behind it; each line is held against the protocol's schema."""

import queue
import subprocess

from testenv.node import Node
from testenv.paths import TRACER
from .adapter import Adapter
from .oracle import oracle_of
from .run import hello_of

KEY = "Tracer.ByIdentity"


class Smoke:
    def __init__(self, client, patience):
        self.client, self.patience = client, patience
        self.heard, self.events, self.problems = queue.Queue(), [], []

    def until(self, holds, what):
        while not holds():
            try:
                record = self.heard.get(timeout=self.patience)
            except queue.Empty:
                self.problems.append(f"{what}: nothing came for {self.patience} s")
                return
            if record is None:
                self.problems.append(f"{what}: its output ended")
                return
            if "note" in record:
                self.problems.append(f"a line that is no event: {record['note']['why']}: {record['note']['bad_line']}")
            if "got" in record:
                self.events.append(record["got"])

    def of(self, name, **members):
        return [e for e in self.events if e["event"] == name and all(e.get(k) == v for k, v in members.items())]

    def ended(self, id):
        return self.of("end", id=id)

    def play(self, url):
        hello = hello_of(self.client, self.patience)
        can = hello["can"]
        print(f"{hello['name']} {hello['version']}, {hello['language']}: modes {', '.join(can['modes'])}")
        adapter = Adapter(self.client, self.heard.put, subprocess.DEVNULL)
        adapter.send({"op": "hello", "protocol": 1})
        adapter.send({"op": "nonsense"})
        adapter.send({"op": "open", "on": "main", "urls": [url], "nonsense": 1})
        self.until(lambda: len(self.of("refused")) == 2, "two lines that are no commands, refused")
        adapter.send({"op": "open", "on": "main", "urls": [url]})
        self.until(lambda: self.of("opened", on="main"), "open")
        if self.of("opened", outcome="ok"):
            for mode in can["modes"]:
                self.mode(adapter, mode, can)
        else:
            self.problems.append(f"open: {self.of('opened')}")
        adapter.finish()
        status = adapter.status(self.patience)
        if status != 0:
            self.problems.append(f"at the end of its input it exits with {status}, where 0 is due")
        return self.problems

    def mode(self, adapter, mode, can):
        """Reads in one mode, one of them an error of the node where raw calls are there."""
        oracle = oracle_of("tracer")
        item, _, encoded = oracle.entries(KEY)[0]
        hash, key = oracle.head["hash"], oracle.key(item, encoded)
        calls, due = [], {}
        if can.get("raw"):
            calls += [{"id": f"{mode}-raw", "method": "state_getStorage", "params": [key, hash]},
                      {"id": f"{mode}-error", "method": "state_nonsense", "params": []}]
            due[f"{mode}-raw"] = oracle.raw(hash, key)["value"]
        if "storage" in can.get("functions", []):
            arguments = oracle.arguments(item, encoded)
            calls.append({"id": f"{mode}-storage", "function": "storage", "args": ["Tracer", item, *arguments], "pin": {"hash": hash}})
            due[f"{mode}-storage"] = oracle.stored(hash, "Tracer", item, encoded)["value"]
        adapter.send({"op": "run", "on": "main", "mode": mode, "threads": 2, "calls": calls} if mode in ("threaded", "shared")
                     else {"op": "run", "on": "main", "mode": mode, "calls": calls})
        self.until(lambda: all(self.ended(call["id"]) for call in calls), f"{mode}: {len(calls)} calls")
        for call in calls:
            ends, id = self.ended(call["id"]), call["id"]
            if len(ends) != 1 or not self.of("started", id=id):
                self.problems.append(f"{mode}: {id} has {len(ends)} ends and {len(self.of('started', id=id))} starts")
            elif id in due and (ends[0]["outcome"], ends[0].get("value")) != ("ok", due[id]):
                self.problems.append(f"{mode}: {id} ended {ends[0]}, where {due[id]!r} is due")
            elif id.endswith("-error") and (ends[0]["outcome"], ends[0].get("code")) != ("rpc", -32601):
                self.problems.append(f"{mode}: {id} ended {ends[0]}, where rpc -32601 is due")


def smoke(client, patience):
    with Node(TRACER) as node:
        problems = Smoke(client, patience).play(node.url)
    for problem in problems:
        print(problem)
    print(f"{client.name}: {'as the protocol says' if not problems else f'{len(problems)} problems'}")
    return 1 if problems else 0
