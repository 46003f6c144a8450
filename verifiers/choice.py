"""Multiple choice: reference is the letter. What counts is the last letter the response commits to.

In this order: the last `\\boxed{B}`; the last "answer is (B)"; a response that starts or ends with the
letter ("B. because", "... so (B)"); the last letter that stands alone. An "A" or "I" in a sentence is a
word, so these two count alone only in brackets, in bold or at the edge of the response. Lines that list the options
("A) red", "B) blue", three or more) commit to none of them, unless each judges ("A) is wrong") and one is right.
"""

import re

from verifiers import extract
from verifiers.verdict import CORRECT, NO_ANSWER, WRONG, Verdict

ALONE = r"(?<![A-Za-z0-9'’])([A-J])(?![A-Za-z0-9'’])"
MARKED = re.compile(r"[(\[（]\s*([A-J])\s*[)\]）]|\*\*\(?([A-J])\)?[.:)]?\*\*")
OPTION = re.compile(r"^[ \t]*[(\[]?([A-J])[)\].:][ \t]+\S.*$", re.MULTILINE)
JUDGED = re.compile(
    r"^[ \t]*[(\[]?[A-J][)\].:][ \t]+(?:is[ \t]+)?(not[ \t]+)?(?:(right|correct|true)|wrong|incorrect|false)\b",
    re.IGNORECASE,
)
ROW = re.compile(r"(?<![\w'’])(?:[A-Z][ \t,;/|]+){2,}[A-Z](?![\w'’])")  # "A B C D" chooses nothing, or rules out
STARTS = re.compile(r"\W*([A-J])(?:[.,:)。，：、]|\s*$|\s*\n|(?=[^\x00-\x7f]))")


def check(response: str, reference: str) -> Verdict:
    """Raises ValueError where the reference is not one letter."""
    gold = re.fullmatch(r"\(?([A-Za-z])\)?[.)]?", reference.strip())
    if not gold:
        raise ValueError(f"reference {reference[:50]!r} is not one letter")
    given = letter(response)
    if given is None:
        return NO_ANSWER
    return CORRECT if given == gold[1].upper() else WRONG


def letter(response: str) -> str | None:
    """The letter the response commits to, A to J."""
    box = extract.last_boxed(response)
    if box is not None:
        return _only(extract.unwrap_text(box))
    said = extract.last_said(response)
    if said is not None and (found := re.search(ALONE, said)):
        return found[1]
    if len(set(OPTION.findall(response))) > 2:
        if judged := _judged(response):
            return judged
        response = OPTION.sub("", response)
    response = ROW.sub("", response)
    if found := STARTS.match(response):
        return found[1]
    if found := re.search(ALONE + r"\W*$", response):
        return found[1]
    marked = MARKED.findall(response)
    if marked:
        return marked[-1][0] or marked[-1][1]
    alone = [found for found in re.findall(ALONE, response) if found not in "AI"]
    return alone[-1] if alone else None


def _judged(response: str) -> str | None:
    """The one option that is called right, where every option is called right or wrong."""
    found = [(option[1], JUDGED.match(option[0])) for option in OPTION.finditer(response)]
    right = [letter for letter, verdict in found if verdict and bool(verdict[1]) != bool(verdict[2])]
    return right[0] if len(right) == 1 and all(verdict for _, verdict in found) else None


def _only(text: str) -> str | None:
    # More than one letter in the box is no choice.
    found = re.match(r"\W*([A-Ja-j])(?![A-Za-z0-9*+^=])(?!\s*\)?\s*(?:[,/;]|and|or)\s*\(?[A-Ja-j]\b)", text)
    return found[1].upper() if found else None
