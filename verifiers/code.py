"""Programs: the response's last ```python block is run on test cases in `sandbox.py`; what it printed or
returned is compared here, outside. Without any fence the whole response counts, if it compiles, or in another
language, if it looks like a program.

reference, JSON, one of
    {"kind": "stdio", "cases": [{"stdin": ..., "stdout": ...}]}    one process a case
    {"kind": "function", "entry_point": "f", "cases": [{"args": [...], "expected": ...}]}   one process
    {"kind": "asserts", "setup": "...", "asserts": ["assert f(1) == 2"]}                    one process
and optionally "setup" (function too: imports and helpers), "time_limit_s" (CPU seconds of one process, 4),
"memory_mb" (1024), "score": "share" (the share of cases passed; else all or nothing), and for stdio "language":
"cpp" or "javascript", whose block is looked for then (`languages.py`: the tags, the compiler's flags). A C++
program is compiled once; one that the compiler refuses is "uncompilable".

stdio compares tokens, floats up to 1e-6, and wants exit status 0. function compares type-strict (True is
not 1, 2 is not 2.0) but for tuples, which JSON knows as lists, and floats up to 1e-9. Asserts are taken
apart (`asserts.py`): `f(x)` goes inside, and Python's own comparison happens here. Those that cannot be run
inside, and trust the process not to look for their token. The asserts of a HumanEval `check` count one by one.
"""

import ast
import json
import math
import re
from itertools import zip_longest
from typing import Any

from verifiers import extract, sandbox
from verifiers.asserts import take_apart, unroll
from verifiers.languages import LANGUAGES
from verifiers.verdict import CORRECT, NO_ANSWER, TIMEOUT, UNCOMPILABLE, WRONG, Verdict

CRASHED = Verdict(0.0, "crashed")
TIME_LIMIT_S = 4.0
MEMORY_MB = 1024
# For starting and ending a sandbox on a busy machine (its own clocks are in namespaces.py), and for comparing.
MARGIN_SECONDS = 40.0
# Read back from what driver.py encodes.
DECODE = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset, "dict": dict}
MISSING = object()
PROGRAM = {
    "cpp": re.compile(r"^\s*#\s*include\b|\bmain\s*\(", re.MULTILINE),
    "javascript": re.compile(r"\bconsole\.log\s*\(|\bprocess\.stdout\b"),
}


def check(response: str, reference: str) -> Verdict:
    """Raises ValueError where the reference is not of one of the three kinds, or an assert does not parse, and
    Unavailable where no program can be run."""
    task = read_reference(reference)
    program = extract_program(response, task["language"])
    if program is None:
        return NO_ANSWER
    limits = {"time_limit_s": task["time_limit_s"], "memory_mb": int(task["memory_mb"])}
    passed, reason = (_stdio if task["kind"] == "stdio" else _calls)(program, task, limits)
    if all(passed):
        return CORRECT
    if task["score"] == "share" and any(passed):
        return Verdict(sum(passed) / len(passed), "partial")
    return {"timeout": TIMEOUT, "crashed": CRASHED, "uncompilable": UNCOMPILABLE}.get(reason, WRONG)


def budget(reference: str) -> float:
    """Seconds for one response: the sandbox's own clocks end first, this only catches a sandbox that
    hangs."""
    task = read_reference(reference)
    processes = len(task["cases"]) if task["kind"] == "stdio" else 1
    seconds = processes * (sandbox.run_seconds(task["time_limit_s"]) + 0.5)
    return seconds + sandbox.compile_seconds(task["language"]) + MARGIN_SECONDS


def read_reference(reference: str) -> dict:
    """The reference with its defaults filled in. Raises ValueError where it is broken."""
    given = extract.json_reference(reference)
    task: dict[str, Any] = {
        "time_limit_s": TIME_LIMIT_S,
        "memory_mb": MEMORY_MB,
        "score": "all",
        "setup": "",
        "language": "python",
    } | given
    keys = {"stdio": {"stdin", "stdout"}, "function": {"args", "expected"}, "asserts": None}
    if task.get("kind") not in keys:
        raise ValueError(f"reference has kind {task.get('kind')!r}: use {', '.join(keys)}")
    wanted = keys[task["kind"]]
    cases = task.get("cases" if wanted else "asserts")
    if not isinstance(cases, list) or not cases:
        raise ValueError("reference has no list of " + ("cases" if wanted else "asserts"))
    if wanted and not all(isinstance(case, dict) and wanted <= case.keys() for case in cases):
        raise ValueError(f"reference has a case without {' or '.join(sorted(wanted))}")
    if task["kind"] == "function" and not isinstance(task.get("entry_point"), str):
        raise ValueError("reference has no entry_point")
    if task["language"] not in LANGUAGES or (task["language"] != "python" and task["kind"] != "stdio"):
        raise ValueError(f"reference has language {task['language']!r}: use {', '.join(LANGUAGES)}, with stdio")
    for limit in ("time_limit_s", "memory_mb"):
        if not isinstance(task[limit], (int, float)) or not task[limit] > 0:
            raise ValueError(f"reference has {limit} {task[limit]!r}: want a number above 0")
    if task["score"] not in ("all", "share"):
        raise ValueError(f"reference has score {task['score']!r}: use all or share")
    return task


