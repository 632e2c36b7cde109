#!/usr/bin/env bash
# Makes the default corpus from Debian packages with recorded voices: wav/, train/, test/ (with trial lists), cohort/, and noises,
# music, babble and room impulse responses laid out as MUSAN and RIRS_NOISES. docs/corpora.md tells what it is and what it is not.
set -euo pipefail
shopt -s inherit_errexit

nj=2
subset=false
cache=${SPEAKERNET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/speakernet}
help_message="usage: local/debian_voices/prepare.sh [--nj N] [--subset true|false] [--cache DIR] <data-dir>

  --nj N          parallel processes                          (default: $nj)
  --subset BOOL   a dozen speakers from a few small packages  (default: $subset)
  --cache DIR     where downloads are kept                    (default: $cache)"
. "$(dirname "$0")/../../utils/parse_options.sh"
[ $# -eq 1 ] || usage_error
require_positive nj
data=$1
. ./path.sh
export OMP_NUM_THREADS=1
tables=egs/debian_voices
choice=()
if [ "$subset" = true ]; then choice=(--subset); fi

packages=$(python local/debian_voices/list_packages.py --tables "$tables" "${choice[@]}")
mapfile -t packages <<<"$packages"
local/debian_voices/fetch.sh --packages-table "$tables/packages.tsv" "$cache/debs" "${packages[@]}"

# The sets are written last: if they exist, so do the noises and impulse responses.
python local/debian_voices/prepare_rirs.py --nj "$nj" "$data/RIRS_NOISES"
log "decoding ${#packages[@]} packages"
python local/debian_voices/prepare_corpus.py --nj "$nj" --tables "$tables" --debs "$cache/debs" "${choice[@]}" "$data"
log "made $data"
