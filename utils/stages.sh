#!/usr/bin/env bash
# Sourced by run.sh after utils/common.sh: which stages run, products that are made once, and a summary at the end, whatever ends it.
#
#   begin_stages FIRST LAST "COMMAND LINE" FOLDER...
#   if stage 1 "data directories"; then
#     once data/train --output wav.scp -- local/prepare.sh data/train
#   fi

# require_stages FIRST LAST NUMBER: options that are positive numbers name stages in their order.
require_stages() {
  [ "$2" -le "$3" ] || die "--stop-stage $2: expected 1 to $3"
  [ "$1" -le "$2" ] || die "--stage $1 comes after --stop-stage $2"
}

# require_stage_list NAME FIRST LAST: the option's value is a list of stages like 2,3 that are all from FIRST to LAST.
require_stage_list() {
  local number LC_ALL=C
  [[ ${!1} =~ ^[1-9](,[1-9])*$ ]] || bad_option "$1" "stages, as 3 or 3,6"
  for number in ${!1//,/ }; do
    [ "$2" -le "$number" ] && [ "$number" -le "$3" ] || die "--$1 $number: expected stages from $2 to $3"
  done
}

# say_killed STATUS: bash says nothing of a program that was killed while it took its output.
say_killed() {
  [ "$1" -le 128 ] || echo "${0##*/}: error: a program was killed by signal $(($1 - 128)) before the first stage" >&2
}

# begin_stages FIRST LAST COMMAND FOLDER...: COMMAND is what the user called, FOLDERs are where products and logs will be, data and
# experiment (which has log/) first.
begin_stages() {
  first_stage=$1 last_stage=$2 command_line=$3
  product_folders=("${@:4}")
  where_to_look=("${product_folders[@]:0:2}")
  summary=()
  run_began=$EPOCHSECONDS
  # utils/once.sh adds a line for each product that it has made.
  SPEAKERNET_MADE=$(mktemp)
  # utils/once.sh and the runners add a line for each product and each job.
  SPEAKERNET_USAGE=$5/log/usage.tsv
  export SPEAKERNET_MADE SPEAKERNET_USAGE
  trap 'summarize $?' EXIT
}

# stage N NAME: whether stage N is to run. It begins here, and ends where the next one begins. Sets $anew to the option for steps that would
# go on from what is there, if --force names the stage.
stage() {
  end_stage
  [ "$first_stage" -le "$1" ] && [ "$1" -le "$last_stage" ] || return 1
  export SPEAKERNET_STAGE="$1 $2"
  anew=()
  [[ ,${force-}, != *,"$1",* ]] || anew=(--anew true)
  stage_began=$EPOCHSECONDS
  product='' num_begun=0 num_done=0
  : >"$SPEAKERNET_MADE"
}

# once PRODUCT [option of utils/once.sh]... -- COMMAND [ARGUMENT]...
once() {
  local options=("${anew[@]}")
  product=$1
  [ ! -f "$product/.cleaned" ] || options_of_cleaned
  shift
  while [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  num_begun=$((num_begun + 1))
  run_forwarding utils/once.sh "${options[@]}" "$product" "$@" >&2
  num_done=$((num_done + 1))
}

# options_of_cleaned: whether a product that --clean has emptied is made again depends on what needs it (utils/cleaning.sh).
options_of_cleaned() {
  local table
  table=$(list_removals 1,2,3,6)
  add_needed_by "$product"
}

# add_needed_by PRODUCT: what is made from it and, where that was emptied, too, what is made from that.
add_needed_by() {
  local of what path
  while IFS=$'\t' read -r of what path; do
    if [ "$of/$what" = "$1/needed-by" ]; then
      options+=(--needed-by "$path")
      [ ! -f "$path/.cleaned" ] || add_needed_by "$path"
    fi
  done <<<"$table"
}

end_stage() {
  local num_made notes=()
  [ -n "${SPEAKERNET_STAGE-}" ] || return 0
  num_made=$(num_lines "$SPEAKERNET_MADE")
  [ "$num_made" = 0 ] || notes+=("$num_made made")
  [ "$num_done" = "$num_made" ] || notes+=("$((num_done - num_made)) skipped as done before")
  [ "$num_begun" = "$num_done" ] || notes+=("1 not finished")
  summary+=("stage $SPEAKERNET_STAGE: $((EPOCHSECONDS - stage_began)) s$([ "${#notes[@]}" = 0 ] || printf ', %s' "${notes[@]}")")
  unset SPEAKERNET_STAGE
}

# summarize STATUS: the stages that ran, their time, where to look and how to go on.
summarize() {
  local line place=${SPEAKERNET_STAGE:+stage $SPEAKERNET_STAGE${product:+ at $product}}
  set +e
  end_stage
  for line in "${summary[@]}"; do log "$line"; done
  account
  case $1 in
    0) log "finished in $((EPOCHSECONDS - run_began)) s; see ${where_to_look[*]}" ;;
    99) log "interrupted in ${place:-its beginning}; the same command resumes: $command_line" ;;
    *)
      log "failed in ${place:-its beginning} after $((EPOCHSECONDS - run_began)) s, with status $1${place:+; logs: $(newest_log_folder)}"
      log "after correcting this, the same command resumes: $command_line"
      ;;
  esac
  rm -f "$SPEAKERNET_MADE"
}

# account: what was used is summed up, if anything was, in accounting.tsv beside the folder of logs, and said here.
account() {
  local text line table=${SPEAKERNET_USAGE%/log/*}/accounting.tsv
  [ "$SPEAKERNET_USAGE" -nt "$table" ] || return 0
  text=$(python -m speakernet.bin.accounting "$SPEAKERNET_USAGE" "$table") || return 0
  while IFS= read -r line; do log "used so far, $line"; done <<<"$text"
}

# newest_log_folder: where this stage wrote last. Of parallel jobs others may have written after the one that failed.
newest_log_folder() {
  local log_file
  log_file=$(find "${product_folders[@]}" -name '*.log' -newermt "@$stage_began" -printf '%T@ %p\n' 2>/dev/null | sort -n | tail -n 1)
  [ -n "$log_file" ] && dirname "${log_file#* }" || echo "none, see above"
}
