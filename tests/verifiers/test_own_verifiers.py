"""A user's own verifier: found by its path, its values turned into verdicts, its faults named."""

import time

import pytest

from verifiers import verify

CHECKS = """
import math
from verifiers import Verdict

def same(response, reference): return response == reference
def half(response, reference): return 0.5
def own(response, reference): return Verdict(0.25, "meh")
def outage(response, reference): return Verdict(None, "unavailable")
def raises(response, reference): return 1 / 0
def nan(response, reference): return math.nan
def two(response, reference): return 2.0
def nothing(response, reference): return None
def spins(response, reference):
    while True: pass
"""


@pytest.fixture
def checks(tmp_path):
    path = tmp_path / "checks.py"
    path.write_text(CHECKS)
    return lambda name: f"{path}:{name}"


@pytest.mark.parametrize(
    ("name", "response", "expected"),
    [
        ("same", "a", (1.0, "correct")),
        ("same", "b", (0.0, "wrong")),
        ("half", "a", (0.5, "partial")),
        ("own", "a", (0.25, "meh")),
        ("outage", "a", (None, "unavailable")),
    ],
)
def test_a_users_own_verifier(checks, name, response, expected):
    assert verify(checks(name), response, "a") == expected


def test_a_users_path_is_relative_to_the_caller(checks, tmp_path, monkeypatch):
    checks("same")
    monkeypatch.chdir(tmp_path)
    assert verify("checks.py:same", "a", "a").score == 1.0


def test_a_verifiers_file_may_have_a_neighbour_and_a_dataclass(tmp_path):
    (tmp_path / "a_verifiers_neighbour.py").write_text("RIGHT = 'a'\n")
    (tmp_path / "with_neighbour.py").write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "from a_verifiers_neighbour import RIGHT\n\n\n"
        "@dataclass\nclass Wanted:\n    text: str = RIGHT\n\n\n"
        "def check(response, reference):\n    return response == Wanted().text\n"
    )
    name = f"{tmp_path}/with_neighbour.py:check"
    assert [verify(name, text, "").score for text in ("a", "b")] == [1.0, 0.0]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("raises", "checks.py:raises: raised ZeroDivisionError"),
        ("nan", "checks.py:nan: returned nan"),
        ("two", "checks.py:two: returned 2.0"),
        ("nothing", "checks.py:nothing: returned None"),
        ("missing", "checks.py:missing: cannot be loaded"),
    ],
)
def test_a_broken_verifier_of_a_user_raises_and_is_named(checks, name, message):
    with pytest.raises(ValueError) as raised:
        verify(checks(name), "a", "a")
    assert message in str(raised.value)


def test_a_users_verifier_that_hangs_is_killed(checks, monkeypatch):
    started = time.monotonic()
    assert verify(checks("spins"), "a", "a") == (0.0, "timeout")
    assert 4 < time.monotonic() - started < 20
