# shellcheck shell=bash disable=SC2034,SC2154
# Sourced by run.sh, which sets $data and $data_root: names of the sets and trial lists, and how the corpus is made.
[ -n "$data_root" ] || [ "$stage" -gt 3 ] || die "--data-root DIR is needed: your folder, with a folder of recordings for each speaker (see local/folder/prepare.sh --help)"
cohort_set=cohort
test_set="test"
trial_lists=trials
. local/noises/roots.sh
# Names, sizes and times of all files.
list_files() {
  find "${data_root%/}/" -mindepth 1 \( -path "${data_root%/}/musan" -o -path "${data_root%/}/RIRS_NOISES" -o -name '.*' \) -prune \
    -o \( -type f -o -type l \) -printf '%P %s %T@\n' | LC_ALL=C sort
}
list_corpus .files list_files
prepare_inputs+=(local/noises local/debian_voices/prepare_rirs.py)
prepare=(local/folder/prepare.sh --data-root "$data_root")
