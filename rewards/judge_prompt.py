"""What a judge is asked, and how its verdict is read.

The text is a template, `judge.txt` or a file of the user's own, with four places: `{question}`, `{reference}`,
`{response}` and, after them, `{verdict}`, where the form of the verdict is put in.

The three parts are written by others, the response by the model that is rewarded for a good verdict. So each is
sealed: between tags with a code that is the hash of all three parts (to close its own block early, a response would
have to contain its own hash), with `> ` before every line (as the datamarking of arXiv 2403.14720), without invisible
characters, and with a space behind every opening bracket of a tag, which takes apart the control tokens of chat
templates (`<|im_end|>`, `[/INST]`) as well as forged tags. A part that is too long keeps its beginning and its end.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from rewards.loader import RewardError
from rewards.response import split_thinking

TEMPLATE = Path(__file__).with_name("judge.txt")
PARTS = ("question", "reference", "response")
PLACE = re.compile(r"\{(question|reference|response|verdict)\}")
NEW_LINES = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
OPENING = re.compile(r"[<＜﹤≮](?=\S)|[\[［﹇](?=/?\w{2,}[\]］﹈])")  # the wide ones are what NFKC folds to < and [
IGNORABLE = re.compile(  # Unicode's Default_Ignorable_Code_Point beyond its category Cf, and an empty braille cell
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
LARGEST = 10
NUMBER = f"""First write the final answer of the reference on one line, then the final answer of the response on \
the next, then say in a sentence or two whether they agree. Quote nothing else of the response. End with one line of \
this form, where N is a whole number from 0 (wrong) to {LARGEST} (right in everything that matters):

Verdict: N"""
YES_OR_NO = "Does the response reach the answer of the reference? Say Yes or No, and nothing else."
STATED = re.compile(r"verdict\W*-?[0-9]", re.IGNORECASE)
VERDICT = re.compile(r"verdict *: *([0-9]{1,2})(?: */ *10)?\.?", re.IGNORECASE)


class Reply(NamedTuple):
    """What a judge wrote; `finished` is False where it was cut."""

    text: str
    finished: bool


@lru_cache(maxsize=8)
def load_template(path: str | None) -> str:
    """The text of a template. Raises RewardError where a place is missing, double, or in the wrong order."""
    try:
        text = Path(path or TEMPLATE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RewardError(f"the judge's prompt {path} cannot be read: {error}") from error
    places = PLACE.findall(text)
    if sorted(places) != sorted((*PARTS, "verdict")) or places[-1] != "verdict":
        raise RewardError(
            f"the judge's prompt {path} must contain {{question}}, {{reference}}, {{response}} and, as the last of"
            f" them, {{verdict}}, each once; it has {', '.join(places) or 'none of them'}"
        )
    return text


def question_of(prompt: str | Sequence[dict[str, Any]]) -> str:
    """What was asked, in TRL's two forms: a text, or messages; several messages are each named by their role."""
    if isinstance(prompt, str):
        return prompt
    if len(prompt) == 1:
        return str(prompt[0].get("content") or "")
    return "\n\n".join(f"{message['role']}: {message.get('content') or ''}" for message in prompt)


def visible(text: str) -> str:
    """Text without control and invisible characters (zero width, right to left, fillers, tags, surrogates)."""
    lines = IGNORABLE.sub("", NEW_LINES.sub("\n", text))
    return "".join(c for c in lines if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cf", "Cs"))


def quoted(text: str, max_bytes: int) -> str:
    """The text of a part, every line marked; of a longer one the two ends, in UTF-8 bytes."""
    text = OPENING.sub(lambda bracket: f"{bracket[0]} ", visible(text))
    data, left_out = text.encode(), None
    if len(data) > max_bytes:
        half = max_bytes // 2
        text, left_out = data[:half].decode(errors="ignore"), data[-half:].decode(errors="ignore")
    lines = [f"> {line}" for line in text.split("\n")]
    if left_out is not None:
        lines.append(f"({len(data) - 2 * half} bytes are left out here)")
        lines += [f"> {line}" for line in left_out.split("\n")]
    return "\n".join(lines)


def render(template: str, question: str, reference: str, response: str, verdict: str, max_bytes: int = 16_000) -> str:
    """The prompt for one response; `verdict` is the form, NUMBER or YES_OR_NO."""
    values = dict(zip(PARTS, (question, reference, response), strict=True))
    code = sha256("\0".join(values.values()).encode(errors="surrogatepass")).hexdigest()[:16]

    def place(found: re.Match) -> str:
        name = found[1]
        if name == "verdict":
            return verdict
        return f"<{name}-{code}>\n{quoted(values[name], max_bytes)}\n</{name}-{code}>"

    return PLACE.sub(place, template)


def score_of(reply: Reply) -> float | None:
    """The verdict from 0 to 1. None for any other form than one line `Verdict: N` (0 to 10), which must be the last:
    prose, two verdicts, a number out of range, a reply or a thought that was cut."""
    response = split_thinking(reply.text).response
    if not reply.finished or not response:
        return None
    lines = [re.sub(r"[*_`#]", "", line).strip() for line in response.splitlines() if line.strip()]
    found = VERDICT.fullmatch(lines[-1]) if lines else None
    if found is None or sum(bool(STATED.match(line)) for line in lines) != 1 or int(found[1]) > LARGEST:
        return None
    return int(found[1]) / LARGEST
