#!/usr/bin/env bash
# Behind steps/make_fbank.sh and steps/make_mfcc.sh, which say what it does: its first argument is the type of features, and
# the option of the configuration file is named after it.
set -euo pipefail
shopt -s inherit_errexit

type=$1
shift
nj=4
cmd=utils/run.pl
# shellcheck disable=SC2034 # the option of the type that is made is read by its name
fbank_config=conf/fbank80.conf
# shellcheck disable=SC2034
mfcc_config=conf/mfcc.conf
compress=true
seed=0
name=
max_failed_share=0.05
write_utt2num_frames=true
write_utt2dur=true
help_message="Usage: steps/make_$type.sh [options] <data-dir> [<log-dir> [<$type-dir>]]
 e.g.: steps/make_$type.sh --nj 8 data/train
Defaults: <log-dir> is <data-dir>/log, <$type-dir> is <data-dir>/data. Options:
  --${type}-config FILE         Kaldi's options (conf/$type….conf)
  --nj N --cmd COMMAND         how jobs run (no more jobs than utterances)
  --compress true|false        store one byte a value, as Kaldi's copy-feats --compress does (default: true)
  --seed N                     of the dither (default: 0)
  --name NAME                  what archives and logs are called (default: <data-dir>'s name)
  --max-failed-share P         fail if more utterances than this could not be read (default: 0.05)"

. "$(dirname "$0")/../utils/parse_options.sh"
. ./path.sh

[ $# -ge 1 ] && [ $# -le 3 ] || usage_error
data=${1%/}
log_dir=${2:-$data/log}
feature_dir=${3:-$data/data}
require_positive nj
case $type in
  fbank | mfcc) ;;
  *) bad_option type "fbank or mfcc" ;;
esac
config_name=${type}_config
config=${!config_name}
require_share max_failed_share
require_given "$config_name"
require_file "$data/wav.scp"
if [ "$write_utt2num_frames" = false ] || [ "$write_utt2dur" = false ]; then
  log "utt2num_frames and utt2dur are always written"
fi

lock_output "$data" features.
lock_output "$feature_dir"
# Jobs may rewrite the archives that an old feats.scp points into.
for table in feats.scp utt2num_frames utt2dur; do
  if [ -f "$data/$table" ]; then
    make_dirs "$data/.backup"
    move "$data/$table" "$data/.backup/$table"
  fi
done
utils/validate_data_dir.sh --no-feats --no-text "$data"
num_utts=$(num_lines "$data/utt2spk")
nj=$((nj < num_utts ? nj : num_utts))
utils/split_data.sh --per-utt "$data" "$nj"
make_dirs "$log_dir" "$feature_dir" "$data/conf"
name=${name:-$(basename "$data")}
feature_dir=$(realpath "$feature_dir")
prefix=$feature_dir/raw_${type}_$name

job_name "$config" "$data" "$prefix" "$log_dir"
job_command "$cmd" python -m speakernet.bin.compute_features --config "$config" --compress "$compress" --seed "$seed" \
  "$type" "$data/split${nj}utt/$job" "$prefix.$job"
# shellcheck disable=SC2086 # $cmd is a command with its options
$cmd "$job=1:$nj" "$log_dir/make_${type}_$name.$job.log" "${words[@]}"
python -m speakernet.bin.collect_features --nj "$nj" --config "$config" --max-failed-share "$max_failed_share" \
  "$type" "$data" "$prefix.JOB"
write_to "$data/conf/$type.conf" cat "$config"
remove_parts "$prefix" "$nj"
