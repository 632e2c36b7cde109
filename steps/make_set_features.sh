#!/usr/bin/env bash
# Copies a data directory and computes features for the copy, so that several kinds of features of one set lie beside each other.
set -euo pipefail
shopt -s inherit_errexit

nj=4
cmd=utils/run.pl
seed=0
max_failed_share=0
help_message="Usage: steps/make_set_features.sh [options] <features> <source-data-dir> <target-data-dir>
 e.g.: steps/make_set_features.sh --nj 8 fbank80 data/train data/fbank80/train
<features> names a configuration, conf/<features>.conf, and begins with its type (fbank, mfcc). The archives and logs go to ark/<set>
beside the target. Options:
  --nj N --cmd COMMAND   how jobs run
  --seed N               of the dither (default: $seed)
  --max-failed-share P   leave out unreadable utterances, if they are not more than this share (default: $max_failed_share)"

. "$(dirname "$0")/../utils/parse_options.sh"

[ $# -eq 3 ] || usage_error
features=$1
source_dir=${2%/}
target=${3%/}
type=${features%%[0-9]*}
require_file "conf/$features.conf" "steps/make_$type.sh" "$source_dir/wav.scp"

begin_set "$target"
utils/validate_data_dir.sh --no-feats --no-text "$source_dir"
utils/copy_data_dir.sh "$source_dir" "$new"
"steps/make_$type.sh" --nj "$nj" --cmd "$cmd" --seed "$seed" --max-failed-share "$max_failed_share" \
  "--$type-config" "conf/$features.conf" --name "$set" "$new" "$arks/log" "$arks"
# Failures within the allowed share were reported above; drop these utterances from the other tables, too.
[ "$(num_lines "$new/feats.scp")" -eq "$(num_lines "$new/utt2spk")" ] || utils/fix_data_dir.sh "$new"
utils/validate_data_dir.sh --no-text "$new"
publish_set
