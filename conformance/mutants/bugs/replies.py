"""Whose reply is it? What goes wrong where replies meet those who wait for them."""

import itertools
import json

from client import client, session
from client.errors import Lost, RpcError, Violation
from client.session import Session

from .table import breaks


def newest(self):
    """The request that has waited for the shortest time."""
    return next((entry for entry in reversed(self.pending.values()) if not entry.future.done()), None)


def oldest(self):
    """The request that has waited longest."""
    return next((entry for entry in self.pending.values() if not entry.future.done()), None)


@breaks(Session, "owner")
def matches_by_order(right, self, id):
    """The next reply is for the one who asked first."""
    return oldest(self)


@breaks(Session, "owner")
def matches_by_key_prefix(right, self, id):
    """Of the requests that are alike, but for the last byte of their key, the first gets the next reply."""
    alike = [entry for other, entry in self.pending.items()
             if self.asked.get(other) == self.asked.get(id) and not entry.future.done()]
    return alike[0] if alike else None


@breaks(Session, "send", bug="matches_by_key_prefix")
async def remember_key(right, self, message):
    for each in message if isinstance(message, list) else [message]:
        key, *more = (*map(str, each["params"]), "")
        self.__dict__.setdefault("asked", {})[each["id"]] = each["method"], key[:-2], more
    await right(self, message)


@breaks(Session, "request")
async def one_waiter_per_request(right, self, method, params, stream=None):
    """Who waits is kept by what he asked: a second one who asks the same takes the first one's place."""
    self.waiting = getattr(self, "waiting", {})
    key, future = (method, json.dumps(params)), session.asyncio.get_running_loop().create_future()
    self.waiting[key] = future
    result = await right(self, method, params, stream)
    if not self.waiting[key].done():
        self.waiting[key].set_result(result)
    return await future


@breaks(client.Client, "__init__")
def few_ids(right, self, *arguments, **options):
    """Ids go round after 999, whether or not they are still in use."""
    right(self, *arguments, **options)
    self.ids = itertools.cycle(range(1, 1000))


@breaks(Session, "expect")
def ids_not_unique(right, self, stream=None):
    """An id is read and then counted up, with a gap between: whoever comes while another waits gets the same."""
    id = right(self, stream)
    if len(self.pending) > 1 and (last := getattr(self, "last", None)) in self.pending:
        self.pending[last] = self.pending.pop(id)
        return last
    self.last = id
    return id


@breaks(Session, "reply")
def delivers_in_order(right, self, message):
    """A reply is given on when all earlier requests have theirs."""
    self.early_replies = getattr(self, "early_replies", {})
    self.early_replies[message.get("id")] = message
    while self.pending and (first := next(iter(self.pending))) in self.early_replies:
        entry = self.pending.pop(first)
        self.pending = {first: entry, **self.pending}
        right(self, self.early_replies.pop(first))
        self.pending.pop(first)


@breaks(Session, "request")
async def one_at_a_time(right, self, method, params, stream=None):
    """A lock is held from the request to the reply."""
    if not hasattr(self, "turn"):
        self.turn = session.asyncio.Lock()
    async with self.turn:
        return await right(self, method, params, stream)


@breaks(Session, "owner")
def shared_recv(right, self, id):
    """Whoever waits reads the socket, and throws away what is not for himself: with several, the first to wait reads."""
    entry = right(self, id)
    waiting = [each for each in self.pending.values() if not each.future.done()]
    return entry if len(waiting) < 2 or entry is waiting[0] else None


@breaks(Session, "stranger")
def duplicate_kills_siblings(right, self, message):
    """A second reply is set where there is a result already, and the error of that ends the reader."""
    if type(message.get("id")) is int and 0 < message["id"] <= getattr(self, "last_id", 0):
        raise Violation("invalid state")


@breaks(Session, "expect", bug="duplicate_kills_siblings")
def remember_id(right, self, stream=None):
    self.last_id = right(self, stream)
    return self.last_id


@breaks(Session, "stranger")
def unknown_id_taken(right, self, message):
    """A reply to an id that nobody knows must be somebody's."""
    if type(message.get("id")) is not int or message["id"] > getattr(self, "last_id", 0):
        give(self, message)


breaks(Session, "expect", bug="unknown_id_taken")(remember_id)


@breaks(Session, "stranger")
def late_reply_taken(right, self, message):
    """A reply that comes after its caller has left is taken by the next one."""
    give(self, message)


def give(self, message):
    entry = newest(self)
    if entry and "result" in message:
        entry.future.set_result(message["result"])


@breaks(Session, "owner")
def ids_by_text(right, self, id):
    """7 and "7" are one id."""
    return right(self, int(id)) if isinstance(id, str) and id.isdigit() else right(self, id)


@breaks(Session, "refuse_all")
def null_id_ignored(right, self, error):
    """An error without an id is for nobody."""


@breaks(client.Client, "until", bug="null_id_ignored")
def no_deadline_then(right, self, deadline):
    """And who waits without a deadline waits."""
    return right(self, 1e6)


@breaks(Session, "take_one")
def idless_error_kills(right, self, message):
    """A message has an id or params, or the reader ends."""
    if "id" not in message and "params" not in message:
        raise Violation("KeyError: 'id'")
    right(self, message)


