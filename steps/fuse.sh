#!/usr/bin/env bash
# Systems fused to log-likelihood ratios, by logistic regression on their scores of the calibration trials.
# shellcheck disable=SC2034 # options that are handed on are read by their names
set -euo pipefail
shopt -s inherit_errexit

kinds=asnorm
qualities=
p_target=0.05
utt2spk=
train_utt2spk=
help_message="usage: steps/fuse.sh [options] <trials> [<trials> ...] -- <scores-dir> [<scores-dir> ...] <out-dir>
  --kinds \"KIND ...\"     of each system's scores, or one for all (default: $kinds)
  --qualities \"NAME ...\" duration, norm, cohort_mean: also measures of quality, by the first system's tables
  --p-target P           prior to train at (default: $p_target)
  --train-utt2spk FILE   speakers of the calibration trials, and
  --utt2spk FILE         of the trials, who may not be the same
Each <scores-dir> (exp/<corpus>/<recipe>/scores) is of a recipe with scoring.calibration, with the same calibration trials.
makes <out-dir>/<trials>.fused_calibrated, or .fused_qmf; with exp/<corpus>/<name>/scores as <out-dir> the table is
steps/evaluate.sh exp/<corpus>/<name> <trials>"
. "$(dirname "$0")/../utils/parse_options.sh"
options=(--p-target "$p_target")
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  require_file "$1"
  options+=(--trials "$1")
  shift
done
[ $# -ge 3 ] && [ "${#options[@]}" -gt 2 ] || usage_error
systems=("${@:2:$#-2}")
out=${*: -1}
for system in "${systems[@]}"; do require_file "$system/calibration/trials"; done
require_given train_utt2spk utt2spk
for name in train_utt2spk utt2spk; do
  [ -z "${!name}" ] || options+=("--${name//_/-}" "${!name}")
done

lock_output "$out"
# shellcheck disable=SC2086 # lists of words
python -m speakernet.bin.fuse "$out" "${systems[@]}" "${options[@]}" --kinds $kinds ${qualities:+--qualities $qualities}
