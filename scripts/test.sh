#!/usr/bin/env bash
# Lint, format, types and the quick tests, on a CPU and offline.
#
#   bash scripts/test.sh
#   bash scripts/test.sh tests/verifiers -k math      # further words go to pytest
#   bash scripts/test.sh -m slow                      # the slow tests instead
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

bash scripts/setup.sh
export PATH="$PWD/.venv/bin:$PATH"
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-2}" TOKENIZERS_PARALLELISM=false
export HF_HUB_OFFLINE=1 HF_HUB_DISABLE_TELEMETRY=1 VLLM_NO_USAGE_STATS=1 DO_NOT_TRACK=1

summary=()
failed=0
part() {
    local name=$1 start=$SECONDS result=ok
    shift
    printf '\n== %s\n' "$name"
    "$@" || { result=FAILED; failed=1; }
    summary+=("$(printf '%-13s %-7s %4d s' "$name" "$result" $((SECONDS - start)))")
}

part "ruff check" ruff check .
part "ruff format" ruff format --check .
part "ty" ty check
part "pytest" python -m pytest -m "not slow and not gpu" "$@"

printf '\n'
printf '%s\n' "${summary[@]}"
exit "$failed"
