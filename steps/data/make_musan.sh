#!/usr/bin/env bash
# Makes data dirs of the noise, music and speech of MUSAN, or of a tree laid out like it, with durations read from the headers:
# steps/data/make_musan.sh /corpora/musan data makes data/musan_{noise,music,speech}; `--help` lists the options.
set -euo pipefail
shopt -s inherit_errexit
. "$(dirname "$0")/../../path.sh"
exec python -m speakernet.bin.make_musan "$@"
