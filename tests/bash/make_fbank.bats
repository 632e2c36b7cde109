#!/usr/bin/env bats
# steps/make_fbank.sh, make_mfcc.sh, compute_vad.sh, get_reco2dur.sh, augment_data_dir.sh: broken audio, resuming, spaces and $( ).

bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_DIRNAME/../.." || exit 1
  work="$BATS_TEST_TMPDIR/a corpus"
  data="$work/data dir"
  mkdir -p "$data" "$work/wav"
  local name
  for name in s1-a s1-b s2-a s2-b; do
    write_wav "$work/wav/$name.wav"
    echo "$name $work/wav/$name.wav"
  done >"$data/wav.scp"
  printf '%s\n' 's1-a s1' 's1-b s1' 's2-a s2' 's2-b s2' >"$data/utt2spk"
  printf '%s\n' 's1 s1-a s1-b' 's2 s2-a s2-b' >"$data/spk2utt"
}

# One second at 16 kHz, 16 bits: a header of 44 bytes, and the file's name over and over as samples.
write_wav() {
  {
    printf 'RIFF\x24\x7d\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\x3e\x00\x00\x00\x7d\x00\x00\x02\x00\x10\x00data\x00\x7d\x00\x00'
    head -c 32000 < <(yes "${1##*/}")
  } >"$1"
}

# Eight bits, two channels.
write_eight_bit_wav() {
  printf 'RIFF\x84\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x02\x00\x80\x3e\x00\x00\x00\x7d\x00\x00\x02\x00\x08\x00data\x60\x00\x00\x00' >"$1"
  head -c 96 /dev/zero >>"$1"
}

make_fbank() { steps/make_fbank.sh --nj 2 "$@" "$data"; }

@test "features of a data dir whose name has spaces" {
  run -0 make_fbank
  [[ $output == *"4 of 4 utterances have features (0 of them empty), 0 failed"* ]]
  [ "$(wc -l <"$data/feats.scp")" -eq 4 ]
  [ "$(cut -d' ' -f2 "$data/utt2num_frames" | sort -u)" = 98 ]
  [ "$(cat "$data/frame_shift")" = 0.01 ]
  cmp "$data/conf/fbank.conf" conf/fbank80.conf
  run -0 utils/validate_data_dir.sh --no-text "$data"
}

@test "an entry is data: a command substitution in it is the shell's, one in an option is not" {
  sed -i 's|^s1-a .*|s1-a cat "$(echo "'"$work"'")/wav/s1-a.wav" \||' "$data/wav.scp"
  run -0 make_fbank
  run -1 steps/make_fbank.sh --fbank-config "\$(touch $BATS_TEST_TMPDIR/ran)" "$data"
  [ ! -e "$BATS_TEST_TMPDIR/ran" ]
}

@test "too many broken files: each is named, nothing half-made" {
  rm "$work/wav/s1-a.wav"
  truncate -s 20000 "$work/wav/s1-b.wav"
  write_eight_bit_wav "$work/wav/s2-a.wav"
  run -1 make_fbank
  [[ $output == *"s1-a.wav: no such file"* ]]
  [[ $output == *"s1-b.wav: truncated: the header promises 16000 samples"* ]]
  [[ $output == *"s2-a.wav: found 8-bit samples in 2 channel(s); expected 16-bit"* ]]
  [[ ${lines[-1]} == *"3 of 4 utterances could not be read, more than --max-failed-share 0.05 allows: s1-a, s1-b, s2-a; the first: "* ]]
  [ ! -e "$data/feats.scp" ]
}

@test "a share of broken files may be allowed, and is told" {
  rm "$work/wav/s1-a.wav"
  run -0 make_fbank --max-failed-share 0.25
  [[ $output == *"no features for 's1-a'"* ]]
  [[ $output == *"3 of 4 utterances have features (0 of them empty), 1 failed"* ]]
  [ "$(wc -l <"$data/feats.scp")" -eq 3 ]
}

@test "a failing command is named with its utterance and line" {
  sed -i 's/^s2-b .*/s2-b no-such-decoder x.m4a |/' "$data/wav.scp"
  run -1 make_fbank
  [[ $output == *"wav.scp:2: utterance 's2-b': status 127 from 'no-such-decoder x.m4a |'"* ]]
}

@test "after an interruption, jobs that are complete are not done again; a killed one is" {
  run -0 make_fbank
  cp "$data/feats.scp" "$work/feats.scp"
  local first="$data/data/raw_fbank_data dir.1.ark" second="$data/data/raw_fbank_data dir.2.ark"
  mv "$work/wav/s2-b.wav" "$work"
  run -1 make_fbank
  mv "$work/s2-b.wav" "$work/wav"
  touch -d 2001-01-01 "$first"
  rm "${second%.ark}.json"
  local leftover
  leftover="$second.$(hostname | tr -c '[:alnum:]_\n-' _)-$(bash -c 'echo $$')-0.tmp" # of a process that is dead
  head -c 100 "$second" >"$leftover"
  run -0 make_fbank
  [ "$(date -r "$first" +%Y)" = 2001 ]
  cmp "$data/feats.scp" "$work/feats.scp"
  [ ! -e "$leftover" ]
}

