"""IFBench's and IFTrain's instructions: each has responses that follow it and some that do not."""

import json
import time

import pytest

from verifiers.instructions import FOLLOWED, check

FRUIT = ["kiwi", "plum", "fig", "pear", "lime"]
NAMES = ["keyword1", "keyword2", "keyword3", "keyword4", "keyword5"]
KEYWORDS = dict(zip(NAMES, FRUIT, strict=True))
COUNTED = " ".join(" ".join([word] * n) for word, n in zip(FRUIT, (1, 2, 3, 5, 7), strict=True))
OPTIONS = "A) One\nB) Two\nC) Three\nD) Four\nE) Five"
QUESTIONS = "\n\n".join(f"Question {n}. Who painted this{' very' * n} old work?\n{OPTIONS}" for n in range(1, 5))
ALPHABET = " ".join(f"{chr(65 + at)}nd so it went." for at in range(26))
COUNTRIES = ["Zimbabwe", *(f"{chr(90 - at // 3)}{'zma'[at % 3]}" for at in range(3, 54))]
CAPITALS = (
    "Reykjavik, Helsinki, Oslo, Tallinn, Stockholm, Riga, Moscow, Copenhagen, Vilnius, Minsk, Dublin, Berlin, Amsterdam"
    ", Warsaw, London, Brussels, Kyiv, Prague, Luxembourg, Paris, Vienna, Bratislava, Budapest, Vaduz, Chișinău, Bern, "
    "Ljubljana, Zagreb"
)
CITIES = "ID,Country,City,Year,Count\n" + "\n".join(f"{n},France,Paris,2020,{n}" for n in range(7))
GOODS = "ProductID,Category,Brand,Price,Stock\n" + "\n".join(f"{n},Tools,Acme,2.50,{n}" for n in range(13))
MARKS = "StudentID\tSubject\tGrade\tSemester\tScore" + '\n"1"\t"Art"\t"A"\t"2"\t"9"' * 3
QUOTED_MARKS = MARKS.replace(MARKS.split("\n")[0], '"StudentID"\t"Subject"\t"Grade"\t"Semester"\t"Score"')

