#!/usr/bin/env bash
# From a corpus to EER: data directories, augmented copies, features, training, large-margin
# fine-tuning, embeddings, scores, results. A stage can be run alone, again, or on another machine
# that sees the same files; what is finished is skipped and says so (utils/once.sh). Exit code 99: asked
# to leave by SIGTERM, SIGINT or SIGUSR1; training has saved, and the same command continues.
# shellcheck disable=SC2034,SC2154 # corpus.sh and the recipe (printf -v) use and set variables
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "${BASH_SOURCE[0]}")"
. ./cmd.sh

recipe=egs/debian_voices/tdnn_c128
stage=1
stop_stage=8
nj=
nproc=
cmd=$train_cmd
max_failed_share=0
data_root=
data=data
exp=exp
help_message="usage: bash run.sh [options]

  --recipe DIR       recipe folder: egs/<corpus>/<recipe>  (default: $recipe)
  --stage N          first stage to run                    (default: $stage)
  --stop-stage N     last stage to run                     (default: $stop_stage)
  --nj N             parallel jobs of a stage              (default: number of processors)
  --nproc N          training processes                    (default: number of GPUs, or 1)
  --cmd COMMAND      how jobs run: \"utils/slurm.pl --mem 4G\", your own queue.pl, …  (default: $cmd)
  --cuda-cmd COMMAND how training runs: \"utils/slurm.pl --gpu 8\", …  (default: ${cuda_cmd:-here})
  --max-failed-share P  share of a set that may be unreadable: reported and left out  (default: $max_failed_share)
  --data-root DIR    where a corpus lies that is not downloaded
  --data DIR         parent of data/<corpus>               (default: $data)
  --exp DIR          parent of exp/<corpus>/<recipe>       (default: $exp)

stages: 1 data directories   2 augmented copies   3 features   4 training
        5 large-margin fine-tuning   6 embeddings   7 scores   8 results"
