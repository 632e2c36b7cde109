#!/usr/bin/env bash
# Kills, interrupts and starves whole runs, and compares every file that they make with those of an undisturbed run. Not part of
# `make test`: ten minutes by default, hours with larger numbers. tests/endurance.sh --help
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. ./path.sh
exec python -m tests.endurance "$@"
