#!/usr/bin/env bash
# Fetches what local/voxceleb/prepare.sh works with. What is there is not fetched again, what was cut off goes on, and checksums are
# those of local/voxceleb/downloads.tsv, which says where each was found.
set -euo pipefail
shopt -s inherit_errexit

groups="musan rirs lists tables vox1 vox2"
url=
key=
key_file=
user=
password_file=
help_message="usage: local/voxceleb/download.sh [options] <dir>

  --groups \"NAME ...\"   musan (11 GB), rirs (1.3 GB), lists (O, E and H, cleaned), original_lists (O, E and H), tables (speakers),
                        voxsrc (dev lists of 2020, 2021 and 2022), vox1, vox2, vox2_test  (default: $groups)
  --key-file FILE       holds the key alone, for vox1, vox2, vox2_test: VoxCeleb's authors hand it out at
                        https://mm.kaist.ac.kr/datasets/voxceleb; or set the variable SPEAKERNET_DOWNLOAD_KEY to it
  --key KEY             the key itself: it stays in your shell's history; the list of processes shows it for a moment only
  --url URL             take all files from there instead; {name} in it stands for a file's name, {key} for the key
  --user NAME           account there, with
  --password-file FILE  a file that holds its password alone

The addresses of VoxCeleb at www.robots.ox.ac.uk and thor.robots.ox.ac.uk that older recipes name are gone (404) or ask for accounts
that are no more given. Recordings beyond VoxCeleb1 that the lists of VoxSRC-2020 and -2022 name are the challenges':
put voxceleb1_cd/ and VoxSRC2022_dev/ into <dir> yourself. From elsewhere, vox2_aac.zip and other forms do as well (prepare.sh --help)."
. "$(dirname "$0")/../../utils/parse_options.sh"
[ $# -eq 1 ] || usage_error
[ -z "$password_file" ] || require_path password_file
[ -z "$key_file" ] || require_path key_file
if [ -n "$key" ]; then # others see what programs are called with, but not their variables
  export SPEAKERNET_DOWNLOAD_KEY=$key
  exec "$0" --groups "$groups" --url "$url" --user "$user" --password-file "$password_file" "$1"
fi
read -ra words <<<"$groups"
. ./path.sh
options=()
[ -z "$url" ] || options+=(--url "$url")
[ -z "$key_file" ] || options+=(--key-file "$key_file")
[ -z "$user" ] || options+=(--user "$user")
[ -z "$password_file" ] || options+=(--password-file "$password_file")
python local/download.py --table local/voxceleb/downloads.tsv "${options[@]}" "$1" "${words[@]}"
