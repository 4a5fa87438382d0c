"""Keeps those rules of the house that a script can keep: sizes of files, functions and lines, a first
paragraph in each file, banned calls, documented public functions, public headers that compile alone.
Prints FILE:LINE for each violation."""

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from source import ROOT, code, sources

FILE_LINES, FUNCTION_LINES, LINE_COLUMNS = 800, 70, 100
# Call: the files or folders that may use it. Unsafe, locale-bound or hidden-state functions: nobody.
NOBODY = ()
BANNED = {
    name: NOBODY
    for name in (
        "strcpy strcat sprintf vsprintf gets strtok atoi atol atoll strtol strtoul strtoll strtoull "
        "sscanf fscanf scanf alloca setjmp longjmp system popen localtime gmtime rand srand random "
        "time sleep usleep nanosleep"
    ).split()
}
BANNED.update({name: ("client/src/base/mem.c",)
               for name in ("malloc", "calloc", "realloc", "free", "strdup", "strndup", "reallocarray")})
BANNED["clock_gettime"] = ("client/src/base/clock.c",)
# Tests, benchmarks and examples are programs of a user: they free what other libraries gave them.
RELAXED = ("conformance/", "client/examples/")
RELAXED_CALLS = ("malloc", "calloc", "realloc", "free", "strdup", "clock_gettime", "nanosleep")
COMPILERS = (("gcc", "-std=c11", "c"), ("g++", "-std=c++17", "c++"))


def sizes(path, lines):
    if len(lines) > FILE_LINES:
        yield 1, f"{len(lines)} lines; a file has at most {FILE_LINES}"
    for number, line in enumerate(lines, 1):
        if len(line) > LINE_COLUMNS:
            yield number, f"{len(line)} columns; a line has at most {LINE_COLUMNS}"


def functions(lines):
    """(first line, lines) of each function: what a lone closing brace in the first column ends, back to
    the nearest line that begins there and is neither a label nor for the preprocessor."""
    for end, line in enumerate(lines):
        if line != "}":
            continue
        begin = end - 1
        while begin >= 0 and not re.match(r"[A-Za-z_](?!\w*:$)", lines[begin]):
            begin -= 1
        yield begin + 1, end - begin + 1


def long_functions(path, lines):
    for begin, length in functions(lines):
        if length > FUNCTION_LINES:
            yield begin, f"a function of {length} lines; at most {FUNCTION_LINES}"


def first_paragraph(path, lines):
    if not lines or not lines[0].startswith(("/* ", "// ")):
        yield 1, "a file starts with a comment: one paragraph on its job"


def banned_calls(path, lines):
    place = str(path)
    relaxed = place.startswith(RELAXED)
    for number, line in enumerate(code("\n".join(lines)).split("\n"), 1):
        for name in re.findall(r"(?<![\w.>])(\w+)\s*\(", line):
            if name not in BANNED or relaxed and name in RELAXED_CALLS:
                continue
            if not any(place == owner or place.startswith(owner + "/") for owner in BANNED[name]):
                where = f"; only {', '.join(BANNED[name])} may" if BANNED[name] else ""
                yield number, f"calls {name}(){where}"


def undocumented(path, lines):
    """Public functions without a comment that names their threads right above them or their group."""
    if path.parts[:2] != ("client", "include"):
        return
    comment, inside = "", False
    for number, line in enumerate(lines, 1):
        if line.startswith("/*"):
            comment, inside = "", True
        if inside:
            comment += line
            inside = "*/" not in line
            continue
        if not line:
            comment = ""
        elif re.match(r"^(?!typedef|struct \w+;|#|extern)[a-z].*\b(substrate|subtensor)_\w+\(", line):
            if "Threads:" not in comment:
                yield number, "a public function without a comment that says its Threads:"


RULES = (sizes, long_functions, first_paragraph, banned_calls, undocumented)


def compiles_alone(path):
    """Problems of one public header in each language, compiled with nothing before it."""
    found = []
    for compiler, standard, language in COMPILERS:
        done = subprocess.run(
            [compiler, standard, "-pedantic", "-Wall", "-Wextra", "-Wshadow", "-Werror", "-fsyntax-only",
             "-Iclient/include", "-x", language, "-"],
            input=f"#include <{path.relative_to('client/include')}>\n",
            capture_output=True, text=True, cwd=ROOT, check=False,
        )
        if done.returncode:
            found.append(f"{path}:1: does not compile alone as {standard[5:]}:\n{done.stderr.strip()}")
    return found


def main():
    found = []
    for path in sources():
        lines = (ROOT / path).read_text().split("\n")
        if lines and lines[-1] == "":
            lines.pop()
        found += [f"{path}:{number}: {text}" for rule in RULES for number, text in rule(path, lines)]
    public = [path for path in sources() if path.parts[:2] == ("client", "include")]
    with ThreadPoolExecutor(2) as pool:
        for problems in pool.map(compiles_alone, public):
            found += problems
    print("\n".join(found) if found else f"tidy: {len(sources())} files are in order")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
