#!/usr/bin/env bats
# path.sh on a small scale: the real scripts with lock files that name three tiny wheels, and no network.
# shellcheck disable=SC2030,SC2031

setup_file() {
  export repository="$BATS_TEST_DIRNAME/../.."
  export SPEAKERNET_CACHE="$BATS_FILE_TMPDIR/cache"
  export SPEAKERNET_TORCH=cpu
  export PIP_NO_INDEX=1
  unset PIP_FIND_LINKS PIP_CONFIG_FILE
  PATH=$(tr : '\n' <<<"$PATH" | grep -v '\.venv/bin$' | paste -sd:)
  export PATH
  mkdir -p "$SPEAKERNET_CACHE/wheels" "$BATS_FILE_TMPDIR/requirements"
  cd "$BATS_FILE_TMPDIR" || exit 1
  for package in av soundfile torch tool; do make_wheel "$package"; done
  lock av soundfile >requirements/run.lock
  lock torch | tee requirements/torch-cuda.lock >requirements/torch-cpu.lock
  lock tool >requirements/dev.lock
  make_clone "$BATS_FILE_TMPDIR/clone"
  (cd clone && . ./path.sh)
}

setup() { cd "$BATS_FILE_TMPDIR/clone" || exit 1; }

# A wheel with one empty module and one program.
make_wheel() {
  mkdir -p "wheel/$1-1.0.dist-info"
  touch "wheel/$1.py"
  printf 'Metadata-Version: 2.1\nName: %s\nVersion: 1.0\n' "$1" >"wheel/$1-1.0.dist-info/METADATA"
  printf 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n' >"wheel/$1-1.0.dist-info/WHEEL"
  printf '[console_scripts]\n%s-program = os:getpid\n' "$1" >"wheel/$1-1.0.dist-info/entry_points.txt"
  printf '%s,,\n' "$1.py" "$1-1.0.dist-info/METADATA" "$1-1.0.dist-info/WHEEL" "$1-1.0.dist-info/entry_points.txt" \
    "$1-1.0.dist-info/RECORD" >"wheel/$1-1.0.dist-info/RECORD"
  (cd wheel && python3 -m zipfile -c "$SPEAKERNET_CACHE/wheels/$1-1.0-py3-none-any.whl" "$1.py" "$1-1.0.dist-info")
  rm -r wheel
}

lock() {
  local name
  for name in "$@"; do
    echo "$name==1.0 --hash=sha256:$(sha256sum <"$SPEAKERNET_CACHE/wheels/$name-1.0-py3-none-any.whl" | cut -d' ' -f1)"
  done
}

make_clone() {
  mkdir -p "$1/utils"
  cp -r "$repository/utils/install" "$1/utils"
  cp "$repository/path.sh" "$1"
  cp -r "$BATS_FILE_TMPDIR/requirements" "$1"
}

