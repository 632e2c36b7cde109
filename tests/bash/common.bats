#!/usr/bin/env bats
# utils/common.sh: checks that name what is wrong, failures that are not lost, files that appear whole.

. "$BATS_TEST_DIRNAME/eventually.sh"

setup() {
  cd "$BATS_TEST_TMPDIR" || exit 1
  common="$BATS_TEST_DIRNAME/../../utils/common.sh"
}

# Runs a script of the words on stdin, with the usual settings.
run_script() {
  {
    printf '%s\n' '#!/usr/bin/env bash' 'set -euo pipefail' 'shopt -s inherit_errexit' ". '$common'"
    cat
  } >script.sh
  run bash script.sh
}

@test "log says when and where" {
  run_script <<<'log hello "two  words"'
  [[ $output =~ ^[0-9-]+T[0-9:]+\ script.sh:5:\ hello\ two\ \ words$ ]]
}

@test "missing and empty inputs are named" {
  run_script <<<'require_file none'
  [ "$status" -eq 1 ]
  [ "$output" = "script.sh: no such file none" ]
  : >empty
  run_script <<<'require_file script.sh empty'
  [ "$output" = "script.sh: file is empty: empty" ]
  run_script <<<'require_dir . none'
  [ "$output" = "script.sh: no such directory none" ]
}

@test "numbers are checked" {
  for value in 0 -1 x "" "3 4" 1.5; do
    run_script <<<"num_jobs='$value'; require_positive num_jobs"
    [ "$status" -eq 1 ]
    [[ $output == *"--num-jobs: expected a positive whole number, got '$value'" ]]
  done
}

@test "GPUs are counted" {
  unset CUDA_VISIBLE_DEVICES
  mkdir bin
  printf '%s\n' '#!/bin/sh' 'echo "GPU 0: A"' 'echo "  MIG 3g.40gb Device 0: (UUID: x)"' 'echo "GPU 1: A"' >bin/nvidia-smi
  chmod +x bin/nvidia-smi
  PATH=$PWD/bin:$PATH
  run_script <<<'num_gpus; for CUDA_VISIBLE_DEVICES in "" -1 3 GPU-a,GPU-b,GPU-c; do num_gpus; done'
  [ "$status" -eq 0 ]
  [ "${lines[*]}" = "2 0 0 1 3" ]
  printf '#!/bin/sh\necho "NVIDIA-SMI has failed"\nexit 9\n' >bin/nvidia-smi
  run_script <<<'num_gpus'
  [ "$output" = 0 ]
}

@test "a file is written whole or not at all" {
  echo old >out
  run_script <<<'write_to out bash -c "echo new; exit 3"'
  [ "$status" -eq 1 ]
  [ "$(cat out)" = old ]
  run_script <<<'write_to out echo new'
  [ "$status" -eq 0 ]
  [ "$(cat out)" = new ]
  [ ! -e out.tmp ]
}

@test "a folder is published whole" {
  mkdir out out.tmp && touch out/old out.tmp/interrupted
  run_script <<<'new_tmp_dir out; touch out.tmp/new; publish_dir out'
  [ "$status" -eq 0 ]
  [ "$(ls -a out)" = "$(printf '.\n..\nnew')" ]
  [ "$(echo out*)" = out ]
}

@test "a folder that is a link stays one" {
  mkdir elsewhere elsewhere.tmp && touch elsewhere/old elsewhere.tmp/interrupted && ln -s elsewhere out
  run_script <<<'dir=$(realpath -m out); new_tmp_dir "$dir"; touch "$dir.tmp/new"; publish_dir "$dir"'
  [ "$status" -eq 0 ]
  [ -L out ]
  [ "$(ls elsewhere)" = new ]
  [ "$(echo *)" = "elsewhere out script.sh" ]
}

@test "parts of jobs are joined in order, and a missing one is an error" {
  for job in {1..11}; do echo "$job" >"part.$job.scp"; done
  run_script <<<'join_jobs part.JOB.scp 11 all.scp'
  [ "$status" -eq 0 ]
  [ "$(cat all.scp)" = "$(seq 11)" ]
  rm part.3.scp all.scp
  run_script <<<'join_jobs part.JOB.scp 11 all.scp'
  [ "$status" -eq 1 ]
  [[ $output == *"no such file part.3.scp"* ]]
  [ ! -e all.scp ]
}

@test "a command's status is passed on, and its arguments arrive unchanged" {
  run_script <<<'run_forwarding bash -c "printf %s \"\$1\"; exit 7" bash "a  b \$(touch bad)"'
  [ "$status" -eq 7 ]
  [ "$output" = 'a  b $(touch bad)' ]
  [ ! -e bad ]
}

# A script whose command has a child; both take a moment to end. Its pid is in $script, the child's in the file pid.
start_forwarding() {
  cat >command.sh <<'END'
trap 'echo asked >>asked; sleep 0.5; echo left >>left; exit 5' TERM
sleep 300 3>&- &
echo $! >pid.tmp && mv pid.tmp pid
for _ in {1..3000}; do sleep 0.1; done
END
  printf '%s\n' 'set -euo pipefail' ". '$common'" 'leave_on_signal' 'run_forwarding bash command.sh' >script.sh
  bash script.sh 3>&- &
  script=$!
  eventually test -s pid
}

# Gone, or dead and not yet noticed by whoever adopted it.
is_gone() { [[ $(ps -o state= -p "$1") =~ ^Z?$ ]]; }

@test "a signal reaches all of the command's processes, which may take their time; the status is 99" {
  for signal in TERM USR1 HUP; do
    rm -f pid asked left
    start_forwarding
    kill -"$signal" "$script"
    kill -TERM "$script"
    status=0
    wait "$script" || status=$?
    [ "$status" -eq 99 ]
    [ "$(cat asked left)" = $'asked\nleft' ]
    is_gone "$(cat pid)"
  done
}

@test "a killed script asks its command to end" {
  start_forwarding
  kill -KILL "$script"
  eventually test -s left
}
