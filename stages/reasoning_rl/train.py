"""Stage 2, reasoning RL (report, section 4.2): GRPO on hard problems with verifiers.

    python -m stages.reasoning_rl.train --config recipes/tiny/2_reasoning_rl.yaml

Rollouts come from vLLM in this process. Trains the cold start's checkpoint on
`<output_dir>/data/train.jsonl` (stages.reasoning_rl.curate) and leaves a complete checkpoint with its
manifest in `output_dir`. Finished, it is skipped; killed, it goes on from its last checkpoint. Every key of
TRL's GRPOConfig and ModelConfig may stand in the recipe or as a flag. The report names neither learning
rate nor batch size: ours are this project's own choice.
"""

from stages import command, grpo


def main(argv: list[str] | None = None) -> None:
    """Runs the stage."""
    grpo.run("reasoning_rl", argv)


if __name__ == "__main__":
    command.run(main)
