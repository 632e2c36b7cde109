#!/usr/bin/env bash
# Trains a network with torchrun, on one or many processes and machines; continues from the newest
# checkpoint. Exit code 99: interrupted by SIGTERM or SIGUSR1 after saving; the same command resumes.
set -euo pipefail
shopt -s inherit_errexit

nproc=
num_threads=
cuda_cmd=
max_requeues=100
init=
musan=
rirs=
features_config=
max_failed_share=0
set=()
anew=false
scratch=
num_nodes=1
node=
rdzv=
help_message="usage: $0 [options] <recipe.yaml> <data-dir> <exp-dir>

  --nproc N       processes on each machine                     (default: number of GPUs, or 1)
  --num-threads N cores that they share on a machine            (default: those that a batch system gave the job, or all)
  --cuda-cmd COMMAND  run as a job: utils/slurm.pl --gpu 8      (default: here)
  --max-requeues N  how often to submit again a job that had to leave before the end  (default: $max_requeues)
  --init PATH     start from this checkpoint or experiment      (large-margin fine-tuning)
  --musan PREFIX, --rirs DIR    what data.online_augment draws from, as steps/augment_data_dir.sh has it
  --features-config FILE  conf/fbank80.conf: of features that training computes (data.online_features)
  --max-failed-share P  share of recordings that may be unreadable: others of their speakers are read  (default: $max_failed_share)
  --set KEY=VALUE a setting of the recipe, as train.epochs=4    (repeatable)
  --anew true|false  begin again, in <exp-dir>/.anew; what is there stays until the new is whole (default: $anew)
  --scratch DIR   a disk of each machine, to which the data's archives are copied while it trains  (default: read where they are)
  --num-nodes N   machines; without --cuda-cmd, start this script on each of them   (default: $num_nodes)
  --rdzv HOST:PORT|FILE  where the machines of one run meet: HOST is one of them; in FILE, which all see, the first writes its address
  --node N        which of them this is, from 1, for a FILE     (default: what srun says)

The data directory needs utt2spk, and feats.scp or, where training reads recordings, wav.scp. The experiment
directory gets checkpoints/, recipe.yaml with all values, train.jsonl, tensorboard/ and log/train.log."
. "$(dirname "$0")/../utils/parse_options.sh"
leave_on_signal
. ./path.sh
. utils/training_jobs.sh
. utils/rendezvous.sh
. utils/scratch.sh
[ $# -eq 3 ] || usage_error

# publish_anew DIR: what was trained in DIR/.anew takes the place of what is in DIR.
publish_anew() {
  local name
  rm -rf "$1/.old"
  make_dirs "$1/.old"
  # The weights last: until then, what was there before counts, and a run that was interrupted here goes on here.
  for name in log tensorboard train.jsonl recipe.yaml checkpoints; do
    [ -e "$1/.anew/$name" ] || continue
    [ ! -e "$1/$name" ] || move "$1/$name" "$1/.old/$name"
    move "$1/.anew/$name" "$1/$name"
  done
  rm -rf "$1/.old" "$1/.anew"
}

# Why this run failed, by its part of the log: a process that was killed, or else the first error that one reported. The others
# report errors, too, when they miss it.
reason_of_failure() {
  local killed='/failed \(exitcode: -[0-9]+\) local_rank/{s/.*: -([0-9]+)\) local_rank: ([0-9]+).*/process \2 was killed by signal \1/p;q}'
  tail -c +$((log_start + 1)) "$log" | sed -nE "$killed" | sed 's/signal 9$/& (out of memory?)/' | grep . ||
    tail -c +$((log_start + 1)) "$log" | grep -m 1 -oE '(error: .*|[A-Za-z.]*Error: .*)'
}

recipe=$1 data_dir=$2 exp_dir=$3
[ "$anew" = false ] || exp_dir=$3/.anew
require_file "$recipe" "$data_dir/utt2spk"
make_dirs "$exp_dir/log"
rm -f "$exp_dir/requeue"
status=0
options=(--max-failed-share "$max_failed_share")
for setting in "${set[@]}"; do options+=(--set "$setting"); done
if [ -n "$init" ]; then options+=(--init "$init"); fi
if [ -n "$musan$rirs" ]; then options+=(--musan "$musan" --rirs "$rirs"); fi
if [ -n "$features_config" ]; then options+=(--features-config "$features_config"); fi

require_positive num_nodes
require_count max_requeues
if [ -n "$cuda_cmd" ]; then
  train_as_jobs "${options[@]}" "$recipe" "$data_dir" "$exp_dir"
  [ "$anew" = false ] || publish_anew "$3"
  exit
fi

if [ -z "$nproc" ]; then nproc=$(num_gpus); fi
if [ "$nproc" = 0 ]; then nproc=1; fi
require_positive nproc
[ "$anew" = false ] || [ "$num_nodes" = 1 ] || die "--anew true: expected one machine or --cuda-cmd, as each would replace what is there"
meet=(--standalone)
name=train
[ "$num_nodes" = 1 ] || find_others
if [ "$num_nodes" = 1 ] || [ "$node" = 1 ]; then
  exec {lock}>"$exp_dir/.train.lock"
  flock -n "$lock" || die "another run trains in $exp_dir, or has not ended yet"
fi
log=$exp_dir/log/$name.log
: >>"$log"
log_start=$(stat --format=%s "$log")
[ -z "$scratch" ] || copy_data_to "$scratch"
[ -z "$num_threads" ] || export SPEAKERNET_CORES=$num_threads

# Threads that spin while they wait took ten times as long on a machine that is also busy otherwise.
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-PASSIVE}