@test "path.sh makes .venv, and the programs of this folder come first" {
  run bash -euo pipefail -c '. ./path.sh; type -P python; type -P av-program; echo "$PYTHONPATH $LC_ALL"; python -c "import torch"'
  [ "$status" -eq 0 ]
  [ "$output" = "$PWD/.venv/bin/python
$PWD/.venv/bin/av-program
$PWD C" ]
}

@test "sourcing again changes nothing and says nothing" {
  inode=$(stat -c %i .venv)
  run bash -c '. ./path.sh; first=$PATH; . ./path.sh; [ "$PATH" = "$first" ]'
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  [ "$(stat -c %i .venv)" = "$inode" ]
}

@test "path.sh works from another folder, and leaves the shell's options alone" {
  cd /
  run bash -c '. "$1/path.sh"; false; echo "$-" | grep -c e; type -P python' bash "$BATS_FILE_TMPDIR/clone"
  [ "${lines[-1]}" = "$BATS_FILE_TMPDIR/clone/.venv/bin/python" ]
}

@test "--dev adds the tools, once" {
  run utils/install/environment.sh --dev
  [ "$status" -eq 0 ]
  [ -x .venv/bin/tool-program ]
  run utils/install/environment.sh --dev
  [ -z "$output" ]
}

@test "a changed lock file: .venv is made again; killed in the middle: again" {
  echo "# changed" >>requirements/run.lock
  touch .venv/old
  setsid bash -c '. ./path.sh' &
  until [[ -x .venv/bin/python && ! -e .venv/old ]]; do sleep 0.05; done
  kill -9 -- -$!
  run wait $!
  [ ! -e .venv/run.stamp ]
  run bash -c '. ./path.sh && python -c "import torch"'
  [ "$status" -eq 0 ]
  [[ $output == *"making .venv"* ]]
}

@test "two first uses at once make one .venv, and its programs go along when the folder is moved" {
  make_clone "$BATS_TEST_TMPDIR/here"
  cd "$BATS_TEST_TMPDIR/here"
  bash -c '. ./path.sh && python -c "import torch"' 2>first &
  bash -c '. ./path.sh && python -c "import torch"' 2>second
  wait $!
  [ "$(cat first second | grep -c '^path.sh: making .venv')" -eq 1 ]
  mv "$BATS_TEST_TMPDIR/here" "$BATS_TEST_TMPDIR/a new place"
  cd "$BATS_TEST_TMPDIR/a new place"
  run bash -c '. ./path.sh && av-program'
  [[ $output != *"bad interpreter"* && $output != *"not found"* && $output != *"making"* ]]
}

@test "a damaged wheel is refused, and nothing half made is used" {
  make_clone "$BATS_TEST_TMPDIR/x"
  cd "$BATS_TEST_TMPDIR/x"
  cp -r "$SPEAKERNET_CACHE" "$BATS_TEST_TMPDIR/cache"
  echo >>"$BATS_TEST_TMPDIR/cache/wheels/av-1.0-py3-none-any.whl"
  SPEAKERNET_CACHE=$BATS_TEST_TMPDIR/cache run bash -c '. ./path.sh || exit 7'
  [ "$status" -eq 7 ]
  [[ ${lines[-1]} == "path.sh: the download failed"* ]]
  [ ! -e .venv/run.stamp ]
}

@test "no fitting Python: one message with the way out" {
  rm -f .venv/run.stamp
  SPEAKERNET_PYTHON=/bin/false run bash -c '. ./path.sh || exit 7'
  [ "$status" -eq 7 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ $output == *"apt-get install python3-venv"*"SPEAKERNET_PYTHON="* ]]
}

@test "a Python without ensurepip gets pip from Debian's package; where there is a GPU, torch is the one for it" {
  mkdir -p "$BATS_TEST_TMPDIR/bin" "$SPEAKERNET_CACHE/deb/python3-pip-whl/usr/share/python-wheels"
  python3 -c 'import ensurepip, os; print(os.path.dirname(ensurepip.__file__))' >"$BATS_TEST_TMPDIR/ensurepip"
  wheel=$(find "$(cat "$BATS_TEST_TMPDIR/ensurepip")/_bundled" /usr/share/python-wheels -name 'pip-*.whl' 2>/dev/null | head -n 1)
  cp "$wheel" "$SPEAKERNET_CACHE/deb/python3-pip-whl/usr/share/python-wheels/"
  printf '#!/bin/sh\ncase "$*" in *"import ensurepip"*) exit 1 ;; esac\nexec %s "$@"\n' "$(type -P python3)" >"$BATS_TEST_TMPDIR/bin/python3"
  printf '#!/bin/sh\necho "GPU 0: a card"\n' >"$BATS_TEST_TMPDIR/bin/nvidia-smi"
  chmod +x "$BATS_TEST_TMPDIR"/bin/*
  unset SPEAKERNET_TORCH
  make_clone "$BATS_TEST_TMPDIR/y"
  cd "$BATS_TEST_TMPDIR/y"
  PATH=$BATS_TEST_TMPDIR/bin:$PATH bash -c '. ./path.sh && python -c "import torch, pip"'
  [ "$(cat .venv/torch)" = cuda ]
}

@test "SPEAKERNET_TORCH that is neither cpu nor cuda is an error" {
  rm -f .venv/run.stamp
  SPEAKERNET_TORCH=tpu run bash -c '. ./path.sh || exit 7'
  [ "$status" -eq 7 ]
  [[ $output == *"must be cpu or cuda, not 'tpu'"* ]]
}
