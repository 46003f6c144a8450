"""The cold start's curation: each filter with what it must remove and what it must keep, and the whole command."""

import os
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from stages import data, manifest
from stages.cold_start import curate, queries, responses
from stages.cold_start.curate import CurateArguments
from stages.command import RecipeError
from stages.contamination import HeldOut
from stages.sampling import Completion

ROOT = Path(__file__).parents[2]
LONG = "A farmer has 12 sheep and buys 7 more at the market. How many sheep graze on his meadow in the evening?"
STEPS = "\n".join(f"step {i}: {i}+{i}={2 * i}, so we keep {2 * i} and go on with the next number" for i in range(12))

HELD_OUT = {"holdout": "recipes/tiny/eval.yaml", "near_duplicates": False}


def candidate(thought: str, content: str = "The answer is \\boxed{3}.", question: str = "What is 1+2?") -> dict:
    prompt = [{"role": "user", "content": question}]
    message = {"role": "assistant", "reasoning_content": thought, "content": content}
    return {"id": question, "prompt": prompt, "verifier": "math", "reference": "3", "candidate": message}


def ask(question: str, **columns) -> dict:
    return {"prompt": [{"role": "user", "content": question}], "verifier": "math", "reference": "3"} | columns


@pytest.mark.parametrize(
    ("row", "removed"),
    [
        (ask("What is 1+2?"), False),
        (ask("What is 1+2?", verifier=None), True),
        (ask("What is 1+2?", reference=""), True),
        (ask("Look at x.\n(a) What is x?\n(b) What is 2x?"), True),
        (ask("Look at x.\n1. What is x?\n2. What is 2x?"), True),
        (ask("What is the unit of mass?\nA) kg\nB) m"), False),  # options are no sub-questions
        (ask("Name three animals:\n1. one that flies\n2. one that swims"), False),
        (ask("Let $f(x) = x^2$.\n(1) Find $f(2)$;\n(2) Find the least value of $f$."), True),
        (ask("Given a circle. (Ⅰ) Find its area; (Ⅱ) if it rolls, find how far."), True),
        (ask("**p1.** How many? **p2.** Is it possible to find more?"), True),
        (ask("A town obeys two rules:\n1. Whoever lies is a knave.\n2. When it rains, all lie.\nHow many lie?"), False),
        (ask("$f$ has period 2, and on (0, 1), f(x) = x. Find $f$ on (1, 2), e.g. as f(x) = ?"), False),
        (ask("Prove that $\\sqrt{2}$ is irrational."), True),
        (ask("Write a short story about a dragon.") | {"verifier": "exact"}, True),
        (ask("Write a short story about a dragon.") | {"verifier": "instructions"}, False),
        (ask("Show that $n$ is an integer and determine it."), False),
    ],
)
def test_unverifiable_queries(row, removed):
    assert bool(queries.unverifiable(row)) == removed


@pytest.mark.parametrize(
    ("texts", "removed"),
    [(("\\boxed{3}", "\\boxed{3}"), True), (("\\boxed{3}", "\\boxed{4}"), False), (("5", "4"), False)],
)
def test_queries_answered_at_a_glance(texts, removed):
    answers = [[Completion(text, 3, True) for text in texts]] * 2
    found = queries.answered_at_a_glance([ask("What is 1+2?")] * 2, answers)
    assert [bool(evidence) for evidence in found] == [removed] * 2


def wrong(row):
    return responses.wrong_answer([row])[0]


def disagreeing(row):
    return responses.disagreement([row])[0]


def near(row):
    held_out = [HeldOut("validation", "What is 1+2, and why?"), HeldOut("validation", LONG)]
    return responses.near_validation([row], held_out)[0]


