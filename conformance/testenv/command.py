"""The `subtensor` command: run to its end, or as an adapter that is talked to."""

import json
import queue
import subprocess
import threading

from .paths import PATIENCE, SUBTENSOR

WAIT = 20 * PATIENCE


def subtensor(*arguments, url=None, **options):
    """The command, run to its end."""
    network = ["--network", url] if url else []
    return subprocess.run(
        [*SUBTENSOR, *network, *map(str, arguments)], capture_output=True, text=True,
        stdin=subprocess.DEVNULL, timeout=60 * PATIENCE, check=False, **options,
    )


def value(*arguments, url):
    """The answer, from one line of JSON. Numbers stay as they are written."""
    done = subtensor(*arguments, url=url)
    assert (done.returncode, done.stderr) == (0, ""), (done.returncode, done.stderr)
    assert done.stdout.count("\n") == 1 and done.stdout.endswith("\n"), done.stdout[:200]
    return json.loads(done.stdout)


class Adapter:
    """An adapter as a child process. Its lines are read as they come."""

    wait = WAIT  # for a line

    def __init__(self, url, *options):
        self.process = subprocess.Popen(
            [*SUBTENSOR, *options, "adapter", url], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        self._start_reading()

    def _start_reading(self):
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.hello = self.event()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(WAIT)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            pipe.close()

    def send(self, line):
        text = line if isinstance(line, str) else json.dumps(line)
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def line(self):
        """The text of the next event."""
        line = self.lines.get(timeout=self.wait)
        assert line is not None, f"the adapter ended: {self.process.stderr.read()}"
        return line

    def event(self):
        return json.loads(self.line())

    def ends(self, count):
        """The next events, which must be that many ends, of different calls: {id: event}."""
        found = {}
        for _ in range(count):
            event = self.event()
            assert event["event"] == "end" and event["id"] not in found, event
            found[event["id"]] = event
        return found

    def ask(self, function, *args, **members):
        """The end of one call, all alone."""
        self.send({"op": "call", "id": "ask", "function": function, "args": list(args), **members})
        return self.ends(1)["ask"]

    def stats(self):
        self.send({"op": "stats", "id": "stats"})
        event = self.event()
        assert event["event"] == "stats", event
        return event

    def finish(self):
        """Ends the input; gives the events that were left and the exit status. Nothing may be said behind
        the last event, nor on standard error."""
        self.process.stdin.close()
        status = self.process.wait(WAIT)
        self.reader.join(WAIT)
        left = []
        while (line := self.lines.get(timeout=WAIT)) is not None:
            left.append(json.loads(line))
        assert self.process.stderr.read() == ""
        return left, status
