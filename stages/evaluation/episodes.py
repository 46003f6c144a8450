"""Rows with an environment, played for several turns by the code that plays them in training (`stages/play.py`).

A benchmark may say `max_turns`, the policy's messages of one episode at most, the answer included (one more than
training's `max_tool_calling_iterations`); `max_tokens` and
`max_length` cover all turns and what the environment says between them. The row's verifier judges the last
message; where it is `environment`, the world that the episode has left.
"""

from collections.abc import Sequence
from typing import Any

from rewards.answer import NO_RESPONSE
from rewards.response import split_thinking
from stages import chat, data, play
from stages.command import RecipeError
from stages.environments.bounded import Bounded
from stages.sampling import Completion, Sampler
from verifiers import Verdict

MAX_TURNS = 8
UNPLAYED = ("judge", "preference")  # who judges these is not asked here


def check(rows: Sequence[data.Row]) -> None:
    """Raises RecipeError for rows that this evaluation could not judge, or not play, before anything is sampled."""
    for row in rows:
        if row["verifier"] in UNPLAYED:
            raise RecipeError(
                f"row {row.get('id')} has the verifier {row['verifier']}: an evaluation asks verifiers and"
                " environments alone; leave such rows out of its benchmarks"
            )
        if row["verifier"] == "environment" and not row.get("environment"):
            raise RecipeError(f"row {row.get('id')} has the verifier environment and names no environment")
        play.check(row)


def played(
    sampler: Sampler,
    rows: Sequence[data.Row],
    modes: Sequence[str],
    max_tokens: int,
    settings: dict[str, dict[str, float]],
    max_turns: int | None,
) -> list[play.Episode]:
    """One episode for each row (its tools in the prompt already), in its mode."""
    longest = sampler.llm.llm_engine.model_config.max_model_len
    episodes = []
    for row, mode in zip(rows, modes, strict=True):
        ids = chat.prompt_ids(sampler.tokenizer, row["prompt"], mode != "non_thinking")
        world = Bounded(row) if row.get("environment") else None
        episodes.append(play.Episode(ids, world, mode != "non_thinking", min(max_tokens, longest - len(ids))))
    mode_of = dict(zip(map(id, episodes), modes, strict=True))

    def ask(asked: list[play.Episode]) -> play.Turns:
        prompts, rooms = [one.prompt + one.ids for one in asked], [one.room for one in asked]
        written = sampler.go_on(prompts, [mode_of[id(one)] for one in asked], rooms, settings)
        return [(ids, None) for ids in written]

    play.play(ask, episodes, sampler.tokenizer, (max_turns or MAX_TURNS) - 1)
    return episodes


def completion(episode: play.Episode, end: Sequence[int]) -> Completion:
    """The answer of an episode, with the policy's own tokens of all turns counted."""
    finished = bool(episode.ids) and episode.ids[-1] in end
    return Completion(episode.messages[-1]["content"], sum(episode.mask), finished)


def verdict(episode: play.Episode, verifier: str) -> Verdict | None:
    """The world's verdict, or its outage; None where the row's verifier is to be asked."""
    if episode.world is None:
        return None
    if episode.world.ended and episode.world.ended.score is None:
        return episode.world.ended
    if verifier != "environment":
        return None
    response = split_thinking(episode.messages[-1]["content"]).response
    return NO_RESPONSE if response is None else episode.world.verdict(response)


def told(row: data.Row, episode: play.Episode) -> dict[str, Any]:
    """What a sample says of its episode: the whole dialogue, and how its calls went."""
    if episode.world is None:
        return {}
    counts = {"calls": episode.world.calls, "failed_calls": episode.world.failures}
    return {"environment": row["environment"], "dialogue": [*row["prompt"], *episode.messages], **counts}