FILTERS = [  # filter, row, whether it is removed
    (wrong, candidate("1+2=3"), False),
    (wrong, candidate("1+2=3", "The answer is \\boxed{4}."), True),
    (wrong, candidate("1+2=3", ""), True),
    (responses.repetition, candidate(STEPS), False),
    (responses.repetition, candidate("1+2=3"), False),
    (responses.repetition, candidate("\n".join([STEPS] * 3)), True),
    (responses.repetition, candidate("wait, let me think about it again. " * 20), True),
    (responses.repetition, candidate("1+2=3", "So it is 3, as 1 and 2 are 3 when they are added. " * 5), True),
    (responses.repetition, candidate("我们先把一和二加起来然后看结果是多少。" * 6), True),
    (responses.repetition, candidate(f"{STEPS}\n" + "that that that " * 20), True),
    (responses.guesswork, candidate("1+2=3"), False),
    (responses.guesswork, candidate(""), True),
    (responses.guesswork, candidate("Obviously 3."), True),
    (responses.guesswork, candidate(f"{STEPS}\nI have no idea how to go on, so I'll pick 3."), True),
    (
        responses.guesswork,
        candidate(f"Let me guess a solution of the form x = n. Then 1+2 = n, so n = 3.\n{STEPS}"),
        False,
    ),
    (responses.guesswork, candidate("I am not sure. I will just guess."), True),
    (responses.guesswork, candidate("Let me guess: 3"), True),
    (responses.guesswork, candidate(f"I guess 3 first. I will guess no more.\n{STEPS}"), False),  # reasons long enough
    (responses.guesswork, candidate("As you might guess, 1+2=3"), False),
    (disagreeing, candidate("1+2=3"), False),
    (disagreeing, candidate("So the answer is 3."), False),
    (disagreeing, candidate("So the answer is 4."), True),
    (disagreeing, candidate("It must be \\boxed{5}."), True),
    (disagreeing, candidate("1+2 = 3. Therefore, we get 4."), True),
    (disagreeing, candidate("First I get \\boxed{5}. No, wait: \\boxed{3}"), False),  # the last one counts
    (disagreeing, candidate("1+2=3", "The answer is \\boxed{4}."), True),
    (responses.language_mixing, candidate("1+2=3, let α be 3"), False),  # Greek letters are mathematics
    (responses.language_mixing, candidate("让我想一想这个问题应该怎么做\n1+2=3"), True),
    (responses.language_mixing, candidate("думаю, что ответ три"), True),
    (responses.language_mixing, candidate("让我想一想", question="一加二等于几? What is 1+2?"), False),
    (responses.language_mixing, candidate("We add, 因此 it is 3."), True),
    (
        responses.language_mixing,
        candidate("1+2=3", "Die Antwort ist drei, weil eins und zwei zusammen immer drei sind."),
        True,
    ),
    (
        responses.language_mixing,
        candidate(
            "1+2=3", "Die Antwort ist drei, weil eins und zwei zusammen immer drei sind.", "Answer in German: 1+2?"
        ),
        False,
    ),
    (responses.language_mixing, candidate("1+2=3<|im_end|>"), True),
    (responses.language_mixing, candidate("1+2=3\nUser: and 2+2?\nAssistant: 4"), True),
    (responses.language_mixing, candidate("NOW I MUST ADD ONE AND TWO AND GET THREE"), True),
    (responses.language_mixing, candidate("yo bro 1+2=3 lol"), True),
    (near, candidate("1+2=3"), False),
    (near, candidate(f"This is like: {LONG}\n1+2=3"), True),
    (near, candidate("1+2=3", question=LONG.replace("12", "15").replace("7", "8")), True),
    (near, candidate("1+2=3", question="what is 1+2 and WHY"), True),
]


@pytest.mark.parametrize(("check", "row", "removed"), FILTERS)
def test_response_filter(check, row, removed):
    evidence = check(row)
    assert (evidence is not None) == removed, evidence


@pytest.mark.parametrize("check", [responses.repetition, responses.guesswork, responses.language_mixing, near])
@pytest.mark.parametrize("text", ["", "(" * 100_000, "word " * 20_000, "如果" * 50_000, "\\boxed{" * 14_000])
def test_no_text_takes_long(check, text):
    check(candidate("1+2=3", "x"))  # what is loaded once
    started = time.process_time()
    check(candidate(text, text))
    assert time.process_time() - started < 2  # both parts, on a busy machine


@pytest.fixture
def run(tmp_path, checkpoint):
    """Curates with rows of the tiny world that bring their candidates; gives the folder of the data."""

    def run_(name: str, **changes):
        domains = ("math", "stem", "logic")
        entry = {"function": "recipes/tiny/world.py:solutions", "num_rows": 60, "seed": 11}
        config = {
            "model_name_or_path": checkpoint,
            "output_dir": str(tmp_path / name),
            "datasets": [entry | {"domain": domain} for domain in domains],
            "curate": {"num_validation": 20, "max_samples": 60, **HELD_OUT},
            "seed": 3,
        }
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(config | changes))
        curate.main(["--config", str(tmp_path / f"{name}.yaml")])
        return tmp_path / name / "data"

    return run_


def funnel_of(folder) -> list[tuple[str, int, int]]:
    """Step, rows and rows left, as the manifest has them."""
    written = manifest.read(folder)
    assert written
    return [(line["step"], int(line["rows"]), int(line["left"])) for line in written["funnel"]]


