#!/usr/bin/env bats
# steps/train.sh: what it refuses, how it fails, and how it leaves when it is asked to.
# shellcheck disable=SC2030,SC2031 # a test changes variables for itself

bats_require_minimum_version 1.5.0
. "$BATS_TEST_DIRNAME/eventually.sh"

setup_file() {
  cd "$BATS_TEST_DIRNAME/../.." || exit 1
  export PATH="$PWD/.venv/bin:$PATH" PYTHONPATH=$PWD OMP_NUM_THREADS=1
  python -m tests.training.corpus "$BATS_FILE_TMPDIR"
}

setup() {
  cd "$BATS_TEST_DIRNAME/../.." || exit 1
  data=$BATS_FILE_TMPDIR/data
  patience=180
  recipe=$BATS_FILE_TMPDIR/recipe.yaml
  exp=$BATS_TEST_TMPDIR/exp
}

@test "unknown options, wrong counts and missing inputs are refused" {
  run bash steps/train.sh --nporc 2 "$recipe" "$data" "$exp"
  [ "$status" -eq 1 ]
  [[ $output == *nporc* ]]
  run bash steps/train.sh "$recipe" "$data"
  [ "$status" -eq 1 ]
  [[ $output == *usage* ]]
  run bash steps/train.sh "$recipe" "$BATS_TEST_TMPDIR/nothing" "$exp"
  [ "$status" -eq 1 ]
  [[ $output == *"no such file"* ]]
  run bash steps/train.sh --num-nodes 2 "$recipe" "$data" "$exp"
  [ "$status" -eq 1 ]
  [[ $output == *"needs --rdzv"* ]]
}

@test "a failure ends with its reason, and the log has the rest" {
  cp -r "$data" "$BATS_TEST_TMPDIR/broken"
  sed -i '3s/s00-02/s00-2/' "$BATS_TEST_TMPDIR/broken/utt2spk"
  run bash steps/train.sh --nproc 1 "$recipe" "$BATS_TEST_TMPDIR/broken" "$exp"
  [ "$status" -eq 1 ]
  [[ ${lines[-1]} == *"training failed: "*"feats.scp:3: utterance 's00-02'"* ]]
  grep -q exitcode "$exp/log/train.log"
  # The log goes on, but the reason is the last run's.
  cp "$data/utt2spk" "$BATS_TEST_TMPDIR/broken"
  sed -i '12s/s01-03/s01-3/' "$BATS_TEST_TMPDIR/broken/utt2spk"
  run bash steps/train.sh --nproc 1 "$recipe" "$BATS_TEST_TMPDIR/broken" "$exp"
  [ "$status" -eq 1 ]
  [[ ${lines[-1]} == *"training failed: "*"feats.scp:12: utterance 's01-03'"* ]]
}

