"""Filter 3: the thought clearly guesses, without adequate reasoning.

A thought guesses where, near its end or in few words, it says that its answer is not derived, and no
reasoning follows. What it may say comes in families: naming it (a guess, a hunch), chance, not knowing,
giving up, choosing for lack of better, and hope. One sentence of a strong family is enough; of the weak
ones two are needed. A thought without any step, which only states the answer, guesses too.

"Let me guess a substitution" tries something, and a guess that is checked is a method: both are no guesswork.
"""

import re

from stages import data
from stages.cold_start import passages
from verifiers import extract

LAST = 4  # sentences, in which a thought concludes
SHORT = 60  # words of a short thought
FEWEST = 6  # words beside the answer: a thought of fewer, without any step, does not reason
AFTERWARDS = 3  # sentences with mathematics, after which the thought has reasoned after all

STRONG = [
    # naming it
    (
        r"\b(?:my|a|an|the|this|best|wild|educated|blind|random|pure|rough|lucky|quick|total"
        r"|complete)\s+guess\b(?!\s+(?:that\s+)?(?:works|was|is (?:right|correct|confirmed)))"
    ),
    (
        r"\bguess(?:ing|work)\b|\b(?:just|simply|only|have to|had to|must|going to|gonna|will|'ll|'d|would|could"
        r"|can|let me|let's|to)\s+(?:\w+ly\s+)?(?:have to\s+|make a\s+)?guess\b"
    ),
    (
        r"^\W*(?:i\s+)?guess\b|\bi(?:'d| would|'m going to)? guess (?:it|the answer|that the answer|\$|\d|option"
        r"|\(?[a-j]\)?\b)"
    ),
    (
        r"\b(?:hunch|gut|instincts?|shot in the dark|stab in the dark|ball-?park|eyeball\w*|intuition (?:says"
        r"|tells)|a feeling)\b"
    ),
    # chance
    (
        r"\b(?:at random|randomly|arbitrar(?:y|ily)|coin(?: flip| toss)|flip(?:ping)? a coin|roll(?:ing)? (?:a"
        r"|the) dice?|eeny|dartboard|draw(?:ing)? lots|lottery)\b"
    ),
    # not knowing, being lost
    r"\b(?:no|not|n't|without|zero|any)\b[^.!?]{0,30}\b(?:idea|clue|inkling)\b|\b(?:beats me|who knows|clueless"
    r"|stumped)\b",
    r"\b(?:i'm|i am|we're|we are|i got|got|completely|totally|still|getting) (?:\w+ly )?(?:stuck|lost|confused"
    r"|out of ideas)\b",
    r"\b(?:got|getting|gets) away from (?:me|us)\b|\blost (?:track|the thread)\b|\bcould be anything\b|\bnothing"
    r" better\b",
    r"\b(?:(?:do|does|did|could|can|have|am|is|was|were|would|'m)(?:n't|n’t| not| \w+ not)|not)\b[^.!?]{0,40}"
    r"\b(?:know|sure|certain|confident|remember|understand)\b[^.!?]{0,60}\b(?:but|so|anyway|still|just|i'll|i"
    r" will|let'?s)\b",
    # giving up
    r"\b(?:can|could)(?:not|n't|n’t| not)\b[^.!?]{0,30}\b(?:work|figure|derive|solve|determine|verify|justify"
    r"|finish|see how)\b"
    r"[^.!?]{0,60}(?:[.;,—-]|\bso\b|\bbut\b|\banyway\b)",
    r"\bno (?:clear|obvious|good|easy|real|better) (?:path|way|method|approach|reason|basis|idea)\b",
    r"\b(?:give|giving|gave) up\b|\b(?:too|so) (?:hard|difficult|complicated|tedious|messy|lazy|long)\b[^.!?]{0,40}"
    r"\b(?:so|i'll|i will|let'?s|just|answer)\b",
    r"\b(?:skip\w*|without|instead of|rather than|not going to|won't|haven't|have not|didn't|did not|never|not"
    r" been able to)\b"
    r"[^.!?]{0,25}\b(?:check\w*|comput\w+|calculat\w+|deriv\w+|prov(?:e|ed|ing)|proof|verif\w+|reasoning"
    r"|solv(?:ed|ing)|justif\w+"
    r"|work\w* (?:it|this|that|them|all)? ?(?:out|through))\b",
    r"\b(?:no|enough|out of|short on) time\b|\btime(?:'s| is| constraints?| to)\b[^.!?]{0,20}\b(?:up|short|out"
    r"|running|stop)\b",
    # choosing by taste
    r"^\W*(?:putting|writing|choosing|picking|taking|answering|going with|say)\s+\$?[\d\\(-]",
    r"\b(?:blindly|moving on|fingers crossed|(?:i|let's|just) hope|with (?:any )?luck|lucky|appeals?"
    r"|tempting|i like the)\b",
    r"\b(?:(?:my|gut|some) feeling|feels? (?:right|like (?:the (?:answer|right)|it should|\$?\d))|ring to it)\b",
    r"\b(?:answers?|problems?|questions?|contests?|ones?|things?)\s+(?:like (?:this|these)|of this (?:kind|sort"
    r"|type))\b[^.!?]{0,60}"
    r"\b(?:usual\w*|typical\w*|often|tend\w*|normal\w*|always|common\w*|generally)\b",
    r"\b(?:kind|sort|type) of (?:answer|value|number|thing|result)\b[^.!?]{0,30}\b(?:want|expect|like|look)\w*\b",
    r"\b(?:i'd|i would|let's|let us|let me|i'll|i will|just|we)\s+(?:just\s+)?say\s+"
    r"(?:it\b|the answer|option|\$?[\d\\])",
]
WEAK = [
    (
        r"\b(?:probably|maybe|perhaps|possibly|presumably|supposedly|likely|apparently|i suppose|i assume|i"
        r" believe|i reckon|i imagine|i think|might be|may be|could be|must be something|somewhere around"
        r"|something like|or so|ish|roughly)\b"
    ),
    (
        r"\b(?:not (?:really |entirely |at all |quite |very |too |100% )?(?:sure|certain|confident)|unsure"
        r"|uncertain|doubt|hard to (?:say|tell)|don't (?:really )?(?:know|remember|see)|who can say|no way to)\b"
    ),
    (
        r"\b(?:whatever|anyway|let's say|let us say|i'd say|i would say|i'll say|just say|i'll answer|i'll write"
        r"|i'll put|i'll take|i'll choose|go ahead)\b"
    ),
    r"\b(?:recall|remember|seen|familiar|known|heard|rings a bell)\b",
]
# Choosing for lack of better; also said of a choice that was reasoned for, so that it counts only in a short thought
# or beside a weak family.
CHOICE = re.compile(
    r"\b(?:i'll|i will|let me|let's|i'd|i would|i'm|i am|we'll|might as well|may as well|just|simply|gonna|going"
    r" to|to)\s+"
    r"(?:\w+ly\s+|just\s+|going to\s+|have to\s+)*(?:go(?:ing)? (?:with|for)|pick(?:ing)?|stick with|settl\w+"
    r" (?:on|for)|bet|put down"
    r"|throw\w* out|plump|opt for|tak(?:e|ing) a (?:punt|chance|gamble|stab|shot)|gambl\w+|wager|roll with|leave"
    r" it at)\b",
    re.I,
)
STRONGLY = re.compile("|".join(f"(?:{family})" for family in STRONG), re.I)
WEAKLY = [re.compile(family, re.I) for family in WEAK]
METHOD = re.compile(
    r"\bguess(?:ing|es)?\b[^.!?]{0,40}\b(?:substitut\w+|solution of the form|form|ansatz|pattern|root|factor\w*"
    r"|and[ -](?:check|verify|test))\b"
    r"|\b(?:probabilit|expected|uniform|dice|die\b|coins?\b|cards?\b|lotter|chosen at random|picked at random"
    r"|randomly (?:chosen|selected|picked|choose|select|drawn)|without loss"
    r"|arbitrary (?:\w+ )?(?:point|constant|number|integer|value|element|real|function|triangle))",
    re.I,
)
STEP = re.compile(r"\d\s*[-+*/×÷=<>≤≥^−·⋅]|[-+*/×÷=<>≤≥^−·⋅]\s*[\d\\(a-z]|\\(?:frac|sqrt|cdot|times|binom)|⇒|→")
STATES = re.compile(
    r"\b(?:answer|result|solution|it|this)\b\W*(?:is|was|=|:)|boxed|^\W*[-\d.,/\\${}a-z]{1,20}\W*$", re.I
)


