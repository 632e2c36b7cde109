#!/usr/bin/env bash
# The durations of the recordings of a data dir, as Kaldi's utils/data/get_reco2dur.sh writes them: from headers where the entries
# are files, from the audio where they are commands. Does nothing where <data-dir>/reco2dur lists the recordings of wav.scp, unless
# their files have changed since it was written here. What an interrupted run has read is kept in <data-dir>/durations and not
# read again.
set -euo pipefail
shopt -s inherit_errexit

nj=4
cmd=utils/run.pl
max_failed_share=0
help_message="Usage: steps/get_reco2dur.sh [options] <data-dir>
 e.g.: steps/get_reco2dur.sh --nj 8 data/train
Writes <data-dir>/reco2dur, or reco2dur.partial if recordings within the allowed share could not be read. Options:
  --nj N --cmd COMMAND   how jobs run (no more jobs than recordings)
  --max-failed-share P   fail if more recordings than this could not be read (default: $max_failed_share)"

. "$(dirname "$0")/../utils/parse_options.sh"
. ./path.sh

[ $# -eq 1 ] || usage_error
data=${1%/}
require_positive nj
require_file "$data/wav.scp"

# Two runs may want the durations of one source: the second finds them.
exec 8>"$data/.reco2dur.lock"
flock 8
status=0
python -m speakernet.bin.compute_durations "$data" || status=$?
case $status in
  0) log "$data/reco2dur lists all recordings already" && exit 0 ;;
  3) ;;
  *) exit 1 ;;
esac
num_recordings=$(num_lines "$data/wav.scp")
nj=$((nj < num_recordings ? nj : num_recordings))
part_dir=$data/durations
make_dirs "$part_dir" "$data/log"
job_name "$data"
job_command "$cmd" python -m speakernet.bin.compute_durations --nj "$nj" --job "$job" "$data" "$part_dir/part.$job"
# shellcheck disable=SC2086 # $cmd is a command with its options
$cmd "$job=1:$nj" "$data/log/durations_$(basename "$data").$job.log" "${words[@]}"
python -m speakernet.bin.compute_durations --nj "$nj" --max-failed-share "$max_failed_share" "$data" "$part_dir/part.JOB"
# Where some failed the parts stay: only those are tried again.
[ ! -f "$data/reco2dur" ] || rm -rf "$part_dir"
