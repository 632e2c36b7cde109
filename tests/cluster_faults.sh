#!/usr/bin/env bash
# What goes wrong on a cluster, on a real Slurm of two nodes and a real GridEngine that this script starts: what the runner says, its status,
# what the same call does afterwards, and whether the files are those of an undisturbed run. Needs root and the packages that
# tests/bash/slurm_cluster.sh and tests/bash/gridengine_cluster.sh name; takes ten minutes to a quarter of an hour.
#   tests/cluster_faults.sh slurm|gridengine [FAULT...]      `tests/cluster_faults.sh slurm list` names the faults
# shellcheck disable=SC2329 # faults are called by name
set -euo pipefail
shopt -s inherit_errexit
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
system=${1-} dir=/tmp/faults_$$
faults=(exits_1 time_limit memory killed_by_hand element_cancelled array_cancelled node_down_jobs_dead node_down_jobs_alive
  controller_away_at_submission controller_away_later queue_full answer_lost invalid_request unschedulable all_killed_same_call all_killed_other_call
  runner_killed runner_terminated)
mkdir -p "$dir"

say() { printf '%s\n' "$*" >&2; }

. "$root/tests/bash/cluster_control.sh"

# What every fault's jobs do: JOB.sh SECONDS NUMBER writes a file under another name and renames it, as this project's programs do.
write_job() {
  cat >job.sh <<'END'
echo "$2" >>started
sleep "$1"
seq "$2" $(($2 + 100000)) >"out.$2.tmp.$$"
mv "out.$2.tmp.$$" "out.$2"
END
  bash job.sh 0 1 && bash job.sh 0 2 && bash job.sh 0 3 && bash job.sh 0 4
  mkdir expected && mv out.* expected/ && rm started
}

# call SECONDS [OPTION...]: four jobs. call_in_background: the same; sets runner_pid and waits until a job has started.
call() {
  "$runner" "${options[@]}" "${@:2}" JOB=1:4 log/x.JOB.log bash job.sh "$1" JOB || {
    local status=$?
    say "status $status"
    return "$status"
  }
}

call_in_background() {
  rm -f started
  "$runner" "${options[@]}" "${@:2}" JOB=1:4 log/x.JOB.log bash job.sh "$1" JOB &
  runner_pid=$!
  eventually test -s started
}

ends() {
  local status=0
  wait "$runner_pid" || status=$?
  say "status $status"
}

job_id() { sed -n 's/^array \([0-9]*\) .*/\1/p' log/q/call.x.*/call; }

cancel() { if [ "$system" = slurm ]; then scancel "$1${2:+_$2}"; else qdel "$1" ${2:+-t "$2"} >/dev/null; fi; }

# The same call again, quick, and then a look at the files.
again() {
  say "-- again:"
  call 0 || true
  compare
}

compare() {
  mkdir -p found && cp out.[1-4] found/ 2>/dev/null || true
  if diff -r found expected >/dev/null; then say "files: equal"; else say "files: DIFFERENT" && different=$((different + 1)); fi
  say "started: $(sort started | uniq -c | awk '{printf "job %s %s times; ", $2, $1}')"
  find log/q -mindepth 1 -maxdepth 1 -name '*.x.*' -printf 'left over: %f\n' >&2
}

exits_1() {
  "$runner" "${options[@]}" JOB=1:4 log/x.JOB.log bash -c '[ JOB != 3 ] || { echo "no such file: y" >&2; exit 1; }; bash job.sh 0 JOB' || say "status $?"
  again
}

time_limit() {
  if [ "$system" = slurm ]; then call 200 --time 1 || true; else call 200 -l h_rt=3 || true; fi
  again
}

memory() {
  local limit=(-l h_vmem=300M)
  [ "$system" != slurm ] || limit=(--mem 100)
  "$runner" "${options[@]}" "${limit[@]}" log/x.log perl -e '$n = 1e9; $x = "1" x $n; sleep 20' || say "status $?"
  again
}

killed_by_hand() {
  call_in_background 10
  kill_jobs
  ends
  again
}

element_cancelled() {
  call_in_background 5
  cancel "$(job_id)" 2
  ends
  again
}

array_cancelled() {
  call_in_background 30
  cancel "$(job_id)"
  ends
  again
}

node_down_jobs_dead() {
  call_in_background 8
  if [ "$system" = slurm ]; then
    scontrol update NodeName=n1 State=DOWN Reason=fault
    sleep 3
    scontrol update NodeName=n1 State=RESUME
  else
    node stop && kill_jobs && node start
  fi
  ends
  again
}

