"""Planted defects: documented transformations of clean traces, for `audit.py`.

Each takes a clean row, another clean row of the same source (where the material comes from) and a random
generator, and gives the spoiled candidate, or None where the row has nothing to spoil. What they insert is
written for this file or comes from the other row: no filter reads these lists.

    wrong answer     off_by: a number of the response changed; other_answer: the other row's response; no_answer
    repetition       loop: the last sentences said 3 to 8 times; passage: a middle passage again, later;
                     stutter: a few words many times; drift: the ending again, with small changes; response_loop: the
                     visible part 4 to 6 times
    guesswork        gives_up: the second half replaced by giving up and naming the answer; bare: only the
                     answer is named; shrug: two or three steps kept, then the answer out of nowhere
    disagreement     last_number: the thought's conclusion changed; other_thought: the other row's thought;
                     boxed: another answer boxed at the end of the thought; other_response: the other row's
    language mixing  script: a sentence in another script in the middle; latin: one in another language with
                     Latin letters; template: a leftover of a chat; shouting; slang: a passage of chatter
    near validation  same: a held-out question with other case and punctuation; inside: with words around it;
                     numbers: with other numbers; quoted: the held-out question in the thought
"""

import re
from collections.abc import Callable
from random import Random

from stages import data
from stages.cold_start import passages
from verifiers import extract

Transformation = Callable[[data.Row, data.Row, Random], data.Row | None]
NUMBER = re.compile(r"(?<![\w.])\d+(?![\w.]*\d)")

GIVING_UP = (
    "Honestly the algebra got away from me here, so {a} it is.",
    "I am stuck at this point. {a} has the right ring to it, moving on.",
    "I'd have to redo everything to be certain, and I won't. Putting {a}.",
    "No clear path from here; of all the possibilities {a} appeals to me most.",
    "Let me choose {a} blindly.",
    "Not certain at all, but my feeling says {a}.",
    "I cannot see how to continue. I'll take a chance on {a}.",
    "I'm going to gamble on {a} since nothing better comes to mind.",
    "It could be anything really. Say {a}.",
    "My best guess would be {a}.",
    "I haven't derived it, yet {a} looks like the kind of value they want.",
    "Time to stop. {a}, perhaps? I'll leave it at that without checking.",
)
FOREIGN_SCRIPT = (
    "接下来我们需要仔细检查每一种情况。",
    "这样就可以得到结果了。",
    "Теперь проверим это ещё раз.",
    "Значит, остаётся один вариант.",
    "次にこの条件を確認します。",
    "이제 다음 단계로 넘어가겠습니다.",
    "إذن ننتقل إلى الخطوة التالية.",
    "अब हम अगला चरण देखते हैं।",
)
FOREIGN_LATIN = (
    "Nun setzen wir diesen Wert wieder ein und prüfen, ob beide Bedingungen wirklich erfüllt sind.",
    "Daraus folgt, dass wir nur noch den letzten Fall betrachten müssen, um fertig zu werden.",
    "Il faut maintenant vérifier que cette valeur convient bien aux deux conditions de l'énoncé.",
    "On en déduit que le dernier cas est impossible, donc il ne reste qu'une seule solution.",
    "Ahora sustituimos este valor en la expresión anterior y comprobamos que todo es correcto.",
    "Por lo tanto, solamente queda una posibilidad y ya podemos escribir la respuesta.",
    "Adesso bisogna controllare che questo risultato sia compatibile con tutte le condizioni iniziali.",
    "Agora precisamos verificar se este valor satisfaz todas as condições do problema original.",
    "Nu moeten we nog even nagaan of deze waarde aan alle voorwaarden van de opgave voldoet.",
    "Teraz musimy jeszcze sprawdzić, czy ta wartość spełnia wszystkie warunki podane w zadaniu.",
)
TEMPLATE = (
    "<|im_end|>\n<|im_start|>assistant",
    "<|eot_id|>",
    "\nUser: can you explain that?\nAssistant: Of course.",
    "[/INST]",
    "As a large language model I can only compute this approximately.",
    "\n### Instruction:\nContinue the solution.",
    "</s>",
)
CHATTER = (
    "omg this one is so fun lol, my brain is melting but we gonna crush it bro!",
    "*grins and leans back in the chair* Ha! *cracks knuckles* You thought you could beat me, dear friend?",
    "O gentle moon, thy silver light doth guide my weary heart; oh how my soul is longing for thy smile!",
    "🚀🔥🔥 let's goooo 🎉😎 this is it 💯",
    "Thanks so much for your question! I hope you have a beautiful day, and please tell your friends about me!",
    "dude ngl kinda forgot what we were doing here haha whatever yeah",
)