@test "a run after a finished one computes anew: the audio behind wav.scp may be another" {
  run -0 make_fbank
  cp "$work/wav/s1-a.wav" "$work/wav/s2-b.wav"
  truncate -s 32044 "$work/wav/s2-b.wav"
  local before
  before=$(md5sum "$data"/data/*.2.ark)
  run -0 make_fbank
  [ "$before" != "$(md5sum "$data"/data/*.2.ark)" ]
}

@test "features that fail leave the old table in .backup, and missing ones do not stop what follows" {
  run -0 make_fbank
  cp "$data/feats.scp" "$work/feats.scp"
  mv "$work/wav" "$work/elsewhere"
  run -1 make_fbank
  [ ! -e "$data/feats.scp" ]
  cmp "$data/.backup/feats.scp" "$work/feats.scp"
  mv "$work/elsewhere" "$work/wav"
  rm "$work/wav/s1-b.wav"
  run -0 steps/make_mfcc.sh --nj 2 --max-failed-share 0.5 "$data"
  [[ $output == *"utils/fix_data_dir.sh $data removes utterances without features"* ]]
  run -0 steps/compute_vad.sh --nj 2 "$data"
  [ "$(wc -l <"$data/vad.scp")" -eq 3 ]
  rm "$data/vad.scp"
  write_wav "$work/wav/s1-b.wav"
  run -0 steps/make_mfcc.sh --nj 2 "$data"
  [ "$(wc -l <"$data/feats.scp")" -eq 4 ]
}

@test "other settings, other features" {
  run -0 make_fbank
  run -0 make_fbank --fbank-config conf/fbank40.conf
  cmp "$data/conf/fbank.conf" conf/fbank40.conf
  [ "$(stat -c %s "$data/data/raw_fbank_data dir.1.ark")" -lt 9000 ]
}

@test "fewer jobs leave no parts of more" {
  run -0 make_fbank
  run -0 steps/make_fbank.sh --nj 99 "$data"
  run -0 steps/make_fbank.sh --nj 1 "$data"
  [ "$(find "$data/data" -name '*.2.*' | wc -l)" -eq 0 ]
  [ "$(wc -l <"$data/feats.scp")" -eq 4 ]
}

@test "cepstra and voice activity" {
  run -0 steps/make_mfcc.sh --nj 2 "$data"
  run -0 steps/compute_vad.sh --nj 2 "$data"
  [ "$(wc -l <"$data/vad.scp")" -eq 4 ]
}

@test "wrong arguments are one line" {
  run -1 steps/make_fbank.sh
  [[ $output == "Usage: steps/make_fbank.sh"* ]]
  run -1 make_fbank --fbank-confg x
  [ "$output" = "make_features.sh: error: invalid option --fbank-confg" ]
  run -1 make_fbank --fbank-config nowhere.conf
  [ "$output" = "make_features.sh: error: --fbank-config: expected a file that is there and not empty, got 'nowhere.conf'" ]
  echo --num-mel-bin=80 >"$work/my.conf"
  run -1 make_fbank --fbank-config "$work/my.conf"
  [[ $output == *"my.conf:1: unknown option --num-mel-bin (did you mean 'num-mel-bins'?)"* ]]
}

make_noises() {
  mkdir -p "$work/musan"/{noise,music,speech} "$work/rirs"
  local part index
  for part in noise music speech; do
    for index in 1 2 3; do write_wav "$work/musan/$part/$part-$index.wav"; done
  done
  for part in smallroom mediumroom; do
    echo "--rir-id r --room-id $part $work/musan/noise/noise-1.wav" | sed 's/ corpus/_corpus/' >"$work/rirs/${part}_rir_list"
  done
  ln -s "$work" "${work/a corpus/a_corpus}"
  steps/data/make_musan.sh "$work/musan" "$work"
}

@test "five copies, then their features" {
  make_noises
  run -0 steps/augment_data_dir.sh --musan "$work/musan" --rirs "$work/rirs" "$data" "$work/aug"
  [ "$(wc -l <"$work/aug/wav.scp")" -eq 20 ]
  [ "$(cut -d' ' -f2 "$work/aug/utt2spk" | sort -u | tr '\n' ' ')" = "s1 s2 " ]
  cp -r "$work/aug" "$work/again"
  run -0 steps/augment_data_dir.sh --musan "$work/musan" --rirs "$work/rirs" "$data" "$work/aug"
  diff -r "$work/again" "$work/aug"
  run -0 steps/make_fbank.sh --nj 3 "$work/aug"
  [[ $output == *"20 of 20 utterances have features"* ]]
}

# twice COMMAND...: two runs at the same time, both of which end well.
twice() {
  "$@" >"$work/first.log" 2>&1 &
  local first=$! second
  "$@" >"$work/second.log" 2>&1 &
  second=$!
  if wait "$first" && wait "$second"; then return; fi
  cat "$work"/{first,second}.log
  return 1
}

@test "two runs on one data directory: the second refuses, whatever folder its archives go to" {
  exec {held}>"$data/.features.lock" && flock "$held"
  run -1 steps/make_mfcc.sh --nj 2 "$data" "$work/log" "$work/elsewhere"
  [[ ${lines[-1]} == "make_features.sh: error: another run writes to $data; wait until it has ended" ]]
  [ ! -e "$data/feats.scp" ]
  exec {held}>&-
  run -0 steps/make_mfcc.sh --nj 2 "$data" "$work/log" "$work/elsewhere"
}

@test "two runs at the same time both leave whole copies" {
  make_noises
  local augment=(steps/augment_data_dir.sh --speed-factors 0.9 --musan "$work/musan" --rirs "$work/rirs" "$data" "$work/aug")
  run -0 "${augment[@]}"
  mkdir "$work/alone"
  mv "$work/musan_noise" "$work/alone"
  cp -r "$work/aug" "$data"_sp* "$work/alone"
  twice steps/data/make_musan.sh "$work/musan" "$work"
  twice "${augment[@]}"
  grep "another run makes copies of $data; waiting" "$work"/{first,second}.log
  local folder
  for folder in "$work/alone"/*; do diff -r "$folder" "$work/${folder##*/}"; done
  [ -z "$(find "$work" -name '*.tmp')" ]
}

