#!/usr/bin/env bash
# All measurements that need a GPU, in under ten minutes, into one JSON file.
#
#   bash benchmarks/gpu.sh [OUT.json]
#
# Each part has a time limit; one that fails or is cut off is said, and the others go on. On the
# machine's first run, compiling takes most of the time: a part that was cut off may be run again.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ ! -f path.sh ] || . ./path.sh
. utils/common.sh

out=${1:-exp/benchmarks/gpu.json}
[ ! -e "$out" ] || {
  echo "$out exists: choose another name" >&2
  exit 1
}
mkdir -p "$(dirname "$out")"
export OMP_NUM_THREADS=1 PYTHONUNBUFFERED=1
step=benchmarks.train_step
failed=0

# part SECONDS COMMAND …
part() {
  local limit=$1
  shift
  echo "== $*"
  timeout --kill-after 5 "$limit" "$@" || {
    echo "== failed or cut off after $limit s: $*" >&2
    failed=1
  }
}

nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv || {
  echo "no NVIDIA GPU here" >&2
  exit 1
}
gpus=$(nvidia-smi --list-gpus | wc -l)
cores=$(num_processors)
workers=$((cores < 16 ? cores : 16))

# The smallest network in all ways, the others in those that say most.
part 150 python -m "$step" --device cuda --models res2net50_w8_s6_c16 --seconds 2 --json "$out"
part 110 python -m "$step" --device cuda --models res2net50_w24_s4_c32 --seconds 2 --json "$out" \
  --ways plain_fp32 plain_bf16 ours_eager ours inference
part 170 python -m "$step" --device cuda --models res2net200_w24_s4_c32_att --seconds 2 --json "$out" \
  --updates 2 --ways plain_fp32 plain_bf16 ours_recompute ours
# With the real loader; then as many processes as there are GPUs, by NCCL (also if it is one).
part 60 python -m "$step" --device cuda --models res2net50_w8_s6_c16 --ways ours --json "$out" \
  --loader "$workers"
part 60 python -m torch.distributed.run --standalone --nproc-per-node "$gpus" -m "$step" \
  --device cuda --models res2net50_w8_s6_c16 --ways ours --json "$out"
part 30 python -m benchmarks.strided_split --device cuda --json "$out"

echo "results: $out"
exit "$failed"
