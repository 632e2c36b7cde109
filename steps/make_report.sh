#!/usr/bin/env bash
# A page (HTML) about an experiment's results: figures, curves, errors, hardest trials, settings.
set -euo pipefail
shopt -s inherit_errexit

utt2spk=
clips_mib=0
help_message="usage: steps/make_report.sh [options] <exp-dir> <trials> [<trials> ...]
  --utt2spk FILE      speakers of the trials (default: utt2spk beside the trials)
  --clips-mib MIB     how much of the hardest trials' recordings to put into the page (default: $clips_mib: they are played from their files)
makes <exp-dir>/report.html, and <exp-dir>/report with tables of all speakers and pairs, from <exp-dir>/results.json and what it is about"
. "$(dirname "$0")/../utils/parse_options.sh"
[ $# -ge 2 ] || usage_error
exp=$1
shift

require_file "$exp/results.json" "$@"
options=(--clips-mib "$clips_mib")
[ -z "$utt2spk" ] || options+=(--utt2spk "$utt2spk")
for list in "$@"; do options+=(--trials "$list"); done
python -m speakernet.bin.report "${options[@]}" --tables "$exp/report" "$exp" "$exp/report.html"
