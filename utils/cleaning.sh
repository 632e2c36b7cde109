#!/usr/bin/env bash
# Sourced by run.sh: which products its stages can do without once later ones are through.
# shellcheck disable=SC2154 # run.sh, corpus.sh and use_model set what it reads

# check_clean: the option names stages whose products can be removed.
check_clean() {
  local number
  require_stage_list clean 1 8
  for number in ${clean//,/ }; do
    case $number in
      1) [ -n "$convert" ] || die "--clean 1: without --convert these are the corpus itself" ;;
      2 | 3 | 6) ;;
      *) die "--clean $number: expected stages of 1 (with --convert), 2, 3 and 6: others have what took days, or results" ;;
    esac
  done
}

# clean_stages: removes what the stages of --clean have made and later ones do not need; with --plan only tells what that is.
clean_stages() {
  local table=$dir/.clean.$$
  if [ "$plan" = true ]; then
    list_removals "$clean" >"$resolved/removals"
    python -m speakernet.bin.clean_products --plan true --data "$data" --exp "${dir%/*}" "$resolved/removals"
    return
  fi
  write_to "$table" list_removals "$clean"
  python -m speakernet.bin.clean_products --data "$data" --exp "${dir%/*}" "$table" || { rm -f "$table" && exit 1; }
  rm -f "$table"
}

# list_removals STAGES: lines for speakernet/bin/clean_products.py.
list_removals() {
  local model number stages=${1//,/ }
  for model in untrained "${models[@]}"; do
    use_model "$model"
    for number in $stages; do "list_stage_$number" "$model"; done
  done
}

# needed_by PRODUCT PATH...
needed_by() {
  local path
  for path in "${@:2}"; do printf '%s\tneeded-by\t%s\n' "$1" "$path"; done
}

# trained_from: what a model's training data is for: the features, or, if training reads recordings, the network.
trained_from() {
  if [ "$reads_recordings" = true ]; then echo "$trained/checkpoints"; else echo "$feats/$train_data"; fi
}

list_stage_1() {
  local set
  for set in "${embed_sets[@]}"; do
    if [ "$features" = waveform ]; then needed_by "$data/$set" "$embedded/embeddings_$set"; else needed_by "$data/$set" "$feats/$set"; fi
  done
  [ "$1" = untrained ] || needed_by "$data/$train_set" "$(trained_from)"
}

list_stage_2() {
  local copy
  [ "$1" != untrained ] && [ "$train_data" != "$train_set" ] || return 0
  needed_by "$data/$train_data" "$(trained_from)"
  for copy in $copies; do printf '%s\tpart\t%s\n' "$data/$train_data" "$data/${speed_set}_$copy$seed_suffix"; done
}

list_stage_3() {
  local set
  [ "$features" != waveform ] || return 0
  for set in "${embed_sets[@]}"; do needed_by "$feats/$set" "$embedded/embeddings_$set"; done
  [ "$1" != untrained ] && [ "$online_features" = false ] || return 0
  needed_by "$feats/$train_data" "$trained/checkpoints"
  [ -z "$whole_set" ] || needed_by "$feats/$whole_set" "$trained/checkpoints"
}

list_stage_6() {
  local set
  for set in "${embed_sets[@]}"; do needed_by "$embedded/embeddings_$set" "$model_dir/scores"; done
  [ "$1" != "${models[-1]}" ] || [ "$cohort" = false ] || needed_by "$embedded/embeddings_$cohort_set" "$dir/package"
}
