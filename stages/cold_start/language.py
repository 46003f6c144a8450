"""Filter 5, first half: language mixing, by letters and by words.

Characters that nobody can read, from one in a hundred on. Letters of a script that the query does not use, from
two on: a single word of another script in a trace is what the report means. Words: sentences of six or more words
that have hardly any of English's commonest words are shown to py3langid (offline; 97 languages, here the large
ones written in Latin letters). A query in another language, or one that names a language or asks for a
translation, may be answered in it.
"""

import re
import unicodedata
from collections import Counter
from functools import cache

from stages import data
from stages.cold_start import passages

# Scripts of mathematics and typography, which every language uses.
SIGNS = frozenset(
    re.findall(
        r"\S+",
        "GREEK MATHEMATICAL DOUBLE-STRUCK SCRIPT BLACK-LETTER FULLWIDTH SUPERSCRIPT SUBSCRIPT MODIFIER FEMININE "
        "MASCULINE MICRO ANGSTROM KELVIN OHM PLANCK ALEF BET GIMEL CIRCLED PARENTHESIZED ROMAN TURNED INFORMATION "
        "EULER UNKNOWN INVERTED WEIERSTRASS ESTIMATED COMPATIBILITY NUMERO",
    )
)
FOREIGN_LETTERS = 2
# What stands where bytes were read in the wrong encoding: control, private and unassigned characters, U+FFFD, and
# UTF-8 taken for Latin-1.
UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ue000-\uf8ff\ufffd]|[ÃÂ][\x80-\xbf]|â€")
UNREADABLES, UNREADABLE_SHARE = 3, 0.01  # and of all characters: a few broken apostrophes are no mess
LATIN_SHARE = 0.3  # of a trace in another script, in which names, variables and "ok" are Latin
GREEK_WORD = re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]{4,}")
# English words that no other large language writes alike ("a", "as", "do", "me" and "no" are left out).
ENGLISH = frozenset(
    re.findall(
        r"\S+",
        "the of and to is that it for with be by are this which or from at if we then have has not can you but one "
        "all let since thus there his her they their will would should need each two also into than what when its "
        "only where both more any these must how about out my just she were because could get first other some who "
        "your might here now like think say says means",
    )
)
KNOWN = 0.15  # share of those words
FEWEST = 6  # words
PLAIN = re.compile(r"[a-zß-öø-ɏ\u0300-\u036f\u1e00-\u1eff]+(?:['’][a-zß-öø-ɏ\u1e00-\u1eff]+)*")  # no subscripts
LANGUAGES = re.findall(
    r"\S+", "en de fr es it pt nl pl sv da no fi tr cs ro hu id vi hr sk ca et lt lv sl sq sw tl ms az"
)
UNLIKELY = 0.05  # probability of the languages that belong; two foreign ones alike may share the rest
SENTENCES = 300  # at most so many are shown to the classifier
ASKS = re.compile(
    r"\btranslat\w+|\b(?:in|into|to|from)\s+(?:german|french|spanish|italian|portuguese|dutch|polish|swedish"
    r"|danish|norwegian"
    r"|finnish|turkish|czech|romanian|hungarian|indonesian|vietnamese|russian|chinese|japanese|korean|arabic"
    r"|hebrew|hindi|thai"
    r"|greek|latin|ukrainian|persian|mandarin)\b|\blanguages?\b|翻译|译成|用[英法德日]",
    re.I,
)


def evidence(row: data.Row) -> str | None:
    """The script or the sentence that does not belong."""
    asked = " ".join(message["content"] for message in row["prompt"])
    parts = (row["candidate"]["reasoning_content"], row["candidate"]["content"])
    mess = UNREADABLE.findall("\n".join(parts))
    if len(mess) >= max(UNREADABLES, UNREADABLE_SHARE * sum(map(len, parts))):
        return f"{len(mess)} characters are unreadable: {' '.join(map(ascii, mess[:5]))}"
    if ASKS.search(asked):
        return None
    return _scripts(asked, "\n".join(parts)) or _sentences(asked, parts)


