#!/usr/bin/env bash
# Fetches LibriSpeech (openslr 12) or its small version (openslr 31) and unpacks it. Checksums are those of downloads.tsv beside this
# file, which says where each was found.
set -euo pipefail
shopt -s inherit_errexit

groups="mini"
url=
help_message="usage: local/librispeech/download.sh [options] <dir>

  --groups \"NAME ...\"   mini (train-clean-5 and dev-clean-2), dev, test, train_clean_100, train_clean_360, train_other_500  (default: $groups)
  --url URL             take the files from there instead; {name} in it stands for a file's name"
. "$(dirname "$0")/../../utils/parse_options.sh"
[ $# -eq 1 ] || usage_error
read -ra words <<<"$groups"
exec local/fetch_corpus.sh --table local/librispeech/downloads.tsv ${url:+--url "$url"} "$1" "${words[@]}"
