"""How the filters cut a text: words, sentences, and prose without its mathematics. All in linear time."""

import re

# Scripts written without spaces count by the letter: CJK, kana, Thai, and Hangul by its word.
UNSPACED = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
WORD = re.compile(rf"[{UNSPACED}]|[^\W{UNSPACED}]+")
SENTENCE = re.compile(r"(?<=[.!?])[\s*_]+|(?<=[。！？；])|\n+")
FORMULA = re.compile(r"\$\$.{1,500}?\$\$|\$[^$\n]{1,300}\$|\\\(.{1,500}?\\\)|\\\[.{1,500}?\\\]|`[^`\n]+`", re.DOTALL)
CODE = re.compile(r"```.*?```", re.DOTALL)
COMMAND = re.compile(r"\\[a-zA-Z]+(?:\{[^{}\n]*\})*")
QUOTED = re.compile(r"[\"“«][^\"“”«»\n]{1,400}[\"”»]")


def words(text: str) -> list[str]:
    """Words in lower case, numbers among them, punctuation not."""
    return WORD.findall(text.lower())


def sentences(text: str) -> list[str]:
    """Sentences and lines, none of them empty."""
    return [part.strip() for part in SENTENCE.split(text) if part.strip()]


def prose(text: str) -> str:
    """The text without formulas, code and LaTeX commands."""
    return COMMAND.sub(" ", FORMULA.sub(" ", CODE.sub(" ", text)))