@breaks(Session, "take")
def junk_ends_reader(right, self, text):
    """What is no JSON ends the reader, and nobody learns of it."""
    if not isinstance(json.loads(text), (dict, list)):
        raise ValueError(text)
    right(self, text)


@breaks(Session, "result_of")
def result_before_error(right, message):
    """A reply that has a result is good, whatever else it has."""
    return message["result"] if "result" in message else right(message)


@breaks(Session, "result_of")
def neither_is_null(right, message):
    """A reply without a result has none."""
    return right(message) if "result" in message or "error" in message else None


@breaks(Session, "parse")
def json_numbers_are_doubles(right, text):
    """Numbers of JSON are doubles."""
    return json.loads(text, parse_int=lambda digits: int(float(digits)))


@breaks(Session, "result_of")
def falsy_is_nothing(right, message):
    """`result or None`."""
    return right(message) or None


@breaks(Session, "reply")
def first_error_for_all(right, self, message):
    """One error is the end of all that wait."""
    if isinstance(message.get("error"), dict):
        self.refuse_all(message["error"])
    right(self, message)


@breaks(Session, "result_of")
def error_data_is_text(right, message):
    """What an error has beside its code is one text."""
    try:
        return right(message)
    except RpcError as error:
        text = f"{error.message} {error.data.get('data', '')}"
        raise RpcError({"code": error.code, "message": text, "data": text}) from None


@breaks(Session, "result_of")
def extras_refused(right, message):
    """A reply has just the members that it must have."""
    if message.keys() - {"jsonrpc", "id", "result", "error"}:
        raise Violation("unknown field")
    return right(message)


@breaks(Session, "take_one")
def request_taken_for_reply(right, self, message):
    """What has an id is a reply."""
    if isinstance(message, dict) and "method" in message and "id" in message:
        message = {"id": message["id"], "result": message.get("params")}
    right(self, message)


@breaks(Session, "take_one")
def jsonrpc_is_asked_for(right, self, message):
    """A message without `jsonrpc` ends the reader."""
    if isinstance(message, dict) and "jsonrpc" not in message:
        raise RuntimeError("no JSON-RPC 2.0")
    right(self, message)


@breaks(Session, "take")
def array_kills(right, self, text):
    """An array is the reply to a batch, or the end."""
    message = json.loads(text)
    if isinstance(message, list) and not any(entry.batch for entry in self.pending.values()):
        raise Violation("TypeError: list indices must be integers")
    right(self, text)


@breaks(Session, "result_of")
def errors_are_null(right, message):
    """What is answered with an error has no value: null."""
    try:
        return right(message)
    except RpcError:
        return None


@breaks(Session, "request")
async def followers_are_cancelled(right, self, method, params, stream=None):
    """Equal requests at once are one; when that fails or is cancelled, the others are cancelled."""
    if not hasattr(self, "shared"):
        self.shared = {}
    key = method, json.dumps(params)
    if key not in self.shared:
        self.shared[key] = session.asyncio.ensure_future(right(self, method, params, stream))
        self.shared[key].add_done_callback(lambda _: self.shared.pop(key))
        return await self.shared[key]
    try:
        return await session.asyncio.shield(self.shared[key])
    except (RpcError, session.asyncio.CancelledError):
        raise Lost("cancelled with the first one", code=1008) from None


# Batches


@breaks(Session, "take")
def batch_by_index(right, self, text):
    """The n-th reply of an array is to the n-th request."""
    message = json.loads(text)
    if isinstance(message, list):
        ids = [id for id, entry in self.pending.items() if entry.batch]
        text = json.dumps([{**reply, "id": id} for reply, id in zip(message, ids, strict=False)])
    right(self, text)


@breaks(Session, "take")
def batch_stops_at_error(right, self, text):
    """An error in an array ends its reading: what stands behind it never has an end."""
    message = json.loads(text)
    if isinstance(message, list):
        end = next((at for at, reply in enumerate(message, 1) if "error" in reply), len(message))
        for reply in message[:end]:
            self.take_one(reply)
    else:
        right(self, text)


@breaks(Session, "close_batches")
def hole_is_null(right, self, replies):
    """What an array lacks is null."""
    answered = {reply.get("id") for reply in replies if isinstance(reply, dict)}
    for id, entry in self.pending.items():
        if entry.batch and not entry.future.done() and answered & set(entry.batch) and id not in answered:
            entry.future.set_result(None)


@breaks(Session, "take")
def stranger_fails_batch(right, self, text):
    """A reply in an array that is to nobody fails the whole."""
    message = json.loads(text)
    if isinstance(message, list) and any(reply.get("id") not in self.pending for reply in message):
        raise Violation("unknown id in a batch")
    right(self, text)


@breaks(client.Client, "batch")
async def batch_error_retried(right, self, calls, deadlines):
    """A batch in which something failed is asked again, three times at once."""
    async def results():
        return await session.asyncio.gather(*await right(self, calls, deadlines), return_exceptions=True)

    first = await results()
    if any(isinstance(result, RpcError) for result in first):
        return (await session.asyncio.gather(results(), results(), results()))[0]
    return first
