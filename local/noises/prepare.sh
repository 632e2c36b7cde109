#!/usr/bin/env bash
# Makes noises and rooms for a corpus that comes without MUSAN or RIRS_NOISES, laid out like these, so that stage 2 and training need not
# know: <data-dir>/musan and <data-dir>/RIRS_NOISES. What is in the data root as musan/ or RIRS_NOISES/ is used as it is.
set -euo pipefail
shopt -s inherit_errexit

nj=2
data_root=
help_message="usage: local/noises/prepare.sh --data-root DIR [--nj N] <train-dir> <data-dir>

  --data-root DIR  may hold musan/ and RIRS_NOISES/, or noises/ and music/ with sound files of any kind
  --nj N           parallel processes  (default: $nj)
  <train-dir>      the data directory whose speakers are the babble"
. "$(dirname "$0")/../../utils/parse_options.sh"
[ $# -eq 2 ] || usage_error
require_positive nj
require_dir "$data_root" "$1"
train=$1 data=$2
. ./path.sh
. local/noises/roots.sh

if [ "$musan_root" = "$data/musan" ]; then
  python local/noises/make_noises.py --data-root "$data_root" --nj "$nj" "$train" "$musan_root"
else
  log "noises: $musan_root"
fi
if [ "$rirs_root" = "$data/RIRS_NOISES" ]; then
  log "rooms: none in $data_root/RIRS_NOISES, so they are simulated"
  python local/debian_voices/prepare_rirs.py --nj "$nj" "$rirs_root"
else
  log "rooms: $rirs_root"
fi
