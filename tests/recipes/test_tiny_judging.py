"""Lessons of the tiny judge: labels are right, held-out questions are in no lesson, and the prompt is the reward's."""

from recipes.tiny import judging


def test_labels_are_right():
    rows = judging.labels(400, 3)
    right, wrong = ([row for row in rows if row["label"] == label] for label in (1, 0))
    assert len(right) == len(wrong) == 200
    assert all(row["reference"] in row["response"] for row in right)
    own = [row for row in wrong if row["response"] not in row["prompt"] and row["response"] not in judging.EMPTY]
    assert len(own) > 100 and not any(row["response"].find(f" {row['reference']}.") >= 0 for row in own)


def test_held_out_questions_are_in_no_lesson():
    asked = [{row["prompt"] for row in rows} for rows in (judging.labels(2000, 51), judging.held_out(300))]
    assert len(asked[1]) > 100 and not asked[0] & asked[1]


def test_a_lesson_is_what_the_judge_is_asked():
    lesson, row = judging.lessons(1, 3)[0], judging.labels(1, 3)[0]
    asked = lesson["prompt"][0]["content"]
    assert all(row[part] in asked.replace("> ", "") for part in ("prompt", "reference", "response"))
    assert lesson["completion"][0]["content"] == ("Yes" if row["label"] else "No")
