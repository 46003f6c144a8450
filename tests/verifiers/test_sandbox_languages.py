"""The sandbox around C++ and JavaScript: what test_sandbox.py asks of it for Python, for what a process becomes."""

import shutil
import socket
import time
from pathlib import Path

import pytest

from verifiers import languages, namespaces, sandbox
from verifiers.run import descendants
from verifiers.verdict import Unavailable

HEAD = """
#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <sys/syscall.h>
char* grab(int size) {  // -O2 drops a memset of what is not used
    volatile char* p = (char*)malloc(size);
    for (int i = 0; i < size; i += 4096) p[i] = 1;
    return (char*)p;
}
int main() {
"""
CPP = {
    "loop": "for (volatile int i = 0;; i = 1);",
    "sleep": "sleep(99);",
    "stop": "raise(SIGSTOP);",
    "print": 'for (;;) puts("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");',
    "fork": "for (;;) fork();",
    "memory": "for (;;) grab(1 << 20);",
    "much": 'grab(100 << 20); puts("100");',
    "deep": "struct R { static int f(int n) { volatile int a[8] = {n}; return n ? f(n - 1) + a[0] % 2 : 0; } };"
    ' printf("%d", R::f(200000));',
    "hogs": "for (int i = 0; i < 8; i++) if (!fork()) { grab(120 << 20); break; } sleep(60);",
    "daemon": 'if (!fork()) { setsid(); if (!fork()) sleep(60); _exit(0); } wait(0); puts("1");',
    "forged": 'puts("9"); fflush(stdout); kill(getpid(), SIGKILL);',
    "status": 'puts("9"); return 3;',
    "read": 'FILE* f = fopen("PATH", "r"); puts(f ? "in" : "no");',
    "write": 'FILE* f = fopen("/tmp/x", "w"); fputs("in", f); fclose(f); char s[9]; f = fopen("/tmp/x", "r");'
    " puts(fgets(s, 9, f));",
    "connect": 'int s = socket(AF_INET, SOCK_STREAM, 0);'
    ' sockaddr_in a{AF_INET, htons(PORT), {inet_addr("127.0.0.1")}};'
    ' puts(connect(s, (sockaddr*)&a, sizeof a) ? "no" : "in");',
    "pair": 'int p[2]; puts(socketpair(AF_UNIX, SOCK_STREAM, 0, p) ? "no" : "in");',
}  # fmt: skip
JAVASCRIPT = {
    "loop": "for (;;);",
    "sleep": "setTimeout(() => 0, 99000)",
    "stop": "process.kill(process.pid, 'SIGSTOP'); for (;;);",
    # Not console.log: what the pipe does not take at once waits there for a loop that never ends.
    "print": "for (;;) require('fs').writeSync(1, 'x'.repeat(9999))",
    "fork": "for (;;) require('child_process').spawn(process.execPath, [__filename])",
    "memory": "const a = []; for (;;) a.push(Buffer.alloc(1 << 20, 1))",
    "heap": "const a = []; for (;;) a.push(new Array(1 << 17).fill(0).map((_, i) => i + 0.5))",
    "much": "const a = Buffer.alloc(100 << 20, 1); console.log(a.length >> 20)",
    "daemon": "require('child_process').spawn(process.execPath, ['-e', 'setTimeout(() => 0, 60000)'],"
    " {detached: true, stdio: 'ignore'}).unref(); console.log(1)",
    "forged": "require('fs').writeSync(1, '9\\n'); process.kill(process.pid, 'SIGKILL'); for (;;);",
    "status": "console.log(9); process.exitCode = 3",
    "read": "console.log(require('fs').existsSync('PATH') ? 'in' : 'no')",
    "write": "const f = require('fs'); f.writeFileSync('/tmp/x', 'in'); console.log(f.readFileSync('/tmp/x', 'utf8'))",
    "connect": "const s = require('net').connect(PORT, '127.0.0.1'); s.on('connect', () => console.log('in'));"
    " s.on('error', () => console.log('no'))",
    "pair": "const n = require('net'); const s = n.createServer(c => c.end());"
    " s.listen('/tmp/s', () => n.connect('/tmp/s').on('close', () => { console.log('in'); s.close() }).resume())",
}


@pytest.fixture(params=["cpp", "javascript"])
def script(request):
    """Runs a program of the tables above by its name, in both languages; afterwards nothing of it lives."""
    language = request.param
    if shutil.which(languages.LANGUAGES[language].tools[0]) is None:
        pytest.skip(f"no {language} on this machine")

    def run(name: str, time_limit_s: float = 5, memory_mb: int = 512, **values):
        text = f"{HEAD}{CPP[name]}}}" if language == "cpp" else JAVASCRIPT[name]
        for key, value in values.items():
            text = text.replace(key, str(value))
        return sandbox.run_script(text, "", language=language, time_limit_s=time_limit_s, memory_mb=memory_mb)

    try:
        run("much")
    except Unavailable as error:
        pytest.skip(str(error))
    yield run
    assert len(descendants(namespaces._zygotes[language].process.pid)) == 1


@pytest.fixture
def cpp():
    """Runs the body of a C++ main."""
    if shutil.which("g++") is None:
        pytest.skip("no g++ on this machine")
    return lambda body: sandbox.run_script(f"{HEAD}{body}}}", "", language="cpp", time_limit_s=5, memory_mb=512)


def test_time_is_limited(script):
    for name in ("loop", "sleep", "stop"):
        started = time.monotonic()
        assert script(name, time_limit_s=0.5).outcome == "timeout"
        assert time.monotonic() - started < sandbox.wall_seconds(0.5) + 8


