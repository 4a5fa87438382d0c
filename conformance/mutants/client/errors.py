"""How a call can end without a value. Each kind is a class, so that a caller can tell an answer from a loss: an error is
never a default."""


class CallError(Exception):
    """Any of them; `outcome` is its kind in a word."""

    outcome = "other"


class RpcError(CallError):
    """The node answered with an error: its own code, message and data."""

    outcome = "rpc"

    def __init__(self, error):
        super().__init__(error.get("message", ""))
        self.code, self.message = error.get("code"), error.get("message", "")
        self.data = {"data": error["data"]} if "data" in error else {}


class Undecodable(CallError):
    """What the node sent is no value of the type that it should have."""

    outcome = "decode"


class Violation(CallError):
    """What the node sent breaks JSON-RPC or WebSocket; `code` is what a close frame says of it."""

    outcome = "protocol"

    def __init__(self, message, code=1002):
        super().__init__(message)
        self.code = code


class TooMuch(CallError):
    outcome = "limit"


class NotConnected(CallError):
    """No node was reached, or it refused the handshake."""

    outcome = "connect"


class Refused(NotConnected):
    """A handshake was answered with another status; `wait` is its Retry-After in seconds, or None."""

    def __init__(self, status, wait):
        super().__init__(f"the handshake was answered with status {status}")
        self.status, self.wait = status, wait


class Lost(CallError):
    """The connection ended, with `code` of a close frame if there was one; `sent` if the request may have reached the node."""

    outcome = "closed"

    def __init__(self, message, code=None, sent=True):
        super().__init__(message)
        self.code, self.sent = code, sent


class Closed(CallError):
    """The user closed the client."""

    outcome = "closed"


class Late(CallError):
    """The deadline of the call passed."""

    outcome = "timeout"


class Indeterminate(CallError):
    """A write was lost on its way: whether the node carried it out is unknown."""

    outcome = "indeterminate"


class NotFound(CallError):
    outcome = "not_found"


class WrongArgument(CallError):
    outcome = "argument"
