"""How fast the verifiers are, as ratios measured in one run.

    python -m scripts.benchmark verifiers --rounds 5

Each line times two ways of doing the same work in turns and prints the ratio of their seconds (below 1: the first is
faster) with a 95% interval over the rounds. The bare ways are the floor: math-verify called directly, in one process
a core and without a limit on time; a program started by itself as `python -I -S`, without a sandbox.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import exp, log, sqrt
from multiprocessing import get_context
from random import Random
from statistics import fmean, stdev

from rich.console import Console
from rich.table import Table

from verifiers import verify_batch

CORES = len(os.sched_getaffinity(0))
FORMS = (  # a gold answer, and the same written otherwise
    ("{a}", "{a}.0"),
    ("\\frac{{{a}}}{{{b}}}", "{a}/{b}"),
    ("{a}\\sqrt{{{b}}}", "\\sqrt{{{b}}} \\cdot {a}"),
    ("({a}, {b})", "\\left({a}, {b}\\right)"),
    ("x^2+{a}x-{b}", "-{b} + {a}x + x^2"),
    ("[{a}, {a}{b}]", "\\left[{a}, {a}{b}\\right]"),
    ("\\frac{{{a}\\pi}}{{{b}}}", "{a}\\pi/{b}"),
    ("\\{{{a}, {b}\\}}", "\\{{{b}, {a}\\}}"),
)
PROGRAM = """
import sys
numbers = list(map(int, sys.stdin.read().split()))
best = 0
for i in range(len(numbers)):
    for j in range(i, len(numbers)):
        best = max(best, sum(numbers[i:j + 1]))
print(best + {a} - {a})
"""


def math_rows(number: int, seed: int) -> list[tuple[str, str, str]]:
    """Right answers in another form than the gold one; no two alike."""
    rng, rows = Random(seed), {}
    while len(rows) < number:
        values = {"a": rng.randint(2, 99_999), "b": rng.randint(2, 997)}
        gold, answer = (text.format(**values) for text in rng.choice(FORMS))
        rows[gold] = ("math", f"So it is $\\boxed{{{answer}}}$.", gold)
    return list(rows.values())


def code_rows(number: int, seed: int) -> list[tuple[str, str, str]]:
    """Programs with three test cases each, no two alike."""
    rng, rows = Random(seed), []
    for i in range(number):
        cases = [[rng.randint(0, 99) for _ in range(20)] for _ in range(3)]
        tests = [{"stdin": " ".join(map(str, case)), "stdout": str(sum(case))} for case in cases]
        program = PROGRAM.format(a=i + seed)
        rows.append(("code", f"```python\n{program}```", json.dumps({"kind": "stdio", "cases": tests})))
    return rows


def _bare_math(row: tuple[str, str, str]) -> bool:
    from math_verify import parse, verify

    return verify(parse(f"${row[2]}$"), parse(row[1]))


def _bare_program(row: tuple[str, str, str]) -> bool:
    program, cases = row[1].removeprefix("```python\n").removesuffix("```"), json.loads(row[2])["cases"]
    argv = [sys.executable, "-I", "-S", "-c", program]
    runs = [subprocess.run(argv, input=case["stdin"], capture_output=True, text=True) for case in cases]
    return all(run.stdout.split() == case["stdout"].split() for run, case in zip(runs, cases, strict=True))


def seconds(work: Callable[[int], list], number: int) -> float:
    """Seconds of a piece of work; all of its answers must be right."""
    started = time.perf_counter()
    found = work(number)
    taken = time.perf_counter() - started
    assert all(getattr(item, "score", item) for item in found), "an answer was judged wrong"
    return taken


def ratio(first: Callable[[int], list], second: Callable[[int], list], rounds: int) -> tuple[float, float, float]:
    """Geometric mean of seconds(first) / seconds(second) with its 95% interval; each takes the number of the round."""
    found = []
    for number in range(-1, rounds):  # the first round warms up
        order = (first, second) if number % 2 else (second, first)
        taken = {work: seconds(work, number) for work in order}
        if number >= 0:
            found.append(log(taken[first] / taken[second]))
    half = 1.96 * stdev(found) / sqrt(rounds) if rounds > 1 else 0.0
    return exp(fmean(found)), exp(fmean(found) - half), exp(fmean(found) + half)


def verifiers(rounds: int, size: int) -> Table:
    """The table of ratios."""
    table = Table("what", "against", "ratio", "95%")
    programs = max(20, size // 10)
    with get_context("spawn").Pool(CORES) as pool, ThreadPoolExecutor(CORES) as threads:
        lines = (
            (
                *("math", f"math-verify alone, {CORES} processes"),
                lambda r: verify_batch(math_rows(size, r)),
                lambda r: pool.map(_bare_math, math_rows(size, r), chunksize=8),
            ),
            (
                *("math, answers seen before", "math-verify alone"),
                lambda r: verify_batch(math_rows(size // 10, 0) * 10),
                lambda r: pool.map(_bare_math, math_rows(size // 10, 0) * 10, chunksize=8),
            ),
            (
                *("code, three tests", f"python -I -S by itself, {CORES} at a time"),
                lambda r: verify_batch(code_rows(programs, r)),
                lambda r: list(threads.map(_bare_program, code_rows(programs, r))),
            ),
            (
                *("math, all workers", "one worker"),
                lambda r: verify_batch(math_rows(size, 100 + r)),
                lambda r: verify_batch(math_rows(size, 200 + r), workers=1),
            ),
            (
                *("ten times the rows", "the rows"),
                lambda r: verify_batch(math_rows(10 * size, 300 + r)),
                lambda r: verify_batch(math_rows(size, 400 + r)),
            ),
        )
        for what, against, first, second in lines:
            value, low, high = ratio(first, second, rounds)
            table.add_row(what, against, f"{value:.2f}", f"{low:.2f}-{high:.2f}")
            print(f"{what} / {against}: {value:.2f} ({low:.2f}-{high:.2f})", flush=True)
    return table


def main(argv: list[str] | None = None) -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["verifiers"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--size", type=int, default=400, help="rows a round; a tenth as many programs (default 400)")
    arguments = parser.parse_args(argv)
    Console(width=110).print(verifiers(arguments.rounds, arguments.size))


if __name__ == "__main__":
    main()
