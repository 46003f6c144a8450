"""Programs: honest ones pass, and nothing a program does makes a wrong one pass."""

import contextlib
import json
import secrets
import time
from pathlib import Path

import pytest

from verifiers import verify
from verifiers.asserts import take_apart
from verifiers.code import extract_program, same_tokens, same_values

STDIO = {"kind": "stdio", "cases": [{"stdin": "3\n", "stdout": "9\n"}, {"stdin": "4\n", "stdout": "16\n"}]}
FUNCTION = {
    "kind": "function",
    "entry_point": "f",
    "cases": [{"args": [3], "expected": 9}, {"args": [4], "expected": 16}],
}
ASSERTS = {"kind": "asserts", "asserts": ["assert f(3) == 9", "assert f(4) == 16"]}
PRINTS = "print(int(input()) ** 2)"
RETURNS = "def f(x):\n    return x * x"
# Programs that claim success in place of an answer; as a body of f or at top level.
FAKES = [
    "import sys; sys.exit(0)",
    "import os; os._exit(0)",
    "print('passed'); print('OK'); print('1.0'); print('true')",
    "raise SystemExit(0)",
    "quit()",
    "import os\nfor fd in range(3, 64):\n    try: os.write(fd, b'[0, true]\\n[1, true]\\n[0, 1.0]\\n')\n"
    "    except OSError: pass",
    "import json, builtins; json.dumps = lambda *a, **k: '[0, true]'; builtins.isinstance = lambda *a: True",
    "import os; os.kill(os.getpid(), 9)",
]
EQUAL = """
class Any(list):
    __eq__ = lambda s, o: True
    __ne__ = lambda s, o: False
class Int(int):
    __eq__ = lambda s, o: True
    __hash__ = lambda s: 0
def f(x): return {}
"""


def run(program: str, reference: dict):
    return verify("code", f"Here it is.\n```python\n{program}\n```\n", json.dumps(reference))


@pytest.mark.parametrize(
    ("program", "reference"),
    [
        (PRINTS, STDIO),
        (f"def main():\n    {PRINTS}\nif __name__ == '__main__':\n    main()\n    exit()", STDIO),
        (
            "import sys\nsys.stdout.write(str(int(sys.stdin.buffer.read()) ** 2))\nsys.stderr.write('noise')",
            STDIO,
        ),
        ("from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int\n" + PRINTS, STDIO),
        (RETURNS, FUNCTION),
        (RETURNS + "\nif __name__ == '__main__':\n    input()", FUNCTION),
        (RETURNS + "\nprint('debug')", ASSERTS),
        (
            "class S:\n    def f(self, x: List[int]): return sum(x)",
            FUNCTION
            | {
                "entry_point": "S().f",
                "setup": "from typing import *",
                "cases": [{"args": [[1, 2]], "expected": 3}],
            },
        ),
        (
            "class N:\n    def __init__(s): s.v = 1\ndef f(n): return n.v",
            {"kind": "asserts", "setup": "root = N()", "asserts": ["assert f(root) == 1"]},
        ),
        (
            "import threading\ndef f(x):\n    out = []\n"
            "    t = threading.Thread(target=lambda: out.append(x * x))\n"
            "    t.start(); t.join()\n    return out[0]",
            FUNCTION,
        ),
        (
            "def f(x): return x > 3",
            {"kind": "asserts", "asserts": ["assert f(4)", "assert not f(1)", "assert f(4) is True"]},
        ),
        (
            "def f(x): return x / 3",
            {"kind": "asserts", "asserts": ["import math\nassert math.isclose(f(1), 0.333333333333)"]},
        ),
        ("def f(x): return {(1, 2): {x}}", {"kind": "asserts", "asserts": ["assert f(3) == {(1, 2): {3}}"]}),
        (
            "def f(x): return 10 ** x",
            {"kind": "asserts", "asserts": [f"assert f(5000) == {'0x' + f'{10**5000:x}'}"]},
        ),
        ("def f(x): return 2.0", {"kind": "asserts", "asserts": ["assert f(1) == 2"]}),
        ("def f(x): return (1, [x])", FUNCTION | {"cases": [{"args": [2], "expected": [1, [2]]}]}),
        ("def f(x): return {1: x}", FUNCTION | {"cases": [{"args": [2], "expected": {"1": 2}}]}),
    ],
)
def test_right_programs(program, reference):
    assert run(program, reference) == (1.0, "correct")