def test_the_funnel_adds_up(run):
    folder = run("one")
    lines = funnel_of(folder)
    assert [step for step, *_ in lines] == [
        *(
            "queries",
            "repeated",
            "not verifiable",
            "validation",
            "held out",
            "candidates",
            "wrong answer",
            "repetition",
        ),
        *("guesswork", "disagreement", "language mixing", "near validation", "one per query", "subset"),
    ]
    left = {step: left for step, _, left in lines}
    assert left["candidates"] == 4 * left["held out"]
    for before, (step, change, after) in pairwise(lines):
        assert step == "candidates" or after == before[2] + change
    rejected = data.read_jsonl(folder / "rejected.jsonl")
    for step, change, _ in lines:
        assert change > 0 or -change == sum(row["rejected_by"] == step for row in rejected)
    for step in ("wrong answer", "repetition", "guesswork", "language mixing"):
        assert any(row["rejected_by"] == step for row in rejected), f"the teacher's bad candidates: none by {step}"
    train = data.read_jsonl(folder / "train.jsonl")
    assert len(train) == left["subset"] == 60 and len({row["id"] for row in train}) == 60


def test_what_is_written(run):
    folder = run("one")
    left = {step: number for step, _, number in funnel_of(folder)}
    files = {name: data.read_jsonl(folder / f"{name}.jsonl") for name in ("train", "validation", "queries", "review")}
    ids = {name: {row["id"] for row in rows} for name, rows in files.items()}
    assert ids["train"] <= ids["queries"]
    assert not ids["queries"] & ids["validation"] and not ids["queries"] & ids["review"]
    assert len(ids["validation"]) == 20
    assert len(ids["queries"] | ids["review"]) == left["held out"] > 150
    for row in files["train"]:
        (message,) = row["completion"]
        assert message["role"] == "assistant" and message["reasoning_content"] and message["content"]
        assert "candidates" not in row and "candidate" not in row
    domains = [row["domain"] for row in files["train"]]
    assert {domains.count(domain) for domain in ("math", "stem", "logic")} == {20}


def test_the_same_recipe_gives_the_same_rows(run):
    texts = [(run(name) / "train.jsonl").read_text() for name in ("one", "two")]
    assert texts[0] == texts[1]
    assert (run("three", seed=4) / "train.jsonl").read_text() != texts[0]


def test_rows_without_candidates_need_a_teacher(run):
    entry = {"function": "recipes/tiny/world.py:problems", "domain": "math", "num_rows": 10}
    with pytest.raises(RecipeError, match="has no candidates: name a teacher under curate, or add the column"):
        run("one", datasets=[entry])


def test_a_teacher_and_a_filter_model_are_sampled_for_real(run, checkpoint):
    entry = {"function": "recipes/tiny/world.py:problems", "domain": "math", "num_rows": 6}
    options = {"teacher": checkpoint, "filter_model": checkpoint, "max_tokens": 8, "max_length": 256, **HELD_OUT}
    with pytest.raises(RecipeError, match="cold_start: no rows are left to train on"):  # a random teacher is wrong
        run("one", datasets=[entry], curate=options)


def test_candidates_of_any_form():
    messages = [
        {"role": "assistant", "content": "<think>\n1+2=3\n</think>\n\n\\boxed{3}"},
        {"role": "assistant", "reasoning_content": None, "content": "\\boxed{3}"},
        {"role": "assistant", "reasoning_content": "1+2=3", "content": "\\boxed{3}"},
    ]
    rows = [ask("What is 1+2?") | {"id": "a", "candidates": messages}]
    (row,) = curate.with_candidates(rows, CurateArguments(num_candidates=3), Path())
    assert [(c["reasoning_content"], c["content"]) for c in row["candidates"]] == [
        ("1+2=3", "\\boxed{3}"),
        ("", "\\boxed{3}"),
        ("1+2=3", "\\boxed{3}"),
    ]


def test_an_answer_that_was_cut_is_no_response():
    text = "<think>\n1+2=3\n</think>\n\nIt is \\boxed{3} bec"
    assert curate._message(text)["content"] and not curate._message(text, finished=False)["content"]


OUTAGE = """
from stages.cold_start import responses
reference = '{"kind": "stdio", "cases": [{"stdin": "", "stdout": "3"}]}'
message = {"reasoning_content": "", "content": "```python\\nprint(3)\\n```"}
responses.wrong_answer([{"verifier": "code", "reference": reference, "candidate": message}])
"""


def test_an_outage_is_no_wrong_answer():
    nobody = os.environ | {"FOURSTAGE_SANDBOX": "piston+http://127.0.0.1:9"}
    run = subprocess.run([sys.executable, "-c", OUTAGE], env=nobody, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode and "RecipeError: 1 of 1 answers could not be judged" in run.stderr
