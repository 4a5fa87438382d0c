"""Where an action is put to the test: a space with a script, a plain client, and a relay between the two whose record
is held against the event journal."""

from .events import Events
from .plain import TRUSTING, Plain
from .play import READS, short_keys
from .relay import Relay
from .rpc import request


def rule(name, on, *actions, match=None, when=None, target=None):
    made = {"name": name, "on": on, "match": match, "when": when, "do": list(actions), "target": target}
    return {member: value for member, value in made.items() if value is not None}


def once(name, on, *actions, **match):
    """A rule for the first read only."""
    return rule(name, on, *actions, match={"methods": READS, **match}, when={"nth": 1})


class Stage:
    """Use as a context. The client's side of the relay is always plain; the node's is TLS if the node speaks that."""

    def __init__(self, node, truth, tls=False):
        self.node, self.space, self.truth, self.tls = node, node.space(), truth, tls
        self.relay = Relay(node.port, node_tls=TRUSTING if tls else None)
        self.head = truth.head["hash"]
        self.keys = short_keys(truth)
        self.values = [truth.lookup(self.head, key)[1] for key in self.keys]
        self.clients = []

    def __enter__(self):
        self.relay.__enter__()
        return self

    def __exit__(self, *_):
        for client in self.clients:
            client.drop()
        self.relay.__exit__()

    def tell(self, *rules, **more):
        self.control("mock_setScript", {"rules": list(rules), **more})

    def control(self, method, *params):
        return self.space.control(method, *params)

    def client(self, query="?as=me", **options):
        client = Plain(self.relay.port, self.space.path + query, **options)
        self.clients.append(client)
        return client

    def read(self, client, *numbers, id=None):
        """Asks for keys, 1 being the first; the ids are the same numbers."""
        client.send_all([request("state_getStorage", self.keys[n - 1], self.head, id=n if id is None else id)
                         for n in numbers])

    def post(self, *numbers):
        """One read by POST."""
        return self.space.post(request("state_getStorage", self.keys[numbers[0] - 1], self.head, id=numbers[0]))

    def wait(self, event, count=1, **match):
        return self.control("mock_wait", {"event": event, "match": match, "count": count, "from": 1})

    def said(self, connection=1):
        """What the relay saw from the node on a connection."""
        return self.relay.connections[connection - 1].said

    def frames(self, connection=1):
        """Frames of the node that are no pings."""
        return [f for f in self.said(connection).frames.frames if f.opcode != 9]

    def events(self):
        return Events(self.space)

    def did(self, name, *actions, times=1):
        """Asserts that the rule fired so often, and by these actions each time. Gives the events."""
        events = self.events()
        fired = events.fired(name)
        assert len(fired) == times, f"{name} fired {len(fired)} times, expected {times}: {events.told()}"
        for event in fired:
            assert event["did"] == list(actions), event
        return events
