"""What the node's sockets do, seen from a socket that shares no code with them: the shape of each message, how
connections are answered, kept, cut and closed, and what breaks RFC 6455. The tool does as it is told, plain and over
TLS; what the node itself promises is tried on the node."""

import json
import string

import pytest

from testenv.certificate import Certificate
from testenv.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, encode
from testenv.node import Node
from testenv.paths import FIXTURE
from testenv.raw import Raw, Tool, code_of, hello
from testenv.rpc import request

pytestmark = pytest.mark.core


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return Certificate(tmp_path_factory.mktemp("wire"), "localhost")


@pytest.fixture(params=["plain", "tls"])
def tool(request, certificate):
    with Tool(certificate if request.param == "tls" else None) as tool:
        yield tool


@pytest.fixture
def plain():
    with Tool() as tool:
        yield tool


def frame(opcode, payload=b"", **how):
    return encode(opcode, payload.encode() if isinstance(payload, str) else payload, **how)


def letters(size):
    return (string.ascii_lowercase * (size // 26 + 1))[:size].encode()


# ---- shapes ----


@pytest.mark.parametrize("words, first, fragments", [
    ("", 0x81, [60]),
    ("binary", 0x82, [60]),
    ("fragments=3", 0x01, [20, 20, 20]),
    ("fragments=7", 0x01, [9, 9, 9, 9, 9, 9, 6]),
    ("fragments=100", 0x01, [1] * 60 + [0] * 40),
    ("each_byte", 0x01, [1] * 60),
    ("cut=0 cut=1 cut=59 cut=60", 0x01, [0, 1, 58, 1, 0]),
    ("rsv=4", 0xC1, [60]),
    ("rsv=3 fragments=2", 0x31, [30, 30]),
    ("opcode=3", 0x83, [60]),
    ("opcode=15", 0x8F, [60]),
    ("no_start", 0x80, [60]),
    ("no_start fragments=2", 0x00, [30, 30]),
])
@pytest.mark.parametrize("mask", ["", "mask"])
def test_frames_of_a_shape(tool, words, first, fragments, mask):
    with tool.raw() as raw:
        raw.say(f"send 60 {words} {mask}".strip())
        frames = [raw.frame() for _ in fragments]
        raw.say("echo behind")
        assert raw.text() == "behind"
    head = frames[0]
    assert head.final << 7 | head.rsv << 4 | head.opcode == first
    assert [len(one.payload) for one in frames] == fragments
    assert b"".join(one.payload for one in frames) == letters(60)
    assert all(one.masked == bool(mask) for one in frames)
    assert [one.final for one in frames] == [False] * (len(frames) - 1) + [True]
    assert all((one.opcode, one.rsv) == (CONTINUATION, 0) for one in frames[1:])


def test_pings_between_fragments(tool):
    with tool.raw() as raw:
        raw.say("send 10 fragments=3 pings=2")
        seen = [raw.frame().opcode for _ in range(7)]
    assert seen == [TEXT, PING, PING, CONTINUATION, PING, PING, CONTINUATION]


def test_what_is_no_utf8(tool):
    with tool.raw() as raw:
        raw.say("send 9 utf8")
        got = raw.frame()
    assert (got.opcode, got.final) == (TEXT, True)
    assert got.payload == b"abcd\xfffghi"


def test_control_frames_before_a_message(tool):
    with tool.raw() as raw:
        raw.say("send 5 long_control after_close")
        ping, close, text = raw.frame(), raw.frame(), raw.frame()
    assert (ping.opcode, len(ping.payload), ping.final) == (PING, 126, True)
    assert (close.opcode, close.code) == (CLOSE, 1000)
    assert text.payload == letters(5)


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65535, 65536, 1000000])
def test_a_plain_message_is_one_frame(tool, size):
    with tool.raw() as raw:
        raw.say(f"send {size}")
        got = raw.frame()
    assert got.payload == letters(size) and got.final and got.opcode == TEXT
    assert got.size == size + (2 if size < 126 else 4 if size < 65536 else 10)


