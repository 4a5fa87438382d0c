"""The repository's C sources as the checks see them: which files there are, what they include, and their
text without comments and strings. Shared by layers.py, tidy.py and clang_tidy.py; run by itself it prints
the names of the files."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("client", "mocknode", "conformance")
# Where an include is looked for, as CMakeLists.txt has it.
INCLUDE_PATH = ("client/include", "client/src", "mocknode/src", "conformance/unit")
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]')
NOT_CODE = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL
)


def sources():
    """Every C file and header of the repository, sorted, relative to its root."""
    found = []
    for folder in FOLDERS:
        found += [path for path in (ROOT / folder).rglob("*.[ch]") if path.is_file()]
    return sorted(path.relative_to(ROOT) for path in found if "node_modules" not in path.parts)


def includes(path):
    """(line, name) of each include of a file."""
    for number, line in enumerate((ROOT / path).read_text().splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1)


def resolve(path, name):
    """The repository's file that an include names, or None for one of the system."""
    for folder in (str(Path(path).parent), *INCLUDE_PATH):
        candidate = Path(folder) / name
        if (ROOT / candidate).is_file():
            return candidate
    return None


def code(text):
    """The text with comments and literals blanked out; lines and columns stay where they were."""
    return NOT_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match.group(0)), text)


if __name__ == "__main__":
    print("\n".join(map(str, sources())))
