#!/usr/bin/env bash
# Makes data dirs of the noise, music and speech of MUSAN, or of a tree laid out like it, with durations read from the headers.
set -euo pipefail
shopt -s inherit_errexit

sampling_rate=16000
use_vocals=true
help_message="Usage: steps/data/make_musan.sh [options] <musan-dir> <data-dir>
 e.g.: steps/data/make_musan.sh /corpora/musan data
Writes <data-dir>/musan_noise, musan_music, musan_speech. Options:
  --sampling-rate N         files are wrapped into sox commands if this is not 16000
  --use-vocals true|false   keep music with vocals, as ANNOTATIONS has it (default: true)"

. ./path.sh
. utils/parse_options.sh
. utils/common.sh

[ $# -eq 2 ] || usage_error
musan=${1%/}
data=${2%/}
require_dir "$musan/noise" "$musan/music" "$musan/speech"
mkdir -p "$data"
rm -rf "$data"/.musan.tmp_*
python -m speakernet.bin.make_musan --sampling-rate "$sampling_rate" --use-vocals "$use_vocals" "$musan" "$data/.musan.tmp"
for part in noise music speech; do
  utils/validate_data_dir.sh --no-feats --no-text "$data/.musan.tmp_$part"
  rm -rf "$data/musan_$part"
  mv "$data/.musan.tmp_$part" "$data/musan_$part"
done
