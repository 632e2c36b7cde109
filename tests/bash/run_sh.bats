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
  [[ $output == *"--stop-stage N"*"1 data directories"* ]]
}

@test "an unknown option" { fails "invalid option --stages" --stages 3; }

@test "an argument that is no option" { fails "unexpected argument 'now'" now; }

@test "stages, jobs and shares are numbers" {
  fails "--stage: expected a positive whole number" --stage two
  fails "--nj: expected a positive whole number" --nj 0
  fails "--nproc: expected a positive whole number" --nproc none
  fails "--max-failed-share: expected a number from 0 to 1" --max-failed-share 5%
  fails "--embed-nj: expected a positive whole number" --embed-nj 0
  fails "--max-requeues: expected a whole number, 0 or more" --max-requeues often
  fails "--num-nodes 2: expected --cuda-cmd COMMAND" --num-nodes 2
}

@test "stages that are not there or in the wrong order" {
  fails "--stop-stage: expected a positive whole number" --stop-stage 99999999999999999999
  fails "--stop-stage 9: expected 1 to 8" --stop-stage 9
  fails "--stage 7 comes after --stop-stage 3" --stage 7 --stop-stage 3
}

@test "a format that recordings can be stored in" {
  fails "--convert: expected copy, wav or flac, got 'mp3'" --convert mp3
  fails "--convert: expected copy, wav or flac, got 'wav flac'" --convert "wav flac"
}

@test "folders have names" {
  fails "--exp: expected a path" --exp ''
  fails "--data: expected a path" --data ''
  fails "--recipe: expected a path" --recipe ''
  fails "--exp: expected a path" --exp -x
  fails "--data-root: no such directory '/nowhere'" --data-root /nowhere
}

@test "a program that is killed before the first stage is told" {
  echo 'found=$(kill -9 "$BASHPID")' >>"$recipe/../corpus.sh"
  run bash run.sh --recipe "$recipe" --exp "$BATS_TEST_TMPDIR/exp" --data "$BATS_TEST_TMPDIR/data"
  [ "$status" -eq 137 ]
  [[ ${lines[-1]} == "run.sh: error: a program was killed by signal 9 before the first stage" ]]
}

@test "what is written into an option is never run" {
  local option value
  for option in --stage --stop-stage --nj --nproc --max-failed-share; do
    for value in 'a[$(touch pwned)]' '`touch pwned`' $'1\nPATH=pwned' $'\u00a01' '-n'; do
      fails "$option: expected" "$option" "$value"
    done
  done
  for option in --recipe --data-root; do
    for value in 'a[$(touch pwned)]' '"; touch pwned; "' $'x\nIFS=/' -n; do fails "" "$option" "$value"; done
  done
  [ ! -e pwned ]
}

@test "what is written into a recipe is never run, nor does it set a variable" {
  local entry
  for entry in 'train_set: "a[$(touch pwned)]"' 'train_set: "x\nPATH=pwned"' 'features: "`touch pwned`"' 'seed: "a[$(touch pwned)]"'; do
    printf 'base: [%s/egs/debian_voices/tdnn_c128/recipe.yaml]\n%s\n' "$root" "$entry" >"$recipe/recipe.yaml"
    fails "recipe.yaml:2: '${entry%%:*}': " --stage 8
  done
  [ ! -e pwned ]
}

@test "a recipe that is not there" {
  recipe=egs/debian_voices/tdnn_c129
  fails "no such file egs/debian_voices/tdnn_c129/recipe.yaml"
}

@test "a misspelt key: file, line, and the nearest name" {
  printf 'train:\n  epoch: 3\n' >>"$recipe/recipe.yaml"
  fails "recipe.yaml:3: unknown key 'train.epoch' (did you mean 'epochs'?)"
}

