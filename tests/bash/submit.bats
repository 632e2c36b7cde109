#!/usr/bin/env bats
# utils/submit.sh and utils/drive.sh, with stand-ins for the batch systems' programs; tests/cluster.sh has real ones.
# shellcheck disable=SC2030,SC2031 # run sets variables that a function reads

bats_require_minimum_version 1.5.0
. "$BATS_TEST_DIRNAME/eventually.sh"

setup() {
  cd "$BATS_TEST_TMPDIR" || exit 1
  cp -r "$BATS_TEST_DIRNAME/../../utils" .
  mkdir bin
  program sbatch 'echo "$*" >>submitted; echo $((40 + $(wc -l <submitted)))'
  program qsub 'echo "$*" >>submitted; echo "Your job 7 (\"run.1\") has been submitted"'
  program squeue '[ ! -e alive ] || printf "JOBID ST\n%7s  R\n" "${2:-$1}"'
  program qstat '[ ! -e alive ] || echo "job_number:  $2 "'
  program scontrol 'echo "$*" >>requeued'
  PATH=$PWD/bin:$PATH
}

# program NAME "SHELL COMMANDS"
program() {
  printf '#!/bin/bash\ncd %q\n%s\n' "$PWD" "$2" >"bin/$1"
  chmod +x "bin/$1"
}

@test "submit.sh to Slurm: one job with all options of run.sh, and what to do with it; not twice" {
  run -0 utils/submit.sh --name a=3 --time 10:00:00 --warning-s 90 --options "-p long" -- --recipe 'my "egs"' --nj 3 --
  [ "${lines[0]}" = "job 41" ]
  [ "${lines[1]}" = "  follow: tail -F exp/submitted/a=3/1.log; squeue --jobs 41" ]
  [ "${lines[2]}" = "  cancel: scancel 41" ]
  [[ $(<submitted) == *" --requeue "*" --signal=B:USR1@90 --time=10:00:00 -p long "*" exp/submitted/a=3/1.sh" ]]
  [ "$(tail -n 1 exp/submitted/a=3/1.sh)" = "exec utils/drive.sh slurm 100 exp/submitted/a=3/1 '' --recipe my\\ \\\"egs\\\" --nj 3 --" ]
  touch alive
  run -1 utils/submit.sh --name a=3 -- --nj 3
  [[ $output == "submit.sh: error: job 41 of it is in the queue: follow it with tail -F exp/submitted/a=3/1.log, end it with scancel 41, or "* ]]
}

@test "submit.sh: parts of the stages wait for each other; --dry-run submits nothing" {
  run -0 utils/submit.sh --dry-run --part 1-3 --part "4-5 --gres=gpu:8" -- --nj 3
  [[ $output == *"--dependency=afterok:ID"* && ! -e submitted && ! -e exp ]]
  utils/submit.sh --part 1-3 --part "4-5 --gres=gpu:8" --part 6 -- --nj 3
  [[ $(sed -n 2p submitted) == *" --gres=gpu:8 --dependency=afterok:41 --kill-on-invalid-dep=yes "* ]]
  grep -q -- "exp/submitted/run/3 exp/submitted/run/2 --nj 3 --stage 6 --stop-stage 6$" exp/submitted/run/3.sh
}

@test "submit.sh to GridEngine: told to leave before the limit" {
  utils/submit.sh --system gridengine --time 01:00:30 --num-threads 2 --part 1-3 --part 4 --
  [[ $(head -n 1 submitted) == "-V -cwd -S /bin/bash -j y -r y -notify -pe smp 2 -l h_rt=01:00:30,s_rt=3330 -N run.1 "* ]]
  [[ $(tail -n 1 submitted) == *" -hold_jid 7 "* ]]
}

# refuses TEXT ARGUMENT...
refuses() {
  run -1 utils/submit.sh "${@:2}"
  [[ ${#lines[@]} == 1 && $output == *"$1"* && ! -e submitted ]]
}

@test "submit.sh refuses what it does not understand" {
  refuses "expected -- before the options of run.sh" now
  refuses "--time: expected HH:MM:SS, got '2h'" --time 2h
  refuses "expected more than --warning-s 300" --system gridengine --time 00:05:00
  refuses "--system: expected slurm or gridengine, got 'pbs'" --system pbs
  refuses "--part: expected stages and words" --part 'a[$(touch pwned)]'
  refuses "--name: expected" --name '../x'
  program sbatch 'echo "sbatch: error: invalid partition" >&2; exit 1'
  refuses ": sbatch: error: invalid partition"
  [ ! -e pwned ]
}

# drives STATUS [SIGNAL]: the script of a job in which run.sh ends with STATUS, after a SIGNAL to the script if one is given. Sets $status.
drives() {
  printf '%s\n' "trap 'sleep 0.2; exit $1' TERM" 'echo >started' "[ -n '${2-}' ] || exit $1" 'while true; do sleep 0.05; done' >run.sh
  SLURM_JOB_ID=7 timeout 20 bash -c 'echo $$ >pid; exec utils/drive.sh slurm 1 base "" --nj 3' 2>log &
  if [ -n "${2-}" ]; then
    eventually test -e started
    kill "-$2" "$(<pid)"
  fi
  status=0
  wait $! || status=$?
  rm -f started
}

@test "drive.sh: warned of the limit, the job goes back into the queue, but not for ever" {
  drives 99 USR1
  [ "$status" -eq 99 ] && [ "$(<requeued)" = "requeue 7" ] && [ "$(<base.status)" -eq 99 ]
  drives 99
  [ "$status" -eq 1 ] && [ "$(wc -l <requeued)" -eq 1 ]
  grep -q "error: was in the queue again 1 times (--max-requeues)" log
}

@test "drive.sh: success, failure and a job that was cancelled are what they are" {
  drives 0
  [ "$status" -eq 0 ] && [ "$(<base.status)" -eq 0 ]
  drives 3
  [ "$status" -eq 3 ]
  for signal in TERM USR2; do
    drives 99 "$signal"
    [ "$status" -eq 1 ]
    grep -q "error: ended by SIGTERM; utils/submit.sh goes on" log
  done
  echo 3 >first.status
  run -1 utils/drive.sh gridengine 1 second first
  [[ $output == *"the job before has not succeeded: see first.log" ]]
  [ ! -e requeued ]
}
