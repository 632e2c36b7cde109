#!/usr/bin/env bash
# What the runners cost: many short jobs as one array, on this machine and on the real batch systems that it starts for that (root; see
# tests/cluster_faults.sh). Prints, for each runner, seconds from beginning to end, what of it is not the jobs' own, for each job, and the
# runner's own CPU time and largest memory.
#   benchmarks/runners.sh [JOBS [SECONDS_OF_A_JOB [AT_ONCE [SYSTEM...]]]]     default: 5000 1 64 run slurm gridengine
set -euo pipefail
shopt -s inherit_errexit
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$root/tests/bash/cluster_control.sh"
num_jobs=${1:-5000} seconds=${2:-1} at_once=${3:-64}
systems=("${@:4}")
[ ${#systems[@]} -gt 0 ] || systems=(run slurm gridengine)
slots=$at_once

say() { printf '%s\n' "$*" >&2; }

eventually() {
  for _ in {1..300}; do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.2
  done
  return 1
}

is_gone() { [[ $(ps -o state= -p "$1") == [Z]* ]] || ! kill -0 "$1" 2>/dev/null; }

# The runner's figures are read while it runs, as a system call would answer with those of its jobs, too.
measure() {
  local began pid figures=
  began=$(date +%s.%N)
  "$runner" "${options[@]}" --max-jobs-run "$at_once" JOB=1:"$num_jobs" "$dir/log/x.JOB.log" sleep "$seconds" 2>"$dir/said" &
  pid=$!
  while kill -0 "$pid" 2>/dev/null; do
    figures=$(
      awk '/^VmHWM/ {print $2}' "/proc/$pid/status" 2>/dev/null
      awk '{print ($14 + $15) / 100}' "/proc/$pid/stat" 2>/dev/null
    ) || true
    [ -z "$figures" ] || last=$figures
    sleep 0.5
  done
  wait "$pid" || { cat "$dir/said" >&2 && return 1; }
  # shellcheck disable=SC2086 # two words
  awk -v runner="$(basename "$runner")" -v began="$began" -v ended="$(date +%s.%N)" -v jobs="$num_jobs" -v seconds="$seconds" -v at_once="$at_once" \
    -v memory="${last%%[[:space:]]*}" -v cpu="${last##*[[:space:]]}" 'BEGIN {
      wall = ended - began
      printf "%s: %d jobs of %s s, %d at once: %.0f s, %.1f ms a job beyond its own time; runner: %.1f s of CPU, %.1f MB\n", runner, jobs, seconds, at_once,
        wall, 1000 * (wall - jobs * seconds / at_once) / jobs, cpu, memory / 1024 }'
}

for system in "${systems[@]}"; do
  dir=$(mktemp -d /tmp/runners_XXXX)
  if [ "$system" = run ]; then
    runner=$root/utils/run.pl options=()
    measure
  else
    trap stop_system EXIT # also of a run that is interrupted
    start_system
    # shellcheck disable=SC2154 # cluster_control.sh
    [ "$system" != slurm ] || options+=(--mem 50)
    measure
    stop_system
    trap - EXIT
  fi
done
