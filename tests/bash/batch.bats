#!/usr/bin/env bats
# utils/slurm.pl and utils/queue.pl: run.pl's command line on a batch system. Slurm is a real one where this machine has it and we
# are root, or else, like GridEngine, a few lines that start the jobs at once. SPEAKERNET_TEST_QUEUE=1 takes the GridEngine in PATH.
# shellcheck disable=SC2030,SC2031

. "$BATS_TEST_DIRNAME/eventually.sh"

setup_file() {
  export utils="$BATS_TEST_DIRNAME/../../utils"
  export state="$BATS_FILE_TMPDIR/state" cluster="$BATS_FILE_TMPDIR/slurm"
  mkdir -p "$BATS_FILE_TMPDIR/bin" "$state"
  if [[ $(id -u) == 0 ]] && type -P slurmctld slurmd munged sbatch >/dev/null &&
    "$BATS_TEST_DIRNAME/slurm_cluster.sh" start "$cluster"; then
    export SLURM_CONF="$cluster/slurm.conf"
  else
    write_stand_in sbatch squeue scancel 77 SLURM_ARRAY_TASK_ID 77 '77|%s|RUNNING|None|None\n'
  fi
  [[ -n ${SPEAKERNET_TEST_QUEUE:-} ]] ||
    write_stand_in qsub qstat qdel 88 SGE_TASK_ID 'Your job 88 ("x") has been submitted' '88 0.5 x me r 1/1/2026 00:00:00 all.q@here 1 %s\n'
  PATH=$BATS_FILE_TMPDIR/bin:$PATH
  export PATH
}

teardown_file() {
  if [[ -d $cluster ]]; then "$BATS_TEST_DIRNAME/slurm_cluster.sh" stop "$cluster"; fi
}

# With the default, --export=PATH, Slurm starts a login shell first, which takes seconds here.
setup() {
  cd "$BATS_TEST_TMPDIR" || exit 1
  if [ -d "$cluster" ]; then
    mkdir conf
    printf '%s\n' 'command sbatch --export=ALL' 'option max_jobs_run=*' 'option num_threads=*' >conf/slurm.conf
  fi
}

write_program() {
  cat >"$BATS_FILE_TMPDIR/bin/$1"
  chmod +x "$BATS_FILE_TMPDIR/bin/$1"
}

