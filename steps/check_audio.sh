#!/usr/bin/env bash
# Reads all audio of a data dir whose features are not stored: what cannot be read would end the extraction after the training.
set -euo pipefail
shopt -s inherit_errexit

nj=4
cmd=utils/run.pl
help_message="Usage: steps/check_audio.sh [options] <data-dir> <out-dir>
 e.g.: steps/check_audio.sh --nj 8 data/test data/audio_checks/test
Writes <out-dir>/num_utts when every utterance could be read. Options:
  --nj N --cmd COMMAND   how jobs run (no more jobs than utterances)"

. "$(dirname "$0")/../utils/parse_options.sh"
. ./path.sh

[ $# -eq 2 ] || usage_error
data=${1%/}
out=${2%/}
require_file "$data/wav.scp" "$data/utt2spk"

lock_output "$out"
num_utts=$(num_lines "$data/utt2spk")
nj=$((nj < num_utts ? nj : num_utts))
utils/split_data.sh --per-utt "$data" "$nj"
make_dirs "$out/log"
job_name "$data" "$out"
job_command "$cmd" python -m speakernet.bin.check_audio "$data/split${nj}utt/$job"
# shellcheck disable=SC2086 # $cmd is a command with its options
$cmd "$job=1:$nj" "$out/log/check_audio.$job.log" "${words[@]}"
write_to "$out/num_utts" echo "$num_utts"
