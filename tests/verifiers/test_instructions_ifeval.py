"""IFEval's instructions: each has a response that follows it and one that does not."""

import gzip
import json
from pathlib import Path

import pytest

from verifiers.instructions import check
from verifiers.instructions.ifeval import FOLLOWED, count_sentences

DATA = Path(__file__).parents[2].parent / "shared" / "data"
ENGLISH = "this is a long enough english sentence about the weather in the north of the country."
TABLE = [
    ("keywords:existence", {"keywords": ["Mom", "sea"]}, "My mom likes the sea", "My mom"),
    ("keywords:frequency", {"keyword": "a.b", "frequency": 2, "relation": "at least"}, "a.b A.B", "a.b axb"),
    ("keywords:frequency", {"keyword": "sea", "frequency": 2, "relation": "less than"}, "sea", "sea sea"),
    ("keywords:forbidden_words", {"forbidden_words": ["rock"]}, "Rocket", "A Rock."),
    ("keywords:letter_frequency", {"letter": "T", "let_frequency": 2, "let_relation": "at least"}, "tT", "t"),
    (
        "keywords:letter_frequency",
        {"letter": "!", "let_frequency": 2, "let_relation": "less than"},
        "!",
        "!!",
    ),
    (
        "language:response_language",
        {"language": "de"},
        "Das ist ein schöner Tag, und wir gehen in den Wald.",
        ENGLISH,
    ),
    (
        "length_constraints:number_sentences",
        {"num_sentences": 2, "relation": "at least"},
        "One. Two!",
        "One e.g. this.",
    ),
    (
        "length_constraints:number_sentences",
        {"num_sentences": 2, "relation": "less than"},
        "One.",
        "One. Two.",
    ),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "a\n***\nb", "a\n\nb"),
    ("length_constraints:number_words", {"num_words": 3, "relation": "at least"}, "a b c", "a b"),
    (
        "length_constraints:nth_paragraph_first_word",
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "then"},
        "a\n\n'Then, b",
        "then\n\na",
    ),
    ("detectable_content:number_placeholders", {"num_placeholders": 2}, "[a] [b]", "[a]"),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}, "a\nP.S. b", "a PS b"),
    ("detectable_content:postscript", {"postscript_marker": "P.P.S"}, "a\nP. P. S b", "a\nP.S. b"),
    ("detectable_format:number_bullet_lists", {"num_bullets": 2}, "* a\n- b", "* a\n* b\n* c"),
    ("detectable_format:constrained_response", {}, "My answer is maybe.", "Maybe."),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 2}, "*a* and *b*", "*a* and b"),
    (
        "detectable_format:multiple_sections",
        {"section_spliter": "PART", "num_sections": 2},
        "PART 1\na\nPART 2",
        "PART 1",
    ),
    ("detectable_format:json_format", {}, '```json\n{"a": 1}\n```', "a: 1"),
    ("detectable_format:title", {}, "<<A title>>\na", "<<>> a"),
    ("combination:two_responses", {}, "a\n******\nb", "a\n******\na"),
    ("combination:repeat_prompt", {"prompt_to_repeat": "Say it."}, "say it. I do.", "I do. Say it."),
    ("startend:end_checker", {"end_phrase": "The end."}, 'a "the END."', "The end. Or not"),
    ("startend:quotation", {}, '"a"', "a"),
    (
        "change_case:capital_word_frequency",
        {"capital_frequency": 2, "capital_relation": "at least"},
        "A-B CD e",
        "AB c",
    ),
    (
        "change_case:english_capital",
        {},
        "THE WEATHER IS FINE AND THEY ARE WALKING THROUGH THE FOREST",
        "The weather",
    ),
    ("change_case:english_lowercase", {}, ENGLISH, ENGLISH.title()),
    ("punctuation:no_comma", {}, "a b", "a, b"),
]


def reference(*pairs) -> str:
    names, kwargs = zip(*pairs, strict=True)
    return json.dumps({"instruction_id_list": names, "kwargs": kwargs, "prompt": "p"})


