"""Stage 4, general RL (report, section 4.4): GRPO over many tasks, in both modes.

    python -m stages.general_rl.train --config recipes/tiny/4_general_rl.yaml

Every row's verifier judges its response; following the mode that was asked for is a reward of its own.
Trains the checkpoint of mode fusion on `<output_dir>/data/train.jsonl` (stages.general_rl.curate) and
leaves a complete checkpoint with its manifest in `output_dir`. Finished, it is skipped; killed, it goes on
from its last checkpoint.
"""

from stages import command, grpo


def main(argv: list[str] | None = None) -> None:
    """Runs the stage."""
    grpo.run("general_rl", argv)


if __name__ == "__main__":
    command.run(main)
