#!/usr/bin/env bash
# Run a command that makes a product, unless the product is there, whole, and was made from the same things.
#
#   utils/once.sh [options] <product-dir> -- command [args]
#     --name WORDS            what to call it in messages (default: the product)
#     --input PATH            a file, or a data/model directory, that the product depends on (repeatable)
#     --place DIR             a folder that the command is told of and finds things in: it may move; small files in it count
#     --output NAME           what the product has: a file, or a folder, which stands for the files directly in it (repeatable;
#                             default: the files directly in the product)
#     --needed-by PATH        a product that needs it: if all of them are there, its files may have been removed by --clean (repeatable)
#     --anew true|false       make it, even if it is done (default: false)
#     --fixed-input PATH      the same as --input, but if it changes the product is kept and the run stops (for what took days)
#
# What the product was made from (the command, less options that change nothing in it, as --nj and --cmd, see
# speakernet/work/made_from.py, and the checksums of the inputs), and sizes and checksums of its files, are written to <product-dir>/.done after the command has
# succeeded (speakernet/work/products.py).
# A lock keeps two runs from working on one product; the second waits, then finds it done.
# Asked to leave (SIGTERM, SIGINT, SIGHUP, SIGUSR1), it ends the command and waits for it; the status is 99.
# Jobs in a batch system may outlive a run that is killed with all around it. The next run of the same command, made from the same things,
# goes on with them (utils/perl/BatchCall.pm); before any other it ends them.
set -euo pipefail
shopt -s inherit_errexit
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# measure_usage COMMAND [ARGUMENT]...: runs it, and appends a line of what it took on this machine to the file that SPEAKERNET_USAGE names, as
# utils/perl/Usage.pm has it.
measure_usage() {
  local status=0 measured=() figures='- -' state=failed gpus=0 line
  if [ -z "${SPEAKERNET_USAGE-}" ]; then
    run_forwarding "$@"
    return
  fi
  ! type -P perl >/dev/null ||
    measured=(perl "$(dirname "${BASH_SOURCE[0]}")/perl/measured.pl" "$base.usage" setpriv --pdeathsig TERM)
  run_forwarding "${measured[@]}" "$@" || status=$?
  [ ! -s "$base.usage" ] || read -r _ figures <"$base.usage" || true
  rm -f "$base.usage"
  [ "$status" != 0 ] || state='done'
  [[ $1 != */train.sh ]] || gpus=$(num_gpus)
  printf -v line '%s\t' "${SPEAKERNET_STAGE:--}" "$SPEAKERNET_PRODUCT" here - 1 1 $$ "$state" "$status" "$(uname -n)" \
    "$started" "$started" "$(date +%s)" "${figures% *}" "${figures#* }" -
  echo "$line$gpus" >>"$SPEAKERNET_USAGE" || true # what it made is worth more
  return "$status"
}

name=
anew=false
described=()
outputs=()
while [ $# -gt 0 ]; do
  case $1 in
    --name) name=$2 && shift 2 ;;
    --anew) anew=$2 && shift 2 ;;
    --input | --fixed-input | --place | --needed-by) described+=("$1" "$2") && shift 2 ;;
    --input=* | --fixed-input=*) described+=("${1%%=*}" "${1#*=}") && shift ;;
    --output) outputs+=("$1" "$2") && shift 2 ;;
    --*) die "unknown option $1" ;;
    *) break ;;
  esac
done
[ $# -ge 3 ] && [ "$2" = -- ] || die "usage: $0 [options] <product-dir> -- command [args]"
product=${1%/}
export SPEAKERNET_PRODUCT=${name:-$product} # messages begin with it
shift 2

folder=$(dirname "$product")
make_dirs "$folder"
base=$folder/.$(basename "$product")
exec 9>"$base.lock"
flock -n 9 || { log "another run works on it; waiting" && flock 9; }

export SPEAKERNET_CALLS # where utils/slurm.pl and utils/queue.pl note the folders of their calls
SPEAKERNET_CALLS=$(cd "$folder" && pwd)/.$(basename "$product").calls
# end_earlier_jobs: those that runs before this one have left.
end_earlier_jobs() {
  local call runner
  while IFS= read -r call; do
    for runner in slurm queue; do "$(dirname "${BASH_SOURCE[0]}")/$runner.pl" --give-up "$call"; done
  done <"$SPEAKERNET_CALLS"
  rm -f "$SPEAKERNET_CALLS"
}
earlier=
[ ! -s "$SPEAKERNET_CALLS" ] || [ ! -f "$base.pending" ] || earlier=$(sha256sum <"$base.pending")

status=0
python -m speakernet.bin.product check --anew "$anew" "${described[@]}" "${outputs[@]}" --pending "$base.pending" "$product" -- "$@" || status=$?
case $status in
  0) exit 0 ;;
  3) ;;
  *) exit 1 ;;
esac
if [ -s "$SPEAKERNET_CALLS" ] && { [ "$anew" = true ] || [ "$earlier" != "$(sha256sum <"$base.pending")" ]; }; then end_earlier_jobs; fi
started=$(date +%s)
log "started"
measure_usage "$@"
rm -f "$SPEAKERNET_CALLS"
# The inputs may not change while the command runs: what is written is what was read before it.
python -m speakernet.bin.product finish "${outputs[@]}" --pending "$base.pending" "$product"
log "finished in $(($(date +%s) - started)) s"
[ -z "${SPEAKERNET_MADE-}" ] || echo "$product" >>"$SPEAKERNET_MADE" # for run.sh's summary