@pytest.mark.parametrize(("name", "kwargs", "follows", "does_not"), TABLE)
def test_each_instruction(name, kwargs, follows, does_not):
    assert check(follows, reference((name, kwargs))) == (1.0, "correct")
    assert check(does_not, reference((name, kwargs))) == (0.0, "wrong")


def test_the_table_has_all_25():
    assert {row[0] for row in TABLE} == set(FOLLOWED)
    assert len(FOLLOWED) == 25


def test_all_must_be_followed():
    both = reference(("punctuation:no_comma", {}), ("startend:quotation", {}))
    assert check('"a b"', both).score == 1.0
    assert check('"a, b"', both).score == 0.0
    assert check("a b", both).score == 0.0
    assert check(" \n", both) == (0.0, "no_answer")


ASKED = "Tell me about the old cat: use the word Leo, and write no commas at all."


@pytest.mark.parametrize(
    ("response", "verdict"),
    [
        ("Leo has an old cat.", (1.0, "correct")),
        ("The old cat: use the word Leo", (1.0, "correct")),  # a quotation is no copy
        (ASKED.replace(",", ""), (0.0, "copied")),
        (f'"{ASKED.upper().replace(",", "")}"', (0.0, "copied")),
        (ASKED.replace(",", "") * 3, (0.0, "copied")),
        (ASKED.replace(",", "").replace("Tell me about", "About") + " Yes!", (0.0, "copied")),
    ],
)
def test_the_prompt_said_back_is_wrong(response, verdict):
    kwargs = [{"keywords": ["Leo"]}, {}]
    names = ["keywords:existence", "punctuation:no_comma"]
    given = json.dumps({"instruction_id_list": names, "kwargs": kwargs, "prompt": ASKED})
    assert check(response, given) == verdict


def test_the_prompt_said_back_is_right_where_it_is_asked_for():
    kwargs = [{"prompt_to_repeat": ASKED}]
    given = json.dumps({"instruction_id_list": ["combination:repeat_prompt"], "kwargs": kwargs, "prompt": ASKED})
    assert check(ASKED, given) == (1.0, "correct")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Mr. Smith met Dr. Jones at 5 p.m. on Monday. They spoke, e.g. about 3.5 things.", 2),
        ("What? No! Yes...", 3),
        ("1. First one\n2. Second one", 1),
        ("Er sagte: „Ja.“ Dann ging er.", 2),
        ("你好。再见。", 2),
        ("no full stop", 1),
        ("", 0),
    ],
)
def test_sentences(text, count):
    assert count_sentences(text) == count


@pytest.mark.parametrize(
    "text", ["", "\x00", "你好，世界", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "*" * 5000, "[" * 5000, "<<" * 5000, "\ud800", "a." * 5000]
)
def test_no_text_crashes_it(text):
    for name, kwargs, _, _ in TABLE:
        assert check(text, reference((name, kwargs))).score in (0.0, 1.0)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ('{"instruction_id_list": ["a:b"], "kwargs": [{}]}', "unknown instruction 'a:b'"),
        ('{"instruction_id_list": ["punctuation:no_comma"], "kwargs": []}', "two lists of one length"),
        ('{"instruction_id_list": ["keywords:existence"], "kwargs": [{}]}', "no keywords"),
        (
            '{"instruction_id_list": ["length_constraints:number_words"],'
            ' "kwargs": [{"num_words": 3, "relation": "over"}]}',
            "relation 'over'",
        ),
    ],
)
def test_a_broken_reference_raises(given, message):
    with pytest.raises(ValueError, match=message):
        check("a", given)


@pytest.mark.skipif(not DATA.exists(), reason="the shared data is not on this machine")
def test_every_ifeval_prompt_is_a_valid_reference():
    rows = [json.loads(line) for line in gzip.decompress((DATA / "ifeval.jsonl.gz").read_bytes()).splitlines()]
    scores = [check("A short reply, which follows little.", json.dumps(row)).score for row in rows]
    assert len(scores) == 541
    assert sum(scores) < 60
