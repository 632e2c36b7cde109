# shellcheck shell=bash disable=SC2034 # run.sh reads it: bash run.sh --config conf/slurm.sh …
# How each kind of job of a VoxCeleb recipe runs on Slurm (docs/cluster.md says where the figures come from). Change it for your cluster, and
# conf/slurm.conf with it. What follows --config on the command line has the last word.
nj=96 embed_nj=48
cmd="utils/slurm.pl --retries 2 --mem 2G --time 1:00:00"
feats_cmd="utils/slurm.pl --retries 2 --mem 2G --time 4:00:00"
embed_cmd="utils/slurm.pl --retries 2 --mem 4G --time 4:00:00"
score_cmd="utils/slurm.pl --retries 2 --mem 4G --num-threads 4 --time 1:00:00"
cuda_cmd="utils/slurm.pl --gpu 8 --num-threads 64 --mem 4G --time 24:00:00"
nproc=8
