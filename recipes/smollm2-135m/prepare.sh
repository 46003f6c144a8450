#!/usr/bin/env bash
# What this recipe needs before its stages: SmolLM2-135M-Instruct with Qwen3's template, in models/smollm2-135m.
# scripts/pipeline.sh runs this; a second run returns at once.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
bash scripts/setup.sh
exec .venv/bin/python -m scripts.fetch_smollm2 --output_dir models/smollm2-135m "$@"
