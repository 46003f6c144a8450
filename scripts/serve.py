"""Serves a checkpoint with vLLM's own server: thoughts come apart from responses, and requests may have a budget.

    python -m scripts.serve runs/tiny/4_general_rl --port 8000
    python -m scripts.serve runs/tiny/4_general_rl --show
    python -m scripts.serve runs/tiny/reward_model --runner pooling      # scores: rewards/classify.py

It is `vllm serve` with the flags that --show prints; every other flag goes to vLLM as it stands. A request asks for a
mode and a budget so (OpenAI's protocol, vLLM's own fields):

    {"model": ..., "messages": [...], "thinking_token_budget": 32, "chat_template_kwargs": {"enable_thinking": true}}
"""

import argparse
import json
import os
import shlex
import sys

import torch

from stages import budget, chat, command

REPAIR = "stages.vllm_worker.BudgetRepair"
SETTINGS = {"VLLM_NO_USAGE_STATS": "1"}
CPU_SETTINGS = {
    "TORCHDYNAMO_DISABLE": "1",  # vLLM would compile its sampler with a C++ compiler
    "VLLM_CPU_KVCACHE_SPACE": "4",  # GiB; vLLM would want nearly all memory
}
CPU_FLAGS = ["--dtype", "float32", "--enforce-eager", "--no-enable-chunked-prefill"]
SERVER = "vllm.entrypoints.openai.api_server"  # `vllm serve` looks for a package named vllm: a CPU's is vllm-cpu


def flags(model: str, generates: bool = True) -> list[str]:
    """What vLLM's server needs for thoughts and budgets here; on a CPU also what stages/engine.py has."""
    asked = ["--model", model]
    if generates:
        asked += ["--reasoning-parser", "qwen3", "--reasoning-config", json.dumps(budget.REASONING)]
        asked += ["--worker-extension-cls", REPAIR]
    return asked if torch.cuda.is_available() else asked + CPU_FLAGS


def settings() -> dict[str, str]:
    """Environment variables; those that the user has set stay."""
    own = SETTINGS if torch.cuda.is_available() else SETTINGS | CPU_SETTINGS
    return {name: value for name, value in own.items() if name not in os.environ}


def main(argv: list[str] | None = None) -> None:
    """Becomes the server."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="a checkpoint's folder, or a model of the Hub")
    parser.add_argument("--show", action="store_true", help="print the command, and start nothing")
    options, others = parser.parse_known_args(argv)
    chat.load_tokenizer(options.model)  # what is no checkpoint, or has another template, is said here
    server = ["-m", SERVER, *flags(options.model, generates="pooling" not in others), *others]
    if options.show:
        assigned = [f"{name}={value}" for name, value in settings().items()]
        print(shlex.join([*assigned, "python", *server]))
        return
    os.execve(sys.executable, [sys.executable, *server], os.environ | settings())


if __name__ == "__main__":
    command.run(main)
