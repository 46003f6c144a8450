"""Filter 5, second half: shifts of style inside one response.

Leftovers of a chat template and turns of a dialogue, a model speaking of itself, shouting, emoji, and
passages unlike the rest: in a trace of mathematics, a stretch of sentences without any number, sign or word
of the question, in which exclamation marks, address, contractions of slang or verse pile up. Each look gives
points only for what the question itself does not show.
"""

import re

from stages import data
from stages.cold_start import passages

LEFTOVER = re.compile(
    r"<\|[\w▁ ]{1,30}\|>|<｜[^｜\n]{1,40}｜>|\[/?INST\]|<</?SYS>>|</?s>|<(?:bos|eos|pad|unk)>|<(?:start|end)_of_turn>"
    r"|</?think(?:ing)?>|</?tool_call>|<\|?(?:user|assistant|system|human|bot)\|?>"
    r"|(?im:^#{2,4} *(?:user|assistant|human|system|instruction|response|input)\b *:)"
)
TURN = re.compile(r"(?im)^\W{0,6}(?:user|assistant|human|ai|bot|gpt|chatgpt)\W{0,3}:\s*\S")
SELF = re.compile(
    r"\b(?:as|i am|i'm|being) (?:just |only |merely )?an? (?:large |helpful |friendly |artificial )*(?:ai"
    r"|language model|llm|chatbot|virtual assistant|assistant)\b"
    r"|\b(?:openai|anthropic|chatgpt|gpt-?\d\w*|knowledge cutoff|regenerate response)\b"
    r"|\bthank(?:s| you)(?: so much)? for|\bhave a \w+ day\b",
    re.I,
)
SERVICE = re.compile(
    r"\b(?:is there anything else|let me know if you|feel free to (?:ask|reach)|happy to help|how can i (?:help"
    r"|assist)|great question|hope this helps|don't hesitate)\b",
    re.I,
)
EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u26ff\u2728\u2764\u2b50]")
EMOJIS = 3
SHOUT = re.compile(r"\b[A-Z]{2,}(?:['’][A-Z]+)?\b")
SIGNS = re.compile(r"[-+*/=|∪∩·×]")
SHOUTED = 6  # words in capitals in one sentence, most of them
SLANG = re.compile(
    r"\b(?:yo|bro|bruh|dude|lol|lmao|rofl|omg|wtf|ngl|tbh|imo|gonna|wanna|gotta|ain't|y'all|nah|yep|yup|lemme"
    r"|kinda|sorta|dunno"
    r"|cuz|coz|thx|pls|innit|mate|homie|fam|vibes?|sus|smh|idk|btw|hella|dope|legit|whoa|woah"
    r"|yikes|ugh|haha+|hehe+|gimme"
    r"|arr{2,}|ahoy|matey|avast|me hearties)\b",
    re.I,
)
SLANG_WORDS = 3
ARCHAIC = re.compile(
    r"\b(?:thee|thou|thy|thine|doth|hath|'tis|'twas|hark|oft|forsooth|verily|prithee|methinks|alas|behold|o'er)\b", re.I
)
ARCHAIC_POINTS = 2
LOUD = re.compile(r"!{2,}|\b(?!www|iii|xxx)(?>[a-z]*?([a-z])\1{2,}[a-z]*+)\b", re.I)  # "!!!", "sooo"
ACTION = re.compile(
    r"(?<![\w*])\*(?!\*)[a-z]+s [a-z][a-z ,']{3,60}\*(?![\w*])"  # *grins and leans back*
)
WINDOW = 4  # sentences
TECHNICAL = re.compile(r"\d|[=<>≤≥±×÷√∑∫^\\$]|(?<![\w'’])[b-zB-HJ-Z](?![\w'’])")
PERSON = re.compile(
    r"\b(?:my|me|mine|you|your|yours|thy|love|heart|soul|moon|stars?"
    r"|eyes?|smil\w+|laugh\w*|whisper\w*|dream\w*"
    r"|feel\w*|friends?|beautiful|oh|ah|dear|hello|hi|hey|thanks?|please|welcome|sorry|today|tomorrow|yesterday)\b|!",
    re.I,
)
PERSONAL = 5  # of these in a window without mathematics
MATHEMATICAL = 0.6  # share of the sentences with mathematics that makes a trace one of mathematics


def evidence(row: data.Row) -> str | None:
    """What does not belong, in one line."""
    asked = " ".join(message["content"] for message in row["prompt"])
    for part in ("reasoning_content", "content"):
        text = passages.CODE.sub(" ", row["candidate"][part])
        if said := _signs(text, asked, part != "content") or _shouting(text, asked) or _passage(text, asked):
            return said
    return None


def _signs(text: str, asked: str, thinks: bool) -> str | None:
    for name, pattern in (("a template's leftover", LEFTOVER), ("a turn of a dialogue", TURN)):
        if (found := pattern.search(text)) and not pattern.search(asked):
            return f"{name}: {found[0].strip()}"
    if (found := SELF.search(text)) and (thinks or re.search(r"[\d=]", asked)) and not SELF.search(asked):
        return f"speaks as an assistant: {found[0]}"
    if thinks and (found := SERVICE.search(text)) and re.search(r"[\d=]", asked):
        return f"thinks in the tone of a service: {found[0]}"
    if len(found := EMOJI.findall(text)) >= EMOJIS and not EMOJI.search(asked):
        return f"{len(found)} emoji: {''.join(found[:5])}"
    if len(found := ACTION.findall(text)) >= 2 and not ACTION.search(asked):
        return f"acts a role: {found[0]}"
    return None


def _shouting(text: str, asked: str) -> str | None:
    for sentence in passages.sentences(passages.prose(text)):
        loud = [word for word in SHOUT.findall(sentence) if word not in asked]
        if len(SIGNS.findall(sentence)) >= len(loud) / 2:
            continue  # AB + AC + BD
        if len(loud) >= SHOUTED and len(loud) > 0.7 * len(re.findall(r"[^\W\d_]{2,}", sentence)):
            return f"shouts: {sentence[:100]}"
    return None


def _passage(text: str, asked: str) -> str | None:
    """A window of slang, or one about persons in a trace of mathematics; words of the question do not count."""
    known = set(re.findall(r"[\w']+", asked.lower()))
    cut = passages.sentences(text)
    slang = [
        len(set(map(str.lower, SLANG.findall(sentence))) - known)
        + ARCHAIC_POINTS * len(set(map(str.lower, ARCHAIC.findall(sentence))) - known)
        + sum(1 for _ in LOUD.finditer(sentence))
        + len(EMOJI.findall(sentence))
        for sentence in cut
    ]
    technical = [bool(TECHNICAL.search(sentence)) for sentence in cut]
    mathematics = sum(technical) > MATHEMATICAL * len(cut)
    for i in range(len(cut)):
        window = slice(i, i + WINDOW)
        if sum(slang[window]) >= SLANG_WORDS:
            return f"slang: {' '.join(cut[window])[:120]}"
        plain = [
            sentence for sentence, is_technical in zip(cut[window], technical[window], strict=True) if not is_technical
        ]
        if mathematics and _personal(" ".join(plain), known) >= PERSONAL:
            return f"a passage about persons among mathematics: {' '.join(plain)[:120]}"
    return None


def _personal(text: str, known: set[str]) -> int:
    return sum(word.lower() not in known for word in PERSON.findall(text))
