"""Answers of a model, wherever it runs, none asked for twice.

A recipe's `curate` names a model by the path of a checkpoint, which vLLM serves in this process, or as an
endpoint that speaks OpenAI's protocol, such as vLLM's own server (`endpoint.Endpoint` says what it takes):

    teacher: models/qwen3-8b
    teacher: {base_url: "http://localhost:8000/v1", model: Qwen/Qwen3-8B, concurrency: 64}

Every answer is written to a file the moment it is there, under a hash of all that it depends on (model,
prompt, mode, settings, number of the sample). A curation that was killed asks only for what is missing.
"""

import hashlib
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from stages import manifest
from stages.command import RecipeError
from stages.endpoint import Endpoint
from stages.sampling import SAMPLING, Completion, Request, Sampler

Spec = str | dict[str, Any]


def complete(
    model: Spec,
    prompts: Sequence[list[dict]],
    mode: str,
    cache: str | Path,
    *,
    n: int = 1,
    max_tokens: int = 1024,
    max_length: int = 4096,
    settings: dict[str, float] | None = None,
    seed: int = 0,
) -> list[list[Completion]]:
    """`n` completions of each prompt in one mode (`thinking`, `non_thinking`), from the file `cache` where they are
    there. `settings` are vLLM's sampling parameters (default: the report's for the mode). The seed of each sample
    follows from its hash. Raises RecipeError if there is no such model, or an endpoint stays away."""
    settings = SAMPLING[mode] if settings is None else settings
    shared = [identity(model), mode, max_tokens, max_length, settings, seed]
    keys = [[_key([*shared, prompt, sample]) for sample in range(n)] for prompt in prompts]
    found = read_cache(cache)
    missing = {
        key: Request(prompt, mode, max_tokens, settings, int(key[:8], 16))
        for prompt, of_prompt in zip(prompts, keys, strict=True)
        for key in of_prompt
        if key not in found
    }
    if missing:
        found |= _ask(model, missing, cache, max_length)
    return [[found[key] for key in of_prompt] for of_prompt in keys]


def _ask(model: Spec, missing: dict[str, Request], cache: str | Path, max_length: int) -> dict[str, Completion]:
    """Asks for what is missing, keeps each answer at once, and prints what it cost."""
    keys, found, started = list(missing), {}, time.monotonic()
    source = Endpoint(**model) if isinstance(model, dict) else Sampler(model, max_length)
    try:
        cut_torn_line(cache)
        with (
            open(cache, "a", encoding="utf-8") as file,
            tqdm(total=len(keys), desc=Path(cache).stem, mininterval=1.0) as progress,
        ):
            for number, completion in source.stream(list(missing.values())):
                file.write(json.dumps([keys[number], *completion]) + "\n")
                file.flush()
                found[keys[number]] = completion
                progress.update()
    finally:
        source.close()
    tokens, seconds = sum(c.num_tokens for c in found.values()), time.monotonic() - started
    print(f"{Path(cache).stem}: {len(keys):,} answers, {tokens:,} tokens, {seconds:,.0f} s", flush=True)
    return found


def identity(model: Spec) -> str:
    """What a model is called in the cache: the hash of its weights, or its name on the Hub or at an endpoint."""
    if isinstance(model, str):
        return manifest.weights_sha256(model) if Path(model).is_dir() else model
    if "model" not in model:
        raise RecipeError(f"an endpoint needs base_url and model: {model}")
    parameters, tokenizer = model.get("parameters"), model.get("tokenizer")
    name = str(model["model"]) + (json.dumps(parameters, sort_keys=True) if parameters else "")
    return f"{name} {tokenizer}" if tokenizer else name


def _key(facts: list[Any]) -> str:
    return hashlib.blake2b(json.dumps(facts, sort_keys=True).encode(), digest_size=12).hexdigest()


def read_cache(path: str | Path) -> dict[str, Completion]:
    """Answers by their hash. A last line that a kill cut short is passed over."""
    found: dict[str, Completion] = {}
    if not Path(path).is_file():
        return found
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.endswith("\n") and len(entry := json.loads(line)) == 4:
                found[entry[0]] = Completion(*entry[1:])
    return found


def cut_torn_line(path: str | Path) -> None:
    """Takes the half-written last line off, if a kill left one."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+b") as file:
        file.seek(0)
        file.truncate(sum(len(line) for line in file if line.endswith(b"\n")))
