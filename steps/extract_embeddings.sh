#!/usr/bin/env bash
# Embeddings of every utterance of a data directory, by any number of jobs. Jobs that are finished
# are not repeated when the script is run again.
set -euo pipefail
shopt -s inherit_errexit

nj=1
cmd=utils/run.pl
checkpoint=
untrained=false
device=auto
num_threads=1
help_message="usage: steps/extract_embeddings.sh [options] <model-dir> <data-dir> <out-dir>
  --nj N               number of jobs (default: $nj)
  --cmd COMMAND        how to run them (default: $cmd)
  --checkpoint FILE    which weights (default: the model's newest)
  --untrained true     random weights instead, of the recipe's seed (default: $untrained)
  --device NAME        auto, cpu, cuda, cuda:N; auto deals jobs out to the GPUs (default: $device)
  --num-threads N      threads of a job on a CPU (default: $num_threads)
makes <out-dir>/embedding.{ark,scp} (and short_utterances, if there are any);
logs are <out-dir>/log/extract.JOB.log"
. utils/common.sh
. utils/parse_options.sh
[ $# -eq 3 ] || usage_error
model=$1 data=$2 out=$3

require_positive nj num_threads
require_file "$model/recipe.yaml"
[ -f "$data/feats.scp" ] || require_file "$data/wav.scp" "$data/utt2spk"

mkdir -p "$out/log"
options=(--device "$device" --num-threads "$num_threads")
[ -z "$checkpoint" ] || options+=(--checkpoint "$checkpoint")
[ "$untrained" = false ] || options+=(--untrained)
program=(python -m speakernet.bin.extract_embeddings "$model" "$data" "$out")

# shellcheck disable=SC2086 # --cmd holds a command and its options
$cmd JOB=1:"$nj" "$out/log/extract.JOB.log" \
  "${program[@]}" "${options[@]}" --job JOB --num-jobs "$nj"
"${program[@]}" --join "$nj"
