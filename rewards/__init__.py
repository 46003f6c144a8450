"""Rewards: what RL maximises, in TRL's own shape: `f(completions, **columns) -> list[float | None]`.

A recipe names them by path, one YAML line each; a user's own file works the same way:

    rewards:
      - {fn: rewards.answer.correct, weight: 1.0}
      - {fn: my_rewards.py:brevity, weight: 0.2, max_chars: 100}   # other keys are arguments

A reward that does not apply to a row gives None for it, and the row is left out of that reward's mean.
"""
