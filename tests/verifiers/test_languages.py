"""C++ and JavaScript in the code verifier: right programs pass, wrong ones fail, and what is missing is an outage."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from verifiers import code, verify
from verifiers.verdict import Unavailable

ROOT = Path(__file__).parents[2]
CASES = [{"stdin": "3\n", "stdout": "9\n"}, {"stdin": "4\n", "stdout": "16\n"}]
SQUARE = {
    "cpp": '#include <cstdio>\nint main() {{ int x; std::scanf("%d", &x); std::printf("%d\\n", {}); }}',
    "javascript": "const x = Number(require('fs').readFileSync({}, 'utf8')); console.log({})",
}
LINES = """
const lines = require('readline').createInterface({input: process.stdin})
lines.on('line', line => console.log(line ** 2))
"""
NO_PROC = """
import json
from verifiers import code
reference = {"kind": "stdio", "language": "javascript", "cases": [{"stdin": "3", "stdout": "9"}]}
for source in ("0", "'/dev/stdin'"):
    program = f"console.log(require('fs').readFileSync({source}, 'utf8') ** 2, require('fs').existsSync('/proc/self'))"
    reference["cases"][0]["stdout"] = "9 false"
    print(code.check(f"```js\\n{program}\\n```", json.dumps(reference)).score)
