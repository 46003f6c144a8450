"""Labelled responses from real sets, to calibrate a judge with:

    FOURSTAGE_DATA=... python -m rewards.calibrate --model ... recipes/smollm2-135m/judge_labels.py:mixed --rows 200

One right and one wrong response to each question: {prompt, reference, response, label}. The files are those that
data.py takes, and two more: truthfulqa (question, answer, correct_answers, incorrect_answers) and
qa_reference_multisubject (question, answer).
"""

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from rewards.loader import load_function

Row = dict[str, Any]
HERE = Path(__file__)
read: Callable[..., list[Row]] = load_function(f"{HERE.with_name('sources.py')}:read")
find_folder: Callable[..., Path] = load_function(f"{HERE.with_name('sources.py')}:find_folder")


def mixed(num_rows: int | None = None, seed: int = 0, folder: str | None = None) -> list[Row]:
    """All sets in equal parts."""
    rng, sets = Random(seed), (truthfulqa, subjects, gsm8k, mmlu)
    drawn = [rng.sample(found, len(found)) for found in (list(make(rng, folder)) for make in sets)]
    pairs = [pair for four in zip(*drawn, strict=False) for pair in four]
    return [row for pair in pairs for row in pair][:num_rows]


def pair(source: str, question: str, reference: str, right: str, wrong: str) -> tuple[Row, Row]:
    """The two rows of a question."""
    own = {"source": source, "prompt": question, "reference": reference}
    return own | {"response": right, "label": 1}, own | {"response": wrong, "label": 0}


def truthfulqa(rng: Random, folder: str | None = None) -> Iterator[tuple[Row, Row]]:
    """Another right answer of the set's, and one of its popular errors."""
    for row in _file("truthfulqa", folder):
        others = [answer for answer in row["correct_answers"] if answer != row["answer"]]
        if others and row["incorrect_answers"]:
            wrong = rng.choice(row["incorrect_answers"])
            yield pair("truthfulqa", row["question"], row["answer"], rng.choice(others), wrong)


def subjects(rng: Random, folder: str | None = None) -> Iterator[tuple[Row, Row]]:
    """The answer in a sentence, and another question's."""
    rows = _file("qa_reference_multisubject", folder)
    for row in rows:
        wrong = rng.choice(rows)["answer"]
        if wrong.lower().strip() != row["answer"].lower().strip():
            form = rng.choice(("{}", "The answer is {}.", "It should be {}, I think."))
            yield pair("subjects", row["question"], row["answer"], form.format(row["answer"]), form.format(wrong))


def gsm8k(rng: Random, folder: str | None = None) -> Iterator[tuple[Row, Row]]:
    """The worked solution, and the same with another number at its end."""
    for row in read("gsm8k_test", folder):
        steps, number = row["solution"], row["answer"].replace(",", "")
        if number.lstrip("-").isdigit():
            wrong = str(int(number) + rng.choice((-10, -2, -1, 1, 2, 10)))
            yield pair("gsm8k", row["problem"], number, f"{steps}\nSo it is {number}.", f"{steps}\nSo it is {wrong}.")


def mmlu(rng: Random, folder: str | None = None) -> Iterator[tuple[Row, Row]]:
    """The right option and another, by letter or by text."""
    for row in read("mmlu_sample", folder):
        options = dict(zip("ABCDE", row["choices"], strict=False))
        others = [letter for letter, text in options.items() if text != options[row["answer"]]]
        if row["split"] != "test" or not others:
            continue
        wrong, by_letter = rng.choice(others), rng.random() < 0.5
        said = {letter: f"The answer is {letter}." if by_letter else text for letter, text in options.items()}
        question = "\n".join([row["question"], *(f"{letter}. {text}" for letter, text in options.items())])
        reference = f"{row['answer']}. {options[row['answer']]}"
        yield pair("mmlu", question, reference, said[row["answer"]], said[wrong])


def _file(name: str, folder: str | None) -> list[Row]:
    """A set that only a folder has. Raises ValueError."""
    place = find_folder(folder)
    for path in (place / f"{name}.jsonl.gz", place / f"{name}.jsonl"):
        if path.is_file():
            with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
                return [json.loads(line) for line in file]
    raise ValueError(f"there is no {name}.jsonl.gz or {name}.jsonl in {place}: name the folder in FOURSTAGE_DATA")
