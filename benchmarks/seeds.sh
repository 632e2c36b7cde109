#!/usr/bin/env bash
# How much do results depend on the seed? Runs a whole recipe, all stages and fine-tuning included, once for each seed, with data of its
# own (the seed also decides dither, noises and rooms), and prints mean and range. Finished runs are not repeated.
set -euo pipefail
shopt -s inherit_errexit

recipe=egs/debian_voices/tdnn_c128
seeds="1 2 3"
nj=
data_root=
exp=exp/seeds
help_message="usage: benchmarks/seeds.sh [options]
  --recipe DIR      what to run                            (default: $recipe)
  --seeds \"N …\"                                            (default: $seeds)
  --nj N            parallel jobs of a stage               (default: number of processors)
  --data-root DIR   where a corpus lies that is not downloaded
  --exp DIR         gets the data of each seed, too        (default: $exp)"
. ./path.sh
. utils/parse_options.sh
. utils/common.sh
[ $# -eq 0 ] || usage_error
recipe=${recipe%/}
require_file "$recipe/recipe.yaml" "$(dirname "$recipe")/corpus.sh"
nj=${nj:-$(num_processors)}
require_positive nj

corpus=$(basename "$(dirname "$recipe")")
name=$(basename "$recipe")
runs=()
for seed in $seeds; do
  [[ $seed =~ ^[0-9]+$ ]] || die "--seeds: expected whole numbers, got '$seed'"
  folder=$exp/seed$seed
  mkdir -p "$folder/recipes/$corpus/$name"
  cp "$(dirname "$recipe")/corpus.sh" "$folder/recipes/$corpus"
  for model in recipe lm; do
    [ -f "$recipe/$model.yaml" ] || continue
    printf 'base: ["%s"]\nseed: %s\n' "$(realpath "$recipe/$model.yaml")" "$seed" >"$folder/recipes/$corpus/$name/$model.yaml"
  done
  log "seed $seed; see $folder/run.log"
  bash run.sh --recipe "$folder/recipes/$corpus/$name" --data "$folder/data" --exp "$folder" --data-root "$data_root" --nj "$nj" \
    >"$folder/run.log" 2>&1 || die "seed $seed failed: $(tail -n 1 "$folder/run.log")"
  runs+=("$folder/$corpus/$name")
done
# shellcheck disable=SC2086 # several numbers
python -m benchmarks.seeds --seeds $seeds --runs "${runs[@]}"
