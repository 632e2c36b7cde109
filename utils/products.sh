#!/usr/bin/env bash
# Sourced by run.sh: how the products of its stages are made. Each function that gets a model, untrained, base or lm, is about what
# use_model (utils/experiment.sh) sets for it; $data, $dir and $test_set are the same for all models.
# shellcheck disable=SC2034,SC2154 # run.sh, corpus.sh and use_model set what it reads

declare -A is_asked_for=()

# is_new PRODUCT: whether no model has asked for it before, as two may share it.
is_new() {
  [ -z "${is_asked_for[$1]-}" ] || return 1
  is_asked_for[$1]=true
}

# check_inputs TASKS [OPTION...]: before hours are spent (speakernet/bin/check_inputs.py).
check_inputs() {
  python -m speakernet.bin.check_inputs "${input_options[@]}" --tasks "$1" "${@:2}" "$dir" "$data"
}

# estimate_corpus FILE: writes what a corpus says of its size, and of what it lacks, before stage 1 (speakernet/prepare/corpus_estimate.py).
estimate_corpus() {
  local folder program
  folder=$(dirname "${prepare[0]}")
  program=$folder/estimate_$(basename "$folder").py
  : >"$1"
  [ ! -f "$program" ] || python "$program" "${prepare[@]:1}" --nj "$nj" "$corpus_data" >"$1"
}

