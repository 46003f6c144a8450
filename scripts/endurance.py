"""Do the verifiers last? Memory over many verifications, and speed after many killed workers.

    python -m scripts.endurance                         # 50,000 verifications, 1,000 kills: five minutes on two cores
    python -m scripts.endurance --rows 5000 --kills 100

Prints the memory of this process and its workers (proportional set size) as the verifications go by: math in
nine forms of ten, programs in the tenth; then math verifications a second before and after the kills, in turns
of the same rows. Exit status 1 if memory at the end is a tenth above what it was after the first fifth, or the speed a
tenth below.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import psutil

from scripts.benchmark import code_rows, math_rows
from verifiers import verify_batch

STEPS = 10
ROWS = 2000  # for one measurement of speed
TOLERANCE = 0.1
KILLER = "import os\n\ndef check(response, reference):\n    os.kill(os.getpid(), 9)\n"


def megabytes() -> float:
    """Memory of this process and all below it; a page that several share counts once."""
    own = psutil.Process()
    found = 0
    for process in [own, *own.children(recursive=True)]:
        try:
            found += process.memory_full_info().pss
        except (psutil.NoSuchProcess, psutil.AccessDenied):  # it has just ended; or is a sandboxed program
            continue
    return found / 2**20


def memory(rows: int) -> list[float]:
    """Megabytes after each tenth of the verifications, which are all different."""
    found = []
    for step in range(STEPS):
        number = rows // STEPS
        batch = math_rows(number - number // 10, 1000 + step) + code_rows(number // 10, 1000 * step)
        started = time.perf_counter()
        verdicts = verify_batch(batch)
        found.append(megabytes())
        speed = number / (time.perf_counter() - started)
        wrong = sum(verdict.score != 1.0 for verdict in verdicts)  # all are right: a busy machine may time out
        told = f"{found[-1]:,.0f} MB, {speed:,.0f} a second, {wrong} misjudged"
        print(f"{(step + 1) * number:>7,} verifications: {told}", flush=True)
    return found


def speed(seed: int) -> float:
    """Math verifications a second."""
    rows = math_rows(ROWS, seed)
    started = time.perf_counter()
    verify_batch(rows)
    return ROWS / (time.perf_counter() - started)


def kill(number: int) -> None:
    """Kills workers under their rows; each row is tried twice, so it kills two."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "killer.py"
        file.write_text(KILLER)
        verdicts = verify_batch([(f"{file}:check", "", "")] * (number // 2))
    assert all(verdict == (None, "unavailable") for verdict in verdicts)


def main(argv: list[str] | None = None) -> int:
    """Prints both measurements; 1 if one of them is out of bounds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--kills", type=int, default=1000)
    arguments = parser.parse_args(argv)
    held = memory(arguments.rows)
    growth = held[-1] / held[STEPS // 5 - 1] - 1
    speed(0)  # warms up
    before = [speed(seed) for seed in (1, 2, 3)]
    started = time.perf_counter()
    kill(arguments.kills)
    print(f"{arguments.kills:,} workers killed in {time.perf_counter() - started:,.0f} s")
    speed(4)  # warms the new workers up
    after = [speed(seed) for seed in (5, 6, 7)]
    change = sorted(after)[1] / sorted(before)[1] - 1
    print(f"memory: {growth:+.1%} from the first fifth to the end")
    print(f"speed: {sorted(before)[1]:,.0f} a second before the kills, {sorted(after)[1]:,.0f} after ({change:+.1%})")
    return int(growth > TOLERANCE or change < -TOLERANCE)


if __name__ == "__main__":
    sys.exit(main())
