"""The column that sets an environment's world."""

import json
from typing import Any


def state_of(row: dict[str, Any]) -> dict[str, Any]:
    """The row's `environment_state`. Raises ValueError where it is no JSON object."""
    try:
        state = json.loads(row.get("environment_state") or "{}")
    except ValueError as error:
        raise ValueError(f"environment_state is no JSON: {error}") from error
    if not isinstance(state, dict):
        raise ValueError("environment_state is no JSON object")
    return state
