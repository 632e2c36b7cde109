# shellcheck shell=bash disable=SC2034
# A dozen speakers of debian_voices, for tests.
. egs/debian_voices/corpus.sh
trial_lists=trials
prepare=(local/debian_voices/prepare.sh --subset true)
