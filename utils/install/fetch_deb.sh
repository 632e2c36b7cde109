#!/usr/bin/env bash
# Fetches Debian packages without installing them, and without root: their files lie in a folder of the cache afterwards, those of several in
# one, which has the name of the first.
#   dir=$(utils/install/fetch_deb.sh PACKAGE [PACKAGE ...])
# What is there already is not fetched again. apt checks what it fetches against Debian's signed lists.
set -euo pipefail
shopt -s inherit_errexit
. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

packages=("$@") package=$1
cache=${SPEAKERNET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/speakernet}
dir=$cache/deb/$package

if [[ -d $dir ]]; then
  echo "$dir"
  exit 0
fi
if [[ -z $(type -P apt-get) || -z $(type -P dpkg-deb) ]]; then
  die "the Debian package $package is needed, and this system has no apt-get and dpkg-deb"
fi

mkdir -p "$cache/deb" "$cache/apt/lists/partial" "$cache/apt/archives/partial"
tmp=$(mktemp -d "$cache/deb/.$package.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
log=$tmp/apt.log
own_lists=(-o "Dir::State::lists=$cache/apt/lists" -o "Dir::Cache=$cache/apt"
  -o Debug::NoLocking=1 -o APT::Sandbox::User=)

# The system's lists may be missing or old; then lists of our own are fetched.
download() { (cd "$tmp" && apt-get "$@" -q download "${packages[@]}") >>"$log" 2>&1; }
if ! download -o APT::Sandbox::User=; then
  apt-get "${own_lists[@]}" -q update >>"$log" 2>&1 || true
  if ! download "${own_lists[@]}"; then
    sed "s/^/$package: /" "$log" >&2
    die "apt-get could not fetch the Debian package $package (see above)"
  fi
fi

mkdir "$tmp/files"
for file in "$tmp"/*.deb; do dpkg-deb -x "$file" "$tmp/files"; done
move "$tmp/files" "$dir" 2>/dev/null || [[ -d $dir ]] # another process may have been faster
echo "$dir"
