#!/usr/bin/env bash
# Scores to log-likelihood ratios, by logistic regression on trials between other speakers than those
# of the test: draws such trials, scores them as the test was scored, trains, applies.
set -euo pipefail
shopt -s inherit_errexit

cmd=utils/run.pl
scorings="cosine asnorm"
quality=false
fuse=false
num_target=10000
num_nontarget=30000
p_target=0.05
seed=0
train_data=
data=
utt2spk=
cohort_dir=
cohort_utt2spk=
help_message="usage: steps/calibrate.sh [options] <model-dir> <train-embeddings> <train-utt2spk> <trials> [<trials> ...] <scores-dir>
  --cmd COMMAND          how to run the jobs (default: $cmd)
  --scorings \"K ...\"     which scores (default: $scorings)
  --quality true         also use norms of embeddings, means against the cohort, and lengths (with
                         --train-data and --data, which have utt2num_frames); adds _quality to the name
  --train-data DIR, --data DIR
  --fuse true            all scorings together, as <trials>.fused_calibrated (default: $fuse)
  --num-target N, --num-nontarget N   training trials (default: $num_target, $num_nontarget)
  --p-target P           prior to train at (default: $p_target)
  --seed N               of the draw (default: $seed)
  --utt2spk FILE         of the test, checked to have other speakers
  --cohort-dir DIR, --cohort-utt2spk FILE   as given to steps/score.sh
makes <scores-dir>/<trials>.<scoring>_calibrated from <scores-dir>/<trials>.<scoring>"
. utils/common.sh
. utils/parse_options.sh
[ $# -ge 5 ] || usage_error
model=$1
embeddings=$2
train_utt2spk=$3
scores=${*: -1}
trials=("${@:4:$#-4}")

[ -z "$cohort_dir" ] || require_file "$cohort_dir/embedding.scp" "$cohort_utt2spk"
require_file "$model/recipe.yaml" "$embeddings/embedding.scp" "$train_utt2spk" "${trials[@]}"
for list in "${trials[@]}"; do
  for scoring in $scorings; do
    require_file "$scores/$(basename "$list").$scoring"
  done
done

work=$scores/calibration
mkdir -p "$work/log"
python -m speakernet.bin.make_trials --num-target "$num_target" --num-nontarget "$num_nontarget" \
  --seed "$seed" "$train_utt2spk" "$work/trials"
options=()
if [ -n "$cohort_dir" ]; then
  # The speakers of these trials may be in the cohort, where nobody is to meet himself.
  options+=(--cohort-embeddings "$cohort_dir" --cohort-utt2spk "$cohort_utt2spk" --utt2spk "$train_utt2spk")
fi
# shellcheck disable=SC2086 # --cmd holds a command and its options
$cmd "$work/log/score.log" \
  python -m speakernet.bin.score "$model" "$embeddings" "$work" "${options[@]}" --trials "$work/trials"

# calibrate NAME SCORING...: each trial list's scores of these kinds become <trials>.NAME
calibrate() {
  local name=$1 list kind
  shift
  for list in "${trials[@]}"; do
    local train=() test=() extra=()
    for kind in "$@"; do
      train+=("$work/trials.$kind")
      test+=("$scores/$(basename "$list").$kind")
    done
    if [ "$quality" = true ]; then
      local tables=(utt2norm) lengths=() train_lengths=()
      [ -z "$cohort_dir" ] || tables+=(utt2cohort_mean)
      if [ -n "$data" ] && [ -n "$train_data" ]; then
        lengths=("$data/utt2num_frames")
        train_lengths=("$train_data/utt2num_frames")
      fi
      extra=(--train-quality "${tables[@]/#/$work/}" "${train_lengths[@]}"
        --quality "${tables[@]/#/$scores/}" "${lengths[@]}")
    fi
    [ -z "$utt2spk" ] || extra+=(--train-utt2spk "$train_utt2spk" --utt2spk "$utt2spk")
    python -m speakernet.bin.calibrate "$scores/$(basename "$list").$name" --p-target "$p_target" \
      --train-trials "$work/trials" --train-scores "${train[@]}" \
      --trials "$list" --scores "${test[@]}" "${extra[@]}"
  done
}

suffix=calibrated
[ "$quality" = false ] || suffix=quality_calibrated
if [ "$fuse" = true ]; then
  # shellcheck disable=SC2086 # a list of words
  calibrate "fused_$suffix" $scorings
else
  for scoring in $scorings; do
    calibrate "${scoring}_$suffix" "$scoring"
  done
fi