@pytest.mark.parametrize("size, words, bytes_before", [
    (60, "reset=0", 0), (60, "reset=1", 1), (60, "reset=62", 62), (60, "reset=50%", 31), (60, "reset=1000", 62),
    (60, "end=0", 0), (60, "end=17", 17), (60, "end=100%", 62), (200, "end=2", 2), (200, "end=3", 3),
    (60, "end=20 dribble=1", 20), (60, "fragments=3 end=23", 23),
])
def test_a_message_that_is_severed(tool, size, words, bytes_before):
    with tool.raw() as raw, tool.raw() as other:
        other.say("#1 echo before")
        assert raw.text() == "before"
        other.say(f"#1 send {size} {words}")
        rest, how = raw.rest()
        if words.startswith("reset"):
            assert how == "reset" and len(rest) <= bytes_before
        else:
            assert (how, len(rest)) == ("cut" if tool.tls else "end", bytes_before)
        by = "reset" if words.startswith("reset") else "node"
        assert tool.log(other)[-1] == f"closed 1 {by} 0 "


@pytest.mark.parametrize("at, before", [("0", 0), ("1", 1), ("3", 3), ("50%", 502), ("100%", 1004)])
def test_a_message_that_pauses(tool, at, before):
    with tool.raw() as raw, tool.raw() as other:
        other.say(f"#1 send 1000 pause={at}")
        other.say("#1 echo behind")
        assert raw.take(before) == (frame(TEXT, letters(1000), mask=False)[:before])
        assert tool.log(other)  # the tool lives on, and nothing more comes
        assert raw.buffer == b""
        other.say("#1 resume")
        assert raw.take(1004 - before) == frame(TEXT, letters(1000), mask=False)[before:]
        assert raw.text() == "behind"


def test_resuming_before_a_pause_and_without_one(tool):
    """Each pause needs one resume, which may come first; one for nothing is no credit for later."""
    with tool.raw() as raw, tool.raw() as other:
        other.say("#1 resume")
        other.send(frame(TEXT, "#1 cork 1"), frame(TEXT, "#1 send 10 pause=1"), frame(TEXT, "#1 send 10 pause=5"),
                   frame(TEXT, "#1 resume"), frame(TEXT, "#1 cork 0"), frame(TEXT, "#1 ping x"))
        assert raw.take(12 + 5) == (frame(TEXT, letters(10), mask=False) * 2)[:17]
        assert tool.log(other) and not raw.buffer
        other.say("#1 resume")
        assert raw.take(7) == letters(10)[-7:]
        assert raw.frame().opcode == PING


def test_a_dribble_is_all_there(tool):
    with tool.raw() as raw:
        raw.say("send 1000 dribble=1")
        raw.say("send 1000 dribble=300")
        assert raw.take(2008) == 2 * frame(TEXT, letters(1000), mask=False)


# ---- sockets ----


def test_a_cork_keeps_everything(tool):
    with tool.raw() as other:
        raw = Raw(tool.port, tls=tool.tls)
        raw.send(hello("/corked"))
        while "connecting 2 /corked" not in tool.log(other):
            pass
        for _ in range(3):
            other.say("#2 echo text")
            other.say("#2 ping x")
        assert tool.log(other)[-1] == "connecting 2 /corked", "the commands before have been obeyed"
        raw.socket.settimeout(0.05)
        with pytest.raises(TimeoutError):
            raw.more()
        raw.socket.settimeout(10)
        other.say("#2 cork 0")
        status, _ = raw.head()
        assert status.startswith("HTTP/1.1 101 ")
        if tool.tls is None:  # one write, and so one segment: it is all there at once
            assert len(raw.buffer) == 2 + 3 * (6 + 3)
        assert [raw.frame().opcode for _ in range(7)] == [PING] + [TEXT, PING] * 3
        raw.socket.close()


