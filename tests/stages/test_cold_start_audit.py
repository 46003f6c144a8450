"""The audit of the response filters: the planted defects are what they say, and on real traces the filters reach
their bars."""

import random
from pathlib import Path

import pytest

from stages import data
from stages.cold_start import audit, defects
from stages.command import RecipeError

DATA = Path(__file__).parents[2].parent / "shared" / "data"
PROCEDURAL = {"econ_recon", "knights_knaves"}  # whose questions repeat each other but for numbers and names
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
    one, two = (audit.plant({"tiny": [ROW, OTHER]}, 6, random.Random(3), {"tiny": [OTHER]}) for _ in range(2))
    assert one == two and {planted.defect for planted in one} == set(defects.DEFECTS)


def test_the_audit_counts_what_the_filters_find(tmp_path, capsys):
    """Two sources of five rows: the tables, and the file of errors."""
    for name, shift in (("one", 0), ("two", 40)):
        lines = [
            {
                "problem": f"A shelf holds {i + shift} red books and {2 * i + shift} blue books. How many in all?",
                "thinking": f"There are {i + shift} red books and {2 * i + shift} blue books on this shelf. Since all"
                f" are counted, we add both: {i + shift} + {2 * i + shift} = {3 * i + 2 * shift} books.",
                "answer": str(3 * i + 2 * shift),
            }
            for i in range(13, 33)
        ]
        data.write_jsonl(tmp_path / f"cot_{name}.jsonl", lines)
    audit.main(["--data", str(tmp_path), "--rows", "10", "--out", str(tmp_path / "errors.jsonl")])
    printed = capsys.readouterr().out
    assert "seconds for 1,000" in printed and all(defect in printed for defect in defects.DEFECTS)
    measured = audit.measure(tmp_path, 10, 0, 100)
    for name in ("wrong answer", "repetition", "guesswork", "disagreement", "language mixing"):
        assert measured.alarms[name] == [None] * 20, name
    missed = sum(measured.found[one.defect][i] is None for i, one in enumerate(measured.planted))
    written = data.read_jsonl(tmp_path / "errors.jsonl")
    assert sum("miss" in row for row in written) == missed < len(measured.planted) / 5
    assert sum("false_alarm" in row for row in written) == sum(map(bool, measured.alarms["near validation"])) > 0


def test_a_folder_without_traces(tmp_path):
    with pytest.raises(RecipeError, match="holds no traces"):
        audit.main(["--data", str(tmp_path)])


@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason="the shared data is not on this machine")
def test_the_bars_on_real_traces():
    measured = audit.measure(DATA, 240, 5, 100)
    for defect, bar in BARS.items():
        seen = [measured.found[defect][i] is not None for i, one in enumerate(measured.planted) if one.defect == defect]
        assert len(seen) >= 200 and sum(seen) >= bar * len(seen), defect
    sources = {row["source"] for row in measured.clean}
    for name, evidence in measured.alarms.items():
        for source in sources - (PROCEDURAL if name == "near validation" else set()):
            pairs = zip(evidence, measured.clean, strict=True)
            alarms = [said is not None for said, row in pairs if row["source"] == source]
            most = max(1, 0.04 * len(alarms))  # of one source; twice the bar is chance in a sample of 240
            assert sum(alarms) <= most, f"{name} on {source}"
        assert sum(said is not None for said in evidence) <= 0.02 * len(evidence), name
