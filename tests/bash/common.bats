#!/usr/bin/env bats
# utils/common.sh: checks that name what is wrong, failures that are not lost, files that appear whole.
# shellcheck disable=SC2030,SC2031 # bats sets status, output and lines for each test

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

@test "log says when, for which stage and product (or else which script), and what, in one line" {
  unset SPEAKERNET_STAGE SPEAKERNET_PRODUCT
  local time='[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}'
  run_script <<<'log hello "two  words" $'"'a\nb'"
  [[ $output =~ ^$time\ script.sh:\ hello\ two\ \ words\ 'a\nb'$ ]]
  run_script <<<'SPEAKERNET_PRODUCT="data/x y" log hello; SPEAKERNET_STAGE="3 features" log hello'
  [[ ${lines[0]} =~ ^$time\ data/x\ y:\ hello$ ]]
  [[ ${lines[1]} =~ ^$time\ stage\ 3\ features:\ hello$ ]]
  run_script <<<'SPEAKERNET_STAGE="3 features" SPEAKERNET_PRODUCT=data/x log hello'
  [[ $output =~ ^$time\ stage\ 3\ features,\ data/x:\ hello$ ]]
  run_script <<<'log hello 2>/dev/null'
  [ -z "$output" ]
}

@test "an error is one line, with the script's name" {
  run_script <<<'die "no such thing" $'"'a\nb'"
  [ "$status" -eq 1 ]
  [ "$output" = 'script.sh: error: no such thing a\nb' ]
}

@test "characters that cannot be seen are named in an error, others stay" {
  run_script <<<"die 'no such file '"$'"a\xe3\x80\x80 \xc2\xa0 \xe2\x80\x8b \xe2\x80\xa6 \xc3\xa9\xef\xbb\xbf"'
  [ "$output" = 'script.sh: error: no such file a\u3000 \xa0 \u200b … é\ufeff' ]
}

@test "an option that names no file, or an empty one, is named with its value" {
  : >empty
  run_script <<<'vad_config=" "; require_given vad_config'
  [ "$output" = "script.sh: error: --vad-config: expected a file that is there and not empty, got ' '" ]
  run_script <<<'utt2spk=empty exclude=; require_given exclude utt2spk'
  [ "$output" = "script.sh: error: --utt2spk: expected a file that is there and not empty, got 'empty'" ]
}

@test "missing and empty inputs are named" {
  run_script <<<'require_file none'
  [ "$status" -eq 1 ]
  [ "$output" = "script.sh: error: no such file none" ]
  : >empty
  run_script <<<'require_file script.sh empty'
  [ "$output" = "script.sh: error: file is empty: empty" ]
  run_script <<<'require_dir . none'
  [ "$output" = "script.sh: error: no such directory none" ]
}

# refuses CHECK TEXT VALUE...: each value of --some-option is refused by CHECK in one line with TEXT, and nothing in it is run.
refuses() {
  local check=$1 text=$2 value
  shift 2
  for value in "$@"; do
    SOME_VALUE=$value run_script <<<"some_option=\$SOME_VALUE; $check some_option"
    [ "$status" -eq 1 ]
    [[ $output == "script.sh: error: --some-option: expected $text"*"got '"* ]]
    [ "${#lines[@]}" -eq 1 ]
    [ ! -e pwned ]
  done
}

# accepts CHECK VALUE...
accepts() {
  local check=$1 value
  shift
  for value in "$@"; do
    SOME_VALUE=$value run_script <<<"some_option=\$SOME_VALUE; $check some_option"
    [ "$status" -eq 0 ]
  done
}

hostile=('a[$(touch pwned)]' '$(touch pwned)' '`touch pwned`' $'1\nPATH=/pwned' $'\u00a01' '-1 -o 1' '')

@test "whole numbers are checked" {
  refuses require_positive "a positive whole number" 0 -1 x "3 4" 1.5 +1 01 0x1 ١ 99999999999999999999 "${hostile[@]}"
  accepts require_positive 1 8 999999999
}

@test "counts are checked" {
  refuses require_count "a whole number, 0 or more" -1 x 1.5 +1 00 1e3 9999999999999999999 "${hostile[@]}"
  accepts require_count 0 1 999999999999999999
}

@test "shares are checked" {
  refuses require_share "a number from 0 to 1" 1.1 -0.5 2 . 1e9 nan inf -inf "${hostile[@]}"
  accepts require_share 0 1 0.25 .5 1.0
}

