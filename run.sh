#!/usr/bin/env bash
# From a corpus to EER: data directories, augmented copies, features, training, large-margin
# fine-tuning, embeddings, scores, results. A stage can be run alone, again, or on another machine
# that sees the same files; what is finished is skipped and says so (utils/once.sh). Exit code 99:
# interrupted by SIGTERM, SIGINT or SIGUSR1; training has saved, and the same command resumes.
# shellcheck disable=SC2034,SC2154 # corpus.sh uses and sets variables
set -euo pipefail
shopt -s inherit_errexit
# No option sets what begins with _ (utils/parse_options.sh).
_command_line="bash$(printf ' %q' "$0" "$@")" _called_from=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")"
. ./cmd.sh

recipe=egs/debian_voices/tdnn_c128 data=data exp=exp data_root=
stage=1 stop_stage=8 nj='' nproc='' cmd=$train_cmd max_failed_share=0 convert=
help_message="usage: bash run.sh [options]

  --recipe DIR       recipe folder: egs/<corpus>/<recipe>  (default: $recipe)
  --stage N          first stage to run                    (default: $stage)
  --stop-stage N     last stage to run                     (default: $stop_stage)
  --nj N             parallel jobs of a stage              (default: number of processors)
  --nproc N          training processes                    (default: number of GPUs, or 1)
  --cmd COMMAND      how jobs run: \"utils/slurm.pl --mem 4G\", your own queue.pl, …  (default: $cmd)
  --cuda-cmd COMMAND how training runs: \"utils/slurm.pl --gpu 8\", …  (default: ${cuda_cmd:-here})
  --max-failed-share P  share of a training set that may be unreadable: reported and left out  (default: $max_failed_share)
  --data-root DIR    where a corpus lies that is not downloaded  (default: where it was before)
  --convert FORMAT   store the sets' recordings in a few large files: as copy, wav or flac  (default: they stay where they are)
  --data DIR         parent of data/<corpus>               (default: $data)
  --exp DIR          parent of exp/<corpus>/<recipe>       (default: $exp)

stages, and what they make (D: data/<corpus>, E: exp/<corpus>/<recipe>; with --convert D: data/<corpus>/FORMAT,
E: exp/<corpus>/FORMAT/<recipe>):
  before any stage            E/[lm/]recipe.yaml with all values, E/[lm/]settings
  1 data directories          data/<corpus>/<set>, and with --convert D/<set>; noises and rooms, if the corpus brings them
  2 augmented copies          D/musan_*, D/<training set>[_sp], D/<the same>_<copy>, D/<the same>_aug
  3 features                  D/<features>/<set>, archives in D/<features>/ark; for waveforms D/audio_checks/<set>
  4 training                  E/checkpoints
  5 large-margin fine-tuning  E/lm/checkpoints
  6 embeddings                E/{.,lm,untrained}/embeddings_<set>  (.: the model of stage 4)
  7 scores                    E/{.,lm,untrained}/scores
  8 results                   E/{results.json,RESULTS.md,det.png}
names also say what differs from the defaults: D/fbank80_seed3 for seed 3, D/train_aug_reverb for one copy only"
. utils/parse_options.sh
. utils/common.sh
. utils/stages.sh
leave_on_signal
[ $# -eq 0 ] || die "unexpected argument '$1' (try --help)"
nj=${nj:-$(num_processors)}
require_path recipe data exp ${data_root:+data_root}
require_positive stage stop_stage
require_stages "$stage" "$stop_stage" 8
[ "$_called_from" -ef . ] || paths_from "$_called_from" recipe data_root data exp
recipe=${recipe%/}
corpus_dir=$(dirname "$recipe")
case $convert in
  '' | copy | wav | flac) ;;
  *) bad_option convert "copy, wav or flac" ;;
