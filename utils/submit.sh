#!/usr/bin/env bash
# Submits a whole run to Slurm or GridEngine, so that nobody has to stay logged in: as one small job that calls run.sh, or as a job for each part
# of its stages, which wait for each other. A job that reaches its time limit goes on in the queue by itself (utils/drive.sh).
set -euo pipefail
shopt -s inherit_errexit

name=run
system=
time=
warning_s=300
num_threads=1
options=
part=()
max_requeues=100
dry_run=false
help_message="usage: utils/submit.sh [options] -- [option of run.sh ...]
 e.g.: utils/submit.sh --time 48:00:00 -- --recipe egs/voxceleb/ecapa_tdnn_c512 --config conf/slurm.sh --nj 100

  --name NAME        what it is called: scripts and logs lie in exp/submitted/NAME   (default: $name)
  --system slurm|gridengine   where to                          (default: the one whose sbatch or qsub is here)
  --time HH:MM:SS    time limit of a job                        (default: that of its queue)
  --warning-s N      so long before its limit a job saves and goes back into the queue  (default: $warning_s)
  --num-threads N    cores of a job                             (default: $num_threads)
  --options \"WORDS\"  more for sbatch or qsub: \"-p long --mem 4G\", \"-l mem_free=4G\"
  --part \"STAGES WORDS\"  a job of its own for these stages, as \"4-5 --gres=gpu:8\"; in their order, each after the one before (repeatable)
  --max-requeues N   how often a job goes back into the queue   (default: $max_requeues)
  --dry-run          only print what would be submitted

The same command again, when nothing of it is in the queue any more, goes on where it was. It prints how to follow and how to cancel."
# No option sets what begins with _ (utils/parse_options.sh).
_own=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do _own+=("$1") && shift; done
_of_run=("${@:2}")
set -- "${_own[@]}"
. "$(dirname "$0")/parse_options.sh"
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ $# -eq 0 ] || die "unexpected argument '$1': expected -- before the options of run.sh"
require_positive num_threads warning_s
require_count max_requeues

# use_system: sets $system, $submit (how to submit, less what differs from job to job), and what is printed of a job.
use_system() {
  local seconds parts
  [ -n "$system" ] || ! type -P sbatch >/dev/null || system=slurm
  [ -n "$system" ] || ! type -P qsub >/dev/null || system=gridengine
  [ -z "$time" ] || [[ $time =~ ^[0-9]{1,4}:[0-5][0-9]:[0-5][0-9]$ ]] || bad_option time "HH:MM:SS"
  case $system in
    slurm)
      submit=(sbatch --parsable --export=ALL --requeue --open-mode=append --ntasks=1 --cpus-per-task="$num_threads"
        --signal="B:USR1@$warning_s" ${time:+--time="$time"})
      look=(squeue --jobs) cancel=scancel
      ;;
    gridengine)
      submit=(qsub -V -cwd -S /bin/bash -j y -r y -notify)
      [ "$num_threads" = 1 ] || submit+=(-pe smp "$num_threads")
      if [ -n "$time" ]; then
        IFS=: read -ra parts <<<"$time"
        seconds=$((10#${parts[0]} * 3600 + 10#${parts[1]} * 60 + 10#${parts[2]} - warning_s))
        [ "$seconds" -gt 0 ] || die "--time $time: expected more than --warning-s $warning_s"
        submit+=(-l "h_rt=$time,s_rt=$seconds")
      fi
      look=(qstat -j) cancel=qdel
      ;;
    '') die "found neither sbatch nor qsub: expected a machine of the cluster from which jobs are submitted" ;;
    *) bad_option system "slurm or gridengine" ;;
  esac
}

# require_none_alive: two runs of one name would work on the same products.
require_none_alive() {
  local file id
  for file in "$folder"/*.id; do
    [ -f "$file" ] || continue
    id=$(<"$file")
    if [[ $("${look[@]}" "$id" 2>&1) =~ (^|[[:space:]])"$id"[[:space:]] ]]; then
      die "job $id of it is in the queue: follow it with tail -F ${file%.id}.log, end it with $cancel $id, or give another --name"
    fi
  done
}

# submit_part NUMBER STAGES [WORD...]: writes the script of a job and submits it, after the one before, whose id is in $previous.
submit_part() {
  local base=$folder/$1 stages=() words=("${@:3}") before='' answer
  [ -z "$2" ] || stages=(--stage "${2%-*}" --stop-stage "${2#*-}")
  [ -z "$previous" ] || before=$folder/$(($1 - 1))
  case $system:$previous in
    slurm:) ;;
    slurm:*) words+=(--dependency="afterok:$previous" --kill-on-invalid-dep=yes) ;;
    *:) ;;
    *) words+=(-hold_jid "$previous") ;;
  esac
  case $system in
    slurm) words+=(--job-name="$name.$1" --output="$base.log") ;;
    *) words+=(-N "$name.$1" -o "$base.log") ;;
  esac
  words=("${submit[@]}" "${more[@]}" "${words[@]}" "$base.sh")
  if [ "$dry_run" = true ]; then
    printf '%q ' "${words[@]}" && echo
    script "$base" "$before" "${_of_run[@]}" "${stages[@]}" | sed 's/^/  /'
    previous=ID
    return
  fi
  rm -f "$base".{status,starts}
  write_to "$base.sh" script "$base" "$before" "${_of_run[@]}" "${stages[@]}"
  answer=$("${words[@]}" 2>&1) || die "submitting failed: ${words[*]}: $answer"
  [[ $answer =~ ^([0-9]+)([;[:space:]]|$) || $answer =~ [Yy]our\ job\ ([0-9]+) ]] || die "submitting failed: expected a job's number, got '$answer'"
  previous=${BASH_REMATCH[1]}
  write_to "$base.id" echo "$previous"
  echo "job $previous${2:+, stages $2}
  follow: tail -F $base.log; ${look[*]} $previous
  cancel: $cancel $previous"
}

# script BASE BEFORE OPTION...: what a job runs.
script() {
  echo '#!/usr/bin/env bash'
  printf 'cd %q || exit 1\nexec utils/drive.sh' "$PWD"
  printf ' %q' "$system" "$max_requeues" "$1" "$2" "${@:3}"
  echo
}

require_name name
[[ $name =~ ^[A-Za-z][A-Za-z0-9._=-]*$ ]] || bad_option name "letters, digits, dots, dashes and = after a letter"
folder=exp/submitted/$name previous=
read -ra more <<<"$options"
[ "${#part[@]}" -gt 0 ] || part=('')
for one in "${part[@]}"; do
  [[ $one =~ ^([1-8](-[1-8])?(\ .*)?)?$ ]] || die "--part: expected stages and words for the batch system, as \"4-5 --gres=gpu:8\", got '$one'"
done
use_system
if [ "$dry_run" = false ]; then
  require_none_alive
  make_dirs "$folder"
  rm -f "$folder"/*.id
fi
for ((number = 1; number <= ${#part[@]}; number++)); do
  read -ra words <<<"${part[number - 1]}"
  submit_part "$number" "${words[0]-}" "${words[@]:1}"
done
