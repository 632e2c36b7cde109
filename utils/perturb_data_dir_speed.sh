#!/usr/bin/env bash
# A copy of a data dir at another speed and pitch, with other speakers: ids get the prefix sp<factor>-, as Kaldi's script of this
# name gives them, and wav.scp gets sox commands, which we compute when we read them.
# utils/perturb_data_dir_speed.sh 0.9 data/train data/train_sp0.9
set -euo pipefail
. ./path.sh
exec python -m speakernet.bin.perturb_data_dir_speed "$@"