def test_deaf(tool):
    with tool.raw() as raw, tool.raw() as other:
        raw.say("deaf 1")
        raw.say("echo unheard")
        other.say("#1 echo unsaid")
        other.say("#1 ping x")
        assert not [line for line in tool.log(other) if line.startswith("closed")]
        raw.socket.settimeout(0.05)
        with pytest.raises(TimeoutError):
            raw.more()
        raw.socket.settimeout(10)
        other.say("#1 deaf 0")
        assert raw.text() == "unsaid"
        assert raw.frame().opcode == PING
        assert raw.text() == "unheard"


def test_what_came_behind_a_pause_waits(tool):
    with tool.raw() as raw, tool.raw() as other:
        raw.send(frame(TEXT, "pause 1"), frame(TEXT, "echo one"), frame(PING, b"p"))
        other.say("#1 echo first")
        assert raw.text() == "first"
        raw.say("echo two")
        assert "ping 1 p" not in tool.log(other)
        other.say("#1 pause 0")
        assert raw.text() == "one"
        assert raw.frame().opcode == PONG
        assert raw.text() == "two"


def test_reset(tool):
    with tool.raw() as raw, tool.raw() as other:
        other.say("#1 reset")
        assert raw.rest() == (b"", "reset")
        assert tool.log(other)[-1] == "closed 1 reset 0 "


def test_a_reset_among_what_waited(tool):
    with tool.raw() as raw, tool.raw() as other:
        raw.send(frame(TEXT, "pause 1"), frame(TEXT, "reset"), frame(TEXT, "echo no"))
        other.say("#1 echo first")
        assert raw.text() == "first"
        other.say("#1 pause 0")
        assert raw.rest() == (b"", "reset")


def test_end(tool):
    with tool.raw() as raw, tool.raw() as other:
        other.say("#1 echo last")
        other.say("#1 end")
        assert raw.text() == "last"
        assert raw.rest() == (b"", "cut" if tool.tls else "end")
        if tool.tls is None:
            raw.say("echo unheard")
        assert tool.log(other)[-1] == "closed 1 node 0 "


def test_close_after_what_was_sent(tool):
    with tool.raw() as raw, tool.raw() as other:
        raw.send(frame(TEXT, "send 100000 fragments=3"), frame(TEXT, "close 1008 enough"), frame(TEXT, "echo no"))
        assert sum(len(raw.frame().payload) for _ in range(3)) == 100000
        assert raw.close_frame() == (1008, "enough")
        assert tool.log(other)[-1] == "closed 1 node 1008 enough", "told when it has left, not when it is answered"
        raw.send(frame(CLOSE, code_of(1008)))
        assert raw.rest() == (b"", "end")


@pytest.mark.parametrize("reason, fits", [("x" * 123, "x" * 123), ("x" * 124, "x" * 123), ("é" * 90, "é" * 61),
                                          ("x" * 121 + "€", "x" * 121), ("x" * 120 + "€", "x" * 120 + "€")])
def test_a_long_reason(plain, reason, fits):
    with plain.raw() as raw, plain.raw() as other:
        raw.say(f"close 1011 {reason}")
        assert raw.close_frame() == (1011, fits)
        assert plain.log(other)[-1] == f"closed 1 node 1011 {fits}"


@pytest.mark.parametrize("payload, code", [(b"", None), (code_of(1000), 1000), (code_of(4999, b"bye"), 4999)])
def test_the_peer_closes(tool, payload, code):
    """All that was asked before in the same segment is answered, and then the close is echoed."""
    with tool.raw() as raw, tool.raw() as other:
        raw.send(frame(TEXT, "echo one"), frame(TEXT, "echo two"), frame(CLOSE, payload), frame(TEXT, "echo no"))
        assert (raw.text(), raw.text()) == ("one", "two")
        assert raw.close_frame() == (code, "")
        assert raw.rest() == (b"", "end")
        assert tool.log(other)[-1] == f"closed 1 peer {code or 0} {payload[2:].decode()}"


