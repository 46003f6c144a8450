"""Episodes: a policy calls the tools of its row's environment until it answers (report, section 4.4).

The same code plays in training and in evaluation; who samples is an argument (`ask`). An episode is one
sequence of tokens, each turn sampled after exactly the tokens before it and never tokenised anew: what the
environment answers is put between the turns as the chat template writes it, and is masked. The first message without a
call is the answer; so is the last one that the limits allow. TRL has such a loop, but renders the same tools into
every prompt of a run, has no mode of a row, no limit on a call, and gives rewards messages without their thoughts.
"""

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import torch
from transformers import PreTrainedTokenizerBase

from rewards.response import split_thinking
from stages import chat
from stages.command import RecipeError
from stages.environments import functions, kind_of
from stages.environments.bounded import Bounded
from verifiers.tool_call import CALL, read_call

AT_ONCE = 8  # episodes whose calls run beside each other: most wait for a sandbox


@dataclass
class Episode:
    """A prompt's token ids and what followed: `ids`, with `mask` 1 for the policy's own tokens and 0 for the
    environment's, `logprobs` (0.0 for those; None where the sampler gives none), and the same as messages, the policy's
    with their raw text. `world` is None for a row without environment, whose first message is its answer."""

    prompt: list[int]
    world: Bounded | None
    thinks: bool  # False: the hard switch
    max_tokens: int  # of ids
    ids: list[int] = field(default_factory=list)
    mask: list[int] = field(default_factory=list)
    logprobs: list[float | None] | None = field(default_factory=list)
    messages: list[dict[str, str]] = field(default_factory=list)

    @property
    def room(self) -> int:
        """Tokens that may still follow."""
        return self.max_tokens - len(self.ids)

    def add(self, ids: Sequence[int], logprobs: Sequence[float | None] | None, is_own: bool) -> None:
        """Appends tokens."""
        self.ids += ids
        self.mask += [int(is_own)] * len(ids)
        self.logprobs = None if logprobs is None or self.logprobs is None else [*self.logprobs, *logprobs]


Turns = list[tuple[list[int], list[float | None] | None]]  # token ids with the end of turn, log-probabilities


def play(
    ask: Callable[[list[Episode]], Turns],
    episodes: list[Episode],
    tokenizer: PreTrainedTokenizerBase,
    max_iterations: int | None = None,
) -> None:
    """Plays the episodes to their end, those that go on asked together; `max_iterations` is how often the calls of a
    message are answered (None: as often as there is room)."""
    asked = episodes
    for iteration in itertools.count():
        for episode, (ids, logprobs) in zip(asked, ask(asked), strict=True):
            room = episode.room
            episode.add(ids[:room], None if logprobs is None else logprobs[:room], True)
            text = tokenizer.decode(ids[:room], skip_special_tokens=True)
            episode.messages.append({"role": "assistant", "content": text})
        if iteration == max_iterations:
            return
        with ThreadPoolExecutor(AT_ONCE) as workers:
            goes_on = list(workers.map(lambda episode: answer(episode, tokenizer), asked))
        asked = [episode for episode, does in zip(asked, goes_on, strict=True) if does]
        if not asked:
            return


def answer(episode: Episode, tokenizer: PreTrainedTokenizerBase) -> bool:
    """Makes the calls of the last message and appends what is observed: False where there is none, where it was
    cut, or where no turn has room after it."""
    end = tokenizer.convert_tokens_to_ids(chat.END_OF_TURN)
    if episode.world is None or not episode.ids or episode.ids[-1] != end:
        return False
    calls = calls_of(episode.messages[-1]["content"])
    if not calls:
        return False
    observed = [
        {"role": "tool", "content": f"error: {call}" if isinstance(call, str) else episode.world.call(*call)}
        for call in calls
    ]
    between = observation_ids(tokenizer, observed, episode.thinks)
    if len(between) >= episode.room:
        return False
    episode.add(between, [0.0] * len(between), False)
    episode.messages += observed
    return True


def calls_of(text: str) -> list[tuple[str, dict] | str]:
    """The calls of a message's response, names with arguments; of one that cannot be read, what is wrong with it."""
    found: list[tuple[str, dict] | str] = []
    for block in CALL.findall(split_thinking(text).response or ""):
        try:
            found.append(read_call(block))
        except (ValueError, RecursionError):
            found.append("a call must be JSON with name and arguments")
    return found


