"""Answers that no rule can judge: by a judge with a reference (verifier `judge`), or by the reward model alone
(verifier `preference`).

    {function: recipes/smollm2-135m/judged.py:judged, kind: exam, num_rows: 300, seed: 41}
    {function: recipes/smollm2-135m/judged.py:preferred, kind: helpful, num_rows: 200, seed: 41}

The prompts of the preference pairs are those that the reward model never sees: `for_policy` sets one in five apart.
"""

import re
from pathlib import Path
from random import Random
from typing import Any

from rewards.loader import load_function

Row = dict[str, Any]
TASKS = Path(__file__).with_name("tasks.py")
raw, in_split, own_split, share, chosen, question_row, collect = (
    load_function(f"{TASKS}:{name}")
    for name in ("raw", "in_split", "own_split", "share", "chosen", "question_row", "collect")
)
LANGUAGES = {"zh": "Chinese", "de": "German", "fr": "French", "cs": "Czech"}
BLANK = re.compile(r"[\s\u00a0]*[(（][\s\u00a0]*[)）][\s\u00a0]*")
FORMED = re.compile(r"[\u4e00-\u9fff]|^\W*$")
# Questions that are cut off, point to what is not there, or whose answer is one of several things asked for.
UNANSWERABLE = re.compile(
    r"following (?!\w+ (?:is|are) )|as shown|figure|table below|above|option|which of|consider the"
    r"|[①②③④]|\b[A-D]\.|\(1\)",
    re.IGNORECASE,
)
QUOTED = re.compile(r'"(.+)"', re.DOTALL)
POLICY = 5  # one prompt in so many is for the policy


def exam(row: Row) -> tuple[str, str, str] | None:
    """Exam questions of many subjects, translated; those with blanks are told that they have."""
    question = BLANK.sub(" ______ ", row["question"]).strip()
    question = re.sub(r"_{3,}", "______", question)
    answer = BLANK.sub(" ", row["answer"]).strip(" .;")
    if UNANSWERABLE.search(question) or FORMED.search(question + answer) or not 2 <= len(answer) <= 80:
        return None
    if len(question) < 25 or question.count("______") > 1:
        return None
    asked = "Fill in the blank." if "______" in question else "Answer in a few words."
    return f"{question}\n\n{asked}", answer, "judge_exam"


def translation(row: Row) -> tuple[str, str, str]:
    language = LANGUAGES[row["pair"][-2:]]
    asked = f"Translate to {language}: {row['source_text']}"
    return asked, row["target_text"], "judge_translation"


def into_english(row: Row) -> tuple[str, str, str]:
    return f"Translate to English: {row['target_text']}", row["source_text"], "judge_into_english"


def common_sense(row: Row) -> tuple[str, str, str]:
    """The rationale tells the judge why."""
    question = row["prompt"].partition("\nOptions:")[0].strip()
    if row["source"] == "creak":
        claim = QUOTED.search(question)
        question = f"Is this true? {claim[1]}" if claim else question
    return (
        f"{question}\n\nSay yes or no, and why, in one or two sentences.",
        f"{row['answer']}. {row['rationale']}",
        "judge_common_sense",
    )


KINDS = {kind.__name__: kind for kind in (exam, translation, into_english, common_sense)}


def _judged(kind: str, split: str, folder: str | None, from_hub: bool) -> list[Row]:
    if kind in ("translation", "into_english"):
        rows = own_split(raw("translation_pairs", folder, from_hub), split)
        return [row for row in rows if (share(row["source_text"], 2) == 0) == (kind == "translation")]
    if kind == "exam":
        return [row for row in raw("qa_reference_multisubject", folder, from_hub) if in_split(row["question"], split)]
    rows = [row for row in raw("flan_cot_sample", folder, from_hub) if row["source"] in ("creak", "strategyqa")]
    return [row for row in rows if in_split(row["prompt"], split)]


def judged(
    kind: str, num_rows: int | None = None, seed: int = 0, split: str = "train", folder: str | None = None,
    from_hub: bool = False,
) -> list[Row]:  # fmt: skip
    """Questions whose reference a judge compares. Raises ValueError for a kind that there is not."""
    ask = chosen(KINDS, kind)

    def make(rng: Random, row: Row) -> Row | None:
        if not (asked := ask(row)):
            return None
        question, reference, task = asked
        return question_row(
            task, "preference_alignment", question, "judge", reference, reference, domain="general", source=kind
        )

    return collect(make, _judged(kind, split, folder, from_hub), num_rows, f"{seed}-{kind}")


def for_policy(prompt: str | list[Row]) -> bool:
    """Whether a prompt of the preference pairs is for general RL; the reward model trains on the others."""
    text = prompt if isinstance(prompt, str) else prompt[0]["content"]
    return share(text, POLICY) == 0


OPEN = {"helpful": "pref_ultrafeedback_1k", "harmless": "pref_hh_harmless", "roleplay": "roleplay_gpteacher"}


def preferred(
    kind: str, num_rows: int | None = None, seed: int = 0, split: str = "train", folder: str | None = None,
    from_hub: bool = False,
) -> list[Row]:  # fmt: skip
    """Open prompts for the reward model: `helpful` (UltraFeedback), `harmless` (hh-rlhf, dialogues among them) and
    `roleplay`. Raises ValueError for a kind that there is not."""
    name = chosen(OPEN, kind)

    def make(rng: Random, row: Row) -> Row | None:
        prompt = row["prompt"]
        messages = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else prompt
        text = messages[-1]["content"].replace("<noinput>", "").strip()
        if messages[-1]["role"] != "user" or len(text) < 20:  # "Thanks." has no better answer
            return None
        messages = [*messages[:-1], {"role": "user", "content": text}]
        return question_row(
            f"prefer_{kind}", "preference_alignment", text, "preference", "", domain="general", source=kind,
            prompt=messages,
        )  # fmt: skip

    rows = raw(name, folder, from_hub)
    if kind != "roleplay":
        rows = [row for row in rows if for_policy(row["prompt"])]
    rows = own_split(rows, split) if kind == "helpful" else [row for row in rows if in_split(str(row["prompt"]), split)]
    return collect(make, rows, num_rows, f"{seed}-{kind}")
