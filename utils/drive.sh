#!/usr/bin/env bash
# What a job of utils/submit.sh runs: utils/drive.sh SYSTEM MAX_REQUEUES BASE BEFORE [OPTION OF run.sh]...
# BASE.status gets the status of run.sh; that of BEFORE, the job before, must be 0. Warned of its time limit (SIGUSR1), the job ends run.sh, which
# saves, and goes back into the queue; cancelled (SIGTERM), it does not.
set -euo pipefail
shopt -s inherit_errexit
. utils/common.sh

system=$1 max_requeues=$2 base=$3 before=$4
shift 4
leave_on_signal
trap 'kill -TERM $$' USR2 # GridEngine's warning of qdel
if [ -n "$before" ] && [ "$(cat "$before.status" 2>/dev/null)" != 0 ]; then die "the job before has not succeeded: see $before.log"; fi

echo "$(date '+%F %T') $(uname -n) job ${SLURM_JOB_ID:-${JOB_ID-}}" >>"$base.starts"
starts=$(num_lines "$base.starts")
log "start $starts, on $(uname -n): bash run.sh $*"
status=0
run_forwarding bash run.sh "$@" || status=$?
write_to "$base.status" echo "$status"
[ "$status" = 99 ] || exit "$status"
case $asked_by in
  '' | USR1) ;;
  *) die "ended by SIG$asked_by; utils/submit.sh goes on where it was" ;;
esac
[ "$starts" -le "$max_requeues" ] || die "was in the queue again $max_requeues times (--max-requeues) and has not finished; utils/submit.sh goes on where it was"
log "goes back into the queue"
if [ "$system" = slurm ]; then scontrol requeue "$SLURM_JOB_ID"; fi
exit 99 # GridEngine starts it again by itself
