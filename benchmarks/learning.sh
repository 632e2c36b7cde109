#!/usr/bin/env bash
# Does a faster way of computing learn as well? Trains a recipe (without fine-tuning) in float32, in bf16 and with gradients
# accumulated over two halves of each batch, with several seeds, and prints the EERs. Finished trainings are not repeated.
set -euo pipefail
shopt -s inherit_errexit

recipe=egs/debian_voices/tdnn_c128
seeds="0 1 2"
passes=
parallel=2
exp=exp/learning
help_message="usage: benchmarks/learning.sh [options]
  --recipe DIR    what to train; run.sh must have made its data and features (default: $recipe)
  --seeds \"N …\"   (default: $seeds)
  --passes P      passes over the data that make an epoch (default: the recipe's)
  --parallel N    trainings at a time, of one thread each (default: $parallel)
  --exp DIR       (default: $exp)"
. ./path.sh
. utils/parse_options.sh
. utils/common.sh
[ $# -eq 0 ] || usage_error
require_file "$recipe/recipe.yaml"
require_positive parallel

corpus=$(basename "$(dirname "$recipe")")
recipes=$exp/recipes/$corpus
mkdir -p "$recipes"
cp "$(dirname "$recipe")/corpus.sh" "$recipes"

python -m speakernet.bin.resolve_recipe "$recipe" "$exp/resolved"
batch=$(sed -n 's/^ *batch_size: //p' "$exp/resolved/recipe.yaml")
names=()
for seed in $seeds; do
  while read -r way settings; do
    name=${way}_seed$seed
    names+=("$name")
    mkdir -p "$recipes/$name"
    printf 'base: [%s]\nseed: %s\ntrain: {num_threads: 1, %s%s}\n' \
      "$(realpath "$recipe/recipe.yaml")" "$seed" "${passes:+passes_per_epoch: $passes, }" "$settings" >"$recipes/$name/recipe.yaml"
  done <<END
fp32 precision: fp32
bf16 precision: bf16
accumulate precision: fp32, batch_size: $((batch / 2)), accumulate: 2
END
done
printf '%s\n' "${names[@]}" | xargs -P "$parallel" -I NAME bash -c \
  "bash run.sh --recipe '$recipes/NAME' --exp '$exp' --stage 4 --nj 1 --nproc 1 >'$exp/NAME.log' 2>&1 || { tail '$exp/NAME.log' >&2; exit 255; }"

python - "$exp/$corpus" "$seeds" <<'END'
import json
import statistics
import sys
from pathlib import Path

exp, seeds = Path(sys.argv[1]), sys.argv[2].split()
print("| training | scoring | EER % of each seed | mean |\n| --- | --- | --- | --- |")
for scoring in ("cosine", "asnorm"):
    for way in ("fp32", "bf16", "accumulate"):
        rows = [json.loads((exp / f"{way}_seed{seed}/results.json").read_text()) for seed in seeds]
        eers = [next(r["eer"] for r in seed if (r["scoring"], r["trials"]) == (scoring, "trials")) for seed in rows]
        print(f"| {way} | {scoring} | {', '.join(f'{eer:.2f}' for eer in eers)} | {statistics.mean(eers):.2f} |")
END
