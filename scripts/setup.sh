#!/usr/bin/env bash
# Makes .venv with the exact versions this project is tested with.
#
#   bash scripts/setup.sh
#   PYTHON=python3.12 bash scripts/setup.sh          # another interpreter (3.11 or 3.12)
#   FOURSTAGE_DEVICE=cpu bash scripts/setup.sh       # cpu or gpu; otherwise: gpu if nvidia-smi finds one
#
# A second run returns at once; after an interruption, run it again. pip's words go to .venv/setup.log.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

log=.venv/setup.log
uv=0.13.9

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

fail_with_log() {
    grep -v 'is ignored: it is' "$log" | tail -n 15 >&2 || true
    die "$1 The lines above end $log. Run this again to go on from here."
}

choose_device() {
    case "${FOURSTAGE_DEVICE:-}" in
        cpu | gpu) echo "$FOURSTAGE_DEVICE" ;;
        "") if nvidia-smi -L >/dev/null 2>&1; then echo gpu; else echo cpu; fi ;;
        *) die "FOURSTAGE_DEVICE is '$FOURSTAGE_DEVICE': it can be cpu or gpu." ;;
    esac
}

is_supported() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null; }

choose_python() {
    local candidate
    for candidate in ${PYTHON:-python3.11 python3.12 python3}; do
        if is_supported "$candidate"; then echo "$candidate"; return; fi
    done
    die "no Python 3.11 or 3.12 (tried: ${PYTHON:-python3.11 python3.12 python3}). Name one with PYTHON=..."
}

make_venv() {
    local python
    # Both builds of vLLM and torch share their folders: a .venv for the other device is of no use here.
    if [ "$(cat .venv/device 2>/dev/null || echo "$device")" != "$device" ]; then
        say "this .venv is for another device: making it anew"
        rm -rf .venv
    fi
    if is_supported .venv/bin/python && .venv/bin/python -m pip --version >/dev/null 2>&1; then return; fi
    python=$(choose_python)
    rm -rf .venv
    "$python" -m venv .venv || die "$python could not make .venv (on Debian and Ubuntu: apt-get install python3-venv)."
}

drop_half_installed() {  # pip writes RECORD last: a package without one was cut off
    local info
    for info in .venv/lib/python3*/site-packages/*.dist-info; do
        if [ -d "$info" ] && [ ! -s "$info/RECORD" ]; then rm -rf "$info"; fi
    done
}

install() { .venv/bin/python -m pip install --no-input --disable-pip-version-check --no-deps "$@" >>"$log" 2>&1; }

install_torch() {  # pip may know a folder with the CPU build; if not, uv knows PyTorch's own index of CPU builds
    local torch
    torch=$(grep '^torch==' "$pins")
    if install "$torch"; then return; fi
    case "$torch" in
        *+cpu) install "uv==$uv" && .venv/bin/uv pip install --python .venv/bin/python --no-deps --torch-backend cpu \
            "${torch%+cpu}" >>"$log" 2>&1 ;;
        *) return 1 ;;
    esac
}

check() {
    .venv/bin/python - "$pins" "$device" <<'PY'
import importlib.metadata as metadata
import importlib.util
import sys

pins, device = sys.argv[1:]
lines = [line.strip().split("==") for line in open(pins) if "==" in line]
wrong = [name for name, version in lines if metadata.version(name) != version]
unwanted = [name for name in ("torchvision", "torchaudio", "torchcodec") if importlib.util.find_spec(name)]
if wrong or unwanted:
    sys.exit(f"other versions than pinned: {wrong}; not wanted: {unwanted}")
import torch, transformers, trl, vllm  # noqa: E401, F401
if device == "gpu" and not torch.cuda.is_available():
    sys.exit("torch sees no GPU: is the NVIDIA driver one for CUDA 13?")
PY
}

device=$(choose_device)
pins=scripts/pins-$device.txt
stamp="$device $(sha256sum <"$pins" | cut -d' ' -f1)"
if [ "$(cat .venv/pins 2>/dev/null)" = "$stamp" ]; then
    say ".venv is up to date ($pins)"
    exit 0
fi

SECONDS=0
say "1/4 Python environment for the $device"
make_venv
echo "$device" >.venv/device
: >"$log"
drop_half_installed
say "2/4 torch"
install_torch || fail_with_log "pip could not install $(grep '^torch==' "$pins")."
say "3/4 the other $(grep -c '==' "$pins") packages of $pins (some minutes)"
install -r "$pins" || fail_with_log "pip could not install $pins."
say "4/4 checking"
check >>"$log" 2>&1 || fail_with_log "The packages are installed, but do not work together."
echo "$stamp" >.venv/pins
say "done in $SECONDS s: .venv ($(.venv/bin/python --version))"
