#!/usr/bin/env bats
# path.sh on a small scale: the real scripts with lock files that name three tiny wheels, and no network.
# shellcheck disable=SC2030,SC2031

setup_file() {
  export repository="$BATS_TEST_DIRNAME/../.."
  export SPEAKERNET_CACHE="$BATS_FILE_TMPDIR/cache"
  export SPEAKERNET_TORCH=cpu
  export PIP_NO_INDEX=1
  unset PIP_FIND_LINKS PIP_CONFIG_FILE SPEAKERNET_ENV
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
  cp "$repository"/utils/{speakernet,common.sh} "$1/utils"
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
  [ "$(cat first second | grep -c ' environment.sh: making .venv')" -eq 1 ]
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
  [[ ${lines[-1]} == "environment.sh: error: the download failed"* ]]
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

# A virtual environment with the packages av and torch 1.0 of the wheels above, and a folder that asks for them.
make_active_environment() {
  local site
  python3 -m venv --without-pip "$BATS_TEST_TMPDIR/own venv"
  site=$("$BATS_TEST_TMPDIR/own venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  for package in av torch; do
    python3 -m zipfile -e "$SPEAKERNET_CACHE/wheels/$package-1.0-py3-none-any.whl" "$site"
  done
  cp -r "$repository"/.venv/lib/python*/site-packages/packaging* "$site"
  make_clone "$BATS_TEST_TMPDIR/clone"
  cp "$repository/requirements/check.py" "$BATS_TEST_TMPDIR/clone/requirements"
  cd "$BATS_TEST_TMPDIR/clone" || return
  require 'av>=0.9' 'torch>=1.0,<1.1'
  export SPEAKERNET_ENV=active PATH="$BATS_TEST_TMPDIR/own venv/bin:$PATH"
}

require() {
  printf -v list '"%s", ' "$@"
  printf '[project]\ndependencies = [%s]\noptional-dependencies = {dev = ["tool"], benchmarks = [], export = []}\n' "$list" >pyproject.toml
}

@test "an active environment that fits is used, and no .venv is made; the second time without starting Python" {
  make_active_environment
  run bash -euo pipefail -c '. ./path.sh; type -P python speakernet; python -c "import torch; print(torch.__file__)"'
  [ "$status" -eq 0 ]
  [ "${lines[0]}" = "$BATS_TEST_TMPDIR/own venv/bin/python" ]
  [ "${lines[1]}" = "$PWD/utils/speakernet" ]
  [[ ${lines[2]} == "$BATS_TEST_TMPDIR/own venv/lib/"*/torch.py ]]
  [ ! -e .venv ]
  inode=$(stat -c %i "$SPEAKERNET_CACHE"/active/*)
  run bash -euo pipefail -c '. ./path.sh; first=$PATH; . ./path.sh; [ "$PATH" = "$first" ]'
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  [ "$(stat -c %i "$SPEAKERNET_CACHE"/active/*)" = "$inode" ]
}

@test "an active environment: packages of PYTHONPATH count, and stay" {
  make_active_environment
  mkdir "$BATS_TEST_TMPDIR/module"
  python3 -m zipfile -e "$SPEAKERNET_CACHE/wheels/tool-1.0-py3-none-any.whl" "$BATS_TEST_TMPDIR/module"
  require tool av
  run bash -c '. ./path.sh || exit 7'
  [[ $output == *": tool is missing. "* ]]
  PYTHONPATH=$BATS_TEST_TMPDIR/module run bash -euo pipefail -c '. ./path.sh; . ./path.sh; echo "$PYTHONPATH"; python -c "import tool"'
  [ "$output" = "$PWD:$BATS_TEST_TMPDIR/module" ]
}

@test "an active environment with a package missing, too old, too new or broken: one line that says how to mend it" {
  make_active_environment
  bash -c '. ./path.sh'
  python="$BATS_TEST_TMPDIR/own venv/bin/python"
  require 'absent>=3' 'av>=1.1' 'torch>=0.9,<1.0'
  run bash -c '. ./path.sh || exit 7'
  [ "$status" -eq 7 ]
  [ "$output" = "environment.sh: error: SPEAKERNET_ENV=active: $python: absent is missing, av is 1.0, not >=1.1, torch is 1.0, not <1.0,>=0.9. \
Either mend it: '$python' -m pip install 'absent>=3' 'av>=1.1' 'torch>=0.9,<1.0'; or leave SPEAKERNET_ENV unset, which makes .venv" ]
  require 'av>=1.0'
  printf 'raise OSError("libav.so: no such file\\nmore")\n' >"$BATS_TEST_TMPDIR/own venv/lib"/python*/site-packages/av.py
  run bash -c '. ./path.sh || exit 7'
  [ "$status" -eq 7 ]
  [[ $output == *": av does not load: libav.so: no such file. Either mend it: "* ]]
  [ "${#lines[@]}" -eq 1 ]
  [ ! -e .venv ]
}

@test "an active environment: what packages print when they are loaded is not shown" {
  make_active_environment
  printf 'import os\nos.system("echo to stdout; echo to stderr >&2")\nprint("more")\n' >"$BATS_TEST_TMPDIR/own venv/lib"/python*/site-packages/av.py
  run bash -c '. ./path.sh || exit 7'
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  [[ $(cat "$SPEAKERNET_CACHE"/active/*) != *more* ]]
}

@test "an active environment is looked at again when its packages change, and for the tools of the tests" {
  make_active_environment
  bash -c '. ./path.sh'
  run utils/install/environment.sh --dev
  [ "$status" -eq 1 ]
  [[ $output == *": tool is missing. Either mend it: "* ]]
  rm -r "$BATS_TEST_TMPDIR/own venv/lib"/python*/site-packages/torch-1.0.dist-info
  run bash -c '. ./path.sh || exit 7'
  [ "$status" -eq 7 ]
  [[ $output == *": torch is missing. "* ]]
}

@test "SPEAKERNET_ENV without a fitting Python, or with another value, is an error" {
  make_active_environment
  printf '#!/bin/sh\ncase $1 in --version) echo Python 3.8.1 ;; *) exit 1 ;; esac\n' >"$BATS_TEST_TMPDIR/python"
  chmod +x "$BATS_TEST_TMPDIR/python"
  PATH=$BATS_TEST_TMPDIR:$PATH run bash -c '. ./path.sh || exit 7'
  [ "$status" -eq 7 ]
  [ "$output" = "environment.sh: error: SPEAKERNET_ENV=active: $BATS_TEST_TMPDIR/python is Python 3.8.1; 3.11, 3.12, 3.13 or 3.14 is needed" ]
  SPEAKERNET_ENV=conda run bash -c '. ./path.sh || exit 7'
  [ "$output" = "environment.sh: error: SPEAKERNET_ENV must be 'active' or unset, not 'conda'" ]
}

@test "what pyproject.toml asks for is in the environment of this repository" {
  cd "$repository"
  PATH=$PWD/.venv/bin:$PATH SPEAKERNET_ENV=active run bash -euo pipefail -c '. ./path.sh; type -P python'
  [ "$output" = "$PWD/.venv/bin/python" ]
}

@test "speakernet needs nothing set up, and may be called through a link" {
  ln -s "$repository/utils/speakernet" "$BATS_TEST_TMPDIR/speakernet"
  cd /
  run "$BATS_TEST_TMPDIR/speakernet" --help
  [ "$status" -eq 0 ]
  [[ $output == *"speakernet"* ]]
}
