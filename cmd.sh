# shellcheck shell=bash
# How jobs run, by kind: the options of run.sh with these names have the last word. conf/slurm.sh and conf/gridengine.sh have all of them for a
# cluster (run.sh --config).
#   train_cmd   all but the following (--cmd)
#   feats_cmd   arrays that read recordings: packing, features     embed_cmd   arrays that compute embeddings
#   score_cmd   one job that scores the trials                     cuda_cmd    training
# Each is a program and options of it:
#   utils/run.pl      processes on this machine
#   utils/slurm.pl    Slurm, by conf/slurm.conf           utils/slurm.pl --mem 4G, utils/slurm.pl --gpu 8
#   utils/queue.pl    GridEngine, by conf/queue.conf
# Without a cuda_cmd training runs where run.sh does, and shows its progress. The others are train_cmd where they are empty.
export train_cmd=${train_cmd:-utils/run.pl}
export feats_cmd=${feats_cmd:-} embed_cmd=${embed_cmd:-} score_cmd=${score_cmd:-} cuda_cmd=${cuda_cmd:-}
