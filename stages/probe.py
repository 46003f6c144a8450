"""Will the longest batch fit? Asked before the first rollout, so that a run that will not fit dies in its first minute.

Rollouts get longer as a model learns to think; without this, memory runs out some hundred steps into a run. The
loss of a batch as wide as the recipe allows is computed and its gradients are, too, while as much memory is held as
the optimizer's two states will need. Nothing of it is learned or logged.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import torch
from accelerate.utils import DistributedType

from stages.command import RecipeError

STATES = 2  # AdamW's, a number of the parameter's type each
CONTROLLER = ("entropy_coef", "_last_world_entropy", "_entropy_window_stats")  # what TRL's loss moves of itself


def batch(trainer: Any, prompt: int, rows: int) -> dict[str, torch.Tensor]:
    """What GRPOTrainer's loss takes: `rows` rollouts of `prompt` tokens and as many more as the recipe allows."""
    device, completion = trainer.accelerator.device, trainer.max_completion_length
    ids, ones = (lambda n: torch.zeros(rows, n, dtype=torch.long, device=device)), torch.ones_like
    logps = torch.zeros(rows, completion, device=device)
    made = {
        "prompt_ids": ids(prompt),
        "prompt_mask": ones(ids(prompt)),
        "completion_ids": ids(completion),
        "completion_mask": ones(ids(completion)),
        "advantages": torch.zeros(rows, device=device),
        "num_items_in_batch": torch.tensor(rows * completion, device=device),
        "sampling_per_token_logps": logps,
        "old_per_token_logps": logps,
    }
    return made | {name: ones(logps) for name in ("importance_sampling_ratio", "ref_per_token_logps")}


@contextmanager
def untouched(trainer: Any) -> Generator[None, None, None]:
    """What a loss leaves behind in the trainer is as it was, random numbers included."""
    metrics = trainer._metrics["train"]
    before = {name: list(values) for name, values in metrics.items()}
    controller = {name: getattr(trainer, name) for name in CONTROLLER}
    try:
        with torch.random.fork_rng():
            yield
    finally:
        metrics.clear()
        metrics.update(before)
        for name, value in controller.items():
            setattr(trainer, name, value)


def states(trainer: Any, model: torch.nn.Module) -> list[torch.Tensor]:
    """As much memory as the optimizer will take: nothing if it has its states already, or is none of AdamW's."""
    if trainer.optimizer.state or not str(trainer.args.optim.value).startswith("adamw_torch"):
        return []
    trained = [getattr(p, "_local_tensor", p) for p in model.parameters() if p.requires_grad]
    return [torch.empty_like(parameter) for parameter in trained for _ in range(STATES)]


def run(trainer: Any, model: torch.nn.Module, longest_prompt: int) -> None:
    """Loss and gradients of the longest batch. Raises RecipeError with advice where memory runs out.

    The gradients are 0: where they are kept for the steps that follow (FSDP2 with accumulation), nothing is added.
    DeepSpeed, whose backward may step, is not asked.
    """
    if trainer.accelerator.distributed_type == DistributedType.DEEPSPEED:
        return
    rows, completion = trainer.args.per_device_train_batch_size, trainer.max_completion_length
    model.train()
    try:
        with untouched(trainer):
            held = states(trainer, model)
            loss = trainer.compute_loss(model, batch(trainer, longest_prompt, rows))
            trainer.accelerator.backward(0.0 * torch.nan_to_num(loss))
            del held, loss
    except RuntimeError as error:  # torch.OutOfMemoryError is one; on a CPU it is one by its words alone
        if not isinstance(error, torch.OutOfMemoryError) and "allocate memory" not in str(error):
            raise
        raise RecipeError(
            f"{rows} rollouts of {longest_prompt} + {completion} tokens do not fit into memory. Lower"
            " per_device_train_batch_size (gradient_accumulation_steps makes up for it), max_completion_length,"
            " max_prompt_length or vllm_gpu_memory_utilization; or use gradient_checkpointing"
        ) from error
    finally:
        model.zero_grad()
