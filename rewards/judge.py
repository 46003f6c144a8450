"""Does the response reach the reference's answer? A model is asked (report, section 4.4: reward with a reference).

    rewards:
      - {fn: rewards.judge.judged, weight: 1.0, base_url: "http://localhost:8001/v1", model: Qwen/Qwen3-8B}

For rows whose `verifier` is `judge`; all others get None. What the judge is asked is in `judge.txt` (`prompt: FILE`
is one's own), why it is hard to talk to in `judge_prompt.py`. An unfinished thought and an empty response are 0.0
without asking. A judge that is away, or writes anything but a verdict, gives None, never 0. Before it is trusted with
a run, `python -m rewards.calibrate` measures how well it agrees with labels.
"""

import asyncio
import warnings
from collections.abc import Callable
from statistics import fmean
from typing import Any, NamedTuple

from rewards import judge_cache
from rewards.judge_client import Server, ask_all
from rewards.judge_prompt import NUMBER, YES_OR_NO, load_template, question_of, render, score_of, visible
from rewards.loader import RewardError
from rewards.response import split_thinking, text_of
from rewards.servers import checked_url, key_in


class Judgement(NamedTuple):
    """`score` is 0 to 1 or None; `reason` one of judged, no_response, unparsable, unanswered."""

    score: float | None
    reason: str


NO_RESPONSE = Judgement(0.0, "no_response")
UNANSWERED = Judgement(None, "unanswered")
OUTAGES = ("unanswered", "unparsable")


class judged:  # named as its curve and its line in a recipe are
    """The reward. Raises RewardError for what a recipe can mend.

    With `base_url` the judge is a server: `model` its name there, `api_key_env` the variable with its key,
    `concurrency` the requests at a time of each training process, `timeout` the seconds for one, `patience` those
    without any answer after which the rest of a batch is None. `parameters` are further keys of a request; a Qwen3
    judges without a thought by {extra_body: {chat_template_kwargs: {enable_thinking: false}}}. Replies are kept in
    the file `cache`, by model name and prompt: give different models different names.
    Without `base_url`, `model` is a folder, and the model is asked in this process (`local.py`).
    `accept` makes the score binary: 1.0 from there on. Of each part of the prompt `max_bytes` are shown.
    """

    def __init__(
        self,
        model: str,
        base_url: str | None = None,
        api_key_env: str | None = None,
        concurrency: int = 16,
        timeout: float = 120.0,
        patience: float = 600.0,
        cache: str | None = None,
        prompt: str | None = None,
        accept: float | None = None,
        max_bytes: int = 16_000,
        parameters: dict[str, Any] | None = None,
    ) -> None:
        if accept is not None and not 0 < accept <= 1:
            raise RewardError(f"accept is a score above 0 and up to 1, not {accept}")
        if concurrency < 1 or max_bytes < 100 or timeout <= 0:
            raise RewardError("a judge wants concurrency of at least 1, max_bytes of at least 100, a timeout above 0")
        key = key_in(api_key_env)
        self.server = (
            Server(checked_url(base_url), model, key, concurrency, timeout, patience, parameters) if base_url else None
        )
        self.model = model
        if self.server is None:
            from rewards import local  # torch, which a server's judge need not wait for

            local.folder(model)
        self.cache, self.accept, self.max_bytes = cache, accept, max_bytes
        self.template = load_template(prompt)

    async def __call__(
        self,
        completions: list[Any],
        prompts: list[Any],
        verifier: list[str],
        reference: list[str],
        task: list[str | None] | None = None,
        domain: list[str | None] | None = None,
        log_metric: Callable[[str, float], None] | None = None,
        **columns: Any,
    ) -> list[float | None]:
        """A score from 0 to 1 for each completion, or None. Logs `accuracy/<task>`, the mean score of a task (where
        a row has none, of its domain), and how many rows were `judge/unanswered` and `judge/unparsable`."""
        mine = [i for i, name in enumerate(verifier) if name == "judge"]
        responses = {i: split_thinking(text_of(completions[i])).response or "" for i in mine}
        asked = [(question_of(prompts[i]), reference[i], responses[i]) for i in mine]
        judgements = dict(zip(mine, await self.judgements(asked), strict=True))
        if log_metric and mine:
            absent = [None] * len(completions)
            names = {i: (task or absent)[i] or (domain or absent)[i] for i in mine}
            log(judgements, names, log_metric)
        return [judgements[i].score if i in judgements else None for i in range(len(completions))]

    async def judgements(self, parts: list[tuple[str, str, str]]) -> list[Judgement]:
        """One for each (question, reference, visible response); a repeated one is asked once, one in which there is
        nothing to see not at all. Raises RewardError."""
        form = NUMBER if self.server else YES_OR_NO
        seen = {part: render(self.template, *part, form, self.max_bytes) for part in parts if visible(part[2]).strip()}
        unique = list(dict.fromkeys(seen.values()))
        judging = self.by_server(self.server, unique) if self.server else asyncio.to_thread(self.by_model, unique)
        found = dict(zip(unique, await judging, strict=True))
        return [self.accepted(found[seen[part]]) if part in seen else NO_RESPONSE for part in parts]

    def accepted(self, judgement: Judgement) -> Judgement:
        """The same with a binary score, if `accept` asks for that."""
        if self.accept is None or judgement.score is None:
            return judgement
        return judgement._replace(score=float(judgement.score >= self.accept))

    async def by_server(self, server: Server, texts: list[str]) -> list[Judgement]:
        """The server's, or the cache's."""
        identity = [server.model, server.settings]
        keys = [judge_cache.key_of(identity, text) for text in texts]
        with judge_cache.opened(self.cache) as connection:
            known = judge_cache.find(connection, keys)
            new = [i for i, key in enumerate(keys) if key not in known]
            replies, error = await ask_all(
                server, [texts[i] for i in new], lambda n, reply: judge_cache.keep(connection, keys[new[n]], reply)
            )
        known |= {keys[i]: reply for i, reply in zip(new, replies, strict=True) if reply}
        if None in replies:
            warnings.warn(
                f"judge {server.model}: {replies.count(None)} of {len(texts)} responses stay unjudged: {error}",
                RuntimeWarning,
                stacklevel=2,
            )
        found = [judgement_of(known.get(key)) for key in keys]
        if strange := [key for key, one in zip(keys, found, strict=True) if one.reason == "unparsable"]:
            warnings.warn(
                f"judge {server.model}: {len(strange)} of {len(texts)} replies end with no verdict, such as"
                f" {known[strange[0]].text[-80:]!r}",
                RuntimeWarning,
                stacklevel=2,
            )
        return found

    def by_model(self, texts: list[str]) -> list[Judgement]:
        """The local model's."""
        from rewards import local

        scores = local.yes(local.folder(self.model), texts)
        return [UNANSWERED if score is None else Judgement(score, "judged") for score in scores]


def judgement_of(reply: Any) -> Judgement:
    """What a reply comes to."""
    if reply is None:
        return UNANSWERED
    score = score_of(reply)
    return Judgement(score, "unparsable" if score is None else "judged")


def log(
    judgements: dict[int, Judgement], names: dict[int, str | None], log_metric: Callable[[str, float], None]
) -> None:
    """The reward's metrics; `names` are the rows' tasks or domains."""
    reasons = [judgement.reason for judgement in judgements.values()]
    for reason in OUTAGES:
        log_metric(f"judge/{reason}", float(reasons.count(reason)))
    for name in sorted({name for name in names.values() if name}):
        scores = [j.score for i, j in judgements.items() if names[i] == name and j.score is not None]
        if scores:
            log_metric(f"accuracy/{name}", fmean(scores))
