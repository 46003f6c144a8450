"""Filter 4: thought and summary disagree. Two looks.

The conclusion of the thought (its last box, its last stated answer, the option it ends with, the kinds of the
islanders, or else the value its last sentence ends with) against the response's: by option and by kind where
the question has them, by the row's verifier where not. A pair of which exactly one is right disagrees; two
wrong ones are the first filter's.

The subject: a thought, or a response, that has none of the question's numbers and hardly any of its rarer
words is about something else.
"""

import re
from collections.abc import Sequence

from rewards.answer import judge
from stages import data
from stages.cold_start import passages
from verifiers import extract

TAIL = 600  # characters in which a thought without a stated answer concludes
CONCLUDES = re.compile(
    r"(?:\b(?:therefore|thus|hence|so|conclu\w+|final(?:ly)?|overall|in summary|answer\w*|result\w*|giv\w+|we"
    r" (?:get|have)"
    r"|only|correct|best|viable|enforceable|choose|prefer\w*|select\w*|must be|is|are|equals?)\b|[=≈⇒→∴]|\\(?:to"
    r"|implies|Rightarrow)\b)",
    re.I,
)
OPTION = re.compile(r"\b(?:option|choice|answer)\s*\**\s*\(?([1-9]|[A-J])\b\)?", re.I)
OPTION_LINE = re.compile(r"(?mi)^\s*(?:option\s+)?\(?([1-9]|[A-J])[):.]\s+(\S.*)$")
KIND = re.compile(
    r"(?<![\w'’])([A-Z][a-z]*)\b\s*(?:\((?=kn)|(?:=|:|→|->|is|must be|as|are)\s*(?:an?\s+|the\s+)?)(knight|knave"
    r"|K\b|N\b)(?!\w)"
)
NO_RESULT = re.compile(r"\bif\b|impossible|contradict|\bsa(?:ys|id)\b|statement|suppose|assum|case|[\"“]", re.I)
ISLAND = re.compile(r"\bknights?\b.*\bknaves?\b|\bknaves?\b.*\bknights?\b", re.I | re.S)
COMMITS = re.compile(
    r"\b(?:therefore|thus|hence|so|conclu\w+|final(?:ly)?|overall|in summary|answer|correct|only|best|choose"
    r"|viable)\b|boxed",
    re.I,
)
DENIES = re.compile(r"\b(?:not|no|isn't|also|neither|unless|invalid|cannot|fails?|incorrect|unnecessary)\b", re.I)
VALUE = re.compile(r"\d+(?:[.,]\d+)*|\\[dt]?frac\{")
VALUE_SAID = re.compile(r"\b(?:is|are|was|equals?|get|gives?|have|must be|only)\W{1,6}-?(?:\d|frac|sqrt)", re.I)
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
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
FEWEST_MARKS = 4  # words and numbers of a question, below which its subject is not looked at
# Share of the question's words and numbers that come back. In clean traces 1% have less than 0.12 (short algebra) to
# 0.4; with another question's thought half have less than 0.12.
SUBJECT = {"thought": 0.1, "response": 0.0}


def evidence(rows: Sequence[data.Row]) -> list[str | None]:
    """For each row, how its two parts disagree."""
    found = [_by_reading(row) or _other_subject(row) for row in rows]
    asked = [i for i, row in enumerate(rows) if not found[i] and row.get("verifier") and _value(row) is not None]
    thoughts = judge([(rows[i]["verifier"], str(_value(rows[i])), rows[i]["reference"]) for i in asked])
    told = judge([(rows[i]["verifier"], rows[i]["candidate"]["content"], rows[i]["reference"]) for i in asked])
    for i, thought, response in zip(asked, thoughts, told, strict=True):
        if {thought.score, response.score} == {0.0, 1.0} and "wrong" in (thought.reason, response.reason):
            concluded = " ".join(str(_value(rows[i])).split())[-80:]
            found[i] = f"the thought ends with another answer: {concluded}"
    return found