def scripts(text: str) -> Counter[str]:
    """Letters per script, mathematical ones left out."""
    counted = Counter(text)
    found: Counter[str] = Counter()
    for letter, number in counted.items():
        if letter.isalpha() and (script := unicodedata.name(letter, "UNKNOWN").split()[0]) not in SIGNS:
            found[script] += number
    return found


def _scripts(asked: str, text: str) -> str | None:
    used, written = scripts(asked), scripts(text)
    if {"HIRAGANA", "KATAKANA"} & used.keys():
        used["CJK"] += 1
    foreign = {s: n for s, n in written.items() if s not in used and s not in ("LATIN", "KATAKANA-HIRAGANA")}
    if sum(foreign.values()) >= FOREIGN_LETTERS:
        letters = "".join(c for c in text if c.isalpha() and unicodedata.name(c, "UNKNOWN").split()[0] in foreign)
        return f"{sum(foreign.values())} letters are {', '.join(sorted(foreign))}: {letters[:20]}"
    if len(greek := GREEK_WORD.findall(text)) >= 2 and not GREEK_WORD.search(asked):
        return f"Greek words: {' '.join(greek[:5])}"
    return None


def _sentences(asked: str, parts: tuple[str, str]) -> str | None:
    used = scripts(passages.prose(asked))
    if used["LATIN"] < sum(used.values()) / 2:
        return _latin_in_other_script(asked, parts)
    allowed = (
        {"en"}
        if known(passages.words(passages.prose(asked))) >= KNOWN
        else {"en", max(_languages(asked).items(), key=lambda rated: rated[1])[0]}
    )
    looked = 0
    for text in parts:
        for line in passages.sentences(passages.CODE.sub(" ", text)):
            sentence = passages.QUOTED.sub(" ", passages.prose(line))  # by itself: a formula may begin before it
            if not (words := _foreign_looking(sentence)):
                continue
            looked += 1
            ranked = _languages(" ".join(words))
            if sum(ranked[language] for language in allowed) < UNLIKELY:
                return f"a sentence in {max(ranked, key=lambda language: ranked[language])}: {sentence[:120]}"
            if looked >= SENTENCES:
                return None
    return None


def _latin_in_other_script(asked: str, parts: tuple[str, str]) -> str | None:
    """A query in another script: its answer, and a thought that is partly in that script, should keep to it."""
    counted = scripts(passages.prose(asked))
    own = max(counted, key=lambda script: counted[script], default="LATIN")
    for name, text in zip(("thought", "response"), parts, strict=True):
        long = [s for s in passages.sentences(passages.prose(text)) if known(re.findall(r"[a-z]+", s.lower())) >= KNOWN]
        english = [s for s in long if len(re.findall(r"[A-Za-z]{2,}", s)) >= FEWEST and not scripts(s)[own]]
        if english and (name == "response" or scripts(text)[own] > LATIN_SHARE * len(text)):
            return f"the {name} has a sentence in English: {english[0][:120]}"
    return None


def _foreign_looking(sentence: str) -> list[str]:
    """The sentence's words, if they are enough and hardly English."""
    words = [word for word in re.findall(r"[\w'’]+", sentence.lower()) if len(word) > 1 and PLAIN.fullmatch(word)]
    symbols = len(re.findall(r"[=+*/^_\\|<>{}()\[\]\d²³]", sentence))
    if len(words) < FEWEST or symbols > len(words) or known(words) >= KNOWN:
        return []
    return words


def known(words: list[str]) -> float:
    """The share of words that are among English's commonest."""
    return sum(word in ENGLISH for word in words) / len(words) if words else 0.0


@cache
def _classifier():
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # its model takes seconds to load

    classifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    classifier.set_languages(LANGUAGES)
    return classifier


def _languages(text: str) -> dict[str, float]:
    """Language -> its probability."""
    return {str(language): float(rated) for language, rated in _classifier().rank(text[:500])}
