"""TRL's GRPOTrainer with the gaps closed that reasoning RL and general RL share.

- The first rollouts are scored by the trainer, too, before anything is learned from them. Sampler and trainer
  must agree on the probability of what was sampled; where they do not (weights that never reached the sampler,
  another temperature, a dtype too coarse), the run ends in its first minute instead of learning from noise.
- A row's `chat_template_kwargs: {enable_thinking: false}` is heeded (the hard switch: the prompt ends with the empty
  think block). TRL knows one switch for the whole run.
- A reward that is None for a rollout takes no part in it, and rewards of different scale mix (`scales.py`).
- Groups that teach nothing are replaced (`dynamic.py`), and entropy is kept in a band (`entropy.py`).
- A row may name an environment, in which its rollouts are then played for several turns (`play.py`).
- The words with which a thinking budget ends a thought (`budget.py`) are masked: the model did not choose them.
- Whether the longest batch fits is asked first (`probe.py`), no column is computed that holds only padding, and
  rollouts of like length share a micro-batch (`padding.py`).
- Every step's time is accounted for (`timeline.py`).
- A loss or gradient that is no number, or a sampler that fails, ends the run in a sentence, before the weights
  or a checkpoint are touched.
"""

import copy
import math
from functools import partial
from pathlib import Path
from typing import Any

import torch
from trl import GRPOConfig, GRPOTrainer

from stages import budget, chat, command, dynamic, padding, play, probe, scales
from stages.command import RecipeError
from stages.entropy import EntropyBand
from stages.timeline import Clock, Timeline

PROBED = 16  # rollouts
MEAN_DIFFERENCE = 0.1  # nats a token; float32 on both sides stays below 1e-5
MEAN_RATIO = (0.8, 1.25)


