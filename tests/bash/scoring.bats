#!/usr/bin/env bats
# steps/{extract_embeddings,score,calibrate,evaluate}.sh: a chain of files, and what they refuse.

setup_file() {
  cd "$BATS_TEST_DIRNAME/../.." || exit 1
  export OMP_NUM_THREADS=1
  python -m tests.tiny_experiment "$BATS_FILE_TMPDIR/made" || exit 1
  dir=$BATS_FILE_TMPDIR/made
  for set in train test; do
    steps/extract_embeddings.sh --nj 2 "$dir/exp" "$dir/data/$set" "$dir/exp/embeddings_$set" 2>&1 || exit 1
  done
}

setup() {
  cd "$BATS_TEST_DIRNAME/../.." || exit 1
  dir="$BATS_TEST_TMPDIR/a b"
  cp -r "$BATS_FILE_TMPDIR/made" "$dir"
  exp=$dir/exp
  trials=$dir/data/test/trials
  cohort=(--cohort-embeddings "$exp/embeddings_train" --cohort-utt2spk "$dir/data/train/utt2spk")
}

score() { steps/score.sh "${cohort[@]}" "$exp" "$trials" "$exp/embeddings_test" "$exp/scores"; }

@test "embeddings: no more jobs than utterances; options that name what is not there" {
  head -n 2 "$dir/data/test/utt2spk" >"$dir/utt2spk" && mv "$dir/utt2spk" "$dir/data/test/utt2spk"
  steps/extract_embeddings.sh --nj 70000 "$exp" "$dir/data/test" "$dir/few"
  [ "$(ls "$dir/few/log")" = $'extract.1.log\nextract.2.log' ]
  run steps/extract_embeddings.sh --device cuda:99 "$exp" "$dir/data/test" "$dir/other"
  [ "$status" -eq 1 ]
  [[ $output == *"extract_embeddings: error: --device cuda:99: there is "*"; expected auto or cpu"* ]]
  run steps/score.sh --checkpoint "$dir/none.pt" "$exp" "$trials" "$exp/embeddings_test" "$dir/scores"
  [ "$status" -eq 1 ]
  [ "$output" = "score.sh: error: --checkpoint: expected a file that is there and not empty, got '$dir/none.pt'" ]
}

@test "embeddings: as many as utterances, short ones are listed" {
  [ "$(wc -l <"$exp/embeddings_test/embedding.scp")" -eq 36 ]
  [ "$(cat "$exp/embeddings_test/utterance_notes")" = "test00-0 shorter than a chunk and repeated (9 steps)" ]
  [ ! -e "$exp/embeddings_test/parts" ]
  [ -f "$exp/embeddings_test/log/extract.2.log" ]
}

@test "embeddings do not depend on the number of jobs" {
  steps/extract_embeddings.sh --nj 1 "$exp" "$dir/data/test" "$dir/again"
  cmp "$dir/again/embedding.ark" "$exp/embeddings_test/embedding.ark"
}

@test "embeddings: a job that fails leaves no product, and the finished job is not repeated" {
  sed '20s|[^ ]*$|/nowhere.ark:3|' "$dir/data/test/feats.scp" >"$dir/feats.scp"
  cp "$dir/data/test/feats.scp" "$dir/right"
  cp "$dir/feats.scp" "$dir/data/test/feats.scp"
  run steps/extract_embeddings.sh --nj 2 "$exp" "$dir/data/test" "$dir/again"
  [ "$status" -ne 0 ]
  [ ! -e "$dir/again/embedding.scp" ]
  [ -f "$dir/again/parts/1.json" ]
  run steps/extract_embeddings.sh --nj 2 "$exp" "$dir/data/test" "$dir/again"
  [ "$status" -ne 0 ]
  grep "done before, skipped" "$dir/again/log/extract.1.log"
  grep "nowhere.ark: no such file" "$dir/again/log/extract.2.log"
}

@test "embeddings: runners like Kaldi's, words that mean something to a shell, folders with JOB in their names" {
  local moved="$dir/JOBS/JOB it's \$(touch bad)" kaldis="$BATS_TEST_DIRNAME/kaldis_run.pl"
  mkdir -p "$moved"
  cp -r "$dir/data/test" "$moved/test"
  steps/extract_embeddings.sh --nj 2 --cmd "$kaldis" "$exp" "$moved/test" "$moved/out"
  cmp "$moved/out/embedding.ark" "$exp/embeddings_test/embedding.ark"
  for runner in "$kaldis" utils/run.pl; do
    run steps/extract_embeddings.sh --nj 1 --cmd "$runner" --checkpoint '>' "$exp" "$moved/test" "$dir/again"
    [ "$status" -ne 0 ]
    grep -i "error: >: no such file" "$dir/again/log/extract.1.log"
  done
  [ ! -e bad ] && [ ! -e '>' ] && [ "$(ls "$dir/again")" = log ]
}

