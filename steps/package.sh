#!/usr/bin/env bash
# One folder with all that using a trained network takes: weights, front end, cohort, calibration.
# shellcheck disable=SC2034 # options that are handed on are read by their names
set -euo pipefail
shopt -s inherit_errexit

cohort_embeddings=
cohort_utt2spk=
checkpoint=
licences=
help_message="usage: steps/package.sh [options] <model-dir> <package-dir>
  --cohort-embeddings DIR  to normalise with, and to calibrate with where the recipe's scores are not calibrated
  --cohort-utt2spk FILE    which of them, and their speakers (default of both: those of <model-dir>/scores)
  --checkpoint FILE        which weights (default: the model's newest)
  --licences FILE          a text for the model card: the licences of the training data
makes <package-dir>/{model.json,weights.safetensors,recipe.yaml,README.md} and, where scores have a cohort, cohort.safetensors"
. "$(dirname "$0")/../utils/parse_options.sh"
[ $# -eq 2 ] || usage_error

require_file "$1/recipe.yaml"
require_embeddings cohort_embeddings
require_given cohort_utt2spk checkpoint licences
options=()
for name in cohort_embeddings cohort_utt2spk checkpoint licences; do
  [ -z "${!name}" ] || options+=("--${name//_/-}" "${!name}")
done
python -m speakernet.bin.package "${options[@]}" "$1" "$2"
