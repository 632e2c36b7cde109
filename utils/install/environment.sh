#!/usr/bin/env bash
# Makes .venv, the Python environment of this folder, from the lock files in requirements/; or, with SPEAKERNET_ENV=active, checks
# that the Python in PATH has what pyproject.toml asks for. Called by path.sh.
#   utils/install/environment.sh [--dev]       --dev: with the tools for tests and linters
# Does nothing, in a few milliseconds, where .venv fits the lock files, or where the active Python fitted and has not changed
# since. Wheels are kept in $SPEAKERNET_CACHE, and whatever comes from there or from the network is compared with the checksums
# in the lock files. Settings:
#   SPEAKERNET_ENV=active        use the python in PATH (of a venv, conda, a module, a container); no .venv is made
#   SPEAKERNET_CACHE=DIR         where downloads are kept (default: ~/.cache/speakernet)
#   SPEAKERNET_PYTHON=PROGRAM    the Python to use (default: the first of python3, python3.14, … that is 3.11 to 3.14)
#   SPEAKERNET_TORCH=cpu|cuda    which torch (default: cuda where there is an NVIDIA GPU)
set -euo pipefail
shopt -s inherit_errexit
. "$(dirname "${BASH_SOURCE[0]}")/../common.sh"

# Links to utils in folders of one's own lead to the same environment, which is looked at once.
root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${SPEAKERNET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/speakernet}
venv=$root/.venv
torch_index=https://download.pytorch.org/whl/cpu

main() {
  local wanted=run
  if [[ ${1:-} == --dev ]]; then wanted=dev; fi
  case ${SPEAKERNET_ENV:-} in
    '') make_environment "$wanted" ;;
    active) check_active "$wanted" ;;
    *) die "SPEAKERNET_ENV must be 'active' or unset, not '$SPEAKERNET_ENV'" ;;
  esac
}

