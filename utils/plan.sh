#!/usr/bin/env bash
# Sourced by run.sh for --plan and --dry-run, after use_options and the files whose functions it replaces: its stages list their
# products instead of making them, and nothing is written but a temporary folder.
# shellcheck disable=SC2034,SC2154 # run.sh, corpus.sh and use_model set what it reads

# Where recipes with all their values go, and the list of products, which the runs of --seeds share.
resolved=${SPEAKERNET_PLAN-}
if [ -z "$resolved" ]; then
  resolved=$(mktemp -d)
  trap 'say_killed $?; rm -rf "$resolved"' EXIT
fi
touch "$resolved/products"

require_writable() { :; }
check_inputs() { :; }
check_corpus() { :; }
note_command() { :; }
write_to() { :; }
evaluate_scores() { :; }

list_corpus() {
  listing=$data/$1
  [ "$stage" = 1 ] || return 0
  listing=$resolved/$1
  "${@:2}" >"$listing"
}

begin_stages() {
  first_stage=$1 last_stage=$2
}

stage() {
  [ "$first_stage" -le "$1" ] && [ "$1" -le "$last_stage" ] || return 1
  planned_stage="$1 $2" anew=()
  [[ ,${force-}, != *,"$1",* ]] || anew=(--anew true)
}

# once PRODUCT [option of utils/once.sh]... -- COMMAND [ARGUMENT]...: a line, as speakernet/planning/products.py reads it. What two seeds
# have in common is one.
once() {
  local IFS=$'\t' line
  line=$planned_stage$'\t'$1$'\t'${anew[*]}${anew:+$IFS}${*:2}
  grep -qxF -e "$line" "$resolved/products" || printf '%s\n' "$line" >>"$resolved/products"
}

# show_plan: on stdout. Status 1 if the run cannot succeed (speakernet/bin/plan.py).
show_plan() {
  local gpus processes=$nproc options=()
  [ "${SPEAKERNET_PLAN_SHOWN-true}" = true ] || return 0
  gpus=$(num_gpus)
  if [ -z "$processes" ]; then processes=$((gpus > 0 ? gpus : 1)); fi
  if [ "$first_stage" = 1 ]; then
    estimate_corpus "$resolved/estimate"
    options+=(--estimate "$resolved/estimate")
  fi
  OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-PASSIVE} python -m speakernet.bin.plan "${input_options[@]}" "${options[@]}" --nj "$nj" --nproc "$processes" \
    --cmd "$cmd" --cmd "$feats_cmd" --cmd "$embed_cmd" --cmd "$score_cmd" --cmd "$cuda_cmd" \
    --exp-dir "$dir" "$resolved/products" "$resolved" "$data"
}

# show_commands: on stdout, for each product that was not finished before, the command that makes it, as a shell would be told.
show_commands() {
  local line words number
  while IFS= read -r line; do
    mapfile -d $'\t' -t words < <(printf %s "$line")
    [ ! -f "${words[1]}/.done" ] || [[ $line == *$'\t'--anew$'\t'* ]] || continue
    number=2
    while [ "${words[number]}" != -- ]; do number=$((number + 1)); done
    printf 'stage %s: %s:' "${words[@]:0:2}"
    printf ' %q' "${words[@]:number+1}"
    echo
  done <"$resolved/products"
}
