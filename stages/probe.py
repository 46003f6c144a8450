"""Will the longest batch fit? Asked before the first rollout, so that a run that will not fit dies in its first minute.

Rollouts get longer as a model learns to think; without this, memory runs out some hundred steps into a run. The
loss of a batch as wide as the recipe allows is computed and its gradients are, too, while as much memory is held as
the optimizer's two states will need. Nothing of it is learned or logged.
"""

from typing import Any

import torch

from stages.command import RecipeError

STATES = 2  # AdamW's, a number of the parameter's type each


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


def run(trainer: Any, model: torch.nn.Module, longest_prompt: int) -> None:
    """Loss and gradients of the longest batch. Raises RecipeError with advice where memory runs out."""
    rows, completion = trainer.args.per_device_train_batch_size, trainer.max_completion_length
    trained = [getattr(p, "_local_tensor", p) for p in model.parameters() if p.requires_grad]
    metrics = trainer._metrics["train"]
    before = {name: list(values) for name, values in metrics.items()}
    model.train()
    try:
        held = [torch.empty_like(parameter) for parameter in trained for _ in range(STATES)]
        trainer.accelerator.backward(trainer.compute_loss(model, batch(trainer, longest_prompt, rows)))
        del held
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
        metrics.clear()
        metrics.update(before)
