"""The benchmark of idle sockets: what a call costs beside many of them, and the memory that each takes."""

import json
import pathlib
import resource
import statistics
import subprocess

from bench import BenchError, Server, client, cores, ratio, say, table

CALL_AIM = 1.2  # times a call beside none
MEMORY_AIM = 4.0  # kB of the process for each, on ws://
WINDOW = 1
PATIENCE_SECONDS = 300  # to open all of them; a TLS handshake each
SPARE_FILES = 256


def raise_limit(files):
    """Servers inherit it. Above the hard limit only root gets."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < files:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (files, max(hard, files)))
        except (ValueError, OSError) as error:
            raise BenchError(f"{files} open files are needed, and the limit is {hard}: {error}; "
                             "--sockets N takes fewer") from error


def certificate(scratch):
    """A key and a certificate that nobody trusts, and nobody needs to."""
    key, cert = scratch / "key.pem", scratch / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", "/CN=localhost", "-keyout", key, "-out", cert],
        check=True, capture_output=True)
    return ["--tls-cert", str(cert), "--tls-key", str(key)]


class Crowd:
    """The idle sockets of one server, held by a process on the clients' core."""

    def __init__(self, options, server, tls):
        self.process = subprocess.Popen(
            ["taskset", "-c", str(cores()[1]), str(pathlib.Path(options.build) / "bench" / "idle"), "--port",
             str(server.port), "--count", str(options.sockets), "--tls", "1" if tls else "0"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if not self.process.stdout.readline():
            raise BenchError(f"idle sockets on {server.name} could not be opened; see above")

    def end(self):
        """How many were lost meanwhile."""
        said, _ = self.process.communicate("", PATIENCE_SECONDS)
        return json.loads(said)["lost"]


def resident_kb(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:")))


def start(options, name, *more):
    return Server(name, [
        str(pathlib.Path(options.build) / "bin" / "mocknode"), "serve", options.fixture, "--port", "0",
        "--max-connections", str(options.sockets + SPARE_FILES), *more])


def memory(options, name, tls, *more):
    """(server, crowd, kB of memory for each of its sockets)"""
    say(f"idle: {options.sockets:,} sockets on {name}")
    server = start(options, name, *more)
    before = resident_kb(server)
    crowd = Crowd(options, server, tls)
    return server, crowd, (resident_kb(server) - before) / options.sockets


def ask_beside(options, servers, workload):
    """Rounds of microseconds for a call, and of processor time, by server."""
    walls, cpus = ({server.name: [] for server in servers} for _ in range(2))
    for turn in range(options.rounds):
        say(f"idle: round {turn + 1} of {options.rounds}")
        for server in servers:
            before = server.cpu_seconds()
            figures = client(f"load on {server.name}", [
                str(pathlib.Path(options.build) / "bench" / "load"), "--port", str(server.port), "--window",
                str(WINDOW), "--ms", str(options.ms), "--workload", str(workload)])
            walls[server.name].append(1e6 / figures["per_second"])
            cpus[server.name].append((server.cpu_seconds() - before) * 1e6 / figures["total"])
    return walls, cpus


def measure(options, workload, scratch):
    raise_limit(options.sockets + SPARE_FILES)
    alone = start(options, "alone")
    found = {"sockets": options.sockets}
    try:
        server, crowd, found["ws_kb"] = memory(options, "ws", False)
        try:
            walls, cpus = ask_beside(options, [alone, server], workload)
            found["lost"] = crowd.end()
        finally:
            server.stop()
        server, crowd, found["wss_kb"] = memory(options, "wss", True, *certificate(scratch))
        try:
            found["lost"] += crowd.end()
        finally:
            server.stop()
    finally:
        alone.stop()
    for name, rounds in (("us", walls), ("cpu_us", cpus)):
        each = [beside / none for none, beside in zip(rounds["alone"], rounds["ws"])]
        found[name] = {"alone": statistics.median(rounds["alone"]), "beside": statistics.median(rounds["ws"]),
                       "ratio": {"median": statistics.median(each), "rounds": each,
                                 "aim": CALL_AIM if name == "us" else None}}
    if found["lost"]:
        raise BenchError(f"{found['lost']} of the idle sockets were lost")
    return found


def report(result):
    found = result.get("idle")
    if not found:
        return
    head = ["a call", "beside none", f"beside {found['sockets']:,} idle", "times (at most)"]
    rows = [[title, f"{found[name]['alone']:.1f} µs", f"{found[name]['beside']:.1f} µs",
             ratio(found[name]["ratio"], most=True)]
            for name, title in (("us", "until its answer"), ("cpu_us", "processor time of the node"))]
    print(table(head, rows) + "\n")
    met = "met" if found["ws_kb"] <= MEMORY_AIM else "missed"
    print(f"memory of the node for each idle socket: {found['ws_kb']:.2f} kB on ws:// ({met}: {MEMORY_AIM:.0f}), "
          f"{found['wss_kb']:.2f} kB on wss://\n")