# write_stand_in SUBMIT QUERY DELETE JOB TASK_VARIABLE "WHAT SUBMIT SAYS" "WHAT QUERY SAYS OF A TASK": programs of a batch
# system that starts the tasks of an array (--array=1-3 or -t 1-3) at once, all as one job.
write_stand_in() {
  write_program "$1" <<END
#!/usr/bin/env bash
range=
[[ "\$*" =~ (--array=|-t )([0-9]+-[0-9]+) ]] && range=\${BASH_REMATCH[2]}
for ((task = \${range%-*} + 0; task <= \${range#*-} + 0; task++)); do
  $5=\$task setsid bash "\${@: -3}" >/dev/null 2>&1 9>&- & # without the lock of once.sh
  echo "\$! \${range:+\$task}" >>"$state/$4"
done
echo '$6'
END
  write_program "$2" <<END
#!/usr/bin/env bash
while read -r pid task; do
  if kill -0 "\$pid" 2>/dev/null; then printf '$7' "\$task"; fi
done <"$state/$4"
END
  write_program "$3" <<END
#!/usr/bin/env bash
sed 's/^/-/; s/ .*//' "$state/\$1" | xargs kill -9 --
END
}

output_of() { grep -v '^#' "$1"; }

is_gone() { ! kill -0 "$1" 2>/dev/null; }

arguments_arrive() {
  local words=('>' out '|' ';' '&&' JOBS 'a  b' "it's" '"x"' '$(touch bad)' '`touch bad`' '*' '' '$HOME' 'a\b' '#' '~' 'cat x |' "of JOB's")
  "$utils/$1" JOB=1:3 logs/x.JOB.log printf '<%s>\n' "${words[@]}" part.JOB
  words=("${words[@]/#JOB/2}")
  words=("${words[@]//2S/JOBS}")
  diff <(printf '<%s>\n' "${words[@]/of JOB/of 2}" part.2) <(output_of logs/x.2.log)
  [ ! -e bad ]
  [ "$(find logs | grep -v 'x.log$' | sort | paste -sd' ')" = "logs logs/q logs/q/x.sh logs/x.1.log logs/x.2.log logs/x.3.log" ]
}

@test "slurm.pl: JOB and arguments with spaces, quotes and \$( ) arrive unchanged" { arguments_arrive slurm.pl; }
@test "queue.pl: JOB and arguments with spaces, quotes and \$( ) arrive unchanged" { arguments_arrive queue.pl; }

failures_are_counted() {
  run "$utils/$1" JOB=1:3 x.JOB.log sh -c 'echo what went wrong; [ JOB != 2 ]'
  [ "$status" -eq 1 ]
  [[ "${lines[0]}" == "$1: "*" has it as job "*" (3 jobs); the log is x.JOB.log" ]]
  [ "${lines[1]}" = "$1: error: 1 / 3 failed, log is in x.*.log" ]
  [ "${lines[2]}" = "$1: error: x.2.log ends with: what went wrong" ]
  [[ "${lines[3]}" == "$1: error: job 2: status 1, after "*" s on "* ]]
  tail -n 1 x.2.log | grep '^# Finished at .* with status 1$'
  "$utils/$1" --pick failed JOB=1:3 x.JOB.log echo again
  [ "$(cat x.*.log | output_of -)" = $'what went wrong\nagain\nwhat went wrong' ]
}

@test "slurm.pl: failed jobs are counted, named, and picked" { failures_are_counted slurm.pl; }
@test "queue.pl: failed jobs are counted, named, and picked" { failures_are_counted queue.pl; }

jobs_are_ended() {
  for signal in TERM KILL; do
    rm -f pid
    "$utils/$1" x.log sh -c 'echo $$ >pid.tmp; mv pid.tmp pid; exec sleep 300' &
    runner=$!
    eventually test -s pid
    kill -"$signal" "$runner"
    run wait "$runner"
    eventually is_gone "$(cat pid)"
  done
}

@test "slurm.pl: SIGTERM and SIGKILL end its jobs" { jobs_are_ended slurm.pl; }
@test "queue.pl: SIGTERM and SIGKILL end its jobs" { jobs_are_ended queue.pl; }

@test "slurm.pl: a job that gets a signal may take its time to end, and its status is noted" {
  type -P slurmctld >/dev/null && [ -d "$cluster" ] || skip "no Slurm"
  "$utils/slurm.pl" x.log sh -c 'trap "sleep 1; echo saved; exit 99" USR1; touch here; while :; do sleep 0.1; done' 3>&- &
  runner=$!
  eventually test -e here
  scancel --full --signal=USR1 "$(squeue --noheader --format=%i)"
  status=0
  wait "$runner" || status=$?
  [ "$status" -eq 99 ]
  grep -qx saved x.log
  tail -n 1 x.log | grep '^# Finished at .* with status 99$'
}

# start_and_kill COMMAND...: kills the call with its watchdog as soon as two jobs have written their numbers to `ran`.
start_and_kill() {
  local runner
  : >ran
  "$@" 3>&- &
  runner=$!
  eventually two_have_started
  mapfile -t watchdog < <(pgrep -P "$runner")
  kill -9 "${watchdog[@]}" "$runner"
  wait "$runner" || true
}

two_have_started() { [ "$(wc -l <ran)" -eq 2 ]; }

left_jobs_are_found() {
  local call=("$utils/$1" JOB=1:2 x.JOB.log bash -c 'echo JOB >>ran; until [ -e go ]; do sleep 0.1; done')
  start_and_kill "${call[@]}"
  "${call[@]}" 2>said 3>&- &
  second=$!
  eventually grep -q "^$1: took over 2 of 2 jobs that an earlier call has left in " said
  touch go
  wait "$second"
  two_have_started # once each
  rm go
  start_and_kill "${call[@]}"
  run "$utils/$1" JOB=1:2 x.JOB.log echo another
  [ "$status" -eq 0 ]
  [[ ${lines[0]} == "$1: cancelling what an earlier call has left in "* ]]
  [ "$(cat x.*.log | output_of -)" = $'another\nanother' ]
  [ "$(ls q)" = "$(printf 'x.log\nx.sh')" ] || [ "$(ls q)" = x.sh ]
}

@test "slurm.pl: jobs of a runner that was killed are taken over by the same call, cancelled by another" { left_jobs_are_found slurm.pl; }
@test "queue.pl: jobs of a runner that was killed are taken over by the same call, cancelled by another" { left_jobs_are_found queue.pl; }

@test "a second call with the same log waits for the first" {
  "$utils/queue.pl" x.log bash -c 'echo first; touch here; until [ -e go ]; do sleep 0.1; done' 3>&- &
  first=$!
  eventually test -e here
  "$utils/queue.pl" x.log echo second 2>said 3>&- &
  second=$!
  eventually grep -q "^queue.pl: another runner (.* $first) writes to the log x.log; waiting for its end" said
  [ "$(output_of x.log)" = first ]
  touch go
  wait "$first" "$second"
  [ "$(output_of x.log)" = second ]
}

@test "once.sh ends jobs of a killed run before it makes a product of other things" {
  cd "$utils/.." && . ./path.sh && cd "$BATS_TEST_TMPDIR"
  touch ran
  echo one >input
  "$utils/once.sh" --input input p -- "$utils/queue.pl" JOB=1:2 x.JOB.log bash -c 'echo JOB >>ran; exec sleep 300' 3>&- &
  once=$!
  eventually two_have_started
  runner=$(pgrep -P "$once")
  mapfile -t watchdog < <(pgrep -P "$runner")
  kill -9 "${watchdog[@]}" "$runner" "$once"
  wait "$once" || true
  echo two >input
  run "$utils/once.sh" --input input --output out p -- bash -c 'mkdir p; echo new >p/out'
  [ "$status" -eq 0 ]
  [[ $output == *"queue.pl: cancelling what an earlier call has left in GridEngine"* ]]
  [ -z "$(compgen -G 'q/call.*')$(compgen -G 'q/left.*')" ]
}

@test "slurm.pl: why a job waits and why it ended is said" {
  [ -d "$cluster" ] || skip "no Slurm"
  SPEAKERNET_WAITING_NOTE_S=1 "$utils/slurm.pl" --begin=now+1hour x.log true 2>said 3>&- &
  runner=$!
  eventually grep -q "1 of 1 jobs wait, after . s; Slurm says: BeginTime" said
  scancel "$(squeue --noheader --format=%i)"
  status=0
  wait "$runner" || status=$?
  [ "$status" -eq 1 ]
  grep -q '^slurm.pl: error: the job: Slurm says CANCELLED' said
  run "$utils/slurm.pl" -p nowhere x.log true
  [ "$status" -eq 1 ]
  [[ $output == "slurm.pl: error: submitting failed: sbatch: error: invalid partition specified: nowhere"* ]]
}

@test "slurm.pl: --retries submits the jobs that failed again" {
  run "$utils/slurm.pl" --retries 1 JOB=1:2 x.JOB.log bash -c 'echo JOB >>ran; [ JOB = 1 ] || [ -e again ] || { touch again; exit 3; }'
  [ "$status" -eq 0 ]
  [ "$(sort ran | paste -sd' ')" = "1 2 2" ]
  [[ $output == *"slurm.pl: x.2.log: status 3, after "*"; tried again (1 of 1)"* ]]
}

# What is handed to the batch system, with a command that prints it and then fails to submit.
options_become() {
  run "$utils/$1" --config <(printf 'command echo submit\n%s\n' "$2") "${@:4}" x.log true
  [[ "$output" == *"submit $3 "* ]]
}

@test "options become what the configuration says" {
  config=$'option mem=0\noption mem=* --memory $0 # a note\noption gpu=*\ndefault mem=2G\noption num_threads=* -c $0'
  options_become slurm.pl "$config" '--memory 4G --parsable' --mem 4G
  options_become slurm.pl "$config" '--memory 2G -c 3 --parsable' --num-threads 3
  options_become slurm.pl "$config" '--parsable' --mem 0 --gpu 1
  options_become queue.pl "$config" "--memory 2G -l hostname=x* -N" -l 'hostname=x*'
}

@test "Kaldi's options: -tc, -pe, --max-jobs-run without JOB, -V, -sync, --name=value" {
  config=$'option num_threads=* -c $0\noption max_jobs_run=* -tc $0'
  array=(JOB=1:3 x.JOB.log true)
  options_become queue.pl "$config" "-tc 2 -N" --max-jobs-run 5 -tc 2 "${array[@]}"
  options_become queue.pl "$config" "-pe smp 3 -V -N" -pe smp 3 -V -sync y
  options_become queue.pl "$config" "-N x -o" -tc 2
  config=$'option num_threads=* -c $0\noption max_jobs_run=*'
  options_become slurm.pl "$config" "--parsable --open-mode=append -o ./q/x.log -e ./q/x.log --array=1-3%2" -tc 2 "${array[@]}"
  options_become slurm.pl "$config" "-c 3 --export=ALL --exclude=n1 --parsable" -pe smp 3 -V -sync y --exclude=n1
  options_become slurm.pl "$config" "-c 2 --parsable --open-mode=append -o ./q/x.log -e ./q/x.log" --num_threads=2 --max-jobs-run 2
  run "$utils/queue.pl" --config <(printf 'command echo\n') --exclude=n1 x.log true
  [[ $output == "queue.pl: error: option --exclude: "*" does not say what it means" ]]
}

# The log of a command of two lines, with the threads of -pe and times as in Kaldi's.
log_is_kaldis() {
  local patterns=("# bash -c 'echo one" "# echo two'" "# Running on ?*" "# Started at ?*" "#" one two "# Accounting: begin_time=[1-9]*"
    "# Accounting: end_time=[1-9]*" "# Accounting: cpu_s=[0-9]* max_rss_kib=[1-9]*" "# Accounting: time=[0-9]* threads=3" "# Finished at ?* with status 0")
  export SPEAKERNET_USAGE=$PWD/usage SPEAKERNET_STAGE='3 features'
  "$utils/$1" -pe smp 3 JOB=2 x.JOB.log bash -c $'echo one\necho two'
  mapfile -t log <x.2.log
  [ "${#log[@]}" -eq "${#patterns[@]}" ]
  # shellcheck disable=SC2053 # patterns
  for i in "${!log[@]}"; do [[ ${log[i]} == ${patterns[i]} ]]; done
  [[ $(<usage) == "3 features"$'\t-\t'"$1"$'\tx.2.log\t2\t1\t'?*$'\tdone\t0\t'"$(hostname)"$'\t'*$'\t3\t0' ]]
}

@test "slurm.pl: the log has Kaldi's lines, and what the job took is noted" { log_is_kaldis slurm.pl; }
@test "queue.pl: the log has Kaldi's lines, and what the job took is noted" { log_is_kaldis queue.pl; }

@test "an option that the configuration does not know, or a bad line, is an error" {
  rm -rf conf
  run "$utils/slurm.pl" --memory 4G x.log true
  [ "$status" -eq 1 ]
  [ "$output" = "slurm.pl: error: option --memory: the default configuration does not say what it means" ]
  echo "options mem=1" >bad.conf
  run "$utils/queue.pl" --config bad.conf x.log true
  [ "$status" -eq 1 ]
  [[ $output == "queue.pl: error: bad.conf:1: 'options mem=1' is not of the form"* ]]
}

@test "the active environment reaches jobs through a batch system that passes nothing on" {
  [[ -z ${SPEAKERNET_TEST_QUEUE:-} ]] || skip "that queue has a configuration of its own"
  echo "command env -i PATH=/usr/bin:/bin state=$state $BATS_FILE_TMPDIR/bin/qsub" >nothing.conf
  export PYTHONPATH="$PWD/a folder"
  SPEAKERNET_ENV='' "$utils/queue.pl" --config nothing.conf x.log printenv PATH
  [ "$(output_of x.log)" = /usr/bin:/bin ]
  SPEAKERNET_ENV=active "$utils/queue.pl" --config nothing.conf x.log printenv SPEAKERNET_ENV PATH PYTHONPATH
  [ "$(output_of x.log)" = "active
$PATH
$PYTHONPATH" ]
}

job_has_callers_settings() {
  [[ -z ${SPEAKERNET_TEST_QUEUE:-} || $1 == slurm.pl ]] || skip "that queue has a configuration of its own"
  [ ! -d conf ] || echo "command env -i PATH=/usr/bin:/bin SLURM_CONF=$SLURM_CONF sbatch --export=ALL" >conf/slurm.conf
  export OPENBLAS_CORETYPE=Nehalem MKL_CBWR="SSE4_2 it's" SPEAKERNET_TORCH=cpu SPEAKERNET_MADE=/here MY_SECRET=1
  "$utils/$1" x.log bash -c 'echo "$OPENBLAS_CORETYPE|$MKL_CBWR|$SPEAKERNET_TORCH"'
  [ "$(output_of x.log)" = "Nehalem|SSE4_2 it's|cpu" ]
  run grep -E 'SECRET|SPEAKERNET_MADE' q/x.sh
  [ "$status" -eq 1 ]
}

@test "slurm.pl: settings of libraries reach the job" { job_has_callers_settings slurm.pl; }
@test "queue.pl: settings of libraries reach the job" { job_has_callers_settings queue.pl; }

job_ends_with_path_sh() {
  echo 'echo no environment here; return 3' >path.sh
  run "$utils/$1" x.log touch ran
  [ "$status" -eq 1 ]
  [[ $output == *"x.log ends with: path.sh failed on $(hostname)"* ]]
  [ ! -e ran ]
  grep -qx "no environment here" x.log
}

@test "slurm.pl: a job whose path.sh fails ends there" { job_ends_with_path_sh slurm.pl; }
@test "queue.pl: a job whose path.sh fails ends there" { job_ends_with_path_sh queue.pl; }

# comes_in_pieces RUNNER QUERY "LINE OF ITS ANSWER": a batch system that takes no job's number above 2.
comes_in_pieces() {
  mkdir bin
  printf '#!/bin/sh\necho "%s"\n' "$3" >"bin/$2"
  chmod +x "bin/$2"
  PATH=$PWD/bin:$PATH "$utils/$1" JOB=2:4 x.JOB.log echo JOB
  [ "$(cat x.*.log | output_of - | paste -sd' ')" = "2 3 4" ]
}

@test "slurm.pl: an array beyond MaxArraySize is submitted in pieces" { comes_in_pieces slurm.pl scontrol "MaxArraySize            = 3"; }
@test "queue.pl: an array beyond max_aj_tasks is submitted in pieces" { comes_in_pieces queue.pl qconf "max_aj_tasks 2"; }

# is_tried_again RUNNER COMMAND "WHAT IT SAYS THE FIRST TIME" [OPTION ...]
is_tried_again() {
  cat >flaky <<END
if mkdir tried 2>/dev/null; then echo "$3" >&2; exit 1; fi
exec "\$@"
END
  echo "command bash flaky $2" >flaky.conf
  run "$utils/$1" --config flaky.conf x.log echo at last
  [ "$status" -eq 0 ]
  [ "${lines[0]}" = "$1: the batch system takes no jobs now, trying again until it does: $3" ]
  [ "$(output_of x.log)" = "at last" ]
}

@test "slurm.pl: jobs that the system does not take now are submitted again" {
  is_tried_again slurm.pl "sbatch --export=ALL" \
    "sbatch: error: Batch job submission failed: Unable to contact slurm controller (connect failure)"
  rm -r tried
  is_tried_again slurm.pl "sbatch --export=ALL" \
    "sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, user's size and/or time limits)"
}

@test "queue.pl: jobs that the system does not take now are submitted again" {
  [[ -z ${SPEAKERNET_TEST_QUEUE:-} ]] || skip "that queue has a configuration of its own"
  is_tried_again queue.pl qsub "Unable to run job: error: can't send message to qmaster"
}

@test "slurm.pl: a job that was taken although sbatch failed is not submitted a second time" {
  [ -d "$cluster" ] || skip "no Slurm"
  cat >deaf <<<'"$@" >>taken; echo "sbatch: error: Socket timed out on send/recv operation" >&2; exit 1'
  echo "command bash deaf sbatch --export=ALL" >deaf.conf
  "$utils/slurm.pl" --config deaf.conf x.log echo once
  [ "$(wc -l <taken)" -eq 1 ]
}

@test "a batch system that takes no jobs is an error" {
  run "$utils/slurm.pl" --config <(echo "command /nowhere/sbatch") x.log true
  [ "$status" -eq 1 ]
  [[ $output == "slurm.pl: error: submitting failed: /nowhere/sbatch: No such file or directory; the command was: /nowhere/sbatch "* ]]
}

@test "utils/srun.sh: what it starts has the job's cores and environment, and the signal that Slurm sends to steps" {
  [ -d "$cluster" ] || skip "no Slurm: needs root, slurmctld, slurmd, slurm-client and munge"
  # shellcheck disable=SC2016
  printf '%s\n' 'command sbatch --export=ALL' 'option num_threads=* --cpus-per-task $0' >conf/slurm.conf
  # shellcheck disable=SC2016
  "$utils/slurm.pl" --num-threads 2 x.log env MINE="a b" "$utils/srun.sh" bash -c 'echo "$MINE, $SLURM_CPUS_PER_TASK cores, node $SLURM_PROCID"
    trap "echo saved; exit 99" USR1; touch here; while :; do sleep 0.1; done' 3>&- &
  runner=$!
  eventually test -e here
  scancel --signal=USR1 "$(squeue --noheader --format=%i)"
  status=0
  wait "$runner" || status=$?
  [ "$status" -eq 99 ]
  # In any order: srun says, too, how its task ended.
  output_of x.log | grep -Fx "a b, 2 cores, node 0"
  output_of x.log | grep -Fx saved
}
