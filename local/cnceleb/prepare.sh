#!/usr/bin/env bash
# Makes the sets of CN-Celeb 1 and 2 (openslr 82) with the official trials, and noises and rooms where the data root has none. Audio stays
# where it is.
set -euo pipefail
shopt -s inherit_errexit

nj=2
data_root=
help_message="usage: local/cnceleb/prepare.sh --data-root DIR [--nj N] <data-dir>

  --data-root DIR  holds CN-Celeb_flac/{data,dev,eval}/ (or CN-Celeb_wav/, CN-Celeb/), if it is to be trained on CN-Celeb2_flac/, and if
                   you like musan/ and RIRS_NOISES/
  --nj N           parallel processes  (default: $nj)"
. "$(dirname "$0")/../../utils/parse_options.sh"
[ $# -eq 1 ] || usage_error
require_positive nj
require_data_root "where CN-Celeb_flac/ lies"
data=$1
. ./path.sh

python local/cnceleb/make_cnceleb_sets.py --data-root "$data_root" "$data"
local/noises/prepare.sh --data-root "$data_root" --nj "$nj" "$data/cnceleb1_dev" "$data"