def test_the_peer_hangs_up(tool):
    with tool.raw() as other:
        raw = tool.raw()
        raw.socket.close()
        while "closed 2 peer 0 " not in tool.log(other):
            pass


def test_pings_and_pongs(tool):
    with tool.raw() as raw, tool.raw() as other:
        for payload in (b"", b"x", b"y" * 125):
            raw.send(frame(PING, payload))
            got = raw.frame()
            assert (got.opcode, got.payload, got.masked) == (PONG, payload, False)
        raw.say("no_pong 1")
        raw.send(frame(PING, b"unanswered"), frame(TEXT, "ping mine"))
        assert raw.frame().payload == b"mine"
        raw.send(frame(PONG, b"mine"), frame(TEXT, "echo on"))
        assert raw.text() == "on"
        log = tool.log(other)
    assert log[-2:] == ["ping 1 unanswered", "pong 1 mine"] and f"ping 1 {'y' * 125}" in log


# ---- handshakes ----


def shake(tool, path):
    raw = Raw(tool.port, tls=tool.tls)
    raw.send(hello(path))
    return raw


def test_a_refused_handshake(tool):
    with shake(tool, "/refused") as raw:
        status, headers, body = raw.answer()
        assert (status, body) == (301, "{}")
        assert headers["content-type"] == "application/json" and headers["location"] == "ws://x/"
        assert headers["connection"] == "close"
        assert raw.rest() == (b"", "end")
    with tool.raw() as other:
        assert not [line for line in tool.log(other) if line.startswith("closed")]


def test_handshakes_that_are_wrong(tool):
    with shake(tool, "/accept") as raw:
        status, headers = raw.head()
        assert status.split()[1] == "101" and headers["sec-websocket-accept"] == "AAAA"
    with shake(tool, "/no_upgrade") as raw:
        status, headers = raw.head()
        assert status.split()[1] == "101" and "upgrade" not in headers
    with shake(tool, "/status") as raw:
        status, headers = raw.head()
        assert status == "HTTP/1.1 200 OK" and headers["upgrade"] == "websocket"


def test_a_handshake_that_is_answered_later(tool):
    with tool.raw() as other, shake(tool, "/later") as accepted, shake(tool, "/later") as refused, \
            shake(tool, "/later") as stalled:
        accepted.send(frame(TEXT, "echo early"))
        while "connecting 4 /later" not in tool.log(other):
            pass
        first = {line.split()[1]: line for line in tool.log(other) if "/later" in line}
        assert set(first) == {"2", "3", "4"}
        other.say("#3 refuse")
        other.say("#2 accept")
        answers = [shaken for shaken in (accepted, refused, stalled) if answered(shaken)]
        assert len(answers) == 2
        for one in answers:
            status, headers = one.head()
            if " 429 " in status:
                assert headers["retry-after"] == "7" and one.take(9) == b"slow down"
            else:
                assert status.startswith("HTTP/1.1 101 ")
        stalled.socket.close(), accepted.socket.close(), refused.socket.close()
        while not [line for line in tool.log(other) if line.startswith("closed 4 peer")]:
            pass


def answered(raw):
    raw.socket.settimeout(0.2)
    try:
        return raw.more() > 0
    except TimeoutError:
        return False
    finally:
        raw.socket.settimeout(10)


# ---- what breaks RFC 6455, on the node itself ----


