# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by run.sh, which sets $data, $data_root and $train_sets: names of the sets and trial lists, and how the corpus is made.
[ -n "$data_root" ] || [ "$stage" -gt 3 ] || die "--data-root DIR is needed: where CN-Celeb_flac/ lies (see local/cnceleb/prepare.sh --help)"
test_set="test"
# The cohort is of the recipe's own training speakers.
cohort_set=cohort_${train_sets[0]}
enroll_models=true
trial_lists="trials_avg trials_concat"
maps=("$data_root"/CN-Celeb*/eval/lists/enroll.map) # since version 2
[ -f "${maps[0]}" ] || [ -f "$data/$test_set/trials_avg" ] || trial_lists=trials_concat
. local/noises/roots.sh
# What lies in the trees.
list_parts() {
  find "${data_root%/}/" -mindepth 2 -maxdepth 2 -path '*/CN-Celeb*/*' -printf '%P\n' | LC_ALL=C sort
}
list_corpus .parts list_parts
if [ "$stage" = 1 ]; then
  [ "${train_sets[*]}" = cnceleb1_dev ] || grep -q '^CN-Celeb2.*/data$' "$listing" ||
    die "$recipe trains on ${train_sets[*]}: $data_root has no CN-Celeb2_flac (local/cnceleb/download.sh fetches it)"
fi
prepare_inputs+=(local/noises local/debian_voices/prepare_rirs.py)
prepare=(local/cnceleb/prepare.sh --data-root "$data_root")
