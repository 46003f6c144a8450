"""A Python interpreter: each call's program runs on its own, in the verifiers' sandbox."""

from typing import Any

from verifiers import sandbox

SECONDS = 2.0  # CPU
MEMORY_MB = 512
# stderr is not read from the sandbox: the program's own exception becomes its last line of output.
RUNNER = """\
import sys
try:
    exec(compile({code!r}, "program", "exec"), {{"__name__": "__main__"}})
except BaseException as error:
    if not isinstance(error, SystemExit) or error.code:
        print(f"error: {{type(error).__name__}}: {{error}}")
sys.stdout.flush()
"""
ENDED = {
    "timeout": "the program took too long",
    "output": "the program printed too much",
    "crashed": "the program crashed",
}


class Python:
    """One tool, no state."""

    @staticmethod
    def seconds() -> float:
        """How long a call may take in all: a service's queue is no mistake of the program."""
        return sandbox.run_seconds(SECONDS) + 5

    def reset(self, **row: Any) -> None:
        """Nothing is to be set."""

    def run(self, code: str) -> str:
        """Runs a Python program and gives what it prints.

        Args:
            code: the program
        """
        ended = sandbox.run_script(RUNNER.format(code=code), "", time_limit_s=SECONDS, memory_mb=MEMORY_MB)
        if ended.outcome != "ok":
            raise ValueError(ENDED[ended.outcome])
        return ended.stdout.strip() or "nothing printed"
