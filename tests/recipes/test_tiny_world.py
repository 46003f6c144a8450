"""The tiny world: gold answers are right, other answers are not, and no validation problem is ever shown."""

import hashlib
import json
from itertools import islice

import pytest

from recipes.tiny import world
from recipes.tiny.problem import generator, is_validation
from stages import data
from stages.cold_start import responses
from verifiers import NOT_RULES, verify, verify_batch

TASKS = {
    "math": {"chain", "story"},
    "code": {"function"},
    "logic": {"islanders"},
    "stem": {"law", "two_parts", "unit"},
    "instructions": {"formed_fact", "bullets", "no_comma", "json"},
    "general": {"knowledge", "translation", "roleplay", "retrieval"},
    "tool_use": {"call"},
    "writing": {"tale"},
    "agents": {"calculator", "python", "search", "two_searches", "order", "cancel"},
    "reading": {"read", "unsaid", "order"},
    "lengths": {"words"},
    "retelling": {"retelling", "own_words"},
}


def drawn(domain: str, split: str, number: int, seed: int = 5) -> list:
    return list(islice(world.draw(domain, split, seed), number))


@pytest.mark.parametrize("domain", TASKS)
def test_a_domain_has_its_tasks(domain):
    assert {problem.task for problem in drawn(domain, "train", 60)} == TASKS[domain]


@pytest.mark.parametrize("domain", TASKS)
def test_gold_answers_are_right_and_others_are_not(domain):
    problems = [problem for problem in drawn(domain, "train", 60) if problem.verifier not in NOT_RULES]
    gold = verify_batch([(p.verifier, p.answer, p.reference) for p in problems])
    assert [problem.question for problem, v in zip(problems, gold, strict=True) if v.score != 1.0] == []
    shifted = zip(problems, problems[1:] + problems[:1], strict=True)
    others = verify_batch([(p.verifier, other.answer, p.reference) for p, other in shifted])
    # by chance: one digit of ten in math, bullet points in instructions, no call in tool_use
    assert sum(verdict.score == 1.0 for verdict in others) / len(others) <= 0.25
    empty = verify_batch([(p.verifier, "", p.reference) for p in problems])
    assert all(v.score == 0.0 for p, v in zip(problems, empty, strict=True) if "<tool_call>" in p.answer or not p.tools)


@pytest.mark.parametrize("domain", TASKS)
def test_train_and_validation_share_no_question(domain):
    train = drawn(domain, "train", 2000, seed=1)
    validation = [problem for seed in (1, 90) for problem in drawn(domain, "validation", 150, seed)]
    assert len(train) == 2000 and len(validation) >= 250
    seen = [{(p.system, data.normalised(p.question)) for p in problems} for problems in (train, validation)]
    assert not seen[0] & seen[1]
    makers = [world.DOMAINS[domain](generator(domain, 7, i)) for i in range(2000)]
    assert 0.05 < sum(map(is_validation, makers)) / 2000 < 0.16  # a tenth, whatever the seed


@pytest.fixture(scope="module")
def books() -> str:
    """2,000 documents of the base model's pre-training, in lower case."""
    found = []
    for document in islice(world.documents(1), 2000):
        found += [document] if isinstance(document, str) else [m["content"] for m in document["messages"]]
    return "\n\n".join(found).lower() + "\n"


@pytest.mark.parametrize("domain", TASKS)
def test_documents_show_no_validation_question(domain, books):
    problems = drawn(domain, "validation", 150, seed=90)
    asked = {f"{problem.system} {problem.question}".strip().lower() for problem in problems}
    assert [question for question in asked if f"\n{question}\n" in books] == []


def test_documents_do_show_train_questions(books):
    """The control of the test above."""
    assert books.count("dial") > 100 and books.count("who is what?") > 100
    problems = [problem for domain in ("general", "tool_use") for problem in drawn(domain, "train", 500)]
    assert any(f"\n{problem.question.lower()}\n" in books for problem in problems)


def digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=False).encode()).hexdigest()


@pytest.mark.parametrize("domain", TASKS)
def test_the_same_seed_gives_the_same_world(domain):
    arguments = {"domain": domain, "num_rows": 20, "num_candidates": 3}
    rows = [world.solutions(seed=seed, **arguments) for seed in (1, 1, 2)]
    assert digest(rows[0]) == digest(rows[1]) != digest(rows[2])
    documents = [list(islice(world.documents(seed), 20)) for seed in (1, 1, 2)]
    assert digest(documents[0]) == digest(documents[1]) != digest(documents[2])


