"""How long is it? Rewards of a completion's tokens, the thought's among them."""

from collections.abc import Sequence

from trl.rewards import get_soft_overlong_punishment


def overlong(completion_ids: Sequence[Sequence[int]], limit: int, margin: int, **columns: object) -> list[float]:
    """DAPO's soft punishment (arXiv 2503.14476, equation 13): 0 up to `limit - margin` tokens, then falling in a
    straight line to -1 at `limit`, which should be the recipe's max_completion_length. Raises ValueError."""
    if not 0 < margin <= limit:
        raise ValueError(f"overlong wants a margin from 1 to its limit {limit}, not {margin}")
    return get_soft_overlong_punishment(limit, margin)(completion_ids=completion_ids)
