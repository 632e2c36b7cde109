#!/usr/bin/env bash
# What phones do to a temporal dynamic network (TDY-CNN) and to a static one of the same shape: frame embeddings by speaker and by
# phone, weights of the basis kernels by phone (docs/phonemes.md).
set -euo pipefail
shopt -s inherit_errexit

cmd=utils/run.pl
alignments=
phone_classes=
max_utts=12
max_frames=30
seed=0
help_message="Usage: steps/analyse_phonemes.sh [options] <dynamic-model-dir> <static-model-dir> <data-dir> <out-dir>
 e.g.: steps/analyse_phonemes.sh --alignments exp/tri3_ali/phones.ctm exp/voxceleb/tdy_resnet34_half exp/voxceleb/resnet34_half data/timit out
Writes <out-dir>/results/{PHONEMES.md,phonemes.json,frames.png,kernels.png}. Options:
  --alignments PATH     a ctm file of phones, or a folder of TIMIT's <utt>.PHN files (default: recognized by
                        pocketsphinx and its English model, into <out-dir>/phones.ctm)
  --phone-classes FILE  lines <phone> <class>; classes are vowel, approximant, nasal, fricative, stop, silence (default: of English)
  --max-utts N          utterances of a speaker (default: $max_utts)
  --max-frames N        frames of a speaker in a class, for silhouettes and t-SNE (default: $max_frames)
  --seed N              of draws (default: $seed)
  --cmd COMMAND         how jobs run (default: $cmd)"

. "$(dirname "$0")/../utils/parse_options.sh"
. ./path.sh

[ $# -eq 4 ] || usage_error
dynamic=${1%/} static=${2%/} data=${3%/} out=${4%/}
require_file "$data/wav.scp" "$data/utt2spk" "$dynamic/recipe.yaml" "$static/recipe.yaml"
require_positive max_utts
require_positive max_frames
[ -d "$alignments" ] || require_given alignments # a folder of .PHN files
require_given phone_classes

lock_output "$out"
make_dirs "$out/log"
if [ -z "$alignments" ]; then
  alignments=$out/phones.ctm
  job_command "$cmd" python -m speakernet.bin.recognize_phones "$data" "$alignments"
  # shellcheck disable=SC2086 # $cmd is a command with its options
  $cmd "$out/log/recognize_phones.log" "${words[@]}"
fi
options=(--max-utts "$max_utts" --max-frames "$max_frames" --seed "$seed")
[ -z "$phone_classes" ] || options+=(--phone-classes "$phone_classes")
job_command "$cmd" python -m speakernet.bin.analyse_phonemes "${options[@]}" "$dynamic" "$static" "$data" "$alignments" "$out/results"
# shellcheck disable=SC2086 # $cmd is a command with its options
$cmd "$out/log/analyse_phonemes.log" "${words[@]}"
cat "$out/results/PHONEMES.md"
