#!/usr/bin/env bash
# Scores of trial lists: the recipe's similarity, and normalised by a cohort where one is given.
# shellcheck disable=SC2034 # options that are handed on are read by their names
set -euo pipefail
shopt -s inherit_errexit

cmd=utils/run.pl
plain=false
cohort_embeddings=
cohort_utt2spk=
plda_embeddings=
plda_utt2spk=
calibration_embeddings=
calibration_utt2spk=
enroll_spk2utt=
checkpoint=
set=()
help_message="usage: steps/score.sh [options] <model-dir> <trials> [<trials> ...] <embeddings-dir> <scores-dir>
  --cmd COMMAND            how to run the job (default: $cmd)
  --plain true|false       similarities only, whatever the recipe says (default: $plain)
  --cohort-embeddings DIR  to normalise with
  --cohort-utt2spk FILE    which of them, and their speakers
  --plda-embeddings DIR    what the recipe's PLDA is trained on, and
  --plda-utt2spk FILE      which of them, and their speakers (default: the cohort's)
  --calibration-embeddings DIR  what trials for the recipe's calibration are drawn from, and
  --calibration-utt2spk FILE    which of them, and their speakers (default: the cohort's); where it has utt2session
                           beside it, targets are drawn from two sessions
  --enroll-spk2utt FILE    enrolment ids are models with these utterances
  --checkpoint FILE        for the cohort of class weights (default: the model's newest)
  --set KEY=VALUE          a setting of the recipe, as scoring.top_n=100 (repeatable)
makes <scores-dir>/<name of trials>.{cosine,asnorm} and, by the recipe, .plda, .*_calibrated, .*_qmf; the log is <scores-dir>/log/score.log"
. "$(dirname "$0")/../utils/parse_options.sh"
[ $# -ge 4 ] || usage_error
model=$1
embeddings=${*: -2:1}
scores=${*: -1}
trials=("${@:2:$#-3}")

require_file "$model/recipe.yaml" "${trials[@]}" "$embeddings/embedding.scp"
options=()
require_embeddings {cohort,plda,calibration}_embeddings
drawn_from=${calibration_utt2spk:-$cohort_utt2spk} calibration_utt2session=
[ -z "$drawn_from" ] || calibration_utt2session=$(dirname "$drawn_from")/utt2session
[ -f "$calibration_utt2session" ] || calibration_utt2session=
require_given {cohort,plda,calibration}_utt2spk enroll_spk2utt checkpoint
for name in {cohort,plda,calibration}_{embeddings,utt2spk} calibration_utt2session enroll_spk2utt checkpoint; do
  [ -z "${!name}" ] || options+=("--${name//_/-}" "${!name}")
done

for setting in "${set[@]}"; do options+=(--set "$setting"); done
if [ "$plain" = true ]; then
  options+=(--set scoring.normalization=none --set scoring.plda=null --set scoring.calibration=null --set scoring.subtract_mean=false)
fi

lock_output "$scores"
make_dirs "$scores/log"
job_command "$cmd" python -m speakernet.bin.score "${options[@]}" "$model" "${trials[@]}" "$embeddings" "$scores"
# shellcheck disable=SC2086 # --cmd holds a command and its options
$cmd "$scores/log/score.log" "${words[@]}"
