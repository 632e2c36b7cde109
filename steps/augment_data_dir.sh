#!/usr/bin/env bash
# The augmented training data of the VoxSRC-2020 recipe: the source, and a reverberant, a noisy, a musical and a babbling copy of
# it, all with the source's speakers.
set -euo pipefail
shopt -s inherit_errexit

copies="reverb noise music babble"
speed_factors=
speed_set=
copy_suffix=
seed=0
num_utts=0
nj=4
cmd=utils/run.pl
max_failed_share=0
musan=
rirs=
help_message="Usage: steps/augment_data_dir.sh [options] --musan <prefix> --rirs <dir> <source-data-dir> <target-data-dir>
 e.g.: steps/augment_data_dir.sh --musan data/musan --rirs /corpora/RIRS_NOISES data/train data/train_aug
Writes <source>_<copy> (or <source>_sp_<copy>) for each copy, and <target>: the source and all copies. Options:
  --copies WORDS         which copies (default: \"$copies\")
  --speed-factors WORDS  first add copies of all speakers, as other speakers, at these speeds (default: none)
  --speed-set DIR        what the source with them is called (default: <source>_sp)
  --seed N               (default: 0)
  --copy-suffix TEXT     at the end of the copies' names, to keep those of another seed (default: none)
  --num-utts N           each copy is a random subset of this size (default: 0, everything)
  --musan PREFIX         PREFIX_noise, PREFIX_music, PREFIX_speech are data dirs (steps/data/make_musan.sh)
  --rirs DIR             has {smallroom,mediumroom}_rir_list, or simulated_rirs/{smallroom,mediumroom}/rir_list
  --nj N --cmd COMMAND   how jobs run that read durations (steps/get_reco2dur.sh)
  --max-failed-share P   leave recordings without a duration out of the copies, if they are not more than this share (default: $max_failed_share)"

. "$(dirname "$0")/../utils/parse_options.sh"
. ./path.sh

[ $# -eq 2 ] || usage_error
source_dir=${1%/} target=${2%/}
require_file "$source_dir/wav.scp" "$source_dir/utt2spk"
read -rd "" -a kinds <<<"$copies" || true
read -rd "" -a factors <<<"$speed_factors" || true

rir_list() {
  local list
  for list in "$rirs/$1_rir_list" "$rirs/simulated_rirs/$1/rir_list"; do
    if [ -f "$list" ]; then
      echo "$list"
      return
    fi
  done
  die "--rirs $rirs: found neither $1_rir_list nor simulated_rirs/$1/rir_list"
}

make_copy() {
  local small medium
  local common=(--random-seed "$seed" --num-utts "$num_utts")
  case $1 in
    reverb)
      small=$(rir_list smallroom)
      medium=$(rir_list mediumroom)
      steps/data/reverberate_data_dir.sh "${common[@]}" --utt-suffix reverb --source-sampling-rate 16000 \
        --rir-set-parameters "0.5, $small" --rir-set-parameters "0.5, $medium" --speech-rvb-probability 1 \
        --pointsource-noise-addition-probability 0 --isotropic-noise-addition-probability 0 "$copy_source" "$2"
      ;;
    noise)
      steps/data/augment_data_dir.sh "${common[@]}" --utt-suffix noise --fg-interval 1 --fg-snrs 15:10:5:0 \
        --fg-noise-dir "${musan}_noise" "$copy_source" "$2"
      ;;
    music)
      steps/data/augment_data_dir.sh "${common[@]}" --utt-suffix music --bg-snrs 15:10:8:5 --num-bg-noises 1 \
        --bg-noise-dir "${musan}_music" "$copy_source" "$2"
      ;;
    babble)
      steps/data/augment_data_dir.sh "${common[@]}" --utt-suffix babble --bg-snrs 20:17:15:13 --num-bg-noises 3:4:5:6:7 \
        --bg-noise-dir "${musan}_speech" "$copy_source" "$2"
      ;;
    *) die "--copies: unknown copy '$1'; known: reverb noise music babble" ;;
  esac
}

# Copies have the names of their source, not of the target: one run at a time makes them.
exec 7>"$source_dir/.augment.lock"
flock -n 7 || { log "another run makes copies of $source_dir; waiting" && flock 7; }

# What copies are made of: the source, less recordings whose duration could not be read.
copy_source=$source_dir
readable=$source_dir/.readable
trap 'rm -rf "$readable" "${readable}_sp"' EXIT
if [ "${#kinds[@]}" -gt 0 ] && { [ -f "$source_dir/reco2dur" ] || [ -f "$source_dir/segments" ] || [ ! -f "$source_dir/utt2dur" ]; }; then
  steps/get_reco2dur.sh --nj "$nj" --cmd "$cmd" --max-failed-share "$max_failed_share" "$source_dir"
  if [ ! -f "$source_dir/reco2dur" ]; then
    utils/subset_data_dir.sh --reco-list "$source_dir/reco2dur.partial" "$source_dir" "$readable"
    cp "$source_dir/reco2dur.partial" "$readable/reco2dur"
    log "warning: $(($(num_lines "$source_dir/wav.scp") - $(num_lines "$readable/wav.scp"))) of $(num_lines "$source_dir/wav.scp")" \
      "recordings of $source_dir have no duration and are left out of the copies"
    copy_source=$readable
  fi
fi

base=$source_dir
if [ "${#factors[@]}" -gt 0 ]; then
  base=${speed_set:-${source_dir}_sp}
  parts=()
  for factor in "${factors[@]}"; do
    utils/perturb_data_dir_speed.sh "$factor" "$copy_source" "${source_dir}_sp$factor"
    parts+=("${source_dir}_sp$factor")
  done
  utils/combine_data.sh "$base" "$source_dir" "${parts[@]}"
  if [ "$copy_source" = "$source_dir" ]; then
    copy_source=$base
  else
    utils/combine_data.sh "${readable}_sp" "$copy_source" "${parts[@]}"
    copy_source=${readable}_sp
  fi
fi

parts=("$base")
for copy in "${kinds[@]}"; do
  make_copy "$copy" "${base}_$copy$copy_suffix"
  parts+=("${base}_$copy$copy_suffix")
done
# With no copies the speed-perturbed set itself may be what was asked for.
[ "$target" = "$base" ] || utils/combine_data.sh "$target" "${parts[@]}"
