#!/usr/bin/env bash
# A whole recipe: its stages in sequence, the same evaluation after each, and the table at the end.
#
#   bash scripts/pipeline.sh recipes/tiny
#   bash scripts/pipeline.sh recipes/tiny --smoke      # a few steps of everything, into runs/smoke/
#
# Sets up .venv if it is missing. Can be stopped and started again at any time: what is finished is skipped, what was
# stopped goes on from its last checkpoint. Results: runs/<recipe>/report.md and summary.json.
set -euo pipefail
recipe=${1:?"usage: bash scripts/pipeline.sh recipes/NAME [--smoke]"}
recipe=$(realpath --relative-to "$(dirname "${BASH_SOURCE[0]}")/.." "$recipe")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
flags=() runs=runs/$(basename "$recipe")
case "${2:-}" in
    --smoke) flags=(--smoke true) runs=runs/smoke/$(basename "$recipe") ;;
    "") ;;
    *) echo "pipeline: unknown option $2; there is --smoke" >&2; exit 2 ;;
esac
[ -f "$recipe/1_cold_start.yaml" ] || { echo "pipeline: $recipe is no recipe: it has no 1_cold_start.yaml" >&2; exit 2; }

bash scripts/setup.sh
export PATH="$PWD/.venv/bin:$PATH" PYTHONUNBUFFERED=1
export OMP_NUM_THREADS="${OMP_NUM_THREADS:-$(nproc)}" TOKENIZERS_PARALLELISM=false VLLM_NO_USAGE_STATS=1

say() { printf '\n== %s (%d s)\n' "$*" "$SECONDS"; }

if [ -f "$recipe/prepare.sh" ]; then bash "$recipe/prepare.sh"; fi

# Each stage's stamp hashes its recipe, all data and the stamp before it: an unchanged chain is skipped in seconds.
stamp=$(python -m scripts.data_sha256 "$recipe"/*.yaml | tail -1)
stamp=$( (printf '%s' "$stamp" "${flags[*]:-}"; cat "$recipe"/*.py "$recipe"/*.txt 2>/dev/null || true) | sha256sum | cut -d' ' -f1)
done_already() {  # FOLDER FILE...: whether FOLDER was finished from these files, after the same stages
    local folder=$1
    shift
    stamp=$( (printf '%s' "$stamp"; cat "$@") | sha256sum | cut -d' ' -f1)
    [ -f "$folder/eval.json" ] && [ "$(cat "$folder/pipeline.stamp" 2>/dev/null)" = "$stamp" ]
}

evaluate() { python -m stages.evaluation.run --config "$recipe/eval.yaml" "${flags[@]}" "$@"; }

graders() {  # the models that general RL's rewards ask; a change of their recipes is a change of general RL's
    for verb in curate train evaluate; do
        [ -f "$recipe/reward_model.yaml" ] || break
        say "reward_model: $verb"
        python -m "stages.reward_model.$verb" --config "$recipe/reward_model.yaml" "${flags[@]}"
    done
    for verb in curate train; do
        [ -f "$recipe/judge.yaml" ] || break
        say "judge: $verb"
        python -m "stages.mode_fusion.$verb" --config "$recipe/judge.yaml" "${flags[@]}"
    done
}

base=$(sed -n 's/^model_name_or_path: *//p' "$recipe/1_cold_start.yaml")
if done_already "$runs/0_base" "$recipe/eval.yaml"; then
    echo "base: evaluated in $runs/0_base, skipped"
else
    say "base: evaluation"
    evaluate --model_name_or_path "$base" --output_dir "$runs/0_base"
    echo "$stamp" >"$runs/0_base/pipeline.stamp"
fi

for file in "$recipe"/[1-9]_*.yaml; do
    name=$(basename "$file" .yaml) stage=${file##*/?_}
    stage=${stage%.yaml}
    files=("$file" "$recipe/eval.yaml")
    for grader in reward_model judge; do
        if [ "$stage" = general_rl ] && [ -f "$recipe/$grader.yaml" ]; then files+=("$recipe/$grader.yaml"); fi
    done
    if done_already "$runs/$name" "${files[@]}"; then
        echo "$stage: finished in $runs/$name, skipped"
        continue
    fi
    if [ "$stage" = general_rl ]; then graders; fi
    for verb in curate train; do
        say "$stage: $verb"
        python -m "stages.$stage.$verb" --config "$file" "${flags[@]}"
    done
    if [[ $stage == *_rl ]]; then python -m scripts.curves "$runs/$name" --out "$runs/$name/curves.png" || true; fi
    say "$stage: evaluation"
    evaluate --model_name_or_path "$runs/$name"
    echo "$stamp" >"$runs/$name/pipeline.stamp"
done

python -m scripts.report "$runs"
say "pipeline: done"
