"""A page in headless Chromium, driven by the DevTools protocol: opened with or without scripts, light or dark, at any width; clicked,
typed into, asked and pictured."""

import base64
import contextlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from websockets.sync.client import connect

from .paths import PATIENCE

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Page:
    """One tab. `call` sends a command and gives its result; events that come meanwhile are kept until they are waited for."""

    def __init__(self, socket, session):
        self.socket, self.session, self.numbers, self.events = socket, session, itertools.count(1), []

    def hear(self):
        return json.loads(self.socket.recv(timeout=60 * PATIENCE))

    def call(self, method, **params):
        number = next(self.numbers)
        asked = {"id": number, "method": method, "params": params}
        self.socket.send(json.dumps({**asked, "sessionId": self.session} if self.session else asked))
        while (said := self.hear()).get("id") != number:
            self.events.append(said)
        if "error" in said:
            raise RuntimeError(f"{method}: {said['error']['message']}")
        return said["result"]

    def event(self, method):
        while not any(said.get("method") == method for said in self.events):
            self.events.append(self.hear())
        self.events = [said for said in self.events if said.get("method") != method]

    def open(self, path, fragment="", scripts=True, scheme="light", width=1280, height=900):
        self.call("Page.enable")
        self.call("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Page.navigate", url="about:blank")
        self.event("Page.loadEventFired")
        self.call("Page.navigate", url=Path(path).resolve().as_uri() + fragment)
        self.event("Page.loadEventFired")

    def ask(self, expression):
        """The value of an expression in the page; asking works where scripts are off, too."""
        said = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in said:
            raise RuntimeError(said["exceptionDetails"].get("exception", {}).get("description") or said["exceptionDetails"]["text"])
        return said["result"].get("value")

    def shows(self, selector):
        """Whether there is such an element that a person can see."""
        return self.ask(f"[...document.querySelectorAll({json.dumps(selector)})].some(one => one.checkVisibility())")

    def click(self, selector):
        """With the mouse, in the middle of the first such element."""
        box = self.ask(f"(() => {{ const one = document.querySelector({json.dumps(selector)}); one.scrollIntoView({{block: 'center'}});"
                       " const box = one.getBoundingClientRect(); return [box.x + Math.min(box.width / 2, 40), box.y + Math.min(box.height / 2, 12)] })()")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)
        self.settle()

    def press(self, key, code):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **({"text": "\r"} if key == "Enter" and kind == "keyDown" else {}))
        self.settle()

    def type(self, words):
        self.call("Input.insertText", text=words)
        self.settle()

    def settle(self):
        """Two frames were drawn."""
        self.call("Page.captureScreenshot", format="jpeg", quality=1)

    def picture(self, path, whole=False):
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        Path(path).write_bytes(base64.b64decode(data))


@contextlib.contextmanager
def browser():
    """A page of a Chromium of its own, which reaches nothing but files."""
    if PROGRAM is None:
        raise RuntimeError("there is no Chromium here; on Debian: apt-get install chromium fonts-dejavu-core")
    folder = tempfile.mkdtemp(prefix="browser-")
    with open(Path(folder) / "stderr", "w+") as said:
        process = subprocess.Popen(
            [PROGRAM, "--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0", f"--user-data-dir={folder}/profile",
             "--no-first-run", "--disable-extensions", "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND",
             "--hide-scrollbars", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)
        try:
            for line in process.stderr:
                said.write(line)
                if "DevTools listening on " in line:
                    break
            else:
                raise RuntimeError("Chromium does not start: " + Path(said.name).read_text())
            with connect(line.split("listening on ", 1)[1].strip(), max_size=None, proxy=None) as socket:
                root = Page(socket, None)
                target = root.call("Target.createTarget", url="about:blank")["targetId"]
                session = root.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
                yield Page(socket, session)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            shutil.rmtree(folder, ignore_errors=True)