"""


def program(language: str, result: str) -> str:
    source = SQUARE[language]
    return source.format(result) if language == "cpp" else source.format("0", result)


def run(language: str, text: str, **reference):
    given = {"kind": "stdio", "language": language, "cases": CASES} | reference
    return verify("code", f"Here it is.\n```{language}\n{text}\n```\n", json.dumps(given))


@pytest.fixture(params=["cpp", "javascript"])
def language(request):
    if shutil.which({"cpp": "g++", "javascript": "node"}[request.param]) is None:
        pytest.skip(f"no {request.param} on this machine")
    return request.param


def test_right_and_wrong_programs(language):
    assert run(language, program(language, "x * x")) == (1.0, "correct")
    assert run(language, program(language, "x * 3")) == (0.0, "wrong")
    assert run(language, program(language, "x * 3"), score="share") == (0.5, "partial")


def test_what_does_not_compile_has_a_word_of_its_own(language):
    word = {"cpp": "uncompilable", "javascript": "crashed"}[language]
    assert run(language, "int main( {") == (0.0, word)
    assert run(language, "int main( {", score="share") == (0.0, word)


def test_exit_status_and_time_count(language):
    fails = {
        "cpp": '({ std::printf("%d", x * x); std::fflush(0); __builtin_trap(); 1; })',
        "javascript": "x * x); process.exit(3",
    }[language]
    assert run(language, program(language, fails)) == (0.0, "crashed")
    loops = {"cpp": "int main() { for (volatile int i = 0;; i = 1); }", "javascript": "for (;;);"}[language]
    assert run(language, loops, time_limit_s=0.5) == (0.0, "timeout")


def test_node_reads_in_every_usual_way():
    if shutil.which("node") is None:
        pytest.skip("no node on this machine")
    for source in ("0", "'/dev/stdin'"):
        text = SQUARE["javascript"].format(source, "x * x")
        assert run("javascript", text) == (1.0, "correct")
    assert run("javascript", LINES) == (1.0, "correct")
    assert run("javascript", LINES.replace("** 2", "* 3")) == (0.0, "wrong")


def test_dev_stdin_is_there_where_no_proc_can_be_mounted():
    hide = "mount -t tmpfs none /proc/sys/kernel && exec"
    argv = ["unshare", "-m", "sh", "-c", f'{hide} "$@"', "sh", sys.executable, "-P", "-c", NO_PROC]
    if shutil.which("node") is None or subprocess.run([*argv[:3], "-c", f"{hide} true"]).returncode:
        pytest.skip("no node, or not root")
    result = subprocess.run(argv, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True)
    assert result.stdout.split() == ["1.0", "1.0"]


@pytest.mark.parametrize("mode", ["namespaces", "process"])
def test_a_compiler_that_is_not_installed_is_an_outage(language, mode, monkeypatch, tmp_path):
    monkeypatch.setenv("FOURSTAGE_SANDBOX", mode)
    reference = json.dumps({"kind": "stdio", "language": language, "cases": CASES})
    response = f"```{language}\n{program(language, 'x * x')}\n```"
    assert code.check(response, reference).score == 1.0
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match=r"is not installed: .* needs it \(Debian: apt install"):
        code.check(response, reference)


def test_a_machine_too_busy_to_compile_is_an_outage(monkeypatch):
    if shutil.which("g++") is None:
        pytest.skip("no g++ on this machine")
    monkeypatch.setattr("verifiers.languages.COMPILE_WALL_SECONDS", 0.0)
    monkeypatch.setenv("FOURSTAGE_SANDBOX", "process")
    with pytest.raises(Unavailable, match="too busy"):
        code.check(
            f"```cpp\n{program('cpp', 'x + 77')}\n```", json.dumps({"kind": "stdio", "language": "cpp", "cases": CASES})
        )


def test_the_weaker_mode_runs_them_too(language, monkeypatch, tmp_path):
    monkeypatch.setenv("FOURSTAGE_SANDBOX", "process")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    reference = json.dumps({"kind": "stdio", "language": language, "cases": CASES, "time_limit_s": 2})
    results = {"x * x": (1.0, "correct"), "x * 3": (0.0, "wrong"), "}": None}
    for result, verdict in results.items():
        given = code.check(f"```{language}\n{program(language, result)}\n```", reference)
        assert given == (verdict or (0.0, {"cpp": "uncompilable", "javascript": "crashed"}[language]))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("response", "language", "expected"),
    [
        ("```cpp\na\n```\ntext\n```c++\nb\n```", "cpp", "b\n"),
        ("```cc\na\n```\nIt prints\n```\n12\n```", "cpp", "a\n"),
        ("```python\na\n```\n```\nb\n```", "cpp", "b\n"),
        ("```python\na\n```", "cpp", None),
        ("#include <cstdio>\nint main() {}", "cpp", "#include <cstdio>\nint main() {}"),
        ("I would sort the list.", "cpp", None),
        ("```javascript\na\n```\n```node\nb\n```\n```js\nc\n```", "javascript", "c\n"),
        ("```java\na\n```", "javascript", None),
        ("console.log(1)", "javascript", "console.log(1)"),
        ("I would log it.", "javascript", None),
        ("```cpp\na\n```", "python", None),
    ],
)
def test_the_last_block_of_the_language_is_run(response, language, expected):
    assert code.extract_program(response, language) == expected


def test_a_program_of_another_language_is_no_answer():
    assert run("cpp", "x").score == 0.0
    reference = json.dumps({"kind": "stdio", "language": "cpp", "cases": CASES})
    assert verify("code", "```python\nprint(int(input()) ** 2)\n```", reference) == (0.0, "no_answer")


@pytest.mark.parametrize(
    "reference",
    [
        {"kind": "stdio", "cases": CASES, "language": "rust"},
        {"kind": "stdio", "cases": CASES, "language": None},
        {"kind": "function", "entry_point": "f", "cases": [{"args": [], "expected": 1}], "language": "cpp"},
        {"kind": "asserts", "asserts": ["assert f(1)"], "language": "javascript"},
    ],
)
def test_a_broken_reference_raises(reference):
    with pytest.raises(ValueError, match="verifier code: reference has language"):
        verify("code", "```cpp\nx\n```", json.dumps(reference))


def test_compiling_has_time_of_its_own():
    stdio = {"kind": "stdio", "cases": CASES}
    python, cpp = (code.budget(json.dumps(stdio | {"language": language})) for language in ("python", "cpp"))
    assert cpp > python + 30