BROKEN = {
    "unmasked": (frame(TEXT, "x", mask=False), 1002),
    "rsv1": (frame(TEXT, "x", rsv=4), 1002),
    "rsv2": (frame(TEXT, "x", rsv=2), 1002),
    "rsv3": (frame(PING, "x", rsv=1), 1002),
    **{f"opcode {opcode}": (frame(opcode, "x"), 1002) for opcode in (3, 7, 11, 15)},
    "long ping": (frame(PING, "x" * 126), 1002),
    "long close": (frame(CLOSE, code_of(1000, b"x" * 124)), 1002),
    "fragmented ping": (frame(PING, "x", final=False), 1002),
    "fragmented close": (frame(CLOSE, code_of(1000), final=False), 1002),
    "stray continuation": (frame(CONTINUATION, "x"), 1002),
    "message in a message": (frame(TEXT, "x", final=False) + frame(TEXT, "y"), 1002),
    "half a code": (frame(CLOSE, b"\x03"), 1002),
    **{f"code {code}": (frame(CLOSE, code_of(code)), 1002)
       for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535)},
    "reason": (frame(CLOSE, code_of(1000, b"\xff")), 1007),
    "text": (frame(TEXT, b'{"a":"\xc0\xaf"}'), 1007),
    "surrogate": (frame(TEXT, b"\xed\xa0\x80"), 1007),
    "text in fragments": (frame(TEXT, b"\xe2", final=False) + frame(CONTINUATION, b"\x82"), 1007),
    "length of 2^63": (b"\x81\xff\x80" + bytes(7) + bytes(4), 1002),
    "length too wide": (b"\x81\xfe\x00\x01" + bytes(4) + b"x", 1002),
    "length far too wide": (b"\x81\xff" + (65535).to_bytes(8, "big") + bytes(4), 1002),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_breaks_the_protocol(node, name):
    """A call before it is answered, then it is said what is wrong, and nothing behind it is heard."""
    broken, code = BROKEN[name]
    with Raw(node.port, "/") as raw:
        raw.send(frame(TEXT, request("system_chain")), broken, frame(TEXT, request("system_name")))
        assert json.loads(raw.text())["result"]
        got, reason = raw.close_frame()
        assert got == code and reason
        assert raw.rest() == (b"", "end")


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, *range(1007, 1015), 3000, 4999])
def test_codes_that_may_be_sent(node, code):
    with Raw(node.port, "/") as raw:
        raw.send(frame(CLOSE, code_of(code, "grüße".encode())))
        assert raw.close_frame() == (code, "")


def test_what_is_refused_is_told(plain):
    with plain.raw() as raw, plain.raw() as other:
        raw.send(frame(TEXT, b"\xff" * 100))
        assert raw.close_frame()[0] == 1007
        assert "refused 1 a text that is not UTF-8, 100, 64" in plain.log(other)


@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_fragments_make_a_message(node, opcode):
    """In pieces of any size, control frames between them; binary like text."""
    text = request("system_chain", "é" * 200).encode()
    with Raw(node.port, "/") as raw:
        raw.send(frame(TEXT, request("system_chain")))
        want = raw.text()
        cuts = [0, 1, 17, 17, 150, len(text)]
        pieces = [frame(opcode if i == 0 else CONTINUATION, text[a:b], final=b == len(text))
                  + frame(PING, bytes([i])) for i, (a, b) in enumerate(zip(cuts, cuts[1:]))]
        for byte in b"".join(pieces):
            raw.send(bytes([byte]))
        frames = [raw.frame() for _ in range(6)]
    assert [one.payload for one in frames if one.opcode == PONG] == [bytes([i]) for i in range(5)]
    assert [one.payload.decode() for one in frames if one.opcode == TEXT] == [want]


def test_too_large_a_message_is_answered_at_its_header(node):
    with Raw(node.port, "/") as raw:
        raw.send(frame(TEXT, b"", length=1 << 62)[:14])
        assert json.loads(raw.text())["error"]["code"] == -32007


