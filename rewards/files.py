"""Finds functions by name, in a user's own file or in a package, and says where they are.

`path/to/my_rewards.py:brevity` or `rewards.answer.correct`. Whatever is wrong with the name or the file is one
sentence that says where: file and line of the mistake, or the names that are there instead.
"""

import difflib
import dis
import hashlib
import importlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Iterable
from functools import lru_cache, partial
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any


@lru_cache(maxsize=64)
def _file(path: Path) -> ModuleType:
    name = f"{path.stem}_{hashlib.blake2b(str(path).encode(), digest_size=6).hexdigest()}"  # no package has it
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        others = [other.name for other in path.parent.glob("*.py")] if path.parent.is_dir() else []
        raise FileNotFoundError(f"no Python file {path}{near(path.name, others)}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))  # a file may import its neighbours, as a script may
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def near(name: str, names: Iterable[str]) -> str:
    """`; did you mean brevity?`, or nothing where no name is like it."""
    found = difflib.get_close_matches(name, names, 1)
    return f"; did you mean {found[0]}?" if found else ""


def load_function(name: str) -> Callable[..., Any]:
    """A function by `path/to/file.py:function` or `package.module.function`. Raises ValueError in one sentence."""
    try:
        is_file = ":" in name
        place, _, attribute = name.rpartition(":" if is_file else ".")
        if not is_file and attribute == "py":
            raise ValueError(f"it names no function: write {name}:FUNCTION, with one of {own_names(name)}")
        module = _file(Path(place).resolve()) if is_file else importlib.import_module(place)
    except (Exception, SystemExit) as error:  # importing runs the user's code, so it may raise anything
        raise ValueError(f"cannot load {name}: {said(error)}") from error
    if not hasattr(module, attribute):
        raise ValueError(
            f"cannot load {name}: {place} has no attribute {attribute!r}{near(attribute, vars(module))}"
            f" It has {names_of(module)}"
        )
    found = getattr(module, attribute)
    if not callable(found):
        raise ValueError(f"cannot load {name}: it is no function, it is {found!r:.80}")
    return found


def own_names(path: str) -> str:
    """The functions of a file, for a sentence."""
    return names_of(_file(Path(path).resolve()))


def names_of(module: ModuleType) -> str:
    """The public functions and classes that a module defines itself, for a sentence."""
    public = {key: value for key, value in vars(module).items() if callable(value) and not key.startswith("_")}
    own = [key for key, value in public.items() if getattr(value, "__module__", "") == module.__name__]
    return ", ".join(own) or "no function at all"


def said(error: BaseException) -> str:
    """What was raised while a file was read, and in which line."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{error.filename}:{error.lineno}: {type(error).__name__}: {error.msg}"
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "importlib" not in f.filename]
    own = [f for f in frames if f.filename != __file__]
    place = f"{own[-1].filename}:{own[-1].lineno}: " if own else ""
    return f"{place}{type(error).__name__}: {error}"


def code_of(function: Any) -> CodeType | None:
    """The code of a function, a method, a partial or a callable object; None where Python has none of it."""
    while isinstance(function, partial):
        function = function.func
    function = inspect.unwrap(function)
    return getattr(function, "__code__", None) or getattr(type(function).__call__, "__code__", None)


def place_of(function: Any) -> str:
    """`my_rewards.py:12`, where a function is defined."""
    code = code_of(function)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else type(function).__name__


def parameters_of(function: Any) -> dict[str, inspect.Parameter]:
    """A function's parameters by name; none where it does not say."""
    try:
        return dict(inspect.signature(function).parameters)
    except ValueError:
        return {}


def takes_any(function: Any) -> bool:
    """Whether it may be called with whatever columns there are."""
    kinds = [parameter.kind for parameter in parameters_of(function).values()]
    return not kinds or inspect.Parameter.VAR_KEYWORD in kinds


def takes(function: Any, key: str) -> bool:
    """Whether an argument does anything: it is a parameter, or the function reads its `**columns`."""
    parameters = parameters_of(function)
    variable = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    if key in parameters and parameters[key].kind not in variable:
        return True
    rest = [name for name, p in parameters.items() if p.kind is inspect.Parameter.VAR_KEYWORD]
    code = code_of(function)
    if not parameters or code is None:
        return True
    return (
        any(i.argval == rest[0] for i in dis.get_instructions(code) if i.opname.startswith("LOAD")) if rest else False
    )
