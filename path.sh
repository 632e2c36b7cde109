# shellcheck shell=bash
# The environment of every script and job here: `. ./path.sh`. The first use makes .venv, unless SPEAKERNET_ENV=active says that the
# Python in PATH is to be used (see utils/install/environment.sh).

SPEAKERNET_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd) || return 1
"$SPEAKERNET_ROOT/utils/install/environment.sh" || return 1
export SPEAKERNET_ROOT
export SPEAKERNET_CACHE=${SPEAKERNET_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/speakernet}

case ${SPEAKERNET_ENV:-}:$PATH in
  active:"$SPEAKERNET_ROOT/utils:"*) ;;
  active:*) export PATH=$SPEAKERNET_ROOT/utils:$PATH ;;
  :"$SPEAKERNET_ROOT/.venv/bin:$SPEAKERNET_ROOT/utils:"*) ;;
  *) export PATH=$SPEAKERNET_ROOT/.venv/bin:$SPEAKERNET_ROOT/utils:$PATH ;;
esac
case ${SPEAKERNET_ENV:-}:${PYTHONPATH:-}: in
  active:"$SPEAKERNET_ROOT":*) ;;
  active:?*:) export PYTHONPATH=$SPEAKERNET_ROOT:$PYTHONPATH ;; # a cluster's modules offer their packages there
  *) export PYTHONPATH=$SPEAKERNET_ROOT ;;
esac
if [[ ${SPEAKERNET_ENV:-} != active ]]; then unset PYTHONHOME; fi
export PYTHONUNBUFFERED=1
export PYTHONUTF8=1 # LC_ALL=C is how Kaldi sorts; files are UTF-8 all the same
export LC_ALL=C
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1} # jobs run side by side; training and extraction set their threads themselves
# Without these, MKL does not promise the same result twice.
export MKL_CBWR=${MKL_CBWR:-AUTO} MKL_DYNAMIC=FALSE
