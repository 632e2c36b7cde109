#!/usr/bin/env bash
# From a corpus to EER: data directories, augmented copies, features, training, large-margin
# fine-tuning, embeddings, scores, results. A stage can be run alone, again, or on another machine
# that sees the same files; what is finished is skipped and says so (utils/once.sh). Exit code 99:
# interrupted by SIGTERM, SIGINT or SIGUSR1; training has saved, and the same command resumes.
# shellcheck disable=SC2034,SC2154 # corpus.sh uses and sets variables
set -euo pipefail
shopt -s inherit_errexit
# No option sets what begins with _ (utils/parse_options.sh).
_command_line="bash$(printf ' %q' "$0" "$@")" _called_from=$PWD
_arguments=("$@")
cd "$(dirname "${BASH_SOURCE[0]}")"
. ./cmd.sh

recipe=egs/debian_voices/tdnn_c128 data=data exp=exp data_root=
stage=1 stop_stage=8 nj='' nproc='' cmd=$train_cmd max_failed_share=0 convert='' plan=false
num_nodes=1 max_requeues=100 embed_nj='' scratch='' dry_run=false
set=() seed='' epochs='' init='' exp_name='' seeds='' force='' clean=
partial=false drop_trials=false delete_archives=false trial_lists=
help_message="usage: bash run.sh [options]

  --recipe DIR       recipe folder: egs/<corpus>/<recipe>  (default: $recipe)
  --stage N          first stage to run                    (default: $stage)
  --stop-stage N     last stage to run                     (default: $stop_stage)
  --nj N             parallel jobs of a stage              (default: number of processors)
  --embed-nj N       parallel jobs of stage 6              (default: as --nj)
  --nproc N          training processes on each machine    (default: number of GPUs, or 1)
  --num-nodes N      machines that train together, as jobs of --cuda-cmd  (default: $num_nodes)
  --cmd COMMAND      how jobs run: \"utils/slurm.pl --mem 4G\", your own queue.pl, …  (default: $cmd)
  --feats-cmd, --embed-cmd, --score-cmd COMMAND  the same for stages 1 to 3, 6 and 7  (default: as --cmd)
  --cuda-cmd COMMAND how training runs: \"utils/slurm.pl --gpu 8\", …  (default: ${cuda_cmd:-here})
  --max-requeues N   how often a training job that reaches its time limit is submitted again  (default: $max_requeues)
  --max-failed-share P  share of a training set that may be unreadable: reported and left out  (default: $max_failed_share)
  --data-root DIR    where a corpus lies that is not downloaded  (default: where it was before)
  --convert FORMAT   store the sets' recordings in a few large files: as copy, wav or flac  (default: they stay where they are)
  --force STAGES     make the products of these stages again, as 3 or 3,6; the old stay until the new are whole
  --clean STAGES     run none, but remove what these stages have made and later ones need no more: 1 (with --convert), 2, 3, 6
  --partial BOOL     accept a corpus that is not whole; what is missing is listed: data/<corpus>/<set>/missing  (default: $partial)
  --drop-trials BOOL leave out trials whose recordings are missing; RESULTS.md counts them  (default: $drop_trials)
  --delete-archives BOOL  delete a corpus's archives once stage 1 has unpacked all that is in them  (default: $delete_archives)
  --trial-lists \"NAME ...\"  which lists of the test set to score  (default: those of egs/<corpus>/corpus.sh)
  --scratch DIR      a disk of each machine, to which the archives of features are copied while it trains  (default: none)
  --dry-run          only print the command of each product that is not there
  --plan             only print what each stage would read, write and take (with --seeds all together, with --clean what would go), and
                     what is missing; status 1 if it cannot succeed
  --config FILE      options from a file of variables, as conf/slurm.sh; those that follow it count more
  --data DIR         parent of data/<corpus>               (default: $data)
  --exp DIR          parent of exp/<corpus>/<recipe>       (default: $exp)

