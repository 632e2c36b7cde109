#!/usr/bin/env bash
# Adds noise to a data dir, as Kaldi's augment_data_dir.py does; `--help` lists the options. The audio is not touched: the new
# wav.scp has Kaldi's `wav-reverberate … |` lines, which Kaldi runs and we compute when we read them.
set -euo pipefail
shopt -s inherit_errexit
. "$(dirname "$0")/../../path.sh"
exec python -m speakernet.bin.augment_data_dir "$@"
