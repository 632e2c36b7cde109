#!/usr/bin/env bash
# Copies a data directory, with its recordings stored in a few large archives: network disks are fast at these, and slow at a
# million small files. Jobs that an interrupted run completed are not done again.
set -euo pipefail
shopt -s inherit_errexit

audio_format=flac
nj=4
cmd=utils/run.pl
max_failed_share=0
help_message="Usage: steps/pack_audio.sh [options] <source-data-dir> <target-data-dir>
 e.g.: steps/pack_audio.sh --nj 8 --audio-format flac data/train data/flac/train
The archives, of 2 GiB at most, and the logs go to ark/<set> beside the target; its wav.scp has <archive>:<offset>. Options:
  --audio-format FORMAT    copy, wav or flac. copy: the files as they are; wav: 16 bits, one channel, which Kaldi reads, too; flac: the same in about
                           half the room; what commands and augmentations give can be stored as wav or flac (default: $audio_format)
  --nj N --cmd COMMAND     how jobs run (no more jobs than recordings)
  --max-failed-share P     leave out unreadable recordings, if they are not more than this share (default: $max_failed_share)"

. "$(dirname "$0")/../utils/parse_options.sh"
. ./path.sh

[ $# -eq 2 ] || usage_error
source_dir=${1%/}
target=${2%/}
require_positive nj
require_share max_failed_share
case $audio_format in
  copy | wav | flac) ;;
  *) bad_option audio_format "copy, wav or flac" ;;
esac
require_file "$source_dir/wav.scp" "$source_dir/utt2spk"
[ ! "$source_dir" -ef "$target" ] || die "$target is both source and target"

begin_set "$target"
num_recordings=$(num_lines "$source_dir/wav.scp")
nj=$((nj < num_recordings ? nj : num_recordings))
make_dirs "$arks/log"
prefix=$(realpath "$arks")/audio
job_name "$source_dir" "$prefix"
job_command "$cmd" python -m speakernet.bin.pack_audio --audio-format "$audio_format" --nj "$nj" --job "$job" "$source_dir" "$prefix.$job"
# shellcheck disable=SC2086 # $cmd is a command with its options
$cmd "$job=1:$nj" "$arks/log/pack_audio.$job.log" "${words[@]}"
python -m speakernet.bin.collect_audio --nj "$nj" --max-failed-share "$max_failed_share" "$source_dir" "$new" "$prefix.JOB"
remove_parts "$prefix" "$nj"
publish_set