what makes another experiment of the recipe, in a folder that is named after it (docs/training.md):
  --set KEY=VALUE    a setting of recipe.yaml, as train.epochs=4; lm.KEY=VALUE: of lm.yaml (repeatable)
  --seed N, --epochs N  the same as --set seed=N, --set train.epochs=N
  --seeds N,N,…      all of this for each of these seeds; then mean and range of the results, in E/SEEDS.md
  --init DIR         another experiment (or a checkpoint) whose weights the training starts from
  --exp-name NAME    what the folder is called             (default: <recipe>, or <recipe>-KEY=VALUE…)

stages, and what they make (D: data/<corpus>, E: exp/<corpus>/<recipe>; with --convert D: data/<corpus>/FORMAT,
E: exp/<corpus>/FORMAT/<recipe>):
  before any stage            E/[lm/]recipe.yaml with all values, E/[lm/]settings
  1 data directories          data/<corpus>/<set>, and with --convert D/<set>; noises and rooms, if the corpus brings them
  2 augmented copies          D/musan_*, D/<training set>[_sp], D/<the same>_<copy>, D/<the same>_aug
  3 features                  D/<features>/<set>, archives in D/<features>/ark; for waveforms D/audio_checks/<set>
  4 training                  E/checkpoints
  5 large-margin fine-tuning  E/lm/checkpoints
  6 embeddings                E/{.,lm,untrained}/embeddings_<set>  (.: the model of stage 4)
  7 scores                    E/{.,lm,untrained}/scores
  8 results                   E/{results.json,RESULTS.md,det.png,report.html}, E/report; E/package, the last model made ready for use
names also say what differs from the defaults: D/fbank80_seed3 for seed 3, D/train_aug_reverb for one copy only"
. utils/parse_options.sh
. utils/stages.sh
. utils/experiment.sh
. utils/products.sh
. utils/cleaning.sh
leave_on_signal
trap 'say_killed $?' EXIT # until there are stages, whose summary says how they ended
[ $# -eq 0 ] || die "unexpected argument '$1' (try --help)"
use_options
. ./path.sh
if [ -n "$seeds" ]; then
  run_seeds "${_arguments[@]}"
  exit
fi

[ "$plan$dry_run" = falsefalse ] || . utils/plan.sh
use_recipe
# corpus.sh is code, the corpus' part of this script.
prepare_inputs=()            # other files that the corpus is made from
declare -A trial_lists_of=() # of a training set that shares speakers with some lists: the others
licences=                    # a text for the card of the packaged model
enroll_models=false          # true: the lists name models, whose utterances are in the test set's enroll_spk2utt
chosen_lists=$trial_lists
. "$corpus_dir/corpus.sh"
use_corpus
if [ -n "$clean" ]; then
  clean_stages
  exit
fi
begin_stages "$stage" "$stop_stage" "$_command_line" "$data" "${folders[@]}"

if stage 1 "data directories"; then
  check_corpus
  prepare_corpus
  [ -z "$convert" ] || pack_sets
fi

# Looked for before the first stage of 2 and 3 that runs, as these take hours.
if [ "$stage" -le 3 ] && [ "$stop_stage" -gt 1 ]; then check_inputs sources,sets; fi

if stage 2 "augmented copies"; then for_each_model make_copies; fi

if stage 3 "features"; then for_each_model make_features; fi

if stage 4 "training"; then train_model base; fi

if stage 5 "large-margin fine-tuning"; then
  if [ "${models[*]}" = base ]; then log "no lm.yaml in $recipe: nothing to fine-tune"; else train_model lm; fi
fi

if stage 6 "embeddings"; then
  extract_embeddings untrained
  for_each_model extract_embeddings
fi

if stage 7 "scores"; then
  score_trials untrained
  for_each_model score_trials
fi

if stage 8 "results"; then
  show_results
  package_model "${models[-1]}"
fi

[ "$plan" = false ] || show_plan
[ "$dry_run" = false ] || show_commands