@pytest.mark.parametrize("split", ["train", "validation"])
@pytest.mark.parametrize("domain", TASKS)
def test_rows_have_everything(domain, split):
    rows = world.problems(domain, split, 50, seed=2)
    assert len(rows) == 50 and len({row["id"] for row in rows}) == 50
    for row in rows:
        assert row["domain"] == domain and row["source"] == "tiny" and row["task"] in TASKS[domain]
        assert isinstance(row["difficulty"], int) and row["difficulty"] >= 1
        assert row["prompt"][-1]["role"] == "user" and isinstance(row["reference"], str)
        assert bool(row["tools"]) == (domain in ("tool_use", "agents"))
        assert bool(row.get("environment")) == (domain == "agents")
    assert domain == "general" or split == "validation" or len({row["difficulty"] for row in rows}) > 1


def test_tool_rows_are_well_formed():
    for row in world.problems("tool_use", num_rows=100, seed=2):
        reference = json.loads(row["reference"])
        assert [tool["function"] for tool in row["tools"]] == reference["functions"]
        assert 1 <= len(row["tools"]) <= 2
        for tool in row["tools"]:
            parameters = tool["function"]["parameters"]
            assert tool["type"] == "function" and tool["function"]["name"] in world.tools.TOOLS
            assert list(parameters["properties"]) == parameters["required"]


def test_one_animal_said_twice_is_not_two():
    lists = [p for p in islice(world.draw("instructions", "train", 5), 200) if p.task == "bullets"]
    assert lists
    for problem in lists:
        first, *others = problem.answer.splitlines()
        assert verify("instructions", problem.answer, problem.reference).score == 1.0
        assert verify("instructions", "\n".join([first] * (1 + len(others))), problem.reference).score < 1.0


def test_what_nobody_asked_for_is_wrong():
    facts = [p for p in islice(world.draw("instructions", "train", 5), 120) if p.task == "formed_fact"]
    for fact in facts:
        assert verify(fact.verifier, fact.answer, fact.reference).score == 1.0
        for wish, text in (("title", f"<<Animals>>\n{fact.answer}"), ("quotation", f'"{fact.answer}"')):
            is_asked = wish in fact.reference
            assert (verify(fact.verifier, text, fact.reference).score == 1.0) <= is_asked
    assert len(facts) > 20


SPOILED = {  # the teacher's way to spoil a candidate, and the filter that must find it
    "repeating": (world._repeating, responses.repetition),
    "guessing": (world._guessing, responses.guesswork),
    "mixing": (world._mixing, responses.language_mixing),
    "wrong": (world._wrong, lambda row: responses.wrong_answer([row])[0]),
}


@pytest.mark.parametrize("domain", ["math", "code", "logic", "stem"])  # those that the cold start thinks about
@pytest.mark.parametrize("kind", SPOILED)
def test_spoiled_candidates_are_removed_and_whole_ones_kept(domain, kind):
    spoil, check = SPOILED[kind]
    for problem in drawn(domain, "train", 25):
        row = world.row_of(problem, domain)
        for (thought, answer), removed in (
            (spoil(problem.thought, problem.answer), True),
            ((problem.thought, problem.answer), False),
        ):
            candidate = {"role": "assistant", "reasoning_content": thought, "content": answer}
            assert (check(row | {"candidate": candidate}) is not None) == removed, (thought, answer)


@pytest.mark.parametrize("domain", ["maths", ""])
def test_a_domain_that_is_not_there(domain):
    with pytest.raises(ValueError, match="domains are math, code, logic"):
        world.problems(domain)


def test_a_small_world_ends():
    assert 2500 < len(world.problems("tool_use", "validation", num_rows=100_000, seed=90)) < 3500


def test_some_tasks_of_a_domain():
    rows = world.problems("general", num_rows=40, seed=3, tasks=["translation", "roleplay"])
    assert {row["task"] for row in rows} == {"translation", "roleplay"} and len(rows) == 40
    assert len(world.problems("general", num_rows=10**4, seed=3, tasks=["knowledge"])) < 60  # there are no more


def test_no_book_has_tales():
    read = {*world.BOOKS, *world.LATER_BOOKS}
    assert "writing" not in read and read < set(world.DOMAINS)


def test_the_books_of_the_second_training_are_new():
    first, second = ([d for d in islice(world.documents(1, later), 400) if isinstance(d, str)] for later in (0.0, 0.5))
    told = [sum("look_up" in document or "search" in document for document in books) for books in (first, second)]
    assert told[0] == 0 and told[1] > 40


def test_a_task_that_is_none():
    with pytest.raises(ValueError, match="general has no task tranlsation"):
        world.problems("general", num_rows=1, tasks=["tranlsation", "roleplay"])
