"""Words, numbers and names of texts, for the verifier `grounded`."""

import re
import unicodedata

UNKNOWN = 4  # words that stand nowhere else and are no names: enough for "The answer to this must be"
THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
APOSTROPHE = re.compile(r"(?<=\w)['’](?:s\b|(?=\w))")
WORD = re.compile(r"(?:(?<![^\s(])-)?\d+(?:\.\d+)?(?![^\W_])|[\u3040-\u30ff\u4e00-\u9fff]|[^\W_]+")
NAME = re.compile(r"(?<![^\W_]|['’])[^\W\d_][^\W_]*")  # "U2" is one, whole
SENTENCE_START = re.compile(r"(?:^|[.!?:;\n\"“(*\-•]\s*)[\W_]*\Z")


def wordset(text: str) -> frozenset[str]:
    """The words of a list that is written as a text."""
    return frozenset(text.split())


NUMBERS = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty"
)
DIGITS = {word: str(number) for number, word in enumerate(re.findall(r"\S+", NUMBERS), 2)} | {"zero": "0"}
# Words that begin sentences about passages and are no names. Those in -ly are not listed.
STARTS = wordset(
    "a an the this that these those it its he his she her they their we i you there here in on at by from of for to "
    "with as and but so or if then because since yes no true false not based according both all each one some only "
    "when where who which what after before during while answer thus hence therefore however passage passages text "
    "document documents context given per is are was were has have had did does do none nothing nobody neither sorry "
    "unable although though insufficient nowhere sure okay many most several first also once"
)
LEADS = wordset(
    "in on at by from of near with for to as because since when where who which that while after before according "
    "based says said is was are were has had"
)
FILLING = wordset("a an the is was are were it that this and of in on at to answer be s")
NEGATIONS = wordset(
    "not never no nor neither isnt wasnt arent werent doesnt didnt dont cannot cant hasnt havent without except rather "
    "instead"
)
LABELS = wordset("passage passages document documents text texts")


def words(text: str) -> list[str]:
    """Words without case and punctuation ("Ann's" is ann, "don't" dont); 1,000 is 1000 and "three" is 3."""
    return [DIGITS.get(word, word) for word in WORD.findall(plain(text))]


def plain(text: str) -> str:
    """A text as its words are read: in one case, without apostrophes and commas of thousands."""
    text = THOUSANDS.sub("", unicodedata.normalize("NFKC", text)).casefold().replace("−", "-")
    return APOSTROPHE.sub("", text)


def places(part: list[str], said: list[str]) -> list[int]:
    """Where a run of words begins in others."""
    return [at for at in range(len(said) - len(part) + 1) if said[at : at + len(part)] == part]


def has_number(said: list[str]) -> bool:
    """Whether one of the words is a number; U2 is none."""
    return any(word[-1].isdigit() and not word[0].isalpha() for word in said)


def names_known(response: str, said: list[str], task: dict) -> bool:
    """Whether every number and every name stands where it should."""
    numbers = {word for word in uncited(said, len(task["passages"])) if word[-1].isdigit()}
    return numbers <= task["known"] and all(set(words(name)) <= task["known"] for name in names(response))


def uncited(said: list[str], most: int) -> list[str]:
    """What is said, less the numbers by which prompts list passages: "passage 2", "documents 1 and 3"."""
    cited: set[int] = set()
    for at, word in enumerate(said[1:], 1):
        before = at - 2 if said[at - 1] == "and" else at - 1
        number = int(word) if word.isdecimal() and len(word) <= 3 else 0
        if 1 <= number <= most and (said[at - 1] in LABELS or before in cited):
            cited.add(at)
    return [word for at, word in enumerate(said) if at not in cited]


def words_known(said: list[str], known: set[str]) -> bool:
    """Whether most of its other words do: names may be written small."""
    strange = [word for word in said if word not in known and word not in STARTS and len(word) > 3]
    return len(strange) <= max(UNKNOWN, len(said) // 3)


def names(text: str) -> list[str]:
    """Capitalised words, less those that begin sentences and are no names."""
    found = []
    for word in NAME.finditer(text):
        plain = word[0].casefold()
        if plain in STARTS or plain in DIGITS or (plain.endswith("ly") and _starts(text, word.start())):
            continue
        if word[0][0].isupper():
            found.append(word[0])
    return found


def _starts(text: str, at: int) -> bool:
    return SENTENCE_START.search(text[max(0, at - 8) : at]) is not None or at == 0
