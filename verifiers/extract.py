"""Where a response states its answer: shared by the verifiers that look for one. Pure string work, linear
time."""

import json
import re

# "answer" as the languages of the tests say it.
WORD = "answer|result|solution|réponse|respuesta|resposta|risposta|antwort|ответ|答案|答え|정답|الإجابة|उत्तर"
IS = r"is|are|was|must be|should be|est|ist|es|è|é"
SAID = re.compile(
    rf"(?:{WORD})\w*\**(?:\s+(?:to|of|for)\s[^.\n:=]{{0,60}})?\s*"
    rf"(?:(?:\s(?:{IS})(?:\s+(?:therefore|thus|then|simply))?(?![a-z])|是|为|は)\s*[:：]?|[:：=])[\s*]*(?=\S)",
    re.IGNORECASE,
)
BOX = re.compile(r"\\f?boxed\s*(?=\{)|\\boxed\s+(?=[^\s{])")
# What may stand between two boxes that are one answer: no words at all, or few that end in "and" or "or", and
# the name of the second: "\boxed{1} and \boxed{2}", "\boxed{3} for (a) and y = \boxed{4}".
BETWEEN = re.compile(
    r"(?:[^a-zA-Z=<>≈:!?]|\\q?quad|\\text\{\s*\})*"
    r"(?:[^.:!?]{0,40}?(?<![a-zA-Z])(?:and|or)[\s,}$]*(?:\\[()\[\]]|\$|\\q?quad|\s)*(?:[a-zA-Z](?:_\{?\w\}?)?(?:\([a-z]\))?\s*=\s*)?)?"
)
CORRECTED = re.compile(r"\b(?:no|not|wait|wrong|but|actually|instead|sorry|hmm|rather|incorrect)\b", re.IGNORECASE)
TEXT = re.compile(r"\\(?:text(?:bf|it|rm|sf|tt|normal)?|mathrm|mathbf|mathit|mathsf|mbox|bf|rm)\s*\{([^{}]*)\}")
FORMULA = r"(?:\$\$.+?\$\$|\$(?:\\.|[^$\\])+?\$|\\\(.+?\\\)|\\\[.+?\\\])"
FORMULAS = re.compile(rf"{FORMULA}(?:\s*,?\s*(?:,|and|or)\s*{FORMULA}){{0,20}}", re.DOTALL)
FENCE = re.compile(r"^[ \t]*```[ \t]*([\w+-]*)[^\n]*\n(.*?)(?:^[ \t]*```[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)


def last_boxed(text: str) -> str | None:
    """What the last box holds. Boxes with only "and" or a comma between them are one answer, joined by
    commas."""
    boxes = _boxes(text)
    if not boxes:
        return None
    joined = [boxes[-1]]
    for box in reversed(boxes[:-1]):
        gap = text[box[1] : joined[0][0]]
        if len(gap) > 60 or not BETWEEN.fullmatch(gap) or CORRECTED.search(gap) or len(joined) >= 20:
            break
        joined.insert(0, box)
    return ", ".join(dict.fromkeys(content.strip() for _, _, content in joined))  # said twice is said once


def last_said(text: str) -> str | None:
    """What follows the last "answer is", "answer:" or "Answer =", up to the end of the sentence."""
    ends = [found.end() for found in SAID.finditer(text)]
    if not ends:
        return None
    rest = text[ends[-1] :]
    line = rest.split("\n", 1)[0]
    if line.strip() in ("$$", r"\["):
        line = rest  # displayed on lines of its own
    return _sentence(line).strip(" *")


def unwrap_text(text: str) -> str:
    """`\\text{A}` and its kin without the wrapping."""
    return TEXT.sub(r"\1", text).strip()


def fences(text: str) -> list[tuple[str, str]]:
    """(language, content) of each fenced block. A fence that never closes runs to the end."""
    return [(found[1].lower(), found[2]) for found in FENCE.finditer(text)]


def json_reference(reference: str, kind: type | tuple[type, ...] = dict) -> dict:
    """The reference as JSON. Raises ValueError where it is not JSON of that kind."""
    try:
        value = json.loads(reference)
    except ValueError as error:
        raise ValueError(f"reference is not JSON: {error}") from error
    if not isinstance(value, kind):
        raise ValueError(f"reference is JSON, but a {type(value).__name__}")
    return value


def _sentence(line: str) -> str:
    if found := FORMULAS.match(line):
        return found[0]
    ends = re.search(r"(?<!\\)[.。!?](?:\s|$)|[。！？]|\*\*", line)
    return line[: ends.start()] if ends else line


def _boxes(text: str) -> list[tuple[int, int, str]]:
    """(start, end, content) of each closed outermost box, in order."""
    closing = _closing(text)
    found, at = [], 0
    while box := BOX.search(text, at):
        at = box.end()
        end = closing.get(at) if text[at] == "{" else at
        if end is not None:
            found.append((box.start(), end + 1, text[at : end + 1] if end == at else text[at + 1 : end]))
            at = end + 1
    return found


def _closing(text: str) -> dict[int, int]:
    """Where each open brace closes. One pass, so that 100,000 unclosed boxes are no trouble."""
    pairs, opened = {}, []
    for brace in re.finditer(r"\\.|[{}]", text, re.DOTALL):
        if brace[0] == "{":
            opened.append(brace.start())
        elif brace[0] == "}" and opened:
            pairs[opened.pop()] = brace.start()
    return pairs
