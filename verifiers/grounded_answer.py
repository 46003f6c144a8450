"""Does a response state one accepted answer: not negated, and no other beside it? For the verifier `grounded`."""

import re
from itertools import pairwise

from verifiers.grounded_words import FILLING, LEADS, NEGATIONS, STARTS, has_number, names, places, words
from verifiers.verdict import CORRECT, WRONG, Verdict

PIECE = re.compile(r"[.,;:!?]+(?=\s|$)|\n")
REFUSED = re.compile(
    r"(?:is|was|are|were)(?: not|nt) (?:the answer|right|correct|true|so|it)\b"
    r"|(?:is|was|are|were) (?:wrong|false|incorrect|untrue)\b"
)
ITEMS = re.compile(r"[,;\n/|•.!?]+(?=\s|$)|(?<=\w)/(?=\w)|[;\n|•]|\b(?:or|and|versus|nor)\b", re.IGNORECASE)


def stated(response: str, said: list[str], task: dict) -> Verdict:
    """Whether an accepted answer is stated, and no other beside it."""
    pieces = [words(piece) for piece in PIECE.split(response)]
    asked = set(words(task["question"]))
    found = [answer for answer in task["answers"] if places(answer, said) and _plainly(answer, pieces, asked)]
    if not found:
        return WRONG
    for answer in sorted(found, key=len, reverse=True):
        if not _is_hedged(response, said, answer, task):
            return CORRECT
    return Verdict(0.0, "hedged")


def _plainly(answer: list[str], pieces: list[list[str]], asked: set[str]) -> bool:
    """Whether no "not" stands before the answer in one of its places, and no "is wrong" behind it ("Which claim is
    wrong?" asks for that), within its piece of a sentence."""
    found = [(piece, at) for piece in pieces for at in places(answer, piece)]
    return not found or any(
        not NEGATIONS & (set(_before(piece, at)) - set(answer)) and not _is_refused(piece[at + len(answer) :], asked)
        for piece, at in found
    )


def _before(piece: list[str], at: int) -> list[str]:
    """The three words before a place, from "until" on: "not until 1950" is 1950."""
    near = piece[max(0, at - 3) : at]
    return near[near.index("until") :] if "until" in near else near


def _is_refused(after: list[str], asked: set[str]) -> bool:
    found = REFUSED.match(" ".join(after))
    return found is not None and not asked & set(found[0].split()[1:])


def _is_hedged(response: str, said: list[str], answer: list[str], task: dict) -> bool:
    """Whether the response has another candidate: joined by "or", in a list or a sentence of its own, or beside it."""
    own = {word for accepted in task["answers"] for word in accepted}
    if _is_strung(response, answer, own, task):
        return True
    asked = set(words(task["question"])) | FILLING
    for at in places(answer, said):
        if "or" in (said[max(0, at - 2) : at] + said[at + len(answer) : at + len(answer) + 1]) and "or" not in answer:
            return True
    rivals = []
    for candidate in map(words, ITEMS.split(response)):
        rest = {word for word in candidate if word not in asked and word not in own}
        leads = bool(candidate) and candidate[0] in LEADS | NEGATIONS
        if rest and not leads and not places(answer, candidate) and len(candidate) <= len(answer) + 4:
            rivals += [rest] if has_number(candidate) == has_number(answer) else []
    return len(rivals) > 1 or any(rest <= task["known"] for rest in rivals)


def _is_strung(response: str, answer: list[str], own: set[str], task: dict) -> bool:
    """Whether words of the passages stand side by side that do so in none of them ("Cairo dog Lima duck"): values in a
    row, without commas. A verb may follow its subject ("Ann lives in Oslo"), and a word that is no name may precede."""
    pairs = {pair for text in (*task["passages"], task["question"]) for pair in pairwise(words(text))}
    plain = STARTS | LEADS | FILLING | NEGATIONS
    foreign = task["known"] - set(words(task["question"])) - own - plain
    foreign = {word for word in foreign if has_number([word]) == has_number(answer)}
    called = {word for text in task["passages"] for name in names(text) for word in words(name)} if foreign else set()
    for piece in map(words, PIECE.split(response)):
        for (one, other), after in zip(pairwise(piece), [*piece[2:], None], strict=False):
            if (one, other) in pairs:
                continue
            if one in task["known"] - plain and other in foreign and after not in plain:
                return True
            if one in foreign & called and other in own - FILLING:
                return True
    return False
