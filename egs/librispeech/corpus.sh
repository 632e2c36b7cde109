# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by run.sh, which sets $data, $data_root and $train_sets: names of the sets and trial lists, and how the corpus is made.
[ -n "$data_root" ] || [ "$stage" -gt 3 ] || die "--data-root DIR is needed: where LibriSpeech/ lies (see local/librispeech/prepare.sh --help)"
test_set="test"
# The cohort is of the recipe's own training speakers.
cohort_set=cohort_${train_sets[0]}
. local/noises/roots.sh
# The parts that are there.
list_parts() {
  { find "${data_root%/}/" "${data_root%/}/LibriSpeech/" -mindepth 1 -maxdepth 1 -name '*-*' -printf '%f\n' 2>/dev/null || true; } | LC_ALL=C sort -u
}
list_corpus .parts list_parts
if [ "$stage" = 1 ]; then
  parts=()
  for set in "${train_sets[@]}"; do
    case $set in
      train_clean_460) parts+=(train-clean-100 train-clean-360) ;;
      train_960) parts+=(train-clean-100 train-clean-360 train-other-500) ;;
      *) parts+=("${set//_/-}") ;;
    esac
  done
  for part in "${parts[@]}"; do
    grep -qxF "$part" "$listing" || die "$recipe trains on ${train_sets[*]}: $data_root/LibriSpeech has no $part (local/librispeech/download.sh fetches it)"
  done
fi
trial_lists=
for part in dev-clean dev-other test-clean test-other dev-clean-2; do
  if [ -f "$listing" ] && grep -qxF "$part" "$listing"; then trial_lists+=" trials_${part//-/_}"; fi
done
[ -n "$trial_lists" ] || die "$data_root/LibriSpeech has no dev or test part (local/librispeech/download.sh fetches them)"
prepare_inputs+=(local/noises local/debian_voices/prepare_rirs.py)
prepare=(local/librispeech/prepare.sh --data-root "$data_root")
