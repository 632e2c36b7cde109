#!/usr/bin/env bash
# Runs a command once on each machine of the Slurm job that this is in, with all that the job was given: utils/srun.sh COMMAND [ARGUMENT...]
set -euo pipefail
shopt -s inherit_errexit

# The environment is the job's, which sbatch --export would have srun make anew. When one has ended, the others have two minutes.
options=(--export=ALL --mpi=none --ntasks="$SLURM_JOB_NUM_NODES" --ntasks-per-node=1 --wait=120)
[ -z "${SLURM_CPUS_PER_TASK-}" ] || options+=(--cpus-per-task="$SLURM_CPUS_PER_TASK") # srun does not know by itself since Slurm 22.05
# What srun starts are no children of this job's script, so each is measured by itself, for utils/training_jobs.sh.
measured=()
# shellcheck disable=SC2016 # srun sets the variable
[ -z "${SPEAKERNET_STEP_USAGE-}" ] ||
  measured=(bash -c 'exec perl utils/perl/measured.pl "$SPEAKERNET_STEP_USAGE.$SLURM_PROCID" "$@"' measured)
exec srun "${options[@]}" "${measured[@]}" "$@"
