"""What an adapter says of its client: the class to derive from, how a call fails, and how values are written."""

MISSING = object()
EXACT = 2**53 - 1  # what every reader of JSON keeps


class Failed(Exception):
    """A call has no value: `outcome` is one of the protocol's, and the rest what the node or the client said."""

    def __init__(self, outcome, message="", code=None, data=MISSING):
        super().__init__(message)
        self.outcome, self.message, self.code, self.data = outcome, message, code, data


class Value:
    """A value of which the client tells whether it is there: `presence` is present, default or absent."""

    def __init__(self, value, presence):
        self.value, self.presence = value, presence


def canonical(value):
    """A decoded value in canonical JSON: bytes as hex, great integers as texts."""
    if isinstance(value, (bytes, bytearray)):
        return "0x" + value.hex()
    if isinstance(value, int) and not isinstance(value, bool):
        return value if -EXACT <= value <= EXACT else str(value)
    if isinstance(value, dict):
        return {name: canonical(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [canonical(inner) for inner in value]
    return value


class Client:
    """One handle of the client under test. An adapter derives from it and defines what its client has: all methods
    with `async def`, or none of them. What `can` does not name is never called. ../../../README.md lists the methods."""

    name, version, language = "", "", "Python"
    can = {"modes": ["serial"]}

    def __init__(self, urls, **options):
        """Connects nothing yet."""
        self.urls, self.options = urls, options

    def connect(self):
        """Connects."""

    def close(self):
        """Closes, as users are told to."""

    def function(self, ask, name, args):
        """One of can["functions"]; a client with many of them may define this in their place."""
        method = getattr(self, name.replace("-", "_"))
        return method(ask, **args) if isinstance(args, dict) else method(ask, *args)

    def pending(self):
        """Requests that the client still keeps, or None."""

    def subscriptions(self):
        """Subscriptions that the client still keeps, or None."""

    @staticmethod
    def failure(error):
        """The Failed that an exception of the client is."""
        return Failed("other", f"{type(error).__name__}: {error}")
