#!/usr/bin/env bash
# All measurements that need a GPU, in under ten minutes, into one JSON file.
#
#   bash benchmarks/gpu.sh [OUT.json]
#
# Each part has a time limit; one that fails or is cut off is said, and the others go on. On the machine's first run, compiling
# takes most of the time. The same call again measures what OUT.json does not have yet.
#
# Needed: a Python of at least 3.11 with torch 2.10 or newer for CUDA, numpy, pydantic and PyYAML; for compiling a C compiler and
# Python's headers; for the loader 200 MB in /dev/shm and, at its full speed, Numba; for readers of recordings SciPy, PyAV (av) and
# 17 processors. The first of .venv/bin/python and python3 that has the packages and sees a GPU is taken, otherwise path.sh makes a
# .venv, which downloads them. Where there is torch but no network, carry the others:
#   elsewhere: python3 -m pip install --target packages --only-binary :all: --python-version 3.12 numpy pydantic PyYAML scipy av
#   there:     PYTHONPATH=$PWD/packages bash benchmarks/gpu.sh           (3.12: the version of the Python there)
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. utils/common.sh

out=${1:-exp/benchmarks/gpu.json}
mkdir -p "$(dirname "$out")"
export OMP_NUM_THREADS=1 PYTHONUNBUFFERED=1
failed=0

# sees_gpu PYTHON: has the packages, and a torch that works with the GPU here.
sees_gpu() {
  "$1" -c 'import numpy, pydantic, torch, yaml; raise SystemExit(not torch.cuda.is_available())'
}

# part SECONDS COMMAND …
part() {
  local limit=$1
  shift
  echo "== $*"
  timeout --kill-after 2 "$limit" "$@" || {
    echo "== failed or cut off after $limit s: $*" >&2
    failed=1
  }
}

packages=${PYTHONPATH:-}
export PYTHONPATH=$PWD${packages:+:$packages}
python=
for candidate in .venv/bin/python python3; do
  if sees_gpu "$candidate" 2>/dev/null; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then
  nvidia-smi >/dev/null || die "no NVIDIA GPU here"
  . ./path.sh
  python=.venv/bin/python
  sees_gpu "$python" || die "the torch of $python sees no GPU"
fi
# Containers may lack this program.
nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv || true
gpus=$("$python" -c 'import torch; print(torch.cuda.device_count())')
cores=$(num_processors)
workers=$((cores < 16 ? cores : 16))
step=("$python" -m benchmarks.train_step --device cuda --json "$out" --seconds 2)
torchrun=("$python" -m torch.distributed.run --standalone --local-addr localhost --nproc-per-node "$gpus")
networks=(res2net50_w8_s6_c16 res2net50_w24_s4_c32 res2net200_w24_s4_c32_att)

# The smallest network in all ways, the others in those that say most; then all with the real loader.
part 120 "${step[@]}" --models "${networks[0]}"
part 90 "${step[@]}" --models "${networks[1]}" --ways plain_fp32 plain_bf16 ours ours_eager inference
part 130 "${step[@]}" --models "${networks[2]}" --ways plain_fp32 plain_bf16 ours ours_recompute --updates 2
part 75 "${step[@]}" --models "${networks[@]}" --ways ours plain_bf16 --updates 2 --loader "$workers"
# How long the smallest network waits for readers of recordings, which make features or leave them to the GPU.
part 60 "$python" -m benchmarks.gpu_readers --device cuda --workers 8 16 --json "$out"
# As many processes as there are GPUs, by NCCL; of one process, only whether NCCL works.
if [ "$gpus" -gt 1 ]; then
  part 45 "${torchrun[@]}" -m "${step[@]:2}" --models "${networks[0]}" --ways ours
fi
part 30 "${torchrun[@]}" -m benchmarks.all_reduce --models "${networks[@]}" --json "$out"
part 30 "$python" -m benchmarks.strided_split --device cuda --json "$out"

echo "results: $out"
exit "$failed"
