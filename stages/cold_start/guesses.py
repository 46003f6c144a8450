"""Filter 3: the thought clearly guesses, without adequate reasoning.

Two kinds of signs. Structure: whether any of its sentences reasons (computes, infers, or at least says
something of its own at length), how many do, and whether the answer falls out of nothing, that is, the last
sentence names it without deriving it, and no sentence before does. Words: what the last sentences admit, in a
few families. A thought guesses if it has no step at all, or if the points of both kinds come to `GUESSES`.

A guess that is worked out afterwards is a method ("let me guess a substitution"): sentences with mathematics
behind an admission take it back. Musing is how a thought without a checkable answer goes ("perhaps it is
best to"): there an admission counts only where hardly anything else is said.
"""

import re

from stages import data
from stages.cold_start import conclusions, passages
from verifiers import extract

LAST = 3  # sentences, in which a thought admits that it guesses
AFTERWARDS = 2  # sentences with mathematics, after which it has reasoned after all
GUESSES = 2  # points
LONG_QUESTION = 80  # words, from which a single step is thin
SAID = 4  # words beside the answer, of which a sentence that infers has at least so many
COPIED = 8  # words
TOLD = 12  # words of a sentence that is taken for a step whatever it says, in any language

# Points, and what is said. Each of the first four stands in the last three sentences of at most 1.3% of the clean
# traces with a checkable answer, and of fewer once sentences that compute are left out; the last two in up to 9%.
ADMISSIONS = {
    "guesses": (
        2,
        r"\b(?:guess(?:es|ed|ing|work)?|hunch|gut|instinct|intuition|blind(?:ly)?|luck(?:y|ily)?|speculat\w+|conjectur\w+"
        r"|gambl\w+|bet(?:ting)?|wager\w*|hazard|toss-?up|random(?:ly)?|arbitrarily|coin|dice|darts?|lottery"
        r"|out of a hat|stab|shot in the dark|ballpark|chance on|feeling|feels? (?:right|like)|by feel|tells me)\b",
    ),
    "does not know": (
        2,
        r"(?:\b(?:no|not|cannot|never|without|hardly|rather than|instead of)\b|n['’]t\b)(?:\W+\w+){0,4}?\W+(?:idea|clue"
        r"|know|sure|certain|see|tell|spot|ask|remember|figure|worth|overthink|path|way|deriv\w*|check\w*|verif\w*|prove\w*"
        r"|solv\w*|finish|continue|justif\w*|comput\w*|calculat\w*|reason\w*|work(?:ing|ed)? (?:it|this|through|out))\b"
        r"|\b(?:stuck|lost|stumped|unsure|uncertain|unclear|who knows|beats me|could be anything|in circles"
        r"|out of ideas|a blank|hard to (?:say|tell))\b",
    ),
    "gives up": (
        2,
        r"\b(?:giv(?:e|ing) up|(?:no|out of|low on|short on) time|time to stop|skip\w*|mov(?:e|ing) on|leav(?:e|ing) it"
        r"|whatever|anyway|got away from|rather stop|takes (?:too )?long"
        r"|(?:too|getting|is|looks) (?:hard|long|complicated|difficult|messy|tedious|much))\b",
    ),
    "chooses": (
        2,
        r"\b(?:let me|let['’]s|i['’]ll|i will|i['’]d|i would|i['’]m|i am|just|simply|gonna|might as well|have to)"
        r"(?: \w+){0,2}? (?:go(?:ing)? (?:with|for)|roll(?:ing)? with|stick(?:ing)? (?:with|to)|pick\w*|choos\w+|say"
        r"|put|take|answer|report|assume|settl\w+|opt|write|lean)\b"
        r"|^\W*(?:putting|picking|going with|answering|say)\b",
    ),
    "likes": (
        1,
        r"\b(?:sounds?|looks?|seems?|feels?) (?:about |most |quite |the most )*(?:right|plausible|good|nice|natural"
        r"|reasonable|likely|familiar|like)\b|\b(?:appeals?|tempting|ring to it|rings a bell|jumps out|usual(?:ly)?"
        r"|typical(?:ly)?|suggests?|similar|kind of (?:answer|value|number)|natural|as good as|(?:nice|good) look"
        r"|should be fine)\b",
    ),
    "hedges": (
        1,
        r"\b(?:probably|maybe|perhaps|possibly|presumably|supposedly|might be|i suppose|i assume"
        r"|i think|i believe|i reckon|somewhere around|something like)\b|\?\W*$",
    ),
}
ADMITS = {name: (points, re.compile(words, re.I)) for name, (points, words) in ADMISSIONS.items()}
COMPUTES = re.compile(
    r"\d\s*[-+*/×÷=<>≤≥^−·⋅≡≈%]|(?<![^\W\d_])[-+*/×÷=<>≤≥^−·⋅≡≈]\s*[\d\\(a-z]|\\(?:frac|sqrt|cdot|times|binom)|[⇒→]"
)
INFERS = re.compile(
    r"\b(?:since|because|so|therefore|thus|hence|impl(?:y|ies)|means?|follows|if|when|must|cannot|contradict\w*|but"
    r"|however|while|which|gives?|giving|leads?)\b|[因所如但则那]",
    re.I,
)
STATES = re.compile(
    r"\b(?:answer|result|solution|choice|option|clear(?:ly)?|obvious(?:ly)?|it (?:is|must|has))\b", re.I
)
DERIVES = re.compile(
    r"\b(?:therefore|thus|hence|consequently|conclu\w+|gives?|giving|total\w*|equals?|yields?)\b|[⇒→∴]", re.I
)