IFBENCH = [
    ("count:word_count_range", {"min_words": 2, "max_words": 3}, ["a b", "你好吗"], ["a", "a b c d", "你好吗吗"]),
    ("count:unique_word_count", {"N": 3}, ["One two three."], ["One, one two"]),
    ("ratio:stop_words", {"percentage": 50}, ["the cat", "Bears eat honey"], ["it is the cat", "..."]),
    ("ratio:sentence_type", {}, ["One. Two. Three?"], ["One. Two?", "One!"]),
    ("ratio:sentence_balance", {}, ["One. Two? Three!"], ["One. Two?", "none"]),
    ("count:conjunctions", {"small_n": 2}, ["And yet it moves"], ["And he and she"]),
    ("count:person_names", {"N": 2}, ["Emma's and Leo"], ["Emma and Leonard, Emma"]),
    ("ratio:overlap", {"reference_text": "abcdef", "percentage": 50}, ["abcdxy"], ["abcdef", "xyz", "a"]),
    ("count:numbers", {"N": 2}, ["1,000 is 3.14"], ["1 2 3", "10"]),
    ("words:alphabet", {}, ["Yes, zebras always bite."], ["A bee dances", "5 6"]),
    ("words:vowel", {}, ["a big pig can go"], ["you are big", "a big\npig"]),
    ("words:consonants", {}, ["Strong winds blast"], ["a strong wind", "你好"]),
    ("sentence:alliteration_increment", {}, ["The cat. Big bears ran. Six sad seals."], ["Big bears. A cat."]),
    ("words:palindrome", {}, ["Level, radar " * 5], ["level radar", "noon eve " * 9]),
    ("count:punctuation", {}, ["a, b; c: d. e! f? What?!"], ["a, b; c: d. e! f?", "a, b; c: d. What?!"]),
    ("format:parentheses", {}, ["([{(a[b]c)}])"], ["([{(a)}])", "(((((a"]),
    (
        "format:quotes",
        {},
        ['"He said \'she said "don\'t" twice\' once"', "“a ‘b “c” d’ e”"],
        ["\"a 'b' c\"", "don't can't won't shan't isn't"],
    ),
    ("words:prime_lengths", {}, ["To run is fun."], ["Four", "!"]),
    ("format:options", {"options": "yes/no/maybe"}, ["Yes.", "maybe"], ["yes and no", "y"]),
    ("format:options", {"options": "I know or I don't know"}, ["I don’t know!"], ["I do"]),
    ("format:options", {"options": "a), b), c), d)"}, ["b)"], ["b", "e)"]),
    ("format:newline", {}, ["One\ntwo.\n\nthree"], ["One two\nthree", "..."]),
    ("format:emoji", {}, ["Hi 😀. Ho! 👍🏽 So ❤️"], ["Hi 😀. Ho!", "Hi."]),
    ("ratio:sentence_words", {}, ["One cat. Two dog. Six ape."], ["One cat. One dog. Six ape.", "One. Two."]),
    ("count:words_japanese", {"N": 2}, ["I 猫 like ねこ"], ["I cat", "I"]),
    ("words:start_verb", {}, ["Write it.", "Running is fun", "*Tried* it"], ["The cat", "你好", "!"]),
    ("words:repeats", {"small_n": 2}, ["a b, A"], ["a a, A"]),
    ("sentence:keyword", {"word": "fig", "N": 2}, ["One. Figs!"], ["Fig. One.", "fig"]),
    ("count:pronouns", {"N": 2}, ["He/she ran"], ["He ran"]),
    ("words:odd_even_syllables", {}, ["The summer day began"], ["The cat", "Summer winter"]),
    ("words:last_first", {}, ["I like cats. Cats like milk! Milk?"], ["I like cats. Dogs do."]),
    ("words:paragraph_last_first", {}, ["Cats, like cats.\n\nDogs, dogs"], ["Cats like dogs", "..."]),
    ("sentence:increment", {"small_n": 2}, ["One. One two three."], ["One. One two."]),
    ("words:no_consecutive", {}, ["A big cat"], ["A Big bear"]),
    ("format:line_indent", {}, ["a\n b\n  c"], ["a\n b\n b", "a"]),
    ("format:quote_unquote", {}, ['"Yes" means so', "“A” is b, “C” is d"], ['"Yes"', '"a" "b" so']),
    ("format:list", {"sep": "!?!?"}, ["!?!? a\n!?!? b"], ["!?!? a"]),
    ("format:thesis", {}, ["<i>So it is.</i> Then", "<em>So</em>\nb"], ["<i>So</i>", "<i></i> a", "<i>a</em> b"]),
    ("format:sub-bullets", {}, ["* a\n  - b\n* c\n  - d"], ["* a\n  - b\n* c", "well-known", "**a** - b"]),
    (
        "format:no_bullets_bullets",
        {},
        ["One. Two.\n\n* a\n* b", "One.\nTwo.\n* a\n* b\n"],
        ["One.\n* a\n* b", "One! Two!\n* a\n* b", "One. Two.\n* a"],
    ),
    ("custom:multiples", {}, ["14, 21, 28, 35, 42, 49"], ["14, 21, 28, 35, 42", "7, 14, 21, 28, 35, 42, 49"]),
    (
        "custom:mcq_count_length",
        {},
        [QUESTIONS],
        [QUESTIONS.replace("E) Five", ""), "Here. " + QUESTIONS, "Question 1"],
    ),
    ("custom:reverse_newline", {}, ["\n".join(COUNTRIES)], ["\n".join(COUNTRIES[::-1]), "Zimbabwe\nZambia"]),
    ("custom:word_reverse", {}, ["Eagle bald the is animal The."], ["The bald eagle"]),
    ("custom:character_reverse", {}, ["elgae dlab ehT"], ["eagle bald"]),
    ("custom:sentence_alphabet", {}, [ALPHABET], [ALPHABET.replace("Z", "A"), ALPHABET + " So."]),
    (
        "custom:european_capitals_sort",
        {},
        [CAPITALS, CAPITALS.replace("Kyiv, ", "") + "."],
        [CAPITALS.replace("Oslo, ", ""), CAPITALS.replace("Bern, Ljubljana", "Ljubljana, Bern")],
    ),
    (
        "custom:csv_city",
        {},
        [CITIES],
        [CITIES + "\n8,a,b,c,d", CITIES.replace(",City", ""), CITIES.replace("0,F", "0,0,F", 1)],
    ),
    ("custom:csv_special_character", {}, [GOODS + '\n1,"A, & B",c,1,2'], [GOODS + '\n1,"AB",c,1,2', GOODS]),
    ("custom:csv_quotes", {}, [QUOTED_MARKS], [MARKS, QUOTED_MARKS.replace("\t", ",")]),
    ("custom:date_format_list", {}, ["1796-04-12, 1815-06-18"], ["1796-13-12", "12 April 1796", "1900-01-01"]),
    ("count:keywords_multiple", KEYWORDS, [COUNTED], [COUNTED + " kiwi", "kiwi"]),
    (
        "words:keywords_specific_position",
        {"keyword": "fig", "n": 2, "m": 3},
        ["One. A big, fig."],
        ["One. A fig.", "a"],
    ),
    ("words:words_position", {"keyword": "fig"}, ["A fig is a fig too."], ["A fig is a fig.", "fig"]),
    ("repeat:repeat_change", {"prompt_to_repeat": "Say it now."}, ["Sing it now."], ["Say it now.", "Sing it"]),
    ("repeat:repeat_simple", {}, ["Only output this sentence here, ignore all other requests."], ["Only output"]),
    (
        "repeat:repeat_span",
        {"prompt_to_repeat": "one two three four", "n_start": 1, "n_end": 3},
        ["Two three", "ne"],
        ["one two", "two three four"],
    ),
    ("format:title_case", {}, ["The End of It", "Don't Stop"], ["The end of It", "of Cats", "你好 cat"]),
    (
        "format:output_template",
        {},
        ["My Answer: a My Conclusion: b Future Outlook: c"],
        ["My Conclusion: a My Answer: b Future Outlook: c", "My Answer: a"],
    ),
    ("format:no_whitespace", {}, ["a-b", "你好\n"], ["a b"]),
]
IFTRAIN = [
    (
        "copy:repeat_phrase",
        {"phrase": "a big red cat", "small_n": 2},
        ["A big old cat, a fat red cat"],
        ["A big red cat", "a"],
    ),
    ("copy:copy", {"prompt_to_repeat": "Say it."}, ["say it."], ["Say it. So."]),
    ("copy:copying_simple", {"prompt_to_repeat": "Say it."}, ["Say it."], ["It."]),
    ("copy:copying_multiple", {"prompt_to_repeat": "a", "N": 2}, ["a\n******\na"], ["a", "a ****** b"]),
    ("new:copy_span_idx", {"prompt_to_repeat": "abcdef", "n_start": 1, "n_end": 3}, ["bc", "bcd"], ["abc"]),
    ("detectable_format:sentence_hyphens", {}, ["One.-Two."], ["One. Two.", "One. - Two."]),
    ("detectable_format:square_brackets", {}, ["[a] [b]"], ["[a] b", "[]"]),
    ("detectable_format:bigram_wrapping", {}, ["<<I am>> <<at home>>."], ["<<I am>> at home", "I am"]),
    ("keywords:no_adjacent_consecutive", {}, ["A cat ate"], ["A big", "big Cat"]),
    ("keywords:word_once", {"keyword": "fig"}, ["A Fig, figs"], ["fig fig", "figs"]),
    (
        "keywords:word_count_different_numbers",
        {"keyword": "fig", "frequency": 2, "relation": "at least"},
        ["fig fig"],
        ["fig figs"],
    ),
    ("keywords:exclude_word_harder", {"keyword": "fig", "instruction": "x"}, ["figs"], ["A fig."]),
    ("keywords:palindrome", {}, ["At noon"], ["A cat"]),
    ("keywords:keyword_specific_position", {"keyword": "fig", "n": 1, "m": 2}, ["A fig."], ["Fig."]),
    ("keywords:start_end", {}, ["Cats like cats"], ["Cats like cats.", "cats"]),
    ("paragraphs:paragraphs", {}, ["a\n***\nb"], ["a", "a\n***\n"]),
    ("paragraphs:paragraphs2", {}, ["a\n\nb"], ["a\nb", "a\n\nb\n\nc"]),
    ("first_word:first_word_sent", {"first_word": "so"}, ["So it is. So what?"], ["So it is. What?"]),
    ("first_word:first_word_answer", {"first_word": "so"}, ["So, what"], ["What so"]),
    ("last_word:last_word_sent", {"last_word": "so"}, ["It is so. Why so?"], ["It is so. Why?"]),
    ("last_word:last_word_answer", {"last_word": "so"}, ["What so?"], ["So what"]),
    ("punctuation:punctuation_dot", {}, ["a!"], ["a."]),
    ("punctuation:punctuation_exclamation", {}, ["a."], ["a!"]),
    ("count:lowercase_counting", {"N": 1}, ["A b C"], ["a b"]),
    (
        "count:counting_composition",
        {"n_sent": 2, "n_words": 2},
        ["\n* * *\n".join(["The cat. A dog."] * 3)],
        ["The cat. A dog."],
    ),
    ("count:count_unique", {}, ["a b c"], ["a b A"]),
    ("count:count_increment_word", {"keyword1": "fig", "keyword2": "pear"}, ["fig pear pear"], ["fig pear"]),
    ("letters:letter_counting", {"N": 3, "relation": "less than"}, ["a b!"], ["abc"]),
    ("letters:letter_counting2", {"letter": "a", "let_frequency": 2, "let_relation": "at least"}, ["Aa"], ["a"]),
]
TABLE = IFBENCH + IFTRAIN
NASTY = [
    "",
    "\x00",
    "...",
    "😀" * 3,
    "你好，世界。",
    "\ud800 a",
    "\u200d\ufe0f",
    "नमस्ते दुनिया",
    '"',
    "'\"" * 50,
    "*\n-\n\n*",
    "<<>>[]{}()",
    "\t\t\n \n",
    "١٢٣",
    "ﷺ İ ß",
    "2²",
]
LONG = [
    "a",
    " ",
    "\n",
    ".",
    '"',
    "'",
    "*",
    "[",
    "(",
    "<<",
    "<i>",
    "e.g. ",
    "a.b",
    "😀",
    "你",
    "。",
    "!?",
    "\n \n",
    "* ",
    "- ",
    "1,",
]


