"""The one installed package that a program may import, in both sandboxes of this machine, and that it is the one."""

import importlib.util
import json
import os
import pkgutil
import sys
from pathlib import Path

import pytest

from verifiers import code, languages, namespaces, sandbox
from verifiers.verdict import Unavailable

SORTED = "from sortedcontainers import SortedDict, SortedList, SortedSet\n"
INSTALLED = Path(importlib.util.find_spec("pytest").origin).parents[1]
FIND = """
import importlib.util
print([name for name in input().split() if importlib.util.find_spec(name)])
"""
LOOK = """
import glob, os
libraries = ["/lib", "/lib64", "/usr/lib", "/usr/lib64", os.path.dirname(os.path.dirname(os.__file__))]
places = [place for library in libraries for place in glob.glob(library + "/python3*/*-packages")]
places += [library + "/node_modules" for library in libraries]
print([name for place in places if os.path.isdir(place) for name in os.listdir(place)], os.listdir("/packages"))
"""


@pytest.fixture(params=["namespaces", "process"])
def mode(request, monkeypatch):
    monkeypatch.setenv("FOURSTAGE_SANDBOX", request.param)
    try:
        printed("print(1)")
    except Unavailable as error:
        pytest.skip(str(error))
    return request.param


def script(program: str, stdin: str = ""):
    return sandbox.run_script(program, stdin, time_limit_s=5, memory_mb=512)


def printed(program: str, stdin: str = "") -> str:
    run = script(program, stdin)
    assert run.outcome == "ok", run
    return run.stdout.strip()


def judge(program: str, reference: dict):
    return code.check(f"```python\n{program}\n```", json.dumps(reference))


def test_programs_of_every_kind_import_sortedcontainers(mode):
    stdio = {"kind": "stdio", "cases": [{"stdin": "3 1 2", "stdout": "1 2 3"}]}
    assert judge(SORTED + "print(*SortedList(map(int, input().split())))", stdio) == (1.0, "correct")
    function = {"kind": "function", "entry_point": "f", "cases": [{"args": [[3, 1, 1]], "expected": [1, 3]}]}
    assert judge(SORTED + "def f(x): return list(SortedSet(x))", function) == (1.0, "correct")
    asserts = {"kind": "asserts", "asserts": ["assert f({3: 1, 2: 5}) == [2, 3]"]}
    assert judge(SORTED + "def f(x): return list(SortedDict(x))", asserts) == (1.0, "correct")


def test_nothing_else_that_is_installed_can_be_imported(mode):
    names = {module.name for module in pkgutil.iter_modules([str(INSTALLED)])} - sys.stdlib_module_names
    assert {"torch", "numpy", "pytest", "sortedcontainers"} <= names
    assert printed(FIND, " ".join(sorted(names))) == "['sortedcontainers']"
    assert script("import torch").outcome == "crashed"


def test_the_folder_holds_the_package_alone(mode):
    folder = printed("import sys; print(sys.path[-1])")
    assert printed("import os, sys; print(os.listdir(sys.path[-1]))") == "['sortedcontainers']"
    assert not os.path.exists(folder)


def test_the_package_is_read_only_and_its_neighbours_are_out_of_sight(monkeypatch):
    monkeypatch.setenv("FOURSTAGE_SANDBOX", "namespaces")
    write = "import sortedcontainers as s\ntry: open(s.__file__, 'a')\nexcept OSError as e: print(e.errno in (13, 30))"
    assert printed(write) == "True"
    assert printed(LOOK) == "[] ['sortedcontainers']"
    poison = "import sortedcontainers; sortedcontainers.SortedList = list; print(1)"
    assert [printed(poison), printed(SORTED + "print(SortedList([2, 1])[0])")] == ["1", "1"]


def test_without_the_package_programs_run_without_it(mode, monkeypatch):
    monkeypatch.setattr(languages, "OFFERED", ("a_package_that_is_not_installed",))
    try:
        forget()
        assert printed("print(1)") == "1"
        assert script(SORTED).outcome == "crashed"
    finally:
        forget()


def forget() -> None:
    languages.packages.cache_clear()
    namespaces._drop_zygote("python")
