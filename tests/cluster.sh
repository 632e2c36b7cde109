#!/usr/bin/env bash
# Runs of the small recipe on a real Slurm and a real GridEngine that this starts on this machine, compared with a run without them. Not part
# of `make test`: an hour on two cores. Needs root and the packages that tests/bash/slurm_cluster.sh and gridengine_cluster.sh name.
#   tests/cluster.sh DIR [local] [slurm] [gridengine] [nodes] [submit]       DIR should be short and new; the parts in this order (default: all)
set -euo pipefail
shopt -s inherit_errexit
dir=$(realpath "${1:?usage: $0 DIR [PART...]}")
shift
[ $# -gt 0 ] || set -- local slurm gridengine nodes submit
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ./path.sh
mkdir -p "$dir"
trap 'stop_all' EXIT

stop_all() {
  local system
  for system in slurm gridengine; do
    [ ! -d "$dir/$system.cluster" ] || tests/bash/${system}_cluster.sh stop "$dir/$system.cluster" || true
    rm -rf "$dir/$system.cluster"
  done
}

use_slurm() {
  export SLURM_CONF=$dir/slurm.cluster/slurm.conf
  [ -d "$dir/slurm.cluster" ] || tests/bash/slurm_cluster.sh start "$dir/slurm.cluster" 4
}

use_gridengine() {
  [ -d "$dir/gridengine.cluster" ] || tests/bash/gridengine_cluster.sh start "$dir/gridengine.cluster"
  . "$dir/gridengine.cluster/settings.sh"
}

# options NAME RUNNER: of a run in $dir/NAME.
options() {
  words=(--recipe egs/debian_voices_subset/tdnn_c32 --nj 3 --data "$dir/$1/data" --exp "$dir/$1/exp" --cmd "$2" --cuda-cmd "$2 --num-threads 1" --nproc 1)
}

# check NAME: the run in $dir/NAME has made what that in $dir/local has made.
check() {
  echo "$1 compared with local: $(python -m tests.endurance.contents "$dir/$1" "$dir/local")"
}

# runs NAME RUNNER
runs() {
  options "$1" "$2"
  bash run.sh "${words[@]}" >"$dir/$1.output" 2>&1 || { tail -n 20 "$dir/$1.output" && exit 1; }
  grep 'used so far' "$dir/$1.output" || true
}

# trains NAME OPTION...: a tiny network on machines that are all this one; its weights go to $dir/nodes/NAME.
trains() {
  local exp=$dir/nodes/$1
  bash steps/train.sh "${@:2}" "$dir/nodes/recipe.yaml" "$dir/nodes/data" "$exp" >"$exp.output" 2>&1 ||
    { tail -n 20 "$exp.output" && exit 1; }
}

part_local() { runs local utils/run.pl; }

part_slurm() {
  use_slurm
  runs slurm utils/slurm.pl
  check slurm
}

part_gridengine() {
  use_gridengine
  runs gridengine utils/queue.pl
  check gridengine
}

# 16 utterances an update: on 2 machines, on one with 2 processes, and in one process after each other.
part_nodes() {
  use_slurm
  use_gridengine
  mkdir -p "$dir/nodes"
  python -m tests.training.corpus "$dir/nodes"
  trains local.1x2 --nproc 2 --num-threads 2
  trains slurm.2x1 --nproc 1 --num-nodes 2 --cuda-cmd "utils/slurm.pl --num-threads 1"
  trains gridengine.2x1 --nproc 1 --num-nodes 2 --cuda-cmd "utils/queue.pl --num-threads 1"
  trains slurm.1x1 --set train.accumulate=2 --nproc 1 --cuda-cmd "utils/slurm.pl --num-threads 1"
  python -m tests.endurance.weights "$dir"/nodes/{local.1x2,slurm.2x1,gridengine.2x1,slurm.1x1}/checkpoints/final.pt
}

# submits SYSTEM LIMIT WARNING_S: one call of utils/submit.sh, a job whose limit is a third of what the run takes.
submits() {
  local name=submit.$1 shown=0
  options "$name" utils/run.pl
  rm -rf "exp/submitted/$name"
  utils/submit.sh --name "$name" --system "$1" --time "$2" --warning-s "$3" -- "${words[@]}"
  until [[ "$(cat "exp/submitted/$name/1.status" 2>/dev/null)" == [0-9]* && "$(cat "exp/submitted/$name/1.status")" != 99 ]]; do sleep 2; done
  cp -r "exp/submitted/$name" "$dir/$name.job"
  shown=$(wc -l <"exp/submitted/$name/1.starts")
  echo "$name: status $(cat "exp/submitted/$name/1.status") after $shown starts"
  check "$name"
}

part_submit() {
  use_slurm
  submits slurm 00:02:00 "${SLURM_WARNING_S:-30}"
  use_gridengine
  submits gridengine 00:02:00 60
}

for part in "$@"; do
  echo "== $part ($(date +%T))"
  "part_$part"
done
