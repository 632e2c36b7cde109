#!/usr/bin/env bash
# Run a command that makes a product, unless the product is there and was made from the same things.
#
#   utils/once.sh [options] <product-dir> -- command [args]
#     --name WORDS            what to call it in messages (default: the product)
#     --input PATH            a file, or a data/model directory, that the product depends on (repeatable)
#     --output NAME           a file of the product that must be there and not empty (repeatable)
#     --fixed-input PATH      the same, but if it changes the product is kept and the run stops (for what took days)
#
# What the product was made from is written to <product-dir>/.done after the command has succeeded:
# the command (without --nj, --cmd, --cuda-cmd: they never change a result; nor --nproc, as training compares the global batch) and
# a checksum of each input.
# A lock keeps two runs from working on one product; the second waits, then finds it done.
# Asked to leave (SIGTERM, SIGINT, SIGHUP, SIGUSR1), it ends the command and waits for it; the status is 99.
set -euo pipefail
shopt -s inherit_errexit
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

die() {
  echo "$0: error: $*" >&2
  exit 1
}

log() { echo "$(date '+%F %T') $name: $*"; }

# The files of a directory that say what it holds; a .done covers what lies behind them.
list_files() {
  local path=$1 file
  [ -e "$path" ] || die "no such file: $path"
  [ -d "$path" ] || { echo "$path" && return; }
  for file in .done wav.scp segments utt2spk feats.scp trials embedding.scp recipe.yaml; do
    [ ! -f "$path/$file" ] || echo "$path/$file"
  done
}

describe_command() {
  local words=()
  while [ $# -gt 0 ]; do
    case $1 in
      --nj | --cmd | --cuda-cmd | --nproc) shift ;;
      *) words+=("$1") ;;
    esac
    shift
  done
  printf 'command'
  printf ' %q' "${words[@]}"
  echo
}

# describe_input KIND PATH
describe_input() {
  local files
  files=$(list_files "$2")
  case ${files:+$2} in
    '') echo "$1 $2" ;; # a tree of a corpus: only that it is there
    *.settings) sed 's/^/setting /' "$2" ;;
    *) tr '\n' '\0' <<<"$files" | xargs -0 sha256sum | sed "s/^\([0-9a-f]*\) [ *]\(.*\)/$1 \2 \1/" ;;
  esac
}

fingerprint() {
  local input
  describe_command "$@"
  for input in "${inputs[@]}"; do describe_input input "$input"; done
  for input in "${fixed_inputs[@]}"; do describe_input fixed-input "$input"; done
}

is_complete() {
  local output
  [ -f "$product/.done" ] || return 1
  for output in "${outputs[@]}"; do
    [ -s "$product/$output" ] || return 1
  done
}

# One line per thing that differs, without the checksums.
show_changes() {
  { diff "$product/.done" <(printf '%s\n' "$wanted") || true; } | sed -n 's/^[<>] //p' |
    sed -E 's/^((fixed-)?input .*) [0-9a-f]{64}$/\1/' | sort -u | cut -c1-200 | sed 's/^/    /'
}

name=
inputs=()
fixed_inputs=()
outputs=()
while [ $# -gt 0 ]; do
  case $1 in
    --name) name=$2 && shift 2 ;;
    --input) inputs+=("$2") && shift 2 ;;
    --input=*) inputs+=("${1#*=}") && shift ;;
    --output) outputs+=("$2") && shift 2 ;;
    --fixed-input) fixed_inputs+=("$2") && shift 2 ;;
    --*) die "unknown option $1" ;;
    *) break ;;
  esac
done
[ $# -ge 3 ] && [ "$2" = -- ] || die "usage: $0 [options] <product-dir> -- command [args]"
product=${1%/}
name=${name:-$product}
shift 2

mkdir -p "$(dirname "$product")"
exec 9>"$(dirname "$product")/.$(basename "$product").lock"
flock -n 9 || { log "another run works on it; waiting" && flock 9; }

wanted=$(fingerprint "$@")
if is_complete; then
  if [ "$wanted" = "$(cat "$product/.done")" ]; then
    log "done before, skipped"
    exit 0
  fi
  log "made from other things than are asked for now:"
  changes=$(show_changes)
  echo "$changes"
  [[ $changes != *fixed-input* ]] || die "$product is kept; take another directory or remove it to make it anew"
fi

rm -f "$product/.done"
started=$(date +%s)
log "started"
run_forwarding "$@"
for output in "${outputs[@]}"; do
  [ -s "$product/$output" ] || die "$name: the command succeeded but $product/$output is missing"
done
# The inputs may not change while the command runs: what is written is what was read before it.
printf '%s\n' "$wanted" >"$product/.done.tmp"
mv "$product/.done.tmp" "$product/.done"
log "finished in $(($(date +%s) - started)) s"
