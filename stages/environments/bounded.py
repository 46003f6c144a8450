"""One episode in an environment, with a limit on everything that a policy may ask of it.

A call that is wrong in any way (no such tool, arguments missing, of another type or too long, NaN, half a character,
whatever the tool raises, SystemExit too) is observed as one line, `error: ...`. A call that runs over its time ends the
episode's world: later calls and the state's verdict say so, and since every episode has an instance of its own, what
goes on running changes nothing that anybody looks at.
"""

import asyncio
import copy
import ctypes
import inspect
import json
import re
import typing
from collections.abc import Callable
from threading import Thread
from types import NoneType, UnionType
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError

from stages.command import RecipeError
from stages.environments import kind_of, tool_names
from verifiers import Verdict
from verifiers.custom import as_verdict
from verifiers.verdict import Unavailable

SECONDS = 30.0  # of one call; a program in the sandbox ends long before
CALLS = 32  # of one episode
ARGUMENTS = 20_000  # characters of one call, as JSON
OBSERVATION = 2_000  # characters
KINDS = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    list: "a list",
    dict: "an object",
    NoneType: "null",
}
MARKS = re.compile(r"<(?=\||/?think>|/?tool_)")  # what the chat format gives a meaning
TIMEOUT, OUTAGE = Verdict(0.0, "timeout"), Verdict(None, "unavailable")


class Bounded:
    """A new instance of the row's environment. Raises RecipeError where the row cannot be played.

    `calls` and `failures` are counted; `ended` is why the world is over, None while it is not: TIMEOUT, or OUTAGE
    where a tool's sandbox is down, which is nobody's mistake.
    """

    def __init__(self, row: dict[str, Any], seconds: float = SECONDS, max_calls: int = CALLS) -> None:
        self.name, self.seconds, self.max_calls = row["environment"], seconds, max_calls
        self.calls = self.failures = 0
        self.ended: Verdict | None = None
        try:
            kind = kind_of(self.name)
            self.tools = tool_names(kind)
            self.world = kind()
            own_limit: Any = getattr(self.world, "seconds", 0.0)
            self.seconds = max(seconds, own_limit() if callable(own_limit) else own_limit)
            own = copy.deepcopy(row)  # an episode may change what it was given
            within(self.seconds, lambda: self.world.reset(**own))
        except Exception as error:  # a user's class may raise anything
            raise RecipeError(f"row {row.get('id')}, environment {self.name}: {said(error)}") from error
        if row.get("verifier") == "environment" and not hasattr(self.world, "verdict"):
            raise RecipeError(f"row {row.get('id')}: environment {self.name} has no verdict: name another verifier")

    def call(self, name: Any, arguments: Any) -> str:
        """What is observed after a call."""
        observation = self._answer(name, arguments)
        self.calls += 1
        self.failures += observation.startswith("error: ")
        return observation

    def verdict(self, response: str) -> Verdict:
        """The environment's verdict (a number from 0 to 1, a bool or a Verdict) on the state that the episode has left;
        a timeout is wrong, an outage None. Raises RecipeError for anything else, and what else it raises."""
        if not self.ended:
            try:
                found = within(self.seconds, lambda: self.world.verdict(response))
                return self._as_verdict(found)
            except (Overrun, Unavailable) as error:
                self.ended = TIMEOUT if isinstance(error, Overrun) else OUTAGE
        return self.ended

    def _as_verdict(self, found: object) -> Verdict:
        try:
            return as_verdict(found)
        except ValueError as error:
            raise RecipeError(f"environment {self.name}: its verdict {error}") from error

    def _answer(self, name: Any, arguments: Any) -> str:
        if self.ended:
            return "error: nothing answers any more"
        if self.calls >= self.max_calls:
            return "error: no calls are left"
        if name not in self.tools:
            return shown_error(f"no tool {name}, only {', '.join(self.tools)}")
        tool = getattr(self.world, name)
        try:
            if wrong := misfit(tool, arguments):
                return shown_error(wrong)
            return shown(within(self.seconds, lambda: str(finished(tool(**arguments)))))
        except Overrun:
            self.ended = TIMEOUT
            return "error: the call took too long"
        except Unavailable:
            self.ended = OUTAGE
            return "error: the tool is not available"
        except BaseException as error:  # a tool may raise SystemExit
            if isinstance(error, KeyboardInterrupt):
                raise
            return shown_error(said(error))


def finished(returned: Any) -> Any:
    """What a tool returned; of an async one, what it comes to."""
    return asyncio.run(returned) if inspect.iscoroutine(returned) else returned


class Overrun(Exception):
    """A call ran over its time."""


def within(seconds: float, function: Callable[[], Any]) -> Any:
    """The function's value, from a thread of its own. Raises what it raises, or Overrun; its thread is then told to
    end, which Python code does at its next step."""
    ended: list[tuple[Any, BaseException | None]] = []

    def run() -> None:
        try:
            ended.append((function(), None))
        except BaseException as error:  # handed to whoever waits
            ended.append((None, error))

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if not ended:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(SystemExit))
        raise Overrun(f"took over {seconds} s")
    value, error = ended[0]
    if error is not None:
        raise error
    return value


def misfit(tool: Callable[..., Any], arguments: Any) -> str | None:
    """Why a tool cannot be called with these arguments, or None."""
    if not isinstance(arguments, dict):
        return "the arguments are no object"
    try:
        size = len(json.dumps(arguments, allow_nan=False, ensure_ascii=False).encode())
    except (ValueError, TypeError, RecursionError):  # NaN, half a character, too deep
        return "the arguments are no plain JSON"
    if size > ARGUMENTS:
        return "the arguments are too long"
    try:
        inspect.signature(tool).bind(**arguments)
    except TypeError as error:
        return str(error)
    hints = typing.get_type_hints(tool)
    wrong = [name for name, value in arguments.items() if not fits(value, hints.get(name, Any))]
    return f"{wrong[0]} must be {wanted(hints[wrong[0]])}" if wrong else None


def fits(value: Any, hint: Any) -> bool:
    """Whether a JSON value is of this type; a whole number is a number, true is neither."""
    try:
        TypeAdapter(hint).validate_json(json.dumps(value), strict=True)
    except PydanticSchemaGenerationError:  # a class that pydantic does not know: the tool itself may look
        return True
    except ValidationError:
        return False
    return True


def wanted(hint: Any) -> str:
    """A type in words: `a whole number or null`."""
    parts = typing.get_args(hint)
    if typing.get_origin(hint) is typing.Literal:
        return " or ".join(map(repr, parts))
    if typing.get_origin(hint) in (typing.Union, UnionType):
        return " or ".join(map(wanted, parts))
    return KINDS.get(typing.get_origin(hint) or hint, str(hint))


def said(error: BaseException) -> str:
    """An exception as a person would say it."""
    text = str(error).strip()
    return text if text and isinstance(error, ValueError) else ": ".join(filter(None, (type(error).__name__, text)))


def shown(text: str) -> str:
    """An observation: of limited length, plain Unicode, and without the marks of the chat format."""
    text = MARKS.sub("< ", text.encode("utf-8", "replace").decode()).strip()
    return text if len(text) <= OBSERVATION else f"{text[:OBSERVATION]} ..."


def shown_error(text: str) -> str:
    """One line."""
    return shown(f"error: {' '.join(text[:OBSERVATION].split())}")
