#!/usr/bin/env bash
# Sourced by steps/train.sh for --scratch: data on the machine's own disk while a training reads them.
# shellcheck disable=SC2154 # steps/train.sh sets what it reads

# copy_data_to DIR: $data_dir becomes a copy below DIR, which is removed at the end of this script. What scripts that were killed have left there
# goes now: each holds a lock on its own. Where the copy fails, for want of room or otherwise, the data are read where they are.
copy_data_to() {
  local folder=$1/speakernet-$UID old lock status=0
  (umask 077 && make_dirs "$folder")
  exec {lock}>"$folder/lock"
  flock "$lock"
  for old in "$folder"/run.*; do
    [ ! -d "$old" ] || ! flock -n "$old/lock" true || rm -rf "$old"
  done
  scratch_copy=$(mktemp -d "$folder/run.XXXXXX") || die "--scratch: cannot write to $1"
  trap 'rm -rf "$scratch_copy"' EXIT
  exec {scratch_lock}>"$scratch_copy/lock"
  flock "$scratch_lock"
  exec {lock}>&-
  run_forwarding python -m speakernet.bin.copy_to_scratch "$data_dir" "$scratch_copy/data" || status=$?
  case $status in
    0) data_dir=$scratch_copy/data ;;
    99) exit 99 ;;
    *)
      rm -rf "$scratch_copy/data"
      log "warning: reads $data_dir where it is, as it could not be copied to $folder"
      ;;
  esac
}
