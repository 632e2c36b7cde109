#!/usr/bin/env bats
# run.sh: wrong uses are one line and status 1, before anything is made; stage 2 on a few recordings.
# shellcheck disable=SC2030,SC2031 # a test changes the variables of setup for itself

bats_require_minimum_version 1.5.0
. "$BATS_TEST_DIRNAME/eventually.sh"

setup() {
  root=$(cd "$BATS_TEST_DIRNAME/../.." && pwd)
  cd "$root" || exit 1
  recipe=$BATS_TEST_TMPDIR/egs/corpus/recipe
  mkdir -p "$recipe"
  cp "$root/egs/debian_voices/corpus.sh" "$recipe/.."
  printf 'base: [%s/egs/debian_voices/tdnn_c128/recipe.yaml]\n' "$root" >"$recipe/recipe.yaml"
}

# fails TEXT ARGUMENT...: run.sh ends with status 1 and one line that has TEXT, and makes no data.
fails() {
  local text=$1
  shift
  run bash run.sh --recipe "$recipe" --exp "$BATS_TEST_TMPDIR/exp" --data "$BATS_TEST_TMPDIR/data" "$@"
  [ "$status" -eq 1 ]
  [[ $output == *"$text"* ]]
  [ "${#lines[@]}" -eq 1 ]
  [ ! -e "$BATS_TEST_TMPDIR/data" ]
}

@test "--help tells the options and stages" {
  run bash run.sh --help
  [ "$status" -eq 0 ]
  [[ $output == *"--stop-stage N"*"stages: 1 data directories"* ]]
}

@test "an unknown option" { fails "invalid option --stages" --stages 3; }

@test "an argument that is no option" { fails "unexpected argument 'now'" now; }

@test "stages and jobs are numbers" {
  fails "--stage: expected a positive whole number" --stage two
  fails "--nj: expected a positive whole number" --nj 0
}

@test "a recipe that is not there" {
  recipe=egs/debian_voices/tdnn_c129
  fails "no such file egs/debian_voices/tdnn_c129/recipe.yaml"
}

@test "a misspelt key: file, line, and the nearest name" {
  printf 'train:\n  epoch: 3\n' >>"$recipe/recipe.yaml"
  fails "recipe.yaml:3: unknown key 'train.epoch' (did you mean 'epochs'?)"
}

@test "an unknown network, with the nearest name" {
  printf 'model: {name: dpn86}\n' >>"$recipe/recipe.yaml"
  fails "(did you mean 'dpn68'?)"
}

@test "a network that does not take what the recipe reads" {
  printf 'features: waveform\n' >>"$recipe/recipe.yaml"
  fails "model 'tdnn_c128' reads features; expected a name of a file in conf/"
}

@test "features that conf/ does not have, with the nearest name" {
  printf 'features: fbank64\n' >>"$recipe/recipe.yaml"
  fails "recipe.yaml:2: 'features': unknown features 'fbank64' (did you mean 'fbank40'?)"
  sed -i 's/fbank64/vad/' "$recipe/recipe.yaml"
  fails "'features': unknown features 'vad'"
}

@test "an option of another loss, with those that this one has" {
  printf 'loss:\n  name: cm\n  num_centers: 2\n' >>"$recipe/recipe.yaml"
  fails "recipe.yaml:4: unknown key 'loss.num_centers' of loss 'cm'; it has margin, scale"
}

@test "augmentation of audio where there are features" {
  printf 'data: {online_augment: {}}\n' >>"$recipe/recipe.yaml"
  fails "'data.online_augment': changes audio; it needs features: waveform"
}

@test "a stage whose input is missing names it" {
  run bash run.sh --recipe "$recipe" --exp "$BATS_TEST_TMPDIR/exp" --data "$BATS_TEST_TMPDIR/data" --stage 4 --stop-stage 4
  [ "$status" -eq 1 ]
  [[ $output == *"no such file: $BATS_TEST_TMPDIR/data/corpus/fbank80/train_sp_aug"* ]]
}

@test "a trained model keeps its recipe" {
  exp=$BATS_TEST_TMPDIR/exp/corpus/recipe
  python -m speakernet.bin.resolve_recipe "$recipe" "$exp"
  mkdir -p "$exp/checkpoints"
  touch "$exp/checkpoints/epoch-001.pt"
  # How the batches are cut is for training to judge.
  printf 'train: {batch_size: 8, accumulate: 4}\n' >>"$recipe/recipe.yaml"
  python -m speakernet.bin.resolve_recipe "$recipe" "$exp"
  printf 'optim: {momentum: 0.8}\n' >>"$recipe/recipe.yaml"
  fails "was trained with other settings than the recipe's now: optim.momentum: 0.8"
  grep -q 'momentum: 0.9' "$exp/recipe.yaml"
}

