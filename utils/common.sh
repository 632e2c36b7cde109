#!/usr/bin/env bash
# Sourced by scripts after `set -euo pipefail; shopt -s inherit_errexit`. Functions that scripts share: messages, checks of inputs,
# products that appear whole or not at all, and arrays of jobs. Errors are one line on stderr; the exit status is 1.

# log MESSAGE...: a line with the time and the place it was called from, on stderr.
log() {
  printf '%(%Y-%m-%dT%H:%M:%S)T %s:%s: %s\n' -1 "${BASH_SOURCE[1]##*/}" "${BASH_LINENO[0]}" "$*" >&2
}

# die MESSAGE...: ends the script.
die() {
  echo "${0##*/}: $*" >&2
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

# require_dir DIR...
require_dir() {
  local dir
  for dir in "$@"; do
    [ -d "$dir" ] || die "no such directory $dir"
  done
}

# require_positive NAME...: each variable holds a positive whole number.
require_positive() {
  local name
  for name in "$@"; do
    [[ ${!name-} =~ ^[1-9][0-9]*$ ]] || die "--${name//_/-}: expected a positive whole number, got '${!name-}'"
  done
}

# num_processors: how many this process may use. nproc alone would answer with the threads of OpenMP, which path.sh sets to one.
num_processors() {
  env -u OMP_NUM_THREADS -u OMP_THREAD_LIMIT nproc
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

# write_to FILE COMMAND ARGUMENT...: the command's output becomes FILE if the command succeeds; otherwise FILE is untouched.
write_to() {
  local file=$1
  shift
  if ! "$@" >"$file.tmp"; then
    rm -f "$file.tmp"
    die "could not write $file"
  fi
  mv -f "$file.tmp" "$file"
}

# leave_on_signal: from here on SIGTERM, SIGINT, SIGHUP and SIGUSR1 (Slurm's warning before the time limit) end the script with
# status 99: the same command goes on later. It is GridEngine's status for "start this job again".
leave_on_signal() {
  trap 'exit 99' TERM INT HUP USR1
}

# run_forwarding COMMAND ARGUMENT...: runs the command and returns its status. The first of the signals above that reaches this
# script goes to all of the command's processes as SIGTERM; they may take their time, and then the status is 99. The command has
# a session of its own, so that a terminal's or a batch system's signal does not reach it from two sides, and is
# asked to end, too, when this script is killed. Its stdin is empty.
run_forwarding() {
  local child='' interrupted=true num_signals=0 status
  # Asked and counted in one command, as a second signal may come between two.
  trap '((num_signals++)) || end_session "$child"; interrupted=true' TERM INT HUP USR1
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
  [ "$num_signals" = 0 ] || return 99
  return "$status"
}

# end_session PID: SIGTERM to all processes of the session, or to the one that is about to begin it.
end_session() {
  [ -z "$1" ] || kill -TERM -- "-$1" 2>/dev/null || kill -TERM "$1" 2>/dev/null || true
}

# new_tmp_dir DIR: makes an empty DIR.tmp beside DIR, removing what an interrupted run left.
new_tmp_dir() {
  rm -rf "$1.tmp"
  mkdir -p "$1.tmp"
}

# publish_dir DIR: DIR.tmp, now complete, becomes DIR. A DIR that may be a link goes through `realpath -m` before its DIR.tmp is
# made: then the link stays, and nothing is copied from one disk to another.
publish_dir() {
  rm -rf "$1.old"
  if [ -e "$1" ]; then
    mv "$1" "$1.old"
  fi
  mv "$1.tmp" "$1"
  rm -rf "$1.old"
}

# job_files PATTERN N: the pattern with JOB replaced by 1 to N, one a line.
job_files() {
  local job
  for ((job = 1; job <= $2; job++)); do
    printf '%s\n' "${1//JOB/$job}"
  done
}

# join_jobs PATTERN N FILE: concatenates the parts of N jobs, all of which must exist, to FILE.
join_jobs() {
  local -a parts
  local part
  mapfile -t parts < <(job_files "$1" "$2")
  for part in "${parts[@]}"; do
    [ -f "$part" ] || die "no such file $part: its job did not finish"
  done
  write_to "$3" cat -- "${parts[@]}"
}
