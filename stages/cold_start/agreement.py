"""Filter 4: thought and summary disagree. Two looks.

The conclusion: what the thought ends with (conclusions.py reads it) against the response's answer; the kinds
of islanders and the option where the question has them, the value elsewhere. A value is read as text; where
the thought does not name the response's, the row's verifier has the last word, since it may be the same in
another form.

The subject: a thought, or a response, that has none of the question's numbers and hardly any of its rarer
words is about something else.
"""

import re
from collections.abc import Sequence

from rewards.answer import judge
from stages import data
from stages.cold_start import conclusions, passages
from stages.cold_start.queries import COMPARED

SIGN = re.compile(r"^\W*option\s+\w\b\W*", re.I)
ISLAND = re.compile(r"\bknights?\b.*\bknaves?\b|\bknaves?\b.*\bknights?\b", re.I | re.S)
NEGATIVE = re.compile(r"\bnot\b|\bcannot\b|\bexcept\b|n't\b|\bin(?:valid|correct|feasible)\b", re.I)
DRAWING = re.compile(r"\[asy\].*?\[/asy\]", re.S)
NUMBER = re.compile(r"(?<![\d.])\d+")  # decimals are rounded too often to be compared
THOUSANDS = re.compile(r"(?<=\d)(?:,|\{,\}|\\,)(?=\d{3})")
COMMON = frozenset(
    re.findall(
        r"\S+",
        "about above after again also answer apply based because been before being below between both calculate "
        "cannot case cases check consider could determine does down during each either equal equation even every "
        "example express find first following from give given gives have having here into just last least less let's "
        "like make many more most much must need number numbers only option options other over please problem "
        "question same second should show since some step such sure take than that their them then there these they "
        "thing think this those three through times total true under until user using value values very want wants "
        "well were what when where which while will with within without would write your",
    )
)
LONG = 60  # words; a shorter response (a refusal, an answer alone) need not name its subject
FEWEST_MARKS = 5  # words and numbers of a question, below which its subject is not looked at
# Share of the question's words and numbers that come back in the thought. In clean traces 1% have less than 0.12
# (short algebra) to 0.4; with another question's thought half have less than 0.12.
SUBJECT = 0.1
OWN_NUMBERS = 3  # numbers of three and more digits in a question: a thought that has none of them is about another


def evidence(rows: Sequence[data.Row]) -> list[str | None]:
    """For each row, how its two parts disagree."""
    found = [_by_reading(row) or _other_subject(row) for row in rows]
    doubted = {i: _missing(row) for i, row in enumerate(rows) if not found[i] and row.get("verifier") in COMPARED}
    asked = [(i, text) for i, texts in doubted.items() if texts for text in (*texts, None)]
    judged = judge([_shown(rows[i], text) for i, text in asked])
    right = {pair for pair, verdict in zip(asked, judged, strict=True) if verdict.score == 1.0}
    agree = {i for i, text in right if text is not None and (i, None) in right}
    return [
        f"the thought ends with another answer: {doubted[i][0]}" if doubted.get(i) and i not in agree else said
        for i, said in enumerate(found)
    ]


def _shown(row: data.Row, text: str | None) -> tuple[str, str, str]:
    """What the verifier is shown: a value of the thought, or (None) the response."""
    shown = row["candidate"]["content"] if text is None else f"\\boxed{{{text}}}"
    return row["verifier"], shown, row["reference"]


def _by_reading(row: data.Row) -> str | None:
    question = DRAWING.sub(" ", data.question(row))
    thought, response = row["candidate"]["reasoning_content"], row["candidate"]["content"]
    if ISLAND.search(question):
        return _islanders(question, thought, response)
    if offered := conclusions.options(question):
        return _option(question, thought, response, offered)
    return None