def test_too_many_fragments_are_answered_once(plain):
    with plain.raw() as raw:
        raw.send(frame(TEXT, "a" * 60000, final=False), frame(CONTINUATION, "b" * 60000, final=False),
                 frame(PING), frame(CONTINUATION, "c" * 60000, final=False), frame(CONTINUATION, "d"))
        assert raw.text() == "oversize"
        assert raw.frame().opcode == PONG
        raw.say("echo on")
        assert raw.text() == "on"


# ---- who may come in ----


@pytest.fixture(scope="module")
def hosted():
    with Node(FIXTURE, "--allow-host", "other", "--allow-host", "my.node") as node:
        yield node


@pytest.mark.parametrize("host, status", [
    ("localhost", 101), ("LOCALHOST:9944", 101), ("127.0.0.1", 101), ("127.0.0.1:1", 101), ("10.1.2.3:9944", 101),
    ("[::1]", 101), ("[::1]:9944", 101), ("[fe80::1]:80", 101), ("my.node", 101), ("My.Node:80", 101), ("", 101),
    ("[::1]evil.example", 403), ("localhost:80:90", 403), ("127.0.0.1:http", 403),
    ("localhost:", 101), ("[::1]:", 101),
    ("evil.example", 403), ("localhost.evil.example", 403), ("127.0.0.1.evil.example", 403), ("x", 403),
    ("my.node.x", 403), ("[::1", 403), ("::1", 403), ("1.2.3", 403), ("localhost\t.x", 403), ("a" * 300, 403),
])
def test_names_of_the_node(hosted, host, status):
    with Raw(hosted.port) as raw:
        raw.send(hello(host=host))
        line, _ = raw.head()
        assert int(line.split()[1]) == status


def test_each_request_is_judged_by_its_own_host_and_origin(node):
    def post(host, *headers, target="/s/judged"):
        body = request("mock_stats")
        return "\r\n".join([f"POST {target} HTTP/1.1", f"Host: {host}", "Content-Type: application/json",
                            f"Content-Length: {len(body)}", *headers, "", body]).encode()

    with Raw(node.port) as raw:
        raw.send(post("localhost"))
        assert "result" in json.loads(raw.answer()[2])
        raw.send(post("localhost", "Origin: http://evil.example"))
        assert json.loads(raw.answer()[2])["error"]["code"] == -32601
        raw.send(post("localhost"))
        assert "result" in json.loads(raw.answer()[2])
        before = node.space("judged").control("mock_sockets")["hosts_refused"]
        raw.send(post("localhost", target="http://evil.example/s/judged"))
        assert raw.answer()[0] == 403
        assert node.space("judged").control("mock_sockets")["hosts_refused"] == before + 1
    with Raw(node.port) as raw:
        raw.send(post("localhost", "Host: localhost"))
        assert raw.answer()[0] == 400


@pytest.mark.parametrize("key, status", [
    ("AAAAAAAAAAAAAAAAAAAAAA==", 101), ("+/+/+/+/+/+/+/+/+/+/+/==", 101), ("", 400), ("AAAA", 400), ("A" * 24, 400),
    ("AAAAAAAAAAAAAAAAAAAAAAA=", 400), ("AAAAAAAAAAAAAAAAAAAAA===", 400), ("AAAAAAAAAAAAAAAAAAAAAAAA==", 400),
    ("AAAAAAAAAAAAAAAAAAAAA-==", 400), ("A" * 300, 400),
])
def test_keys_of_a_handshake(node, key, status):
    with Raw(node.port) as raw:
        raw.send(hello(key=key))
        line, _ = raw.head()
        assert int(line.split()[1]) == status


@pytest.mark.parametrize("target", ["/s/a%00b", "/s/a?as=l%00x", "/%00", "/s/%01", "/s/a%7f", "/s/a%0a", "/s/a%2500"])
@pytest.mark.parametrize("kind", ["websocket", "post"])
def test_names_with_bytes_in_hiding(node, target, kind):
    body = request("system_chain")
    with Raw(node.port) as raw:
        raw.send(hello(target) if kind == "websocket" else
                 f"POST {target} HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
                 f"{body}".encode())
        assert raw.answer()[0] == 404


