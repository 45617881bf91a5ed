#!/usr/bin/env bash
# Trains the runs behind the learning table of docs/results.md: every task with seeds 1 to 8, at preset `tiny` on the CPU.
#
#   docs/benchmarks/learning.sh DIR [JOBS]
#
# Runs are kept in DIR. JOBS of them (2) run side by side, each on one thread. Started again it resumes what was interrupted. At
# the end it prints the evaluations of all finished runs, as in docs/benchmarks/learning.csv, and their quartiles over the seeds.
set -euo pipefail
root="$(cd "$(dirname "$0")/../.." && pwd)"
out="${1:?usage: docs/benchmarks/learning.sh DIR [JOBS]}" jobs="${2:-2}"
bootstride="${BOOTSTRIDE:-$root/target/release/bootstride}"
export bootstride out RAYON_NUM_THREADS=1
mkdir -p "$out"

# Task and environment steps. A pendulum's first reward comes late.
tasks() {
    for task in "cartpole-swingup 16000" "cartpole-balance 12000" "pendulum-swingup 24000"; do
        for seed in 1 2 3 4 5 6 7 8; do echo "$task $seed"; done
    done
}

one() {
    local run="$out/$1-$3"
    if [ -d "$run" ]; then
        "$bootstride" train --resume "$run" --set run.steps="$2"
    else
        "$bootstride" train "$1" --preset tiny --seed "$3" --device cpu --out "$run" \
            --set run.steps="$2" --set run.evaluate_every=4000 --set run.evaluate_episodes=5
    fi >"$run.log" 2>&1
}
export -f one

tasks | xargs -P "$jobs" -L 1 bash -c 'one "$@"' one

{
    echo "task,seed,env_step,planner,policy"
    tasks | while read -r task steps seed; do
        awk -F , -v task="$task" -v seed="$seed" -v steps="$steps" \
            'NR > 1 && $1 <= steps { printf "%s,%s,%s,%.1f,%.1f\n", task, seed, $1, $2, $4 }' "$out/$task-$seed/eval.csv"
    done
} | tee "$out/learning.csv"

# Quartiles by linear interpolation between the sorted returns.
echo
tail -n +2 "$out/learning.csv" | awk -F , '
    function sorted(values, count,   i, j, x) {
        for (i = 2; i <= count; i++) {
            x = values[i]
            for (j = i - 1; j >= 1 && values[j] > x; j--) values[j + 1] = values[j]
            values[j + 1] = x
        }
    }
    function quantile(values, count, share,   at, low) {
        at = 1 + (count - 1) * share; low = int(at)
        return values[low] + (at - low) * (values[low < count ? low + 1 : low] - values[low])
    }
    function spread(text,   parts, values, count, i) {
        count = split(text, parts, " ")
        for (i = 1; i <= count; i++) values[i] = parts[i] + 0
        sorted(values, count)
        return sprintf("%.0f (%.0f to %.0f)", quantile(values, count, 0.5), quantile(values, count, 0.25), quantile(values, count, 0.75))
    }
    { key = $1 " at " $3; if (!(key in planner)) order[++keys] = key; planner[key] = planner[key] " " $4; policy[key] = policy[key] " " $5; runs[key]++ }
    END { for (i = 1; i <= keys; i++) { key = order[i]; print key " steps, " runs[key] " seeds: planner " spread(planner[key]) ", policy " spread(policy[key]) } }'
