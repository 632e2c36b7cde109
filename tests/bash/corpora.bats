#!/usr/bin/env bats
# Preparing the corpora: downloads that fail, are damaged or are there already; missing pieces; wrong options. Nothing is fetched
# from anywhere: a stand-in for apt-get copies files that the test made.

setup() {
  cd "$BATS_TEST_DIRNAME/../.." || exit 1
  tmp=$BATS_TEST_TMPDIR
  mkdir -p "$tmp/bin" "$tmp/mirror" "$tmp/debs"
  printf 'one\n' >"$tmp/mirror/voices_1%3a2-3_all.deb"
  printf 'two two\n' >"$tmp/mirror/noises_4_all.deb"
  {
    printf 'package\tversion\tsha256\tsize\tlicence\n'
    printf 'voices\t1:2-3\t%s\t4\tGPL-2\n' "$(sha256sum <"$tmp/mirror/voices_1%3a2-3_all.deb" | cut -d ' ' -f 1)"
    printf 'noises\t4\t%s\t8\tGPL-2\n' "$(sha256sum <"$tmp/mirror/noises_4_all.deb" | cut -d ' ' -f 1)"
  } >"$tmp/packages.tsv"
  fake_apt 'cp "$mirror/${package%%=*}"_*.deb .'
}

# fake_apt DOWNLOAD: an apt-get that notes its calls and runs DOWNLOAD for each package it should fetch.
fake_apt() {
  cat >"$tmp/bin/apt-get" <<SCRIPT
#!/usr/bin/env bash
echo "\$*" >>"$tmp/calls"
mirror=$tmp/mirror
while [ "\$1" != update ] && [ "\$1" != download ]; do shift; done
[ "\$1" = download ] || exit 0
shift
for package; do $1; done
SCRIPT
  chmod +x "$tmp/bin/apt-get"
}

fetch() {
  PATH=$tmp/bin:$PATH run local/debian_voices/fetch.sh --packages-table "$tmp/packages.tsv" "$tmp/debs" "$@"
}

# only_tools: a PATH with the tools that the script uses, and no apt-get.
only_tools() {
  local tool
  mkdir -p "$tmp/tools"
  for tool in bash env grep stat sha256sum mkdir mktemp dirname realpath rm mv tail; do ln -sf "$(type -P "$tool")" "$tmp/tools/$tool"; done
  echo "$tmp/tools"
}

