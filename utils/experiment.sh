#!/usr/bin/env bash
# Sourced by run.sh: from its options to the corpus, the recipe, and the folders of data and experiment.
# shellcheck disable=SC2034,SC2154 # run.sh and corpus.sh set what it reads, run.sh reads what it sets

# use_options: checks the options; sets $corpus_dir, $dir (of the experiment) and $jobs, and $data to the folder that corpus.sh sees.
use_options() {
  nj=${nj:-$(num_processors)}
  jobs=(--nj "$nj" --cmd "$cmd")
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
  data=$data/$(basename "$corpus_dir")
  dir=$exp/$(basename "$corpus_dir")${convert:+/$convert}/$(basename "$recipe")
  require_file "$recipe/recipe.yaml" "$corpus_dir/corpus.sh"
  [ -z "$data_root" ] || require_dir "$data_root"
  [ ! -f "$data/.data_root" ] || use_known_root
}

# use_known_root: a later call knows where the corpus lies, and only stage 1 follows one that has moved.
use_known_root() {
  local known
  known=$(<"$data/.data_root")
  data_root=${data_root:-$known}
  if [ "$stage" = 1 ]; then
    [ -d "$data_root" ] || die "the corpus is no more in $data_root: --data-root DIR says where it is now"
  elif [ "$stage" -le 3 ]; then
    [ "$data_root" -ef "$known" ] || die "$data was made of $known: --stage 1 --data-root DIR follows a corpus that has moved"
  fi
}

# use_corpus: checks what corpus.sh has set; sets $models, $trials (lists that are scored), and $data, from here on, to the folder of the
# sets that all stages but the first read. Those of the first are in $corpus_data.
use_corpus() {
  local word list
  require_set "$corpus_dir/corpus.sh" test_set cohort_set trial_lists prepare
  prepare_inputs+=("$corpus_dir/corpus.sh")
  for word in "${prepare[@]}"; do
    [ ! -f "$word" ] || prepare_inputs+=("$word")
    [[ $word != local/*/* ]] || prepare_inputs+=("$(dirname "$word")")
  done
  corpus_data=$data
  data=$data${convert:+/$convert}
  models=(base)
  [ ! -f "$recipe/lm.yaml" ] || models+=(lm)
  use_model base
  trials=()
  for list in ${trial_lists_of[$train_set]-$trial_lists}; do trials+=("$corpus_data/$test_set/$list"); done
  require_writable "$data" "$dir"
}

# use_model untrained|base|lm: what follows is about this model. $network has its recipe and checkpoints, $model_dir its embeddings
# and scores, $feats the features of all sets. The untrained network is scored, too, to show what training gave.
use_model() {
  network=$dir model_dir=$dir
  [ "$1" = base ] || model_dir=$dir/$1
  [ "$1" != lm ] || network=$dir/lm
  # The order is that of StageValues in speakernet/prepare/stage_values.py.
  IFS='|' read -r train_set speed_set train_data features feature_folder copies speed_factors seed seed_suffix \
    online_features online_augment cohort <"$network/settings/stages"
  feats=$data/$feature_folder weights=$network/checkpoints embed_sets=("$test_set") embed_options=() score_options=()
  copy_inputs=() noise_inputs=() train_options=() cohort_inputs=()
  [ "$features" != waveform ] || feats=$data
  train_dir=$feats/$train_data reads_recordings=false
  if [ "$online_features" = true ]; then
    train_dir=$data/$train_data train_options=(--features-config "conf/$features.conf") noise_inputs=(--fixed-input "conf/$features.conf")
  fi
  [ "$train_dir" != "$data/$train_data" ] || reads_recordings=true
  if [ -n "$copies" ] || [ "$online_augment" = true ]; then
    require_set "$corpus_dir/corpus.sh" musan_root rirs_root
    # What noises and rooms are made of, as the same tables may name recordings that have changed.
    noise_sources=("$data/musan_noise" "$musan_root" "$rirs_root")
  fi
  [ -z "$copies" ] || copy_inputs=("${noise_sources[@]/#/--input=}")
  [ "$online_augment" = false ] || train_options+=(--musan "$data/musan" --rirs "$rirs_root")
  # Training that reads recordings depends on them, and the copies' tables do not tell of a change.
  [ "$reads_recordings" = false ] || [ "$train_data" = "$train_set" ] || noise_inputs+=(--fixed-input "$data/$train_set")
  if [ "$online_augment" = true ] || { [ "$reads_recordings" = true ] && [ -n "$copies" ]; }; then
    noise_inputs+=("${noise_sources[@]/#/--fixed-input=}")
  fi
  if [ "$1" = untrained ]; then
    weights=$dir/settings/training.settings embed_options=(--untrained true) score_options=(--plain true)
  elif [ "$cohort" = true ]; then
    embed_sets+=("$cohort_set") cohort_inputs=(--input "$model_dir/embeddings_$cohort_set")
    score_options=(--cohort-embeddings "$model_dir/embeddings_$cohort_set" --cohort-utt2spk "$data/$cohort_set/utt2spk")
  fi
}

# for_each_model FUNCTION: calls it with the name of each model that is trained.
for_each_model() {
  local model
  for model in "${models[@]}"; do "$1" "$model"; done
}
