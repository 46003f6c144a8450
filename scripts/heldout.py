"""Held-out accuracy in the middle of an RL run, by the run's own sampler."""

from typing import Any

from rewards.answer import verdicts
from stages import chat, data
from stages.sampling import SAMPLING


def accuracy(trainer: Any, problems: list[data.Row], seed: int = 0) -> float:
    """Share of the problems that the trainer's model solves in the thinking mode, one answer each."""
    from vllm import SamplingParams

    tokenizer, args = trainer.processing_class, trainer.args
    trainer.vllm_generation.sync_weights()
    sampling = SamplingParams(
        max_tokens=args.max_completion_length,
        seed=seed,
        stop_token_ids=chat.stop_token_ids(tokenizer),
        **SAMPLING["thinking"],
    )
    prompts = [{"prompt_token_ids": chat.prompt_ids(tokenizer, row["prompt"])} for row in problems]
    outputs = trainer.vllm_generation.llm.generate(prompts, sampling, use_tqdm=False)
    texts = [tokenizer.decode(output.outputs[0].token_ids, skip_special_tokens=True) for output in outputs]
    judged = verdicts(texts, [row["verifier"] for row in problems], [row["reference"] for row in problems])
    return sum(verdict.score == 1.0 for verdict in judged) / len(problems)
