#!/usr/bin/env bash
# Puts a data dir into other rooms, as Kaldi's reverberate_data_dir.py does; `--help` lists the options. The audio is not touched: the new
# wav.scp has Kaldi's `wav-reverberate … |` lines, which Kaldi runs and we compute when we read them.
set -euo pipefail
shopt -s inherit_errexit
. "$(dirname "$0")/../../path.sh"
exec python -m speakernet.bin.reverberate_data_dir "$@"
