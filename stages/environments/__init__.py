"""Worlds that a policy acts in by calling tools, in training and in evaluation alike (report, section 4.4).

An environment is a class. One instance is one episode: made without arguments, its world is set by
`reset(**row)` from the row's columns, of which `environment_state` (JSON) is its own; its other public methods are
the tools, with typed arguments and a Google docstring, from which the functions that the policy is offered are
made. A tool (async ones too) returns what is observed; what it raises is observed as `error: ...`. Where the state at
the end is what counts, `verdict(response)` judges it: a number from 0 to 1, a bool or a Verdict. The limits on every
call are in `bounded.py`; `seconds`, a number or a method, raises a class's own.

A row names its environment in the column `environment`: one of ENVIRONMENTS, or `path/to/file.py:Class`.
"""

import inspect
from typing import Any

from transformers.utils import get_json_schema

from rewards.loader import load_function
from stages.environments.calculator import Calculator
from stages.environments.desk import Desk
from stages.environments.documents import Documents
from stages.environments.python import Python

ENVIRONMENTS: dict[str, type] = {"calculator": Calculator, "python": Python, "documents": Documents, "desk": Desk}
NO_TOOLS = ("reset", "verdict", "seconds")


def kind_of(name: str) -> type:
    """An environment's class by its name. Raises ValueError in a sentence."""
    if name in ENVIRONMENTS:
        return ENVIRONMENTS[name]
    if ":" not in name:
        raise ValueError(f"there is no environment {name}: use {', '.join(ENVIRONMENTS)}, or path/to/file.py:Class")
    kind: Any = load_function(name)
    if not inspect.isclass(kind) or not callable(getattr(kind, "reset", None)) or not tool_names(kind):
        raise ValueError(f"{name} is no environment: it must be a class with reset(**row) and a public method")
    return kind


def tool_names(kind: type) -> list[str]:
    """Names of a class's tools, in the order of the alphabet."""
    methods = inspect.getmembers(kind, inspect.isfunction)
    return [name for name, _ in methods if not name.startswith("_") and name not in NO_TOOLS]


def functions(kind: type) -> list[dict[str, Any]]:
    """The functions that are offered to the policy, as a row's `tools`. Raises ValueError in a sentence."""
    instance = kind()
    try:
        offered = [get_json_schema(getattr(instance, name)) for name in tool_names(kind)]
    except Exception as error:  # the library's own kinds of error derive from nothing narrower
        raise ValueError(f"environment {kind.__name__}: {str(error).splitlines()[0]}") from error
    for one in offered:
        one["function"].pop("return", None)  # always text
    return offered