def extract_program(response: str, language: str = "python") -> str | None:
    """The language's last block, else the last block with no language, else, where there is no block at all, the
    whole response: if it compiles as Python, or has what a program of the language cannot do without."""
    fences = extract.fences(response)
    blocks = [text for tag, text in fences if tag in LANGUAGES[language].tags]
    blocks = blocks or [text for tag, text in fences if not tag]
    if blocks:
        return blocks[-1]
    if fences or not response.strip():
        return None
    if language != "python":
        return response if PROGRAM[language].search(response) else None
    try:
        ast.parse(response)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return response


def _stdio(program: str, task: dict, limits: dict) -> tuple[list[bool], str]:
    passed, reason = [], "wrong"
    for case in task["cases"]:
        run = sandbox.run_script(program, str(case["stdin"]), language=task["language"], **limits)
        passed.append(run.outcome == "ok" and same_tokens(run.stdout, str(case["stdout"])))
        reason = run.outcome if not passed[-1] else reason
        # All or nothing is settled by one failure; and what hangs once hangs again.
        if not passed[-1] and (task["score"] == "all" or run.outcome in ("timeout", "uncompilable")):
            break
    return passed + [False] * (len(task["cases"]) - len(passed)), reason


def _calls(program: str, task: dict, limits: dict) -> tuple[list[bool], str]:
    if task["kind"] == "function":
        calls = [{"entry_point": task["entry_point"], "args": case["args"]} for case in task["cases"]]
        judges = [lambda value, case=case: same_values(value, case["expected"]) for case in task["cases"]]
    else:
        calls, judges = zip(*(take_apart(one) for text in task["asserts"] for one in unroll(text)), strict=True)
    run = sandbox.run_calls(program, task["setup"], list(calls), **limits)
    sent: dict[int, Any] = {}
    for line in run.results:
        if isinstance(line, list) and len(line) == 2 and isinstance(line[0], int):
            sent.setdefault(line[0], line[1])
    values = [decode(sent[i]) if i in sent else MISSING for i in range(len(calls))]
    passed = [value is not MISSING and _holds(judge, value) for value, judge in zip(values, judges, strict=True)]
    return passed, "crashed" if run.outcome == "ok" and MISSING in values else run.outcome


def same_tokens(printed: str, expected: str) -> bool:
    """Equal token by token; where the expected token is a float, up to 1e-6."""
    pairs = zip_longest(printed.split(), expected.split())
    return all(a == b or (a is not None and b is not None and _close(a, b)) for a, b in pairs)


def same_values(value: Any, expected: Any) -> bool:
    """Equal and of equal types, all the way down; tuples count as lists, floats are equal up to 1e-9."""
    if type(value) is tuple:
        return same_values(list(value), expected)
    if type(value) is not type(expected):
        return False
    if isinstance(expected, list):
        return len(value) == len(expected) and all(map(same_values, value, expected))
    if isinstance(expected, dict):
        value = {key if isinstance(key, str) else json.dumps(key, default=str): v for key, v in value.items()}
        return value.keys() == expected.keys() and all(same_values(value[key], expected[key]) for key in expected)
    if isinstance(expected, float):
        return math.isclose(value, expected, rel_tol=1e-9, abs_tol=1e-9) or (value != value and expected != expected)
    return value == expected


def decode(sent: Any) -> Any:
    """A value that driver.py encoded. What does not decode is MISSING: the program wrote it by hand."""
    if not isinstance(sent, list):
        return sent
    try:
        kind, content = sent
        if kind == "int":
            return int(content, 16)
        if kind == "bytes":
            return bytes.fromhex(content)
        if kind == "complex":
            return complex(*content)
        if kind == "dict":
            return {decode(key): decode(item) for key, item in content}
        return DECODE[kind](map(decode, content))
    except (ValueError, TypeError, KeyError, RecursionError):
        return MISSING


def _holds(judge: Any, value: Any) -> bool:
    try:
        return bool(judge(value))
    except (TypeError, ValueError, LookupError, ArithmeticError):
        return False  # such as None < 3


def _close(printed: str, expected: str) -> bool:
    if not any(mark in expected for mark in ".eE"):
        return False
    try:
        return math.isclose(float(printed), float(expected), rel_tol=1e-6, abs_tol=1e-6)
    except ValueError:
        return False
