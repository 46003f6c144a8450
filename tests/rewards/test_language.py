"""The response should be in the prompt's language."""

import time

import pytest

from rewards.language import consistent, of_prompt, prose

GERMAN = "Die Katze liegt auf dem warmen Dach und schaut den Vögeln im Garten zu."
ENGLISH = "The cat lies on the warm roof and watches the birds in the garden below."
CHINESE = "猫躺在温暖的屋顶上，看着花园里的小鸟飞来飞去，心里非常高兴。"
RUSSIAN = "Кошка лежит на тёплой крыше и смотрит на птиц, которые летают в саду."
TEXTS = {"de": GERMAN, "en": ENGLISH, "zh": CHINESE, "ru": RUSSIAN}


@pytest.mark.parametrize("asked", TEXTS)
@pytest.mark.parametrize("answered", TEXTS)
def test_a_response_in_the_prompts_language(asked, answered):
    prompt = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": TEXTS[asked]}]
    completion = f"<think>\n{ENGLISH}\n</think>\n\n{TEXTS[answered]}"
    assert consistent([completion], prompts=[prompt]) == [float(asked == answered)]
    assert consistent([completion], language=[asked]) == [float(asked == answered)]


@pytest.mark.parametrize(
    "response", ["It is 3.", "", "```python\nfor name in names:\n    print(name)\n```", "\\boxed{7}", "[" * 10_000]
)
def test_short_texts_and_code_have_no_language(response):
    assert consistent([response], language=["de"]) == [None]


@pytest.mark.parametrize(
    "prompt",
    [
        "Hi!",
        f"Translate to German: {ENGLISH}",
        f"Say in Zub: {ENGLISH}",
        f"Tell me a tale, and answer in French. {ENGLISH}",
        "1 + 1 = ?",
    ],
)
def test_a_prompt_that_does_not_say(prompt):
    assert of_prompt(prompt) is None
    assert consistent([GERMAN], prompts=[prompt]) == [None]


def test_mixtures_are_low():
    both, script = consistent([f"{GERMAN} {ENGLISH}", f"{ENGLISH} {CHINESE}"], language=["de", "en"])
    assert both is not None and 0.3 < both < 0.7
    assert script is not None and script < 0.2


def test_short_sentences_count_together():
    french = "Il fait beau. Le chat dort. Je suis là. Tu es belle. Nous rions. " * 6
    (mixed,) = consistent([f"{french}\n{ENGLISH}"], language=["en"])
    assert mixed is not None and mixed < 0.3
    assert consistent([french], language=["fr"]) == [1.0]
    assert consistent([f"Ja. {ENGLISH} So ist es."], language=["en"]) == [1.0]


def test_a_thought_that_never_ends_and_a_batch_without_prompts_have_none():
    assert consistent([f"<think>\n{ENGLISH}"], language=["de"]) == [None]
    assert consistent([ENGLISH]) == [None]


@pytest.mark.parametrize("name", ["de", "DE", "de-AT", " de_DE"])
def test_a_language_may_have_a_region(name):
    assert consistent([GERMAN], language=[name]) == [1.0]


@pytest.mark.parametrize("name", ["German", "deu", "ca", "xx"])
def test_a_language_that_is_not_known_is_no_wrong_answer(name):
    with pytest.raises(ValueError, match=f"language '{name}' is none of en, de"):
        consistent(["Guten Tag"], language=[name])


def test_an_open_formula_takes_no_time():
    start = time.perf_counter()
    assert prose("\\[ x " * 20_000) == ""
    assert time.perf_counter() - start < 1.0


def test_the_mean_is_logged():
    logged: dict[str, float] = {}
    consistent([GERMAN, ENGLISH, "3"], language=["de"] * 3, log_metric=logged.__setitem__)
    assert logged == {"language/consistent": 0.5}