def test_output_processes_and_memory_are_limited(script):
    assert script("print").outcome == "output"
    assert script("fork", time_limit_s=1).outcome != "ok"
    assert script("memory", memory_mb=256).outcome == "crashed"
    assert script("much", memory_mb=256).stdout == "100\n"


def test_memory_is_limited_for_all_processes_together(cpp):
    run = sandbox.run_script(f"{HEAD}{CPP['hogs']}}}", "", language="cpp", time_limit_s=20, memory_mb=256)
    assert run.outcome == "crashed"


def test_a_heap_of_numbers_is_limited():
    if shutil.which("node") is None:
        pytest.skip("no node on this machine")
    run = sandbox.run_script(JAVASCRIPT["heap"], "", language="javascript", time_limit_s=9, memory_mb=128)
    assert run.outcome in ("crashed", "timeout")  # V8 may spend all its time on collecting before it gives up


def test_recursion_may_be_deep(cpp):
    assert cpp(CPP["deep"]).outcome == "ok"


def test_what_a_program_starts_ends_with_it(script):
    started = time.monotonic()
    assert script("daemon").stdout == "1\n"
    assert time.monotonic() - started < 40


def test_an_answer_counts_only_with_a_good_end(script):
    for name in ("forged", "status"):
        assert script(name)[:2] == ("crashed", "9\n")


def test_the_hosts_files_are_out_of_sight(script, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("canary")
    for path in (secret, Path(__file__), "/etc/passwd", Path.home() / ".bashrc", "/bin/sh", "/usr/bin/env"):
        assert script("read", PATH=path).stdout == "no\n"
    assert script("read", PATH="/dev/null").stdout == "in\n"
    assert script("write").stdout == "in\n"


def test_there_is_no_network(script):
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert script("connect", PORT=server.getsockname()[1]).stdout == "no\n"
    assert script("pair").stdout == "in\n"


def test_rights_are_none_and_calls_are_refused(cpp):
    status = cpp('char s[9999]; int f = open("/proc/self/status", 0); write(1, s, read(f, s, 9999));').stdout
    if status:  # where there is a /proc
        assert "CapBnd:\t0000000000000000" in status and "NoNewPrivs:\t1" in status and "Seccomp:\t2" in status
    assert cpp('long r = syscall(SYS_unshare, 0); printf("%ld %d", r, errno);').stdout == "-1 1"
    assert cpp('long r = syscall(SYS_memfd_create, "x", 0); printf("%ld %d", r, errno);').stdout == "-1 1"


def test_nothing_that_a_program_writes_can_be_run_and_its_own_file_stays_as_it_is(cpp):
    copies = (
        'int f = open("/proc/self/exe", O_RDONLY), t = open("/tmp/x", O_CREAT | O_WRONLY, 0777); char s[4096]; int n;'
        ' while ((n = read(f, s, 4096)) > 0) write(t, s, n); close(t); char* a[] = {s, 0}; execv("/tmp/x", a);'
        ' printf("%d ", errno); printf("%d", open("/proc/self/exe", O_RDWR));'
    )
    assert cpp(copies).stdout in ("13 -1", "2 -1")  # the second without a /proc
    assert cpp('int n = 0; for (int f = 3; f < 128; f++) n += fcntl(f, F_GETFD) >= 0; printf("%d", n);').stdout == "0"


def test_pythons_own_sandbox_shows_none_of_it(cpp):
    assert cpp('puts("1");').stdout == "1\n"
    look = "import os; print([p for p in ('/usr/include', '/usr/bin/g++', '/usr/bin/node') if os.path.exists(p)])"
    assert sandbox.run_script(look, "", time_limit_s=5, memory_mb=256).stdout == "[]\n"


@pytest.mark.parametrize(
    "source",
    [
        '#include "SECRET"',
        '#include "/etc/passwd"\nint main() {}',
        '#include "/dev/urandom"\nint main() {}',
        'asm(".incbin \\"/etc/passwd\\"");\nint main() {}',
        "int a[1 << 27] = {1};\nint main() {}",
        "template <int N> struct A { A<N + 1> a; };\nA<0> a;\nint main() {}",
        "template <int N> constexpr int f() { return f<N - 1>() + f<N - 2>(); }\nint main() { return f<1 << 20>(); }",
        "constexpr int f() { int n = 0; for (int i = 0; i < 1 << 30; i++) n ^= i; return n; }\n"
        "int main() { static_assert(f() == 1); }",
        "#define A(x) x x x x x x x x x x\n#define B(x) A(A(A(A(A(A(A(A(A(x)))))))))\nint main() { B(B(int i;)) }",
        "int main( {",
        "",
    ],
)
def test_nothing_is_reached_by_compiling(source, cpp, monkeypatch, tmp_path):
    (tmp_path / "secret").write_text("int main() {}")
    monkeypatch.setattr(languages, "COMPILE_SECONDS", 2.0)
    monkeypatch.setattr(languages, "COMPILE_MB", 512)
    source = source.replace("SECRET", str(tmp_path / "secret"))
    run = sandbox.run_script(source, "", language="cpp", time_limit_s=5, memory_mb=256)
    assert run == ("uncompilable", "", [])
    assert len(descendants(namespaces._zygotes["cpp"].process.pid)) == 1


def test_a_program_is_compiled_once(cpp):
    sandbox._compile.cache_clear()
    assert [cpp('puts("2");').stdout for _ in range(3)] == ["2\n"] * 3
    assert sandbox._compile.cache_info()[:2] == (2, 1)
