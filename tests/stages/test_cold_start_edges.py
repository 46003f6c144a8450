"""The cold start's response filters where texts are unusual: empty, endless, unreadable, in other languages, or
with what only looks like a defect."""

import random
import time

import pytest

from recipes.tiny import world
from stages import data
from stages.cold_start import responses
from stages.contamination import HeldOut

QUESTION = "A train goes 60 miles in an hour. How many miles does it go in 5 hours, if it never stops on the way?"
THOUGHT = "The train goes 60 miles each hour. It never stops. In 5 hours it goes 60 * 5 = 300 miles."
ANSWER = "The answer is $\\boxed{300}$."
HELD_OUT = [HeldOut("validation", "A farmer has 12 sheep and buys 7 more at the market. How many sheep are his now?")]
CHINESE = "一列火车每小时行驶60英里，中途不停车，那么它5小时一共行驶多少英里？"
CHINESE_THOUGHT = "火车每小时行驶60英里，所以5小时行驶60乘以5，也就是60*5=300英里。"


def row(thought: str = THOUGHT, content: str = ANSWER, question: str = QUESTION, reference: str = "300") -> dict:
    message = {"role": "assistant", "reasoning_content": thought, "content": content}
    prompt = [{"role": "user", "content": question}]
    return {"id": "1", "prompt": prompt, "verifier": "math", "reference": reference, "candidate": message}


FILTERS = {
    "wrong answer": lambda one: responses.wrong_answer([one])[0],
    "repetition": responses.repetition,
    "guesswork": responses.guesswork,
    "disagreement": lambda one: responses.disagreement([one])[0],
    "language mixing": responses.language_mixing,
    "near validation": lambda one: responses.near_validation([one], HELD_OUT)[0],
}
RULES = [name for name in FILTERS if name != "wrong answer"]


def removed_by(one: dict) -> set[str]:
    return {name for name, check in FILTERS.items() if check(one) is not None}


UNUSUAL = [  # row, the filters that remove it
    (row(), set()),
    # several boxes
    (row(f"\\boxed{{30}}? No, that is 60 * 5 / 10. {THOUGHT} So it is \\boxed{{300}}."), set()),
    (row(f"{THOUGHT} So it is \\boxed{{300}}. No, wait, it must be \\boxed{{310}}."), {"disagreement"}),
    (row(content="Per hour \\boxed{60}, in all \\boxed{300}."), set()),
    (row(content="Either \\boxed{300} or else it could be \\boxed{310}."), {"wrong answer", "disagreement"}),
    (row(f"{THOUGHT} So it is \\boxed{{300}}. But it must be 310."), {"disagreement"}),
    # unfinished and empty
    (row("", ""), {"wrong answer", "guesswork"}),
    (row(THOUGHT, ""), {"wrong answer"}),
    (row("", ANSWER), {"guesswork"}),
    (row(" \n\t ", ANSWER), {"guesswork"}),
    (row(question="", thought="", content=""), {"wrong answer", "guesswork"}),
    # other languages
    (row(CHINESE_THOUGHT, "答案是 $\\boxed{300}$。", CHINESE), set()),
    (row(THOUGHT, "一共行驶 $\\boxed{300}$ 英里。"), {"language mixing"}),
    (row(CHINESE_THOUGHT, ANSWER), {"language mixing"}),
    (
        row(
            "Der Zug fährt in jeder Stunde 60 Meilen und hält nie an, also sind es 60 * 5 = 300 Meilen.",
            "Der Zug fährt in fünf Stunden ohne jeden Halt insgesamt $\\boxed{300}$ Meilen.",
        ),
        {"language mixing"},
    ),
    (row(f"{THOUGHT}\nAlso bleibt nur noch zu prüfen, ob die Einheit stimmt."), {"language mixing"}),
    (row(f"{THOUGHT}\nПроверим это ещё раз."), {"language mixing"}),
    (
        row(
            "Der Zug fährt in jeder Stunde 60 Meilen und hält nie an, also sind es 60 * 5 = 300 Meilen.",
            "Insgesamt sind es $\\boxed{300}$ Meilen, weil der Zug in jeder Stunde gleich weit fährt.",
            "Ein Zug fährt 60 Meilen in jeder Stunde und hält nie an. Wie viele Meilen fährt er in 5 Stunden?",
        ),
        set(),
    ),
    # what only looks foreign, or strange
    (
        row(
            f"{THOUGHT}\n```python\nzug_pro_stunde = 60\nfor stunde in range(5):\n    strecke += zug_pro_stunde\n```\n"
            "That loop gives 300."
        ),
        set(),
    ),
    (row(f"{THOUGHT}\n\\begin{{align*}}\n d &= vt \\\\\n &= 60\\cdot 5 \\\\\n &= 300\n\\end{{align*}}"), set()),
    (
        row(
            f"{THOUGHT}\n\n| hour | miles |\n|-----:|------:|\n| 1 | 60 |\n| 2 | 120 |\n| 3 | 180 |\n| 4 | 240 |\n| 5 |"
            " 300 |"
        ),
        set(),
    ),
    (
        row(f"{THOUGHT} Émile Borel, Øystein Ore, Đỗ Ngọc Diệp and Paweł Strzelecki would all say that 60 * 5 = 300."),
        set(),
    ),
    (row(f'{THOUGHT} The sign at the station says "Der Zug fährt heute leider nicht nach Hause". It is 300.'), set()),
    (row(f"{THOUGHT} With Δt = 5 and v ∈ ℝ, α = 60: 𝑑 = α·Δt = 300."), set()),
    # unreadable
    (row(f"{THOUGHT} \ufffd\ufffd\x00\x17\ufffd It is 300."), {"language mixing"}),
    (row(f"{THOUGHT} \udcc3\udca9\udcff It is 300."), {"language mixing"}),
    (row(f"{THOUGHT} l\u00c3\u00a9 th\u00c3\u00a8se d\u00c3\u00a9j\u00c3\u00a0: 300."), {"language mixing"}),
    # look-alikes: Cyrillic letters in English words, and a held-out question written with them
    (row(THOUGHT.replace("o", "о").replace("e", "е")), {"language mixing"}),
    (
        row(question=HELD_OUT[0].question.replace("a", "а"), thought="12 sheep and 7 more: 12 + 7 = 19 sheep at the"
            " market. The farmer has 19.", content="The answer is \\boxed{19}.", reference="19"),
        {"near validation"},
    ),
    (row(content="The answer is $\\boxed{３００}$."), set()),
]  # fmt: skip