esac
data=$data/$(basename "$corpus_dir") # of the corpus, as corpus.sh sees it
dir=$exp/$(basename "$corpus_dir")${convert:+/$convert}/$(basename "$recipe")
require_file "$recipe/recipe.yaml" "$corpus_dir/corpus.sh"
[ -z "$data_root" ] || require_dir "$data_root"
if [ -f "$data/.data_root" ]; then # a later call
  known_root=$(<"$data/.data_root")
  data_root=${data_root:-$known_root}
  if [ "$stage" = 1 ]; then
    [ -d "$data_root" ] || die "the corpus is no more in $data_root: --data-root DIR says where it is now"
  elif [ "$stage" -le 3 ]; then
    [ "$data_root" -ef "$known_root" ] || die "$data was made of $known_root: --stage 1 --data-root DIR follows a corpus that has moved"
  fi
fi
. ./path.sh

# Recipes are data: checked here and written out below $dir. corpus.sh is code, the corpus' part of this script.
python -m speakernet.bin.resolve_recipe "$recipe" "$dir"
models=(base)
[ ! -f "$recipe/lm.yaml" ] || models+=(lm)
prepare_inputs=()            # other files that the corpus is made from
declare -A trial_lists_of=() # of a training set that shares speakers with some lists: the others
. "$corpus_dir/corpus.sh"
require_set "$corpus_dir/corpus.sh" test_set cohort_set trial_lists prepare
prepare_inputs+=("$corpus_dir/corpus.sh")
for word in "${prepare[@]}"; do
  [ ! -f "$word" ] || prepare_inputs+=("$word")
  [[ $word != local/*/* ]] || prepare_inputs+=("$(dirname "$word")")
done
corpus_data=$data
data=$data${convert:+/$convert} # from here on: of the sets that all stages but the first read

# use_model (utils/stages.sh) sets what follows from a model's recipe: names of sets and folders, seed, copies, and options and inputs
# of the steps. $data, $dir and $test_set are the same for all models.

# train_model base|lm: fine-tuning (lm) begins with the base model.
train_model() {
  local base_input=() init=()
  use_model "$1"
  [ "$1" = base ] || base_input=(--fixed-input "$dir/checkpoints") init=(--init "$dir")
  once "$network/checkpoints" --input "$network/settings/training.settings" "${base_input[@]}" \
    --fixed-input "$train_dir" "${noise_inputs[@]}" --output final.pt -- \
    steps/train.sh --nproc "$nproc" --cuda-cmd "$cuda_cmd" --max-failed-share "$max_failed_share" "${train_options[@]}" "${init[@]}" \
    "$network/recipe.yaml" "$train_dir" "$network"
}

use_model base
jobs=(--nj "$nj" --cmd "$cmd")
trials=()
for list in ${trial_lists_of[$train_set]-$trial_lists}; do trials+=("$corpus_data/$test_set/$list"); done
require_writable "$data" "$dir"
begin_stages "$stage" "$stop_stage" "$_command_line" "$data" "$dir"

check_inputs() {
  local lists=("${trials[@]/#/--trials=}")
  python -m speakernet.bin.check_inputs ${musan_root:+--musan-root "$musan_root"} ${rirs_root:+--rirs "$rirs_root"} --test-set "$test_set" \
    --cohort-set "$cohort_set" "${lists[@]}" --tasks "$1" "$dir" "$data"
}

# pack_set SET SHARE: SHARE of its recordings may be unreadable.
pack_set() {
  [ -z "${is_packed[$1]-}" ] || return 0
  is_packed[$1]=true
  once "$data/$1" --input "$corpus_data/$1" -- \
    steps/pack_audio.sh "${jobs[@]}" --audio-format "$convert" --max-failed-share "$2" "$corpus_data/$1" "$data/$1"
}

if stage 1 "data directories"; then
  [[ ${musan_root-}/ == "$corpus_data"/* ]] || check_inputs sources # unless stage 1 makes the noises itself
  once "$corpus_data" "${prepare_inputs[@]/#/--input=}" ${data_root:+--place "$data_root"} \
    --output "$train_set" --output "$test_set" --output "$cohort_set" -- "${prepare[@]}" --nj "$nj" "$corpus_data"
  [ -z "$data_root" ] || write_to "$corpus_data/.data_root" realpath -- "$data_root"
  if [ -n "$convert" ]; then
    declare -A is_packed=()
    for set in "$test_set" "$cohort_set"; do pack_set "$set" 0; done
    for model in "${models[@]}"; do
      use_model "$model"
      pack_set "$train_set" "$max_failed_share"
    done
  fi
fi

# Looked for before the first stage of 2 and 3 that runs, as these take hours.
if [ "$stage" -le 3 ] && [ "$stop_stage" -gt 1 ]; then check_inputs sources,sets; fi

if stage 2 "augmented copies"; then
  for model in "${models[@]}"; do
    use_model "$model"
    if [ -n "$copies" ] || [ "$online_augment" = true ]; then
      once "$data/musan_noise" --input "$musan_root" --output . --output ../musan_music --output ../musan_speech -- \
        steps/data/make_musan.sh "$musan_root" "$data"
    fi
    [ "$train_data" != "$train_set" ] || continue
    once "$data/$train_data" --input "$data/$train_set" "${copy_inputs[@]}" -- \
      steps/augment_data_dir.sh "${jobs[@]}" --max-failed-share "$max_failed_share" \
      --copies "$copies" --speed-factors "$speed_factors" --speed-set "$data/$speed_set" --seed "$seed" --copy-suffix "$seed_suffix" \
      --musan "$data/musan" --rirs "$rirs_root" "$data/$train_set" "$data/$train_data"
  done
fi

# make_features SET SHARE INPUT...: SHARE of its utterances may be unreadable; INPUTs are what the set is made of.
make_features() {
  local sources=("${@:3}") product=$feats/$1
  [ -z "${has_features[$product]-}" ] || return 0
  has_features[$product]=true
  once "$feats/$1" --input "$data/$1" --input "conf/$features.conf" "${sources[@]/#/--input=}" -- \
    steps/make_set_features.sh "${jobs[@]}" --max-failed-share "$2" --seed "$seed" "$features" "$data/$1" "$feats/$1"
}

if stage 3 "features"; then
  declare -A has_features=()
  for model in "${models[@]}"; do
    use_model "$model"
    if [ "$features" = waveform ]; then # the network has a front end of its own; what cannot be read is known now
      for set in "${embed_sets[@]}"; do
        once "$data/audio_checks/$set" --input "$data/$set" -- \
          steps/check_audio.sh "${jobs[@]}" "$data/$set" "$data/audio_checks/$set"
      done
      continue
    fi
    for set in "${embed_sets[@]}"; do make_features "$set" 0; done
    [[ $online_features = false && " ${embed_sets[*]} " != *" $train_data "* ]] || continue
    make_features "$train_data" "$max_failed_share" "$data/$train_set" "${copy_inputs[@]#--input=}"
  done
fi

if stage 4 "training"; then train_model base; fi

if stage 5 "large-margin fine-tuning"; then
  if [ "${models[*]}" = base ]; then log "no lm.yaml in $recipe: nothing to fine-tune"; else train_model lm; fi
fi

if stage 6 "embeddings"; then
  for model in untrained "${models[@]}"; do
    use_model "$model"
    for set in "${embed_sets[@]}"; do
      once "$model_dir/embeddings_$set" --input "$weights" --input "$feats/$set" \
        --input "$network/settings/extraction.settings" -- \
        steps/extract_embeddings.sh "${jobs[@]}" "${embed_options[@]}" "$network" "$feats/$set" "$model_dir/embeddings_$set"
    done
  done
fi

if stage 7 "scores"; then
  for model in untrained "${models[@]}"; do
    use_model "$model"
    once "$model_dir/scores" "${trials[@]/#/--input=}" --input "$model_dir/embeddings_$test_set" "${cohort_inputs[@]}" \
      --input "$network/settings/scoring.settings" -- \
      steps/score.sh --cmd "$cmd" "${score_options[@]}" \
      "$network" "${trials[@]}" "$model_dir/embeddings_$test_set" "$model_dir/scores"
  done
fi

if stage 8 "results"; then
  published=()
  [ ! -f "$corpus_dir/published.tsv" ] || published=(--published "$corpus_dir/published.tsv")
  run_forwarding steps/evaluate.sh "${published[@]}" "$dir" "${trials[@]}"
  where_to_look=("$dir/RESULTS.md" "$dir/det.png" "$dir/log")
fi
