#!/usr/bin/env bash
# Fetches the files of a table (local/download.py) and unpacks the archives among them. What is there is not fetched again, what was cut
# off goes on.
set -euo pipefail
shopt -s inherit_errexit

table=
url=
help_message="usage: local/fetch_corpus.sh --table FILE [--url URL] <dir> <group>...

  --table FILE  group, name, md5 and source of each file
  --url URL     take the files from there instead; {name} in it stands for a file's name"
. "$(dirname "$0")/../utils/parse_options.sh"
[ $# -ge 2 ] || usage_error
require_file "$table"
. ./path.sh

python local/download.py --table "$table" ${url:+--url "$url"} "$@"
local/unpack_tars.sh --table "$table" "$@"
