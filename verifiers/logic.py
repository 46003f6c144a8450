"""Puzzles. reference is JSON: {"reasoning_gym": "<data set>", "entry": {...}}, scored by that package
itself, or {"assignment": {"Ann": "knight", ...}}, to be stated in the response.

reasoning-gym scores the stated answer (`<answer>...</answer>`, the last box, "answer is ...") or else the
whole response, whichever is better; it may pay a share. An assignment is right when every name is given
its value ("Ann is a knight", "Ann: knight", case folded) and the last statement about a name counts. Not
stated is what is negated, asked, one of two ("a knight or a knave"), supposed ("if Ann is a knight") or said
by somebody in the puzzle ("Bo says Ann is a knight", up to "so"; what stands before "because Bo says" is stated): the
puzzle said back is no answer.
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from verifiers import copied, extract
from verifiers.verdict import COPIED, CORRECT, NO_ANSWER, UNPARSABLE, WRONG, Verdict

Scorer = Callable[..., float]  # (answer, entry)

# Some of reasoning-gym's scorers give the answer to sympy's parse_expr, which evaluates Python.
CODE = re.compile(r"__|\b(?:open|eval|exec|compile|getattr|setattr|globals|locals|input|exit|quit|breakpoint)\s*\(")
SAYS = (
    r"(?:says|said|claims|claimed|states|stated|tells|told|asserts|asserted|declares|declared|remarks|remarked|notes"
    r"|noted|mentions|mentioned|comments|commented|announces|announced|insists|insisted|expresses|expressed|asks|asked|saying)"
)
THEREFORE = re.compile(r"\b(?:so|therefore|thus|hence|consequently)\b", re.IGNORECASE)
SUPPOSED = re.compile(
    r"\b(?:if|suppose|supposing|assume|assuming|whether|unless|would|imagine|either(?! way))\b"
    r"|\b(?:not (?:true|so|the case)|false|untrue|impossible) that\b",
    re.IGNORECASE,
)
REASON = re.compile(r",?\s+(?:because|since|as|so|therefore|thus|hence)\b|\(", re.IGNORECASE)
OF_ALL = re.compile(r",?\s*(?:\(|as\b|so\b)\s*(?:(?:as|so)\b)?\s*", re.IGNORECASE)
SENTENCE = re.compile(r"[^.!?;\n]+[.!?;\n]?")
LINK = r"(?:\s(?:is|as|must be|has)\s|[:=]|->|→|-|\|)"


def check(response: str, reference: str) -> Verdict:
    """Raises ValueError where the reference has neither form, or names no data set of reasoning-gym."""
    puzzle = extract.json_reference(reference)
    if "reasoning_gym" in puzzle:
        return _reasoning_gym(response, puzzle)
    wanted = puzzle.get("assignment")
    if not isinstance(wanted, dict) or not wanted or not all(isinstance(value, str) for value in wanted.values()):
        raise ValueError("reference has neither reasoning_gym nor an assignment of values to names")
    found = stated(response, wanted)
    if not found:
        return NO_ANSWER
    return CORRECT if all(found.get(name) == value.casefold() for name, value in wanted.items()) else WRONG


def stated(response: str, wanted: dict[str, str]) -> dict[str, str]:
    """The last value the response states for each name, of the values that occur in the puzzle."""
    text = asserted(re.sub(r"[*_`$]|\\text|[{}]", "", response), list(wanted))
    values = {value.casefold() for value in wanted.values()}
    if values <= {"knight", "knave"}:
        values = {"knight", "knave"}
    value = "|".join(sorted(map(re.escape, values), key=len, reverse=True))
    found = {}
    for name in wanted:
        said = re.compile(
            rf"(?<!\w)(?<!\bor ){re.escape(name)}\s*{LINK}\s*(?:an?\s+|the\s+)?({value})(?!\w)(?!\s*(?:/|or\b))",
            re.IGNORECASE,
        )
        if statements := said.findall(text):
            found[name] = statements[-1].casefold()
    return found


def asserted(text: str, names: list[str]) -> str:
    """The sentences of a text, less what they ask, suppose or report of somebody named."""
    who = rf"(?<!\w)(?:{'|'.join(map(re.escape, names))}|he|she|they)(?!\w)"
    reported = re.compile(
        rf"{who}(?:\s+\w+)?\s+{SAYS}\b|\b{SAYS}(?:\s+that)?\s*:?\s*{who}|\b(?:according to|by) {who}|{who}'s\s",
        re.IGNORECASE,
    )
    quote = r"""["“][^"”\n]{0,300}["”]"""
    quoted = re.compile(rf"{who}\s*:\s*{quote}|[^\w\n]{quote},?\s*[-–—]?\s+(?={who}|{SAYS}\b)", re.IGNORECASE)
    aside = re.compile(rf"\(\s*{who}(?:\s+\w+)?\s+{SAYS}\s+(?:the truth|what is|lies)\b[^()\n]*\)", re.IGNORECASE)
    kept = []
    for sentence in SENTENCE.findall(quoted.sub(" ", " " + aside.sub("", text))):
        if sentence.endswith("?") or SUPPOSED.search(sentence):
            continue
        if reported.search(sentence):
            kept.append(_before_reason(sentence, reported))
            ends = THEREFORE.search(sentence)
            sentence = sentence[ends.start() :] if ends else ""
        kept.append(sentence)
    return "\n".join(kept)


def _before_reason(sentence: str, reported: re.Pattern[str]) -> str:
    """What a sentence states before it says why, where only the reason is a report; "..., as Bo says" is one of it."""
    found = REASON.search(sentence)
    if not found or reported.search(sentence[: found.start()]):
        return ""
    of_all = OF_ALL.match(sentence, found.start()) and reported.match(
        OF_ALL.sub("", sentence[found.start() :], count=1)
    )
    return "" if of_all else sentence[: found.start()]


def _reasoning_gym(response: str, puzzle: dict) -> Verdict:
    entry = puzzle.get("entry")
    if not isinstance(entry, dict) or not {"answer", "metadata"} <= entry.keys():
        raise ValueError("reference has no entry with answer and metadata")
    scorer = _scorer(puzzle["reasoning_gym"])
    if not response.strip():
        return NO_ANSWER
    if isinstance(question := entry.get("question"), str) and copied.is_copy(response, question):
        return COPIED
    tagged = re.findall(r"<answer>(.*?)</answer>", response, re.DOTALL)
    given = [
        tagged[-1] if tagged else None,
        extract.last_boxed(response),
        extract.last_said(response),
        response,
    ]
    candidates = [text.strip() for text in given if text is not None]
    if CODE.search(candidates[0]):
        return UNPARSABLE
    # JSON made lists of the entry's tuples, and some scorers compare with tuples.
    score = max(
        _score(scorer, text, one) for text in {candidates[0], response.strip()} for one in (entry, _tuples(entry))
    )
    return CORRECT if score == 1.0 else WRONG if score == 0.0 else Verdict(score, "partial")


def _tuples(value: Any) -> Any:
    """A tuple for each list, all the way down."""
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _score(scorer: Scorer, answer: str, entry: dict) -> float:
    if CODE.search(answer):
        return 0.0
    try:
        return float(scorer(answer, entry))
    except Exception:  # its parsers raise all kinds of things on an answer that has not the form
        _must_score_gold(scorer, entry)
        return 0.0


def _must_score_gold(scorer: Scorer, entry: dict) -> None:
    """Raises ValueError where the entry's own answer cannot be scored either: then the entry is broken."""
    try:
        scorer(entry["answer"], entry)
    except Exception as error:
        raise ValueError(f"reference's entry cannot be scored, {type(error).__name__}: {error}") from error


@cache
def _scorer(name: str) -> Scorer:
    from reasoning_gym.factory import DATASETS, get_score_answer_fn

    if name not in DATASETS:
        raise ValueError(f"reference names {name!r}, which is no data set of reasoning-gym")
    return get_score_answer_fn(name)
