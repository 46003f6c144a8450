"""Stage 3, thinking-mode fusion (report, section 4.3): SFT on thinking and non-thinking rows together.

    python -m stages.mode_fusion.train --config recipes/tiny/3_mode_fusion.yaml

Trains the checkpoint of reasoning RL on `<output_dir>/data/train.jsonl` (stages.mode_fusion.curate) and
leaves a complete checkpoint with its manifest in `output_dir`. Finished, it is skipped; killed, it goes on
from its last checkpoint. Every key of TRL's SFTConfig and ModelConfig may stand in the recipe or as a flag.
"""

from stages import command, sft


def main(argv: list[str] | None = None) -> None:
    """Runs the stage."""
    sft.run("mode_fusion", argv)


if __name__ == "__main__":
    command.run(main)
