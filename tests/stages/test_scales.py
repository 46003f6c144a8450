"""Rewards that are None for some rollouts, and rewards of different scale: what is learned from each."""

import pytest
import torch

from stages import dynamic, scales

NAN = float("nan")


def summed(rewards: torch.Tensor, size: int) -> torch.Tensor:
    """TRL's advantages with sum_then_normalize and weights of 1."""
    total = rewards.nansum(dim=1)
    total[rewards.isnan().all(dim=1)] = NAN
    grouped = total.view(-1, size)
    apart = grouped - grouped.nanmean(dim=1, keepdim=True)
    return apart.nan_to_num(nan=0.0).flatten()


def test_an_outage_is_no_bad_answer():
    rewards = torch.tensor([[0.9, 1.0], [NAN, 1.0], [0.7, 1.0], [NAN, 0.0]])
    assert summed(rewards, 4)[1] < -0.1  # the judge was away, and the rollout would be punished for it
    filled = scales.filled(rewards, 4)
    assert filled[:, 0].tolist() == pytest.approx([0.9, 0.8, 0.7, 0.8])
    assert filled[:, 1].tolist() == [1.0, 1.0, 1.0, 0.0]
    assert summed(filled, 4).tolist() == pytest.approx([0.35, 0.25, 0.15, -0.75])


def test_what_applies_to_no_rollout_of_a_group_stays_none():
    rewards = torch.tensor([[NAN, 1.0], [NAN, 0.0], [0.5, NAN], [NAN, NAN]])
    filled = scales.filled(rewards, 2)
    assert filled[:2, 0].isnan().all() and filled[2:, 1].isnan().all()
    assert filled[3].isnan().all()  # nothing is known of this rollout: TRL leaves it out of the baseline
    assert rewards[2, 0] == filled[2, 0] == 0.5


def test_equal_rewards_are_filled_with_exactly_these():
    rewards = torch.full((7, 1), 1000.1)
    rewards = torch.cat([torch.cat([rewards, torch.ones(7, 1)], dim=1), torch.tensor([[NAN, 1.0]])])
    assert len(set(scales.filled(rewards, 8)[:, 0].tolist())) == 1


def test_the_share_that_is_missing_is_of_the_groups_that_a_reward_applies_to():
    rewards = torch.tensor([[NAN, 1.0, NAN], [NAN, NAN, NAN], [0.5, 1.0, NAN], [NAN, 1.0, NAN]])
    assert scales.missing(rewards, 2) == [0.5, 0.25, None]


def test_a_large_scale_does_not_drown_a_small_one():
    large, small = torch.tensor([1000.0, 0.0, 1000.0, 0.0]), torch.tensor([1.0, 1.0, 0.0, 0.0])
    rewards = torch.stack([large, small], dim=1)
    found = scales.advantages(rewards, torch.ones(2), 4)
    assert found.tolist() == pytest.approx([1.732, 0.0, 0.0, -1.732], abs=1e-3)
    assert summed(rewards, 4)[2] > 0.99 * summed(rewards, 4)[0]  # where they are summed, the small one says nothing
    assert scales.advantages(rewards * 7 + 3, torch.ones(2), 4).tolist() == pytest.approx(found.tolist(), abs=1e-3)
    heavier = scales.advantages(rewards, torch.tensor([1.0, 3.0]), 4)
    assert heavier[1] > 0 > heavier[2]


def test_no_spread_is_no_advantage_at_any_scale():
    """In single precision the mean of six rewards of 1000.1 is another number, and 1e-4 would make much of it."""
    rewards = torch.tensor([[1000.1, 0.1]] * 6 + [[1000.1, 0.3], [1000.1, 0.1], [1000.1, NAN]] * 2)
    found = scales.advantages(rewards, torch.ones(2), 6)
    assert found[:6].tolist() == [0.0] * 6
    assert found[6] > 0.8 and found[6] == -found[7] and found[8] == 0
    assert dynamic.idle_groups(found, 6) == [0]


def test_it_is_what_trl_makes_of_rewards_without_gaps():
    torch.manual_seed(0)
    rewards, weights = torch.rand(24, 3) * torch.tensor([1.0, 50.0, 1000.0]), torch.tensor([1.0, 0.5, 2.0])
    grouped = rewards.view(-1, 4, 3)
    each = (grouped - grouped.mean(dim=1, keepdim=True)) / (grouped.std(dim=1, keepdim=True) + 1e-4)
    total = (each.view(-1, 3) * weights).sum(dim=1)
    of_trl = (total - total.mean()) / (total.std() + 1e-4)
    mine = scales.advantages(rewards, weights, 4)
    assert torch.allclose(scales.standardised(mine, mine), of_trl, atol=1e-4)


def test_a_batch_that_teaches_nothing_stays_so():
    assert scales.standardised(torch.zeros(4), torch.zeros(8)).tolist() == [0.0] * 4
