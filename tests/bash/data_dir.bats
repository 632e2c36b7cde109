#!/usr/bin/env bats
# The data-directory tools as users call them: names, options, exit codes, one line for each mistake.

setup() {
  utils="$BATS_TEST_DIRNAME/../../utils"
  cd "$BATS_TEST_TMPDIR" || exit 1
  mkdir data
  printf '%s\n' 's1-a s1' 's1-b s1' 's2-é s2' >data/utt2spk
  awk '{print $1, "wav/" $1 ".wav"}' data/utt2spk >data/wav.scp
  "$utils/utt2spk_to_spk2utt.sh" data/utt2spk >data/spk2utt
}

# fails WORDS COMMAND...: the command fails and its one line holds the words.
fails() {
  local words=$1
  shift
  run "$@"
  [ "$status" -ne 0 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ $output == *"$words"* ]] || {
    echo "$output"
    return 1
  }
}

@test "a good directory is valid; what is missing must be allowed" {
  run "$utils/validate_data_dir.sh" --no-feats --no-text data
  [ "$status" -eq 0 ]
  [[ $output == *"successfully validated data directory data"* ]]
  fails "feats.scp: no such file" "$utils/validate_data_dir.sh" --no-text data
  fails "no such data directory" "$utils/validate_data_dir.sh" none
  run "$utils/validate_data_dir.sh" --no-such data
  [ "$status" -ne 0 ]
}

@test "broken tables: three fields, order, duplicates, line ends, bytes" {
  check() {
    printf '%b' "$1" >"data/$2"
    fails "$3" "$utils/validate_data_dir.sh" --no-feats --no-text data
  }
  check 's1-a s1 x\ns1-b s1\ns2-é s2\n' utt2spk "data/utt2spk:1: found 3 fields"
  check 's1-a s1\ns1-b s1\ns2-é s2' utt2spk "data/utt2spk:3: the last line does not end in a newline"
  check 's1-a s1\ns1-a s1\ns2-é s2\n' utt2spk "data/utt2spk:2: duplicate id 's1-a'"
  check 's1-a s1\r\ns1-b s1\r\ns2-é s2\r\n' utt2spk "data/utt2spk:1: the line ends in CR LF"
  check 's1-a s1\ns1-\xff s1\n' utt2spk "data/utt2spk:2: not valid UTF-8"
  check '' utt2spk "data/utt2spk: the file is empty"
  printf '%s\n' 's1-a s1' 's1-b s1' 's2-é s2' >data/utt2spk
  check 's1-b x\ns1-a x\ns2-é x\n' wav.scp "data/wav.scp:2: 's1-a' comes after 's1-b'"
  check 's1-a x\ns1-b x\ns2-x x\n' wav.scp "data/wav.scp:3: 's2-x' is not in data/utt2spk"
}

@test "fix mends order and missing ids, says what it did, and twice is once" {
  printf '%s\n' 's2-é x' 's1-b x' 's9 x' >data/wav.scp
  run "$utils/fix_data_dir.sh" data
  [ "$status" -eq 0 ]
  [[ $output == *"kept 2 utterances out of 3"* ]]
  [ "$(cat data/wav.scp)" = "$(printf 's1-b x\ns2-é x')" ]
  [ "$(wc -l <data/.backup/utt2spk)" -eq 3 ]
  run "$utils/fix_data_dir.sh" data
  [[ $output == *"kept all 2 utterances"* ]]
  printf '%s\n' 's1-b s1' 's1-b s2' >data/utt2spk
  fails "data/utt2spk: duplicate id 's1-b', with different values" "$utils/fix_data_dir.sh" data
}

@test "copy, combine, subset and split" {
  "$utils/copy_data_dir.sh" --utt-suffix -noise data noise
  "$utils/combine_data.sh" all data noise
  run "$utils/validate_data_dir.sh" --no-feats --no-text all
  [ "$status" -eq 0 ]
  [ "$(cut -d' ' -f1 all/utt2spk | tr '\n' ' ')" = "s1-a s1-a-noise s1-b s1-b-noise s2-é s2-é-noise " ]
  "$utils/subset_data_dir.sh" all 3 few
  [ "$(wc -l <few/utt2spk)" -eq 3 ]
  "$utils/subset_data_dir.sh" --speakers all 5 few
  "$utils/subset_data_dir.sh" --utt-list data/utt2spk all few
  cmp few/utt2spk data/utt2spk
  printf '%s\n' 's1-a 1.5' 's2-é 2' >list
  "$utils/subset_data_dir.sh" --reco-list list all few
  [ "$(cut -d' ' -f1 few/wav.scp | tr '\n' ' ')" = "s1-a s2-é " ]
  "$utils/split_data.sh" all 2
  cat all/split2/{1,2}/utt2spk | cmp - all/utt2spk
  "$utils/split_data.sh" --per-utt all 5
  [ "$(cat all/split5utt/{1,2,3,4,5}/wav.scp | wc -l)" -eq 6 ]
  fails "2 speakers do not fill 3 parts" "$utils/split_data.sh" all 3
  fails "cannot take 7 utterances of 6" "$utils/subset_data_dir.sh" --first all 7 few
  fails "expected SOURCE N TARGET" "$utils/subset_data_dir.sh" all few
  fails "'s1-a' is in two sources" "$utils/combine_data.sh" twice data data
  [ -z "$(compgen -G 'twice*')" ]
}

@test "a speaker map and back; a broken one is an error" {
  run "$utils/spk2utt_to_utt2spk.sh" data/spk2utt
  [ "$output" = "$(cat data/utt2spk)" ]
  echo 's1-a s1 x' >bad
  fails "bad:1: found 3 fields" "$utils/utt2spk_to_spk2utt.sh" bad
}

@test "a file that cannot be written: one line, and nothing half-made" {
  seq 3000 | awk '{printf "s%04d-a s%04d\n", $1, $1}' >data/utt2spk
  awk '{print $1, "wav/" $1 ".wav"}' data/utt2spk >data/wav.scp
  "$utils/utt2spk_to_spk2utt.sh" data/utt2spk >data/spk2utt
  # The shell's limit stands for a full disk, which only root can make.
  fails "File too large" bash -c 'ulimit -f 16; exec "$@"' bash "$utils/copy_data_dir.sh" --utt-prefix x- data copy
  [ -z "$(compgen -G 'copy*')" ]
}
