#!/usr/bin/env bash
# Sourced by steps/train.sh for --cuda-cmd: one training as jobs, one after the other where it takes longer than a job may.
# shellcheck disable=SC2154 # steps/train.sh sets what it reads

# So many jobs in a row that leave before they have saved anything have a limit that is too short.
most_idle_jobs=3

# train_as_jobs OPTION...: runs steps/train.sh with these options as a job, or one on each of several machines, until it is finished. A job
# that was asked to leave (by a signal before its time limit) is submitted again.
train_as_jobs() {
  local status requeues=0 idle=0 before
  log "runs as a job; see $exp_dir/log/job.log"
  while true; do
    before=$(saved_state)
    rm -f "$exp_dir/requeue" "$exp_dir/.address"
    status=0
    run_training "$@" || status=$?
    [ "$status" = 0 ] || [ ! -f "$exp_dir/requeue" ] || status=99 # a runner may have one status for all failures
    [ "$status" = 99 ] && [ -z "$asked_by" ] || break
    idle=$((idle + 1))
    [ "$(saved_state)" = "$before" ] || idle=0
    [ "$idle" -lt "$most_idle_jobs" ] ||
      die "$idle jobs in a row had to leave before they had trained and saved: expected a longer time limit, or an earlier warning"
    [ "$requeues" -lt "$max_requeues" ] || die "the job had to leave, and was submitted again $requeues times (--max-requeues); the same command resumes"
    requeues=$((requeues + 1))
    log "the job had to leave before the end; submitting it again, for the ${requeues}. time of at most $max_requeues"
  done
  [ "$status" = 0 ] || exit "$status"
}

# saved_state: what changes when a checkpoint is written.
saved_state() {
  { find "$exp_dir/checkpoints" -maxdepth 1 -name '*.pt' -printf '%f %T@\n' 2>/dev/null || true; } | sort | cksum
}

# run_training OPTION...: one job that trains, to its end. In a Slurm job srun starts it on each machine, as Slurm sends its signal before the
# limit to what srun has started; elsewhere several machines are several jobs.
run_training() {
  local program=("$0" --nproc "$nproc" --num-nodes "$num_nodes") runner=() threads status=0
  threads=$(threads_of_job)
  [ -z "$threads" ] || program+=(--num-threads "$threads")
  [ "$num_nodes" = 1 ] || program+=(--rdzv "$exp_dir/.address")
  [ -z "$scratch" ] || program+=(--scratch "$scratch")
  read -ra runner <<<"$cuda_cmd"
  case ${runner[0]##*/} in
    *slurm*)
      [ "$num_nodes" = 1 ] || runner+=(-N "$num_nodes")
      job_command "$cuda_cmd" utils/srun.sh "${program[@]}" "$@"
      export SPEAKERNET_STEP_USAGE=$exp_dir/log/step_usage
      rm -f "$SPEAKERNET_STEP_USAGE".*
      run_forwarding "${runner[@]}" "$exp_dir/log/job.log" "${words[@]}" || status=$?
      note_steps
      return "$status"
      ;;
    *) run_array "$@" ;;
  esac
}

# note_steps: what srun has started has no part in what the job's script took: lines of its own, as utils/perl/Usage.pm has them.
note_steps() {
  local file figures line
  for file in "$SPEAKERNET_STEP_USAGE".*; do
    if [ -z "${SPEAKERNET_USAGE-}" ] || [ ! -s "$file" ]; then continue; fi
    read -r _ figures <"$file" || continue
    printf -v line '%s\t' "${SPEAKERNET_STAGE:--}" "${SPEAKERNET_PRODUCT:--}" srun "$exp_dir/log/job.log" "${file##*.}" 1 - 'done' - - - - - \
      "${figures% *}" "${figures#* }" -
    echo "${line}0" >>"$SPEAKERNET_USAGE" || true
  done
  rm -f "$SPEAKERNET_STEP_USAGE".*
}

# run_array OPTION...: the same by any other runner.
run_array() {
  local job
  if [ "$num_nodes" = 1 ]; then
    job_command "$cuda_cmd" "${program[@]}" "$@"
    run_forwarding "${runner[@]}" "$exp_dir/log/job.log" "${words[@]}"
    return
  fi
  job_name "${program[@]}" "$@"
  job_command "$cuda_cmd" "${program[@]}" --node "$job" "$@"
  run_forwarding "${runner[@]}" --max-jobs-run "$num_nodes" "$job=1:$num_nodes" "$exp_dir/log/job.$job.log" "${words[@]}"
}

# threads_of_job: how many cores the training is told to use: as the user says, or as many as the runner gets by --num-threads.
threads_of_job() {
  if [ -n "$num_threads" ]; then
    echo "$num_threads"
  elif [[ $cuda_cmd =~ \ --num[-_]threads\ +([1-9][0-9]{0,5})(\ |$) ]]; then
    echo "${BASH_REMATCH[1]}"
  fi
}
