"""What is known to be red of a client: `expected.toml` beside its adapter, an entry for each case. A pass where red is expected is
reported as much as a failure where none is.

    [pinned-gather-moving-head]
    serial = "FAIL"            # or HANG, CRASH, NOT-CONCURRENT, NOT-EXERCISED, NON-STRICT; or a list: it varies
    gathered = "FAIL"
    checks = ["values"]        # which checks fail: others would be news
    reason = "an unpinned query asks metadata at one head and storage at another"
    link = "https://…"
"""

import json
import re
import tomllib

from .modes import MODES
from .problem import Problem, known

FINE = ("PASS", "UNIMPLEMENTED", "INFORMATIONAL", "NON-STRICT")


class Expectations:
    def __init__(self, path=None):
        self.path, self.entries = path, {}
        if path is not None and path.exists():
            try:
                self.entries = tomllib.loads(path.read_text())
            except ValueError as error:
                raise Problem(f"{path}: {error}") from error
        for name, entry in self.entries.items():
            known(f"{path}: {name}", entry, (*MODES, "checks", "reason", "link"), ("reason",))
        self.used = set()

    def of(self, case, mode):
        """The verdicts that are expected beside those that are fine, or None."""
        entry = self.entries.get(case, {})
        if mode not in entry:
            return None
        self.used.add((case, mode))
        return entry[mode] if isinstance(entry[mode], list) else [entry[mode]]

    def why(self, case):
        """Its entry's words, for reports."""
        return {member: words for member, words in self.entries.get(case, {}).items() if member in ("reason", "link")}

    def fits(self, case, mode, verdict, checks):
        """Whether a verdict is as expected. `checks` are those that failed."""
        wanted = self.of(case, mode)
        if wanted is None:
            return verdict in FINE
        if verdict not in wanted:
            return False
        named = self.entries[case].get("checks")
        return named is None or verdict in FINE or set(checks) <= set(named)

    def stale(self, cases, modes):
        """Entries of cases that were played, but not in that mode; and of cases that there are not."""
        return [f"{name} ({mode})" for name, entry in self.entries.items() for mode in entry
                if mode in MODES and (name not in cases or (mode in modes and (name, mode) not in self.used))]


def accepted(path, cells, old):
    """Writes what came as what is expected; reasons that are there stay."""
    by_case = {}
    for cell in cells:
        if cell["verdict"] not in FINE:
            by_case.setdefault(cell["case"], []).append(cell)
    played = {(cell["case"], cell["mode"]) for cell in cells}
    lines = []
    for case in sorted({*by_case, *old.entries}):
        before = old.entries.get(case, {})
        kept = {mode: before[mode] for mode in MODES if mode in before and (case, mode) not in played}
        new = {**kept, **{cell["mode"]: cell["verdict"] for cell in by_case.get(case, [])}}
        if not new:
            continue
        failed = sorted({finding["check"] for cell in by_case.get(case, []) for finding in cell["findings"]} | set(before.get("checks", [])))
        first = next((f["message"] for cell in by_case.get(case, []) for f in cell["findings"]), "")
        lines.append(f"[{case if re.fullmatch('[A-Za-z0-9_-]+', case) else quoted(case)}]")
        lines += [f"{mode} = {quoted(verdict)}" for mode, verdict in new.items()]
        if failed:
            lines.append(f"checks = [{', '.join(quoted(name) for name in failed)}]")
        lines.append(f"reason = {quoted(before.get('reason') or first[:160] or 'unknown')}")
        if "link" in before:
            lines.append(f"link = {quoted(before['link'])}")
        lines.append("")
    path.write_text("\n".join(lines))


def quoted(value):
    if isinstance(value, list):
        return "[" + ", ".join(quoted(one) for one in value) + "]"
    return json.dumps(str(value), ensure_ascii=False)  # what JSON escapes, TOML reads