class RLTrainer(GRPOTrainer):
    """A GRPOTrainer; `dynamic_rounds` is how often idle groups may be replaced in one batch (0: never), and
    `longest_prompt` its number of tokens, if the longest batch shall be tried first. `band`, if it is set, must
    be among the callbacks as well: it is saved with every checkpoint."""

    band: EntropyBand | None = None

    def __init__(self, *arguments: Any, dynamic_rounds: int = 0, longest_prompt: int = 0, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.dynamic_rounds, self.has_agreed, self.clock = dynamic_rounds, False, Clock()
        self.to_probe = longest_prompt
        self.end_of_thought = budget.end_ids(self._tokenizer) if has_budget(self.args) else []
        self.hard: list[bool] = []  # of each prompt being sampled, whether it is not to be thought about
        self.rows: list[dict[str, Any]] = []  # of the prompts being sampled
        self.episodes: list[play.Episode] = []
        if has_environments(self.train_dataset):
            play.check_setup(self)
            self.rollout_func = self._play
        self.spent = 0  # rollouts, on groups to take the place of idle ones
        self.by_reward = self.multi_objective_aggregation == "normalize_then_sum"
        self.scored = torch.empty(0)  # the batch's rewards (rollouts, rewards), of all ranks
        self.add_callback(Timeline(self.clock, self._metrics["train"]))
        if self.use_vllm:
            send = self.vllm_generation.sync_weights
            self.vllm_generation.sync_weights = lambda: self._timed("sync", send)

    def _timed(self, phase: str, function: Any, *arguments: Any, **options: Any) -> Any:
        with self.clock(phase):
            return function(*arguments, **options)

    def _generate_and_score_completions(self, inputs: Any) -> Any:
        output = self._sample(inputs)
        if self.use_vllm and not self.has_agreed and (compared := disagreement(self, output)):
            self.has_agreed = True
            print(
                f"sampler and trainer: {compared[0]:.1e} nats a token apart, mean ratio {compared[1]:.4f}", flush=True
            )
            if refusal := refuse(*compared):
                raise RecipeError(refusal)
        output = self._with_signal(output) if self.model.training and self.dynamic_rounds else output
        if self.by_reward:
            own = output["advantages"]
            output["advantages"] = scales.standardised(own, self.accelerator.gather(own))
        return output

    def _prepare_inputs(self, generation_batch: Any) -> Any:
        before = self._buffered_inputs
        inputs = super()._prepare_inputs(generation_batch)
        per_step = self.current_gradient_accumulation_steps
        if self._buffered_inputs is before or per_step == 1 or not padding.is_harmless(self, per_step):
            return inputs
        self._buffered_inputs = padding.sorted_within_steps(self._buffered_inputs, per_step)
        return self._buffered_inputs[self._step % self.args.steps_per_generation]

    def _sample(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        switches = [(row.get("chat_template_kwargs") or {}).get("enable_thinking") for row in inputs]
        self.hard = [switch is False for switch in switches]
        self.rows, self.environments = inputs, None
        output = super()._generate_and_score_completions(inputs)
        if self.by_reward:
            of_all = scales.advantages(self.scored, self.reward_weights, self._group_size())
            output["advantages"] = of_all.view(-1, len(inputs))[self.accelerator.process_index]
        return output

    def _group_size(self) -> int:
        return self.num_generations if self.model.training else self.num_generations_eval

    def _tokenize_prompts(self, prompts: list) -> tuple[list[list[int]], Any, Any]:
        ids, images, fields = super()._tokenize_prompts(prompts)
        block = chat.empty_block(self._tokenizer)
        return [of + block if hard else of for of, hard in zip(ids, self.hard, strict=True)], images, fields

    def _with_signal(self, output: dict[str, Any]) -> dict[str, Any]:
        """The batch with its idle groups replaced, as far as the rounds go. All ranks make the same calls."""
        size, spent = self.num_generations, 0
        at_first = len(dynamic.idle_groups(output["advantages"], size))
        for round_ in range(self.dynamic_rounds):
            idle = dynamic.idle_groups(output["advantages"], size)
            wanted = int(self.accelerator.gather(torch.tensor([len(idle)], device=self.accelerator.device)).max())
            if not wanted:
                break
            seed = f"{self.args.seed} {self.state.global_step} {round_} {self.accelerator.process_index}"
            fresh = self._sample_unlogged(dynamic.draw(self.train_dataset, wanted, size, seed))
            spent += wanted * size
            not_idle = set(range(wanted)) - set(dynamic.idle_groups(fresh["advantages"], size))
            good = sorted(not_idle)[: len(idle)]
            if good:
                output = dynamic.replaced(output, idle[: len(good)], fresh, good, size, self._tokenizer.pad_token_id)
        left, groups = len(dynamic.idle_groups(output["advantages"], size)), len(output["advantages"]) // size
        tokens = output["completion_mask"] * output.get("tool_mask", 1)
        output["num_items_in_batch"] = self.accelerator.gather(tokens.sum()).sum()
        mine = torch.tensor([spent, at_first - left, left, groups], device=self.accelerator.device)
        spent, replaced, left, groups = self.accelerator.reduce(mine, reduction="sum").tolist()
        self.spent += spent
        for name, value in (("spent", spent), ("replaced", replaced), ("idle_share", left / groups)):
            self._metrics["train"][f"dynamic/{name}"].append(value)
        return output

    def _sample_unlogged(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """Rollouts that leave the log as it was: its curves are of the batch as it was drawn, whatever is replaced."""
        metrics = self._metrics["train"]  # this very object is the time line's, too
        before, logs = {name: list(values) for name, values in metrics.items()}, copy.deepcopy(self._logs)
        fresh = self._sample(rows)
        seen = metrics["num_tokens"]
        metrics.clear()
        metrics.update(before | {"num_tokens": seen})
        self._logs = logs
        return fresh

    def _play(self, prompts: list, trainer: Any) -> dict[str, Any]:
        ids, *_ = self._tokenize_prompts(prompts)
        self.episodes = play.rollouts(self, self.rows, ids, self.hard)
        self.environments = [episode.world for episode in self.episodes]
        play.log(self, self.episodes)
        return play.columns(self.episodes)

    def _generate(self, prompts: list) -> Any:
        try:
            generated = self._masked(self._timed("rollout", super()._generate, prompts))
            if self.rollout_func is None:
                return generated
            ids, completions, masks, _, *others = generated
            return ids, completions, masks, [episode.messages for episode in self.episodes], *others
        except RecipeError:
            raise
        except Exception as error:  # a dead engine raises anything
            if command.disk_is_full(error):
                raise
            raise RecipeError(
                f"step {self.state.global_step}: the sampler failed: {type(error).__name__}: {error}."
                " Start the same command again to go on from the last checkpoint"
            ) from error

    def _masked(self, generated: tuple) -> tuple:
        """TRL's rollouts, the end of a thought that its budget put in among the tokens that are not the model's."""
        if not self.end_of_thought:
            return generated
        prompts, completions, masks, *others = generated
        turns = masks or [[1] * len(ids) for ids in completions]
        both = list(zip(completions, turns, strict=True))
        own = [budget.own_by_turns(ids, mask, self.end_of_thought) for ids, mask in both]
        ended = torch.tensor([a != b for a, b in zip(own, turns, strict=True)], device=self.accelerator.device).float()
        share = self.accelerator.gather(ended).mean().item()
        self._metrics["train" if self.model.training else "eval"]["thinking_budget/reached"].append(share)
        return prompts, completions, own, *others

    def _log_completion_extra(self, column: str, values: list) -> None:
        """A column of the completions' table; of two rewards that log one name, the later has it."""
        self._pending_extra_logs[column] = list(values)

    def _calculate_rewards(self, inputs: list[dict[str, Any]], *arguments: Any) -> Any:
        if any(names := [row.get("task") or row.get("domain") for row in inputs]):
            self._log_completion_extra("task", names)
        rewards = play.without_outages(self, self._timed("verify", super()._calculate_rewards, inputs, *arguments))
        metrics = self._metrics["train" if self.model.training else "eval"]
        for name, share in zip(self.reward_func_names, scales.missing(rewards, self._group_size()), strict=True):
            if share is not None:
                metrics[f"rewards/{name}/missing"].append(share)
        self.scored = scales.filled(rewards, self._group_size())
        return self.scored

    def _get_per_token_logps_and_entropies(self, model: Any, *arguments: Any, **options: Any) -> Any:
        compute = partial(super()._get_per_token_logps_and_entropies, model)
        if torch.is_grad_enabled():
            return self._timed("update", compute, *arguments, **options)
        rows, others = options.get("batch_size"), [v for k, v in options.items() if k != "batch_size"]
        if rows is None or any(value is not None and value is not False for value in others):  # images, entropies
            return self._timed("logprob", compute, *arguments, **options)
        logps = self._timed("logprob", padding.scored_by_length, lambda *part: compute(*part)[0], *arguments, rows)
        return logps, None, None

    def _compute_loss(self, model: Any, inputs: dict[str, Any]) -> torch.Tensor:
        return super()._compute_loss(model, dynamic.trimmed(inputs))

    def training_step(self, model: Any, *arguments: Any, **options: Any) -> torch.Tensor:
        """One micro-step. Raises RecipeError where its loss is no number."""
        if self.to_probe:
            self._timed("probe", probe.run, self, model, self.to_probe)
            self.to_probe = 0
        with self.clock("update"):
            loss = super().training_step(model, *arguments, **options)
            self._check_number("loss", loss.item())
        return loss

    def _get_grad_norm(self, model: Any, grad_norm: Any = None) -> Any:
        """Called before each optimizer step; a finite loss may have a gradient that is no number."""
        norm = super()._get_grad_norm(model, grad_norm=grad_norm)
        if norm is not None and self.accelerator.scaler is None:
            self._check_number("gradient", float(norm))
        return norm

    def _check_number(self, what: str, value: float) -> None:
        if not math.isfinite(value):
            raise RecipeError(
                f"step {self.state.global_step}: the {what} is {value}. Nothing of it is saved: lower learning_rate or"
                " max_grad_norm; start again to go on from the last checkpoint"
            )

    def _save_rng_state(self, output_dir: str) -> None:
        """Called before trainer_state.json is written, which makes a checkpoint whole."""
        super()._save_rng_state(output_dir)
        if self.band and self.args.should_save:
            self.band.save(Path(output_dir))


def has_environments(rows: Any) -> bool:
    """Whether any row of a data set names an environment."""
    return "environment" in rows.column_names and any(rows["environment"])


def has_budget(args: GRPOConfig) -> bool:
    """Whether rollouts' thoughts have a budget."""
    return (args.generation_kwargs or {}).get("thinking_token_budget") is not None


def disagreement(trainer: GRPOTrainer, output: dict[str, torch.Tensor]) -> tuple[float, float] | None:
    """Mean absolute difference of log-probabilities over the sampled tokens of some rollouts of every rank, and the
    mean ratio. None where all of them are masked."""
    rows = slice(0, PROBED)
    prompts, completions = output["prompt_ids"][rows], output["completion_ids"][rows]
    masks = [output["prompt_mask"][rows], output["completion_mask"][rows]]
    with torch.no_grad(), torch.random.fork_rng():
        trained, _, _ = trainer._get_per_token_logps_and_entropies(
            trainer.model,
            torch.cat([prompts, completions], dim=1),
            torch.cat(masks, dim=1),
            completions.size(1),
            batch_size=trainer.args.per_device_train_batch_size,
        )
    sampled = output["sampling_per_token_logps"][rows]
    kept = masks[1].bool() & ~sampled.isnan()
    if "tool_mask" in output:
        kept &= output["tool_mask"][rows].bool()
    apart = (trained - sampled)[kept]
    mine = torch.stack([apart.abs().sum(), apart.exp().sum(), kept.sum()])
    difference, ratio, tokens = trainer.accelerator.reduce(mine, reduction="sum").tolist()
    return (difference / tokens, ratio / tokens) if tokens else None


def refuse(difference: float, ratio: float) -> str | None:
    """The sentence that ends the run, or None. Not a number is a disagreement."""
    if difference <= MEAN_DIFFERENCE and MEAN_RATIO[0] <= ratio <= MEAN_RATIO[1]:
        return None
    return (
        f"vLLM and the trainer do not agree on what was sampled: {difference:.3f} nats a token apart (at most"
        f" {MEAN_DIFFERENCE}), mean ratio {ratio:.2f}. Did the weights reach the sampler? Look at dtype, temperature,"
        " and whether the chat template and tokenizer are the checkpoint's own"
    )
