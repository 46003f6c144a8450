"""What many tests share: the tiny recipe's tokenizer, a small random checkpoint, and commands started for real."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BASE = ROOT / "recipes" / "tiny" / "base"
os.environ.setdefault("HF_HUB_OFFLINE", "1")
ENVIRONMENT = dict(os.environ)  # as it is before TRL and vLLM put their settings for one process into it


@pytest.fixture(scope="session")
def tokenizer():
    """The tiny recipe's tokenizer: the one that ships, or the same built anew (about 10 s)."""
    from recipes.tiny import pretrain
    from stages import chat

    return chat.load_tokenizer(str(BASE)) if BASE.is_dir() else pretrain.build_tokenizer(1024, 0)


@pytest.fixture(scope="session")
def make_checkpoint(tokenizer) -> Callable[..., str]:
    """Saves a small randomly initialised Qwen3 (two layers of 64) with the tokenizer into a folder."""
    import torch

    from recipes.tiny import pretrain

    def make(folder: Path, tied: bool = True) -> str:
        torch.manual_seed(0)
        shape = pretrain.BaseArguments(1024, 64, 128, 2, 2, 1, 32)
        model = pretrain.build_model(shape, tokenizer)
        if not tied:
            model.config.tie_word_embeddings = False
            model = type(model)(model.config)
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return str(folder)

    return make


@pytest.fixture(scope="session")
def checkpoint(make_checkpoint, tmp_path_factory) -> str:
    """The folder of a small random checkpoint. Not to be written to."""
    return make_checkpoint(tmp_path_factory.mktemp("checkpoint"))


def _heed_ctrl_c() -> None:
    """A shell makes what it starts in the background ignore ctrl-C, and so would the commands of these tests."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Command:
    """`python -m module flags`, or `python file.py flags`, in a process group of its own, as a terminal would."""

    def __init__(self, folder: Path, module: str, *flags: object) -> None:
        self.outputs = [folder / "stdout.txt", folder / "stderr.txt"]
        what, path = ([module], str(ROOT)) if module.endswith(".py") else (["-m", module], "")
        environment = ENVIRONMENT | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": path}
        with open(self.outputs[0], "wb") as out, open(self.outputs[1], "wb") as err:
            argv = [sys.executable, *what, *map(str, flags)]
            self.process = subprocess.Popen(
                argv, cwd=ROOT, env=environment, stdout=out, stderr=err, start_new_session=True, preexec_fn=_heed_ctrl_c
            )

    @property
    def stdout(self) -> str:
        return self.outputs[0].read_text()

    @property
    def stderr(self) -> str:
        return self.outputs[1].read_text()

    def wait(self, timeout: float = 300) -> int:
        """The exit status. A command that hangs is killed with all its processes."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.signal(9)
            raise

    def signal(self, number: int) -> None:
        """To the whole group, as a terminal's ctrl-C goes."""
        os.killpg(self.process.pid, number)

    def wait_for(self, appeared: Callable[[], bool], timeout: float = 300) -> None:
        """Returns as soon as `appeared()`; fails if the command ends before."""
        end = time.monotonic() + timeout
        while not appeared():
            assert self.process.poll() is None, f"ended too early:\n{self.stdout}\n{self.stderr}"
            assert time.monotonic() < end, self.stderr
            time.sleep(0.005)


@pytest.fixture
def command(tmp_path) -> Callable[..., Command]:
    """Starts a command; what still runs at the end of the test is killed."""
    started: list[Command] = []

    def start(module: str, *flags: object) -> Command:
        folder = tmp_path / f"command-{len(started)}"
        folder.mkdir()
        started.append(Command(folder, module, *flags))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.signal(9)
            one.process.wait()
