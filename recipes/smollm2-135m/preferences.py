"""Preference pairs of real data for this recipe's reward model, plugged in by path:

    datasets:
      - {function: recipes/smollm2-135m/preferences.py:pairs, name: pref_hh_harmless, num_rows: 1000, seed: 51}

To train on: pref_hh_harmless (hh-rlhf), pref_ultrafeedback_1k (its column `split` has a test part), pref_autoj_human.
Prompts that general RL asks (judged.py) are not among them.
Held out: rm_eval_hhh and rm_eval_pandalm, which are never for training. sources.py says where the files come from.
"""

from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

from rewards.loader import load_function

Row = dict[str, Any]
read: Callable[..., list[Row]] = load_function(f"{Path(__file__).with_name('sources.py')}:read")
for_policy: Callable[..., bool] = load_function(f"{Path(__file__).with_name('judged.py')}:for_policy")
KEPT = ("prompt", "chosen", "rejected", "score_chosen", "score_rejected", "subset")


def pairs(
    name: str,
    split: str = "train",
    num_rows: int | None = None,
    seed: int = 0,
    folder: str | None = None,
    from_hub: bool = False,
) -> list[Row]:
    """Pairs of one set; `split` matters where it has one. Raises ValueError for a held-out set as data to train on."""
    if name.startswith("rm_eval_") and split == "train":
        raise ValueError(f"{name} is held out: use it in benchmarks, with split: test")
    found = [row for row in read(name, folder, from_hub) if row.get("split", split) == split]
    if split == "train":
        found = [row for row in found if not for_policy(row["prompt"])]
    domain = name.removeprefix("pref_").removeprefix("rm_eval_")
    chosen = found if num_rows is None else Random(seed).sample(found, min(num_rows, len(found)))
    return [{"source": name, "domain": domain, **{key: row[key] for key in KEPT if key in row}} for row in chosen]