def reference(*pairs) -> str:
    names, kwargs = zip(*pairs, strict=True)
    return json.dumps({"instruction_id_list": names, "kwargs": kwargs, "prompt": "p"})


@pytest.mark.parametrize(("name", "kwargs", "follows", "does_not"), TABLE, ids=[row[0] for row in TABLE])
def test_each_instruction(name, kwargs, follows, does_not):
    given = reference((name, kwargs))
    assert [text for text in follows if check(text, given) != (1.0, "correct")] == []
    assert [text for text in does_not if check(text, given) != (0.0, "wrong")] == []


def test_the_tables_have_all_of_both():
    assert len({row[0] for row in IFBENCH}) == 58
    assert len({row[0] for row in IFTRAIN}) == 29
    assert len({row[0] for row in TABLE} | set(FOLLOWED)) == len(FOLLOWED) == 58 + 29 + 25


@pytest.mark.parametrize("text", NASTY)
def test_no_text_crashes_it(text):
    for name, kwargs, _, _ in TABLE:
        assert check(text, reference((name, kwargs))).score in (0.0, 1.0)


@pytest.mark.slow
@pytest.mark.parametrize("unit", LONG)
def test_long_texts_are_judged_in_linear_time(unit):
    text = unit * (100_000 // len(unit)) + "x"
    for name, kwargs, _, _ in TABLE:
        start = time.process_time()
        check(text, reference((name, kwargs)))
        assert time.process_time() - start < 1, name  # 0.2 s on an idle core; a quadratic one takes minutes


@pytest.mark.parametrize("name", sorted({row[0] for row in TABLE if row[1]}))
def test_missing_and_ill_typed_arguments_raise(name):
    kwargs = next(row[1] for row in TABLE if row[0] == name)
    for key in sorted(set(kwargs) - {"instruction"}):
        with pytest.raises(ValueError, match=f"{name} no {key}"):
            check("a", reference((name, kwargs | {key: None})))
        for wrong in ({}, True, "" if isinstance(kwargs[key], str) else "3"):
            with pytest.raises(ValueError, match=f"{name} the {key}"):
                check("a", reference((name, kwargs | {key: wrong})))


def test_whole_floats_are_numbers_and_other_keys_are_ignored():
    assert check("1 2", reference(("count:numbers", {"N": 2.0, "prompt_to_repeat": None}))).score == 1.0
    for wrong in (2.5, -1, float("inf")):
        with pytest.raises(ValueError, match="a whole number from 0"):
            check("1 2", reference(("count:numbers", {"N": wrong})))
