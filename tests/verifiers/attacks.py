"""Runs attacks on the code verifier, for test_attacks.py: `python -P attacks.py FOLDER SHARE SHARES`.

FOLDER has an index.json: the task, its tests, and the attacks with what a right verifier answers. Every
SHARES-th attack, from SHARE on, is judged in this process, as a worker would. Prints one JSON line a run:
[file, kind, score, reason, expected_pass, seconds, processes left in the sandbox]. Needs nothing but Python, so
that it can be started as any user.
"""

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from verifiers import code, namespaces
from verifiers.run import descendants

LIMITS = {"time_limit_s": 3, "memory_mb": 1024}
POLICY = {"cmp_oneline"}  # tokens are compared, so lines may be joined


def references(tests: list[dict]) -> dict[str, list[dict]]:
    """The task as references, by the form of the program."""
    stdio = [{"stdin": test["input"], "stdout": test["output"]} for test in tests]
    calls = [{"args": test["args"], "expected": test["expected"]} for test in tests]
    asserts = [test["assert"] for test in tests]
    return {
        "stdio": [{"kind": "stdio", "cases": stdio}],
        "fn": [{"kind": "function", "entry_point": "f", "cases": calls}, {"kind": "asserts", "asserts": asserts}],
    }


def main(folder: Path, share: int, shares: int) -> None:
    index = json.loads((folder / "index.json").read_text())
    forms = references(index["task"]["tests"])
    for attack in index["attacks"][share::shares]:
        if attack["id"] in POLICY:
            continue
        for form, file in attack["files"].items():
            response = f"```python\n{(folder / file).read_text()}\n```"
            for reference in forms[form]:
                run(file, attack["expected_pass"], response, reference)


def run(file: str, expected: bool | None, response: str, reference: dict) -> None:
    started = time.monotonic()
    verdict = code.check(response, json.dumps(reference | LIMITS))
    seconds = time.monotonic() - started
    left = len(descendants(namespaces._zygotes["python"].process.pid)) - 1
    print(json.dumps([file, reference["kind"], *verdict, expected, seconds, left]), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