. utils/parse_options.sh
. utils/common.sh
leave_on_signal
[ $# -eq 0 ] || die "unexpected argument '$1' (try --help)"
recipe=${recipe%/}
corpus_dir=$(dirname "$recipe")
corpus=$(basename "$corpus_dir")
require_file "$recipe/recipe.yaml" "$corpus_dir/corpus.sh"
require_positive stage stop_stage
nj=${nj:-$(num_processors)}
require_positive nj
data=$data/$corpus
dir=$exp/$corpus/$(basename "$recipe")
. ./path.sh
. "$corpus_dir/corpus.sh"

# The names and values that the stages need of the recipes: models, base_train_data, lm_copies, …
resolved=$(python -m speakernet.bin.resolve_recipe "$recipe" "$dir")
while IFS='=' read -r key value; do printf -v "$key" '%s' "$value"; done <<<"$resolved"

# A corpus may have fewer lists for a training set that shares speakers with the others.
lists_of_set=trial_lists_of_${base_train_set//[^A-Za-z0-9_]/_}
trial_lists=${!lists_of_set-$trial_lists}

# use_model base|lm: the following lines are about this model. $feats holds its sets with features.
use_model() {
  local key name
  for key in train_set train_data features copies speed_factors seed online_augment cohort; do
    name=$1_$key
    printf -v "$key" '%s' "${!name}"
  done
  model_dir=$dir
  [ "$1" = base ] || model_dir=$dir/$1
  feats=$data/$features
  [ "$features" != waveform ] || feats=$data
  noise_inputs=() noise_options=() cohort_inputs=() cohort_options=()
  if [ "$online_augment" = true ]; then
    noise_inputs=(--fixed-input "$data/musan_noise")
    noise_options=(--musan "$data/musan" --rirs "$rirs_root")
  fi
  if [ "$cohort" = true ]; then
    cohort_inputs=(--input "$model_dir/embeddings_$cohort_set")
    cohort_options=(--cohort-embeddings "$model_dir/embeddings_$cohort_set" --cohort-utt2spk "$data/$cohort_set/utt2spk")
  fi
}

# Every set whose features some stage reads, once.
sets_to_compute() {
  local model
  for model in $models; do (use_model "$model" && echo "$train_data" && sets_to_embed); done | awk '!seen[$0]++'
}

sets_to_embed() {
  echo "$test_set"
  [ "$cohort" = false ] || echo "$cohort_set"
}

active() {
  [ "$stage" -le "$1" ] && [ "$stop_stage" -ge "$1" ] || return 1
  log "stage $1: $2"
}

once="run_forwarding utils/once.sh"
jobs=(--nj "$nj" --cmd "$cmd")
train=(steps/train.sh --nproc "$nproc" --cuda-cmd "$cuda_cmd")
use_model base

if active 1 "data directories"; then
  $once --output "$train_set/wav.scp" "$data" -- "${prepare[@]}" --nj "$nj" "$data"
fi

if active 2 "augmented copies"; then
  for model in $models; do
    use_model "$model"
    noises=()
    [ -z "$copies" ] || noises=(--input "$data/musan_noise")
    if [ -n "$copies" ] || [ "$online_augment" = true ]; then
      $once --input "$data" "$data/musan_noise" -- steps/data/make_musan.sh "$musan_root" "$data"
    fi
    [ "$train_data" = "$train_set" ] || $once --input "$data/$train_set" "${noises[@]}" "$data/$train_data" -- \
      steps/augment_data_dir.sh "${jobs[@]}" --max-failed-share "$max_failed_share" --copies "$copies" \
      --speed-factors "$speed_factors" --seed "$seed" \
      --musan "$data/musan" --rirs "$rirs_root" "$data/$train_set" "$data/$train_data"
  done
fi

if active 3 "features"; then
  [ "$features" != waveform ] || log "the network has a front end of its own"
  for set in $(sets_to_compute); do
    [ "$features" != waveform ] || continue
    $once --input "$data/$set" --input "conf/$features.conf" "$feats/$set" -- \
      steps/make_set_features.sh "${jobs[@]}" --max-failed-share "$max_failed_share" --seed "$seed" "$features" "$data/$set" "$feats/$set"
  done
fi

if active 4 "training"; then
  use_model base
  $once --input "$model_dir/settings/training.settings" --fixed-input "$feats/$train_data" "${noise_inputs[@]}" --output final.pt \
    "$model_dir/checkpoints" -- "${train[@]}" "${noise_options[@]}" "$model_dir/recipe.yaml" "$feats/$train_data" "$model_dir"
fi

if active 5 "large-margin fine-tuning" && [ "$models" != base ]; then
  use_model lm
  $once --input "$model_dir/settings/training.settings" --fixed-input "$dir/checkpoints" --fixed-input "$feats/$train_data" \
    "${noise_inputs[@]}" --output final.pt "$model_dir/checkpoints" -- \
    "${train[@]}" "${noise_options[@]}" --init "$dir" "$model_dir/recipe.yaml" "$feats/$train_data" "$model_dir"
fi

# The network before any training goes along, to show what training gave.
if active 6 "embeddings"; then
  use_model base
  $once --input "$dir/settings/training.settings" --input "$feats/$test_set" "$dir/untrained/embeddings_$test_set" -- \
    steps/extract_embeddings.sh "${jobs[@]}" --untrained true "$dir" "$feats/$test_set" "$dir/untrained/embeddings_$test_set"
  for model in $models; do
    use_model "$model"
    for set in $(sets_to_embed); do
      $once --input "$model_dir/checkpoints" --input "$feats/$set" --input "$model_dir/settings/extraction.settings" \
        "$model_dir/embeddings_$set" -- \
        steps/extract_embeddings.sh "${jobs[@]}" "$model_dir" "$feats/$set" "$model_dir/embeddings_$set"
    done
  done
fi

lists=()
for list in $trial_lists; do lists+=("$data/$test_set/$list"); done

if active 7 "scores"; then
  $once "${lists[@]/#/--input=}" --input "$dir/untrained/embeddings_$test_set" "$dir/untrained/scores" -- \
    steps/score.sh --cmd "$cmd" --plain true "$dir" "${lists[@]}" "$dir/untrained/embeddings_$test_set" "$dir/untrained/scores"
  for model in $models; do
    use_model "$model"
    $once "${lists[@]/#/--input=}" --input "$model_dir/embeddings_$test_set" "${cohort_inputs[@]}" \
      --input "$model_dir/settings/scoring.settings" "$model_dir/scores" -- \
      steps/score.sh --cmd "$cmd" "${cohort_options[@]}" "$model_dir" "${lists[@]}" "$model_dir/embeddings_$test_set" "$model_dir/scores"
  done
fi

if active 8 "results"; then
  published=()
  [ ! -f "$corpus_dir/published.tsv" ] || published=(--published "$corpus_dir/published.tsv")
  run_forwarding steps/evaluate.sh "${published[@]}" "$dir" "${lists[@]}"
fi
