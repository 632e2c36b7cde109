#!/usr/bin/env bats
# steps/train.sh: what it refuses, how it fails, and how it leaves when it is asked to.

setup_file() {
  cd "$BATS_TEST_DIRNAME/../.." || exit 1
  export PATH="$PWD/.venv/bin:$PATH" PYTHONPATH=$PWD OMP_NUM_THREADS=1
  python -m tests.training.corpus "$BATS_FILE_TMPDIR"
}

setup() {
  cd "$BATS_TEST_DIRNAME/../.." || exit 1
  data=$BATS_FILE_TMPDIR/data
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
  [[ ${lines[-1]} == *"training failed: error: "*"feats.scp:3: utterance 's00-02'"* ]]
  grep -q exitcode "$exp/log/train.log"
}

@test "SIGUSR1 saves and leaves with 99; the same command continues" {
  sed 's/^  epochs: .*/  epochs: 4000/' "$recipe" >"$BATS_TEST_TMPDIR/long.yaml"
  bash steps/train.sh --nproc 1 "$BATS_TEST_TMPDIR/long.yaml" "$data" "$exp" 3>&- &
  local pid=$! status=0
  for _ in {1..600}; do
    if compgen -G "$exp/checkpoints/step-*.pt" >/dev/null; then break; fi
    sleep 0.1
  done
  kill -USR1 "$pid"
  wait "$pid" || status=$?
  [ "$status" -eq 99 ]
  bash steps/train.sh --nproc 1 "$recipe" "$data" "$exp" 3>&-
  grep -q 'continuing .* at step' "$exp/log/train.log"
  [ -f "$exp/checkpoints/final.pt" ]
}