@test "a copy in place of a link replaces the folder behind it, whatever an interrupted run left there" {
  make_noises
  # "copy" is there already; the other is of a process that is dead.
  mkdir -p "$work/large disk/copy"{,".$(hostname | tr -c '[:alnum:]_\n-' _)-$(bash -c 'echo $$')-0.tmp"}/half
  ln -s "$work/large disk/copy" "$work/copy"
  local name
  for name in first second; do
    run -0 steps/data/augment_data_dir.sh --utt-suffix "$name" --fg-noise-dir "$work/musan_noise" "$data" "$work/copy/"
    [ -L "$work/copy" ]
    [ "$(cut -d ' ' -f 1 "$work/large disk/copy/wav.scp")" = "$(printf "%s-$name\n" s1-a s1-b s2-a s2-b)" ]
    [ "$(ls "$work/large disk")" = copy ]
    [ ! -e "$work/copy/half" ]
    utils/validate_data_dir.sh --no-feats --no-text "$work/copy"
  done
}

@test "copies at other speeds have speakers of their own" {
  make_noises
  run -0 steps/augment_data_dir.sh --copies noise --speed-factors "0.9 1.1" --musan "$work/musan" "$data" "$work/aug"
  [ "$(wc -l <"$work/aug/wav.scp")" -eq 24 ]
  [ "$(cut -d' ' -f2 "$work/aug/utt2spk" | sort -u | wc -l)" -eq 6 ]
}

@test "a list of rooms or noises that is not there" {
  run -1 steps/augment_data_dir.sh --copies reverb --rirs "$work" "$data" "$work/aug"
  [[ $output == *"found neither smallroom_rir_list nor simulated_rirs/smallroom/rir_list"* ]]
  run -1 steps/augment_data_dir.sh --copies echo "$data" "$work/aug"
  [[ $output == *"unknown copy 'echo'"* ]]
  run -1 steps/data/augment_data_dir.sh --fg-noise-dir "$work/none" "$data" "$work/aug"
  [[ $output == *"none/wav.scp"* ]]
  [ ! -e "$work/aug" ]
}

@test "a set's features: one unreadable file stops it, unless a share of them is allowed" {
  head -c 20000 "$work/wav/s1-b.wav" >"$work/cut.wav"
  mv "$work/cut.wav" "$work/wav/s1-b.wav"
  run -1 steps/make_set_features.sh --nj 2 fbank80 "$data" "$work/fbank80/set"
  [[ $output == *"s1-b"* ]]
  [ ! -e "$work/fbank80/set/feats.scp" ]
  run -0 steps/make_set_features.sh --nj 2 --max-failed-share 0.25 fbank80 "$data" "$work/fbank80/set"
  [[ $output == *"s1-b"*"1 failed"* ]]
  [ "$(wc -l <"$work/fbank80/set/utt2spk")" -eq 3 ]
  utils/validate_data_dir.sh --no-text "$work/fbank80/set"
}

