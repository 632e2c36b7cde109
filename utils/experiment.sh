#!/usr/bin/env bash
# Sourced by run.sh: from its options to the corpus, the recipe, and the folders of data and experiment.
# shellcheck disable=SC2034,SC2154 # run.sh and corpus.sh set what it reads, run.sh reads what it sets

# use_options: checks the options; sets $corpus_dir, $dir (of the experiment), $jobs and $embed_jobs, and $data to the folder that corpus.sh sees,
# $resolved to that below which experiments have their recipes with all values, and $changes to what makes this another experiment than
# the recipe's.
use_options() {
  local change
  nj=${nj:-$(num_processors)}
  jobs=(--nj "$nj" --cmd "${feats_cmd:-$cmd}")
  embed_jobs=(--nj "${embed_nj:-$nj}" --cmd "${embed_cmd:-$cmd}")
  require_path recipe data exp ${data_root:+data_root}
  require_positive stage stop_stage num_nodes
  require_count max_requeues
  [ "$num_nodes" = 1 ] || [ -n "$cuda_cmd" ] || die "--num-nodes $num_nodes: expected --cuda-cmd COMMAND, which starts a job on each of the machines"
  require_stages "$stage" "$stop_stage" 8
  [[ ! $trial_lists =~ [^A-Za-z0-9_.\ -] ]] || bad_option trial_lists "names of lists of the test set"
  [ -z "$force" ] || require_stage_list force "$stage" "$stop_stage"
  [ "$_called_from" -ef . ] || paths_from "$_called_from" recipe data_root data exp init
  recipe=${recipe%/}
  corpus_dir=$(dirname "$recipe")
  case $convert in
    '' | copy | wav | flac) ;;
    *) bad_option convert "copy, wav or flac" ;;
  esac
  data=$data/$(basename "$corpus_dir")
  dir=$exp/$(basename "$corpus_dir")${convert:+/$convert}/$(basename "$recipe")
  resolved=$(dirname "$dir")
  require_file "$recipe/recipe.yaml" "$corpus_dir/corpus.sh"
  [ -z "$data_root" ] || require_data_root
  [ ! -f "$data/.data_root" ] || use_known_root
  [ -z "$seeds" ] || check_seeds
  [ -z "$clean" ] || check_clean
  [ "$dry_run" = false ] || [ -z "$seeds$clean" ] || die "--dry-run does not go together with --seeds or --clean"
  [ "$plan$dry_run" != truetrue ] || die "--plan and --dry-run do not go together"
  [ -z "$init" ] || [ -e "$init" ] || die "--init: no such file or directory '$init'"
  changes=(${init:+--init "$init"} ${exp_name:+--exp-name "$exp_name"})
  for change in "${set[@]}" ${seed:+"seed=$seed"} ${epochs:+"train.epochs=$epochs"}; do changes+=(--set "$change"); done
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

check_seeds() {
  local LC_ALL=C
  [[ $seeds =~ ^[0-9]{1,18}(,[0-9]{1,18})+$ ]] && [ -z "$(tr , '\n' <<<"$seeds" | sort | uniq -d)" ] ||
    bad_option seeds "two or more seeds that differ, as 0,1,2"
  [ -z "$seed" ] || die "--seed and --seeds do not go together"
}

