"""vLLM inside TRL's trainer: what TRL's colocate mode needs to be right on a CPU.

A thinking budget, if rollouts have one, is an argument of the engine that TRL does not pass.

Two repairs of TRL 1.16 (both measured, see tests/stages/test_rollouts.py):

- TRL copies weights into vLLM one by one. On a CPU vLLM has packed its linear layers by then and the copy
  fails; with all weights in one `reload_weights` it works, but tied embeddings leave the packed LM head as
  it was. So the head is sent along by name.
- TRL starts vLLM without a dtype: float32 weights would be served as bfloat16.
"""

import itertools
import os
import socket
from collections.abc import Iterator
from functools import partial

import torch
from transformers import PreTrainedModel
from trl.generation import vllm_generation
from trl.generation.vllm_generation import VLLMGeneration

from stages import engine

_ORIGINAL_SYNC = VLLMGeneration.sync_weights


def install(with_budget: bool = False) -> None:
    """Makes every trainer of this process use the arguments and the weight sync of this module."""
    from vllm import LLM

    vllm_generation.LLM = partial(LLM, **engine.engine_arguments(with_budget))
    if not engine.ON_GPU:
        VLLMGeneration.sync_weights = sync_weights


def own_port() -> None:
    """A free port for this run, unless its launcher gave one: accelerate's default lets no two run on one machine.
    To be called before the trainer's arguments are parsed, which is when accelerate takes it."""
    if "RANK" not in os.environ and "MASTER_PORT" not in os.environ:
        with socket.socket() as anywhere:
            anywhere.bind(("localhost", 0))
            os.environ["MASTER_PORT"] = str(anywhere.getsockname()[1])


def sync_weights(generation: VLLMGeneration) -> None:
    """Sends every weight of the trainer's model to its vLLM engine on the CPU."""
    if generation.mode != "colocate":
        _ORIGINAL_SYNC(generation)
        return
    weights = itertools.chain(generation._iter_named_params(), _head(generation.model))
    generation.llm.llm_engine.model_executor.driver_worker.model_runner.reload_weights(weights_iterator=weights)
    generation.llm.reset_prefix_cache()


def _head(model: PreTrainedModel) -> Iterator[tuple[str, torch.Tensor]]:
    """The LM head, where it is tied to the embeddings (else it is among the parameters)."""
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    if base.config.tie_word_embeddings:
        yield "lm_head.weight", base.get_output_embeddings().weight.data
