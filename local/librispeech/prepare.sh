#!/usr/bin/env bash
# Makes the sets of LibriSpeech or mini_librispeech (openslr 12 and 31) from the parts that are there, a list of trials for each dev and
# test part, and noises and rooms where the data root has none. Audio stays where it is.
set -euo pipefail
shopt -s inherit_errexit

data_root=
nj=2
seed=0
help_message="usage: local/librispeech/prepare.sh --data-root DIR [--nj N] [--seed N] <data-dir>

  --data-root DIR  holds LibriSpeech/{train,dev,test}-*/<speaker>/<chapter>/*.flac, and if you like musan/ and RIRS_NOISES/
  --nj N           parallel processes   (default: $nj)
  --seed N         draws the trials     (default: $seed)"
. "$(dirname "$0")/../../utils/parse_options.sh"
[ $# -eq 1 ] || usage_error
require_positive nj
require_count seed
require_data_root "where LibriSpeech/ lies"
data=$1
. ./path.sh

python local/librispeech/make_librispeech_sets.py --data-root "$data_root" --seed "$seed" "$data"
trains=("$data"/train_*/)
local/noises/prepare.sh --data-root "$data_root" --nj "$nj" "${trains[0]%/}" "$data"
