#!/usr/bin/env bash
# The sets of a prepared corpus, its training set several times under other ids.
set -euo pipefail
shopt -s inherit_errexit

repeats=21
source=data/debian_voices
# shellcheck disable=SC2034 # run.sh gives it; copying takes no jobs
nj=1
help_message="Usage: benchmarks/egs/repeated/prepare.sh [options] <data-dir>
  --repeats N    how many training sets (default: $repeats)
  --source DIR   a corpus that run.sh has prepared (default: $source)
  --nj N         not used"
. ./path.sh
. utils/parse_options.sh
. utils/common.sh
[ $# -eq 1 ] || usage_error
data=$1
require_positive repeats nj
require_dir "$source/train"

parts=()
for ((i = 1; i <= repeats; i++)); do
  prefix=$(printf 'r%03d-' "$i")
  parts+=("$data/parts/$prefix")
  utils/copy_data_dir.sh --utt-prefix "$prefix" --spk-prefix "$prefix" "$source/train" "$data/parts/$prefix"
done
utils/combine_data.sh "$data/train" "${parts[@]}"
rm -r "$data/parts"
for set in cohort test; do utils/copy_data_dir.sh "$source/$set" "$data/$set"; done
cp "$source"/test/trials* "$data/test"
