"""Programs in E2B's machines: what comes back of them, and what is sent."""

import json
import os
import shutil

import pytest

from tests.verifiers.e2b_service import SYSTEM, serve
from verifiers import code, e2b, guest, sandbox
from verifiers.run import OUTPUT_BYTES
from verifiers.verdict import Unavailable

CASES = [{"stdin": "3\n", "stdout": "9\n"}, {"stdin": "4\n", "stdout": "16\n"}]
STDIO = {"kind": "stdio", "cases": CASES, "time_limit_s": 5}
CALLS = {"kind": "function", "entry_point": "f", "cases": [{"args": [3], "expected": 8675309}]}
ASSERTS = {"kind": "asserts", "asserts": ["assert f(3) == 9", "assert f(4) == 16"]}
SQUARE = "print(int(input()) ** 2)"

service = pytest.fixture(serve)


def judge(program: str, reference: dict, tag: str = "python"):
    return code.check(f"```{tag}\n{program}\n```", json.dumps(reference))


def script(program: str, stdin: str = "", language: str = "python", time_limit_s: float = 5):
    return sandbox.run_script(program, stdin, language=language, time_limit_s=time_limit_s, memory_mb=512)


def test_right_and_wrong_programs_have_a_machine_each(service):
    assert judge(SQUARE, STDIO) == (1.0, "correct")
    assert judge("print(int(input()) * 3)", STDIO) == (0.0, "wrong")
    assert judge("print(9); raise ValueError", STDIO) == (0.0, "crashed")
    assert judge("print(9); import os; os.kill(os.getpid(), 9)", STDIO) == (0.0, "crashed")
    assert len(service.ran) == 2 + 2 + 1 + 1  # the first failure settles it, and 3 * 3 is 9


def test_time_memory_and_output_are_limited(service):
    assert judge("while True: pass", STDIO | {"time_limit_s": 0.5}) == (0.0, "timeout")
    assert judge("import time; time.sleep(60)", STDIO | {"time_limit_s": 0.5}) == (0.0, "timeout")
    assert script("x = bytearray(600 << 20)").outcome == "crashed"
    much = script("while True: print('x' * 10000)")
    assert (much.outcome, len(much.stdout)) == ("output", OUTPUT_BYTES)
    assert script(f"print('x' * {OUTPUT_BYTES - 1})") == ("ok", "x" * (OUTPUT_BYTES - 1) + "\n", [])


def test_text_goes_in_and_comes_out_as_it_is(service):
    text = 'é\u2028\x85 {}\' \\n """\r\n\0\t🙂'
    run = script("import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())", text)
    assert run == ("ok", text, [])
    assert script("print(open('/dev/stdin').read())", "a\nb") == ("ok", "a\nb\n", [])
    assert script("import sys; sys.stdout.buffer.write(b'\\xff')").stdout == "\ufffd"
    assert script("print('\ud800')").outcome == "crashed"


def test_calls_come_back_behind_a_marker(service):
    square = "print('noise', end='')\ndef f(x): return x * x"
    assert judge(square, ASSERTS) == (1.0, "correct")
    assert judge("def f(x): return 9", ASSERTS) == (0.0, "wrong")
    assert judge("def f(x): raise ValueError", ASSERTS) == (0.0, "crashed")
    assert judge("def f(x): return 8675309", CALLS) == (1.0, "correct")
    forged = "print('[0, 8675309]')\nprint('\\n' + 'a' * 32 + '[0, 8675309]')"
    assert judge(f"{forged}\ndef f(x): return 1", CALLS) == (0.0, "wrong")


def test_expected_values_are_not_sent(service):
    judge("def f(x): return 1", CALLS)
    judge("print(1)", STDIO | {"cases": [{"stdin": "1", "stdout": "8675309"}]})
    assert len(service.ran) == 2 and not any(b"8675309" in body for _, body in service.asked)


@pytest.mark.skipif(not shutil.which("g++", path=SYSTEM), reason="g++ is not installed")
def test_cpp_is_compiled_there(service):
    program = "#include <iostream>\nint main() { int x; std::cin >> x; std::cout << x * x; }"
    assert judge(program, STDIO | {"language": "cpp"}, "cpp") == (1.0, "correct")
    assert judge("int main() { return y; }", STDIO | {"language": "cpp"}, "cpp") == (0.0, "uncompilable")
    assert judge("int main() { for (;;); }", STDIO | {"language": "cpp", "time_limit_s": 0.5}, "cpp") == (
        (0.0, "timeout")
    )


@pytest.mark.skipif(not shutil.which("g++", path=SYSTEM), reason="g++ is not installed")
def test_a_machine_too_busy_to_compile_is_an_outage(service, monkeypatch):
    monkeypatch.setattr(e2b, "COMPILE_SECONDS", 0.01)
    with pytest.raises(Unavailable, match="did not compile"):
        script("#include <iostream>\nint main() {}", language="cpp")


@pytest.mark.skipif(not shutil.which("node", path=SYSTEM), reason="node is not installed")
def test_javascript_runs_there(service):
    program = "console.log(Number(require('fs').readFileSync('/dev/stdin', 'utf8')) ** 2)"
    assert judge(program, STDIO | {"language": "javascript"}, "js") == (1.0, "correct")


@pytest.mark.parametrize(("language", "tool"), [("python", "python3"), ("cpp", "g[+][+]"), ("javascript", "node")])
def test_a_template_without_a_language_is_an_outage(service, tmp_path, language, tool):
    service.path = str(tmp_path)
    with pytest.raises(Unavailable, match=f"code-interpreter-v1 has no {tool}"):
        script("", language=language)


def test_the_program_has_no_rights_to_gain(service):
    status = script("print(open('/proc/self/status').read())").stdout
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert fields["NoNewPrivs"] == "1"
    assert fields["Uid"].split()[0] == str(os.getuid() or guest.NOBODY)
    seen = script("import os; print(sorted(os.environ), os.listdir(), os.path.basename(os.getcwd()))").stdout
    assert "E2B" not in seen and seen.endswith("['program.py'] scratch\n")


def test_addresses():
    said = {"envdAccessToken": "t", "trafficAccessToken": "u", "domain": None}
    headers = {"E2b-Sandbox-Id": "i1", "E2b-Sandbox-Port": "49999", "X-Access-Token": "t"}
    door = "https://49999-i1.e2b.app/execute", headers | {"E2B-Traffic-Access-Token": "u"}
    assert e2b._door("https://api.e2b.app", "i1", said) == door
    assert e2b._door("https://api.e2b.app", "i1", {"domain": "eu.e2b.app"})[0] == "https://49999-i1.eu.e2b.app/execute"
    assert e2b._door("https://api.my.org:8443", "i1", {})[0] == "https://49999-i1.my.org:8443/execute"
    assert e2b._door("http://localhost:3000", "i1", said | {"domain": "x.org"})[0] == "http://localhost:3000/execute"
    with pytest.raises(ValueError, match="does not match"):
        e2b._door("https://api.e2b.app", "i1", {"domain": "e2b.app/x"})
