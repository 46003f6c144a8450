"""Is the response in the language of the prompt? By script, and by py3langid (offline) over its longer sentences.

The language asked for is the row's column `language` (ISO 639-1: de, zh, or with a region: zh-CN), or that of the last
user message. None where that is too short or unclear, where a translation or another language is asked for, and where
the response is code or short. Only the response counts: which language a model thinks in is another question.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from functools import cache
from statistics import fmean
from typing import Any

from rewards.response import parts_of, text_of

FEWEST = 24  # letters of a script that writes sounds; one of Han counts for three
SURE = 0.8  # the probability of a prompt's language
FOREIGN = 0.2  # share of letters in another script from which on nothing is paid
LANGUAGES = re.findall(
    r"\S+",
    "en de fr es it pt nl pl sv da no fi tr cs ro hu id vi hr sk et lt lv sl sq sw tl ms "
    "zh ja ko ru uk bg sr el ar fa ur he hi bn ta te th ka hy",
)
# Code, formulas, calls and addresses have no language.
NO_PROSE = re.compile(
    r"```.*?(?:```|\Z)|<tool_call>.*?(?:</tool_call>|\Z)|`[^`\n]*`|\$[^$\n]*\$|\\\[.*?(?:\\\]|\Z)|https?://\S+|[{\[][^\n{}\[\]]{0,500}[}\]]",
    re.DOTALL,
)
ASKS = re.compile(
    r"translat|übersetz|tradui|traduc|翻译|翻訳|\b(?:say|write|answer|reply|respond|speak|explain)\b[^.\n]{0,60}?"
    r"\b(?i:in|to|into)\s+(?-i:[A-Z])\w+",
    re.IGNORECASE,
)
SCRIPTS = {  # of those that are not written in Latin letters
    **{language: {"CYRILLIC"} for language in ("ru", "uk", "bg", "sr")},
    **{language: {"ARABIC"} for language in ("ar", "fa", "ur")},
    **{"zh": {"CJK"}, "ja": {"CJK", "HIRAGANA", "KATAKANA"}, "ko": {"HANGUL", "CJK"}, "el": {"GREEK"}},
    **{"he": {"HEBREW"}, "hi": {"DEVANAGARI"}, "bn": {"BENGALI"}, "ta": {"TAMIL"}, "te": {"TELUGU"}},
    **{"th": {"THAI"}, "ka": {"GEORGIAN"}, "hy": {"ARMENIAN"}},
}


def consistent(
    completions: list[Any],
    prompts: list[Any] | None = None,
    language: list[str | None] | None = None,
    log_metric: Callable[[str, float], None] | None = None,
    **columns: Any,
) -> list[float | None]:
    """The share of the response that is in the language asked for, 0.0 to 1.0, less for letters of another script.
    Logs the mean (`language/consistent`). Raises ValueError for a language that is not known."""
    asked = zip(prompts or [""] * len(completions), language or [None] * len(completions), strict=True)
    wanted = [code(given) if given else of_prompt(prompt) for prompt, given in asked]
    scores = [
        share(parts_of(completion).response or "", name) if name else None
        for completion, name in zip(completions, wanted, strict=True)
    ]
    if log_metric and (known := [score for score in scores if score is not None]):
        log_metric("language/consistent", fmean(known))
    return scores


def code(name: str) -> str:
    """`de` for de, DE and de-AT. Raises ValueError: what is not known would be 0.0 for every response."""
    found = re.split("[-_]", name.strip().lower())[0]
    if found not in LANGUAGES:
        raise ValueError(f"language {name!r} is none of {', '.join(LANGUAGES)}")
    return found


def of_prompt(prompt: str | list[dict]) -> str | None:
    """The language that the answer to a prompt should be in, or None where it does not say."""
    turns = [prompt] if isinstance(prompt, str) else [[turn] for turn in prompt if turn.get("role") == "user"]
    text = text_of(turns[-1]) if turns else ""
    if ASKS.search(text) or size(plain := prose(text)) < FEWEST:
        return None
    name, sure = identified(plain)
    return name if sure >= SURE else None


def share(response: str, wanted: str) -> float | None:
    """How much of a text is in a language, 0.0 to 1.0; None for one without enough prose."""
    text = prose(response)
    if size(text) < FEWEST:
        return None
    letters = scripts(text)
    own = SCRIPTS.get(wanted, {"LATIN"})
    foreign = sum(number for script, number in letters.items() if script not in own | {"LATIN"})
    parts = long_parts(text) or [text]
    sizes = [size(part) for part in parts]
    right = sum(number for part, number in zip(parts, sizes, strict=True) if identified(part)[0] == wanted)
    return right / sum(sizes) * max(0.0, 1 - foreign / sum(letters.values()) / FOREIGN)


def long_parts(text: str) -> list[str]:
    """Sentences and lines, of which neighbours that are too short by themselves are joined."""
    found, short = [], ""
    for part in re.split(r"(?<=[.!?。！？])\s*|\n+", text):
        if size(part) >= FEWEST:
            found.append(part)
            short = ""
        elif size(short := f"{short} {part}") >= FEWEST:
            found.append(short)
            short = ""
    return found


def prose(text: str) -> str:
    """A text without what has no language."""
    return NO_PROSE.sub(" ", text).strip()


def scripts(text: str) -> Counter[str]:
    """Letters per script."""
    found: Counter[str] = Counter()
    for letter, number in Counter(text).items():
        if letter.isalpha():
            found[unicodedata.name(letter, "UNKNOWN").split()[0]] += number
    return found


def size(text: str) -> int:
    """Letters, where one of Han or Hangul counts for three."""
    return sum(number * (3 if script in ("CJK", "HANGUL") else 1) for script, number in scripts(text).items())


def identified(text: str) -> tuple[str, float]:
    """The likeliest language of a text and its probability."""
    name, sure = _classifier().classify(text[:1000].encode("utf-8", "replace").decode())
    return str(name), float(sure)


@cache
def _classifier():
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # its model takes seconds to load

    classifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    classifier.set_languages(LANGUAGES)
    return classifier
