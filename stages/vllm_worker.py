"""What a server's engine processes import: `--worker-extension-cls stages.vllm_worker.BudgetRepair` (scripts/serve.py).

Importing it repairs the thinking budget of vLLM's first model runner (see stages/budget.py), which is a CPU's, and a
GPU's where the second cannot be used. vLLM imports the class in each worker before it makes the runner.
"""

from stages import budget

budget.install()


class BudgetRepair:
    """Adds nothing to vLLM's worker."""
