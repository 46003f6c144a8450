"""The verifiers of recipes/smollm2-135m's own: only the form that is asked for pays."""

import pytest

from rewards.loader import load_function
from verifiers import verify

FORMS = "recipes/smollm2-135m/forms.py"


@pytest.mark.parametrize(
    ("form", "response", "reference", "reason"),
    [
        ("python_value", "The answer is 'Who? [ENDS]'.", "'Who? [ENDS]'", "correct"),
        ("python_value", "It runs.\n\nThe answer is `[1, 2]`.", "[1, 2]", "correct"),
        ("python_value", "The answer is 3. No: The answer is {'b': 1, 'a': (2,)}.", "{'a': (2,), 'b': 1}", "correct"),
        ("python_value", "I ran it.\n-5", "-5", "correct"),
        ("python_value", 'The answer is "a".', "'a'", "correct"),
        ("python_value", "The answer is 1e999.", "1e999", "correct"),
        ("python_value", "The answer is nan.", "nan", "correct"),
        ("python_value", "The answer is 'aBC'.", "'Abc'", "wrong"),
        ("python_value", "The answer is (1, 2).", "[1, 2]", "wrong"),
        ("python_value", "The answer is 12.", "'12'", "wrong"),
        ("python_value", "The answer is 'a,b'.", "'a;b'", "wrong"),
        ("python_value", "The answer is 5.", "-5", "wrong"),
        ("python_value", "The answer is True.", "1", "wrong"),
        ("python_value", "The answer is [1.0].", "[1]", "wrong"),
        ("python_value", "The answer is abc.", "'abc'", "unparsable"),
        ("python_value", "The answer is __import__('os').getpid().", "1", "unparsable"),
        ("python_value", "The answer is {[]: 1}.", "1", "unparsable"),
        ("python_value", "The answer is " + "(" * 900, "1", "unparsable"),
        ("python_value", "The answer is " + "`" * 900, "1", "unparsable"),
        ("python_value", "The answer is " + "9" * 100_000, "1", "wrong"),
        ("python_value", "It is 5", "5", "no_answer"),
        ("python_value", "The answer is", "5", "no_answer"),
        ("letter", " D\n", "D", "correct"),
        ("letter", "C", "D", "wrong"),
        ("letter", "D.", "D", "unparsable"),
        ("letter", "I think the answer is D because it is long", "D", "unparsable"),
        ("letter", " ", "D", "no_answer"),
        ("bracket", "(F)", "(F)", "correct"),
        ("bracket", "(A)", "(F)", "wrong"),
        ("bracket", "F", "(F)", "unparsable"),
        ("worked_letter", "It is red.\nThe answer is (B).", "B", "correct"),
        ("worked_letter", "The answer is (B).\nThe answer is (C).", "B", "wrong"),
        ("worked_letter", "B", "B", "unparsable"),
        ("worked_letter", "The answer is B.", "B", "unparsable"),
        ("worked_letter", "The answer is (B). I hope so", "B", "unparsable"),
        ("number", "1,000", "1000", "correct"),
        ("number", "1000.0\n", "1000", "correct"),
        ("number", "5", "-5", "wrong"),
        ("number", "1,0", "10", "unparsable"),
        ("number", "It is 5", "5", "unparsable"),
        ("number", "9" * 100_000, "5", "unparsable"),
        ("words", "Yes.", "yes", "correct"),
        ("words", "no", "yes", "wrong"),
        ("words", "It is red. The answer is yes.", "yes", "unparsable"),
    ],
)
def test_only_the_form_that_is_asked_for_pays(form, response, reference, reason):
    assert verify(f"{FORMS}:{form}", response, reference) == (float(reason == "correct"), reason)


@pytest.mark.parametrize(("form", "reference"), [("letter", "AB"), ("number", "five"), ("words", " ")])
def test_a_reference_that_cannot_be_right_is_an_error(form, reference):
    with pytest.raises(ValueError, match="reference"):
        verify(f"{FORMS}:{form}", "A", reference)


def test_cut_contractions_are_no_words_to_ask_for():
    content = load_function("recipes/smollm2-135m/constraints.py:content")
    assert content("they couldn't and wouldn’t climb the teacher's fence") == ["climb", "teacher", "fence"]


def test_no_row_to_train_on_repeats_one_that_is_held_out():
    own_split = load_function("recipes/smollm2-135m/tasks.py:own_split")
    held_out, repeated, other = {"question": "Who is it?"}, {"question": "Who  is IT? "}, {"question": "Why?"}
    rows = [held_out | {"split": "test"}, repeated | {"split": "dev"}, other | {"split": "validation"}]
    assert own_split(rows, "test") == rows[:1] and own_split(rows, "train") == rows[2:]
