"""An adapter as a process: commands go in, events come out, each line with the time of CLOCK_MONOTONIC that the node's journal
has, too. Its lines are read by a thread that gives them on."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

from testenv.paths import ROOT

sys.path.insert(0, str(ROOT / "conformance" / "adapters" / "kit" / "python"))

from adapterkit.schema import event_problem  # behind its path


class Adapter:
    """`give` is called with each record that is made: {"t", "sent"|"got"|"note"}, and with None at the end of its output."""

    def __init__(self, client, give, errors):
        self.client, self.give = client, give
        self.process = subprocess.Popen(
            client.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, bufsize=1,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **client.environment}, start_new_session=True)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def record(self, kind, what):
        self.give({"t": time.monotonic_ns(), kind: what})

    def read(self):
        for line in self.process.stdout:
            try:
                event = json.loads(line)
                problem = event_problem(event)
            except ValueError as error:
                event, problem = None, f"no JSON: {error}"
            if problem:
                self.record("note", {"bad_line": line.rstrip("\n")[:500], "why": problem})
            else:
                self.record("got", event)
        self.give(None)

    def send(self, command):
        self.record("sent", command)
        try:
            self.process.stdin.write(json.dumps(command) + "\n")
            self.process.stdin.flush()
        except (BrokenPipeError, ValueError):
            pass  # its end is told by its output

    def finish(self):
        """No more commands come."""
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass

    def kill(self):
        """Ends it and whatever it has started."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def status(self, patience):
        """Its exit status, or None when it does not end."""
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            return None
        finally:
            self.kill()