# run_seeds OPTION...: the same run with each of --seeds; then, of their results, mean and range.
run_seeds() {
  local seed words=("$@") experiments=() name=() text
  [ "$plan" = false ] || share_plan
  for seed in ${seeds//,/ }; do
    [ "$seed" != "${seeds##*,}" ] || export SPEAKERNET_PLAN_SHOWN=true
    [ -z "$exp_name" ] || name=(--exp-name "$exp_name-seed=$seed")
    run_forwarding env -C "$_called_from" bash "$PWD/run.sh" "${words[@]}" --seeds '' --seed "$seed" "${name[@]}"
    [ "$plan$clean" = false ] || continue
    text=$(python -m speakernet.bin.resolve_recipe "${changes[@]}" --set "seed=$seed" "${name[@]}" "$recipe" "$dir")
    experiments+=("${text%%$'\n'*}")
  done
  [ "$plan$clean$stop_stage" = false8 ] || return 0
  text=$(python -m speakernet.bin.resolve_recipe "${changes[@]}" "$recipe" "$dir")
  python -m speakernet.bin.collect_seeds "${text%%$'\n'*}" "${experiments[@]}"
}

# share_plan: the runs of --seeds write the products of each to one list, and only the last of them shows the plan.
share_plan() {
  SPEAKERNET_PLAN=$(mktemp -d)
  trap 'say_killed $?; rm -rf "$SPEAKERNET_PLAN"' EXIT
  export SPEAKERNET_PLAN SPEAKERNET_PLAN_SHOWN=false
}

# use_recipe: writes out the recipes with all their values. Recipes are data, checked here. Sets $dir to the experiment's folder, $folders to
# that and those that have its models and embeddings, and, for corpus.sh, what the recipes need: $models, $train_sets, $uses_cohort.
use_recipe() {
  local model text
  text=$(python -m speakernet.bin.resolve_recipe --resolved "$resolved" "${changes[@]}" "$recipe" "$dir")
  mapfile -t folders <<<"$text"
  dir=${folders[0]} models=(base) train_sets=() uses_cohort=false
  [ ! -f "$recipe/lm.yaml" ] || models+=(lm)
  for model in "${models[@]}"; do
    use_settings "$model"
    [[ " ${train_sets[*]} " == *" $train_set "* ]] || train_sets+=("$train_set")
    [ "$cohort" = false ] || uses_cohort=true
  done
}

# list_corpus FILE COMMAND...: for corpus.sh: what the command prints before stage 1 is in the file $listing, and an input of the sets: they
# are made again when it has changed. Later stages find it there.
list_corpus() {
  listing=$data/$1
  [ "$stage" = 1 ] || return 0
  make_dirs "$data"
  write_to "$listing" "${@:2}"
  prepare_inputs+=("$listing")
}

# use_settings base|lm: what the stages need to know of a recipe, in the order of StageValues in speakernet/prepare/stage_values.py.
use_settings() {
  local below=''
  [ "$1" = base ] || below=/lm
  IFS='|' read -r train_set speed_set train_data features feature_folder copies speed_factors seed seed_suffix \
    online_features online_augment cohort <"$resolved/${dir##*/}$below/settings/stages"
}

# use_corpus: checks what corpus.sh has set; sets $trials (lists that are scored), $input_options (of checks), and $data, from here on,
# to the folder of the sets that all stages but the first read. Those of the first are in $corpus_data.
use_corpus() {
  local word list words
  require_set "$corpus_dir/corpus.sh" test_set cohort_set trial_lists prepare
  prepare_inputs+=("$corpus_dir/corpus.sh")
  for word in "${prepare[@]}"; do
    [ ! -f "$word" ] || prepare_inputs+=("$word")
    [[ $word != local/*/* ]] || prepare_inputs+=("$(dirname "$word")")
  done
  corpus_data=$data
  data=$data${convert:+/$convert}
  [[ $partial$drop_trials = falsefalse || " ${prepare[*]} " == *" --partial "* ]] ||
    die "$corpus_dir/corpus.sh does not pass --partial and --drop-trials on: this corpus is whole, or not there"
  [[ $delete_archives = false || " ${prepare[*]} " == *" --delete-archives "* ]] ||
    die "$corpus_dir/corpus.sh does not pass --delete-archives on: stage 1 unpacks nothing of this corpus"
  use_model base
  trials=()
  words=$(lists_of "$train_set")
  for list in $words; do trials+=("$corpus_data/$test_set/$list"); done
  enroll_options=()
  [ "$enroll_models" = false ] || enroll_options=(--enroll-spk2utt "$corpus_data/$test_set/enroll_spk2utt")
  input_options=(${musan_root:+--musan-root "$musan_root"} ${rirs_root:+--rirs "$rirs_root"} --test-set "$test_set"
    --cohort-set "$cohort_set" "${trials[@]/#/--trials=}" "${enroll_options[@]}")
  require_writable "$data" "$dir" "$dir/log"
  note_command
}

# lists_of TRAINING_SET: the lists to score, as the user has chosen, but none with speakers of the training set.
lists_of() {
  local list allowed=${trial_lists_of[$1]-$trial_lists}
  for list in $chosen_lists; do
    [[ -z ${trial_lists_of[$1]-} || " $allowed " == *" $list "* ]] || die "--trial-lists: $list has speakers of $1; expected some of $allowed"
  done
  echo "${chosen_lists:-$allowed}"
}

# note_command: keeps what the user called, if it was not called before, in $dir/log/commands.
note_command() {
  local file=$dir/log/commands
  if [ ! -f "$file" ] || ! grep -qxF -e "$_command_line" "$file"; then printf '%s\n' "$_command_line" >>"$file"; fi
}

# use_model untrained|base|lm: what follows is about this model. Its recipe is in $network, its checkpoints (and the recipe of training)
# in $trained, its embeddings in $embedded (their recipe in $extractor), its scores in $model_dir; $feats has the features of all sets.
# The untrained network is scored, too, to show what training gave.
use_model() {
  network=$dir model_dir=$dir trained=${folders[1]} extractor=${folders[3]}
  [ "$1" = base ] || model_dir=$dir/$1
  [ "$1" != lm ] || network=$dir/lm trained=${folders[2]}/lm extractor=${folders[4]}/lm
  embedded=$extractor whole_set=''
  [ "$1" != untrained ] || embedded=$extractor/untrained
  use_settings base
  [ "$1" != lm ] || use_fine_tuning
  feats=$data/$feature_folder weights=$trained/checkpoints embed_sets=("$test_set") embed_options=() score_options=()
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
    weights=$trained/settings/training.settings embed_options=(--untrained true) score_options=(--plain true)
    return
  fi
  [ "$extractor" = "$trained" ] || embed_options=(--checkpoint "$trained/checkpoints/final.pt")
  [ "$network" = "$trained" ] || score_options=(--checkpoint "$trained/checkpoints/final.pt")
  [ "$cohort" = true ] || return 0
  embed_sets+=("$cohort_set") cohort_inputs=(--input "$embedded/embeddings_$cohort_set")
  score_options+=(--cohort-embeddings "$embedded/embeddings_$cohort_set" --cohort-utt2spk "$data/$cohort_set/utt2spk")
}

# use_fine_tuning: the settings of fine-tuning. Where the features of its training set are some of the base model's, $whole_set names those.
use_fine_tuning() {
  local base_sets=" $train_set $speed_set " base_data=$train_data base_features=$feature_folder is_stored=$online_features
  use_settings lm
  if [[ $is_stored$online_features = falsefalse && $features != waveform && $feature_folder = "$base_features" &&
    $train_data != "$base_data" && $base_sets == *" $train_data "* ]]; then
    whole_set=$base_data
  fi
}

# for_each_model FUNCTION: calls it with the name of each model that is trained.
for_each_model() {
  local model
  for model in "${models[@]}"; do "$1" "$model"; done
}