@test "scores, calibration and results" {
  score
  [ "$(wc -l <"$exp/scores/trials.cosine")" -eq "$(wc -l <"$trials")" ]
  steps/calibrate.sh "${cohort[@]}" --quality true --utt2spk "$dir/data/test/utt2spk" --num-target 40 --num-nontarget 400 \
    "$exp" "$exp/embeddings_train" "$dir/data/train" "$trials" "$exp/scores"
  steps/calibrate.sh "${cohort[@]}" --fuse true \
    "$exp" "$exp/embeddings_train" "$dir/data/train" "$trials" "$exp/scores"
  run steps/evaluate.sh --bootstrap 20 "$exp" "$trials"
  [ "$status" -eq 0 ]
  for scoring in cosine asnorm cosine_qmf asnorm_qmf fused_calibrated; do
    [[ "$output" == *"| $scoring"* ]]
  done
  [ -s "$exp/results.json" ] && [ -s "$exp/det.png" ] && [ -s "$exp/RESULTS.md" ]
}

@test "scoring twice gives the same bytes" {
  score
  cp -r "$exp/scores" "$dir/first"
  score
  cmp "$dir/first/trials.asnorm" "$exp/scores/trials.asnorm"
}

@test "wrong uses are one line and status 1" {
  run steps/extract_embeddings.sh "$exp"
  [ "$status" -eq 1 ]
  [[ "$output" == "usage: "* ]]
  run steps/extract_embeddings.sh --nope 1 "$exp" "$dir/data/test" "$dir/x"
  [ "$status" -eq 1 ]
  [[ "$output" == *"invalid option --nope"* ]]
  run steps/extract_embeddings.sh --nj 0 "$exp" "$dir/data/test" "$dir/x"
  [[ "$output" == *"--nj: expected a positive whole number"* ]]
  run steps/score.sh "$exp" "$dir/none" "$exp/embeddings_test" "$exp/scores"
  [[ "$output" == *"no such file $dir/none"* ]]
  run steps/evaluate.sh "$exp" "$trials"
  [ "$status" -eq 1 ]
  [[ "$output" == *"no such directory $exp/scores"* ]]
}

@test "phones may be a folder of .PHN files, or a ctm that is there" {
  mkdir "$dir/phn"
  echo "test00-0 x.wav" >"$dir/data/test/wav.scp"
  run steps/analyse_phonemes.sh --cmd false --alignments "$dir/phn" "$exp" "$exp" "$dir/data/test" "$dir/out"
  [ "$status $output" = "1 " ] # the job was started
  run steps/analyse_phonemes.sh --alignments "$dir/none" "$exp" "$exp" "$dir/data/test" "$dir/out"
  [ "$output" = "analyse_phonemes.sh: error: --alignments: expected a file that is there and not empty, got '$dir/none'" ]
}

@test "values out of range are one line that says what was expected" {
  score
  evaluate=(steps/evaluate.sh "$exp" "$trials")
  calibrate=("$exp" "$exp/embeddings_train" "$dir/data/train" "$trials" "$exp/scores")
  # fails WORDS COMMAND...
  fails() {
    run "${@:2}"
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 1 ]
    [[ "$output" == *"$1"* ]] || {
      echo "$output"
      return 1
    }
  }
  fails "--bootstrap: found '-1'; expected a whole number from 0 to 100000" "${evaluate[0]}" --bootstrap -1 "${evaluate[@]:1}"
  fails "--p-targets: found '2'; expected a probability" "${evaluate[0]}" --p-targets 0.01,2 "${evaluate[@]:1}"
  fails "--num-target: expected a positive whole number of at most 9 digits, got '0'" steps/calibrate.sh --num-target 0 "${calibrate[@]}"
  fails "--p-target: found '1'; expected a probability" steps/calibrate.sh --num-target 40 --p-target 1 "${calibrate[@]}"
  fails "expected true or false: --fuse 'yes'" steps/calibrate.sh --fuse yes "${calibrate[@]}"
  run steps/extract_embeddings.sh --device nonsense "$exp" "$dir/data/test" "$dir/x"
  [ "$status" -eq 1 ]
  grep "found 'nonsense'; expected auto, cpu, cuda or cuda:N" "$dir/x/log/extract.1.log"
}

@test "a trial with an unknown utterance is named, and nothing is written" {
  echo "test00-0 nobody target" >>"$trials"
  run score
  [ "$status" -ne 0 ]
  grep "trials:[0-9]*: 'nobody' has no embedding" "$exp/scores/log/score.log"
  [ ! -e "$exp/scores/trials.cosine" ]
}