@test "paths are checked" {
  refuses require_path "a path" -x --exp '' $'a\nb' $'a\tb'
  accepts require_path a/b "a b" ./-x 'a[$(touch pwned)]' 'é'
  [ ! -e pwned ]
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
  [ "$(echo *)" = "out script.sh" ]
}

@test "two writers of a file do not meet: the one that ends last has the say, whole" {
  cat >slow.sh <<<"set -euo pipefail; . '$common'; write_to out bash -c 'echo half; touch began; until [ -e go ]; do sleep 0.05; done; echo whole'"
  bash slow.sh 3>&- &
  eventually test -e began
  run_script <<<'write_to out echo other'
  [ "$status" -eq 0 ]
  [ "$(cat out)" = other ]
  touch go
  wait "$!"
  [ "$(cat out)" = $'half\nwhole' ]
  [ "$(echo *)" = "began go out script.sh slow.sh" ]
}

@test "a file being written tells its writer, as those of Python do" {
  run_script <<<'write_to out bash -c "echo out.*"'
  host=$(uname -n | tr -c '[:alnum:]_\n-' _)
  [[ $(cat out) =~ ^out\.$host-[0-9]+-[0-9]+\.tmp$ ]]
}

@test "two runs on one output: the second refuses with one line; who was killed leaves no lock" {
  printf '%s\n' 'set -euo pipefail' ". '$common'" 'lock_output "a b"; touch locked; while :; do sleep 0.05; done' >first.sh
  bash first.sh 3>&- &
  eventually test -e locked
  run_script <<<'lock_output "a b"; echo not here'
  [ "$status" -eq 1 ]
  [ "$output" = "script.sh: error: another run writes to a b; wait until it has ended" ]
  run_script <<<'lock_output "a b" other.; lock_output "a b c"'
  [ "$status" -eq 0 ]
  kill -KILL "$!"
  wait "$!" || true
  eventually flock -n "a b/.lock" true # its last child holds it a moment longer
  run_script <<<'lock_output "a b"'
  [ "$status" -eq 0 ]
}

@test "a folder that cannot be written to" {
  touch file
  run_script <<<'require_writable a/b c; require_writable file/d'
  [ "$status" -eq 1 ]
  [ "$output" = "script.sh: error: cannot make the folder file/d: Not a directory" ]
  [ -d a/b ] && [ -d c ] && [ -z "$(ls -A a/b)" ]
}

@test "parts of jobs are joined in order, and a missing one is an error" {
  for job in {1..11}; do echo "$job" >"part.$job.scp"; done
  run_script <<<'join_jobs part 11 .scp all.scp'
  [ "$status" -eq 0 ]
  [ "$(cat all.scp)" = "$(seq 11)" ]
  rm part.3.scp all.scp
  run_script <<<'join_jobs part 11 .scp all.scp'
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

@test "words of a job arrive unchanged through a runner that hands them to a shell, wherever JOB stands in them" {
  cp "$BATS_TEST_DIRNAME/kaldis_run.pl" .
  mkdir utils
  cp "${common%/*}"/{run_words.sh,run.pl} utils
  local words=('>' out '|' ';' '&&' '$(touch bad)' '`touch bad`' 'a  b' "it's" '"x"' '' $'two\nlines\n' '=41' 'a\x41' '*' é /data/JOBS/JOB/JOB2/x)
  printf '<%s>\n' "${words[@]}" 2 >expected
  printf '%q ' "${words[@]}" >words
  run_script <<END
words=($(cat words))
job_name "\${words[@]}"
job_command ./kaldis_run.pl printf '<%s>\n' "\${words[@]}" "\$job"
./kaldis_run.pl "\$job=1:2" "x.\$job.log" "\${words[@]}"
END
  [ "$status" -eq 0 ]
  diff x.2.log expected
  [ ! -e bad ] && [ ! -e out ]
}

@test "plain words and those for our own runners stay as they are" {
  mkdir utils
  cp "${common%/*}/run.pl" utils
  run_script <<'END'
job_name a/b JOBs JOB3
echo "$job"
job_command kaldi/run.pl python -m x --set a.b=1 /data/JOB/x
echo "${words[*]}"
job_command "utils/run.pl --mem 4G" python '>' 'a b'
echo "${words[*]}"
job_command "utils/x.pl" python '>' 'a b'
echo "${words[*]}"
END
  [ "${lines[0]}" = JOB2 ]
  [ "${lines[1]}" = "python -m x --set a.b=1 /data/JOB/x" ]
  [ "${lines[2]}" = "python > a b" ]
  [ "${lines[3]}" = "utils/run_words.sh python =3E a=20b" ]
}
