"""Stage 1, long-CoT cold start (report, section 4.1): SFT on a small set of careful thoughts.

    python -m stages.cold_start.train --config recipes/tiny/1_cold_start.yaml

The report wants few samples and few steps here, so that RL keeps room to improve. Trains
`model_name_or_path` on `<output_dir>/data/train.jsonl` (stages.cold_start.curate) and leaves a complete
checkpoint with its manifest in `output_dir`. Finished, it is skipped; killed, it goes on from its last
checkpoint. Every key of TRL's SFTConfig and ModelConfig may stand in the recipe or as a flag.
"""

from stages import command, sft


def main(argv: list[str] | None = None) -> None:
    """Runs the stage."""
    sft.run("cold_start", argv)


if __name__ == "__main__":
    command.run(main)
