"""The six response filters (report, section 4.1), in the report's order; `audit.py` measures them.

A candidate is a message with `reasoning_content` and `content`. Each filter gives None, or one line of
evidence against it.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence

from rewards.answer import judge
from stages import contamination, curation, data
from stages.cold_start import agreement, guesses, language, loops, style
from stages.contamination import HeldOut

INSIDE = 0.6  # share of a held-out question's runs of eight words that a response quotes


def wrong_answer(rows: Sequence[data.Row]) -> list[str | None]:
    """1. The final answer is not the reference's. Raises RecipeError where no verdict can be had."""
    triples = [(row["verifier"], row["candidate"]["content"], row["reference"]) for row in rows]
    judged = curation.settled(judge(triples))
    return [None if verdict.score == 1.0 else verdict.reason for verdict in judged]


def repetition(row: data.Row) -> str | None:
    """2. Substantial repetition, in the thought or in the response."""
    candidate = row["candidate"]
    return loops.evidence(candidate["reasoning_content"]) or loops.evidence(candidate["content"])


def guesswork(row: data.Row) -> str | None:
    """3. It clearly guesses, without adequate reasoning."""
    return guesses.evidence(row)


def disagreement(rows: Sequence[data.Row]) -> list[str | None]:
    """4. The thought ends with another answer than the response, or one of them is about something else."""
    return agreement.evidence(rows)


def language_mixing(row: data.Row) -> str | None:
    """5. Letters or sentences of a language that does not belong, or a shift of style."""
    return language.evidence(row) or style.evidence(row)


def near_validation(
    rows: Sequence[data.Row], held_out: Sequence[HeldOut], near_duplicates: bool = True
) -> list[str | None]:
    """6. Its question repeats a held-out one, or its text quotes most of one.

    `near_duplicates`: also questions that differ in numbers and names (see stages/contamination.py).
    """
    asked = contamination.find(rows, held_out, near_duplicates)
    return [str(match) if match else said for match, said in zip(asked, quoting(rows, held_out), strict=True)]


def quoting(rows: Sequence[data.Row], held_out: Sequence[HeldOut]) -> list[str | None]:
    """The second half of 6: the thought or the response quotes most of a held-out question."""
    quoted: dict[str, set[int]] = defaultdict(set)
    lengths = []
    for number, item in enumerate(held_out):
        runs = _runs(item.question)
        lengths.append(len(runs))
        for run in runs:
            quoted[run].add(number)
    found = [_quoted(row, quoted, lengths) for row in rows]
    return [
        None if number is None else f"quotes a question of {held_out[number].source}: {held_out[number].question}"
        for number in found
    ]


def _quoted(row: data.Row, quoted: dict[str, set[int]], lengths: Sequence[int]) -> int | None:
    """The held-out question of which the candidate holds most runs that the row's own question does not."""
    candidate = row["candidate"]
    said = _runs(f"{candidate['reasoning_content']}\n{candidate['content']}") - _runs(data.question(row))
    shared = Counter(number for run in said for number in quoted.get(run, ()))
    share, number = max(((count / lengths[number], -number) for number, count in shared.items()), default=(0.0, 0))
    return -number if share >= INSIDE else None


def _runs(text: str) -> set[str]:
    words = data.normalised(text).split()
    return {" ".join(words[i : i + contamination.RUN]) for i in range(len(words) - contamination.RUN + 1)}