@pytest.mark.parametrize(("one", "filters"), UNUSUAL)
def test_unusual_text(one, filters):
    assert removed_by(one) == filters


def prose(length: int) -> str:
    """Sentences that no filter stops at early: no two alike, no language but English, no conclusion."""
    rng, made, size = random.Random(5), [], 0
    nouns = ["".join(rng.choice("bdfgklmnprst") + rng.choice("aeiou") for _ in range(3)) for _ in range(3000)]
    while size < length:
        words = [f"{rng.choice(('the', 'that', 'this', 'each'))} {rng.choice(nouns)}" for _ in range(rng.randint(3, 9))]
        made.append(f"If {' and '.join(words)}, then {rng.randrange(10**6)} + {rng.randrange(10**6)} is not known.\n")
        size += len(made[-1])
    return "".join(made)


def formulas(length: int) -> str:
    rng = random.Random(6)
    return "".join(
        f"\\[ x_{{{i}}} = \\frac{{{rng.randrange(10**9)}}}{{{rng.randrange(10**9)}}} \\]\n" for i in range(length // 40)
    )


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("text", [prose, formulas])
def test_the_time_grows_with_the_length(name, text):
    """100,000 characters take well under a second, a million about ten times as long."""
    check, seconds = FILTERS[name], []
    check(row())  # what is loaded once
    for length in (100_000, 1_000_000):
        one = row(thought=f"{THOUGHT}\n{text(length)}\n{THOUGHT[-40:]}")
        started = time.process_time()
        evidence = check(one)
        seconds.append(time.process_time() - started)
        assert text is formulas or evidence is None  # nothing is found early in prose
    assert seconds[0] < 1
    assert seconds[1] < 30 * max(seconds[0], 0.02)


def test_a_long_text_is_still_read_to_its_end():
    assert FILTERS["repetition"](row(thought=prose(100_000) + "so it goes on and on. " * 30))
    assert FILTERS["language mixing"](row(thought=prose(100_000) + "因此答案"))
    assert FILTERS["disagreement"](row(thought=f"{THOUGHT}\n{prose(100_000)}\nSo the answer is 310."))
    assert FILTERS["guesswork"](row(thought=f"{THOUGHT}\n{prose(100_000)}\nI have no idea. I will just guess 300."))
    assert not FILTERS["guesswork"](row(thought=f"{prose(100_000)}\n{THOUGHT}"))


GUESSES = [  # the end of a thought, whether it is guesswork
    ("I cannot work this out, so 300 will have to do.", True),
    ("My gut says 300.", True),
    ("Perhaps 300?", True),
    ("300.", True),  # it stands nowhere before
    ("As one might guess, 60 * 5 = 300.", False),
    ("Let me guess 60 * 4 = 240. Too small. 60 * 5 = 300. So 300 it is.", False),
    ("I think that 60 * 5 = 300 is right. Thus the train goes 300 miles.", False),
    ("Since 60 * 5 = 300, no further check is needed. The train goes 300 miles.", False),
]


@pytest.mark.parametrize(("ending", "guesses"), GUESSES)
def test_guesswork_by_its_ending(ending, guesses):
    start = "The train goes 60 miles each hour, and since it never stops, every hour adds as many miles."
    evidence = FILTERS["guesswork"](row(thought=f"{start} {ending}"))
    assert (evidence is not None) == guesses, evidence


@pytest.mark.parametrize("domain", ["math", "code", "stem", "logic"])
def test_the_careful_traces_of_the_tiny_world_are_kept(domain):
    """Short steps in the world's own words, recalled facts, islanders who are spoken of but do not speak."""
    drawn = [data.as_row(raw, {}, {}, "tiny") for raw in world.solutions(domain, num_rows=50, seed=3, spoiled=0.0)]
    rows = [one | {"candidate": one["candidates"][0]} for one in drawn]
    found = {
        "repetition": [responses.repetition(one) for one in rows],
        "guesswork": [responses.guesswork(one) for one in rows],
        "disagreement": responses.disagreement(rows),
        "language mixing": [responses.language_mixing(one) for one in rows],
    }
    assert found == {name: [None] * len(rows) for name in found}
