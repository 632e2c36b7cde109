#!/usr/bin/env bash
# Makes the data dirs of VoxCeleb that are needed, with the official trial lists, from archives or trees in any form in which they
# circulate. Archives are unpacked into the data root; audio is neither copied nor converted.
set -euo pipefail
shopt -s inherit_errexit

nj=8
data_root=
needs="voxceleb1 voxceleb1_dev voxceleb2_dev trials_o_clean trials_e_clean trials_h_clean musan RIRS_NOISES"
partial=false
drop_trials=false
delete_archives=false
help_message="usage: local/voxceleb/prepare.sh --data-root DIR [options] <data-dir>

  --data-root DIR         holds, in it or in folders like voxceleb1, VoxCeleb2, vox1, lists:
                            vox1_dev_wav_partaa to ad, or vox1_dev_wav.zip, and vox1_test_wav.zip
                            vox2_dev_aac_partaa to ah, or vox2_dev_aac.zip, vox2_aac.zip, or vox2_aac_1.zip and _2.zip; vox2_test_aac.zip
                            or folders id*/*/ of wav or m4a files: voxceleb1/dev/wav, VoxCeleb2/dev/aac, voxceleb2_m4a, voxceleb2_wav, …
                            veri_test2.txt list_test_all2.txt list_test_hard2.txt, and other official lists
                            musan.tar.gz or musan/, rirs_noises.zip or RIRS_NOISES/
  --needs \"NAME ...\"      what to make, or to unpack: voxceleb1 voxceleb1_dev voxceleb2_dev voxceleb2 (dev and test) voxceleb12_dev
                            (1 and 2) voxceleb12 (with the test part of 2) musan RIRS_NOISES, and trial lists that must be there
                            (default: $needs)
  --nj N                  threads that list folders and unpack           (default: $nj)
  --partial BOOL          accept an incomplete corpus; what is missing is listed in <data-dir>/<set>/missing  (default: $partial)
  --drop-trials BOOL      leave out trials whose recordings are missing: to <data-dir>/voxceleb1/<list>.left_out  (default: $drop_trials)
  --delete-archives BOOL  delete archives when all that is in them has been unpacked  (default: $delete_archives)"
. "$(dirname "$0")/../../utils/parse_options.sh"
[ $# -eq 1 ] || usage_error
require_positive nj
require_data_root "where VoxCeleb lies"
data=$1

read -ra words <<<"$needs"
. ./path.sh
choice=()
[ "$partial" = false ] || choice+=(--partial)
[ "$drop_trials" = false ] || choice+=(--drop-trials)
delete=()
[ "$delete_archives" = false ] || delete=(--delete-archives)

python local/voxceleb/unpack_archives.py --data-root "$data_root" --nj "$nj" "${delete[@]}" "${words[@]}"
[[ " $needs " != *" musan "* ]] || require_dir "$data_root"/musan/{noise,music,speech}
[[ " $needs " != *" RIRS_NOISES "* ]] || require_file "$data_root"/RIRS_NOISES/simulated_rirs/{smallroom,mediumroom}/rir_list
python local/voxceleb/make_data_dirs.py --data-root "$data_root" --nj "$nj" "${choice[@]}" "$data" "${words[@]}"