@test "settings and weights to start from: all values stand beside the weights; anew, the old ones stay until the new are whole" {
  local short=(--nproc 1 --set train.epochs=1 --set schedule.margin.end_epoch=1 --set schedule.margin.start_epoch=0) before
  bash steps/train.sh "${short[@]}" "$recipe" "$data" "$exp"
  grep -qx "  epochs: 1" "$exp/recipe.yaml"
  touch "$exp/checkpoints/.done"
  before=$(cksum "$exp"/checkpoints/* "$exp/recipe.yaml" "$exp/train.jsonl")
  mkdir "$BATS_TEST_TMPDIR/broken"
  sed '3s/s00-02/s00-2/' "$data/utt2spk" >"$BATS_TEST_TMPDIR/broken/utt2spk"
  cp "$data/feats.scp" "$BATS_TEST_TMPDIR/broken"
  again=(bash steps/train.sh "${short[@]}" --anew true --init "$exp" --set seed=5 "$recipe")
  run -1 "${again[@]}" "$BATS_TEST_TMPDIR/broken" "$exp"
  [ "$(cksum "$exp"/checkpoints/* "$exp/recipe.yaml" "$exp/train.jsonl")" = "$before" ]
  "${again[@]}" "$data" "$exp"
  [ ! -e "$exp/.anew" ] && [ ! -e "$exp/.old" ] && [ ! -e "$exp/checkpoints/.done" ]
  grep -qx "seed: 5" "$exp/recipe.yaml"
  [ -s "$exp/checkpoints/final.pt" ] && ! grep -qF "$(cksum "$exp/checkpoints/final.pt")" <<<"$before"
}

@test "on a terminal there is a bar and no line of progress; the log has lines and no bar" {
  sed 's/^  epochs: .*/  epochs: 60/' "$recipe" >"$BATS_TEST_TMPDIR/recipe.yaml"
  TERM=xterm script -qec "stty cols 100; bash steps/train.sh --nproc 2 '$BATS_TEST_TMPDIR/recipe.yaml' '$data' '$exp'" \
    "$BATS_TEST_TMPDIR/terminal" >/dev/null
  grep -qE $'\r\e\\[K *[0-9]+%\\|.*\\| [0-9]+/[0-9]+ \\[.*, epoch .* loss ' "$BATS_TEST_TMPDIR/terminal"
  grep -qE $'\r\e\\[K[0-9-]+ [0-9:]+ train: .*: the last weights' "$BATS_TEST_TMPDIR/terminal"
  grep -qE '^[0-9-]+ [0-9:]+ train: .*: the last weights$' "$exp/log/train.log"
  run ! grep -E $'\r|[0-9]%\\|' "$exp/log/train.log"
}

# Starts a training of many epochs, whose pid is in $train, and waits until it has saved something.
start_training() {
  sed 's/^  epochs: .*/  epochs: 4000/' "$recipe" >"$BATS_TEST_TMPDIR/long.yaml"
  bash steps/train.sh "$@" "$BATS_TEST_TMPDIR/long.yaml" "$data" "$exp" 3>&- &
  train=$!
  eventually has_saved
}

has_saved() { compgen -G "$exp/checkpoints/step-*.pt" >/dev/null; }

# ends_with STATUS: that is what the training ends with; if not, shows the ends of its logs.
ends_with() {
  local status=0
  wait "$train" || status=$?
  [ "$status" -eq "$1" ] || { echo "ended with $status:" && tail -n 40 "$exp"/log/*.log && return 1; }
}

# processes_under PID: it and its descendants.
processes_under() {
  local child
  echo "$1"
  for child in $(pgrep -P "$1"); do processes_under "$child"; done
}

# pid_of_rank RANK: of the training's; the first to start, as its readers have the same environment.
pid_of_rank() {
  local pid
  for pid in $(processes_under "$train"); do
    if tr '\0' '\n' <"/proc/$pid/environ" | grep -qx "RANK=$1"; then echo "$pid" && return; fi
  done
}

@test "one training at a time; SIGUSR1 saves and leaves with 99; the same command resumes" {
  start_training --nproc 1
  run bash steps/train.sh --nproc 1 "$recipe" "$data" "$exp"
  [ "$status" -eq 1 ]
  [ "$output" = "train.sh: error: another run trains in $exp, or has not ended yet" ]
  kill -USR1 "$train"
  ends_with 99
  bash steps/train.sh --nproc 1 "$recipe" "$data" "$exp" 3>&-
  grep -q 'continuing .* at step' "$exp/log/train.log"
  [ -f "$exp/checkpoints/final.pt" ]
}

@test "a signal to all processes at once, as a batch system sends it, saves and leaves with 99" {
  local processes
  for signal in USR1 TERM; do
    start_training --nproc 2
    mapfile -t processes < <(processes_under "$train")
    kill -"$signal" "${processes[@]}"
    ends_with 99
    [ -f "$exp/requeue" ]
    grep -q 'after saving' "$exp/log/train.log"
    rm -r "$exp"
  done
}

@test "a process that is slow to save is not killed" {
  # What torchrun would wait, 30 s, if it were not told better.
  export TORCH_ELASTIC_SHUTDOWN_TIMEOUT=1
  start_training --nproc 1
  local rank
  rank=$(pid_of_rank 0)
  kill -STOP "$rank"
  kill -USR1 "$train"
  sleep 3
  kill -CONT "$rank"
  ends_with 99
}

@test "a process that is killed is the reason, not what the others say then" {
  start_training --nproc 2 2>"$BATS_TEST_TMPDIR/stderr"
  kill -KILL "$(pid_of_rank 1)"
  ends_with 1
  [[ $(tail -n 1 "$BATS_TEST_TMPDIR/stderr") == "train.sh: error: training failed: process 1 was killed by signal 9 (out of memory?); see $exp/log/train.log" ]]
}

@test "a signal before there is anything to save leaves with 99, too" {
  bash steps/train.sh --nproc 1 "$recipe" "$data" "$exp" 3>&- &
  train=$!
  eventually test -e "$exp/log/train.log"
  kill -USR1 "$train"
  ends_with 99
}

# free_port: one below those that the system hands out, so that no connection of another test takes it until it is used.
free_port() {
  python - <<'END'
import random
import socket

while True:
    port = random.randrange(20000, 32000)
    with socket.socket() as server:
        try:
            server.bind(("", port))
        except OSError:
            continue
    print(port)
    break
END
}

# start_node N RECIPE: one of two machines, which are both this one; its pid is in node[N].
start_node() {
  bash steps/train.sh --num-nodes 2 --nproc 1 --rdzv "localhost:$port" "$2" "$data" "$exp" 2>"$BATS_TEST_TMPDIR/stderr.$1" 3>&- &
  node[$1]=$!
}

@test "two machines train one model; a signal to one of them ends both with 99" {
  local node port
  port=$(free_port)
  sed 's/^  epochs: .*/  epochs: 4000/' "$recipe" >"$BATS_TEST_TMPDIR/long.yaml"
  start_node 0 "$BATS_TEST_TMPDIR/long.yaml"
  start_node 1 "$BATS_TEST_TMPDIR/long.yaml"
  eventually has_saved
  kill -USR1 "${node[1]}"
  for train in "${node[@]}"; do ends_with 99; done
  # As jobs they meet by themselves, and go on from there; each reads a copy of its own, and removes it and what a killed one has left.
  local scratch="$BATS_TEST_TMPDIR/scratch"
  mkdir -p "$scratch/speakernet-$UID/run.left"
  bash steps/train.sh --cuda-cmd "utils/run.pl --num-threads 1" --num-nodes 2 --nproc 1 --scratch "$scratch" "$recipe" "$data" "$exp" 3>&-
  for train in 1 2; do grep -q "copied to $scratch/speakernet-$UID/run" "$exp/log/job.$train.log"; done
  [ "$(ls "$scratch"/speakernet-*)" = lock ]
  [ "$(grep -c 'continuing .* at step' "$exp/log/train.log")" -eq 1 ]
  [ -f "$exp/checkpoints/final.pt" ]
}

@test "as a job of a runner: its failure is handed through; one that has to leave is submitted again, and no more when this is asked to leave" {
  run bash steps/train.sh --cuda-cmd "utils/run.pl --mem 4G" --init "$exp/none.pt" "$recipe" "$data" "$exp"
  [ "$status" -eq 1 ]
  [[ ${lines[-2]} == "run.pl: error: $exp/log/job.log ends with: train.sh: error: "*"$exp/none.pt"* ]]
  start_training --cuda-cmd utils/run.pl --max-requeues 3 2>"$BATS_TEST_TMPDIR/stderr"
  kill -USR1 "$(pgrep -f "^bash steps/train.sh --nproc .* $exp\$" | head -n 1)"
  eventually grep -q 'submitting it again, for the 1. time of at most 3' "$BATS_TEST_TMPDIR/stderr"
  eventually grep -q 'continuing .* at step' "$exp/log/job.log"
  kill -USR1 "$train"
  ends_with 99
  bash steps/train.sh --cuda-cmd utils/run.pl "$recipe" "$data" "$exp" 3>&-
  grep -q 'continuing .* at step' "$exp/log/job.log"
  [ -f "$exp/checkpoints/final.pt" ]
}

@test "jobs that leave again and again are given up: after three that have saved nothing, else after --max-requeues" {
  local runner=$BATS_TEST_TMPDIR/runner
  printf '#!/bin/sh\ntouch "%s/requeue"; exit 1\n' "$exp" >"$runner"
  chmod +x "$runner"
  run bash steps/train.sh --cuda-cmd "$runner" "$recipe" "$data" "$exp"
  [ "$status" -eq 1 ]
  [[ ${lines[-1]} == "train.sh: error: 3 jobs in a row had to leave before they had trained and saved: expected a longer time limit"* ]]
  mkdir "$exp/checkpoints"
  printf '#!/bin/sh\necho >>"%s/started"; touch "%s/checkpoints/step-1.pt"; exit 99\n' "$BATS_TEST_TMPDIR" "$exp" >"$runner"
  run bash steps/train.sh --cuda-cmd "$runner" --max-requeues 4 "$recipe" "$data" "$exp"
  [ "$status" -eq 1 ]
  [[ ${lines[-1]} == *"submitted again 4 times (--max-requeues)"* ]]
  [ "$(wc -l <"$BATS_TEST_TMPDIR/started")" -eq 5 ]
}