def evidence(row: data.Row) -> str | None:
    """The sentence that guesses, or that there is no reasoning."""
    thought = row["candidate"]["reasoning_content"]
    cut = passages.sentences(thought)
    if nothing := _no_reasoning(thought, cut, _answer(row)):
        return nothing
    asked = data.question(row).lower()
    start = max(0, len(cut) - LAST)
    short = len(passages.words(thought)) <= SHORT
    for i in range(start, len(cut)):
        if (said := _guesses(cut[i], asked, short or _weak(cut[max(0, i - 1) : i + 2]) > 0)) and sum(
            bool(STEP.search(s)) for s in cut[i + 1 :]
        ) < AFTERWARDS:
            return f"{said}: {cut[i][:160]}"
    return _hedged(cut[-LAST:], thought) or _sudden(row, cut)


def _no_reasoning(thought: str, cut: list[str], answer: str) -> str | None:
    if not thought.strip():
        return "there is no thought"
    if STEP.search(thought):
        return None
    left = [s.replace(answer, " ") if answer else s for s in cut if not STATES.search(s)]
    words = sum(len(passages.words(s)) for s in left)
    return f"no reasoning: {' '.join(thought.split())[:160]}" if words < FEWEST else None


def _weak(sentences: list[str]) -> int:
    return sum(bool(family.search(" ".join(sentences))) for family in WEAKLY)


def _guesses(sentence: str, asked: str, choosing: bool) -> str | None:
    found = STRONGLY.search(sentence) or (choosing and CHOICE.search(sentence))
    if not found or METHOD.search(sentence) or found[0].lower() in asked:
        return None
    return "guesses"


def _hedged(ending: list[str], thought: str) -> str | None:
    """Two weak families at the end of a thought of few words that has hardly any step."""
    families = _weak(ending)
    few = len(passages.words(thought)) <= SHORT and len(STEP.findall(thought)) <= 1
    return f"hedges: {ending[-1][:160]}" if few and families >= 2 else None


def _sudden(row: data.Row, cut: list[str]) -> str | None:
    """The answer comes first in the last sentence, which draws it from nothing that stands before or beside it."""
    value = _answer(row)
    if not re.fullmatch(r"-?\d[\d,.]*", value) or len(cut) < 2 or value in data.question(row):
        return None
    *before, ending = cut
    if value not in ending or STEP.search(ending) or any(value in sentence for sentence in before):
        return None
    return f"the answer comes from nowhere: {ending[:160]}"


def _answer(row: data.Row) -> str:
    content = row["candidate"]["content"]
    return (extract.last_boxed(content) or content).strip(" .$\n")
