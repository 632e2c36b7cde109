#!/usr/bin/env bash
# Embeddings of every utterance of a data directory, by any number of jobs. Jobs that are finished
# are not repeated when the script is run again.
set -euo pipefail
shopt -s inherit_errexit

nj=1
cmd=utils/run.pl
checkpoint=
untrained=false
anew=false
features_config=
device=auto
num_threads=1
set=()
help_message="usage: steps/extract_embeddings.sh [options] <model-dir> <data-dir> <out-dir>
  --nj N               number of jobs, no more than utterances (default: $nj)
  --cmd COMMAND        how to run them (default: $cmd)
  --checkpoint FILE    which weights (default: the model's newest)
  --untrained true|false  random weights of the recipe's seed instead (default: $untrained)
  --anew true|false    repeat finished jobs; what is there stays until all are done (default: $anew)
  --features-config FILE  what is computed where data-dir has no feats.scp (default: conf/<features>.conf)
  --device DEVICE      cpu, cuda, cuda:N or auto: jobs are dealt out to the GPUs (default: $device)
  --num-threads N      of a job on a CPU (default: $num_threads)
  --set KEY=VALUE      a setting of the recipe, as extraction.mode=whole (repeatable)
makes <out-dir>/embedding.{ark,scp} (and utterance_notes, if there is anything to note);
logs are <out-dir>/log/extract.JOB.log"
. "$(dirname "$0")/../utils/parse_options.sh"
[ $# -eq 3 ] || usage_error
model=$1 data=$2 out=$3

require_positive nj num_threads
require_file "$model/recipe.yaml"
require_file "$data/utt2spk"
[ -f "$data/feats.scp" ] || require_file "$data/wav.scp"

num_utts=$(num_lines "$data/utt2spk")
nj=$((nj < num_utts ? nj : num_utts))

lock_output "$out"
make_dirs "$out/log"
[ "$anew" = false ] || rm -rf "$out/parts"
options=(--nj "$nj" --device "$device" --num-threads "$num_threads" --untrained "$untrained")
[ -z "$checkpoint" ] || options+=(--checkpoint "$checkpoint")
[ -z "$features_config" ] || options+=(--features-config "$features_config")
for setting in "${set[@]}"; do options+=(--set "$setting"); done
program=(python -m speakernet.bin.extract_embeddings "${options[@]}")

job_name "${program[@]}" "$model" "$data" "$out"
job_command "$cmd" "${program[@]}" --job "$job" "$model" "$data" "$out"
# shellcheck disable=SC2086 # --cmd holds a command and its options
$cmd "$job=1:$nj" "$out/log/extract.$job.log" "${words[@]}"
"${program[@]}" "$model" "$data" "$out"
