#!/usr/bin/env bash
# EER, minDCF, Cllr, a table and DET curves from all score files of an experiment.
set -euo pipefail
shopt -s inherit_errexit

p_targets=
bootstrap=
definition=speakernet
utt2spk=
published=
anew=false
help_message="usage: steps/evaluate.sh [options] <exp-dir> <trials> [<trials> ...]
  --p-targets P,...   priors of a target, for the detection cost (default: the definition's)
  --bootstrap N       draws of speakers for confidence intervals, 0 for none (default: 1000 with the definition
                      speakernet, which alone knows them)
  --definition NAME   of EER and minDCF: speakernet, voxsrc2020, tdy, nist, voxsrc (default: $definition)
  --utt2spk FILE      speakers of the trials (default: utt2spk beside the trials)
  --published FILE    published figures to show beside ours
  --anew true|false   also evaluate scores that have not changed (default: $anew)
makes <exp-dir>/{results.json,RESULTS.md,det.png} from <exp-dir>/{.,lm,untrained}/scores"
. "$(dirname "$0")/../utils/parse_options.sh"
[ $# -ge 2 ] || usage_error
exp=$1
shift

require_dir "$exp/scores"
require_file "$@"
[ -n "$bootstrap" ] || { [ "$definition" = speakernet ] && bootstrap=1000 || bootstrap=0; }
options=(--bootstrap "$bootstrap" --definition "$definition" --anew "$anew")
[ -z "$p_targets" ] || options+=(--p-targets "$p_targets")
[ -z "$utt2spk" ] || options+=(--utt2spk "$utt2spk")
[ -z "$published" ] || options+=(--published "$published")
python -m speakernet.bin.results "${options[@]}" "$exp" "$@"
