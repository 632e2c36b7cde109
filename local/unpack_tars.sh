#!/usr/bin/env bash
# Unpacks the archives of a table (local/download.py) where they lie; an archive in parts, x.tar.gzaa, x.tar.gzab, …, is read as one. What
# was unpacked whole is not unpacked again.
set -euo pipefail
shopt -s inherit_errexit

table=
help_message="usage: local/unpack_tars.sh --table FILE <dir> <group>..."
. "$(dirname "$0")/../utils/parse_options.sh"
[ $# -ge 2 ] || usage_error
require_file "$table"
dir=$1

for group in "${@:2}"; do
  # An archive's name is that of its first part, less the letters.
  mapfile -t names < <(awk -F '\t' -v group="$group" '$1 == group { print $2 }' "$table")
  for name in "${names[@]}"; do
    archive=${name%.tar.gz*}.tar.gz
    parts=("$dir/$name")
    if [ "$name" != "$archive" ]; then
      [ "$name" = "${archive}aa" ] || continue
      parts=("$dir/$archive"a?)
    fi
    [ ! -f "$dir/.$archive.unpacked" ] || continue
    log "unpacking ${parts[*]}"
    cat -- "${parts[@]}" | tar -xz --no-same-owner --directory "$dir" || die "$dir/$archive cannot be unpacked: see above"
    touch "$dir/.$archive.unpacked"
  done
done
