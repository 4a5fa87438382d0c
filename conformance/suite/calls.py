"""The calls of a case: groups grown to single calls, what each asks of the node, and what it must give."""

import json
from hashlib import blake2b

from .braces import with_json
from .oracle import oracle_of
from .problem import Problem

READS = ["state_getStorage", "state_getStorageAt", "state_queryStorageAt", "state_queryStorage"]


def grown(name, call, words):
    """The single calls of a group: [(id, its number from 1, the call)]."""
    if "n" not in call:
        return [(name, 1, call)]
    return [(f"{name}.{number}", number, call) for number in range(1, words.number(call["n"]) + 1)]


def pin_of(call, number, oracle, words):
    """The hash that it is pinned to, or None."""
    pin = words.filled(call.get("pin", "head"))
    if isinstance(pin, list):
        pin = pin[(number - 1) % len(pin)]
    if pin == "none":
        return None
    if pin == "head":
        return oracle.head["hash"]
    if isinstance(pin, str) and pin.startswith("0x"):
        return pin
    return oracle.hash(words.number(pin))


class Maker:
    """Makes the calls of a case in one mode. `spaces` are the fixtures by the space's name, `space_of` tells that of a handle."""

    def __init__(self, case, words, space_of):
        self.case, self.words, self.space_of, self.calls = case, words, space_of, {}

    def oracle(self, handle):
        return oracle_of(self.case.scripts[self.space_of(handle)][0])

    def made(self):
        """{id: call}; of a call `ask` is what the adapter is told, `expect` what it must give."""
        for name, call in self.case.calls.items():
            for id, number, one in grown(name, call, self.words):
                self.calls[id] = self.one(id, name, number, one)
        return self.calls

    def one(self, id, group, number, call):
        place = f"{self.case.place}: calls.{group}"
        handle = str(call.get("on", "main")).replace("{number}", str(number))
        made = {"group": group, "on": handle, "batch": call.get("batch", False)}
        kind = next(kind for kind in ("raw", "read", "storage", "map", "function", "subscribe") if kind in call)
        getattr(self, "make_" + kind)(place, made, call, number)
        if "deadline_ms" in call and "ask" in made:
            made["ask"]["deadline_ms"] = call["deadline_ms"]
        if "expect" in call:
            made["expect"] = {"outcome": "ok", **self.filled(call["expect"], number)}
        if "request" in call:
            made["request"] = self.words.filled(call["request"])
        if "ask" in made:
            made["ask"] = {"id": id, **made["ask"]}
        return {"id": id, **made}

    def filled(self, value, number):
        self.words.words["number"] = number
        return with_json(self.words.filled(value))

    def make_raw(self, place, made, call, number):
        params = self.filled(call.get("params", []), number)
        made["ask"] = {"method": call["raw"], "params": params}
        made["request"] = call["raw"] + " *"
        if call["raw"] == "author_submitExtrinsic":
            made["expect"] = {"outcome": "ok", "value": "0x" + blake2b(bytes.fromhex(params[0][2:]), digest_size=32).hexdigest()}

    def make_read(self, place, made, call, number):
        oracle = self.oracle(made["on"])
        entries = oracle.entries(call["read"])
        item, key_number, arguments = entries[(call.get("first", 1) + number - 2) % len(entries)]
        key, hash = oracle.key(item, arguments), pin_of(call, number, oracle, self.words)
        made |= {"key": key, "key_number": key_number, "pin": hash}
        if call.get("as", "raw") == "raw":
            made["ask"] = {"method": "state_getStorage", "params": [key] + ([hash] if hash else [])}
            made["request"] = f'state_getStorage ["{key}"]' + (f" @{hash}" if hash else "*")
            made["expect"] = oracle.raw(hash, key) if hash else {"unpinned": "raw"}
            return
        self.decoded(made, oracle, hash, "Tracer", item, oracle.arguments(item, arguments), arguments)
        if call.get("by") == "number":
            made["ask"]["pin"] = {"block": oracle.truth.by_hash[hash]["number"]}

    def decoded(self, made, oracle, hash, pallet, item, arguments, encoded):
        made["ask"] = {"function": "storage", "args": [pallet, item, *arguments], "pin": {"hash": hash} if hash else None}
        made["request"] = f"state_*{made['key']}*"
        made["item"], made["encoded"] = [pallet, item], [part.hex() for part in encoded]
        made["expect"] = oracle.stored(hash, pallet, item, encoded) if hash else {"unpinned": "storage"}

    def make_storage(self, place, made, call, number):
        oracle = self.oracle(made["on"])
        pallet, item = call["storage"].split(".")
        arguments, hash = self.filled(call.get("args", []), number), pin_of(call, number, oracle, self.words)
        encoded = self.encoded(place, oracle, pallet, item, arguments)
        if encoded is None:
            made["ask"] = {"function": "storage", "args": [pallet, item, *arguments], "pin": {"hash": hash} if hash else None}
            made |= {"pin": hash, "request": "state_*"}
            return
        made |= {"key": oracle.key(item, encoded, pallet), "pin": hash}
        self.decoded(made, oracle, hash, pallet, item, arguments, encoded)

    def encoded(self, place, oracle, pallet, item, arguments):
        """Arguments of an item of the tracer's pallet, encoded: those of the key that says the same. Of others nothing is
        known here, and the case says what it expects."""
        if not arguments and hasattr(oracle, "rows"):
            return []
        row = oracle.rows.get(item) if pallet == "Tracer" and hasattr(oracle, "rows") else None
        if row is None:
            return None
        for _, _, encoded in oracle.entries(item):
            if oracle.arguments(item, encoded) == arguments:
                return encoded
        raise Problem(f"{place}: {pallet}.{item} has no key {json.dumps(arguments)}")

    def make_map(self, place, made, call, number):
        oracle = self.oracle(made["on"])
        pallet, item = call["map"].split(".")
        hash = pin_of(call, number, oracle, self.words)
        made["ask"] = {"function": "map", "args": [pallet, item, *self.filled(call.get("args", []), number)],
                       "pin": {"hash": hash} if hash else None}
        if "page" in call:
            made["ask"]["page"] = call["page"]
        made |= {"pin": hash, "item": [pallet, item], "request": "state_*"}
        made["expect"] = oracle.entries_of_map(hash, item) if hash else {"unpinned": "map"}
        made["expect"] |= {"lacking": call["lacking"]} if "lacking" in call else {}

    def make_function(self, place, made, call, number):
        oracle = self.oracle(made["on"])
        hash = pin_of(call, number, oracle, self.words)
        made["ask"] = {"function": call["function"], "args": self.filled(call.get("args", []), number),
                       "pin": {"hash": hash} if hash else None}
        made |= {"pin": hash, "request": "state_*"}

    def make_subscribe(self, place, made, call, number):
        wanted = call["subscribe"]
        made["subscribe"] = {"kind": wanted} if isinstance(wanted, str) else self.filled(wanted, number)
        if "handler" in call:
            made["handler"] = self.filled(call["handler"], number)