def evidence(row: data.Row) -> str | None:
    """What the thought admits and lacks, or that there is no reasoning."""
    thought, answer = row["candidate"]["reasoning_content"], conclusions.answer(row["candidate"]["content"])
    if not thought.strip():
        return "there is no thought"
    cut = passages.sentences(thought)
    question = data.question(row)
    asked = data.normalised(question)
    steps = sum(_is_step(sentence, answer, asked) for sentence in cut)
    if steps == 0 and not any(_says_something(sentence, answer, asked) for sentence in cut):
        return f"no reasoning: {' '.join(thought.split())[:160]}"
    thin = steps < 2 + (len(asked.split()) > LONG_QUESTION)
    if not (thin or row.get("verifier") or extract.last_boxed(row["candidate"]["content"])):
        return None
    last, admitted = _last(cut), {}
    for name, (points, words) in ADMITS.items():
        said = [(sentence, found) for sentence in last if (found := words.search(_beside(sentence, answer)))]
        said = [sentence for sentence, found in said if found[0].lower() not in question.lower()]
        if said:  # a word of doubt in the very sentence that names the answer is an admission
            admitted[name] = max(points, *(GUESSES * (_beside(sentence, answer) != sentence) for sentence in said), 0)
    lacking = {"hardly reasons": int(thin), "the answer comes from nowhere": _sudden(cut, answer)}
    points = sum(admitted.values()) + sum(lacking.values())
    if points < GUESSES or (not admitted and lacking["the answer comes from nowhere"] < GUESSES):
        return None
    found = [*admitted, *(name for name, lacks in lacking.items() if lacks)]
    return f"{', '.join(found)}: {' '.join(' '.join(cut[-LAST:]).split())[-200:]}"


def _beside(sentence: str, answer: str) -> str:
    """The sentence without the answer."""
    if answer and answer in sentence:
        return sentence.replace(answer, " ")
    plain, flat = data.normalised(answer), data.normalised(sentence)
    return flat.replace(plain, " ") if plain and f" {plain} " in f" {flat} " else sentence


def _is_step(sentence: str, answer: str, asked: str) -> bool:
    """Whether it says something that neither the question nor the answer says."""
    text = _beside(sentence, answer)
    words = len(passages.words(text))
    if _copied(text, asked):
        return False
    return bool(COMPUTES.search(text)) or words >= (SAID if INFERS.search(text) else TOLD)


def _copied(text: str, asked: str) -> bool:
    """Whether it stands in the question; a few words may do so by chance."""
    flat = data.normalised(text)
    return len(flat.split()) >= COPIED and flat in asked


def _says_something(sentence: str, answer: str, asked: str) -> bool:
    """Whether it at least recalls something, and neither states the answer nor admits a guess. The letter of an
    option may be a word of its own (a unit)."""
    text = sentence if len(answer) == 1 and answer.isalpha() else _beside(sentence, answer)
    if STATES.search(text) or _copied(text, asked) or any(words.search(text) for _, words in ADMITS.values()):
        return False
    return len(passages.words(text)) >= SAID


def _last(cut: list[str]) -> list[str]:
    """The last sentences: those left out that compute, or that enough mathematics follows."""
    last: list[str] = []
    for sentence in reversed(cut[-LAST:]):
        if sum(bool(COMPUTES.search(after)) for after in last) < AFTERWARDS:
            last.append(sentence)
    return [sentence for sentence in last if not COMPUTES.search(sentence)]


def _sudden(cut: list[str], answer: str) -> int:
    """Points for an answer (a value, or what an islander is) that the last sentence names without deriving it, and
    no sentence before names. A value in a few words that infer nothing is enough; what an islander is often stands
    in the ending alone."""
    ending, before = cut[-1], cut[:-1]
    if COMPUTES.search(_beside(ending, answer)) or DERIVES.search(ending):
        return 0
    if told := conclusions.kinds(answer):
        if INFERS.search(ending):
            return 0
        known = conclusions.kinds("\n".join(before))
        return int(bool(conclusions.kinds(ending)) and any(known.get(name) != kind for name, kind in told.items()))
    value = conclusions.plain(answer).rpartition("=")[2].strip(" .")
    named = bool(re.search(r"\d", value)) and conclusions.holds([conclusions.plain(ending)], value)
    if not named or conclusions.holds(list(map(conclusions.plain, before)), value):
        return 0
    return 1 if INFERS.search(ending) or len(passages.words(ending)) > TOLD or "option" in answer.lower() else GUESSES