@test "a set's features: a table that is out of order is named with its line" {
  sort -r "$data/wav.scp" -o "$data/wav.scp"
  run -1 steps/make_set_features.sh fbank80 "$data" "$work/fbank80/set"
  [[ $output == *"$data/wav.scp:2: "* ]]
  [ ! -e "$work/fbank80/set" ]
}

reco2dur() { steps/get_reco2dur.sh --nj 2 "$@" "$data"; }

@test "durations: files by their headers, commands by their output, in the order of wav.scp" {
  sed -i 's|^s1-b \(.*\)|s1-b cat "\1" \||' "$data/wav.scp"
  run -0 reco2dur --max-failed-share 0
  [ "$(cat "$data/reco2dur")" = "$(printf '%s 1\n' s1-a s1-b s2-a s2-b)" ]
  [ ! -e "$data/durations" ]
  utils/validate_data_dir.sh --no-feats --no-text "$data"
  mv "$work/wav" "$work/moved" && sed -i "s|$work/wav|$work/moved|" "$data/wav.scp"
  run -0 reco2dur
  [[ $output == *"lists all recordings already"* ]]
}

@test "durations: of recordings that are others now they are read anew, and stay where that fails" {
  run -0 reco2dur
  python -c "import sys, wave; w = wave.open(sys.argv[1], 'wb'); w.setparams((1, 2, 16000, 0, 'NONE', '')); w.writeframes(bytes(48000))" "$work/wav/s1-b.wav"
  run -0 reco2dur
  grep -qx "s1-b 1.5" "$data/reco2dur"
  rm "$work/wav/s2-a.wav"
  run -1 reco2dur
  [[ ${lines[-1]} == *"1 of 4 recordings could not be read"*": s2-a; "* ]]
  grep -qx "s1-b 1.5" "$data/reco2dur"
}

@test "durations: what could not be read is tried again, the rest is not; other entries are read anew" {
  mv "$work/wav/s2-b.wav" "$work/s2-b.wav"
  run -1 reco2dur
  [[ ${lines[-1]} == *"1 of 4 recordings could not be read, more than --max-failed-share 0 allows: s2-b; the first: "*"s2-b.wav: no such file"* ]]
  [ ! -e "$data/reco2dur" ]
  mv "$work/s2-b.wav" "$work/wav/s2-b.wav"
  rm "$work/wav"/{s1-a,s1-b,s2-a}.wav
  sed 's/s2-a.wav/s2-b.wav/' "$data/wav.scp" >"$work/other.scp"
  run -0 reco2dur
  [ "$(cat "$data/reco2dur")" = "$(printf '%s 1\n' s1-a s1-b s2-a s2-b)" ]

  rm "$data/reco2dur" "$work/wav/s2-b.wav"
  run -1 reco2dur
  write_wav "$work/wav/s2-b.wav"
  mv "$work/other.scp" "$data/wav.scp"
  run -1 reco2dur
  [[ ${lines[-1]} == *"2 of 4 recordings could not be read"*": s1-a, s1-b; "* ]]
}

@test "a recording without duration is in no copy, and is told; the source keeps it and stays valid" {
  make_noises
  write_wav "$work/wav/s1-a.wav"
  head -c 20 "$work/wav/s1-a.wav" >"$work/cut.wav"
  sed -i "s|^s1-a .*|s1-a $work/cut.wav|" "$data/wav.scp"
  local augment=(steps/augment_data_dir.sh --nj 2 --speed-factors 0.9 --musan "$work/musan" --rirs "$work/rirs")
  run -1 "${augment[@]}" "$data" "$work/aug"
  [[ $output == *"1 of 4 recordings could not be read, more than --max-failed-share 0 allows: s1-a"* ]]
  run -0 "${augment[@]}" --max-failed-share 0.25 "$data" "$work/aug"
  [[ $output == *"1 of 4 recordings of $data have no duration and are left out of the copies"* ]]
  [ "$(wc -l <"$work/aug/wav.scp")" -eq $((4 + 3 + 4 * 6)) ]
  [ "$(grep -c s1-a "$work/aug/wav.scp")" -eq 1 ]
  [ -z "$(compgen -G "$data/.readable*")" ]
  [ ! -e "$data/reco2dur" ]
  utils/validate_data_dir.sh --no-feats --no-text "$data"
  utils/validate_data_dir.sh --no-feats --no-text "$work/aug"
  run -0 steps/make_fbank.sh --nj 2 --max-failed-share 0.05 "$work/aug"
  [[ $output == *"30 of 31 utterances have features (0 of them empty), 1 failed"* ]]
}
