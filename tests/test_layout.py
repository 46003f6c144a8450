"""The shape of the tree: our packages win over PyPI's, imports run one way, files and functions are small."""

import ast
import importlib
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("verifiers", "rewards", "stages", "scripts")
FORBIDDEN_IMPORTS = {
    "verifiers": {"rewards", "stages", "scripts", "recipes"},
    "rewards": {"stages", "scripts", "recipes"},
    "stages": {"scripts", "recipes"},
    "scripts": set(),
}
TOP_LEVEL = {
    *PACKAGES,
    *("recipes", "tests"),
    *("README.md", "AGENTS.md", "CHANGELOG.md", "LOG.md", "LICENSE", "NOTICE"),
    *("pyproject.toml", ".ci", ".gitignore", ".gitattributes", ".github", ".pre-commit-config.yaml"),
}
SOURCES = sorted(path for folder in (*PACKAGES, "recipes", "tests") for path in (ROOT / folder).rglob("*.py"))


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported_packages(path: Path) -> set[str]:
    """The top-level names `path` imports, inside functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
    return found


def long_functions(path: Path, limit: int) -> list[str]:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, functions)]
    return [node.name for node in nodes if (node.end_lineno or 0) - node.lineno + 1 > limit]


@pytest.mark.parametrize("package", PACKAGES)
def test_package_is_ours_and_says_what_it_is(package):
    module = importlib.import_module(package)
    assert module.__file__, f"{package} has no __init__.py: PyPI's package of that name would win"
    assert Path(module.__file__).is_relative_to(ROOT)
    assert module.__doc__


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_run_one_way(package):
    sources = list((ROOT / package).rglob("*.py"))
    assert sources
    wrong = {relative(path): imported_packages(path) & FORBIDDEN_IMPORTS[package] for path in sources}
    assert not {path: names for path, names in wrong.items() if names}


def test_files_have_at_most_300_lines():
    lengths = {relative(path): len(path.read_text().splitlines()) for path in SOURCES}
    assert not {path: length for path, length in lengths.items() if length > 300}


def test_train_files_have_under_100_lines():
    lengths = {relative(path): len(path.read_text().splitlines()) for path in ROOT.glob("stages/*/train.py")}
    assert lengths
    assert not {path: length for path, length in lengths.items() if length >= 100}


def test_functions_have_at_most_60_lines():
    found = {relative(path): long_functions(path, 60) for path in SOURCES}
    assert not {path: names for path, names in found.items() if names}


def test_long_functions_are_found(tmp_path):
    source = tmp_path / "long.py"
    source.write_text("async def f():\n" + "    x = 1\n" * 60 + "def g():\n" + "    x = 1\n" * 59)
    assert long_functions(source, 60) == ["f"]


def test_nothing_else_at_the_top():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert {path.split("/")[0] for path in tracked.splitlines()} <= TOP_LEVEL
