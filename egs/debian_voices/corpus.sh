# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by run.sh, which sets $data and $data_root: names of the sets and trial lists, and how the corpus is made.
cohort_set=cohort
test_set="test"
trial_lists="trials trials_language trials_all"
musan_root=$data/musan
rirs_root=$data/RIRS_NOISES
prepare_inputs=(egs/debian_voices/{packages,speakers,sounds}.tsv)
licences=egs/debian_voices/licences.md
prepare=(local/debian_voices/prepare.sh)