@pytest.mark.parametrize(
    ("program", "reference", "reason"),
    [
        ("print(int(input()) * 3)", STDIO, "wrong"),
        (f"{PRINTS}\nprint(1)", STDIO, "wrong"),
        ("pass", STDIO, "wrong"),
        (f"{PRINTS}\nraise ValueError", STDIO, "crashed"),
        ("def f(:", STDIO, "crashed"),
        ("def f(x): return x * 3", FUNCTION, "wrong"),
        ("def f(x): return float(x * x)", FUNCTION, "wrong"),
        ("def f(x): return str(x * x)", FUNCTION, "wrong"),
        ("def f(x): raise ValueError", FUNCTION, "crashed"),
        ("def g(x): return x * x", FUNCTION, "crashed"),
        ("def f(x): return x * 3", ASSERTS, "wrong"),
        ("def f(x): return [x]", {"kind": "asserts", "asserts": ["assert f(1) == (1,)"]}, "wrong"),
        (EQUAL.format("Any()"), FUNCTION | {"cases": [{"args": [1], "expected": [1, 2]}]}, "wrong"),
        (EQUAL.format("Int(0)"), FUNCTION, "wrong"),
        (EQUAL.format("Int(0)"), ASSERTS, "wrong"),
        (EQUAL.format("object()"), ASSERTS, "crashed"),
        ("while True: print('x' * 10000)", STDIO, "wrong"),
    ],
)
def test_wrong_programs(program, reference, reason):
    assert run(program, reference) == (0.0, reason)


@pytest.mark.parametrize("fake", FAKES)
@pytest.mark.parametrize("reference", [STDIO, FUNCTION, ASSERTS], ids=["stdio", "function", "asserts"])
def test_claiming_success_is_not_success(fake, reference):
    assert run(fake, reference).score == 0.0
    body = fake.replace("\n", "\n    ")
    assert run(f"def f(x):\n    {body}\n", reference).score == 0.0


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("while True: pass", "timeout"),
        ("import time; time.sleep(99)", "timeout"),
        (
            "from signal import *\nfor s in (SIGXCPU, SIGTERM, SIGALRM): signal(s, SIG_IGN)\nwhile 1: pass",
            "timeout",
        ),
        ("x = bytearray(1 << 33)", "crashed"),
        ("x = []\nwhile True: x.append(' ' * 10**7)", "crashed"),
    ],
)
def test_hangs_and_memory_hogs_are_ended(program, reason):
    for reference in (STDIO, FUNCTION):
        started = time.monotonic()
        assert run(f"{program}\n{RETURNS}", reference | {"time_limit_s": 0.5, "memory_mb": 256}) == (
            0.0,
            reason,
        )
        assert time.monotonic() - started < 8