@test "settings from the command line are checked as a recipe's are" {
  fails "--set 'train.epoch=3': unknown key 'train.epoch' (did you mean 'epochs'?)" --set train.epoch=3
  fails "--set 'loss.margin=x': 'loss.margin': expected a valid number" --seed 4 --set loss.margin=x
  fails "--set 'lm.seed=2': " --set lm.seed=2
  fails "--epochs: expected a positive whole number" --epochs 0
  fails "--seed: expected a whole number, 0 or more" --seed -1
  fails "--seeds: expected two or more seeds that differ" --seeds 3,3
  fails "--seed and --seeds do not go together" --seeds 3,4 --seed 5
  fails "--force: expected stages, as 3 or 3,6" --force all
  fails "--force 7: expected stages from 2 to 6" --force 2,7 --stage 2 --stop-stage 6
  fails "--init: no such file or directory" --init "$BATS_TEST_TMPDIR/nothing"
  fails "--exp-name: " --exp-name ../x
  [ ! -e "$BATS_TEST_TMPDIR/exp" ]
}

@test "a changed setting has a folder of its own, a changed score the same model" {
  local corpus=$BATS_TEST_TMPDIR/exp/corpus
  stage_5() { run bash run.sh --recipe "$recipe" --exp "$BATS_TEST_TMPDIR/exp" --data "$BATS_TEST_TMPDIR/data" --stage 5 --stop-stage 5 "$@"; }
  printf 'base: [recipe.yaml]\ntrain: {epochs: 2}\n' >"$recipe/lm.yaml"
  stage_5 --seed 3 --set scoring.top_n=9 --epochs 5 --set 'lm.loss.margin=0.4'
  [ "$status" -eq 1 ]
  [[ $output == *"no such input: $corpus/recipe-seed=3-train.epochs=5/checkpoints;"* ]]
  stage_5 --seed 3 --set scoring.top_n=9 --epochs 5 --set 'lm.loss.margin=0.4'
  [ "$(cd "$corpus" && echo *)" = "recipe-scoring.top_n=9-seed=3-train.epochs=5-lm.loss.margin=0.4\
 recipe-seed=3-train.epochs=5 recipe-seed=3-train.epochs=5-lm.loss.margin=0.4" ]
  [ "$(grep -c "run.sh .* --seed 3 --set scoring.top_n=9 " "$corpus"/*-scoring*/log/commands)" -eq 1 ]
  grep -q "^  epochs: 5" "$corpus/recipe-seed=3-train.epochs=5/recipe.yaml"
  grep -q "^  epochs: 2" "$corpus/recipe-seed=3-train.epochs=5/lm/recipe.yaml"
  stage_5 --set seed=4 --exp-name mine
  [[ $output == *"no such input: $corpus/mine/checkpoints;"* ]]
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

@test "a stage whose input is missing names it, and the summary says where it stopped and how to go on" {
  run bash run.sh --recipe "$recipe" --exp "$BATS_TEST_TMPDIR/exp" --data "$BATS_TEST_TMPDIR/data" --stage 4 --stop-stage 4
  [ "$status" -eq 1 ]
  [[ ${lines[0]} == "product: error: no such input: $BATS_TEST_TMPDIR/data/corpus/fbank80/train_sp_aug"* ]]
  [[ ${lines[1]} == *" run.sh: stage 4 training: "*" s, 1 not finished" ]]
  [[ ${lines[2]} == *" run.sh: failed in stage 4 training at $BATS_TEST_TMPDIR/exp/corpus/recipe/checkpoints after "*"with status 1"* ]]
  [[ ${lines[3]} == *"the same command resumes: bash run.sh --recipe $recipe "*" --stage 4 --stop-stage 4" ]]
  [ "${#lines[@]}" -eq 4 ]
}

@test "the command to go on is quoted as a shell wants it" {
  exp="$BATS_TEST_TMPDIR/exp \$(touch pwned)"
  run bash run.sh --recipe "$recipe" --exp "$exp" --data "$BATS_TEST_TMPDIR/data" --stage 4 --stop-stage 4
  [ "$status" -eq 1 ]
  run bash -c "set -- ${lines[-1]#*the same command resumes: bash run.sh }; printf '%s\n' \"\$4\""
  [ "$output" = "$exp" ]
  [ ! -e pwned ]
}

@test "another corpus' lists for a training set that shares speakers with the others" {
  printf 'cohort_set=c test_set=t trial_lists="x y"\ntrial_lists_of[shared]=x\nmusan_root=m rirs_root=r prepare=(false)\n' >"$recipe/../corpus.sh"
  stage_7() { bash run.sh --recipe "$recipe" --exp "$BATS_TEST_TMPDIR/exp" --data "$BATS_TEST_TMPDIR/data" --stage 8 "$@"; }
  mkdir -p "$BATS_TEST_TMPDIR/exp/corpus/recipe/scores"
  run -1 stage_7
  [[ ${lines[0]} == *"no such file $BATS_TEST_TMPDIR/data/corpus/t/x"* ]]
  mkdir -p "$BATS_TEST_TMPDIR/data/corpus/t"
  echo "a b target" >"$BATS_TEST_TMPDIR/data/corpus/t/x"
  run -1 stage_7
  [[ ${lines[0]} == *"no such file $BATS_TEST_TMPDIR/data/corpus/t/y"* ]]
  run -1 stage_7 --trial-lists x
  [[ $output != *"no such file"* ]]
  run -1 stage_7 --trial-lists "x z"
  [[ ${lines[0]} == *"no such file $BATS_TEST_TMPDIR/data/corpus/t/z"* ]]
  printf 'train_set: shared\n' >>"$recipe/recipe.yaml"
  run -1 stage_7
  [[ $output != *"no such file"* ]]
  run -1 stage_7 --trial-lists "x y"
  [ "$output" = "run.sh: error: --trial-lists: y has speakers of shared; expected some of x" ]
}

@test "a corpus that knows no part of itself takes no --partial" {
  fails "corpus.sh does not pass --partial and --drop-trials on" --partial true
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

@test "SIGUSR1 to run.sh in training: saved, 99, nothing left running; the same command resumes" {
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

# make_wavs SECONDS FILE...: recordings of noise.
make_wavs() {
  python - "$@" <<'END'
import random
import sys
import wave

for path in sys.argv[2:]:
    with wave.open(path, "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(random.randbytes(2 * int(16000 * float(sys.argv[1]))))
END
}

@test "stage 2: a share of recordings may be without duration; run again, nothing looks changed" {
  local data=$BATS_TEST_TMPDIR/data/corpus part name
  mkdir -p "$data/train" "$data/musan"/{noise,music,speech} "$data/RIRS_NOISES"
  make_wavs 0.5 "$data/musan"/{noise/noise,music/music,speech/speech}.wav
  make_wavs 1 "$data/train"/{a,b,d}.wav
  for part in small medium; do
    echo "--rir-id r --room-id x $data/musan/noise/noise.wav" >"$data/RIRS_NOISES/${part}room_rir_list"
  done
  for name in a b c d; do
    echo "s-$name $data/train/$name.wav" >>"$data/train/wav.scp"
    echo "s-$name s" >>"$data/train/utt2spk"
  done
  utils/utt2spk_to_spk2utt.sh "$data/train/utt2spk" >"$data/train/spk2utt"
  cp -r "$data/train" "$data/test" && cp -r "$data/train" "$data/cohort"
  for name in trials trials_language trials_all; do echo "s-a s-b target" >"$data/test/$name"; done
  stage_2() { bash run.sh --recipe "$recipe" --exp "$BATS_TEST_TMPDIR/exp" --data "$BATS_TEST_TMPDIR/data" --stage 2 --stop-stage 2 --nj 2 "$@"; }
  run -1 stage_2
  [[ $output == *"1 of 4 recordings could not be read, more than --max-failed-share 0 allows: s-c"* ]]
  run -0 stage_2 --max-failed-share 0.25
  [[ $output == *"1 of 4 recordings of $data/train have no duration and are left out of the copies"* ]]
  [ "$(grep -c s-c "$data/train_sp_aug/wav.scp")" -eq 1 ]
  make_wavs 1 "$data/train/c.wav"
  run -0 stage_2
  [ "$(wc -l <"$data/train_sp_aug/wav.scp")" -eq $((4 * 3 * 5)) ]
  [[ $output == *" run.sh: stage 2 augmented copies: "*" s, 1 made, 1 skipped as done before"* ]]
  run -0 --separate-stderr stage_2
  [[ $stderr == *" stage 2 augmented copies, $data/train_sp_aug: done before, skipped"* ]]
  [[ $stderr == *" s, 2 skipped as done before"*" run.sh: finished in "*" s; see $data "* ]]
  [ -z "$output" ]
}

# make_corpus: a corpus of a few recordings in $corpus, with blanks and commas in its path.
make_corpus() {
  local part
  here=$BATS_TEST_TMPDIR within=()
  corpus="$BATS_TEST_TMPDIR/a, b/cor pus"
  mkdir -p "$corpus"/{train,test,cohort} "$corpus/musan"/{noise,music,speech} "$corpus/RIRS, NOISES"
  make_wavs 0.5 "$corpus/musan"/{noise/n,music/m,speech/s}.wav "$corpus/RIRS, NOISES/r 1.wav"
  make_wavs 0.6 "$corpus"/{train/s1,train/s2,test/t1,test/t2,cohort/c1,cohort/c2}-{a,b}.wav
  for part in small medium; do echo "--rir-id r --room-id x r 1.wav" >"$corpus/RIRS, NOISES/${part}room_rir_list"; done
  cat >"$BATS_TEST_TMPDIR/prepare.sh" <<'END'
set -e
for set in train test cohort; do
  mkdir -p "${!#}/$set"
  for wav in "$1/$set"/*.wav; do name=$(basename "$wav" .wav) && echo "$name $wav"; done >"${!#}/$set/wav.scp"
  sed -E 's/^(([^-]*)[^ ]*) .*/\1 \2/' "${!#}/$set/wav.scp" >"${!#}/$set/utt2spk"
  utils/utt2spk_to_spk2utt.sh "${!#}/$set/utt2spk" >"${!#}/$set/spk2utt"
done
printf '%s\n' "t1-a t1-b target" "t1-a t2-a nontarget" >"${!#}/test/trials"
END
  cat >"$recipe/../corpus.sh" <<END
cohort_set=cohort test_set="test" trial_lists=trials
musan_root=\$data_root/musan rirs_root="\$data_root/RIRS, NOISES"
prepare=(bash "$BATS_TEST_TMPDIR/prepare.sh" "\$data_root")
END
  printf 'speed_factors: []\ncopies: [reverb]\n' >>"$recipe/recipe.yaml"
  data=$BATS_TEST_TMPDIR/data/corpus
}

# stages OPTION...: stages 1 to 3, called from another folder; made is how many products were made.
stages() {
  run "${within[@]}" bash -c 'cd "$1" && shift && bash "$@"' bash "$here" "$root/run.sh" --recipe egs/corpus/recipe --exp exp --data data \
    --stop-stage 3 --nj 1 "$@"
  made=$(grep -oE ' s, [0-9]+ made' <<<"$output" | awk '{n += $2} END {print n + 0}')
}

# files_made: all archives and indices, with their times.
files_made() { find "$data" -name '*.[as][rc][kp]' -printf '%p %T@ %i\n' | sort; }

@test "from one run to the next: no path counts, what has changed does, and nothing goes before another is whole" {
  local before
  make_corpus
  stages --data-root "a, b/cor pus" # blanks and commas; relative to where the user stands
  [ "$status" -eq 0 ]
  [ "$made" -eq 6 ]

  ln -s "a, b" "$BATS_TEST_TMPDIR/link"
  if unshare --mount true 2>/dev/null; then # all of it at another mount point, too
    mkdir "$BATS_TEST_TMPDIR/mounted"
    here=$BATS_TEST_TMPDIR/mounted
    within=(unshare --mount bash -c 'mount --bind "$1" "$2" && shift 2 && exec "$@"' bash "$BATS_TEST_TMPDIR" "$here")
  fi
  touch "$corpus"/*/*.wav "$corpus"/*/*/*.wav
  stages --data-root "link//cor pus/"
  [ "$status" -eq 0 ]
  [ "$made" -eq 0 ]
  here=$BATS_TEST_TMPDIR within=()

  mv "$corpus" "$BATS_TEST_TMPDIR/elsewhere"
  stages --data-root elsewhere
  [ "$status" -eq 0 ]
  [ "$made" -eq 0 ]
  grep -q " $BATS_TEST_TMPDIR/elsewhere/test/t1-a.wav" "$data/test/wav.scp"

  make_wavs 0.7 "$BATS_TEST_TMPDIR/elsewhere/train/s1-a.wav"
  echo "# another comment" >>"$BATS_TEST_TMPDIR/prepare.sh"
  stages --data-root elsewhere
  [ "$made" -eq 3 ] # the same sets, the copies, the copies' features
  [[ $output == *"train/s1-a.wav has changed"* ]]
  [[ $output == *"made again: inputs, prepare.sh, content (changed)"* ]]

  before=$(files_made)
  echo "seed: 3" >>"$recipe/recipe.yaml"
  stages --stage 2 # knows where the corpus is
  [ "$status" -eq 0 ]
  [ "$made" -eq 4 ]
  [ "$(files_made | grep -v _seed3)" = "$before" ]
  [ -s "$data/fbank80_seed3/train_aug_reverb_seed3/feats.scp" ]

  before=$(files_made | grep -E '/fbank80_seed3/((ark/)?test|cohort)')
  rm "$BATS_TEST_TMPDIR/elsewhere/test/t1-b.wav"
  stages --stage 3 --max-failed-share 0.5 # which is for training sets
  [ "$status" -eq 1 ]
  [[ $output == *"1 of 4 utterances could not be read"*"t1-b"* ]]
  [ "$(files_made | grep -cF "$before")" -eq "$(wc -l <<<"$before")" ]
}

@test "a corpus that has moved: stage 1 knows where it was, and later ones say who follows it" {
  make_corpus
  stages --data-root "$corpus" --stop-stage 1
  [ "$status" -eq 0 ]
  rm "$data/cohort/wav.scp"
  stages --stop-stage 1
  [ "$made" -eq 1 ]
  mv "$corpus" "$BATS_TEST_TMPDIR/elsewhere"
  stages
  [ "$status" -eq 1 ]
  [[ $output == "run.sh: error: the corpus is no more in "*"/a, b/cor pus: --data-root DIR says where it is now" ]]
  stages --stage 2 --data-root elsewhere
  [ "$status" -eq 1 ]
  [[ $output == "run.sh: error: "*" was made of "*"/a, b/cor pus: --stage 1 --data-root DIR follows a corpus that has moved" ]]
  echo "t1-b t2-c nontarget" >>"$data/test/trials"
  mv "$BATS_TEST_TMPDIR/elsewhere" "$corpus"
  stages --stage 2
  [ "$status" -eq 1 ]
  [[ $output == *"test/trials: 1 utterances are not in $data/test/utt2spk, the first: 't2-c'"* ]]
  [ ! -e "$data/musan_noise" ]
}

@test "training on waveforms depends on the recordings behind its copies" {
  dir=$BATS_TEST_TMPDIR resolved=$(dirname "$BATS_TEST_TMPDIR") data=d test_set=t musan_root=m rirs_root=r corpus_dir=c
  folders=("$dir" "$dir" "$dir" "$dir" "$dir")
  mkdir -p "$dir/settings"
  . utils/common.sh
  . utils/experiment.sh
  # train_set|speed_set|train_data|features|feature_folder|copies|speed_factors|seed|seed_suffix|online_features|online_augment|cohort
  depends_on() { echo "$1" >"$dir/settings/stages" && use_model base && echo "${noise_inputs[*]}"; }
  [ "$(depends_on "x|x|x|waveform|w|||||||")" = "" ]
  [ "$(depends_on "x|x_sp|x_sp|waveform|w||0.9|1||false|false|false")" = "--fixed-input d/x" ]
  [ "$(depends_on "x|x|x|waveform|w|||1||false|true|false")" = "--fixed-input=d/musan_noise --fixed-input=m --fixed-input=r" ]
  [ "$(depends_on "x|x|x_aug|waveform|w|noise||1||false|false|false")" = "--fixed-input d/x --fixed-input=d/musan_noise --fixed-input=m --fixed-input=r" ]
  [ "$(depends_on "x|x|x_aug|fbank40|f|noise||1||false|false|false")" = "" ]
  # Features that are computed while training depend on the recordings, too, and on their configuration.
  [ "$(depends_on "x|x|x|fbank40|f|||1||true|false|false")" = "--fixed-input conf/fbank40.conf" ]
  [ "$(depends_on "x|x|x_aug|fbank40|f|noise||1||true|false|false")" = "--fixed-input conf/fbank40.conf --fixed-input d/x --fixed-input=d/musan_noise --fixed-input=m --fixed-input=r" ]
  use_model base
  [ "$train_dir" = d/x_aug ]
  [ "${train_options[*]}" = "--features-config conf/fbank40.conf" ]
}

@test "fine-tuning finds clean features among those of all copies, where these are stored" {
  dir=$BATS_TEST_TMPDIR data=d test_set=t musan_root=m rirs_root=r corpus_dir=c
  folders=("$dir" "$dir" "$dir" "$dir" "$dir")
  resolved=$(dirname "$dir")
  mkdir -p "$dir/settings" "$dir/lm/settings"
  . utils/common.sh
  . utils/experiment.sh
  whole_set_of() { echo "$1" >"$dir/settings/stages" && echo "$2" >"$dir/lm/settings/stages" && use_model lm && echo "$train_data in $whole_set"; }
  base="x|x_sp|x_sp_aug|fbank40|fbank40|noise|0.9|1||false|false|false"
  [ "$(whole_set_of "$base" "x|x_sp|x_sp|fbank40|fbank40||0.9|1||false|false|false")" = "x_sp in x_sp_aug" ]
  [ "$(whole_set_of "$base" "x|x|x|fbank40|fbank40|||1||false|false|false")" = "x in x_sp_aug" ]
  [ "$(whole_set_of "$base" "$base")" = "x_sp_aug in " ]
  [ "$(whole_set_of "$base" "x|x|x|fbank40|fbank40_seed7|||7|_seed7|false|false|false")" = "x in " ]
  [ "$(whole_set_of "$base" "x|x|x|fbank40|fbank40|||1||true|false|false")" = "x in " ]
  whole_set_of "$base" "x|x|x|fbank40|fbank40|||1||false|false|false"
  use_model base
  [ "$train_data/$whole_set" = x_sp_aug/ ]
}

@test "--clean: stages that have something to remove, which products, and what needs them" {
  fails "--clean 4: expected stages of 1 (with --convert), 2, 3 and 6" --clean 3,4
  fails "--clean 1: without --convert these are the corpus itself" --clean 1
  fails "--clean: expected stages, as 3 or 3,6" --clean "3, 6"
  dir=e resolved=. data=d test_set=t cohort_set=c musan_root=m rirs_root=r corpus_dir=c models=(base lm)
  cd "$BATS_TEST_TMPDIR" || exit 1
  folders=(e f f g g)
  mkdir -p e/settings e/lm/settings
  echo "x|x_sp|x_sp_aug|fbank40|fbank40_seed4|noise music|0.9|4|_seed4|false|false|true" >e/settings/stages
  echo "x|x|x|fbank40|fbank40_seed4|||4|_seed4|false|false|true" >e/lm/settings/stages
  . "$root/utils/common.sh"
  . "$root/utils/experiment.sh"
  . "$root/utils/cleaning.sh"
  [ "$(list_removals 2,3,6 | sort -u | tr '\t' ' ')" = "d/fbank40_seed4/c needed-by g/embeddings_c
d/fbank40_seed4/c needed-by g/lm/embeddings_c
d/fbank40_seed4/t needed-by g/embeddings_t
d/fbank40_seed4/t needed-by g/lm/embeddings_t
d/fbank40_seed4/t needed-by g/untrained/embeddings_t
d/fbank40_seed4/x needed-by f/lm/checkpoints
d/fbank40_seed4/x_sp_aug needed-by f/checkpoints
d/fbank40_seed4/x_sp_aug needed-by f/lm/checkpoints
d/x_sp_aug needed-by d/fbank40_seed4/x_sp_aug
d/x_sp_aug part d/x_sp_music_seed4
d/x_sp_aug part d/x_sp_noise_seed4
g/embeddings_c needed-by e/scores
g/embeddings_t needed-by e/scores
g/lm/embeddings_c needed-by e/lm/scores
g/lm/embeddings_c needed-by e/package
g/lm/embeddings_t needed-by e/lm/scores
g/untrained/embeddings_t needed-by e/untrained/scores" ]
  # Whether an emptied product is made again depends on what is made of what is made from it, if that was emptied, too.
  . "$root/utils/stages.sh"
  product=d/x_sp_aug options=()
  options_of_cleaned
  [ "${options[*]}" = "--needed-by d/fbank40_seed4/x_sp_aug" ]
  mkdir -p d/fbank40_seed4/x_sp_aug && touch d/fbank40_seed4/x_sp_aug/.cleaned
  options=()
  options_of_cleaned
  [ "${options[*]}" = "--needed-by d/fbank40_seed4/x_sp_aug --needed-by f/checkpoints --needed-by f/lm/checkpoints" ]
}

@test "stage 1 looks at rooms before it begins, and at trials" {
  make_corpus
  cat >>"$BATS_TEST_TMPDIR/prepare.sh" <<<'echo "t1-a t3-a nontarget" >>"${!#}/test/trials"'
  stages --data-root "$corpus"
  [ "$status" -eq 1 ]
  [[ $output == *"test/trials: 1 utterances are not in $data/test/utt2spk, the first: 't3-a'"* ]]
  rm -r "$data"
  mv "$corpus/RIRS, NOISES/r 1.wav" "$corpus/RIRS, NOISES/r2.wav"
  stages --data-root "$corpus"
  [ "$status" -eq 1 ]
  [[ $output == *"smallroom_rir_list: 1 of 1 files are missing, the first: r 1.wav"* ]]
  [ ! -e "$data/train" ]
}

@test "waveforms of the test set are read before training, whatever their headers say" {
  make_corpus
  printf 'base: [%s/egs/debian_voices/tdy_resnet34_sixteenth/recipe.yaml]\ntrain_set: train\nspeed_factors: []\n' "$root" >"$recipe/recipe.yaml"
  stages --data-root "$corpus"
  [ "$status" -eq 0 ]
  [ "$(cat "$data"/audio_checks/test/num_utts)" = 4 ]
  stages
  [[ $output == *" stage 3 features: "*" s, 1 skipped as done before"* ]]
  truncate -s 5000 "$corpus/test/t2-a.wav"
  stages
  [ "$status" -eq 1 ]
  [[ $output == *"1 of 4 utterances could not be read"*"t2-a"* ]]
}

@test "--convert: sets with packed recordings beside the others, with the same features" {
  local set
  make_corpus
  stages --data-root "$corpus"
  [ "$status" -eq 0 ]
  [ "$made" -eq 6 ]
  stages --convert flac
  [ "$status" -eq 0 ]
  [ "$made" -eq 8 ]
  for set in train_reverb test cohort; do [ -f "$data/flac/$set/wav.scp" ]; done
  for set in train_aug_reverb test cohort; do cmp "$data"/{,flac/}fbank80/ark/$set/raw_fbank_$set.1.ark; done
  [ -d "$BATS_TEST_TMPDIR/exp/corpus/flac/recipe" ]
  make_wavs 0.7 "$corpus/test/t2-b.wav"
  stages --convert flac
  [ "$made" -eq 2 ]
  grep -q "/flac/ark/test.other/audio.1.1.ark:" "$data/flac/test/wav.scp"
}

@test "--plan says what each stage takes and what is missing, and makes nothing" {
  cat >"$recipe/../corpus.sh" <<SCRIPT
cohort_set=train test_set=test trial_lists=trials prepare=(local/none.sh) musan_root=$BATS_TEST_TMPDIR/musan rirs_root=$BATS_TEST_TMPDIR/musan
SCRIPT
  mkdir "$BATS_TEST_TMPDIR/musan"
  plan=(bash run.sh --recipe "$recipe" --exp "$BATS_TEST_TMPDIR/exp" --data "$BATS_TEST_TMPDIR/data" --plan)
  run --separate-stderr "${plan[@]}" --seeds 1,7
  [ "$status" -eq 1 ]
  [[ $output == *"stage 2 augmented copies"*"D/train_sp_aug/"*"D/train_sp_aug_seed7/"*"stage 4 training"*"E/checkpoints/"*"stage 7 scores"*"E/scores/"*"stage 8 results"*"E/report/"* ]]
  # Both seeds have one corpus and one copy of the noises.
  [ "$(grep -c '^stage 1 ' <<<"$output")" = 1 ] && [ "$(grep -c 'D/musan_noise/  (' <<<"$output")" = 1 ]
  [[ $output == *"exp/corpus/recipe/checkpoints/"* ]] && [ "$(grep -c '^measured: tdnn_c128' <<<"$output")" = 1 ]
  [[ $output == *"problems: "*"musan/noise: found no audio"* ]]
  [[ ${stderr_lines[-1]} == "plan: error: the run cannot succeed: "* ]]
  run "${plan[@]}" --clean 2
  [ "$status" -eq 1 ]
  [[ $output == *"train_sp_aug: is still needed: "*" is not finished; nothing was removed"* ]]
  [ ! -e "$BATS_TEST_TMPDIR/data" ] && [ ! -e "$BATS_TEST_TMPDIR/exp" ]
}

@test "--dry-run shows the commands of what is not there, each kind of job by its own runner, and makes nothing" {
  mkdir -p "$BATS_TEST_TMPDIR/data/corpus/fbank80/test"
  touch "$BATS_TEST_TMPDIR/data/corpus/fbank80/test/.done"
  printf '%s\n' "feats_cmd='my.pl --mem 1G'" "embed_cmd='my.pl --gpu 1'" "score_cmd='my.pl --mem 9G'" 'nj=7 embed_nj=3' >"$BATS_TEST_TMPDIR/site.sh"
  run -0 bash run.sh --config "$BATS_TEST_TMPDIR/site.sh" --recipe "$recipe" --exp "$BATS_TEST_TMPDIR/my exp" --data "$BATS_TEST_TMPDIR/data" \
    --dry-run --cuda-cmd 'my.pl --gpu 8' --num-nodes 2 --nproc ''
  [[ $output == *"fbank80/train_sp_aug: steps/make_set_features.sh --nj 7 --cmd my.pl\ --mem\ 1G "* && $output != *"fbank80/test: steps"* ]]
  [[ $output == *"checkpoints: steps/train.sh --nproc '' --num-nodes 2 --cuda-cmd my.pl\ --gpu\ 8 "*"my\ exp/corpus/recipe"* ]]
  [[ $output == *"embeddings_test: steps/extract_embeddings.sh --nj 3 --cmd my.pl\ --gpu\ 1 "*"scores: steps/score.sh --cmd my.pl\ --mem\ 9G "* ]]
  [[ $output == *"my exp/corpus/recipe/report: steps/make_report.sh "* ]]
  [ "$(find "$BATS_TEST_TMPDIR/data" "$BATS_TEST_TMPDIR/my exp" -type f 2>/dev/null | wc -l)" -eq 1 ]
  run -1 bash run.sh --recipe "$recipe" --plan --dry-run
  [ "$output" = "run.sh: error: --plan and --dry-run do not go together" ]
}