# The processes of the jobs that run, by what their scripts have noted, and all that they started.
kill_jobs() {
  local pids mark next
  pids=()
  for mark in log/q/call.x.*/*.running; do
    next=${mark##*-}
    pids+=("${next%.running}")
  done
  for ((next = 0; next < ${#pids[@]}; next++)); do
    while read -r child; do pids+=("$child"); done < <(pgrep -P "${pids[next]}")
  done
  kill -9 "${pids[@]}" || true
}

node_down_jobs_alive() {
  call_in_background 20
  if [ "$system" = slurm ]; then
    end n1 3
    scontrol update NodeName=n1 State=DOWN Reason=fault
    sleep 5
    serve n1 slurmd -D -N n1
    scontrol update NodeName=n1 State=RESUME
  else
    node stop && qmod -f -rj "$(job_id)" && node start
  fi
  ends
  compare
}

controller_away_at_submission() {
  controller stop
  (sleep 12 && controller start) &
  local later=$!
  call 0 || true
  wait "$later"
  compare
}

controller_away_later() {
  call_in_background 6
  controller stop
  sleep 15
  controller start
  ends
  compare
}

queue_full() {
  local later=
  if [ "$system" = slurm ]; then
    sed -i 's/^MaxJobCount=.*//' "$SLURM_CONF" && echo MaxJobCount=3 >>"$SLURM_CONF"
    controller stop && controller start
    eventually scontrol ping
    (sleep 10 && sed -i 's/^MaxJobCount=.*/MaxJobCount=1000/' "$SLURM_CONF" && controller stop && controller start) &
    later=$!
  else
    qsub -b y -o /dev/null -j y sleep 6 >/dev/null
    qconf -sconf | sed 's/^max_u_jobs .*/max_u_jobs 1/' >"$dir/global" && qconf -Mconf "$dir/global" >/dev/null
  fi
  call 0 || true
  [ -z "$later" ] || wait "$later"
  [ "$system" = slurm ] || { sed -i 's/^max_u_jobs .*/max_u_jobs 0/' "$dir/global" && qconf -Mconf "$dir/global" >/dev/null; }
  compare
}

answer_lost() {
  local submit='sbatch --export=ALL' words='sbatch: error: Socket timed out on send/recv operation'
  [ "$system" = slurm ] || submit='qsub -v PATH -cwd -S /bin/bash -j y' words="error: can't send message to qmaster"
  printf '%s\n' "\"\$@\" >>taken; echo \"$words\" >&2; exit 1" >deaf
  "$runner" --config <(printf '%s\n' "command bash deaf $submit") JOB=1:4 log/x.JOB.log bash job.sh 3 JOB || say "status $?"
  say "submitted: $(grep -c . taken) time"
  compare
}

invalid_request() {
  local request
  local requests=("-p nowhere" "--nodelist=nowhere" "--exclude=nowhere")
  [ "$system" = slurm ] || requests=("-pe nowhere 2" "-l nothing=1" "-q nowhere.q")
  for request in "${requests[@]}"; do
    # shellcheck disable=SC2086
    call 0 $request || true
  done
  again
}

unschedulable() {
  local requests=("--mem 999999" "--num-threads 99" "--time 9999 -p short")
  [ "$system" = slurm ] || requests=("-l mem_total=9999G" "-pe smp 98")
  [ "$system" != slurm ] || scontrol create PartitionName=short Nodes=n1 MaxTime=1
  for request in "${requests[@]}"; do
    # shellcheck disable=SC2086
    SPEAKERNET_WAITING_NOTE_S=3 timeout 20 "$runner" "${options[@]}" $request JOB=1:4 log/x.JOB.log true || say "status $?"
  done
  again
}

# As when a login node dies: nobody is left to cancel anything.
kill_all() {
  local watchdog
  mapfile -t watchdog < <(pgrep -P "$runner_pid")
  kill -9 "${watchdog[@]}" "$runner_pid"
  wait "$runner_pid" 2>/dev/null || true
}

all_killed_same_call() {
  call_in_background 8
  kill_all
  say "-- again, while the array lives:"
  call 8 || true
  compare
}

all_killed_other_call() {
  call_in_background 60
  kill_all
  again
}

runner_ended_by() {
  call_in_background 60
  kill "-$1" "$runner_pid"
  ends
  again
}

runner_killed() { runner_ended_by KILL; }
runner_terminated() { runner_ended_by TERM; }

trap stop_system EXIT
start_system
if [[ ${2-} == list ]]; then faults=() && declare -F | sed 's/declare -f //'; fi
if [[ $# -gt 1 ]]; then faults=("${@:2}"); fi
different=0
for fault in "${faults[@]}"; do
  say "== $system: $fault"
  mkdir "$dir/$fault" && cd "$dir/$fault"
  write_job
  began=$SECONDS
  "$fault"
  say "took $((SECONDS - began)) s"
done 2>&1
say "$different differences"
exit $((different > 0))
