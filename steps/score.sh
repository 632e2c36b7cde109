#!/usr/bin/env bash
# Scores of trial lists: the recipe's similarity, and normalised by a cohort where one is given.
set -euo pipefail
shopt -s inherit_errexit

cmd=utils/run.pl
plain=false
cohort_embeddings=
cohort_utt2spk=
enroll_spk2utt=
checkpoint=
set=()
help_message="usage: steps/score.sh [options] <model-dir> <trials> [<trials> ...] <embeddings-dir> <scores-dir>
  --cmd COMMAND            how to run the job (default: $cmd)
  --plain true|false       similarities only, whatever the recipe says (default: $plain)
  --cohort-embeddings DIR  to normalise with
  --cohort-utt2spk FILE    which of them, and their speakers
  --enroll-spk2utt FILE    enrolment ids are models with these utterances
  --checkpoint FILE        for the cohort of class weights (default: the model's newest)
  --set KEY=VALUE          a setting of the recipe, as scoring.top_n=100 (repeatable)
makes <scores-dir>/<name of trials>.{cosine,asnorm}; the log is <scores-dir>/log/score.log"
. "$(dirname "$0")/../utils/parse_options.sh"
[ $# -ge 4 ] || usage_error
model=$1
embeddings=${*: -2:1}
scores=${*: -1}
trials=("${@:2:$#-3}")

require_file "$model/recipe.yaml" "${trials[@]}" "$embeddings/embedding.scp"
options=()
if [ -n "$cohort_embeddings" ]; then
  require_file "$cohort_embeddings/embedding.scp"
  options+=(--cohort-embeddings "$cohort_embeddings")
fi
if [ -n "$cohort_utt2spk" ]; then
  require_file "$cohort_utt2spk"
  options+=(--cohort-utt2spk "$cohort_utt2spk")
fi
if [ -n "$enroll_spk2utt" ]; then
  require_file "$enroll_spk2utt"
  options+=(--enroll-spk2utt "$enroll_spk2utt")
fi
if [ -n "$checkpoint" ]; then
  require_file "$checkpoint"
  options+=(--checkpoint "$checkpoint")
fi

for setting in "${set[@]}"; do options+=(--set "$setting"); done
if [ "$plain" = true ]; then
  options+=(--set scoring.normalization=none --set scoring.plda=null --set scoring.subtract_mean=false)
fi

lock_output "$scores"
make_dirs "$scores/log"
job_command "$cmd" python -m speakernet.bin.score "${options[@]}" "$model" "${trials[@]}" "$embeddings" "$scores"
# shellcheck disable=SC2086 # --cmd holds a command and its options
$cmd "$scores/log/score.log" "${words[@]}"
