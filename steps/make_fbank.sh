#!/usr/bin/env bash
# Computes log mel filter banks as Kaldi does. Writes feats.scp, utt2num_frames, utt2dur, frame_shift and conf/ into the data
# dir. Jobs that an interrupted run completed are not done again. `steps/make_fbank.sh --help` lists the options.
set -euo pipefail
exec "$(dirname "$0")/make_features.sh" fbank "$@"
