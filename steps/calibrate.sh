#!/usr/bin/env bash
# Scores to log-likelihood ratios, by logistic regression on trials between other speakers than those
# of the test: draws such trials, scores them as the test was scored, trains, applies.
set -euo pipefail
shopt -s inherit_errexit

cmd=utils/run.pl
kinds="cosine asnorm"
quality=false
fuse=false
num_target=10000
num_nontarget=30000
p_target=0.05
seed=0
exclude=
utt2spk=
cohort_embeddings=
cohort_utt2spk=
set=()
help_message="usage: steps/calibrate.sh [options] <model-dir> <train-embeddings> <train-data> <trials> [<trials> ...] <scores-dir>
  --cmd COMMAND            how to run the job (default: $cmd)
  --kinds \"KIND ...\"       of scores (default: $kinds)
  --quality true|false     also use lengths, embeddings' norms and means against the cohort: <trials>.<kind>_qmf
                           instead of _calibrated (default: $quality)
  --fuse true|false        all kinds in one map, as <trials>.fused_calibrated (default: $fuse)
  --num-target N           training trials of one speaker at most (default: $num_target)
  --num-nontarget N        training trials of two speakers at most (default: $num_nontarget)
  --p-target P             prior to train at (default: $p_target)
  --seed N                 of the draw (default: $seed)
  --exclude FILE           an utt2spk whose speakers are left out of the training trials
  --utt2spk FILE           speakers of the trials, who may not be in the training
  --cohort-embeddings DIR  as given to steps/score.sh
  --cohort-utt2spk FILE    as given to steps/score.sh
  --set KEY=VALUE          as given to steps/score.sh (repeatable)
Where <train-data> has utt2session, targets are drawn from two sessions of a speaker.
makes <scores-dir>/<trials>.<kind>_calibrated from <scores-dir>/<trials>.<kind>"
. "$(dirname "$0")/../utils/parse_options.sh"
[ $# -ge 5 ] || usage_error
model=$1 embeddings=$2 train=$3
scores=${*: -1}
trials=("${@:4:$#-4}")

require_file "$model/recipe.yaml" "$embeddings/embedding.scp" "$train/utt2spk" "${trials[@]}"
score_options=() options=(--p-target "$p_target" --fuse "$fuse")
tables=(utt2norm utt2num_frames)
require_given cohort_utt2spk exclude utt2spk
require_embeddings cohort_embeddings
if [ -n "$cohort_embeddings" ]; then
  [ -n "$cohort_utt2spk" ] || bad_option cohort_utt2spk "the speakers of --cohort-embeddings"
  # The speakers of these trials may be in the cohort: with --utt2spk they are left out of their own utterances' cohort.
  score_options+=(--cohort-embeddings "$cohort_embeddings" --cohort-utt2spk "$cohort_utt2spk" --utt2spk "$train/utt2spk")
  tables+=(utt2cohort_mean)
fi
for setting in "${set[@]}"; do score_options+=(--set "$setting"); done
work=$scores/calibration
if [ "$quality" = true ]; then
  require_file "${tables[@]/#/$scores/}"
  options+=(--train-quality-tables "${tables[@]/#/$work/}" --quality-tables "${tables[@]/#/$scores/}")
fi
[ -z "$utt2spk" ] || options+=(--train-utt2spk "$train/utt2spk" --utt2spk "$utt2spk")

lock_output "$work"
make_dirs "$work/log"
draw=()
[ ! -f "$train/utt2session" ] || draw+=(--utt2session "$train/utt2session")
[ -z "$exclude" ] || draw+=(--exclude "$exclude")
python -m speakernet.bin.make_trials "${draw[@]}" --num-target "$num_target" --num-nontarget "$num_nontarget" --seed "$seed" \
  "$train/utt2spk" "$work/trials"
job_command "$cmd" python -m speakernet.bin.score --set scoring.calibration=null "${score_options[@]}" "$model" "$work/trials" "$embeddings" "$work"
# shellcheck disable=SC2086 # --cmd holds a command and its options
$cmd "$work/log/score.log" "${words[@]}"
# shellcheck disable=SC2086 # a list of words
python -m speakernet.bin.calibrate "$work" "${trials[@]}" "$scores" "${options[@]}" --kinds $kinds
