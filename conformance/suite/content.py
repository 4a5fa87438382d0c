"""What the node was told to say in place of what is recorded: the outcomes that an arrival may have given its caller."""

from .braces import with_json

ERRORS = {"pruned": (4003,), "rate_limit": (-32999, -32005, -32004)}
UNTELLABLE = ("bytes", "hex", "fill", "changes", "page")


def filled(value, arrival):
    if isinstance(value, dict):
        return {name: filled(part, arrival) for name, part in value.items()}
    if isinstance(value, list):
        return [filled(part, arrival) for part in value]
    if not isinstance(value, str):
        return value
    places = {"{occurrence}": arrival.event["occurrence"], "{connection}": arrival.event["conn"], "{id}": arrival.event["id"]}
    for place, what in places.items():
        value = value.replace(place, str(what))
    return value


def given(history, arrival):
    """What an arrival was given by rules: None where the recording spoke; {"outcome", …}; or {"untellable": action} where
    only the case can say what a client makes of it."""
    for name, did in arrival.fired:
        rule = history.rule(arrival.space, name)
        for action in (rule or {}).get("do", []):
            (kind, value), = action.items()
            if kind not in did:
                continue
            if kind == "error":
                value = value if isinstance(value, dict) else {"code": value}
                return {"outcome": "rpc", **with_json(filled(value, arrival))}
            if kind == "result":
                value = value["result"] if isinstance(value, dict) and "result" in value else value
                return {"outcome": "ok", "value": with_json(filled(value, arrival)), "scripted": True}
            if kind in ERRORS:
                return {"outcome": "rpc", "codes": ERRORS[kind]}
            if kind in UNTELLABLE:
                return {"untellable": kind}
    return None