make_environment() {
  local wanted=$1
  unset PYTHONPATH PYTHONHOME
  PATH=${PATH//"$venv/bin:"/} # python3 must be the system's
  if is_ready "$wanted"; then return; fi
  exec {lock}>"$root/.venv.lock" || die "cannot write in $root, and .venv must be made there"
  if ! flock --nonblock "$lock"; then
    log "waiting for another process that is making .venv"
    flock "$lock"
  fi
  is_ready run || make_run
  if [[ $wanted == dev ]]; then is_ready dev || make_dev; fi
}

# The stamp has the times of the files and folders that the answer hangs on, as check.py prints them.
check_active() {
  local python path=${PYTHONPATH:-} key stamp listing files extra=()
  python=$(type -P python) || die "SPEAKERNET_ENV=active, but there is no program named python in PATH"
  path=${path#"$root"}
  key=$(sha256sum <<<"$1 $root $python ${path#:}")
  stamp=$cache/active/${key%% *}
  if [[ -f $stamp ]]; then
    mapfile -t files < <(cut -d ' ' -f 3- "$stamp")
    if [[ $(times_of "${files[@]}") == "$(<"$stamp")" ]]; then return; fi
  fi
  is_supported "$python" || die "SPEAKERNET_ENV=active: $python is $(version_of "$python"); 3.11, 3.12, 3.13 or 3.14 is needed"
  if [[ $1 == dev ]]; then extra=(dev benchmarks export); fi
  listing=$("$python" "$root/requirements/check.py" "${extra[@]}") || exit 1 # it said why
  mapfile -t files <<<"$listing"
  # Where nothing can be written, as in a read-only home, it is asked again the next time.
  if mkdir -p "$cache/active" 2>/dev/null && [[ -w $cache/active ]]; then write_to "$stamp" times_of "${files[@]}"; fi
}

times_of() { stat --dereference --format='%i %.Z %n' -- "$@" 2>/dev/null || true; }

# The stamp is what .venv was made from. It is written last, so that a .venv with a stamp is whole.
stamp() {
  local locks=(run.lock torch-cpu.lock torch-cuda.lock)
  if [[ $1 == dev ]]; then locks+=(dev.lock); fi
  (cd "$root/requirements" && sha256sum "${locks[@]}")
}

is_ready() {
  [[ -x $venv/bin/python && -f $venv/$1.stamp && $(stamp "$1") == "$(<"$venv/$1.stamp")" ]] || return 1
  [[ -z ${SPEAKERNET_TORCH:-} || $1 != run || $SPEAKERNET_TORCH == "$(<"$venv/torch")" ]]
}

write_stamp() {
  make_relocatable
  write_to "$venv/$1.stamp" stamp "$1"
}

make_run() {
  local python torch
  python=$(find_python)
  torch=$(which_torch)
  log "making .venv with $python and torch for $torch (once; a few minutes); downloads are kept in $cache"
  rm -f "$venv"/*.stamp
  rm -rf "$venv"
  create_venv "$python"
  echo "$torch" >"$venv/torch"
  install_locked run.lock "torch-$torch.lock"
  "$venv/bin/python" -c 'import av, soundfile, torch' || die "the packages in .venv do not load on this machine (see above)"
  write_stamp run
  log ".venv is ready"
}

make_dev() {
  log "adding the tools for tests and linters to .venv"
  rm -f "$venv/dev.stamp"
  install_locked dev.lock
  write_stamp dev
}

find_python() {
  local candidate found=
  for candidate in ${SPEAKERNET_PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
    candidate=$(type -P "$candidate") || continue
    if is_supported "$candidate" && "$candidate" -c 'import venv' 2>/dev/null; then
      echo "$candidate"
      return
    fi
    found+=" $candidate is $(version_of "$candidate");"
  done
  die "Python 3.11, 3.12, 3.13 or 3.14 is needed, with its module venv.${found:- There is no python3.} On Debian 12 or newer," \
    "root gets it by: apt-get install python3-venv. Elsewhere, or without root: install one (with uv, conda or pyenv)" \
    "and say where it is: SPEAKERNET_PYTHON=/path/to/python3.11 bash run.sh"
}

is_supported() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))' 2>/dev/null; }

version_of() { { "$1" --version 2>&1 || true; } | sed -n 1p; }

which_torch() {
  case ${SPEAKERNET_TORCH:-} in
    cpu | cuda) echo "$SPEAKERNET_TORCH" ;;
    '') if nvidia-smi -L 2>/dev/null | grep -q '^GPU'; then echo cuda; else echo cpu; fi ;;
    *) die "SPEAKERNET_TORCH must be cpu or cuda, not '$SPEAKERNET_TORCH'" ;;
  esac
}

# Debian's python3 has no ensurepip unless python3-venv is installed. Its pip can be fetched without root.
create_venv() {
  local python=$1 wheels
  if "$python" -c 'import ensurepip' 2>/dev/null; then
    "$python" -m venv "$venv"
    return
  fi
  wheels=$("$root/utils/install/fetch_deb.sh" python3-pip-whl)/usr/share/python-wheels ||
    die "$python has no pip (module ensurepip). Root gets it on Debian by: apt-get install python3-venv." \
      "Without root: SPEAKERNET_PYTHON=/path/to/python3.11 bash run.sh, with a Python that has it"
  "$python" -m venv --without-pip "$venv"
  "$venv/bin/python" "$(echo "$wheels"/pip-*.whl)/pip" --isolated install --quiet --no-index --find-links "$wheels" pip
}

# First from the cache alone; only if a wheel is missing there (or damaged), from the network.
install_locked() {
  local log=$venv/install.log
  if install_from_cache "$@" >"$log" 2>&1; then return; fi
  mkdir -p "$cache/wheels"
  download "$@"
  install_from_cache "$@" >"$log" 2>&1 || {
    cat "$log" >&2
    die "installing from $cache/wheels failed (see above)"
  }
}

requirements() { printf -- '--requirement\n%s\n' "${@/#/$root/requirements/}"; }

pip() { "$venv/bin/python" -m pip --disable-pip-version-check "$@"; }

install_from_cache() {
  local files
  mapfile -t files < <(requirements "$@")
  PIP_CONFIG_FILE=/dev/null pip --isolated install --no-index --find-links "$cache/wheels" \
    --no-deps --require-hashes --only-binary :all: "${files[@]}"
}

download() {
  local lock log=$venv/download.log
  for lock in "$@"; do
    log "downloading the packages of requirements/$lock"
    download_lock "$lock" >"$log" 2>&1 || {
      cat "$log" >&2
      die "the download failed (see above). Where there is no network, fill $cache/wheels elsewhere (source path.sh" \
        "in a copy of this folder, with the same kind of Python) and copy it here"
    }
  done
}

# torch for CPUs comes from where pip is set up to look, if it is there, or else from PyTorch's own index.
download_lock() {
  local lock=$1 command
  command=(pip download --no-cache-dir --dest "$cache/wheels" --no-deps --require-hashes --only-binary :all:
    --requirement "$root/requirements/$lock")
  "${command[@]}" || {
    [[ $lock == torch-cpu.lock ]] && "${command[@]}" --index-url "$torch_index" --timeout 30 --retries 2
  }
}

# Lets this folder be moved, or seen under another path by another machine: programs find their Python beside themselves.
# The launcher is read by sh, which starts Python, for which the same lines are a string.
make_relocatable() {
  local program
  while IFS= read -r program; do
    sed -i '1c\#!/bin/sh\n'"'''exec' \"\$(dirname -- \"\$(readlink -f -- \"\$0\")\")/python3\" \"\$0\" \"\$@\"\n' '''" "$program"
  done < <(grep -lE "^#!.*/\.venv/bin/python" "$venv/bin"/* 2>/dev/null)
}

main "$@"
