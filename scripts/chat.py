"""Talks to a checkpoint of any stage, or to a server that has one.

    python -m scripts.chat runs/tiny/4_general_rl
    python -m scripts.chat runs/tiny/4_general_rl --thinking_budget 32
    python -m scripts.chat runs/tiny/4_general_rl --no_think
    python -m scripts.chat Qwen/Qwen3-8B --base_url http://localhost:8000/v1

Thoughts are shown dimmed, as they come. A turn may ask for its mode itself (`/think`, `/no_think`: the last one
rules); --no_think is the hard switch for all turns. A thought that reaches the budget is ended in the report's words.
With --base_url the model is the server's (`vllm serve`, see README.md), and nothing is loaded here. Settings are the
report's (section 4.6) unless flags say otherwise. `/reset` begins anew, an empty line or ctrl-D ends.
"""

import argparse
import random
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from rich.console import Console

from rewards.response import THINK_END, THINK_START
from stages import command
from stages.command import RecipeError

Said = Iterator[tuple[bool, str]]  # (is it part of the thought?, text), as it comes


def marked(deltas: Iterable[str]) -> Said:
    """Parts of a raw text as it comes, each said to be of the thought or of the response. The marks themselves, which
    a model writes as one token each, are left out; only the first thought is one."""
    is_thought = has_ended = False
    for delta in deltas:
        for mark in (THINK_START, THINK_END):
            before, found, after = delta.partition(mark)
            if found and not has_ended:
                yield is_thought, before
                is_thought, has_ended, delta = mark == THINK_START, mark == THINK_END, after
        yield is_thought, delta


class Checkpoint:
    """A model in this process."""

    def __init__(self, options: argparse.Namespace) -> None:
        from stages.sampling import Sampler

        self.sampler, self.options = Sampler(options.model, options.max_length, max_num_seqs=1), options

    def say(self, messages: list[dict]) -> Said:
        """The answer to a dialogue."""
        mode, settings = settings_of(self.options)
        return marked(self.sampler.deltas(messages, mode, self.options.max_tokens, settings))


class Server:
    """A model behind OpenAI's protocol."""

    def __init__(self, options: argparse.Namespace) -> None:
        from stages.endpoint import Endpoint

        own = {"api_key_env": options.api_key_env, "tokenizer": options.tokenizer}
        self.endpoint, self.options = Endpoint(options.base_url, options.model, **own), options

    def say(self, messages: list[dict]) -> Said:
        """The answer to a dialogue; as a whole where it takes two calls."""
        from stages import sampling

        mode, settings = settings_of(self.options)
        if self.options.tokenizer and "thinking_token_budget" in settings:
            asked = sampling.Request(messages, mode, self.options.max_tokens, settings, random.getrandbits(31))
            return marked([self.endpoint.ask(asked).text])
        return marked(self.endpoint.deltas(messages, mode, self.options.max_tokens, settings))


def settings_of(options: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    """The mode, and vLLM's sampling parameters."""
    from stages.sampling import SAMPLING

    mode = "non_thinking" if options.no_think else "thinking"
    given = {name: getattr(options, name) for name in ("temperature", "top_p", "top_k")}
    settings = SAMPLING[mode] | {name: value for name, value in given.items() if value is not None}
    if options.thinking_budget is not None and not options.no_think:
        settings["thinking_token_budget"] = options.thinking_budget
    return mode, settings


def tidied(said: Said) -> Said:
    """Without the line breaks around thought and response, which stand a blank line apart; an empty thought is none."""
    part, held, is_first, is_begun = False, "", True, False
    for is_thought, text in said:
        if is_thought is not part:
            part, held, is_begun = is_thought, "", False
        whole = held + text if is_begun else text.lstrip("\n")
        body = whole.rstrip("\n")
        held = whole[len(body) :]
        if body:
            yield is_thought, body if is_begun or is_first else f"\n\n{body}"
            is_first, is_begun = False, True


def show(console: Console, said: Said) -> str:
    """Prints an answer as it comes; gives the response back, as it stands in the dialogue."""
    response = ""
    for is_thought, text in tidied(said):
        response += "" if is_thought else text
        console.print(text, end="", style="dim" if is_thought else None, markup=False, highlight=False, soft_wrap=True)
    console.print()
    return response.strip()


def talk(speaker: Checkpoint | Server, console: Console) -> None:
    """Turn by turn, until an empty line."""
    messages: list[dict] = []
    while line := ask(console):
        if line == "/reset":
            messages = []
            continue
        messages.append({"role": "user", "content": line})
        messages.append({"role": "assistant", "content": show(console, speaker.say(messages))})


def ask(console: Console) -> str:
    """The next line; empty at the end."""
    if sys.stdin.isatty():
        console.print("[bold]>[/bold] ", end="")
    return sys.stdin.readline().strip()


def main(argv: list[str] | None = None) -> None:
    """Loads the model or reaches the server, and talks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--base_url", help="of a server that speaks OpenAI's protocol")
    parser.add_argument("--api_key_env", default="", help="the variable that holds the server's key")
    parser.add_argument(
        "--tokenizer", help="the model's, for a server without vLLM's thinking budget: two calls a turn"
    )
    parser.add_argument("--no_think", action="store_true", help="the hard switch: no thoughts in any turn")
    parser.add_argument("--thinking_budget", type=int, help="tokens of a thought; 0 is allowed")
    parser.add_argument("--max_tokens", type=int, default=2048)
    parser.add_argument("--max_length", type=int, default=8192, help="tokens of the whole dialogue")
    parser.add_argument("--temperature", type=float)
    parser.add_argument("--top_p", type=float)
    parser.add_argument("--top_k", type=int)
    options = parser.parse_args(argv)
    if (options.thinking_budget or 0) < 0:
        raise RecipeError("--thinking_budget is a number of tokens, 0 or more")
    with suppress(KeyboardInterrupt):
        talk(Server(options) if options.base_url else Checkpoint(options), Console())


if __name__ == "__main__":
    command.run(main)
