"""A recipe's YAML: flat, in TRL's own keys, plus ours. Unknown keys stop the run; flags override the file.

Ours are `datasets` (stages.data), `rewards` (rewards.loader), `curate` (each stage's own options) and
`smoke`: a mapping of keys that replace the file's own under `--smoke true`, for a run of minutes that shows
that everything works. Under `--smoke true` every path below `runs/` moves to `runs/smoke/`, so that it
never mixes with the real run.
"""

import argparse
import difflib
import sys
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import torch
import yaml
from trl import TrlParser

from stages.command import RecipeError


@dataclass
class StageArguments:
    """The keys of a stage that are not TRL's."""

    datasets: list[dict] | None = field(default=None, metadata={"help": "Where rows come from: see stages/data.py."})
    rewards: list[dict] | None = field(default=None, metadata={"help": "What RL maximises: see rewards/loader.py."})
    curate: dict | None = field(default=None, metadata={"help": "Options of the stage's curate."})
    entropy_band: dict | None = field(default=None, metadata={"help": "RL: keeps entropy, see stages/entropy.py."})
    dynamic_rounds: int = field(
        default=0, metadata={"help": "RL: how often groups that are all right or all wrong are replaced in a batch."}
    )
    thinking_budget: int | None = field(
        default=None, metadata={"help": "RL: rollouts' thoughts end after so many tokens, see stages/budget.py."}
    )
    max_prompt_length: int | None = field(
        default=None, metadata={"help": "RL: prompts of more tokens are dropped and counted."}
    )


def read(path: str, smoke: bool = False) -> dict[str, Any]:
    """A recipe's keys and values, with the smoke settings merged if asked for. Raises RecipeError."""
    if not Path(path).is_file():
        raise RecipeError(f"there is no recipe {path}")
    try:
        config = yaml.safe_load(Path(path).read_text())
    except yaml.YAMLError as error:
        raise RecipeError(f"{path} is no YAML: {error}") from error
    if not isinstance(config, dict):
        raise RecipeError(f"{path} must hold keys and values")
    overrides = config.pop("smoke", None) or {}
    return moved(merge(config, overrides)) if smoke else config


def merge(config: dict[str, Any], overrides: dict[str, Any]) -> dict[str, Any]:
    """`overrides` over `config`; mappings (curate) are merged key by key."""
    merged = dict(config)
    for key, value in overrides.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = {**merged[key], **value} if both else value
    return merged


def moved(value: Any) -> Any:
    """Every string path below `runs/` in a nested value, moved to `runs/smoke/`."""
    if isinstance(value, dict):
        return {key: moved(item) for key, item in value.items()}
    if isinstance(value, list):
        return [moved(item) for item in value]
    if isinstance(value, str) and value.startswith("runs/"):
        return f"runs/smoke/{value.removeprefix('runs/')}"
    return value


def parse(dataclasses: tuple[Any, ...], argv: list[str] | None = None) -> tuple[Any, ...]:
    """Instances of `dataclasses` from `--config FILE` and flags. Raises RecipeError for what the user can mend."""
    first = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    first.add_argument("--config")
    first.add_argument("--smoke", type=lambda text: text.lower() in ("true", "1", "yes"), default=False)
    options, flags = first.parse_known_args(sys.argv[1:] if argv is None else argv)
    parser = TrlParser(dataclasses, allow_abbrev=False)
    parser.error = _refuse
    known = {field_.name for kind in dataclasses for field_ in fields(kind)}
    config = read(options.config, options.smoke) if options.config else {}
    _check_keys(options.config, config, known)
    _check_choices(options.config, config, parser)
    parser.set_defaults_with_config(**{**device_defaults(known), **config})
    try:
        return parser.parse_args_into_dataclasses(args=flags)
    except ValueError as error:
        raise RecipeError(f"{options.config or 'the flags'}: {error}") from error


def device_defaults(known: set[str]) -> dict[str, Any]:
    """Defaults other than TRL's: the importance sampling that long completions need (a product of thousands of
    ratios says nothing), and without a GPU, where TRL's bfloat16 does not start, float32.

    Sampler and trainer hold the same float32 weights on a CPU and their log-probabilities agree to 1e-5
    (stages/rl_trainer.py looks), so the correction for a mismatch, a forward pass a step, is off there.
    """
    defaults: dict[str, Any] = {"vllm_importance_sampling_mode": "token_truncate"}
    if not torch.cuda.is_available():
        defaults |= {"use_cpu": True, "bf16": False, "vllm_importance_sampling_correction": False}
    return {key: value for key, value in defaults.items() if key in known}


def _check_keys(path: str, config: dict[str, Any], known: set[str]) -> None:
    for key in config:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise RecipeError(f"{path}: unknown key {key}{hint}")


def _check_choices(path: str, config: dict[str, Any], parser: argparse.ArgumentParser) -> None:
    """argparse looks at the choices of flags alone, not of defaults, which a recipe's values become."""
    for action in parser._actions:
        value = config.get(action.dest)
        if action.choices and value is not None and value not in action.choices:
            raise RecipeError(f"{path}: {action.dest} is {value!r}, none of {', '.join(map(str, action.choices))}")


def _refuse(message: str) -> None:
    raise RecipeError(message)  # argparse would print all its flags before the sentence


def options(kind: Any, given: dict[str, Any] | None, what: str = "curate") -> Any:
    """A mapping of the recipe as an instance of the dataclass `kind`. Raises RecipeError for unknown keys."""
    _check_keys(what, given or {}, {option.name for option in fields(kind)})
    try:
        return kind(**(given or {}))
    except TypeError as error:
        raise RecipeError(f"{what}: {error}") from error
