#!/usr/bin/env bash
# Decides which frames are speech by their energy, as Kaldi's sid/compute_vad_decision.sh does. Features must have the log energy
# in front (MFCCs). Writes vad.scp into the data dir.
set -euo pipefail
shopt -s inherit_errexit

nj=4
cmd=utils/run.pl
vad_config=conf/vad.conf
help_message="Usage: steps/compute_vad.sh [options] <data-dir> [<log-dir> [<vad-dir>]]
 e.g.: steps/compute_vad.sh --nj 8 data/train
Defaults: <log-dir> is <data-dir>/log, <vad-dir> is <data-dir>/data. Options:
  --vad-config FILE   Kaldi's options (default: $vad_config)
  --nj N --cmd COMMAND"

. "$(dirname "$0")/../utils/parse_options.sh"
. ./path.sh

[ $# -ge 1 ] && [ $# -le 3 ] || usage_error
data=${1%/} log_dir=${2:-${1%/}/log} vad_dir=${3:-${1%/}/data}
require_positive nj
require_given vad_config
require_file "$data/feats.scp"

lock_output "$data" vad.
lock_output "$vad_dir"
num_utts=$(num_lines "$data/utt2spk")
nj=$((nj < num_utts ? nj : num_utts))
utils/split_data.sh --per-utt "$data" "$nj"
make_dirs "$log_dir"
part=$(realpath "$vad_dir")/vad_$(basename "$data")
job_name "$vad_config" "$data" "$part" "$log_dir"
job_command "$cmd" python -m speakernet.bin.compute_vad --config "$vad_config" "$data/split${nj}utt/$job" "$part.$job.ark" "$part.$job.scp"
# shellcheck disable=SC2086 # $cmd is a command with its options
$cmd "$job=1:$nj" "$log_dir/vad_$(basename "$data").$job.log" "${words[@]}"
join_jobs "$part" "$nj" .scp "$data/vad.scp"
[ "$(num_lines "$data/vad.scp")" -eq "$(num_lines "$data/feats.scp")" ] || die "$data/vad.scp: utterances are missing"
