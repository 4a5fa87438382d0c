"""Scripts made up at random, played against clients that do what they like: whatever comes together, the node goes on,
answers control calls at once, and says no error in its exit status. Sanitizers and valgrind speak by that, too."""

import json

import pytest

from testenv.paths import FIXTURE
from testenv.plain import Plain
from testenv.play import short_keys
from testenv.rpc import RpcError, request

EVENTS = ["connecting", "opened", "arrived", "answered", "notified", "written", "pinged", "ponged", "subscribed",
          "unsubscribed", "held", "released", "closed", "head", "finalized", "signal", "refused", "fired"]
LASTS = {"until": {"signal": "go"}, "limit": "20ms"}
ACTIONS = [  # some of each stage, as a rule may have them
    {"refuse": 503}, {"stall": True}, {"bad_handshake": {"no_upgrade": True}}, {"error": {"code": 1, "message": "{id}"}},
    {"result": "{occurrence}"}, {"pruned": True}, {"rate_limit": {"n": 1, "each": "10ms"}}, {"fill": {"message": 65536}},
    {"bytes": {"cut": 1}}, {"hex": "odd"}, {"changes": {"omit": 1}}, {"page": 1}, {"id": "of_another"}, {"both": True},
    {"members": ["escaped", "no_jsonrpc"]}, {"blanks": True}, {"array": True}, {"batch": {"permute": "shuffled"}},
    {"batch": {"refuse": True}}, {"delay": "uniform(0ms,3ms)"}, {"hold": {"gate": "g"}}, {"hold": LASTS}, {"never": True},
    {"repeat": 3}, {"early": {"n": 2, "limit": "10ms"}}, {"cork": LASTS}, {"send": "junk"}, {"send": {"binary": "0x00"}},
    {"binary": True}, {"fragments": {"n": 4, "pings": 2}}, {"fragments": {"each_byte": True}}, {"dribble": 1},
    {"pause": {"at": 1, **LASTS}}, {"rsv": 4}, {"long_control": True}, {"after_close": True}, {"close": 1008}, {"end": True},
    {"reset": True}, {"sever": "50%"}, {"deaf": LASTS}, {"stop_reading": LASTS}, {"no_pong": LASTS},
    {"ping": {"n": 5, "sizes": [0, 125]}}, {"skip": True}, {"quiet": LASTS}, {"flood": 3}, {"late": 2}, {"stream_id": 7},
    {"stop": True}, {"notify": {"stream": "newHeads", "value": 1}}, {"advance": 2}, {"set_head": "head-1"},
    {"tick": {"every": "1ms", "until": "5ms"}}, {"block": {"name": "n", "calls": "carry"}}, {"fork": 1}, {"finalize": "head-1"},
    {"hold_finality": 2}, {"prune": {"keep": 2}}, {"restart": True}, {"give": "go"}, {"limits": {"reply": 200}}]
WHEN = [{"nth": 2}, {"every": 2}, {"first": 2}, {"chance": 0.5}, {"times": 3}, {"open": 1}, {"after": {"signal": "go"}},
        {"until": {"rule": "r0"}}, {"nth": "2..", "per": "connection"}]
ORDERS = ["arrival", "reversed", "shuffled", "next", "one_at_a_time", "first_is_last", "last_is_first"]
METHODS = ["chain_subscribeNewHeads", "state_subscribeStorage", "author_submitAndWatchExtrinsic", "system_chain"]


def made_up(rng, number):
    rule = {"name": f"r{number}", "on": rng.choice(EVENTS), "do": rng.sample(ACTIONS, rng.choice([1, 1, 2, 3]))}
    if rng.random() < 0.4:
        rule["when"] = rng.choice(WHEN)
    if rng.random() < 0.3:
        rule["target"] = rng.choice(["all", {"connection": 1}, {"label": "a"}])
    return rule


def set_script(space, rng):
    """A script of those rules that one can have; each of the others is refused."""
    gate = {"name": "g", "n": rng.randint(1, 4), "order": rng.choice(ORDERS), "again": True, "limit": "20ms"}
    script = {"rules": [], "gates": [gate], "writes": "accept"}
    while len(script["rules"]) < 4:
        rules = [*script["rules"], made_up(rng, len(script["rules"]))]
        try:
            space.control("mock_setScript", {**script, "rules": rules})
            script["rules"] = rules
        except RpcError as error:
            assert error.code == -32602 and "rules[" in error.data
    return script


def step(rng, space, client, keys, head):
    """Something that a client, or somebody beside it, does."""
    reads = [request("state_getStorage", rng.choice(keys), head, id=rng.choice([1, 2, "s", None])) for _ in range(4)]
    rng.choice([
        lambda: client.send_all(reads), lambda: client.send_all(reads), lambda: client.send("[" + ",".join(reads) + "]"),
        lambda: client.ask(rng.choice(METHODS), id=3), lambda: client.ping(b"x"), lambda: client.send("junk"),
        lambda: client.close(1000), client.reset, lambda: space.control("mock_signal", "go"),
        lambda: space.control("mock_newBlock")])()


@pytest.mark.parametrize("spaces", [25, pytest.param(500, marks=pytest.mark.slow)])
def test_made_up_scripts(start, truth, rng, spaces):
    node, keys = start(FIXTURE), short_keys(truth)
    for _ in range(spaces):
        space, clients = node.space(), []
        script = set_script(space, rng)
        for _ in range(12):
            if not clients or rng.random() < 0.25:
                clients.append(Plain(node.port, f"{space.path}?as={rng.choice('ab')}", wait=False))
            try:
                step(rng, space, rng.choice(clients), keys, truth.head["hash"])
            except (OSError, ValueError):
                pass  # it is gone already
            except RpcError as error:
                assert error.code in (-32602, -32000), (error, json.dumps(script))
        space.control("mock_signal", "go")
        for method in ("mock_stats", "mock_fired", "mock_events", "mock_journal", rng.choice(["mock_reset", "mock_stats"])):
            space.control(method)
        for client in clients:
            client.drop()
        assert node.process.poll() is None, json.dumps(script)
