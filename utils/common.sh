#!/usr/bin/env bash
# Sourced by scripts after `set -euo pipefail; shopt -s inherit_errexit`. Functions that scripts share: messages, checks of options
# and inputs, products that appear whole or not at all, signals, and arrays of jobs. speakernet/work/logs.py has the same messages.

# visible TEXT: sets $visible to it, in which a line's end, a tab, other control characters and Unicode's spaces can be seen.
visible() {
  local code utf8 escape LC_ALL=C
  visible=${1//$'\n'/\\n}
  visible=${visible//$'\r'/\\r}
  visible=${visible//$'\t'/\\t}
  visible=${visible//[[:cntrl:]]/?}
  [[ $visible == *[!\ -~]* ]] || return 0
  for code in 160 173 {8192..8207} {8232..8239} {8287..8303} 12288 65279; do # 160 and 173 have two bytes in UTF-8, the others three
    printf -v utf8 '\\x%x' $((code < 2048 ? 192 | code >> 6 : 224 | code >> 12)) $((128 | code >> 6 & 63)) $((128 | code & 63))
    printf -v escape '\\u%04x' "$code"
    if [ "$code" -lt 2048 ]; then utf8=${utf8:0:4}${utf8:8} escape='\x'${escape:4}; fi
    printf -v utf8 %b "$utf8"
    visible=${visible//"$utf8"/"$escape"}
  done
}

# log MESSAGE...: a line on stderr: date, time, stage and product (or else the script), message. run.sh and utils/once.sh set
# SPEAKERNET_STAGE and SPEAKERNET_PRODUCT.
log() {
  local visible about=${SPEAKERNET_STAGE:+stage $SPEAKERNET_STAGE}
  about+=${SPEAKERNET_PRODUCT:+${about:+, }$SPEAKERNET_PRODUCT}
  visible "$*"
  printf '%(%F %T)T %s: %s\n' -1 "${about:-${0##*/}}" "$visible" >&2
}

# die MESSAGE...: one line on stderr, of at most 1000 characters, and the script ends with status 1.
die() {
  local visible message=$*
  [ "${#message}" -le 1000 ] || message="${message:0:500} … ${message: -500}"
  visible "$message"
  printf '%s: error: %s\n' "${0##*/}" "$visible" >&2
  exit 1
}

# usage_error: prints $help_message on stderr and ends the script; for a wrong number of arguments.
usage_error() {
  printf '%b\n' "${help_message:-${0##*/}: wrong arguments}" >&2
  exit 1
}

# require_file FILE...: each exists and is not empty.
require_file() {
  local file
  for file in "$@"; do
    [ -f "$file" ] || die "no such file $file"
    [ -s "$file" ] || die "file is empty: $file"
  done
}

# require_given NAME...: each variable, an option of the script, holds nothing or such a file.
require_given() {
  local name
  for name in "$@"; do
    [ -z "${!name}" ] || { [ -f "${!name}" ] && [ -s "${!name}" ]; } || bad_option "$name" "a file that is there and not empty"
  done
}

# require_embeddings NAME...: each variable, an option of the script, holds nothing or a folder of embeddings.
require_embeddings() {
  local name
  for name in "$@"; do
    [ -z "${!name}" ] || [ -s "${!name}/embedding.scp" ] || bad_option "$name" "a folder with embedding.scp"
  done
}

# require_dir DIR...
require_dir() {
  local dir
  for dir in "$@"; do
    [ -d "$dir" ] || die "no such directory $dir"
  done
}

# require_data_root WHAT: --data-root was given and is a folder; WHAT lies there.
require_data_root() {
  # shellcheck disable=SC2154 # an option of the script
  [ -n "$data_root" ] || die "--data-root DIR is needed${1:+: $1} (see --help)"
  [ -d "$data_root" ] || die "--data-root: no such directory '$data_root'"
}

# require_set FILE NAME...: FILE, that was sourced, has given each variable a value.
require_set() {
  local name
  for name in "${@:2}"; do [ -n "${!name-}" ] || die "$1 does not set $name"; done
}

# make_dirs DIR...: each exists, or is made now.
make_dirs() {
  local dir problem
  for dir in "$@"; do
    problem=$(LC_ALL=C mkdir -p -- "$dir" 2>&1) || die "cannot make the folder $dir: ${problem##*: }"
  done
}

# require_writable DIR...: each exists, or is made now, and files can be made in it.
require_writable() {
  local dir probe
  make_dirs "$@"
  for dir in "$@"; do
    probe=$(mktemp -- "$dir/.XXXXXX" 2>/dev/null) || die "cannot write to $dir"
    rm -f -- "$probe"
  done
}

# lock_output DIR [NAME]: makes the folder, in which no other run of a script that calls this may make the same (NAME) until this one
# has ended. The lock is the processes' that have it open, so that those who are killed leave none.
lock_output() {
  make_dirs "$1"
  exec {output_lock}>"$1/.${2:-}lock"
  flock -n "$output_lock" || die "another run writes to $1; wait until it has ended"
}

# paths_from DIR NAME...: variables that the command line has set to relative paths are seen from DIR, unless only this folder has
# them. options_given has their names (utils/parse_options.sh).
paths_from() {
  local name
  for name in "${@:2}"; do
    # shellcheck disable=SC2154
    case " $options_given " in
      *" $name "*) [[ ${!name} == /* || (! -e $1/${!name} && -e ${!name}) ]] || printf -v "$name" '%s' "$1/${!name}" ;;
    esac
  done
}

# check_option NAME: dies unless the value of an option fits what all scripts mean by its name. Kaldi's own --stage may be negative.
check_option() {
  case $1 in
    nj | embed_nj | nproc | epochs | num_threads | num_nodes | node | num_target | num_nontarget) require_positive "$1" ;;
    seed | num_utts | max_requeues) require_count "$1" ;;
    max_failed_share) require_share "$1" ;;
    data | exp | data_root | recipe | musan | rirs | utt2spk | published | checkpoint | init | cache | speed_set | exclude | scratch | \
      cohort_embeddings | cohort_utt2spk | enroll_spk2utt | *_config) require_path "$1" ;;
    name | copy_suffix) require_name "$1" ;;
  esac
}

# require_positive NAME...: each variable holds a positive whole number. Until this has looked, an option's value is text that
# must not get into (( )), [ -le ] or a subscript: bash would run the command in 'a[$(command)]'.
require_positive() {
  local name LC_ALL=C
  for name in "$@"; do
    [[ ${!name-} =~ ^[1-9][0-9]{0,8}$ ]] || bad_option "$name" "a positive whole number of at most 9 digits"
  done
}

# require_count NAME...: each variable holds a whole number from 0.
require_count() {
  local name LC_ALL=C
  for name in "$@"; do
    [[ ${!name-} =~ ^(0|[1-9][0-9]{0,17})$ ]] || bad_option "$name" "a whole number, 0 or more, of at most 18 digits"
  done
}

# require_path NAME...: each variable holds a path that programs do not take for an option and tables have in one line.
require_path() {
  local name LC_ALL=C
  for name in "$@"; do
    case ${!name-} in
      -* | *[[:cntrl:]]*) bad_option "$name" "a path (one that begins with a dash as ./-…)" ;;
      *[!\ ]*) ;;
      *) bad_option "$name" "a path" ;;
    esac
  done
}

# require_name NAME...: each variable holds a part of a file's name.
require_name() {
  local name LC_ALL=C
  for name in "$@"; do
    case ${!name-} in
      */* | *[[:cntrl:]]*) bad_option "$name" "a part of a file's name, without /" ;;
    esac
  done
}

# require_share NAME...: each variable holds a number from 0 to 1.
require_share() {
  local name LC_ALL=C
  for name in "$@"; do
    [[ ${!name-} =~ ^(0?\.[0-9]+|0|1|[01]\.0*)$ ]] || bad_option "$name" "a number from 0 to 1, as 0.01"
  done
}

# bad_option NAME EXPECTED: dies of an option's value.
bad_option() {
  die "--${1//_/-}: expected $2, got '${!1-}'"
}

# num_processors: how many this process may use: no more than a batch system has given its job, as speakernet/work/cores.py has it.
# nproc alone would answer with the threads of OpenMP, which path.sh sets to one.
num_processors() {
  local here given=${SLURM_CPUS_PER_TASK:-${SLURM_CPUS_ON_NODE:-${NSLOTS-}}} LC_ALL=C
  here=$(env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc)
  if [[ $given =~ ^[1-9][0-9]{0,5}$ ]] && [ "$given" -lt "$here" ]; then here=$given; fi
  echo "$here"
}

# num_gpus: how many this process may use: those that CUDA_VISIBLE_DEVICES names, or else all. A GPU's parts have lines, too.
num_gpus() {
  if [ -n "${CUDA_VISIBLE_DEVICES+set}" ]; then
    tr ',' '\n' <<<"$CUDA_VISIBLE_DEVICES" | grep -cvx -e '' -e '-1' || true
  else
    { nvidia-smi -L 2>/dev/null || true; } | grep -c '^GPU ' || true
  fi
}

# num_lines FILE
num_lines() {
  wc -l <"$1"
}

# write_to FILE COMMAND ARGUMENT...: the command's output becomes FILE if the command succeeds; otherwise FILE is untouched. Another
# process, on this machine or on another, may do the same: each writes a file of its own, named as in speakernet/work/files.py, and the
# last one's stays. Folders that appear whole are made in Python.
write_to() {
  local file=$1 host new
  shift
  host=$(uname -n)
  new=$file.${host//[!A-Za-z0-9_-]/_}-$$-$BASHPID.tmp
  if ! "$@" >"$new"; then
    rm -f "$new"
    die "could not write $file"
  fi
  move "$new" "$file"
}

# move SOURCE TARGET: renames a file, replacing one that is there, or a folder, if none is there. The only renaming of the scripts.
move() {
  mv -fT -- "$1" "$2"
}

# begin_set TARGET: a step is going to make the data directory TARGET, whose archives lie beside it. Sets $folder and $set, the parts of
# its path, $new, where it is made, and $arks, the folder of the archives. What is there stays until its successor is whole: that has
# archives of its own. No other run may make the same meanwhile.
begin_set() {
  folder=$(dirname "$1")
  set=$(basename "$1")
  new=$folder/.$set.new
  arks=$folder/ark/$set
  lock_output "$folder" "$set.new."
  [ -d "$1" ] || [ ! -d "$folder/.$set.old" ] || move "$folder/.$set.old" "$1" # ended between two lines of publish_set
  if [ -f "$1/archives.json" ] && grep -qF "\"../ark/$set/" "$1/archives.json"; then arks=$folder/ark/$set.other; fi
}

# publish_set: $new becomes the TARGET of begin_set.
publish_set() {
  local old=$folder/.$set.old other
  rm -rf "$old"
  [ ! -d "$folder/$set" ] || move "$folder/$set" "$old"
  move "$new" "$folder/$set"
  rm -rf "$old"
  for other in "$folder/ark/$set" "$folder/ark/$set.other"; do
    [ "$other" = "$arks" ] || rm -rf "$other"
  done
}

# remove_parts PREFIX N: removes PREFIX.JOB.… of jobs beyond N, which a run with more jobs has left.
remove_parts() {
  local job parts
  for ((job = $2 + 1; ; job++)); do
    parts=("$1.$job".*)
    [ -e "${parts[0]}" ] || break
    rm -f "${parts[@]}"
  done
}

# leave_on_signal: from here on SIGTERM, SIGINT, SIGHUP and SIGUSR1 (Slurm's warning before the time limit) end the script with
# status 99: the same command goes on later. It is GridEngine's status for "start this job again".
leave_on_signal() {
  trap 'exit 99' TERM INT HUP USR1
}

# run_forwarding COMMAND ARGUMENT...: runs the command and returns its status. The first of the signals above that reaches this
# script goes to all of the command's processes as SIGTERM; they may take their time, and then the status is 99. The command has
# a session of its own, so that a terminal's or a batch system's signal does not reach it from two sides, and is
# asked to end, too, when this script is killed. Its stdin is empty. Sets $asked_by to
# the first signal's name, or to nothing.
run_forwarding() {
  local child='' interrupted=true num_signals=0 status name
  asked_by=''
  # Asked and counted in one command, as a second signal may come between two.
  for name in TERM INT HUP USR1; do
    # shellcheck disable=SC2064 # the name is the one of now
    trap "((num_signals++)) || { end_session \"\$child\"; asked_by=$name; }; interrupted=true" "$name"
  done
  setsid setpriv --pdeathsig TERM "$@" &
  child=$!
  [ "$num_signals" = 0 ] || end_session "$child" # it came before there was a child
  # A trapped signal ends `wait` early, and one that comes while another's trap runs the next `wait`, too. The last one has the
  # status, even if the command is gone by then.
  while [ -n "$interrupted" ] || kill -0 "$child" 2>/dev/null; do
    interrupted='' status=0
    wait "$child" || status=$?
  done
  leave_on_signal
  [ -z "$asked_by" ] || return 99
  return "$status"
}

# end_session PID: SIGTERM to all processes of the session, or to the one that is about to begin it.
end_session() {
  [ -z "$1" ] || kill -TERM -- "-$1" 2>/dev/null || kill -TERM "$1" 2>/dev/null || true
}

# job_name WORD...: sets `job` to the name that stands for a job's number in a command of these words. It is JOB unless that
# occurs in one of them, as in /data/JOBS: runners put the number wherever the name stands.
job_name() {
  local number
  job=JOB
  for ((number = 2; ; number++)); do
    [[ $* == *"$job"* ]] || return 0
    job=JOB$number
  done
}

# job_command RUNNER WORD...: sets `words` to what RUNNER is given for the command. Our runners take words as they are. Kaldi's hand
# them to a shell: if one means more to a shell than itself, all become arguments of utils/run_words.sh, spelt harmlessly.
job_command() {
  local runner=$1 word is_plain=true LC_ALL=C
  shift
  words=("$@")
  ! is_our_runner "${runner%% *}" || return 0
  for word in "$@"; do
    [[ $word =~ ^[A-Za-z0-9_@%+=:,./-]+$ ]] || is_plain=false
  done
  [ "$is_plain" = false ] || return 0
  words=(utils/run_words.sh)
  for word in "$@"; do words+=("$(harmless "$word")"); done
}

is_our_runner() {
  local name
  for name in run.pl slurm.pl queue.pl; do
    if [ "$1" -ef "utils/$name" ]; then return 0; fi
  done
  return 1
}

# harmless WORD: the word with all but letters, digits and a few signs as =HH, as in quoted-printable text; = for no character at all.
harmless() {
  local LC_ALL=C i byte code text=
  for ((i = 0; i < ${#1}; i++)); do
    byte=${1:i:1}
    if [[ $byte != [A-Za-z0-9_@%+:,./-] ]]; then
      printf -v code %d "'$byte"
      printf -v byte '=%02X' $((code & 255))
    fi
    text+=$byte
  done
  printf %s "${text:-=}"
}

# join_jobs PREFIX N SUFFIX FILE: concatenates the parts of N jobs, PREFIX.1SUFFIX to PREFIX.NSUFFIX, to FILE. All of them must exist.
join_jobs() {
  local -a parts
  local job
  for ((job = 1; job <= $2; job++)); do
    parts+=("$1.$job$3")
    [ -f "$1.$job$3" ] || die "no such file $1.$job$3: its job did not finish"
  done
  write_to "$4" cat -- "${parts[@]}"
}
