"""Asserts are decided outside, on plain values, and an assert that cannot be is left whole."""

import json

import pytest

from verifiers import verify
from verifiers.asserts import take_apart, unroll


@pytest.mark.parametrize(
    ("text", "inside", "right", "wrong"),
    [
        ("assert f(1) == [1, 2]", "f(1)", [1, 2], [1]),
        ("assert not f(1)", "f(1)", [], [1]),
        ("assert f(1)", "f(1)", 1, 0),
        ("assert abs(f(1) - 0.5) < 1e-6", "f(1)", 0.5000001, 0.6),
        ("assert math.isclose(f(1), 0.3, rel_tol=0.01)", "f(1)", 0.301, 0.4),
        ("assert sorted(f([3])) == [1, 2], 'message'", "f([3])", [2, 1], [2]),
        ("assert len(f(1)) == 3 and f(1)[0] == 'a'", "(f(1), f(1))", ("abc", "abc"), ("abc", "bbc")),
        ("assert f(1) == f(2)", "(f(1), f(2))", (1, 1), (1, 2)),
        ("assert set(f(1)) == {1, 2}", "f(1)", [1, 2, 2], [1]),
        ("assert isinstance(f(g(1)), int)", "f(g(1))", 1, "1"),
        ("assert S().f(1) == 3", "S().f(1)", 3, 4),
        ("assert abs(S().f(1) - 2) < 1", "S().f(1)", 2.5, 4),
        ("assert f(1) is None", "f(1)", None, 0),
    ],
)
def test_taken_apart(text, inside, right, wrong):
    call, judge = take_apart(text)
    assert call == {"expr": inside}
    assert judge(right) and not judge(wrong)


@pytest.mark.parametrize(
    "text",
    [
        "assert f(1) == g(1)",
        "assert f(1) == Point(1, 2)",
        "assert f(x) == x",
        "assert [v for v in f(1)]",
        "assert ().__class__",
        "assert eval(f(1))",
        "assert f(1).a == f(1).b",
        "assert re.match('a', f(1))",
        "import math\nassert f(1)",
        "assert 1 == 1 if f(1) else 2",
    ],
)
def test_not_taken_apart(text):
    call, judge = take_apart(text)
    assert call["assert"] == text
    assert judge(call["token"]) and not judge("x")


def test_a_check_is_unrolled():
    check = "META = 1\n\ndef check(candidate):\n    'Doc'\n    assert candidate(1) == 2, 'm'\n    assert candidate(3)\n"
    assert unroll(f"{check}\ncheck(S().f)") == ["assert S().f(1) == 2, 'm'", "assert S().f(3)"]
    for text in (
        check,
        "assert f(1)",
        f"{check}    for i in range(3): assert candidate(i)\ncheck(f)",
        f"{check}    assert META\ncheck(f)",
        f"import random\n{check}    assert candidate(random.random())\ncheck(f)",
        "def check(",
        "",
    ):
        assert unroll(text) == [text]


@pytest.mark.parametrize(
    "program",
    [
        "class Zero(float):\n    __sub__ = lambda s, o: 0.0\n    __abs__ = lambda s: 0.0\ndef f(x): return Zero(7)",
        "import builtins\nbuiltins.abs = lambda x: 0.0\ndef f(x): return 7.0",
        "import sys\ndef f(x):\n    frame = sys._getframe()\n"
        "    while frame:\n        one = frame.f_locals.get('one')\n"
        "        if type(one) is dict and 'token' in one:\n            import os\n"
        "            os.write(3, ('[0, \"' + one['token'] + '\"]\\n').encode())\n        frame = frame.f_back",
    ],
)
def test_no_object_or_builtin_of_the_program_decides(program):
    check = "def check(candidate):\n    assert abs(candidate(3) - 0.5) < 1e-6\ncheck(f)"
    for text in ("assert abs(f(3) - 0.5) < 1e-6", check):
        reference = json.dumps({"kind": "asserts", "asserts": [text]})
        assert verify("code", f"```python\n{program}\n```", reference).score == 0.0
        assert verify("code", "```python\ndef f(x): return 0.5\n```", reference).score == 1.0
