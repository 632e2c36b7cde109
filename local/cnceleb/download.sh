#!/usr/bin/env bash
# Fetches CN-Celeb 1 and 2 (openslr 82) and unpacks it. Checksums are those of downloads.tsv beside this file, which says where each was
# found.
set -euo pipefail
shopt -s inherit_errexit

groups="cnceleb1 cnceleb2"
url=
help_message="usage: local/cnceleb/download.sh [options] <dir>

  --groups \"NAME ...\"   cnceleb1 (22 GB), cnceleb2 (three parts)  (default: $groups)
  --url URL             take the files from there instead; {name} in it stands for a file's name"
. "$(dirname "$0")/../../utils/parse_options.sh"
[ $# -eq 1 ] || usage_error
read -ra words <<<"$groups"
exec local/fetch_corpus.sh --table local/cnceleb/downloads.tsv ${url:+--url "$url"} "$1" "${words[@]}"