# ---- memory that a peer can make the node spend ----


def memory(speaker):
    """What the tool has allocated, asked by one of its connections."""
    speaker.say("memory")
    return int(speaker.text())


def test_who_does_not_read_is_not_read_from(plain):
    """A thousand answers of 1 MB are asked for by one segment; what is written for them stays far below that."""
    with plain.raw(buffer=4096) as raw, plain.raw() as other:
        before = memory(other)
        raw.send(frame(TEXT, "send 1000000") * 1000)
        assert len(raw.frame().payload) == 1000000
        assert memory(other) - before < 5e6


def test_who_is_sent_too_much_is_given_up(plain):
    with plain.raw(buffer=4096), plain.raw() as other:
        for _ in range(20):
            other.say("#1 send 1000000")
        while "closed 1 node 0 too much is unsent" not in plain.log(other):
            pass


def test_an_idle_connection_holds_little(plain):
    """Whatever went through it before: its struct, and no buffers."""
    with plain.raw() as raw:
        before = memory(raw)
        others = [plain.raw() for _ in range(50)]
        for other in others:
            other.send(frame(TEXT, "x" * 90000, final=False), frame(CONTINUATION, "y" * 5000))
            assert other.text() == "95000"
            other.say("send 500000")
            other.frame()
            other.send(frame(PING, "last"))
            other.frame()
        assert memory(raw) - before < 50 * 1000
        for other in others:
            other.socket.close()


# ---- as a client, which the recorder is ----


def until(tool, speaker, line):
    while not [said for said in tool.log(speaker) if line in said]:
        pass


@pytest.fixture(params=["plain", "tls"])
def pair(request, certificate):
    """A server, and a tool that dials it; its URL."""
    tls = request.param == "tls"
    with Tool(certificate if tls else None) as server, Tool(trusts=certificate) as client:
        yield server, client, f"{'wss' if tls else 'ws'}://localhost:{server.port}"


def test_a_client_talks(pair):
    server, client, url = pair
    with client.raw() as raw, server.raw() as direct:
        raw.send(frame(TEXT, f"dial {url}/some/path?x=1"), frame(TEXT, "tell echo_early"))
        until(client, raw, "upstream said 5 early")
        assert "connecting 2 /some/path" in server.log(direct)
        raw.say("tell send_500000_fragments=3")
        until(client, raw, f"upstream said 500000 {letters(40).decode()}")
        raw.say("tell send_5_each_byte_pings=1")
        until(client, raw, "upstream said 5 abcde")
        direct.say("#2 ping hello")
        until(server, direct, "pong 2 hello")
        raw.say("hang_up")
        until(server, direct, "closed 2 peer 1000 ")


@pytest.mark.parametrize("told, heard", [
    ("close 1008 enough", "it closed with 1008: enough"), ("end", "hung up"), ("reset", "hung up"),
    ("send 5 mask", "a frame of a server is masked"), ("send 5 rsv=1", "a reserved bit"),
    ("send 5 no_start", "a continuation without a beginning"), ("send 5 utf8", "not UTF-8"),
])
def test_a_client_says_why_it_is_over(pair, told, heard):
    server, client, url = pair
    with client.raw() as raw, server.raw() as direct:
        raw.say(f"dial {url}")
        until(server, direct, "connecting 2")
        direct.say(f"#2 {told}")
        until(client, raw, "upstream closed")
        assert heard in client.log(raw)[-1]


@pytest.mark.parametrize("path, heard", [
    ("/refused", "answered with 301"), ("/accept", "another one's"), ("/no_upgrade", "another one's"),
    ("/status", "answered with 200"),
])
def test_a_client_looks_at_the_handshake(pair, path, heard):
    _, client, url = pair
    with client.raw() as raw:
        raw.say(f"dial {url}{path}")
        until(client, raw, "upstream closed")
        assert heard in client.log(raw)[-1]


