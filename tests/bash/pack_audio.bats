#!/usr/bin/env bats
# steps/pack_audio.sh: formats, broken files, resuming, a second run, spaces and $( ).

bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_DIRNAME/../.." || exit 1
  work="$BATS_TEST_TMPDIR/a \$(touch ran) corpus"
  data="$work/data dir" target="$work/packed/set"
  mkdir -p "$data" "$work/wav"
  local name
  for name in s1-a s1-b s2-a s2-b; do
    sox -n -r 16000 -b 16 "$work/wav/$name.wav" synth "0.$((3 + ${#seen}))" pinknoise
    seen+=x
    echo "$name $work/wav/$name.wav" >>"$data/wav.scp"
    echo "$name ${name%-*}" >>"$data/utt2spk"
  done
  utils/utt2spk_to_spk2utt.sh "$data/utt2spk" >"$data/spk2utt"
  echo "s1-a s1-b target" >"$data/trials"
}

pack() { steps/pack_audio.sh --nj 2 "$@" "$data" "$target"; }

@test "every format: a valid data dir whose recordings are in one archive a job" {
  local format
  for format in copy wav flac; do
    run -0 pack --audio-format "$format"
    [[ $output == *"4 of 4 recordings have audio (0 of them empty), 0 failed; 0.00 hours"* ]]
    utils/validate_data_dir.sh --no-feats --no-text "$target"
    [ "$(grep -cE '/audio\.[12]\.1\.ark:[0-9]+$' "$target/wav.scp")" -eq 4 ]
    cmp "$data/trials" "$target/trials"
  done
  [ "$(ls "$work/packed/ark")" = set ]
  [ ! -e ran ] && [ ! -e "$work/ran" ]
}

@test "wav: what stands at a place is the wav file, after the id and a space, as Kaldi has it" {
  local place
  run -0 pack --audio-format wav
  place=$(sed -n 's/^s1-b //p' "$target/wav.scp")
  cmp "$work/wav/s1-b.wav" <(tail -c "+$((${place##*:} + 1))" "${place%:*}" | head -c "$(stat -c %s "$work/wav/s1-b.wav")")
  [ "$(tail -c "+$((${place##*:} - 4))" "${place%:*}" | head -c 5)" = "s1-b " ]
}

@test "features of packed recordings are those of the files" {
  local format
  steps/make_set_features.sh --nj 1 fbank80 "$data" "$work/files/set"
  for format in copy wav flac; do
    pack --audio-format "$format"
    steps/make_set_features.sh --nj 1 fbank80 "$target" "$work/$format/set"
    cmp "$work"/{files,"$format"}/ark/set/raw_fbank_set.1.ark
  done
}

@test "an unreadable file stops it, unless a share of them is allowed" {
  truncate -s 5000 "$work/wav/s1-b.wav"
  run -1 pack
  [[ ${lines[-1]} == *"1 of 4 recordings could not be read, more than --max-failed-share 0 allows: s1-b; the first: $data/wav.scp:2: $work/wav/s1-b.wav: truncated"* ]]
  [ ! -e "$target" ]
  run -0 pack --max-failed-share 0.25
  [ "$(cut -d' ' -f1 "$target/utt2spk" | xargs)" = "s1-a s2-a s2-b" ]
  utils/validate_data_dir.sh --no-feats --no-text "$target"
}

@test "a command has no file to copy, and is stored as flac" {
  sed -i 's|^s2-b .*|s2-b sox -n -r 8000 -b 16 -t wav - synth 0.5 sine 300 \||' "$data/wav.scp"
  run -1 pack --audio-format copy
  [[ ${lines[-1]} == *"s2-b; the first: $data/wav.scp:4: found a command, which is no file to copy; --audio-format wav or flac stores what it gives"* ]]
  run -0 pack --audio-format flac
  [ "$(steps/get_reco2dur.sh "$target" && sed -n 's/^s2-b //p' "$target/reco2dur")" = 0.5 ]
}

@test "after an interruption, jobs that are complete are not done again; others are" {
  mv "$work/wav/s2-b.wav" "$work"
  run -1 pack
  mv "$work/s2-b.wav" "$work/wav"
  touch -d 2001-01-01 "$work/packed/ark/set/audio.1.1.ark"
  run -0 pack
  [ "$(date -r "$work/packed/ark/set/audio.1.1.ark" +%Y)" = 2001 ]
  [ "$(wc -l <"$target/wav.scp")" -eq 4 ]
}

@test "a set stays until its successor is whole, and then goes with its archives" {
  run -0 pack
  rm "$work/wav/s2-b.wav"
  run -1 pack
  run -0 steps/get_reco2dur.sh "$target" # reads all of it
  echo "s2-b $work/wav/s2-a.wav" >"$work/line" && sed -i -e "/^s2-b/{r $work/line" -e 'd}' "$data/wav.scp"
  run -0 pack --nj 1
  [ "$(find "$work/packed/ark" -name '*.ark' -printf '%f\n')" = audio.1.1.ark ]
  [ "$(find "$work/packed" -mindepth 1 -maxdepth 1 -not -name '*lock' -printf '%f\n' | sort | xargs)" = "ark set" ]
}

@test "wrong uses" {
  run -1 pack --audio-format mp3
  [[ $output == *"--audio-format: expected copy, wav or flac, got 'mp3'" ]]
  run -1 steps/pack_audio.sh "$data"
  [[ $output == "Usage: steps/pack_audio.sh "* ]]
  run -1 steps/pack_audio.sh "$work/none" "$target"
  [[ $output == *"no such file $work/none/wav.scp" ]]
  run -1 steps/pack_audio.sh "$data" "$data"
  [[ $output == *"$data is both source and target" ]]
  [ ! -e "$work/.data dir.new" ]
}