def _by_reading(row: data.Row) -> str | None:
    question, thought, response = data.question(row), row["candidate"]["reasoning_content"], row["candidate"]["content"]
    if ISLAND.search(question):
        thinks, tells = kinds(thought[-TAIL:], last=True), kinds(response)
        absent = [name for name in tells if not re.search(rf"(?<!\w){re.escape(name)}(?!\w)", thought)]
        if absent:
            return f"the thought never speaks of {absent[0]}"
        known = set(re.findall(r"\w+", question))
        if strangers := [name for name in kinds(thought) if len(name) == 1 and name not in known]:
            return f"the thought speaks of {strangers[0]}, whom the question does not know"
        other = [name for name in tells if thinks.get(name, tells[name]) != tells[name]]
        return f"the thought ends with {other[0]} a {thinks[other[0]]}, the response does not" if other else None
    options = dict(OPTION_LINE.findall(question))
    if len(options) > 1:
        thinks, tells = chosen(thought[-TAIL:], options, committed=True), chosen(response, options)
        if thinks and tells and not thinks & tells:
            return (
                f"the thought ends with option {'/'.join(sorted(thinks))}, the response with {'/'.join(sorted(tells))}"
            )
    return None


def kinds(text: str, last: bool = False) -> dict[str, str]:
    """Name -> knight or knave, as last said; with `last`, only in the last lines in a row that say any."""
    plain = re.sub(r"[*_`$]|\\text|[{}]", "", text)
    lines = [line for line in plain.splitlines() if line.strip(" -")]
    if last:
        while lines and not KIND.search(lines[-1]):
            lines.pop()
        first = next((i for i in range(len(lines), 0, -1) if not KIND.search(lines[i - 1])), 0)
        lines = [] if any(NO_RESULT.search(line) for line in lines[first:]) else lines[first:]
    found = [pair for line in lines for pair in KIND.findall(line)]
    few = last and len(found) < 2
    return {} if few else {name: {"K": "knight", "N": "knave"}.get(kind, kind) for name, kind in found}


def chosen(text: str, options: dict[str, str], committed: bool = False) -> set[str]:
    """The options that the last sentence names, by their sign or their whole text; of a thought (`committed`), the
    last sentence that draws a conclusion, if that names any."""
    for sentence in reversed(passages.sentences(text)):
        if committed and (not COMMITS.search(sentence) or DENIES.search(sentence)):
            continue
        signs = {sign.upper() for sign in OPTION.findall(sentence)} & set(options)
        flat = data.normalised(sentence)
        told = {sign: data.normalised(said) for sign, said in options.items()}
        texts = {sign for sign, said in told.items() if len(said) > 8 and said in flat}
        if signs or texts or committed:
            return signs or texts
    return set()


def _value(row: data.Row) -> str | None:
    """What the thought concludes, as the verifier is to read it; None where it commits to nothing."""
    thought = row["candidate"]["reasoning_content"]
    if len(OPTION_LINE.findall(data.question(row))) > 1 or ISLAND.search(data.question(row)):
        return None  # read already
    said = extract.last_said(thought[-TAIL:])
    if extract.last_boxed(thought) is not None or (said and VALUE.search(said)):
        return thought[-2000:]
    return _last_sentence(thought) if row["verifier"] == "math" else None


def _last_sentence(thought: str) -> str | None:
    """The value that the last sentence or line with one ends in, if it is among the last three and concludes: what
    stands behind its last equals sign, or behind "is" and the like."""
    for sentence in reversed(passages.sentences(thought[-TAIL:].replace("–", "-").replace("−", "-"))[-3:]):
        if VALUE.search(sentence):
            _, equals, behind = sentence.rpartition("=")
            if equals and VALUE.search(behind):
                return f"The answer is {behind.strip()}"
            found = list(VALUE_SAID.finditer(sentence))
            return sentence[found[-1].start() :] if found and CONCLUDES.search(sentence) else None
    return None


def _other_subject(row: data.Row) -> str | None:
    marks = signs(" ".join(message["content"] for message in row["prompt"]))
    if len(marks) < FEWEST_MARKS:
        return None
    for part, text in (("thought", row["candidate"]["reasoning_content"]), ("response", row["candidate"]["content"])):
        own = signs(text)
        if part == "response" and len(passages.words(text)) < LONG:
            continue
        if len(own) >= 8 and len(marks & own) / len(marks) <= SUBJECT[part]:
            return f"the {part} is about something else: it lacks {', '.join(sorted(marks - own)[:5])}"
    return None


def signs(text: str) -> set[str]:
    """What a text is about: its numbers, and the beginnings of its rarer words."""
    found = {word[:6] for word in re.findall(r"[^\W\d_]{4,}", text.lower()) if word not in COMMON}
    plain = THOUSANDS.sub("", text)
    return found | set(NUMBER.findall(plain)) | set(re.findall(r"[\u3400-\u9fff]{2}", plain))
