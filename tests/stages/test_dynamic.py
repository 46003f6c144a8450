"""Groups that teach nothing: which they are, what is drawn for them, how tensors of other lengths replace theirs."""

import torch

from stages import dynamic


def test_idle_groups_have_no_advantage_at_all():
    advantages = torch.tensor([0.0, 0.0, 1.0, -1.0, 0.0, 0.0, 1e-4, -1e-4, 0.0, 0.7])  # 1e-4: 2/3 is rounded
    assert dynamic.idle_groups(advantages, 2) == [0, 2, 3]


def test_problems_are_drawn_by_seed_each_as_often_as_its_group_is_large():
    rows = [{"id": i} for i in range(5)]
    drawn = [row["id"] for row in dynamic.draw(rows, 3, 2, "seed 7 0")]
    assert drawn[::2] == drawn[1::2] and len(set(drawn)) == 3
    assert drawn == [row["id"] for row in dynamic.draw(rows, 3, 2, "seed 7 0")]
    assert drawn != [row["id"] for row in dynamic.draw(rows, 3, 2, "seed 8 0")]
    assert len(dynamic.draw(rows, 7, 2, "more than there are")) == 14


def batch(groups: int, prompt: int, completion: int, first: int) -> dict:
    """Groups of two rollouts; every token of a row is the row's number."""
    numbers = torch.arange(first, first + 2 * groups)
    ids = [numbers[:, None].expand(-1, length).clone() for length in (prompt, completion)]
    masks = [torch.ones_like(part) for part in ids]
    return {
        "prompt_ids": ids[0],
        "prompt_mask": masks[0],
        "completion_ids": ids[1],
        "completion_mask": masks[1],
        "advantages": numbers.float(),
        "num_items_in_batch": torch.tensor(3),
        "sampling_per_token_logps": -ids[1].float(),
    }


def test_groups_take_places_and_the_shorter_side_is_padded():
    output, fresh = batch(3, prompt=2, completion=3, first=10), batch(2, prompt=4, completion=1, first=50)
    merged = dynamic.replaced(output, [0, 2], fresh, [1, 0], size=2, pad_id=99)
    assert merged["advantages"].tolist() == [52, 53, 12, 13, 50, 51]
    assert merged["prompt_ids"][:4].tolist() == [[52] * 4, [53] * 4, [99, 99, 12, 12], [99, 99, 13, 13]]
    assert merged["prompt_mask"][1:3].tolist() == [[1] * 4, [0, 0, 1, 1]]
    assert merged["completion_ids"][:3].tolist() == [[52, 99, 99], [53, 99, 99], [12] * 3]
    assert merged["completion_mask"][0].tolist() == [1, 0, 0]
    assert merged["sampling_per_token_logps"][0].tolist() == [-52, 0, 0]
    assert merged["num_items_in_batch"] == 3
    assert output["advantages"].tolist() == [10, 11, 12, 13, 14, 15]  # the given batch is not changed


def test_trimmed_takes_padding_alone():
    mask = torch.tensor([[0, 0, 1, 1], [0, 1, 1, 1]])
    done = torch.tensor([[1, 1, 0, 0, 0], [1, 0, 0, 0, 0]])
    numbers = torch.arange(10.0).view(2, 5)
    whole = {"prompt_mask": mask, "prompt_ids": mask * 7, "completion_mask": done, "completion_ids": done * 8}
    whole |= {"sampling_per_token_logps": numbers, "advantages": torch.ones(2), "num_items_in_batch": torch.tensor(3)}
    cut = dynamic.trimmed(whole)
    assert cut["prompt_ids"].tolist() == [[0, 7, 7], [7, 7, 7]] and cut["completion_mask"].tolist() == [[1, 1], [1, 0]]
    assert cut["sampling_per_token_logps"].tolist() == [[0, 1], [5, 6]]
    assert cut["advantages"].shape == (2,) and cut["num_items_in_batch"] == 3
    assert whole["prompt_ids"].shape == (2, 4)


def test_trimmed_keeps_a_column_where_all_is_masked():
    nothing = {name: torch.zeros(2, 3) for name in ("prompt_ids", "prompt_mask", "completion_ids", "completion_mask")}
    assert dynamic.trimmed(nothing)["completion_ids"].shape == (2, 1)