# check_corpus: before stage 1, what it and later ones would stop at: what is known of a corpus that has not been prepared before, and
# noises and rooms, unless stage 1 makes or unpacks them itself.
check_corpus() (
  tasks='' options=()
  [[ ${musan_root-}/ == "$corpus_data"/* || ${rirs_root-}/ == "$corpus_data"/* || ! -d ${musan_root-} || ! -d ${rirs_root-} ]] ||
    tasks=sources
  if [ ! -f "$corpus_data/.done" ]; then
    estimate=$(mktemp)
    trap 'rm -f "$estimate"' EXIT
    estimate_corpus "$estimate"
    tasks=${tasks:+$tasks,}corpus options+=(--estimate "$estimate")
  fi
  [ -z "$tasks" ] || check_inputs "$tasks" "${options[@]}"
)

prepare_corpus() {
  local cohort_output=()
  [ "$uses_cohort" = false ] || cohort_output=(--output "$cohort_set")
  once "$corpus_data" "${prepare_inputs[@]/#/--input=}" ${data_root:+--place "$data_root"} \
    --output "$train_set" --output "$test_set" "${cohort_output[@]}" -- "${prepare[@]}" --nj "$nj" "$corpus_data"
  [ -z "$data_root" ] || write_to "$corpus_data/.data_root" realpath -- "$data_root"
}

# pack_sets: those of the stages after the first, in archives.
pack_sets() {
  pack_set "$test_set" 0
  [ "$uses_cohort" = false ] || pack_set "$cohort_set" 0
  for_each_model pack_train_set
}

# pack_set SET SHARE: SHARE of its recordings may be unreadable.
pack_set() {
  is_new "$data/$1" || return 0
  once "$data/$1" --input "$corpus_data/$1" -- \
    steps/pack_audio.sh "${jobs[@]}" --audio-format "$convert" --max-failed-share "$2" "$corpus_data/$1" "$data/$1"
}

pack_train_set() {
  use_model "$1"
  pack_set "$train_set" "$max_failed_share"
}

make_copies() {
  local draws
  use_model "$1"
  draws=$seed
  if [ -n "$copies" ] || [ "$online_augment" = true ]; then
    once "$data/musan_noise" --input "$musan_root" --output . --output ../musan_music --output ../musan_speech -- \
      steps/data/make_musan.sh "$musan_root" "$data"
  fi
  [ "$train_data" != "$train_set" ] || return 0
  [ -n "$copies" ] || draws=0 # speeds alone: nothing is drawn, and seeds share the set
  once "$data/$train_data" --input "$data/$train_set" "${copy_inputs[@]}" -- \
    steps/augment_data_dir.sh "${jobs[@]}" --max-failed-share "$max_failed_share" \
    --copies "$copies" --speed-factors "$speed_factors" --speed-set "$data/$speed_set" --seed "$draws" --copy-suffix "$seed_suffix" \
    --musan "$data/musan" --rirs "$rirs_root" "$data/$train_set" "$data/$train_data"
}

# make_features MODEL: of the sets that are embedded, and of the training set unless training computes them itself.
make_features() {
  local set
  use_model "$1"
  if [ "$features" = waveform ]; then # the network has a front end of its own; what cannot be read is known now
    for set in "${embed_sets[@]}"; do
      once "$data/audio_checks/$set" --input "$data/$set" -- \
        steps/check_audio.sh "${jobs[@]}" "$data/$set" "$data/audio_checks/$set"
    done
    return
  fi
  for set in "${embed_sets[@]}"; do make_set_features "$set" 0; done
  [[ $online_features = false && " ${embed_sets[*]} " != *" $train_data "* ]] || return 0
  if [ -n "$whole_set" ]; then
    choose_features "$train_data" "$whole_set"
  else
    make_set_features "$train_data" "$max_failed_share" "$data/$train_set" "${copy_inputs[@]#--input=}"
  fi
}

# choose_features SET WHOLE: tables of a set whose features are some of another set's: they are not stored twice.
choose_features() {
  is_new "$feats/$1" || return 0
  once "$feats/$1" --input "$data/$1" --input "$feats/$2" -- \
    utils/subset_data_dir.sh --utt-list "$data/$1/utt2spk" "$feats/$2" "$feats/$1"
}

# make_set_features SET SHARE INPUT...: SHARE of its utterances may be unreadable; INPUTs are what the set is made of.
make_set_features() {
  local sources=("${@:3}")
  is_new "$feats/$1" || return 0
  once "$feats/$1" --input "$data/$1" --input "conf/$features.conf" "${sources[@]/#/--input=}" -- \
    steps/make_set_features.sh "${jobs[@]}" --max-failed-share "$2" --seed "$seed" "$features" "$data/$1" "$feats/$1"
}

# train_model base|lm: fine-tuning (lm) begins with the base model, that with random weights or those of --init.
train_model() {
  local start=$init origin
  use_model "$1"
  [ "$1" = base ] || start=${folders[1]}
  origin=$start
  if [ "$1" = lm ] || [ -d "$start/checkpoints" ]; then origin=$start/checkpoints; fi
  once "$trained/checkpoints" --input "$trained/settings/training.settings" ${origin:+--fixed-input "$origin"} \
    --fixed-input "$train_dir" "${noise_inputs[@]}" --output final.pt -- \
    steps/train.sh --nproc "$nproc" --num-nodes "$num_nodes" --cuda-cmd "$cuda_cmd" --max-requeues "$max_requeues" --scratch "$scratch" \
    --max-failed-share "$max_failed_share" "${anew[@]}" "${train_options[@]}" ${start:+--init "$start"} "$trained/recipe.yaml" "$train_dir" "$trained"
}

extract_embeddings() {
  local set
  use_model "$1"
  for set in "${embed_sets[@]}"; do
    once "$embedded/embeddings_$set" --input "$weights" --input "$feats/$set" \
      --input "$extractor/settings/extraction.settings" -- \
      steps/extract_embeddings.sh "${embed_jobs[@]}" "${anew[@]}" "${embed_options[@]}" "$extractor" "$feats/$set" "$embedded/embeddings_$set"
  done
}

score_trials() {
  use_model "$1"
  once "$model_dir/scores" "${trials[@]/#/--input=}" "${enroll_options[@]/#--enroll-spk2utt/--input}" \
    --input "$embedded/embeddings_$test_set" "${cohort_inputs[@]}" --input "$network/settings/scoring.settings" -- \
    steps/score.sh --cmd "${score_cmd:-$cmd}" "${score_options[@]}" "${enroll_options[@]}" \
    "$network" "${trials[@]}" "$embedded/embeddings_$test_set" "$model_dir/scores"
}

# evaluate_scores: the table of all score files, also on stdout.
evaluate_scores() {
  local published=()
  [ ! -f "$corpus_dir/published.tsv" ] || published=(--published "$corpus_dir/published.tsv")
  run_forwarding steps/evaluate.sh "${anew[@]}" "${published[@]}" "$dir" "${trials[@]}"
  report_inputs+=(--input "$dir/results.json")
  where_to_look=("$dir/RESULTS.md" "$dir/report.html" "$dir/package" "$dir/log")
}

show_results() {
  local model table report_inputs=("${trials[@]/#/--input=}")
  evaluate_scores
  for model in "${models[@]}"; do
    use_model "$model"
    report_inputs+=(--input "$model_dir/scores")
  done
  for table in utt2spk utt2dur utt2lang spk2lang utt2session; do
    [ ! -f "$corpus_data/$test_set/$table" ] || report_inputs+=(--input "$corpus_data/$test_set/$table")
  done
  once "$dir/report" "${report_inputs[@]}" --output . --output ../report.html -- \
    steps/make_report.sh "$dir" "${trials[@]}"
}

# package_model base|lm: the model made ready for use, with what is known of it.
package_model() {
  local inputs
  use_model "$1"
  inputs=("$weights" "$network/settings/extraction.settings" "$network/settings/scoring.settings" "$model_dir/scores" "$dir/results.json")
  [ "$features" = waveform ] || inputs+=("conf/$features.conf")
  once "$dir/package" "${inputs[@]/#/--input=}" "${cohort_inputs[@]}" -- \
    steps/package.sh ${licences:+--licences "$licences"} "${score_options[@]}" "$network" "$dir/package"
}
