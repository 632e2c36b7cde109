#!/usr/bin/env bash
# Behind augment_data_dir.sh and reverberate_data_dir.sh: runs the program named first, whose last two arguments are the source
# and the target data dir, then completes and checks the target before it takes its place.
set -euo pipefail
shopt -s inherit_errexit

. ./path.sh
. utils/common.sh

program=$1
shift
case " $* " in
  *" --help "* | *" -h "*) exec python -m "speakernet.bin.$program" --help ;;
esac
[ $# -ge 2 ] || die "expected [options] <source-data-dir> <target-data-dir> (try --help)"
source_dir=${*: -2:1}
target=${*: -1}
require_file "$source_dir/wav.scp" "$source_dir/utt2spk"

new=$(new_tmp_dir "$target")
trap 'rm -rf "$new"' EXIT
python -m "speakernet.bin.$program" "${@:1:$#-1}" "$new"
write_to "$new/spk2utt" utils/utt2spk_to_spk2utt.sh "$new/utt2spk"
utils/validate_data_dir.sh --no-feats --no-text "$new"
publish "$new" "$target"
