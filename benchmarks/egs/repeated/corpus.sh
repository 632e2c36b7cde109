# shellcheck shell=bash disable=SC2034,SC2154
# A corpus as large as one likes: another corpus' training set under REPEATS sets of ids (default: 21, which with four augmented
# copies of the default corpus makes 208,845 utterances). For memory and time of stages 1 to 3 at scale:
#   bash run.sh --recipe benchmarks/egs/repeated/copies --data-root data/debian_voices --data /large/disk --stop-stage 3
cohort_set=cohort
test_set="test"
trial_lists=trials
musan_root=$data_root/musan
rirs_root=$data_root/RIRS_NOISES
prepare=(benchmarks/egs/repeated/prepare.sh --repeats "${REPEATS:-21}" --source "$data_root")
