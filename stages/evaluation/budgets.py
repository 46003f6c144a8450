"""Accuracy against the thinking budget (report, Figure 2): the same problems, their thoughts ended ever later.

A benchmark of this kind names its `budgets` in tokens, `null` for none. For each: accuracy in the thinking mode with
its 95% interval, `reached` (thoughts that the budget ended), and `complete`: of those, the responses that went on to a
whole answer. Budgets are not trained for: what comes is what the model makes of a thought that was cut.
"""

from typing import Any

from stages import budget, chat, data
from stages.command import RecipeError
from stages.evaluation import benchmarks
from stages.evaluation.benchmarks import Result, result
from stages.sampling import Sampler

NO_ANSWER = ("no_answer", "unparsable")  # verdicts on a response that ends, and answers nothing
BUDGETS = (0, 32, 64, 128, 256, 512, 1024, None)


def run(sampler: Sampler, spec: dict[str, Any], defaults: dict[str, Any]) -> tuple[list[Result], list[dict[str, Any]]]:
    """Results and samples of every budget. The words that end a thought are not counted against max_tokens."""
    rows = data.load_rows(spec["datasets"], ("prompt", "verifier", "reference"))
    if any(row.get("environment") for row in rows):
        raise RecipeError(f"benchmark {spec['name']}: thinking_budget asks once, and these rows have an environment")
    prompts = [chat.with_tools(sampler.tokenizer, row["prompt"], row.get("tools")) for row in rows]
    count = spec.get("num_samples", defaults["num_samples"])
    most = defaults["max_tokens"] + len(budget.end_ids(sampler.tokenizer))
    results, samples = [], []
    for number in spec.get("budgets", BUDGETS):
        own = {} if number is None else {"thinking_token_budget": number}
        settings = defaults["sampling"] | {"thinking": defaults["sampling"]["thinking"] | own}
        completions = sampler.sample(prompts, ["thinking"] * len(rows), count, most, settings)
        groups = [benchmarks.judge(row, "thinking", of_row) for row, of_row in zip(rows, completions, strict=True)]
        benchmarks.add_verdicts([(row, sample) for row, group in zip(rows, groups, strict=True) for sample in group])
        name = "unlimited" if number is None else str(number)
        results += results_of(spec["name"], name, groups)
        samples += [{"benchmark": spec["name"], "thinking_budget": number, **s} for group in groups for s in group]
    return results, samples


def results_of(benchmark: str, name: str, groups: list[list[dict[str, Any]]]) -> list[Result]:
    """Accuracy, the share of thoughts that the budget ended, and of those the share with a complete answer."""
    judged = [[sample["score"] for sample in group if sample["score"] is not None] for group in groups]
    reached = [[float(budget.END in sample["text"]) for sample in group] for group in groups]
    complete = [[float(is_complete(s)) for s in group if budget.END in s["text"]] for group in groups]
    found = [
        result(benchmark, "thinking", f"accuracy/{name}", judged),
        result(benchmark, "thinking", f"reached/{name}", reached),
    ]
    lengths = [sample["num_tokens"] for group in groups for sample in group]
    found[0]["mean_tokens"] = round(sum(lengths) / len(lengths), 1)
    if any(complete):
        found.append(result(benchmark, "thinking", f"complete/{name}", [group for group in complete if group]))
    return found


def is_complete(sample: dict[str, Any]) -> bool:
    """Whether a response ended by itself and holds an answer, right or wrong, that its verifier can read."""
    return sample["answered"] and sample["reason"] not in NO_ANSWER
