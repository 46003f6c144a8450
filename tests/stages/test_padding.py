"""Micro-batches by length hold the same rows with less padding, and a step's gradient stays."""

import json

import pytest
import torch

from stages import dynamic, padding


def batch(sizes: list[tuple[int, int]], first: int) -> dict:
    """Rows of so many prompt and completion tokens, each with a number of its own."""
    prompt, completion = (torch.zeros(len(sizes), 20, dtype=torch.long) for _ in range(2))
    for row, (asked, written) in enumerate(sizes):
        prompt[row, 20 - asked :] = 1
        completion[row, :written] = 1
    numbers = torch.arange(first, first + len(sizes))
    ids = numbers[:, None] * torch.ones(1, 20, dtype=torch.long)
    masks = {"prompt_mask": prompt, "completion_mask": completion}
    return masks | {
        "prompt_ids": ids,
        "completion_ids": ids,
        "advantages": numbers.float(),
        "num_items": torch.tensor(9),
    }


SIZES = [(3, 2), (18, 20), (4, 3), (17, 19)]


def test_rows_of_like_length_come_together():
    batches = [batch(SIZES, 0), batch(SIZES, 4)]
    done = padding.sorted_within_steps(batches, 2)
    assert sorted(n for part in done for n in part["advantages"].tolist()) == list(range(8))
    assert [set(part["advantages"].tolist()) for part in done] == [{0, 4, 2, 6}, {3, 7, 1, 5}]
    for part in done:
        assert (part["completion_ids"][:, 0] == part["advantages"]).all() and part["num_items"] == 9
    widths = [sum(dynamic.trimmed(part)["completion_ids"].size(1) for part in parts) for parts in (batches, done)]
    assert widths == [40, 23]


def test_rows_stay_in_their_step():
    batches = [batch(SIZES, first) for first in (0, 4, 8, 12, 16)]
    done = padding.sorted_within_steps(batches, 2)
    steps = [{n for part in done[at : at + 2] for n in part["advantages"].tolist()} for at in (0, 2)]
    assert steps == [set(range(8)), set(range(8, 16))]
    assert done[4] is batches[4]  # half a step


def test_a_batch_of_images_is_left_alone():
    batches = [
        batch(SIZES, 0) | {"pixel_values": torch.zeros(9, 3)},
        batch(SIZES, 4) | {"pixel_values": torch.zeros(9, 3)},
    ]
    assert padding.sorted_within_steps(batches, 2)[0] is batches[0]


@pytest.mark.parametrize("rows", [1, 3, 16])
def test_scores_by_length_are_those_of_the_padded_batch(rows):
    """`score` here knows a row's tokens before a column, not the columns before it: as attention does."""
    seen = []

    def score(ids: torch.Tensor, mask: torch.Tensor, width: int) -> torch.Tensor:
        seen.append(ids.shape)
        return ((ids * mask).cumsum(dim=1) / 7 * mask)[:, -width:]

    whole = batch([*SIZES, (1, 1), (20, 0), (5, 20)], 3)
    ids = torch.cat([whole["prompt_ids"], torch.arange(7 * 20).view(7, 20)], dim=1)
    mask = torch.cat([whole["prompt_mask"], whole["completion_mask"]], dim=1)
    wanted = score(ids, mask, 20)
    seen.clear()
    assert torch.equal(padding.scored_by_length(score, ids, mask, 20, rows), wanted)
    assert len(seen) == -(-7 // rows)
    spent = sum(height * width for height, width in seen)
    assert spent == {1: 134, 3: 3 * 7 + 3 * 40 + 38, 16: 7 * 40}[rows]


@pytest.mark.slow  # two runs of two steps, 40 s
def test_the_gradient_is_that_of_the_shuffled_batch(command, grpo_recipe, tmp_path):
    """One run with the exchange, one without (a loss that it must leave alone, of the same value where all rows count
    alike): the same rollouts, the same gradient norm."""
    norms = []
    for name, loss in (("sorted", "grpo"), ("plain", "grpo")):
        flags = {"gradient_accumulation_steps": 4, "per_device_train_batch_size": 4, "max_steps": 2, "loss_type": loss}
        if name == "plain":
            flags |= {"gradient_accumulation_steps": 1, "per_device_train_batch_size": 16}
        run = command("stages.reasoning_rl.train", "--config", grpo_recipe(name, save_strategy="no", **flags))
        assert run.wait() == 0, run.stderr
        log = json.loads((tmp_path / name / "trainer_state.json").read_text())["log_history"]
        norms.append([entry["grad_norm"] for entry in log if "grad_norm" in entry])
    assert norms[0] == pytest.approx(norms[1], rel=1e-3) and norms[0][0] > 0
