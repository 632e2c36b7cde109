#!/usr/bin/env bash
# Brings Debian packages into a folder, as `apt-get download` names them, and checks their checksums. No root is needed and the
# system's package lists are left alone. What is there and intact is not fetched again; a damaged file is.
set -euo pipefail
shopt -s inherit_errexit

packages_table=egs/debian_voices/packages.tsv
help_message="usage: local/debian_voices/fetch.sh [--packages-table FILE] <debs-dir> <package>..."
. "$(dirname "$0")/../../utils/parse_options.sh"
[ $# -ge 2 ] || usage_error
debs=$1 packages=("${@:2}")
require_file "$packages_table"
mkdir -p "$debs"

# way_out: how to go on without apt.
way_out() {
  echo "put the .deb files of $packages_table, taken from a Debian 12 mirror, into $debs"
}

# lookup PACKAGE: sets version, sha256, size and file.
lookup() {
  local line
  line=$(grep -P "^\Q$1\E\t" "$packages_table") || die "$packages_table has no package '$1'"
  IFS=$'\t' read -r _ version sha256 size _ <<<"$line"
  file=${1}_${version//:/%3a}_all.deb
}

# is_intact FILE SHA256 SIZE
is_intact() {
  [ -f "$1" ] && [ "$(stat -c %s "$1")" = "$3" ] && echo "$2  $1" | sha256sum --check --status
}

missing=()
for package in "${packages[@]}"; do
  lookup "$package"
  if is_intact "$debs/$file" "$sha256" "$size"; then continue; fi
  if [ -e "$debs/$file" ]; then log "$debs/$file is damaged: fetching it again"; fi
  missing+=("$package=$version")
done
[ "${#missing[@]}" -gt 0 ] || exit 0

command -v apt-get >/dev/null || die "apt-get is not here; $(way_out)"
tmp=$(mktemp -d "$debs/download.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/state/lists/partial" "$tmp/cache/archives/partial" "$tmp/debs"
# Package lists of our own: the system's may be missing or old, and are not ours to change. _apt cannot write here, hence the user.
apt=(apt-get -qq -o "Dir::State=$tmp/state" -o "Dir::Cache=$tmp/cache" -o Dir::State::status=/dev/null
  -o APT::Sandbox::User=root -o Acquire::Retries=3 -o APT::Update::Error-Mode=any)
log "fetching ${#missing[@]} packages"
"${apt[@]}" update >"$tmp/log" 2>&1 ||
  die "apt-get update failed: $(tail -n 1 "$tmp/log"); without a network, $(way_out)"
(cd "$tmp/debs" && "${apt[@]}" download "${missing[@]}") >"$tmp/log" 2>&1 ||
  die "apt-get download failed: $(tail -n 1 "$tmp/log"); if this is not Debian 12, $(way_out)"

for package in "${missing[@]%%=*}"; do
  lookup "$package"
  is_intact "$tmp/debs/$file" "$sha256" "$size" || die "$file: the download is not what $packages_table expects (size $size, sha256 $sha256)"
  write_to "$debs/$file" cat "$tmp/debs/$file"
done
