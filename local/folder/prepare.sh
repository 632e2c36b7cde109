#!/usr/bin/env bash
# Makes the sets train, test (with trials) and cohort from a folder that has a folder for each speaker, or a CSV, and noises and rooms
# where the folder has none. docs/corpora.md tells which speakers and recordings go where.
set -euo pipefail
shopt -s inherit_errexit

nj=2
data_root=
seed=0
help_message="usage: local/folder/prepare.sh --data-root DIR [--nj N] [--seed N] <data-dir>

  --data-root DIR  holds <speaker>/**/<name>.{wav,flac,mp3,m4a,ogg,opus,webm,…}, or a CSV with the columns path, speaker and, if you
                   like, session, split (train or test), start and end (seconds); if you like, also musan/, RIRS_NOISES/, noises/, music/
  --nj N           parallel processes                         (default: $nj)
  --seed N         draws the test speakers and the trials     (default: $seed)"
. "$(dirname "$0")/../../utils/parse_options.sh"
[ $# -eq 1 ] || usage_error
require_positive nj
require_count seed
require_data_root "a folder with a folder of recordings for each speaker, or with a CSV"
. ./path.sh
export OMP_NUM_THREADS=1

python local/folder/make_folder_sets.py --data-root "$data_root" --nj "$nj" --seed "$seed" "$1"
local/noises/prepare.sh --data-root "$data_root" --nj "$nj" "$1/train" "$1"