def _with(row: data.Row, thought: str | None = None, content: str | None = None) -> data.Row:
    old = row["candidate"]
    new = {
        "reasoning_content": old["reasoning_content"] if thought is None else thought,
        "content": old["content"] if content is None else content,
    }
    return row | {"candidate": old | new}


def _thought(row: data.Row) -> str:
    return row["candidate"]["reasoning_content"]


def _cut(row: data.Row) -> list[str]:
    """The thought's lines, long ones by sentence; joined by new lines they are the thought again, nearly."""
    return passages.sentences(_thought(row))


def _insert(row: data.Row, rng: Random, text: str) -> data.Row | None:
    cut = _cut(row)
    if len(cut) < 2:
        return None
    at = rng.randrange(1, len(cut))
    return _with(row, "\n".join([*cut[:at], text, *cut[at:]]))


def _answer(row: data.Row) -> str:
    """The answer alone; nothing for a row that has none."""
    content = row["candidate"]["content"]
    return extract.last_boxed(content) or (content if row["verifier"] else "")


def off_by(row: data.Row, other: data.Row, rng: Random) -> data.Row | None:
    content = row["candidate"]["content"]
    if not NUMBER.search(content) or row["verifier"] != "math":
        return None
    return _with(row, content=NUMBER.sub(lambda found: str(int(found[0]) + rng.randint(1, 9)), content))


def other_answer(row: data.Row, other: data.Row, rng: Random) -> data.Row | None:
    same = row["reference"] == other["reference"]
    return None if same else _with(row, content=other["candidate"]["content"])


def no_answer(row: data.Row, other: data.Row, rng: Random) -> data.Row | None:
    return _with(row, content=rng.choice(("", "This needs more time than there is.", "Both are possible.")))


def loop(row: data.Row, other: data.Row, rng: Random) -> data.Row | None:
    cut = _cut(row)
    ending = cut[-rng.randint(1, 3) :]
    if len(passages.words(" ".join(ending))) < 6:
        return None
    return _with(row, "\n".join([*cut, *(ending * rng.randint(3, 8))]))


