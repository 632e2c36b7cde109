#!/usr/bin/env bash
# A copy of a data dir at another speed and pitch, with other speakers: ids get the prefix sp<factor>-, as Kaldi's script of this
# name gives them, and wav.scp gets sox commands, which we compute when we read them.
set -euo pipefail
shopt -s inherit_errexit

help_message="Usage: utils/perturb_data_dir_speed.sh <factor> <source-data-dir> <target-data-dir>
 e.g.: utils/perturb_data_dir_speed.sh 0.9 data/train data/train_sp0.9"

. ./path.sh
. utils/parse_options.sh
. utils/common.sh

[ $# -eq 3 ] || usage_error
exec steps/data/copy_with.sh perturb_data_dir_speed "$@"
