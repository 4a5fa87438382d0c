"""A run: the plan of cells, nodes that serve them, drivers side by side, verdicts as they come."""

import json
import queue
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from testenv.node import Node
from testenv.paths import PATIENCE, ROOT
from .adapter import Adapter
from .cell import lacking, make_cell
from .driver import Driver
from .expectations import FINE, Expectations
from .judge import judged
from .problem import Problem
from .results import results_of

WATCHDOG = 15 * PATIENCE  # seconds in which nothing happens


@dataclass
class Options:
    seed: int = 1
    repeat: int = 1
    jobs: int = 2
    modes: tuple = ()
    patience: float = WATCHDOG
    out: Path | None = None


def hello_of(client, patience=WATCHDOG):
    """What an adapter says of itself."""
    heard = queue.Queue()
    adapter = Adapter(client, heard.put, subprocess.DEVNULL)
    try:
        record = heard.get(timeout=4 * patience)
        while record is not None and "got" not in record:
            record = heard.get(timeout=4 * patience)
    except queue.Empty:
        record = None
    finally:
        adapter.finish()
        status = adapter.status(patience)
    if record is None or record["got"]["event"] != "hello":
        raise Problem(f"{client.name}: the adapter says no hello (exit status {status}); its command is {' '.join(map(str, client.command))}")
    hello = record["got"]
    if 1 not in hello["protocols"]:
        raise Problem(f"{client.name}: it speaks protocol {hello['protocols']}, and 1 is needed")
    return hello


class Run:
    """Plays pairs of a client and a case. `progress` is called with each cell that is judged, and how many there are."""

    def __init__(self, pairs, options, progress):
        self.pairs, self.options, self.progress = pairs, options, progress
        self.clients = list({client.name: client for client, _ in pairs}.values())
        self.cases = list({case.name: case for _, case in pairs}.values())
        self.out = Path(options.out)
        self.lock = threading.Lock()
        self.cells, self.hellos, self.expected = [], {}, {}
        self.expecting = True  # mutants are red, and their entries say where

    def fixtures(self):
        names = {fixture for case in self.cases for fixture, _ in case.scripts.values()}
        return [ROOT / "fixtures" / name for name in sorted(names)]

    def play(self):
        """Plays every cell and gives the results."""
        for client in self.clients:
            self.hellos[client.name] = hello_of(client)
            self.expected[client.name] = Expectations(client.folder / "expected.toml" if client.folder and not client.bug else None)
        with Node(*self.fixtures(), "--max-spaces", 1000) as node:
            self.node = node
            with ThreadPoolExecutor(self.options.jobs) as pool:
                for future in [pool.submit(self.one, client, case) for client, case in self.pairs]:
                    future.result()
        self.cells.sort(key=lambda cell: (cell["client"], cell["group"], cell["case"], cell["mode"]))
        return self.cells

    def one(self, client, case):
        """A case on a client in all of its modes, serial first, with which the others are compared."""
        serial = None
        modes = [mode for mode in ("serial", "threaded", "gathered", "shared") if mode in case.modes]
        for mode in modes:
            if self.options.modes and mode not in self.options.modes and mode != "serial":
                continue
            history, cell = self.cell(client, case, mode, serial)
            serial = history if mode == "serial" else serial
            if not self.options.modes or mode in self.options.modes:
                with self.lock:
                    self.cells.append(cell)
                    self.progress(cell, len(self.cells))

    def cell(self, client, case, mode, serial):
        hello, began = self.hellos[client.name], time.monotonic()
        told = {"client": client.name, "group": case.group, "case": case.name, "mode": mode, "command": repeats(client, case, mode, self.options)}
        if why := lacking(case, mode, hello["can"]):
            return None, self.compared({**told, "verdict": "UNIMPLEMENTED", "findings": [], "why": why, "folder": None, "seconds": 0.0})
        verdicts, history = [], None
        folder = self.out / "cells" / client.name.replace(":", "-") / case.group / case.name / mode
        for _ in range(self.options.repeat):
            history, verdict = self.played(client, case, mode, serial, folder)
            verdicts.append(verdict)
        worst = next((verdict for verdict in verdicts if verdict["verdict"] not in FINE), verdicts[0])
        same = len({verdict["verdict"] for verdict in verdicts}) == 1
        cell = {**told, **worst, "folder": str(folder.relative_to(self.out)), "seconds": round(time.monotonic() - began, 3)}
        if not same:
            count = sum(verdict["verdict"] in FINE for verdict in verdicts)
            cell["verdict"], cell["why"] = "UNSTABLE", f"{count} of {len(verdicts)} were fine"
        return history, self.compared(cell)

    def played(self, client, case, mode, serial, folder):
        cell = make_cell(case, client.name, self.hellos[client.name]["can"], mode, self.options.seed)
        cell.data["can_lazy"] = bool(self.hellos[client.name]["can"].get("lazy"))
        folders = [folder if case.runs == 1 else folder / str(k) for k in range(1, case.runs + 1)]
        for one in folders:
            Driver(cell, client, self.node, one, self.options.patience).play()
        others = [judged(one)[0] for one in folders[1:]]
        return judged(folders[0], serial, others)

    def compared(self, cell):
        """With what is expected of the client."""
        if not self.expecting:
            return {**cell, "expected": None, "as_expected": True}
        expected = self.expected[cell["client"]]
        failed = {finding["check"] for finding in cell["findings"]}
        return {**cell, "expected": expected.of(cell["case"], cell["mode"]), **expected.why(cell["case"]),
                "as_expected": expected.fits(cell["case"], cell["mode"], cell["verdict"], failed)}

    def results(self):
        return results_of(self.options.seed, self.hellos, self.cases, self.cells)

    def write(self, **more):
        self.out.mkdir(parents=True, exist_ok=True)
        results = {**self.results(), **more}
        (self.out / "results.json").write_text(json.dumps(results, indent=1) + "\n")
        return results


def repeats(client, case, mode, options):
    """The command that plays a cell once more."""
    word = client.name if client.folder else " ".join(client.command)
    quoted = f"'{word}'" if " " in word else word
    return f"conformance/conformance run --adapter {quoted} --case {case.name} --mode {mode} --seed {options.seed}"
