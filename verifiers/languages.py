"""The languages of the `code` verifier: what a sandbox must show of the machine for each, what it is ordered to
do, and what limits each process has. Of the packages that are installed here, Python programs may import OFFERED.

C++ is compiled once, inside the sandbox as well (a compiler reads any file it is told to include), by the
machine's `g++ -std=gnu++20 -O2`; JavaScript is run by the machine's `node`. An order is what `driver.py`
(Python), or `native.py` (the others) carries out: JSON, or for C++ the compiled program itself.
"""

import base64
import functools
import importlib.util
import json
import math
import os
import resource
import shutil
import zlib
from typing import NamedTuple

from verifiers.run import FILE_BYTES, OPEN_FILES, Run
from verifiers.verdict import Unavailable


class Language(NamedTuple):
    """tags: what a fenced block of it is called; tools: programs on the path that it needs, the one that is
    started first; also: what else of the machine is seen inside, where it exists; package: Debian's."""

    tags: tuple[str, ...]
    tools: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    package: str = ""


LANGUAGES = {
    "python": Language(("python", "python3", "py", "py3")),
    "cpp": Language(("cpp", "c++", "cc", "cxx"), ("g++", "as", "ld"), ("/usr/include",), "g++"),
    # Debian's node keeps a part of its own library apart.
    "javascript": Language(("javascript", "js", "node"), ("node",), ("/usr/share/nodejs",), "nodejs"),
}
OFFERED = ("sortedcontainers",)  # pure Python, and LeetCode's solvers have it
COMPILE_SECONDS = 15.0  # of CPU; <bits/stdc++.h> takes 2
COMPILE_WALL_SECONDS = 60.0  # a compiler never waits, so past this it is the machine that is too busy
COMPILE_MB = 1024
FLAGS = ("-std=gnu++20", "-O2", "-pipe", "-w", "-Wfatal-errors")
STACK_SHARE = 8  # of the memory: 128 MB by default, a recursion a million deep. Each thread takes as much, too
NODE_MB = 128  # what node writes to before a program starts is 50


def tools(language: str) -> list[str]:
    """The paths that the sandbox must show for a language, first the one to start. Unavailable if one is not
    installed."""
    wanted = LANGUAGES[language]
    found = [shutil.which(name) for name in wanted.tools]
    if None in found:
        missing = wanted.tools[found.index(None)]
        raise Unavailable(f"{missing} is not installed: {language} needs it (Debian: apt install {wanted.package})")
    # The folder's real path, as /bin is a link; not the tool's: g++ is called by its own name.
    paths = [os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path)) for path in found if path]
    return [*paths, *filter(os.path.exists, wanted.also)]


@functools.cache
def packages(language: str) -> list[str]:
    """The folders of the packages that a program may import besides its language's own, where they are installed."""
    specs = [importlib.util.find_spec(name) for name in OFFERED] if language == "python" else []
    return [os.path.dirname(os.path.realpath(spec.origin)) for spec in specs if spec and spec.origin]


def order(language: str, program: str, memory_mb: int) -> bytes:
    """The order to run this program, or if it is C++, to compile it and send what comes out."""
    if language == "python":
        return json.dumps({"program": program}).encode()
    if language == "cpp":
        return _compile_order(program)
    argv = [tools(language)[0], f"--max-old-space-size={memory_mb}", "program.js"]
    return json.dumps({"files": {"program.js": program}, "argv": argv}).encode()


def _compile_order(source: str) -> bytes:
    compiler, *others = tools("cpp")
    path = os.pathsep.join(dict.fromkeys(os.path.dirname(tool) for tool in (compiler, *others)))
    argv = [compiler, *FLAGS, "-o", "program", "program.cpp"]
    return json.dumps({"files": {"program.cpp": source}, "argv": argv, "path": path, "sends": "program"}).encode()


def compiled(run: Run) -> bytes | None:
    """The program that a compiler's run sent, or None."""
    if run.outcome != "ok" or len(run.results) != 1 or not isinstance(run.results[0], str):
        return None
    try:
        # No more than the file could have been: a compiler is as good as the program it was given.
        binary = zlib.decompressobj().decompress(base64.b64decode(run.results[0]), FILE_BYTES)
    except (ValueError, zlib.error):
        return None
    return binary if is_binary(binary) else None


def is_binary(order: bytes) -> bool:
    return order.startswith(b"\x7fELF")


def limits(language: str, time_limit_s: float, memory_mb: int) -> dict[int, tuple[int, int]]:
    """Soft and hard limits of each process; how many processes there may be is the sandbox's affair."""
    cpu = math.ceil(time_limit_s)
    values = {resource.RLIMIT_FSIZE: FILE_BYTES, resource.RLIMIT_NOFILE: OPEN_FILES, resource.RLIMIT_CORE: 0}
    if language == "javascript":
        # Not address space, of which V8 reserves far more than it uses: what it may write to.
        values[resource.RLIMIT_DATA] = (memory_mb + NODE_MB) << 20
    else:
        values[resource.RLIMIT_AS] = memory_mb << 20
    if language == "cpp":
        values[resource.RLIMIT_STACK] = (memory_mb << 20) // STACK_SHARE
    # The soft CPU limit sends SIGXCPU, which a program may ignore; the hard one kills a second later.
    both = {kind: (limit, limit) for kind, limit in values.items()} | {resource.RLIMIT_CPU: (cpu, cpu + 1)}
    return {kind: (_at_most(soft, kind), _at_most(hard, kind)) for kind, (soft, hard) in both.items()}


def memory_limit(given: dict[int, tuple[int, int]]) -> int:
    """Bytes, of limits as above: for all processes of a program together."""
    return given[resource.RLIMIT_AS if resource.RLIMIT_AS in given else resource.RLIMIT_DATA][0]


def _at_most(limit: int, kind: int) -> int:
    hard = resource.getrlimit(kind)[1]
    return limit if hard == resource.RLIM_INFINITY else min(limit, hard)
