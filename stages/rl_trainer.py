"""TRL's GRPOTrainer with the gaps closed that reasoning RL and general RL share.

- The first rollouts are scored by the trainer, too, before anything is learned from them. Sampler and trainer
  must agree on the probability of what was sampled; where they do not (weights that never reached the sampler,
  another temperature, a dtype too coarse), the run ends in its first minute instead of learning from noise.
- A row may bring its `mode`: `non_thinking` prompts end with the empty think block, as the template's hard switch
  writes it. TRL knows one switch for the whole run.
- Thoughts may have a budget (`budget.py`); the words that end them are not the model's and are not learned.
- Groups that teach nothing are replaced (`dynamic.py`).
- Every step's time is accounted for (`timeline.py`).
- A loss that is no number, or a sampler that fails, ends the run in a sentence; the last checkpoint is good.
"""

from typing import Any

import torch
from trl import GRPOTrainer

from stages import budget, chat, dynamic
from stages.command import RecipeError
from stages.timeline import Clock, Timeline

PROBED = 16  # rollouts
MEAN_DIFFERENCE = 0.05  # nats a token: float32 on both sides gives 1e-5, bfloat16 about 0.01
MEAN_RATIO = (0.9, 1.1)


class RLTrainer(GRPOTrainer):
    """A GRPOTrainer; `dynamic_rounds` is how often idle groups may be replaced in one batch (0: never),
    `has_budget` whether its sampler ends thoughts."""

    def __init__(self, *arguments: Any, dynamic_rounds: int = 0, has_budget: bool = False, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.end = budget.end_ids(self._tokenizer) if has_budget else None
        self.dynamic_rounds, self.has_agreed, self.clock = dynamic_rounds, False, Clock()
        self.modes: list[str | None] = []
        self.spent = 0  # rollouts, on groups to take the place of idle ones
        self.add_callback(Timeline(self.clock, self._metrics["train"]))
        if self.use_vllm:
            send = self.vllm_generation.sync_weights
            self.vllm_generation.sync_weights = lambda: self._timed("sync", send)

    def _timed(self, phase: str, function: Any, *arguments: Any, **options: Any) -> Any:
        with self.clock(phase):
            return function(*arguments, **options)

    def _generate_and_score_completions(self, inputs: Any) -> Any:
        output = self._sample(inputs)
        if self.use_vllm and not self.has_agreed:
            self.has_agreed = True
            difference, ratio = disagreement(self, output)
            print(f"sampler and trainer: {difference:.1e} nats a token apart, mean ratio {ratio:.4f}", flush=True)
            if refusal := refuse(difference, ratio):
                raise RecipeError(refusal)
        return self._with_signal(output) if self.model.training and self.dynamic_rounds else output

    def _sample(self, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        self.modes = [row.get("mode") for row in inputs]
        return super()._generate_and_score_completions(inputs)

    def _tokenize_prompts(self, prompts: list) -> tuple[list[list[int]], Any, Any]:
        ids, images, fields = super()._tokenize_prompts(prompts)
        block = chat.empty_block(self._tokenizer)
        ids = [of + block if mode == "non_thinking" else of for of, mode in zip(ids, self.modes, strict=True)]
        return ids, images, fields

    def _with_signal(self, output: dict[str, Any]) -> dict[str, Any]:
        """The batch with its idle groups replaced, as far as the rounds go. All ranks make the same calls."""
        size, spent, at_first = (
            self.num_generations,
            0,
            len(dynamic.idle_groups(output["advantages"], self.num_generations)),
        )
        for round_ in range(self.dynamic_rounds):
            idle = dynamic.idle_groups(output["advantages"], size)
            wanted = int(self.accelerator.gather(torch.tensor([len(idle)], device=self.accelerator.device)).max())
            if not wanted:
                break
            seed = f"{self.args.seed} {self.state.global_step} {round_} {self.accelerator.process_index}"
            rows = dynamic.draw(self.train_dataset, wanted, size, seed)
            fresh = self._sample(rows)
            spent += wanted * size
            not_idle = set(range(wanted)) - set(dynamic.idle_groups(fresh["advantages"], size))
            good = sorted(not_idle)[: len(idle)]
            if good:
                output = dynamic.replaced(output, idle[: len(good)], fresh, good, size, self._tokenizer.pad_token_id)
        self.spent += spent
        left = len(dynamic.idle_groups(output["advantages"], size))
        tokens = output["completion_mask"] * output.get("tool_mask", 1)
        output["num_items_in_batch"] = self.accelerator.gather(tokens.sum()).sum()
        for name, value in (("spent", spent), ("replaced", at_first - left), ("idle", left)):
            self._metrics["train"][f"dynamic/{name}"].append(float(value))
        return output

    def _generate(self, prompts: list) -> Any:
        try:
            generated = self._timed("rollout", super()._generate, prompts)
            return generated if self.end is None else self._without_forced(*generated)
        except (RuntimeError, OSError, ValueError) as error:  # what a dead engine raises
            raise RecipeError(
                f"step {self.state.global_step}: the sampler failed: {type(error).__name__}: {error}."
                " Start the same command again to go on from the last checkpoint"
            ) from error

    def _without_forced(self, prompt_ids: Any, ids: list[list[int]], mask: list[list[int]] | None, *others: Any) -> Any:
        """The rollouts, masked where the budget wrote; a budget may cut the END itself short at the last token."""
        own = [budget.own_tokens(completion, self.end or []) for completion in ids]
        self._metrics["train" if self.model.training else "eval"]["budget/ended"].append(
            sum(0 in tokens for tokens in own) / len(own)
        )
        if mask is not None:
            own = [[a * b for a, b in zip(*pair, strict=True)] for pair in zip(own, mask, strict=True)]
        return prompt_ids, ids, own, *others

    def _calculate_rewards(self, *arguments: Any) -> Any:
        return self._timed("verify", super()._calculate_rewards, *arguments)

    def _get_per_token_logps_and_entropies(self, *arguments: Any, **options: Any) -> Any:
        phase = "update" if torch.is_grad_enabled() else "logprob"
        return self._timed(phase, super()._get_per_token_logps_and_entropies, *arguments, **options)

    def training_step(self, *arguments: Any, **options: Any) -> torch.Tensor:
        """One micro-step. Raises RecipeError where its loss is no number: the weights of before are the last
        checkpoint's."""
        loss = self._timed("update", super().training_step, *arguments, **options)
        if not torch.isfinite(loss):
            raise RecipeError(
                f"step {self.state.global_step}: the loss is {loss.item()}. Nothing of it is saved: lower"
                " learning_rate or max_grad_norm, and start again to go on from the last checkpoint"
            )
        return loss


def disagreement(trainer: GRPOTrainer, output: dict[str, torch.Tensor]) -> tuple[float, float]:
    """Mean absolute difference of log-probabilities over the sampled tokens of some rollouts, and the mean ratio."""
    rows = slice(0, PROBED)
    prompts, completions = output["prompt_ids"][rows], output["completion_ids"][rows]
    masks = [output["prompt_mask"][rows], output["completion_mask"][rows]]
    with torch.no_grad():
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
    return apart.abs().mean().item(), apart.exp().mean().item()


def refuse(difference: float, ratio: float) -> str | None:
    """The sentence that ends the run, or None. Not a number is a disagreement."""
    if difference <= MEAN_DIFFERENCE and MEAN_RATIO[0] <= ratio <= MEAN_RATIO[1]:
        return None
    return (
        f"vLLM and the trainer do not agree on what was sampled: {difference:.3f} nats a token apart (at most"
        f" {MEAN_DIFFERENCE}), mean ratio {ratio:.2f}. Did the weights reach the sampler? Look at dtype, temperature,"
        " and whether the chat template and tokenizer are the checkpoint's own"
    )
