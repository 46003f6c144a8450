r"""The gold answers with units of public data sets: each is right written three ways, and wrong when its value is times
1.5 or its unit another one.

| set | golds | right refused, of 3 a gold | wrong accepted, of 2 a gold |
|---|---|---|---|
| math_train | 118 | 0 of 354 | 0 of 236 |
| math_test_full | 79 | 0 of 237 | 0 of 158 |
| math_eval_suite | 62 | 0 of 186 | 0 of 124 |
| bigmath_5k_solve_rate | 236 | 0 of 708 | 0 of 472 |
| qa_reference_multisubject | 78 | 0 of 234 | 0 of 156 |
"""

import gzip
import json
import re
from pathlib import Path

import pytest

from verifiers import verify_batch
from verifiers.quantity import read_reference

DATA = Path(__file__).parents[2].parent / "shared" / "data"
SETS = ["math_train", "math_test_full", "math_eval_suite", "bigmath_5k_solve_rate", "qa_reference_multisubject"]
WRITTEN = ["{}", r"So it is \boxed{{{}}}.", "So the answer is {}."]
# A number and what looks like a unit: LaTeX's text, a sign, or a word behind digits as exam questions have it.
GOLD = re.compile(
    r"\$?-?[\d.,]+\s*(?:\\[,; ]\s*)?(?:\\(?:text|mathrm|mbox)\s*\{.+|\^\{?\\circ\}?|\\?%|[°℃Ω]"
    r"|(?<![a-z])[A-Za-zµ]+(?:/[A-Za-z]+\d?)?)\s*\$?"
)
ALGEBRA = re.compile(r"\$?[\d.]+ ?[a-z]\$?")  # 2k is a formula


def golds(name: str) -> list[str]:
    """Answers that are one number with a unit that pint knows."""
    lines = gzip.decompress((DATA / f"{name}.jsonl.gz").read_bytes()).splitlines()
    answers = {str(json.loads(line)["answer"]) for line in lines}
    return sorted(one for one in answers if GOLD.fullmatch(one) and not ALGEBRA.fullmatch(one) and _is_known(one))


def _is_known(text: str) -> bool:
    try:
        gold = read_reference(text).gold
    except ValueError:
        return False
    return bool(gold.unit.known) and gold.value != 0


@pytest.mark.skipif(not DATA.exists(), reason="the shared data is not on this machine")
@pytest.mark.parametrize("name", SETS)
def test_golds_are_right_and_changed_ones_wrong(name):
    right, wrong = [], []
    for gold in golds(name):
        number = read_reference(gold).gold.text
        more = gold.replace(number, f"{float(read_reference(gold).gold.value) * 1.5:.6g}", 1)
        right += [("quantity", way.format(gold), gold) for way in WRITTEN]
        wrong += [("quantity", rf"\boxed{{{other}}}", gold) for other in (more, rf"{number} \text{{cd}}")]
    assert len(right) > 60
    for rows, score in ((right, 1.0), (wrong, 0.0)):
        verdicts = verify_batch(rows)
        assert [row for row, verdict in zip(rows, verdicts, strict=True) if verdict.score != score] == []