@test "packages are fetched once" {
  fetch voices noises
  [ "$status" -eq 0 ]
  cmp "$tmp/mirror/voices_1%3a2-3_all.deb" "$tmp/debs/voices_1%3a2-3_all.deb"
  [ "$(grep -c ' download ' "$tmp/calls")" -eq 1 ]
  fetch voices noises
  [ "$status" -eq 0 ]
  [ "$output" = "" ]
  [ "$(grep -c ' download ' "$tmp/calls")" -eq 1 ]
  rm "$tmp"/debs/*_all.deb
  [ -z "$(ls -A "$tmp/debs")" ]
}

@test "a damaged file in the cache is fetched again, the others are not" {
  cp "$tmp"/mirror/* "$tmp/debs"
  printf 'One\n' >"$tmp/debs/voices_1%3a2-3_all.deb"
  fetch voices noises
  [ "$status" -eq 0 ]
  [[ $output == *"voices_1%3a2-3_all.deb is damaged: fetching it again"* ]]
  cmp "$tmp/mirror/voices_1%3a2-3_all.deb" "$tmp/debs/voices_1%3a2-3_all.deb"
  grep -q 'download voices=1:2-3$' "$tmp/calls"
}

@test "a download that is cut short or altered is refused and not kept" {
  fake_apt 'printf "on" >"${package%%=*}_1%3a2-3_all.deb"'
  fetch voices
  [ "$status" -eq 1 ]
  [[ ${lines[-1]} == "fetch.sh: error: voices_1%3a2-3_all.deb: the download is not what "*"packages.tsv expects (size 4, sha256 "* ]]
  [ -z "$(ls -A "$tmp/debs")" ]
}

@test "a failing download says why and what to do" {
  fake_apt 'echo "E: Version 1:2-3 for voices was not found" >&2; exit 100'
  fetch voices
  [ "$status" -eq 1 ]
  [[ ${lines[-1]} == "fetch.sh: error: apt-get download failed: E: Version 1:2-3 for voices was not found; if this is not Debian 12, put the .deb files of "*" into $tmp/debs" ]]
  [ -z "$(ls -A "$tmp/debs")" ]
}

@test "without apt-get the way out is told, and the cache alone is enough" {
  tools=$(only_tools)
  PATH=$tools run "$tools/bash" local/debian_voices/fetch.sh --packages-table "$tmp/packages.tsv" "$tmp/debs" voices
  [ "$status" -eq 1 ]
  [[ ${lines[-1]} == "fetch.sh: error: apt-get is not here; put the .deb files of $tmp/packages.tsv, "*" into $tmp/debs" ]]
  cp "$tmp"/mirror/* "$tmp/debs"
  PATH=$tools run "$tools/bash" local/debian_voices/fetch.sh --packages-table "$tmp/packages.tsv" "$tmp/debs" voices
  [ "$status" -eq 0 ]
}

@test "an unknown package, an unknown option and a missing argument are errors" {
  fetch voices nothing
  [ "$status" -eq 1 ]
  [ "${lines[-1]}" = "fetch.sh: error: $tmp/packages.tsv has no package 'nothing'" ]
  run local/debian_voices/prepare.sh --subsets true "$tmp/data"
  [ "$status" -eq 1 ]
  [ "$output" = "prepare.sh: error: invalid option --subsets" ]
  run local/debian_voices/prepare.sh --subset maybe "$tmp/data"
  [ "$status" -eq 1 ]
  [[ $output == *"expected true or false"* ]]
  run local/debian_voices/prepare.sh
  [ "$status" -eq 1 ]
  [[ $output == usage:* ]]
  [ ! -e "$tmp/data" ]
}

@test "a package that is cut short is one clear line" {
  . ./path.sh
  printf 'speaker\tlanguage\tgender\trole\tpackage\tpattern\tsession\tsubset\nx\tel\t-\ttrain\tvoices\t.*\t\t-\n' >"$tmp/speakers.tsv"
  printf 'kind\tsource\tpackage\tpattern\tgenre\tsubset\n' >"$tmp/sounds.tsv"
  printf '!<arch>\n' >"$tmp/debs/voices_1%3a2-3_all.deb"
  run python local/debian_voices/prepare_corpus.py --tables "$tmp" --debs "$tmp/debs" "$tmp/data"
  [ "$status" -eq 1 ]
  [ "$output" = "prepare_corpus: error: $tmp/debs/voices_1%3a2-3_all.deb: not a complete Debian package: it has no data.tar" ]
  [ -z "$(ls -A "$tmp/data")" ]
}

@test "VoxCeleb: what is missing is one clear line" {
  run local/voxceleb/prepare.sh "$tmp/data"
  [ "$status" -eq 1 ]
  [ "$output" = "prepare.sh: error: --data-root DIR is needed: where VoxCeleb lies (see --help)" ]
  mkdir -p "$tmp/root"
  run local/voxceleb/prepare.sh --data-root "$tmp/root" "$tmp/data"
  [ "$status" -eq 1 ]
  [ "$output" = "prepare.sh: error: no such directory $tmp/root/musan/noise" ]
  mkdir -p "$tmp/root/musan/"{noise,music,speech} "$tmp/root/RIRS_NOISES/simulated_rirs/"{smallroom,mediumroom}
  run local/voxceleb/prepare.sh --data-root "$tmp/root" "$tmp/data"
  [ "$status" -eq 1 ]
  [ "$output" = "prepare.sh: error: no such file $tmp/root/RIRS_NOISES/simulated_rirs/smallroom/rir_list" ]
  run local/voxceleb/prepare.sh --data-root "$tmp/root" --needs "voxceleb1 trials_o_clean" "$tmp/data"
  [ "$status" -eq 1 ]
  [[ $output == "make_data_dirs: error: $tmp/root: no veri_test2.txt (the official list of trials_o_clean); "* ]]
  [ ! -e "$tmp/data" ]
}

# A made-up corpus of three speakers, in a root whose name has a space.
make_voxceleb() {
  local root=$1 list
  mkdir -p "$root"/musan/{noise,music,speech} "$root"/RIRS_NOISES/simulated_rirs/{smallroom,mediumroom} \
    "$root"/voxceleb1/{dev/wav/id10001/a,test/wav/id10270/b} "$root/voxceleb2/dev/wav/id00012/c"
  echo x | tee "$root"/RIRS_NOISES/simulated_rirs/{smallroom,mediumroom}/rir_list \
    "$root"/voxceleb1/{dev/wav/id10001/a/00001,dev/wav/id10001/a/00002,test/wav/id10270/b/00001}.wav \
    "$root/voxceleb2/dev/wav/id00012/c/00001.wav" >"$tmp/log"
  for list in veri_test2 list_test_all2 list_test_hard2; do
    echo "1 id10001/a/00001.wav id10001/a/00002.wav" >"$root/$list.txt"
  done
}

@test "VoxCeleb: a partial corpus only where it is asked for, and two runs at the same time make the same whole sets" {
  root="$tmp/my root"
  make_voxceleb "$root"
  run local/voxceleb/prepare.sh --data-root "$root" --nj 2 "$tmp/data"
  [ "$status" -eq 1 ]
  [[ ${lines[-1]} == *"voxceleb1: found 2 speakers and 3 utterances; expected 1251 and 153516 (--partial true"* ]]
  [ ! -e "$tmp/data/voxceleb1_dev" ]
  local prepare=(local/voxceleb/prepare.sh --data-root "$root" --nj 2 --partial true)
  run "${prepare[@]}" "$tmp/alone"
  [ "$status" -eq 0 ]
  [ "$(cat "$tmp/alone/voxceleb1/trials_h_clean")" = "id10001/a/00001.wav id10001/a/00002.wav target" ]
  grep -qxF "id00012/c/00001.wav $root/voxceleb2/dev/wav/id00012/c/00001.wav" "$tmp/alone/voxceleb2_dev/wav.scp"
  [ "$(ls -A "$tmp/alone")" = "$(printf '%s\n' voxceleb1 voxceleb1_dev voxceleb2_dev)" ]
  "${prepare[@]}" "$tmp/data" >"$tmp/first.log" 2>&1 &
  local first=$!
  "${prepare[@]}" "$tmp/data" >"$tmp/second.log" 2>&1
  wait "$first"
  diff -r "$tmp/alone" "$tmp/data"
}

@test "archives in one or more parts are unpacked once, and a damaged one is told" {
  mkdir -p "$tmp/tree/C" "$tmp/my corpora"
  head -c 200000 /dev/urandom >"$tmp/tree/C/noise"
  tar -cz --directory "$tmp/tree" C >"$tmp/all"
  split --number 3 "$tmp/all" "$tmp/my corpora/c_v2.tar.gz"
  printf 'group\tname\tmd5\turl\tsource\n' >"$tmp/downloads.tsv"
  printf 'c\tc_v2.tar.gz%s\t-\thttp://x\t-\n' aa ab ac >>"$tmp/downloads.tsv"
  run local/unpack_tars.sh --table "$tmp/downloads.tsv" "$tmp/my corpora" c
  [ "$status" -eq 0 ]
  cmp "$tmp/tree/C/noise" "$tmp/my corpora/C/noise"
  run local/unpack_tars.sh --table "$tmp/downloads.tsv" "$tmp/my corpora" c
  [ "$status" -eq 0 ] && [ -z "$output" ]
  rm "$tmp/my corpora/.c_v2.tar.gz.unpacked"
  cp "$tmp/tree/C/noise" "$tmp/my corpora/c_v2.tar.gzab"
  run local/unpack_tars.sh --table "$tmp/downloads.tsv" "$tmp/my corpora" c
  [ "$status" -eq 1 ]
  [[ ${lines[-1]} == *"my corpora/c_v2.tar.gz cannot be unpacked: see above" ]]
}
