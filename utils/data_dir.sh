#!/usr/bin/env bash
# The tools for data directories, under Kaldi's names: validate_data_dir.sh, fix_data_dir.sh, combine_data.sh, subset_data_dir.sh,
# split_data.sh, copy_data_dir.sh, perturb_data_dir_speed.sh, utt2spk_to_spk2utt.sh and spk2utt_to_utt2spk.sh are links to this
# script. `--help` gives usage.
set -euo pipefail
shopt -s inherit_errexit

# shellcheck source=path.sh
. "$(dirname "${BASH_SOURCE[0]}")/../path.sh"

exec python -m "speakernet.bin.$(basename "$0" .sh)" "$@"
