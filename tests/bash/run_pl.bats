#!/usr/bin/env bats
# utils/run.pl: Kaldi's command line and logs; arguments arrive unchanged; no job outlives its runner.

. "$BATS_TEST_DIRNAME/eventually.sh"

setup() {
  run_pl="$BATS_TEST_DIRNAME/../../utils/run.pl"
  patience=10
  cd "$BATS_TEST_TMPDIR" || exit 1
}

output_of() { grep -v '^#' "$1"; }

is_gone() { ! kill -0 "$1" 2>/dev/null; }

@test "arguments with spaces, quotes, \$( ) and globs arrive unchanged" {
  local words=('a  b' "it's" '"x"' '$(touch bad)' '`touch bad`' '*' '' '$HOME' 'a\b' $'two\nlines' '#' '~' '!x' 'cat x |' '<a>' é)
  "$run_pl" x.log printf '<%s>\n' "${words[@]}"
  diff <(printf '<%s>\n' "${words[@]}") <(output_of x.log)
  [ ! -e bad ]
}

@test "operators and reserved words are words of the command, too" {
  local words=('|' '>' out '&&' ';' '<' none '2>&1' '&' '(' '}' '>>out' 'a;touch' 'if' 'X=1')
  "$run_pl" x.log printf '<%s>\n' "${words[@]}"
  diff <(printf '<%s>\n' "${words[@]}") <(output_of x.log)
  [ "$(ls)" = x.log ]
}

@test "a variable in front of the command is set for it" {
  "$run_pl" x.log VALUE='1  2' bash -c 'echo "$VALUE"'
  [ "$(output_of x.log)" = "1  2" ]
}

@test "JOB becomes the job's number in the log's name and in the command" {
  "$run_pl" --mem 4G JOB=2:4 --num-threads 1 logs/deep/x.JOB.log echo part.JOB.of.JOB
  [ "$(output_of logs/deep/x.3.log)" = part.3.of.3 ]
  [ "$(echo logs/deep/*)" = "logs/deep/x.2.log logs/deep/x.3.log logs/deep/x.4.log" ]
}

@test "JOB within a longer name is no job's number" {
  "$run_pl" JOB=1:2 JOBS/x_JOB.log echo /data/JOBS/aJOB/JOB7/x JOB my_JOB_s
  [ "$(output_of JOBS/x_2.log)" = "/data/JOBS/aJOB/JOB7/x 2 my_2_s" ]
}

@test "the log has Kaldi's first and last lines, and what the job took is noted" {
  SPEAKERNET_USAGE=usage "$run_pl" JOB=1 x.JOB.log sh -c $'echo out;\necho err >&2'
  [ "$(head -n 2 x.1.log)" = $'# sh -c \'echo out;\n# echo err >&2\'' ]
  sed -n 3p x.1.log | grep '^# Started at '
  tail -n 3 x.1.log | head -n 1 | grep -x '# Accounting: cpu_s=[0-9.]* max_rss_kib=[1-9][0-9]*'
  [[ $(<usage) == $'-\t-\trun.pl\tx.1.log\t1\t1\t'?*$'\tdone\t0\t'"$(hostname)"$'\t'*$'\t1\t0' ]]
  tail -n 2 x.1.log | head -n 1 | grep -x '# Accounting: time=[0-9]* threads=1'
  tail -n 1 x.1.log | grep '^# Ended (code 0) at .*, elapsed time [0-9]* seconds$'
  [ "$(output_of x.1.log)" = $'out\nerr' ]
}

@test "a failing job: status 1, the log is named, its last line shown" {
  run "$run_pl" a/x.log sh -c 'echo what went wrong >&2; exit 3'
  [ "$status" -eq 1 ]
  [ "${lines[0]}" = "run.pl: error: job failed, log is in a/x.log" ]
  [ "${lines[1]}" = "run.pl: error: a/x.log ends with: what went wrong" ]
  tail -n 1 a/x.log | grep '# Ended (code 3)'
}

@test "some jobs of an array fail: the others run, the failed are counted" {
  run "$run_pl" JOB=1:4 x.JOB.log sh -c '[ JOB -gt 2 ]'
  [ "$status" -eq 1 ]
  [ "${lines[0]}" = "run.pl: error: 2 / 4 failed, log is in x.*.log" ]
  grep -l 'code 0' x.3.log x.4.log
}

@test "a failure in front of a pipe, and a death by signal, are failures" {
  run "$run_pl" x.log false '|' true
  [ "$status" -eq 1 ]
  run "$run_pl" x.log sh -c 'kill -9 $$'
  [ "$status" -eq 1 ]
  grep 'signal 9' x.log
  [[ ${lines[-1]} == "run.pl: error: the job: ended by signal 9 (KILL)"* ]]
}

@test "status 99 is the runner's, too, if no job failed otherwise" {
  run "$run_pl" JOB=1:2 x.JOB.log sh -c 'exit 99'
  [ "$status" -eq 99 ]
  run "$run_pl" JOB=1:2 x.JOB.log sh -c 'exit $((97 + JOB))'
  [ "$status" -eq 1 ]
}

