"""What a server's engine processes import: `vllm serve ... --worker-extension-cls stages.vllm_worker.BudgetRepair`.

Importing it repairs the thinking budget of vLLM's first model runner (see stages/budget.py), which is a CPU's. vLLM
imports the class in each worker before it makes the runner. A GPU's runner has no need of it, and takes no harm.
"""

from stages import budget

budget.install()


class BudgetRepair:
    """Adds nothing to vLLM's worker."""
