"""What the rewards that ask a server have in common: its address, its key, and when it has no room for a text."""

import os

from rewards.loader import RewardError

TOO_LONG = ("context length", "context_length", "maximum model length", "max_model_len", "too long")


def checked_url(base_url: str) -> str:
    """The address itself. Raises RewardError for one without a scheme, at which nobody would ever answer."""
    if not base_url.startswith(("http://", "https://")):
        raise RewardError(f"base_url {base_url} must begin with http:// or https://")
    return base_url


def key_in(variable: str | None) -> str:
    """The key in an environment variable, `none` where no variable is named. Raises RewardError."""
    if variable and not os.environ.get(variable):
        raise RewardError(f"the server's key is expected in the variable {variable}, which is not set")
    return os.environ[variable] if variable else "none"


def is_too_long(status: int, said: str) -> bool:
    """Whether a server refused a text (HTTP status and message) that its model has no room for."""
    return status in (400, 413, 422) and any(sign in said.lower() for sign in TOO_LONG)