@test "--retries starts a job again that fails, but not one that was asked to leave" {
  run "$run_pl" --retries 2 JOB=1:3 x.JOB.log sh -c 'echo JOB >>ran; case JOB in 1) exit 99 ;; 2) [ "$(grep -c 2 ran)" -eq 3 ] ;; esac'
  [ "$status" -eq 99 ]
  [ "$(sort ran | paste -sd' ')" = "1 2 2 2 3" ]
  [[ $output == *"run.pl: x.2.log: status 1, after "*"; tried again (2 of 2)"* ]]
}

@test "Kaldi's options: -tc, -pe, -sync, -V, --max-jobs-run without JOB, --name=value" {
  mkdir now
  "$run_pl" --max-jobs-run 5 -tc 1 -sync y --exclude=n1 JOB=1:3 x.JOB.log sh -c 'mkdir now/one && sleep 0.1 && rmdir now/one'
  "$run_pl" --max-jobs-run 2 -V -pe smp 3 --mem=4G y.log sh -c 'echo $OMP_NUM_THREADS'
  [ "$(output_of y.log)" = 3 ]
  grep -q '^# Accounting: time=. threads=3$' y.log
}

@test "one log for several jobs, a bad range, a bad number, no command: refused" {
  for arguments in "JOB=1:2 x.log true" "JOB=0:2 x.JOB.log true" "JOB=3:2 x.JOB.log true" \
    "--max-jobs-run few x.log true" "--pick some x.log true" "x.log" "--mem"; do
    # shellcheck disable=SC2086
    run "$run_pl" $arguments
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ ${lines[0]} == run.pl:* ]]
  done
  [ ! -e x.log ]
}

@test "a log that cannot be written is an error, and the command does not run" {
  touch file
  run "$run_pl" file/x.log touch ran
  [ "$status" -eq 1 ]
  [[ $output == *"file"* ]]
  [ ! -e ran ]
}

@test "jobs run side by side although path.sh gives each one thread" {
  [ "$(env -u OMP_NUM_THREADS nproc)" -gt 1 ] || skip "needs two processors"
  OMP_NUM_THREADS=1 "$run_pl" JOB=1:2 x.JOB.log bash -c \
    'touch started.JOB; for i in {1..100}; do [ -e started.1 ] && [ -e started.2 ] && exit; sleep 0.1; done; exit 1'
}

@test "--max-jobs-run limits how many run at once" {
  mkdir now
  "$run_pl" --max-jobs-run 2 JOB=1:6 x.JOB.log sh -c 'touch now/JOB; ls now | wc -l; sleep 0.1; rm now/JOB'
  for job in {1..6}; do [ "$(output_of "x.$job.log")" -le 2 ]; done
}

@test "--pick failed runs failed and unfinished jobs again, --pick incomplete only the unfinished" {
  run "$run_pl" JOB=1:3 x.JOB.log sh -c 'echo first; [ JOB != 2 ]'
  sed -i '/^# Ended/d' x.3.log
  run "$run_pl" --pick incomplete JOB=1:3 x.JOB.log echo second
  [ "$status" -eq 1 ]
  [[ ${lines[0]} == "run.pl: error: 1 / 3 failed"* ]]
  [ "$(cat x.*.log | output_of -)" = $'first\nfirst\nsecond' ]
  "$run_pl" --pick failed JOB=1:3 x.JOB.log echo third
  [ "$(cat x.*.log | output_of -)" = $'first\nthird\nsecond' ]
}

@test "jobs that ask for GPUs share them out" {
  mkdir bin
  printf '#!/bin/sh\nfor i in 0 1 2 3; do echo "GPU $i: a card (UUID: x)"; done\n' >bin/nvidia-smi
  chmod +x bin/nvidia-smi
  unset CUDA_VISIBLE_DEVICES
  PATH=$PWD/bin:$PATH "$run_pl" --gpu 2 JOB=1:2 x.JOB.log sh -c 'sleep 0.2; echo $CUDA_VISIBLE_DEVICES'
  [ "$(output_of x.1.log) $(output_of x.2.log)" = "0,1 2,3" ]
  PATH=$PWD/bin:$PATH run "$run_pl" --gpu 5 y.log true
  [ "$output" = "run.pl: error: --gpu 5: this machine shows 4 of them only; ask for at most 4" ]
  CUDA_VISIBLE_DEVICES='' run "$run_pl" --gpu 1 y.log true
  [ "$status" -eq 0 ]
  [ "$output" = "run.pl: --gpu 1: this machine shows no GPU; the jobs run without" ]
}

has_two_children() { [ "$(pgrep -c -P "$1")" -eq 2 ]; }

@test "SIGTERM, SIGINT and SIGKILL to run.pl end its jobs and all that they started" {
  for signal in TERM INT KILL; do
    rm -f pid
    "$run_pl" x.log sh -c 'sleep 300 & setsid sleep 300 & echo $$ >pid; wait' &
    runner=$!
    eventually test -s pid
    job=$(cat pid)
    eventually has_two_children "$job"
    mapfile -t descendants < <(pgrep -P "$job")
    kill -"$signal" "$runner"
    run wait "$runner"
    for pid in "$job" "${descendants[@]}"; do eventually is_gone "$pid"; done
    run grep '# Ended' x.log
    [ "$status" -eq 1 ]
  done
}