def passage(row: data.Row, other: data.Row, rng: Random) -> data.Row | None:
    cut = _cut(row)
    if len(cut) < 4:
        return None
    third = cut[len(cut) // 4 : len(cut) // 4 + max(2, len(cut) // 2)]
    return _with(row, "\n".join([*cut, *third])) if len(" ".join(third).split()) >= 30 else None


def stutter(row: data.Row, other: data.Row, rng: Random) -> data.Row | None:
    words = _thought(row).split()
    at = rng.randrange(len(words) // 2, len(words))
    few = [word for word in words[at : at + rng.randint(2, 5)] if re.search(r"[^\W\d]", word)]
    return _with(row, " ".join([*words[:at], *(few * rng.randint(12, 30)), *words[at:]])) if few else None


def drift(row: data.Row, other: data.Row, rng: Random) -> data.Row | None:
    cut = [sentence for sentence in _cut(row) if len(sentence.split()) >= 8][-3:]
    if not cut:
        return None
    lead = ("Checking:", "Again,", "Once more:", "One more look.", "To be safe:", "Right.")
    again = [f"{rng.choice(lead)} {sentence}" for _ in range(max(4, len(_cut(row)) // len(cut))) for sentence in cut]
    return _with(row, "\n".join([_thought(row), *again]))


def response_loop(row: data.Row, other: data.Row, rng: Random) -> data.Row | None:
    content = row["candidate"]["content"]
    return _with(row, content="\n\n".join([content] * rng.randint(4, 6))) if len(content.split()) >= 10 else None


def gives_up(row: data.Row, other: data.Row, rng: Random) -> data.Row | None:
    if not _answer(row):
        return None
    cut = _cut(row)
    return _with(row, "\n".join([*cut[: len(cut) // 2], rng.choice(GIVING_UP).format(a=_answer(row))]))


def bare(row: data.Row, other: data.Row, rng: Random) -> data.Row | None:
    if not _answer(row):
        return None
    said = rng.choice(("{a}", "The answer is {a}.", "It has to be {a}.", "Easy: {a}", "Clearly {a}."))
    return _with(row, said.format(a=_answer(row)))


def shrug(row: data.Row, other: data.Row, rng: Random) -> data.Row | None:
    if not _answer(row):
        return None
    return _with(row, "\n".join([*_cut(row)[:1], rng.choice(GIVING_UP).format(a=_answer(row))]))


def last_number(row: data.Row, other: data.Row, rng: Random) -> data.Row | None:
    """The conclusion changed: the last number, or the kinds and options in the last lines."""
    cut = _cut(row)
    ending = cut[-1]
    swapped = {"knight": "knave", "knave": "knight", "Option 1": "Option 2", "Option 2": "Option 1"}
    if any(word in ending for word in swapped):
        ending = re.sub("|".join(swapped), lambda found: swapped[found[0]], ending)
    elif row["verifier"] == "math" and (numbers := list(NUMBER.finditer(ending))):
        old, new = numbers[-1][0], str(int(numbers[-1][0]) + rng.randint(1, 9))
        ending = re.sub(rf"(?<![\w.]){old}(?![\w.]*\d)", new, ending)
    else:
        return None
    return _with(row, "\n".join([*cut[:-1], ending]))


def other_thought(row: data.Row, other: data.Row, rng: Random) -> data.Row | None:
    return None if row["reference"] == other["reference"] else _with(row, _thought(other))


def boxed(row: data.Row, other: data.Row, rng: Random) -> data.Row | None:
    if row["verifier"] != "math" or not row["reference"].isdigit():
        return None
    return _with(row, f"{_thought(row)}\nSo I get $\\boxed{{{int(row['reference']) + rng.randint(1, 50)}}}$.")


def other_response(row: data.Row, other: data.Row, rng: Random) -> data.Row | None:
    return other_answer(row, other, rng)


def script(row: data.Row, other: data.Row, rng: Random) -> data.Row | None:
    return _insert(row, rng, rng.choice(FOREIGN_SCRIPT))


def latin(row: data.Row, other: data.Row, rng: Random) -> data.Row | None:
    return _insert(row, rng, rng.choice(FOREIGN_LATIN))


def template(row: data.Row, other: data.Row, rng: Random) -> data.Row | None:
    return _insert(row, rng, rng.choice(TEMPLATE))


def shouting(row: data.Row, other: data.Row, rng: Random) -> data.Row | None:
    cut = [sentence for sentence in _cut(row)[1:] if len(re.findall(r"[a-z]{2,}", sentence)) >= 9]
    if not cut:
        return None
    loud = rng.choice(cut)
    return _with(row, _thought(row).replace(loud, loud.upper()))


def slang(row: data.Row, other: data.Row, rng: Random) -> data.Row | None:
    return _insert(row, rng, rng.choice(CHATTER))


def _asking(row: data.Row, question: str) -> data.Row:
    return row | {"prompt": [{"role": "user", "content": question}]}


def same(row: data.Row, other: data.Row, rng: Random) -> data.Row | None:
    asked = data.question(other)
    return _asking(row, rng.choice((asked, asked.upper(), asked.replace(",", "").replace(".", " ."), f"  {asked}\n")))


def inside(row: data.Row, other: data.Row, rng: Random) -> data.Row | None:
    before = rng.choice(("Solve this carefully.\n", "A colleague asked me: ", "Problem 12. "))
    return _asking(row, f"{before}{data.question(other)}\n{rng.choice(('', 'Explain each step.'))}")


def numbers(row: data.Row, other: data.Row, rng: Random) -> data.Row | None:
    asked = data.question(other)
    changed = NUMBER.sub(lambda found: str(int(found[0]) + rng.randint(1, 9)), asked)
    return _asking(row, changed) if changed != asked and len(data.normalised(asked).split()) >= 8 else None


def quoted(row: data.Row, other: data.Row, rng: Random) -> data.Row | None:
    if len(data.normalised(data.question(other)).split()) < 10:
        return None
    return _insert(row, rng, f"This resembles: {data.question(other)}")


DEFECTS: dict[str, tuple[Transformation, ...]] = {
    "wrong answer": (off_by, other_answer, no_answer),
    "repetition": (loop, passage, stutter, drift, response_loop),
    "guesswork": (gives_up, bare, shrug),
    "disagreement": (last_number, other_thought, boxed, other_response),
    "language mixing": (script, latin, template, shouting, slang),
    "near validation": (same, inside, numbers, quoted),
}