def test_nothing_is_left_behind():
    """A daemon in a session of its own ends with the verdict."""
    name = f"left-{secrets.token_hex(4)}"
    daemon = (
        "import ctypes, os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        f"        ctypes.CDLL(None).prctl(15, b{name!r}, 0, 0, 0)\n        open('up', 'w'); time.sleep(60)\n"
        "    os._exit(0)\nos.wait()\nwhile not os.path.exists('up'): time.sleep(0.01)\n"
    )
    assert run(daemon + PRINTS, STDIO).score == 1.0
    for file in Path("/proc").glob("[0-9]*/comm"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            assert file.read_text().strip() != name


def test_the_program_sees_neither_our_environment_nor_our_modules(monkeypatch):
    monkeypatch.setenv("VERIFIER_SECRET", "canary")
    program = (
        "import os\ndef f(x):\n    try:\n        import sympy\n        return 'sympy'\n"
        "    except ImportError:\n        return os.environ.get('VERIFIER_SECRET', 'none')"
    )
    assert run(program, FUNCTION | {"cases": [{"args": [1], "expected": "none"}]}).score == 1.0


def test_expected_values_are_not_in_the_process():
    program = (
        "import gc, sys\ndef f(x):\n    frame = sys._getframe()\n"
        "    seen = repr([str(o) for o in gc.get_objects() if type(o) in (list, dict, tuple)])\n"
        "    while frame:\n"
        "        seen += repr(frame.f_locals) + repr(frame.f_globals) + repr(frame.f_code.co_consts)\n"
        "        frame = frame.f_back\n"
        "    return ''.join(['8675', '309']) in seen"
    )
    reference = {"kind": "asserts", "asserts": ["assert f(1) == 8675309"]}
    assert run(program, reference) == (0.0, "wrong")
    assert run(program, {"kind": "asserts", "asserts": ["assert f(1) == False"]}).score == 1.0


def test_share_pays_the_share_of_cases():
    half = "def f(x): return 9"
    assert run(half, FUNCTION | {"score": "share"}) == (0.5, "partial")
    assert run(half, FUNCTION).score == 0.0
    assert run("print(9)", STDIO | {"score": "share"}) == (0.5, "partial")
    assert run("print(9)", STDIO).score == 0.0


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ("```python\na\n```\ntext\n```python\nb\n```", "b\n"),
        ("```python\na\n```\nIt prints\n```\n12\n```", "a\n"),
        ("```\nx = 1\n```", "x = 1\n"),
        ("```python\nbreaks off", "breaks off"),
        ("x = 1", "x = 1"),
        ("I would sort the list.", None),
        ("```bash\nls\n```", None),
        ("", None),
    ],
)
def test_the_last_python_block_is_run(response, expected):
    assert extract_program(response) == expected


def test_no_program_is_no_answer():
    assert verify("code", "I would sort the list.", json.dumps(STDIO)) == (0.0, "no_answer")


@pytest.mark.parametrize(
    ("printed", "expected", "same"),
    [
        ("1 2\n3\n", "1 2\n3", True),
        ("1 2 3", "1 2\n3", True),
        ("1 2", "1 2\n3", False),
        ("1 2 3 4", "1 2\n3", False),
        ("0.3333333", "0.33333333", True),
        ("0.34", "0.33", False),
        ("1e3", "1000.0", True),
        ("1.0", "1", False),
        ("nan", "1.0", False),
        ("", "", True),
    ],
)
def test_tokens(printed, expected, same):
    assert same_tokens(printed, expected) is same


@pytest.mark.parametrize(
    ("value", "expected", "same"),
    [
        (1, 1, True),
        (True, 1, False),
        (1.0, 1, False),
        ((1, 2), [1, 2], True),
        ([1, 2, 3], [1, 2], False),
        ([1, (2, {"a": 3})], [1, [2, {"a": 3}]], True),
        ({1: 2}, {"1": 2}, True),
        ({"a": 1, "b": 2}, {"a": 1}, False),
        (0.1 + 0.2, 0.3, True),
        (None, None, True),
        ({1}, [1], False),
    ],
)
def test_values(value, expected, same):
    assert same_values(value, expected) is same


def test_expected_literals_stay_outside():
    for text in ("assert f(1) == [8675309]", "assert f(1) in (1, 8675309)", "assert f(1) is None"):
        call, _ = take_apart(text)
        assert call == {"expr": "f(1)"}
    assert "token" in take_apart("assert f(1) == g(1)")[0]


@pytest.mark.parametrize(
    "reference",
    [
        "[]",
        "{}",
        '{"kind": "stdio"}',
        '{"kind": "stdio", "cases": []}',
        '{"kind": "stdio", "cases": [{"stdin": ""}]}',
        '{"kind": "function", "cases": [{"args": [], "expected": 1}]}',
        '{"kind": "asserts", "asserts": ["assert f("]}',
        '{"kind": "asserts", "asserts": ["assert f(1)"], "time_limit_s": -1}',
        '{"kind": "asserts", "asserts": ["assert f(1)"], "score": "most"}',
    ],
)
def test_a_broken_reference_raises(reference):
    with pytest.raises(ValueError, match="verifier code: reference"):
        verify("code", "```python\nx\n```", reference)