# write_report: what comes in goes to the log and to stderr; to the end, whatever a signal to all processes asks for, as a process
# that cannot report any more would fail after it has saved. A line that begins with a carriage return is a bar for the terminal, one
# that ends with it is for the log (see speakernet/work/logs.py), as are torchrun's own messages, tracebacks (what torchrun says of a
# signal, too) and, last, torchrun's report of a failure.
write_report() {
  local line clear='' shown=true traceback=false
  set +e # a full disk or a closed terminal does not end the training
  trap '' TERM INT HUP USR1 PIPE
  [ "$bar_width" = 0 ] || clear=$'\r\e[K'
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in
      $'\r'*) printf '%s%s' "$clear" "${line#$'\r'}" && continue ;;
    esac
    printf '%s\n' "${line%$'\r'}" >>"$log"
    [[ ! $line =~ ^E[0-9]+\ .*elastic.*failed\ \(exitcode ]] || shown=false
    case $line in
      Traceback\ *) traceback=true ;;
      '' | During\ handling\ of\ * | The\ above\ exception\ *) continue ;; # between tracebacks
      [^\ ]*) [ "$traceback" = true ] && traceback=false && continue ;;    # the exception
    esac
    [[ $shown = false || $traceback = true || $line =~ ^[IWE][0-9]+\ .*torch/distributed/ || $line = *$'\r' ]] || printf '%s%s\n' "$clear" "$line"
  done >&2
}

bar_width=0
if [ -t 2 ] && [ "${TERM:-dumb}" != dumb ]; then
  read -r _ bar_width < <(stty size <&2)
  [ "$bar_width" != 0 ] || bar_width=80
fi
exec {report}> >(write_report)
reporter=$!
# torchrun takes SIGUSR1 only if told to, and kills after 30 s what may have to validate and save first.
SPEAKERNET_BAR_WIDTH=$bar_width run_forwarding python -m torch.distributed.run "${meet[@]}" --nproc-per-node "$nproc" \
  --signals-to-handle SIGTERM,SIGINT,SIGHUP,SIGQUIT,SIGUSR1 --shutdown-timeout 600 \
  -m speakernet.bin.train "${options[@]}" "$recipe" "$data_dir" "$exp_dir" >&"$report" 2>&1 || status=$?
exec {report}>&-
wait "$reporter" || true # until the log is whole
if [ "$status" -ne 0 ]; then
  reason=$(reason_of_failure || true)
  # A signal may come before there is anything to save, and before a process can note that it came.
  if [ -f "$exp_dir/requeue" ] || { [ "$status" -eq 99 ] && [[ $reason != error:* ]]; }; then
    log "interrupted; the same command resumes"
    exit 99
  fi
  die "training failed${reason:+: ${reason#error: }}; see $log"
fi
[ "$anew" = false ] || publish_anew "$3"
