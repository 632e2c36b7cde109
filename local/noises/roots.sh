# shellcheck shell=bash disable=SC2034,SC2154
# Sourced with $data and $data_root: where noises and rooms are, or will be made by local/noises/prepare.sh.
musan_root=$data/musan rirs_root=$data/RIRS_NOISES
[ ! -d "$data_root/musan/noise" ] || musan_root=$data_root/musan
[ ! -d "$data_root/RIRS_NOISES/simulated_rirs" ] || rirs_root=$data_root/RIRS_NOISES
