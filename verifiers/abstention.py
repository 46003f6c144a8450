"""Does a text say that its passages do not say, or that the question assumes something untrue? In English, by clauses.

A small list of the plain ways to say it. A condition ("if the passages do not say"), a question, and a negated one
("it is not true that the passages do not say") say nothing. "I do not know" is about the speaker and does not count.
"""

import re

NOT = r"(?:do|does|did)(?: not|n't)|never|nowhere|fails? to|failed to"
IS_NOT = r"(?:is|are|was|were|has|have)(?: not|n't)(?: been)?|(?:is|are) (?:never|nowhere)"
SOURCE = r"(?:passages?|documents?|texts?|contexts?|sources?|articles?|excerpts?|paragraphs?|information|notes|they|it)"
SAY = (
    r"(?:say|state|mention|tell|give|contain|provide|specify|include|answer|support|discuss|cover|indicate|reveal"
    r"|explain|describe|address|report|list|name|know|show)"
)
SAID = r"(?:mentioned|stated|said|given|specified|found|provided|known|answered|included|covered|described|told)"
CANNOT = r"(?:cannot|can not|can't|could not|couldn't|(?:un|not )able to|(?:im|not )possible to)"
FIND = r"(?:be )?(?:answer|determine|say|tell|know|find|infer|establish|told|said|known|found)(?:e?d|red)?"
UNSAID = (
    rf"\b{SOURCE}(?: \w+){{0,2}}? (?:{NOT})(?: \w+){{0,2}}? {SAY}\b",
    rf"\b(?:{IS_NOT})(?: \w+)? (?:{SAID}|in (?:\w+ ){{0,2}}{SOURCE})\b(?! until)",
    rf"\b(?:none|nothing|no one|nobody|neither)(?: (?:of|in))?(?: \w+){{0,3}} {SAY}s?\b",
    rf"\bno {SOURCE} {SAY}s?\b",
    rf"\b{SOURCE} {SAY}s? nothing\b",
    rf"\bnot {SAID}\b(?! until)|\bunanswerable\b",
    rf"\bno \w+(?: \w+){{0,3}}? in (?:\w+ ){{0,2}}{SOURCE}\b",
    rf"\b{CANNOT}(?: \w+)? {FIND}\b",
    r"\b(?:not enough|insufficient|there is no|there's no|(?:have|has|makes?|find|found|contains?|gives?|provides?) no)"
    r" (?:information|evidence|answer|mention|statement|indication|data|details?)\b",
    r"\bno (?:information|evidence|answer|mention|indication|data|details?|reason|name|place|date|number)"
    r" (?:is|are|was|were) (?:given|stated|provided)\b",
)
WRONG = r"(?:untrue|false|wrong|not true|not so|incorrect|mistaken|never happened|not correct|not the case|not right)"
PREMISE = (
    rf"\b(?:premise|assumption|claim|question)\b.{{0,60}}?\b{WRONG}\b",
    rf"\b(?:assumes|presupposes|supposes)\b.{{0,80}}?\b{WRONG}\b",
    rf"\b(?:that|this|it|which) (?:is|was) (?:simply )?{WRONG}\b",
    r"\b(?:that|this|it|which) (?:is|was)n't (?:true|so|correct|right|the case)\b",
    r"\bfalse (?:premise|assumption)\b",
    r"\bcontrary to (?:what )?(?:the|your|this) (?:question|premise|assumption)\b",
    r"\b(?:that|this|it) (?:did not|didn't|never) (?:happen|take place|occur)(?:ed)?\b",
)
UNSAID_RE, PREMISE_RE = (re.compile("|".join(ways)) for ways in (UNSAID, PREMISE))
CONDITION = re.compile(r"\b(?:if|unless|whether|when|whenever|in case|where)\b")
DENIED = re.compile(r"(?:\b(?:not|never|false|wrong|untrue|deny)|n't)(?: \w+){0,2} that\b")
TWICE = re.compile(r"(?:\bnot|n't|\bnever)(?: \w+)? (?:fail|not|never|omit)\b")
CLAUSE = re.compile(r"[^.!?;\n]+[.!?;\n]*")
TURN = re.compile(
    r",?\s+(?:but|however|yet|although|though|still|nevertheless|anyway|nonetheless)\b,?|:\s|\s[-–—]\s"
    r"|(?<!\bnot)(?<!n't),?\s+so\b,?"
)
GUESS = re.compile(
    r"\b(?:probably|likely|perhaps|maybe|presumably|i (?:think|guess|believe|assume|suppose)|my guess|answer is|answer:"
    r"|must be|might be|could be|i would say)(?!\w)"
)

ONLY = re.compile(r"\b(?:only|just|merely|left (?:open|out)|un(?:known|clear|certain|specified|stated|mentioned))\b")


def clauses(text: str) -> list[str]:
    """Sentences, cut where they turn ("but", "however", a colon), in lower case with plain apostrophes."""
    plain = text.lower().replace("’", "'")
    return [part.strip() for found in CLAUSE.findall(plain) for part in TURN.split(found) if part.strip(" .,;!\n")]


def denies(clause: str, premise: bool) -> bool:
    """Whether one clause says that the answer is not there, or (`premise`) that what is asked is not so."""
    if clause.endswith("?"):
        return False
    for pattern in (UNSAID_RE, PREMISE_RE) if premise else (UNSAID_RE,):
        if found := pattern.search(clause):
            before = clause[: found.start()]
            return not (CONDITION.search(before) or DENIED.search(before) or TWICE.search(found[0]))
    return False


def abstains(text: str) -> bool:
    """Whether any clause says that the passages do not say."""
    return any(denies(clause, premise=False) for clause in clauses(text))
