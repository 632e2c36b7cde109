#!/usr/bin/env bash
# Makes the data dirs voxceleb1_dev, voxceleb1 (dev and test, with the official trial lists) and voxceleb2_dev from VoxCeleb's trees
# or zips, which must exist together with MUSAN and RIRS_NOISES. Audio is neither copied nor converted.
set -euo pipefail
shopt -s inherit_errexit

nj=8
data_root=
partial=false
help_message="usage: local/voxceleb/prepare.sh --data-root DIR [--nj N] [--partial true|false] <data-dir>

  --data-root DIR  holds, under their usual names:
                     voxceleb1/{dev,test}/wav/id*/  or vox1_dev_wav.zip (or its parts) and vox1_test_wav.zip
                     voxceleb2/dev/{aac,wav}/id*/   or vox2_dev_aac.zip (or its parts)
                     veri_test2.txt list_test_all2.txt list_test_hard2.txt, here or in voxceleb1/
                     musan/{noise,music,speech}/    RIRS_NOISES/simulated_rirs/{smallroom,mediumroom}/
  --nj N           threads that list folders, processes that unzip   (default: $nj)
  --partial BOOL   accept an incomplete corpus                       (default: $partial)"
. "$(dirname "$0")/../../utils/parse_options.sh"
[ $# -eq 1 ] || usage_error
require_positive nj
[ -n "$data_root" ] || die "--data-root DIR is needed: where VoxCeleb lies (see --help)"
require_dir "$data_root" "$data_root"/musan/{noise,music,speech}
require_file "$data_root"/RIRS_NOISES/simulated_rirs/{smallroom,mediumroom}/rir_list
data=$1
. ./path.sh
choice=()
if [ "$partial" = true ]; then choice=(--partial); fi

python local/voxceleb/unpack_zips.py --data-root "$data_root" --nj "$nj"
python local/voxceleb/make_data_dirs.py --data-root "$data_root" --nj "$nj" "${choice[@]}" "$data"
