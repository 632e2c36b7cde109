#!/usr/bin/env bats
# utils/once.sh: skip what is done, notice what changed, never trust half a product.

. "$BATS_TEST_DIRNAME/eventually.sh"

setup() {
  root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
  cd "$root" && . ./path.sh
  once=$root/utils/once.sh
  cd "$BATS_TEST_TMPDIR" || exit 1
  echo one >input
}

make() { "$once" --input input --output out p -- bash -c 'mkdir -p p; cat input >p/out; echo ran >>log' "$@"; }

@test "runs once, then skips" {
  make && run make
  [ "$status" -eq 0 ]
  [[ "$output" == *"done before, skipped"* ]]
  [ "$(wc -l <log)" -eq 1 ]
}

@test "--nj, --cmd and --nproc are no change" {
  make --nj 4 --cmd run.pl --nproc "" && make --nj 8 --cmd "queue.pl --mem 4G" --cuda-cmd queue.pl --nproc 8
  [ "$(wc -l <log)" -eq 1 ]
}

@test "--anew makes a finished product again, even with another fixed input, and is not remembered" {
  cmd=(--fixed-input input p -- bash -c 'mkdir -p p; cat input >p/out; echo ran >>log' --anew)
  "$once" "${cmd[@]}" false
  run "$once" --anew false "${cmd[@]}" true
  [[ "$output" == *"done before, skipped"* ]]
  echo two >input
  "$once" --anew true "${cmd[@]}" true
  [ "$(cat p/out)" = two ]
  run "$once" "${cmd[@]}" false
  [[ "$output" == *"done before, skipped"* ]]
  [ "$(wc -l <log)" -eq 2 ]
}

@test "what needs a product whose files were removed is made only after it" {
  make
  "$once" --input p --output made q -- bash -c 'mkdir -p q; cp p/out q/made'
  printf 'p\tneeded-by\tq\n' >table
  PYTHONPATH=$root python -m speakernet.bin.clean_products --data . --exp . table
  [ ! -e p/out ]
  run "$once" --input p --output made q -- bash -c 'mkdir -p q; cp p/out q/made'
  [[ "$output" == *"done before, skipped"* ]]
  run "$once" --input p --output made r -- bash -c 'mkdir -p r; cp p/out r/made'
  [ "$status" -eq 1 ]
  [[ "$output" == *"p: its files were removed (run.sh --clean), and r has to be made"* ]]
  run "$once" --input input --output out --needed-by q p -- bash -c 'mkdir -p p; cat input >p/out; echo ran >>log'
  [[ "$output" == *"nothing needs them; skipped"* ]]
  [ ! -e r ]
  make
  "$once" --input p --output made r -- bash -c 'mkdir -p r; cp p/out r/made'
}

@test "a changed input is named and the product made again" {
  make
  echo two >input
  run make
  [[ "$output" == *"inputs, input, content (changed)"* ]]
  [ "$(cat p/out)" = two ]
}

@test "a changed setting is shown and the product made again, a changed fixed input keeps it" {
  echo "epochs: 3" >x.settings
  cmd=(--input x.settings --fixed-input input p -- bash -c 'mkdir -p p; echo ran >>p/out')
  "$once" "${cmd[@]}"
  echo "epochs: 4" >x.settings
  run "$once" "${cmd[@]}"
  [ "$status" -eq 0 ]
  [[ "$output" == *"setting epochs was 3, is 4"* ]]
  echo two >input
  run "$once" "${cmd[@]}"
  [ "$status" -eq 1 ]
  [[ "$output" == *"fixed inputs, input, content (changed)"*"it is kept"* ]]
  [ -f p/.done ]
  [ "$(wc -l <p/out)" -eq 2 ]
}

@test "the earlier product stays done until its successor is: undone, nothing is made again" {
  cmd=(--input input --output out p -- bash -c 'mkdir -p p; [ ! -e fail ] || exit 7; cat input >p/out')
  "$once" "${cmd[@]}"
  echo two >input
  touch fail
  run "$once" "${cmd[@]}"
  [ "$status" -eq 7 ]
  echo one >input
  run "$once" "${cmd[@]}"
  [ "$status" -eq 0 ]
  [[ "$output" == *"done before, skipped"* ]]
}

@test "a record that is none is said to be, and the product made again" {
  for text in "" "{" '{"format": "another"}' $'\x80'; do
    make
    printf '%s' "$text" >p/.done
    run make
    [ "$status" -eq 0 ]
    [[ "$output" == *"made again: p/.done is no record of a product"* ]]
  done
}