def observation_ids(tokenizer: PreTrainedTokenizerBase, observed: list[dict], thinks: bool = True) -> list[int]:
    """Token ids between a turn's end and the next turn: observations as the chat template writes them."""
    before = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    end = tokenizer.convert_tokens_to_ids(chat.END_OF_TURN)
    turns = chat.prompt_ids(tokenizer, before).count(end)
    ids = chat.prompt_ids(tokenizer, before + observed, thinks)
    ends = [i for i, token in enumerate(ids) if token == end]
    return ids[ends[turns - 1] + 1 :]


def offered(row: dict[str, Any]) -> list[dict] | None:
    """The functions of a row's prompt: its own `tools`, else its environment's. Raises RecipeError."""
    if row.get("tools") or not row.get("environment"):
        return row.get("tools")
    try:
        return functions(kind_of(row["environment"]))
    except ValueError as error:
        raise RecipeError(f"row {row.get('id')}: {error}") from error


def check(row: dict[str, Any]) -> None:
    """Raises RecipeError where a row's environment cannot be had, before anything is sampled."""
    if row.get("environment"):
        Bounded(row)


def check_setup(trainer: Any) -> None:
    """Raises RecipeError where processes share one sampler, or gather weights for every turn: they would wait for each
    other, as their episodes end at different times."""
    shared = trainer.use_vllm and (trainer.vllm_mode == "server" or trainer.args.vllm_tensor_parallel_size > 1)
    by_turn = not trainer.use_vllm or trainer.args.vllm_enable_sleep_mode
    gathers = by_turn and (trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled)
    if (shared or gathers) and trainer.accelerator.num_processes > 1:
        raise RecipeError(
            "rows with an environment need use_vllm true, vllm_mode colocate, vllm_tensor_parallel_size 1 and"
            " vllm_enable_sleep_mode false, or a single process"
        )


def rollouts(trainer: Any, rows: list[dict[str, Any]], prompts: list[list[int]], hard: list[bool]) -> list[Episode]:
    """The trainer's rollouts of these rows: one batch, with environments and without."""
    if trainer.use_vllm and trainer.vllm_mode == "colocate":
        most = trainer.vllm_generation.llm.llm_engine.model_config.max_model_len
    else:
        most = trainer.model.config.max_position_embeddings
    episodes = [
        Episode(
            ids, Bounded(row) if row.get("environment") else None, not is_hard,
            min(trainer.max_completion_length, most - len(ids)),
        )
        for row, ids, is_hard in zip(rows, prompts, hard, strict=True)
    ]  # fmt: skip
    grouped = trainer.num_generations if trainer.model.training else trainer.num_generations_eval

    def ask(asked: list[Episode]) -> Turns:
        size = grouped if asked is episodes else 1  # later turns have each a prompt of its own
        ids, logprobs = trainer._generate_single_turn([e.prompt + e.ids for e in asked], None, {}, size)
        return list(zip(ids, logprobs or [None] * len(ids), strict=True))

    play(ask, episodes, trainer._tokenizer, trainer.max_tool_calling_iterations)
    return episodes


def columns(episodes: list[Episode]) -> dict[str, Any]:
    """Rollouts in the form that TRL's `rollout_func` gives."""
    logprobs = [episode.logprobs for episode in episodes]
    return {
        "prompt_ids": [episode.prompt for episode in episodes],
        "completion_ids": [episode.ids for episode in episodes],
        "logprobs": None if None in logprobs else logprobs,
        "env_mask": [episode.mask for episode in episodes],
    }


def log(trainer: Any, episodes: list[Episode]) -> None:
    """TRL's own metrics of tools: calls a rollout, and the share of calls that failed."""
    worlds = [episode.world for episode in episodes if episode.world]
    mine = [len(episodes), sum(world.calls for world in worlds), sum(world.failures for world in worlds)]
    counted = torch.tensor(mine, device=trainer.accelerator.device)
    rollouts, calls, failures = trainer.accelerator.reduce(counted, reduction="sum").tolist()
    metrics = trainer._metrics["train" if trainer.model.training else "eval"]
    metrics["tools/call_frequency"].append(calls / rollouts)
    metrics["tools/failure_frequency"].append(failures / calls if calls else 0.0)


def without_outages(trainer: Any, rewards: torch.Tensor) -> torch.Tensor:
    """No reward (NaN) for rollouts whose tool was not available. rewards: (rollouts of all ranks, functions)."""
    ended = [bool(world and world.ended and world.ended.score is None) for world in trainer.environments or []]
    if not ended:
        return rewards
    out = trainer.accelerator.gather(torch.tensor(ended, device=rewards.device))
    return rewards.masked_fill(out.unsqueeze(1), torch.nan)
