"""vLLM as this pipeline starts it: in the process that asks, on a GPU or on a CPU.

Import this module before vLLM: vLLM reads its settings from the environment when it is imported. Settings
that the user has made stay.
"""

import os
from typing import Any

import torch

from stages import budget

ON_GPU = torch.cuda.is_available()
_SETTINGS = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # one process less to start: about 10 s each time
    "VLLM_LOGGING_LEVEL": "ERROR",
    "VLLM_NO_USAGE_STATS": "1",
}
_CPU_SETTINGS = {
    "VLLM_CPU_KVCACHE_SPACE": "1",  # GiB
    "TORCHDYNAMO_DISABLE": "1",  # vLLM compiles its sampler with a C++ compiler, which a user may not have: 20 s saved
}


def prepare() -> None:
    """Puts the settings into the environment."""
    for name, value in (_SETTINGS if ON_GPU else _SETTINGS | _CPU_SETTINGS).items():
        os.environ.setdefault(name, value)


def engine_arguments(with_budget: bool = False) -> dict[str, Any]:
    """Arguments of `vllm.LLM` that differ from its defaults here; `with_budget` for requests with a thinking budget.

    On a CPU weights are served in float32, as the trainer holds them there: `auto` would make them
    bfloat16, and the sampler's log-probabilities would not be the trainer's. A prompt is read whole: in parts,
    a request with a seed of its own fails there (`CPU Generator does not use offset`, vLLM 0.31).
    """
    own: dict[str, Any] = {}
    if with_budget:
        budget.install()
        own["reasoning_config"] = budget.REASONING
    if ON_GPU:
        return own
    return own | {
        "dtype": "float32",
        "enforce_eager": True,
        "disable_log_stats": True,
        "enable_chunked_prefill": False,
    }


prepare()
