#!/usr/bin/env bash
# Runs the command whose words are the arguments, as `harmless` of utils/common.sh spells them. For runners that hand the words of
# a job to a shell, as Kaldi's do; see job_command.
set -euo pipefail
shopt -s inherit_errexit

words=()
for word in "$@"; do
  [ "$word" != = ] || word=
  printf -v word %b "${word//=/\\x}"
  words+=("$word")
done
exec "${words[@]}"
