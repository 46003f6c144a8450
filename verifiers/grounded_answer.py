"""Does a response state one accepted answer: not negated, and no other beside it? For the verifier `grounded`."""

import re
from itertools import pairwise

from verifiers.grounded_words import FILLING, LEADS, NEGATIONS, STARTS, has_number, names, places, plain, words, wordset
from verifiers.verdict import CORRECT, WRONG, Verdict

PIECE = re.compile(r"[.,;:!?]+(?=\s|$)|\n")
REFUSED = re.compile(
    r"(?:is|was|are|were)(?: not|nt) (?:the answer|right|correct|true|so|it)\b"
    r"|(?:is|was|are|were) (?:wrong|false|incorrect|untrue)\b"
)
ITEMS = re.compile(r"[,;\n/|•.!?]+(?=\s|$)|(?<=\w)/(?=\w)|[;\n|•]|\b(?:or|and|versus|nor)\b", re.IGNORECASE)
MARK = "ꙮ"  # a letter that no text has, in the place of an answer
OTHER = re.compile(r"(?<!\bno )(?<!\bnone )(?<!\bnobody )\b(?:other than|(?:any|some|every)(?:one|body|thing) but)$")
DOUBT = re.compile(
    r"(?<!\bno )(?<!\bnot )(?<!\bwithout )(?<!\bwithout a )\b(?:doubt|doubts|doubtful|deny|denies|unlikely|hardly"
    r"|(?:not|dont|isnt|wasnt) (?:think|believe|true|sure|certain|likely))\b"
)
AUXILIARIES = wordset("did does do is was are were has have had could can would will")
DENYING = wordset("not never isnt wasnt arent werent doesnt didnt dont cannot cant hasnt havent hadnt couldnt wouldnt")
TENS = wordset("20 thirty forty fifty sixty seventy eighty ninety")
SCALES = wordset("hundred thousand million billion trillion dozen")


def stated(response: str, said: list[str], task: dict) -> Verdict:
    """Whether an accepted answer is stated, and no other beside it."""
    found = [answer for answer in task["answers"] if places(answer, said) and _is_plain(answer, response, task)]
    if not found:
        return WRONG
    for answer in sorted(found, key=len, reverse=True):
        if not _is_hedged(response, said, answer, task):
            return CORRECT
    return Verdict(0.0, "hedged")


def _cut(pattern: re.Pattern[str], response: str, answer: list[str]) -> list[list[str]]:
    """The words of each piece of a response. The answer is in one of them: its own comma or "and" parts nothing."""
    text = plain(response).replace(MARK, " ")
    if len(answer) > 1:
        own = r"[\W_]+".join(map(re.escape, answer))
        text = re.sub(rf"(?<![^\W_]|-){own}(?![^\W_])", MARK, text)
    return [
        [each for word in words(piece) for each in (answer if word == MARK else [word])]
        for piece in pattern.split(text)
    ]


def _is_plain(answer: list[str], response: str, task: dict) -> bool:
    """Whether the answer is neither denied nor a part of a larger number in one of its places, as far as its piece of
    a sentence says."""
    found = [(piece, at) for piece in _cut(PIECE, response, answer) for at in places(answer, piece)]
    return not found or any(
        not _is_denied(piece[:at], answer, piece[at + len(answer) :], task)
        and not _is_scaled(piece[:at], answer, piece[at + len(answer) :], task)
        for piece, at in found
    )


def _is_denied(before: list[str], answer: list[str], after: list[str], task: dict) -> bool:
    """Whether "not", "other than" or a doubt stands before the answer, or "is wrong" or "did not" behind it."""
    near = before[-3:]
    near = near[near.index("until") :] if "until" in near else near  # "not until 1950" is 1950
    if NEGATIONS & (set(near) - set(answer)) or OTHER.search(" ".join(before)):
        return True
    doubt = DOUBT.search(" ".join(before))
    return (doubt is not None and doubt[0] not in task["known"]) or _is_refused(after, task)


def _is_refused(after: list[str], task: dict) -> bool:
    """Whether what follows denies the answer, and neither the question ("Which claim is wrong?") nor a passage does."""
    asked = words(task["question"])
    if found := REFUSED.match(" ".join(after)):
        return not set(asked) & set(found[0].split()[1:])
    denied = after[1:] if after[:1] and after[0] in AUXILIARIES else after if after[:1] != ["not"] else []
    if not DENYING & set(denied[:1]) or DENYING & set(asked):
        return False
    said = [pair for text in task["passages"] for pair in pairwise(words(text))]
    return not any(one in DENYING and [other] == denied[1:2] for one, other in said)


def _is_scaled(before: list[str], answer: list[str], after: list[str], task: dict) -> bool:
    """Whether the answer is a part of a larger number: "three hundred", "thirty-three"."""
    above = before[-2:-1] if before[-1:] == ["and"] else before[-1:]
    if has_number(answer[:1]) and above and above[0] in (SCALES if before[-1:] == ["and"] else SCALES | TENS):
        return True
    if not after or after[0] not in SCALES or not (has_number(answer[-1:]) or answer[-1] in SCALES):
        return False
    given = (task["question"], *task["passages"])
    return not any(places([answer[-1], after[0]], words(text)) for text in given) and after[0] not in words(given[0])


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
    for candidate in _cut(ITEMS, response, answer):
        rest = {word for word in candidate if word not in asked and word not in own}
        leads = bool(candidate) and candidate[0] in LEADS | NEGATIONS
        if rest and not leads and not places(answer, candidate) and len(candidate) <= len(answer) + 4:
            rivals += [rest] if has_number(candidate) == has_number(answer) else []
    return len(rivals) > 1 or any(rest <= task["known"] for rest in rivals)


def _is_strung(response: str, answer: list[str], own: set[str], task: dict) -> bool:
    """Whether words of the passages stand side by side that do so in none of them ("Cairo dog Lima duck"): values in a
    row, without commas. A verb may follow its subject ("Ann lives in Oslo"), and a word that is no name may precede."""
    pairs = {pair for text in (*task["passages"], task["question"]) for pair in pairwise(words(text))}
    common = STARTS | LEADS | FILLING | NEGATIONS
    foreign = task["known"] - set(words(task["question"])) - own - common
    foreign = {word for word in foreign if has_number([word]) == has_number(answer)}
    called = {word for text in task["passages"] for name in names(text) for word in words(name)} if foreign else set()
    for piece in _cut(PIECE, response, answer):
        for (one, other), after in zip(pairwise(piece), [*piece[2:], None], strict=False):
            if (one, other) in pairs:
                continue
            if one in task["known"] - common and other in foreign and after not in common:
                return True
            if one in foreign & called and other in own - FILLING:
                return True
    return False
