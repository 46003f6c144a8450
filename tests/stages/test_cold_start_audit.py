"""The audit of the response filters: the planted defects are what they say, and on real traces the filters reach
their bars."""

import random
from pathlib import Path

import pytest

from stages.cold_start import audit, defects

DATA = Path(__file__).parents[2].parent / "shared" / "data"
BARS = dict.fromkeys(("wrong answer", "repetition", "near validation"), 0.95) | dict.fromkeys(
    ("guesswork", "disagreement", "language mixing"), 0.8
)


def clean(question: str, thought: str, answer: str) -> dict:
    candidate = {"role": "assistant", "reasoning_content": thought, "content": f"The answer is $\\boxed{{{answer}}}$."}
    prompt = [{"role": "user", "content": question}]
    return {"source": "tiny", "prompt": prompt, "verifier": "math", "reference": answer, "candidate": candidate}


ROW = clean(
    "Ann has 12 apples, eats 3 of them and gives half of the others to Ben. How many apples has Ben now?",
    "Ann starts with 12 apples. She eats 3 of them, so that 12 - 3 = 9 apples are left for both."
    " Half of 9 apples is 9/2 = 4.5, which is no whole number. It is asked all the same, and nobody said that an apple"
    " cannot be cut into two halves. So Ben has 9/2, which rounds to 4 whole apples.",
    "4",
)
OTHER = clean(
    "A train goes 60 miles in an hour. How many miles does it go in 5 hours, if it never stops on the way?",
    "The train goes 60 miles each hour. It never stops. In 5 hours it goes 60 * 5 = 300 miles.",
    "300",
)
ALL = [(defect, planted) for defect, several in defects.DEFECTS.items() for planted in several]


@pytest.mark.parametrize(("defect", "planted"), ALL)
def test_a_transformation_spoils_what_it_says(defect, planted):
    made = [row for seed in range(20) if (row := planted(ROW, OTHER, random.Random(seed)))]
    if planted is defects.response_loop:
        assert not made  # the response is too short to be worth saying again
        return
    assert made
    for row in made:
        changed = {key for key in ROW if row[key] != ROW[key]}
        asked = defect == "near validation" and planted is not defects.quoted
        assert changed == ({"prompt"} if asked else {"candidate"})
        content = row["candidate"]["content"] != ROW["candidate"]["content"]
        assert content == (defect == "wrong answer" or planted is defects.other_response)


def test_the_same_seed_plants_the_same():
    one, two = (audit.plant({"tiny": [ROW, OTHER]}, 6, random.Random(3)) for _ in range(2))
    assert one == two and {planted.defect for planted in one} == set(defects.DEFECTS)


@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason="the shared data is not on this machine")
def test_the_bars_on_real_traces():
    planted, found, rows, alarms = audit.measure(DATA, 60, seed=5)
    for defect, bar in BARS.items():
        seen = [found[defect][i] is not None for i, one in enumerate(planted) if one.defect == defect]
        assert sum(seen) >= (bar - 0.05) * len(seen), defect  # 60 rows: one step below the bar is chance
    procedural = ("econ_recon", "knights_knaves")  # whose questions do repeat each other but for numbers
    for name, evidence in alarms.items():
        judged = [
            said
            for said, row in zip(evidence, rows, strict=True)
            if name != "near validation" or row["source"] not in procedural
        ]
        assert sum(map(bool, judged)) <= 0.04 * len(judged), name