@test "a trained model's recipe of another version: what to do about it" {
  exp=$BATS_TEST_TMPDIR/exp/corpus/recipe
  python -m speakernet.bin.resolve_recipe "$recipe" "$exp"
  mkdir "$exp/checkpoints"
  touch "$exp/checkpoints/epoch-001.pt"
  sed -i 's/^optim:$/&\n  betas: [0.9, 0.999]/' "$exp/recipe.yaml"
  fails "unknown key 'optim.betas' of optimizer 'sgd'"
  fails "remove the file: it is written anew"
}

# processes_under PID: it and its descendants.
processes_under() {
  local child
  echo "$1"
  for child in $(pgrep -P "$1"); do processes_under "$child"; done
}

@test "SIGUSR1 to run.sh in training: saved, 99, nothing left running; the same command continues" {
  local training=$BATS_TEST_TMPDIR/data/corpus/fbank80 exp=$BATS_TEST_TMPDIR/exp/corpus/recipe processes pid
  (. ./path.sh && python -m tests.training.corpus "$training")
  ln -s data "$training/train"
  sed 's/^  epochs: .*/  epochs: 4000/' "$training/recipe.yaml" >"$recipe/recipe.yaml"
  stage_4=(bash run.sh --recipe "$recipe" --exp "$BATS_TEST_TMPDIR/exp" --data "$BATS_TEST_TMPDIR/data" --stage 4 --stop-stage 4 --nproc 1)
  "${stage_4[@]}" 3>&- &
  pid=$!
  patience=180 eventually compgen -G "$exp/checkpoints/step-*.pt" >/dev/null
  mapfile -t processes < <(processes_under "$pid")
  [ "${#processes[@]}" -gt 5 ]
  kill -USR1 "$pid"
  status=0
  wait "$pid" || status=$?
  [ "$status" -eq 99 ]
  [ -f "$exp/requeue" ]
  # Those that are adopted may stay as zombies for a moment.
  [[ ! $(ps -o state= -p "${processes[*]}") =~ [^Z[:space:]] ]]
  cp "$training/recipe.yaml" "$recipe/recipe.yaml"
  run -0 "${stage_4[@]}" --cuda-cmd utils/run.pl 3>&-
  grep -q "continuing $exp/checkpoints/" "$exp/log/job.log"
  [ -s "$exp/checkpoints/.done" ]
}

@test "stage 2: a share of recordings may be without duration; run again, nothing looks changed" {
  local data=$BATS_TEST_TMPDIR/data/corpus part name
  mkdir -p "$data/train" "$data/musan"/{noise,music,speech} "$data/RIRS_NOISES"
  for part in noise music speech; do sox -n -r 16000 -b 16 "$data/musan/$part/$part.wav" synth 0.5 noise; done
  for part in small medium; do
    echo "--rir-id r --room-id x $data/musan/noise/noise.wav" >"$data/RIRS_NOISES/${part}room_rir_list"
  done
  for name in a b c d; do
    sox -n -r 16000 -b 16 "$data/train/$name.wav" synth 1 noise
    echo "s-$name $data/train/$name.wav" >>"$data/train/wav.scp"
    echo "s-$name s" >>"$data/train/utt2spk"
  done
  utils/utt2spk_to_spk2utt.sh "$data/train/utt2spk" >"$data/train/spk2utt"
  rm "$data/train/c.wav"
  stage_2() { bash run.sh --recipe "$recipe" --exp "$BATS_TEST_TMPDIR/exp" --data "$BATS_TEST_TMPDIR/data" --stage 2 --stop-stage 2 --nj 2 "$@"; }
  run -1 stage_2
  [[ $output == *"1 of 4 recordings could not be read, more than --max-failed-share 0 allows: s-c"* ]]
  run -0 stage_2 --max-failed-share 0.25
  [[ $output == *"1 of 4 recordings of $data/train have no duration and are left out of the copies"* ]]
  [ "$(grep -c s-c "$data/train_sp_aug/wav.scp")" -eq 1 ]
  sox -n -r 16000 -b 16 "$data/train/c.wav" synth 1 noise
  run -0 stage_2
  [ "$(wc -l <"$data/train_sp_aug/wav.scp")" -eq $((4 * 3 * 5)) ]
  run -0 stage_2
  [[ $output == *"$data/train_sp_aug: done before, skipped"* ]]
}