def _islanders(question: str, thought: str, response: str) -> str | None:
    thinks, tells = conclusions.settled(thought), conclusions.kinds(response)
    speakers, known = set(re.findall(r"\b([A-Z][a-z]*) says\b", question)), set(re.findall(r"\w+", question))
    if tells and (other := (tells.keys() - known) | (speakers - tells.keys())):
        return f"the response and the question speak of different islanders: {', '.join(sorted(other))}"
    if strangers := set(re.findall(r"(?<![\w=])([A-Z]) (?:says|said)\b", thought)) - known:
        return f"the thought speaks of {min(strangers)}, whom the question does not know"
    if absent := [name for name in tells if not re.search(rf"(?<![^\W_]){re.escape(name)}(?!\w)", thought)]:
        return f"the thought never speaks of {absent[0]}"
    other = [name for name in tells if thinks.get(name, tells[name]) != tells[name]]
    return f"the thought ends with {other[0]} a {thinks[other[0]]}, the response does not" if other else None


def _option(question: str, thought: str, response: str, offered: dict[str, str]) -> str | None:
    told = conclusions.answer(response)
    tells, said = conclusions.named(told, offered), SIGN.sub("", told)
    signs_alone = bool(spoken := set(re.findall(r"\w+", told))) and spoken <= set(
        offered
    )  # one, or an order of several
    known = signs_alone or not passages.words(said) or any(_same(said, text) for text in offered.values())
    if not known and len(passages.words(response)) < LONG:
        return f"the response is none of the options: {told[:80]}"
    thinks = conclusions.chosen(thought, offered, denied=bool(NEGATIVE.search(question)))
    if thinks and tells and not thinks & tells:
        return f"the thought ends with option {'/'.join(sorted(thinks))}, the response with {'/'.join(sorted(tells))}"
    return None


def _same(one: str, other: str) -> bool:
    one, other = data.normalised(one), data.normalised(other)
    return bool(one) and (one in other or other in one)


def _missing(row: data.Row) -> list[str]:
    """What the thought ends with, if the response's answer is not there: to be shown to the verifier."""
    question, thought = DRAWING.sub(" ", data.question(row)), row["candidate"]["reasoning_content"]
    told = conclusions.plain(conclusions.answer(row["candidate"]["content"])).rpartition("=")[2].strip(" .")
    if not told or ISLAND.search(question) or conclusions.options(question):
        return []
    ends = conclusions.ending(thought)
    if not ends or conclusions.holds(ends, told) or not re.search(r"\d", told):
        return []
    return [text for sentence in reversed(ends) for text in conclusions.results(sentence)[:2]] or ends[-1:]


def _other_subject(row: data.Row) -> str | None:
    asked = DRAWING.sub(" ", " ".join(message["content"] for message in row["prompt"]))
    thought, response = row["candidate"]["reasoning_content"], row["candidate"]["content"]
    marks, own, told = signs(asked), signs(thought), signs(response)
    if not any(map(_east_asian, own)):
        marks = {mark for mark in marks if not _east_asian(mark)}  # a question thought about in another language
    if len(marks) < FEWEST_MARKS:
        return None
    numbers = {mark for mark in marks if len(mark) > 2 and mark[0].isdigit()}
    if len(own) >= 8 and (
        len(marks & own) <= SUBJECT * len(marks) or (len(numbers) >= OWN_NUMBERS and not numbers & own)
    ):
        return f"the thought is about something else: it lacks {', '.join(sorted(marks - own)[:5])}"
    if len(passages.words(response)) >= LONG and not told & marks and len(told & own) <= SUBJECT * len(told):
        return f"the response is about something else: it lacks {', '.join(sorted(marks - told)[:5])}"
    return None


def _east_asian(mark: str) -> bool:
    return "\u3400" <= mark[0] <= "\u9fff"


def signs(text: str) -> set[str]:
    """What a text is about: its numbers, and the beginnings of its rarer words."""
    found = {word[:6] for word in re.findall(r"[^\W\d_]{4,}", text.lower()) if word not in COMMON}
    plain = THOUSANDS.sub("", text)
    return found | set(NUMBER.findall(plain)) | set(re.findall(r"[\u3400-\u9fff]{2}", plain))