@test "an input that lacks a file of its own is an error that says what to do" {
  make
  rm p/out
  run "$once" --input p q -- touch ran
  [ "$status" -eq 1 ]
  [[ "$output" == *"p/out is missing: run the stage or step that makes p again"* ]]
  [ ! -e ran ]
}

@test "--max-failed-share is no part of what a product is made from" {
  make --max-failed-share 0.05 && make && make --max-failed-share 0.06
  [ "$(wc -l <log)" -eq 1 ]
}

@test "a failing command leaves nothing done and its status" {
  run "$once" p -- bash -c 'mkdir -p p; exit 7'
  [ "$status" -eq 7 ]
  [ ! -e p/.done ]
}

@test "a missing output of a successful command is an error" {
  run "$once" --output out p -- mkdir p
  [ "$status" -eq 1 ]
  [[ "$output" == *"p/out is missing or empty"* ]]
  [ ! -e p/.done ]
}

@test "a removed output is made again" {
  make
  rm p/out
  make
  [ "$(wc -l <log)" -eq 2 ]
}

@test "every file of the product is looked at: removed, edited, touched" {
  cmd=(p -- bash -c 'mkdir -p p; echo 1 >p/a; echo 2 >p/b; echo ran >>log')
  "$once" "${cmd[@]}"
  rm p/b
  run "$once" "${cmd[@]}"
  [[ "$output" == *"p/b is missing"* ]]
  echo 9 >p/a
  run "$once" "${cmd[@]}"
  [[ "$output" == *"p/a was changed after it had been made"* ]]
  [ "$(cat p/a)" = 1 ]
  touch p/a p/b
  run "$once" "${cmd[@]}"
  [[ "$output" == *"done before, skipped"* ]]
  [ "$(wc -l <log)" -eq 3 ]
}

@test "a slash, a relative path or a link to an input is no change" {
  mkdir tree
  echo "a b" >tree/wav.scp
  ln -s tree link
  for tree in tree tree/ "$PWD/tree" ./tree// link; do
    "$once" --input "$tree" --output out p -- bash -c 'mkdir -p p; echo ran >>log; echo x >p/out' bash "$tree"
  done
  [ "$(wc -l <log)" -eq 1 ]
}

@test "an input made again with the same content is no change, with another it is" {
  first=(p -- bash -c 'mkdir -p p; cat input >p/wav.scp')
  second=(--input p q -- bash -c 'mkdir -p q; cat p/wav.scp >q/out; echo ran >>log')
  "$once" "${first[@]}" && "$once" "${second[@]}"
  rm p/.done
  "$once" "${first[@]}" && "$once" "${second[@]}"
  [ "$(wc -l <log)" -eq 1 ]
  echo two >input
  rm p/.done
  "$once" "${first[@]}"
  run "$once" "${second[@]}"
  [[ "$output" == *"inputs, p, wav.scp (changed)"* ]]
  [ "$(cat q/out)" = two ]
}

@test "a missing input is an error before anything runs" {
  run "$once" --input none p -- touch ran
  [ "$status" -eq 1 ]
  [[ "$output" == *"no such input: none"* ]]
  [ ! -e ran ]
}

@test "arguments with spaces and \$( ) arrive unchanged" {
  mkdir p
  "$once" p -- cp input 'p/a b $(touch bad)'
  [ -f 'p/a b $(touch bad)' ]
  [ ! -e bad ]
}

@test "two runs at once make the product once" {
  make &
  make &
  wait
  [ "$(wc -l <log)" -eq 1 ]
}

@test "interrupted: the command ends first, the status is 99, and the lock is free" {
  "$once" p -- bash -c 'mkdir p; trap "sleep 0.5; touch p/saved; exit" TERM; touch p/here; for _ in {1..300}; do sleep 0.1; done' 3>&- &
  pid=$!
  eventually test -e p/here
  kill -USR1 "$pid"
  status=0
  wait "$pid" || status=$?
  [ "$status" -eq 99 ]
  [ -e p/saved ]
  [ ! -e p/.done ]
  flock -n .p.lock true
}

@test "killed -9 in the middle: made again" {
  "$once" --output out p -- bash -c 'mkdir -p p; echo half >p/out; sleep 5' 9>&- &
  pid=$!
  eventually test -s p/out
  pkill -9 -P "$pid" || true
  kill -9 "$pid" 2>/dev/null || true
  wait "$pid" || true
  make
  [ "$(cat p/out)" = one ]
}