def test_certificates_that_a_client_does_not_trust(certificate, tmp_path):
    stranger = Certificate(tmp_path, "stranger")
    with Tool(certificate) as server, Tool(trusts=stranger) as client, client.raw() as raw:
        raw.say(f"dial wss://localhost:{server.port}")
        until(client, raw, "upstream closed")
        assert "its certificate is not trusted: self-signed" in client.log(raw)[-1]
    with Tool(stranger) as server, Tool(trusts=stranger) as client, client.raw() as raw:
        raw.say(f"dial wss://localhost:{server.port}")
        until(client, raw, "upstream closed")
        assert "ostname mismatch" in client.log(raw)[-1]


def test_what_a_client_cannot_reach(plain, certificate):
    with Tool(trusts=certificate) as client, client.raw() as raw:
        raw.say(f"dial wss://127.0.0.1:{plain.port}")
        until(client, raw, "upstream closed")
        assert "no TLS" in client.log(raw)[-1]
    with Tool() as client, client.raw() as raw:
        raw.say("dial ws://127.0.0.1:1")
        until(client, raw, "upstream closed: Connection refused")
    for url in ("http://x", "ws://", "ws://a:b", "ws://a:0", "ws://a:65536", "ws://user@x", "ws://[::1", ""):
        with Tool() as client, client.raw() as raw:
            raw.say(f"dial {url}")
            until(client, raw, "no upstream: upstream")


# ---- all of it at once ----


COMMANDS = ["echo x", "send 3000", "send 70000 fragments=3 pings=1", "send 50 dribble=1", "send 500 pause=50%",
            "send 100 reset=50%", "send 100 end=10", "send 20 each_byte mask", "send 9 utf8", "send 5 after_close",
            "close 1008 enough", "end", "reset", "deaf 1", "deaf 0", "pause 1", "pause 0", "cork 1", "cork 0", "no_pong 1",
            "no_pong 0", "resume", "flush", "ping x", "accept", "refuse", "memory"]


def storm(tool, rng, raws):
    """Commands, pieces of frames and ends, of anybody for anybody."""
    for _ in range(rng.randrange(1, 6)):
        raw = rng.choice(raws)
        pieces = [frame(TEXT, f"#{rng.randrange(2, 40)} {rng.choice(COMMANDS)}") for _ in range(rng.randrange(1, 9))]
        pieces.insert(rng.randrange(len(pieces) + 1), rng.choice(
            [b"", frame(PING, b"p"), frame(PONG), frame(CLOSE, code_of(1000)), frame(TEXT, b"\xff"),
             rng.randbytes(rng.randrange(20)), frame(TEXT, "y" * 90000), frame(TEXT, "z" * 120000)]))
        data = b"".join(pieces)
        cut = rng.randrange(len(data) + 1)
        try:
            raw.socket.settimeout(0.001)
            raw.send(data[:cut])
            raw.send(data[cut:])
            raw.more()
        except (OSError, AssertionError):
            pass
        if rng.random() < 0.2:
            raw.socket.close()


def test_a_storm(tool, rng):
    """Whatever connections are told, in whatever order: the tool lives on, and forgets them all."""
    with tool.raw() as quiet:
        before = memory(quiet)
        for _ in range(6):
            raws = []
            for _ in range(6):
                raws.append(Raw(tool.port, tls=tool.tls))
                raws[-1].send(hello(rng.choice(["/", "/", "/", "/later", "/corked", "/accept", "/refused"])))
            for _ in range(12):
                storm(tool, rng, raws)
            for raw in raws:
                raw.socket.close()
            quiet.say("echo here")
            assert quiet.text() == "here"
        for number in range(2, 38):
            quiet.say(f"#{number} reset")
        while memory(quiet) - before > 300000:  # the tool's log is in it
            pass
